"""What the rare steps of the engine look up about versions, as small frames beside the prices."""

import datetime as dt
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from meterbook.kernel import rounding
from meterbook.rating import tariff
from meterbook.rating.charges import area, derived, kinds, time_of_use

CONDITIONS = {
    "condition_no": pl.Int16(),
    "choice": pl.String(),
    "valid_from": pl.Date(),
    "valid_until": pl.Date(),
    "paid_from": pl.Date(),
    "paid_until": pl.Date(),
}
CONVERSIONS = {
    "tariff_version_id": pl.Int32(),
    "factor_micro": pl.Int64(),
    "tariff_calorific_micro": pl.Int64(),
    "is_calorific_metered": pl.Boolean(),
    "divisor_micro": pl.Int64(),
    "converted_step_milli": pl.Int64(),
    "converted_mode": pl.Int8(),
    "billed_step_milli": pl.Int64(),
    "billed_mode": pl.Int8(),
    "is_carried": pl.Boolean(),
}
PROGRAMMES = {
    "tariff_version_id": pl.Int32(),
    "choices": pl.String(),
    "programme_no": pl.Int16(),
    "programme_from": pl.Date(),
    "programme_until": pl.Date(),
}
FREE = {
    "tariff_version_id": pl.Int32(),
    "free_component_no": pl.Int16(),
    "condition_no": pl.Int16(),
    "allowance_milli": pl.Int64(),
    "is_monthly": pl.Boolean(),
    "is_pooled": pl.Boolean(),
}
TAXES = {
    "tariff_version_id": pl.Int32(),
    "component_no": pl.Int16(),
    "tax_from": pl.Date(),
    "tax_until": pl.Date(),
    "dated_basis_points": pl.Int16(),
}
NEEDS = {
    "tariff_version_id": pl.Int32(),
    "effective_from": pl.Date(),
    "reading": pl.Int16(),
    "is_restarted_by_season": pl.Boolean(),
    "area": pl.Boolean(),
    "capacity": pl.Boolean(),
    "demand": pl.Boolean(),
    "quota": pl.Boolean(),
    "calorific": pl.Boolean(),
    "is_priced_by_calibre": pl.Boolean(),
    "band_count": pl.Int16(),
    "area_classes": pl.List(pl.String()),
    "calibres": pl.List(pl.Int16()),
    "asks_for_more": pl.Boolean(),
}
NEGOTIABLE = {
    "tariff_version_id": pl.Int32(),
    "set_no": pl.Int16(),
    "lowest_micro": pl.Int64(),
    "highest_micro": pl.Int64(),
}


@dataclass(frozen=True)
class Links:
    """The frames by the schemas above; empty ones let the engine skip their step."""

    conditions: pl.DataFrame
    conversions: pl.DataFrame
    programmes: pl.DataFrame
    free: pl.DataFrame
    taxes: pl.DataFrame
    negotiable: pl.DataFrame
    needs: pl.DataFrame

    @functools.cached_property
    def asking(self) -> pl.DataFrame:
        """The needs of versions that ask for more than a quantity."""
        return self.needs.filter("asks_for_more")

    @functools.cached_property
    def conditions_asked(self) -> list[str]:
        """The columns of `conditions` that any of them states."""
        stated = self.conditions.drop("condition_no")
        return [column.name for column in stated if column.null_count() < column.len()]

    @functools.cached_property
    def any_converts(self) -> bool:
        """Whether any version charges another unit than the meter counts, or rounds it."""
        own = ("factor_micro", "tariff_calorific_micro", "divisor_micro")
        is_same = pl.all_horizontal(pl.col(*own) == kinds.MILLION, pl.col("converted_step_milli") == 1)
        is_same &= ~pl.col("is_calorific_metered")
        return not self.conversions.select(is_same.all()).item()

    @functools.cached_property
    def any_bills_steps(self) -> bool:
        """Whether any version bills in whole steps or carries what is over."""
        is_plain = (pl.col("billed_step_milli") == 1) & ~pl.col("is_carried")
        return not self.conversions.select(is_plain.all()).item()

    @functools.cached_property
    def conversion_rows(self) -> dict[int, tuple[object, ...]]:
        """The rows of `conversions` by version, without its id."""
        return {row[0]: row[1:] for row in self.conversions.iter_rows()}

    @property
    def all_convert(self) -> bool:
        """Whether every version has a row in `conversions`."""
        return self.conversions.height == self.needs.height

    @functools.cached_property
    def converted_modes(self) -> frozenset[rounding.Mode]:
        """How any converted quantity is rounded."""
        return frozenset(rounding.Mode(mode) for mode in self.conversions["converted_mode"].unique())

    @functools.cached_property
    def billed_modes(self) -> frozenset[rounding.Mode]:
        """How any quantity is brought to billed steps."""
        return frozenset(rounding.Mode(mode) for mode in self.conversions["billed_mode"].unique())

    @functools.cached_property
    def asked_for(self) -> frozenset[str]:
        """The columns of `needs` in which any version asks for something."""
        asking = self.needs.select(
            pl.col("reading", "band_count").max().fill_null(0) > 0,
            pl.col(pl.Boolean).any(),
            pl.col("area_classes", "calibres").is_not_null().any(),
        )
        return frozenset(name for name, is_asked in asking.row(0, named=True).items() if is_asked)

    @functools.cached_property
    def counting(self) -> pl.Series:
        """The versions whose prices begin with a reading, not with a day, or whose seasons restart
        counters.
        """
        is_asked = (pl.col("reading") > 0) | pl.col("is_restarted_by_season")
        return self.needs.filter(is_asked)["tariff_version_id"]

    @functools.cached_property
    def starts(self) -> dict[int, dt.date]:
        """The first day of each version."""
        return dict(self.needs.select("tariff_version_id", "effective_from").iter_rows())


