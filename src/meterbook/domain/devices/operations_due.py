"""Writes of the day a meter's verification is due, where a person says another than the one worked out."""

import datetime

from django.db.models import Min

from meterbook.domain.devices import models, operations, rules


class DueDayError(Exception):
    """The verification can't be due before the day it was last done."""

    def __init__(self, *, verified_on: datetime.date) -> None:
        super().__init__(str(verified_on))
        self.verified_on = verified_on


def state_due(*, meter: models.Meter, due_on: datetime.date | None, version: int) -> None:
    """Let a locked meter's verification be due on another day, None: on none.

    The day that its model and its tests lead to isn't a stated one: it moves with them again.
    Raises operations.MeterChangedError, DueDayError.
    """
    if meter.version != version:
        raise operations.MeterChangedError(meter.serial_no)
    if due_on is not None and meter.verified_on is not None and due_on < meter.verified_on:
        raise DueDayError(verified_on=meter.verified_on)
    meter.verification_due_on = due_on
    meter.is_due_stated = due_on != _worked_out(meter)
    operations.save_meter(meter, "verification_due_on", "is_due_stated")


def _worked_out(meter: models.Meter) -> datetime.date | None:
    """The day that follows from the last passed test, else from the model's months; None without any."""
    passed = models.MeterTest.objects.filter(meter=meter, has_passed=True).order_by("-tested_on", "-id")
    stated = passed.values_list("next_due_on", flat=True).first()
    if stated is not None:
        return stated
    fitted = models.Installation.objects.filter(meter=meter).aggregate(first=Min("installed_on"))
    since = rules.count_from(
        verified_on=meter.verified_on,
        manufactured_on=meter.manufactured_on,
        first_installed_on=fitted["first"],
    )
    return rules.due_on(lives=rules.lives_of_model(meter.model), since=since)
