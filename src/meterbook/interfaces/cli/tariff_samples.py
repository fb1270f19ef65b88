"""Sample bills of a tariff version: quantities from its own bounds, sensible values for what else it asks.

The counter starts at zero, the household is the default one, and the period is as long as the tiers' own:
a bill, a month, a year, a heating season.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from meterbook.interfaces.cli import rate_explain, tariff_choice, usage_files_faults
from meterbook.interfaces.cli.tongue import Tongue
from meterbook.kernel import money, period, rounding
from meterbook.rating import book as books
from meterbook.rating import columns, engine, explain
from meterbook.rating.charges import area, kinds, switching_tiers, time_of_use

if TYPE_CHECKING:
    from rich.table import Table

    from meterbook.rating import tariff

_AREA_MILLI = 100_000
_CAPACITY_MILLI = 100_000
_DEMAND_MILLI = 80_000
_QUOTA_MILLI = 100_000
_CALORIFIC_MICRO = 38_000_000
# Where nothing says which quantities are worth showing.
_PLAIN_MILLI = (10_000, 100_000)
_ONE_DAY = dt.timedelta(days=1)
_MONTHS = {
    period.TierPeriod.BILLING_PERIOD: 1,
    period.TierPeriod.MONTH: 1,
    period.TierPeriod.TWO_MONTHS: 2,
    period.TierPeriod.CALENDAR_YEAR: 12,
    period.TierPeriod.ANNIVERSARY_YEAR: 12,
    period.TierPeriod.HEATING_SEASON: 12,
}


@dataclass(frozen=True)
class Case:
    """A bill to work out: for whom (season or programme, in words), the choice named, and its period."""

    name: str
    choices: tuple[str, ...]
    from_: dt.date
    until: dt.date


def table(
    version: "tariff.TariffVersion", *, quantities_milli: Sequence[int] | None, tongue: Tongue
) -> "Table":
    """Bills of these quantities, or of those the tariff's bounds suggest."""
    from rich.table import Table

    _ = tongue.gettext
    found = list(cases(version, tongue=tongue))
    has_names = any(case.name for case in found)
    first = found[0]
    caption = _("Counter at zero, usual household, {from_} to {last}").format(
        from_=first.from_, last=first.until - _ONE_DAY
    )
    title = _("Sample bills")
    shown = Table(
        title=title + tongue.bracketed(caption),
        title_justify="left",
        show_lines=True,
    )
    for heading in (*((_("For"),) if has_names else ()), _("Quantity"), _("Lines")):
        shown.add_column(heading, overflow="fold")
    shown.add_column(_("Amount"), justify="right")
    for place, case in enumerate(found):
        wanted = list(quantities_milli or quantities(version))
        if place and quantities_milli is None:
            # further cases show what differs, not every bound again
            wanted = wanted[len(wanted) // 2 : len(wanted) // 2 + 1]
        for quantity_milli in wanted:
            lines, amount = _worked(version, case=case, quantity_milli=quantity_milli, tongue=tongue)
            unit = version.unit if version.conversion is None else version.conversion.unit
            cells = (explain.quantity_text(quantity_milli, unit=unit), "\n".join(lines), amount)
            shown.add_row(*((case.name,) if has_names else ()), *cells)
    return shown


def cases(version: "tariff.TariffVersion", *, tongue: Tongue) -> Iterator[Case]:
    """One for each season, else one; then one for each programme and each choice of a component."""
    starts = {season: season.from_.in_year(_year(version, season.from_)) for season in version.seasons}
    for season, day in starts.items():
        yield _case(version, day=day, name=tongue.name(season.name))
    first = min(starts.values()) if starts else _first_day(version)
    if not starts:
        yield _case(version, day=first)
    for programme in version.programmes:
        name = tongue.name(programme.name)
        day = first if programme.valid_from is None else max(first, programme.valid_from)
        yield _case(version, day=day, name=name, choice=programme.code)
    for component in version.components:
        if component.condition.choice is not None:
            name = tongue.name(component.name)
            yield _case(version, day=first, name=name, choice=component.condition.choice)


def quantities(version: "tariff.TariffVersion") -> list[int]:
    """Metered quantities inside each tier, at each bound and beyond the last.

    Zero too where that costs something, and alone where nothing is charged by quantity.
    """
    rows = [
        row
        for component in version.components
        for row in component.charge.price_rows(version.household)
        if row.basis in kinds.METERED
    ]
    if not rows:
        return [0]
    has_fixed = any(
        component.charge.kind in {kinds.ChargeKind.MINIMUM, kinds.ChargeKind.PER_PERIOD}
        for component in version.components
    )
    ends = sorted({end for row in rows for end in _ends(row)} | set(_table_ends(version)))
    found = [0] if has_fixed else []
    below = 0
    for end in ends:
        found += [_round_number((below + end) // 2), end]
        below = end
    if not ends:
        return [*found, *_PLAIN_MILLI]
    found.append(_round_number(below * 3 // 2))
    return [_metered(end, version) for end in dict.fromkeys(found)]


def _ends(row: kinds.PriceRow) -> Iterator[int]:
    if row.size_milli is not None:
        yield row.size_milli
    if row.until_milli is not None:
        is_quota = row.bounds is kinds.Bounds.OF_QUOTA
        yield row.until_milli * _QUOTA_MILLI // kinds.MILLION if is_quota else row.until_milli


def _table_ends(version: "tariff.TariffVersion") -> Iterator[int]:
    for component in version.components:
        charge = component.charge
        if isinstance(charge, switching_tiers.SwitchingTiers):
            yield from (entry.until_milli for entry in charge.tables if entry.until_milli is not None)


def _round_number(quantity_milli: int) -> int:
    """Whole units, where there is at least one."""
    whole = quantity_milli // kinds.ONE_MILLI * kinds.ONE_MILLI
    return whole or quantity_milli


def _metered(quantity_milli: int, version: "tariff.TariffVersion") -> int:
    """What the meter counts for a charged quantity, in whole units where the units differ."""
    conversion = version.conversion
    if conversion is None:
        return quantity_milli
    calorific = _CALORIFIC_MICRO if conversion.is_calorific_metered else conversion.calorific_micro
    metered = rounding.round_ratio(
        numerator=quantity_milli * conversion.divisor_micro * kinds.MILLION,
        denominator=conversion.factor_micro * calorific,
        mode=rounding.Mode.HALF_UP,
    )
    return _round_number(metered)


def _worked(
    version: "tariff.TariffVersion", *, case: Case, quantity_milli: int, tongue: Tongue
) -> tuple[list[str], str]:
    """The sentences of the lines, each after its component, and what they come to."""
    always = tariff_choice.always(version)
    book = books.tariff_book({1: always})
    frame = _usage(version, case=case, quantity_milli=quantity_milli)
    refused = engine.unratable(frame, book)
    if refused.height:
        code = str(refused["code"][0])
        return [usage_files_faults.reason(code, fact="", tongue=tongue)], "–"
    lines = engine.rate(frame, book)
    named = lines.rename({"period_from": "line_from", "period_until": "line_until"})
    numbered = named.with_columns(row=pl.lit(1))
    said = rate_explain.sums(numbered, version=version, tongue=tongue)
    names = (tongue.name(version.components[number - 1].name) for number in lines["component_no"].to_list())
    amount = money.format_minor(int(lines["amount_minor"].sum()), exponent=version.exponent)
    return [f"{name}{tongue.colon}{text}" for name, text in zip(names, said, strict=True)], amount


def _usage(version: "tariff.TariffVersion", *, case: Case, quantity_milli: int) -> pl.DataFrame:
    """A usage frame of one row with everything any version may ask for."""
    values: dict[str, object] = {
        "usage_id": 1,
        "tariff_version_id": 1,
        "quantity_milli": quantity_milli,
        "before_milli": 0,
        "persons": None,
        "period_from": case.from_,
        "period_until": case.until,
        "months": _months(case),
        "reading_no": 1,
        "area_milli": _AREA_MILLI,
        "area_class": next(iter(_area_classes(version)), None),
        "capacity_milli": _CAPACITY_MILLI,
        "demand_milli": _DEMAND_MILLI,
        "households": 1,
        "calibre_mm": next(iter(_calibres(version)), None),
        "calorific_micro": _CALORIFIC_MICRO,
        "quota_milli": _QUOTA_MILLI,
        "choices": list(case.choices),
    }
    values |= _band_values(version, quantity_milli=quantity_milli)
    schema = {**columns.USAGE.columns, **columns.USAGE_MORE.columns}
    return pl.DataFrame([values], schema={name: schema[name] for name in values})


def _band_values(version: "tariff.TariffVersion", *, quantity_milli: int) -> dict[str, object]:
    """Equal parts for the bands of a version that charges by them."""
    banded = (time_of_use.TimeOfUse, time_of_use.TimeOfUseTiers)
    charges = (item.charge for entry in version.price_sets for item in entry.components)
    if not any(isinstance(charge, banded) for charge in charges):
        return {}
    parts = money.share_out(quantity_milli, [1] * len(version.bands))
    return {f"band_{band.band_no}_milli": part for band, part in zip(version.bands, parts, strict=True)}


def _area_classes(version: "tariff.TariffVersion") -> Iterator[str]:
    for component in version.components:
        if isinstance(component.charge, area.Area):
            yield from component.charge.factors


def _calibres(version: "tariff.TariffVersion") -> list[int]:
    rows = (row for item in version.components for row in item.charge.price_rows(version.household))
    return sorted({row.calibre_mm for row in rows if row.calibre_mm is not None})


def _case(
    version: "tariff.TariffVersion", *, day: dt.date, name: str = "", choice: str | None = None
) -> Case:
    """A period from `day` on, as long as the tiers' own; the whole heating season where there is one."""
    until = period.add_months(day, _MONTHS[version.tier_period])
    if version.heating_season is not None:
        from_, end = version.heating_season
        day = from_.in_year(day.year)
        until = end.in_year(day.year)
        if until <= day:
            until = end.in_year(day.year + 1)
    elif version.seasons:
        until = min(until, period.add_months(day, 1))
    return Case(name=name, choices=() if choice is None else (choice,), from_=day, until=until)


def _months(case: Case) -> int:
    """Months begun, so that a month of 28 days and one of 31 both count as one."""
    count = 1
    while period.add_months(case.from_, count) < case.until:
        count += 1
    return count


def _first_day(version: "tariff.TariffVersion") -> dt.date:
    """The first day of the version's first whole month."""
    first = version.effective_from
    return first if first.day == 1 else period.month_of(first).until


def _year(version: "tariff.TariffVersion", start: "tariff.MonthDay") -> int:
    """The first year in which a season begins inside the version."""
    year = version.effective_from.year
    return year if start.in_year(year) >= version.effective_from else year + 1