@dataclass
class Conditions:
    """Numbers the conditions of a book while it is built; the unconditional one has no number."""

    known: dict[tariff.Condition, int] = field(default_factory=dict)

    def number(self, condition: tariff.Condition) -> int | None:
        """The number of a condition."""
        if condition.is_always:
            return None
        return self.known.setdefault(condition, len(self.known) + 1)


def links(
    *,
    versions: Mapping[int, tariff.TariffVersion],
    previous: Mapping[int, int],
    conditions: Conditions,
) -> Links:
    """What the versions of a book need looked up."""
    free = [row for i, version in versions.items() for row in _free(i, version, conditions)]
    known = [
        (number, c.choice, c.valid_from, c.valid_until, c.paid_from, c.paid_until)
        for c, number in conditions.known.items()
    ]
    return Links(
        conditions=_frame(known, CONDITIONS),
        conversions=_frame([row for i, v in versions.items() for row in _conversion(i, v)], CONVERSIONS),
        programmes=_frame([row for i, v in versions.items() for row in _programmes(i, v)], PROGRAMMES),
        free=_frame(free, FREE),
        taxes=_frame([row for i, v in versions.items() for row in _taxes(i, v)], TAXES),
        negotiable=_frame([row for i, v in versions.items() for row in _negotiable(i, v)], NEGOTIABLE),
        needs=_frame([_needs(i, v, has_previous=i in previous) for i, v in versions.items()], NEEDS),
    )


def _frame(rows: Sequence[tuple[object, ...]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(schema), orient="row")


def _conversion(version_id: int, version: tariff.TariffVersion) -> Iterator[tuple[object, ...]]:
    conversion, billed = version.conversion, version.quantity_rounding
    if conversion is None and billed is None:
        return
    converted = (kinds.MILLION, kinds.MILLION, False, kinds.MILLION, 1, 1)
    if conversion is not None:
        converted = (
            conversion.factor_micro,
            conversion.calorific_micro,
            conversion.is_calorific_metered,
            conversion.divisor_micro,
            conversion.round_to_milli,
            conversion.mode,
        )
    rounded = (1, 1, False) if billed is None else (billed.round_to_milli, billed.mode, billed.is_carried)
    yield (version_id, *converted, *rounded)


def _programmes(version_id: int, version: tariff.TariffVersion) -> Iterator[tuple[object, ...]]:
    for programme in version.programmes:
        dates = (programme.valid_from, programme.valid_until)
        yield (version_id, programme.code, programme.programme_no, *dates)


def _free(
    version_id: int, version: tariff.TariffVersion, conditions: Conditions
) -> Iterator[tuple[object, ...]]:
    for component in version.components:
        charge = component.charge
        if isinstance(charge, derived.FreeQuantity):
            number = conditions.number(component.condition)
            allowance = (charge.allowance_milli, charge.is_monthly, charge.is_pooled)
            yield (version_id, component.component_no, number, *allowance)


def _taxes(version_id: int, version: tariff.TariffVersion) -> Iterator[tuple[object, ...]]:
    for component in version.components:
        if len(component.taxes) > 1:
            for tax in component.taxes:
                yield (version_id, component.component_no, tax.from_, tax.until, tax.rate_basis_points)


def _needs(version_id: int, version: tariff.TariffVersion, *, has_previous: bool) -> tuple[object, ...]:
    charges = [item.charge for entry in version.price_sets for item in entry.components]
    rows = [row for charge in charges for row in charge.price_rows(version.household)]
    bases = {row.basis for row in rows}
    classes = [
        sorted(charge.factors) for charge in charges if isinstance(charge, area.Area) and charge.factors
    ]
    calibres = sorted({row.calibre_mm for row in rows if row.calibre_mm is not None})
    conversion, change = version.conversion, version.change
    is_banded = any(isinstance(c, time_of_use.TimeOfUse | time_of_use.TimeOfUseTiers) for c in charges)
    is_counted = has_previous and change is not None and change.split is tariff.SplitRule.READING_NUMBER
    reading = change.reading if change is not None and is_counted else 0
    asked = (
        kinds.Basis.AREA in bases,
        kinds.Basis.CAPACITY in bases,
        kinds.Basis.DEMAND in bases,
        any(row.bounds is kinds.Bounds.OF_QUOTA for row in rows),
        conversion is not None and conversion.is_calorific_metered,
        bool(calibres),
        len(version.bands) if is_banded else 0,
        classes[0] if classes else None,
        calibres or None,
    )
    return (
        version_id,
        version.effective_from,
        reading,
        _restarts_by_season(version),
        *asked,
        any(asked) or reading > 0,
    )


def _restarts_by_season(version: tariff.TariffVersion) -> bool:
    change = version.season_change
    is_cut = change is not None and change.split is tariff.SplitRule.DAYS
    return is_cut and change is not None and change.counter is not tariff.Counter.CONTINUES


def _negotiable(version_id: int, version: tariff.TariffVersion) -> Iterator[tuple[object, ...]]:
    """The band of agreed prices in each price set that has one, in micro-units."""
    for entry in version.price_sets:
        for item in entry.components:
            band = item.negotiable
            if band is not None:
                price = item.charge.price_rows(version.household)[0].price_micro
                yield version_id, entry.set_no, band.lowest_micro(price), band.highest_micro(price)
