"""Writes of makers and models of meters. Need a transaction, open none."""

from dataclasses import asdict, dataclass

from django.db import IntegrityError, connection

from meterbook.domain.devices import models, operations, rules

ModelNotFoundError = operations.ModelNotFoundError

# The age of a model's meters is counted from the last verification, else when made, else first fitted. The
# day a person stated stays.
_DUE_AGAIN = """
UPDATE devices_meter m SET verification_due_on = COALESCE(
    stated.next_due_on,
    (COALESCE(m.verified_on, m.manufactured_on, first.installed_on)
        + make_interval(months => %(months)s))::date
)
FROM devices_meter own
LEFT JOIN LATERAL (
    SELECT min(installed_on) AS installed_on FROM devices_installation WHERE meter_id = own.id
) first ON true
LEFT JOIN LATERAL (
    SELECT next_due_on FROM devices_metertest WHERE meter_id = own.id AND has_passed
    ORDER BY tested_on DESC, id DESC LIMIT 1
) stated ON true
WHERE own.model_id = %(model_id)s AND m.id = own.id AND NOT own.is_due_stated
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What a model of meter is; `maker`, `name` and `utility` name it."""

    maker: str
    name: str
    utility: int
    kind: models.MeterKind = models.MeterKind.MECHANICAL
    nominal_diameter: int | None = None
    accuracy_class: str = ""
    nominal_flow_milli: int | None = None
    digits: int = 5
    decimals: int = 0
    multiplier_milli: int = 1000
    bands: tuple[int, ...] = (models.Band.TOTAL.value,)
    communication: models.Communication = models.Communication.NONE
    has_valve: bool = False
    ic_protocol: str = ""
    service_life_months: int | None = None
    verification_months: int | None = None


class ModelTakenError(Exception):
    """There is a model of this maker, name and utility."""


def keep_model(*, model_id: int | None, facts: ModelFacts) -> models.MeterModel:
    """Write a model of meter, new when `model_id` is None; its maker is made where missing.

    Registers of meters that are there stay as they are: their counters were fitted so. Their age is counted
    anew by the months of the model. Raises ModelNotFoundError, ModelTakenError.
    """
    same = models.MeterModel.objects.filter(maker=facts.maker, name=facts.name, utility=facts.utility)
    if any(known != model_id for known in same.values_list("pk", flat=True)):
        raise ModelTakenError(facts.name)
    if facts.maker:
        models.MeterMaker.objects.get_or_create(name=facts.maker)
    model = models.MeterModel() if model_id is None else _locked(model_id)
    for field, value in asdict(facts).items():
        setattr(model, field, list(value) if isinstance(value, tuple) else value)
    try:
        model.save()
    except IntegrityError as error:
        raise ModelTakenError(facts.name) from error
    if model_id is not None:
        _count_age_again(model)
    return model


def _locked(model_id: int) -> models.MeterModel:
    model = models.MeterModel.objects.select_for_update().filter(pk=model_id).first()
    if model is None:
        raise ModelNotFoundError(model_id)
    return model


def _count_age_again(model: models.MeterModel) -> None:
    """Meters keep the day from which they are over age; set-wise, for all of a model.

    A day that a certificate of the meter stated goes before the model's months.
    """
    months = rules.lives_of_model(model).months
    with connection.cursor() as cursor:
        cursor.execute(_DUE_AGAIN, {"model_id": model.pk, "months": months})
