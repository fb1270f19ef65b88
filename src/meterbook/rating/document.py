"""Reading a tariff document: first its form (the JSON Schema beside this file), then its sense.

`parse` and `load_yaml` return a checked TariffDocument or raise TariffError with every fault and its path.
"""

import datetime as dt
import functools
import json
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

from meterbook.kernel import money, period, quantity, rounding
from meterbook.rating import faults, source, tariff
from meterbook.rating import household as households
from meterbook.rating.charges import graduated_tiers, kinds, per_period, per_unit
from meterbook.rating.faults import Fault, TariffError

if TYPE_CHECKING:
    import jsonschema

__all__ = ["Fault", "TariffError", "load_yaml", "parse", "schema", "split_versions"]

_BASIS_POINT_DECIMALS = 2


@functools.cache
def schema() -> dict[str, Any]:
    """The published JSON Schema of the document."""
    text = resources.files("meterbook.rating").joinpath("tariff.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def load_yaml(text: str) -> tariff.TariffDocument:
    """Read a document from YAML or JSON text; TariffError names every fault."""
    return parse(source.read_yaml(text))


def parse(document: Mapping[str, Any]) -> tariff.TariffDocument:
    """Read a document from plain values (see `source.read_yaml`); TariffError names every fault."""
    plain = source.plain(document)
    _check_form(plain)
    versions = tuple(
        _version(entry, document=plain, path=f"$.versions[{place}]")
        for place, entry in enumerate(plain["versions"])
    )
    _check_order(versions)
    return tariff.TariffDocument(
        code=plain["code"],
        names=tariff.Names(**plain["names"]),
        utility=tariff.Utility(plain["utility"]),
        customer_class=plain["customer_class"],
        region=plain["region"],
        currency=plain["currency"],
        unit=plain["unit"],
        source=tuple(plain["source"]),
        grade=plain["grade"],
        note=plain.get("note", ""),
        versions=versions,
    )


def split_versions(document: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The document once for each of its versions, each holding only that one: what is stored per version."""
    plain = source.plain(document)
    return tuple({**plain, "versions": [entry]} for entry in plain["versions"])


def _check_form(plain: dict[str, Any]) -> None:
    import jsonschema  # a quarter of a second that only checking a document costs

    validator = jsonschema.Draft202012Validator(schema())
    found = {
        Fault(path=error.json_path, reason=_reason(error))
        for outer in validator.iter_errors(plain)
        for error in _innermost(outer)
    }
    if found:
        raise TariffError(tuple(sorted(found)))


def _innermost(error: "jsonschema.ValidationError") -> "Iterable[jsonschema.ValidationError]":
    """The errors worth reading: of an anyOf, those of the branch that is not simply "or null"."""
    inner = [child for child in error.context or () if child.schema != {"type": "null"}]
    if not inner:
        yield error
    for child in inner:
        yield from _innermost(child)


def _reason(error: "jsonschema.ValidationError") -> str:
    if error.validator == "type" and error.validator_value == "string" and isinstance(error.instance, int):
        return f'{error.instance} must be text in quotes, like "{error.instance}"'
    if error.validator == "not":
        return "does not belong here"
    return error.message


def _version(entry: dict[str, Any], *, document: dict[str, Any], path: str) -> tariff.TariffVersion:
    effective_from = _day(entry["effective_from"], path=f"{path}.effective_from")
    until = entry.get("effective_until")
    effective_until = None if until is None else _day(until, path=f"{path}.effective_until")
    if effective_until is not None and effective_until <= effective_from:
        raise faults.fail(f"{path}.effective_until", "must be later than effective_from")
    rule_path = f"{path}.household" if "household" in entry else "$.household"
    household = _household(entry.get("household", document.get("household")), path=rule_path)
    tier_period = entry.get("tier_period", document.get("tier_period", "BILLING_PERIOD"))
    components = tuple(
        _component(item, number=place + 1, path=f"{path}.components[{place}]")
        for place, item in enumerate(entry["components"])
    )
    _check_components(components, household=household, path=path)
    return tariff.TariffVersion(
        effective_from=effective_from,
        effective_until=effective_until,
        currency=document["currency"],
        exponent=_exponent(document["currency"]),
        unit=document["unit"],
        tier_period=period.TierPeriod[tier_period],
        default_persons=entry.get("default_persons", document["default_persons"]),
        household=household,
        components=components,
    )


def _component(item: dict[str, Any], *, number: int, path: str) -> tariff.Component:
    return tariff.Component(
        component_no=number,
        code=item["code"],
        name=tariff.Names(**item["name"]),
        charge=_charge(item, path=path),
        revenue=item["revenue"],
        tax=_tax(item["tax_rate"]),
        rounding=rounding.Rounding[item.get("rounding", rounding.Rounding.FEN_HALF_UP.name)],
    )


def _charge(item: dict[str, Any], *, path: str) -> kinds.Charge:
    return _CHARGES[kinds.ChargeKind[item["kind"]]](item, path)


def _per_unit(item: dict[str, Any], path: str) -> per_unit.PerUnit:
    return per_unit.PerUnit(price_micro=_price(item["price"], path=f"{path}.price"))


def _per_period(item: dict[str, Any], path: str) -> per_period.PerPeriod:
    return per_period.PerPeriod(price_micro=_price(item["price"], path=f"{path}.price"))


def _graduated_tiers(item: dict[str, Any], path: str) -> graduated_tiers.GraduatedTiers:
    return graduated_tiers.GraduatedTiers(tiers=_tiers(item["tiers"], path=f"{path}.tiers"))


_CHARGES: Mapping[kinds.ChargeKind, Callable[[dict[str, Any], str], kinds.Charge]] = {
    kinds.ChargeKind.PER_UNIT: _per_unit,
    kinds.ChargeKind.PER_PERIOD: _per_period,
    kinds.ChargeKind.GRADUATED_TIERS: _graduated_tiers,
}


def _tiers(items: list[dict[str, str]], *, path: str) -> tuple[graduated_tiers.Tier, ...]:
    tiers: list[graduated_tiers.Tier] = []
    previous_milli = 0
    for place, item in enumerate(items):
        here = f"{path}[{place}]"
        is_last = place == len(items) - 1
        if is_last == ("until" in item):
            raise faults.fail(here, "the last tier is open" if is_last else "only the last tier may be open")
        until_milli = None if is_last else _quantity(item["until"], path=f"{here}.until")
        if until_milli is not None:
            if until_milli <= previous_milli:
                raise faults.fail(f"{here}.until", "must be more than the bound before")
            previous_milli = until_milli
        price_micro = _price(item["price"], path=f"{here}.price")
        tiers.append(graduated_tiers.Tier(until_milli=until_milli, price_micro=price_micro))
    return tuple(tiers)


def _household(item: dict[str, Any] | None, *, path: str) -> households.Household:
    if item is None:
        return households.NO_HOUSEHOLD_RULE
    added = item.get("add", [])
    add_milli = tuple(_quantity(text, path=f"{path}.add[{place}]") for place, text in enumerate(added))
    # a bound that grows slower than the one below it would be overtaken by a large enough household
    if list(add_milli) != sorted(add_milli):
        raise faults.fail(f"{path}.add", "a higher bound must not grow less than a lower one")
    return households.Household(
        rule=households.HouseholdRule(item["rule"]), over_persons=item["over_persons"], add_milli=add_milli
    )


def _tax(text: str) -> tariff.Tax:
    treatments = {"exempt": tariff.TaxTreatment.EXEMPT, "not_subject": tariff.TaxTreatment.NOT_SUBJECT}
    if text in treatments:
        return tariff.Tax(treatment=treatments[text], rate_basis_points=0)
    basis_points = money.parse_minor(text, exponent=_BASIS_POINT_DECIMALS)
    return tariff.Tax(treatment=tariff.TaxTreatment.TAXED, rate_basis_points=basis_points)


def _check_components(
    components: tuple[tariff.Component, ...], *, household: households.Household, path: str
) -> None:
    codes = [component.code for component in components]
    for place, component in enumerate(components):
        here = f"{path}.components[{place}]"
        if component.code in codes[:place]:
            raise faults.fail(f"{here}.code", f"{component.code} stands twice")
        charge = component.charge
        if isinstance(charge, graduated_tiers.GraduatedTiers) and len(household.add_milli) > 1:
            bounds = len(charge.tiers) - 1
            if bounds != len(household.add_milli):
                reason = f"has {bounds} bounds, the household rule adds to {len(household.add_milli)}"
                raise faults.fail(f"{here}.tiers", reason)


def _check_order(versions: tuple[tariff.TariffVersion, ...]) -> None:
    for place in range(1, len(versions)):
        until = versions[place - 1].effective_until
        if until is None or until > versions[place].effective_from:
            raise faults.fail(f"$.versions[{place}].effective_from", "the version before is still in force")


def _exponent(currency: str) -> int:
    try:
        return money.exponent_of(currency)
    except money.MoneyError as error:
        raise faults.fail("$.currency", f"{currency} is not a known currency") from error


def _day(text: str, *, path: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise faults.fail(path, f"{text} is not a day") from error


def _price(text: str, *, path: str) -> int:
    try:
        return quantity.parse_micro(text)
    except quantity.QuantityError as error:
        raise faults.fail(path, str(error)) from error


def _quantity(text: str, *, path: str) -> int:
    try:
        return quantity.parse_milli(text)
    except quantity.QuantityError as error:
        raise faults.fail(path, str(error)) from error
