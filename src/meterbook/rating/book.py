"""Tariff versions as one frame of prices, ready to be joined to any number of usages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from meterbook.kernel import rounding
from meterbook.rating import columns, tariff
from meterbook.rating.charges import kinds


@dataclass(frozen=True)
class TariffBook:
    """Prices of all versions of a run: one row per version, component and tier, in that order.

    `kinds` are the kinds of charge that occur, `has_household_rule` whether any bound depends on persons: the
    engine skips what is not needed.
    """

    prices: pl.DataFrame
    kinds: tuple[kinds.ChargeKind, ...]
    has_household_rule: bool


def tariff_book(versions: Mapping[int, tariff.TariffVersion]) -> TariffBook:
    """The book of `versions` by their id. The same versions give the same book whatever their order."""
    rows = [row for version_id in sorted(versions) for row in _rows(version_id, versions[version_id])]
    prices = pl.DataFrame(rows, schema=dict(columns.PRICES.columns), orient="row")
    found = {component.charge.kind for version in versions.values() for component in version.components}
    grows = prices.select(
        (pl.col("from_growth_milli") != 0).any() | (pl.col("until_growth_milli") != 0).any()
    )
    return TariffBook(
        prices=prices,
        kinds=tuple(sorted(found)),
        has_household_rule=bool(grows.item()),
    )


def _rows(version_id: int, version: tariff.TariffVersion) -> Iterator[tuple[int | None, ...]]:
    for component in version.components:
        for row in component.charge.price_rows(version.household):
            yield (
                version_id,
                component.component_no,
                component.charge.kind,
                row.tier,
                row.from_milli,
                row.until_milli,
                row.from_growth_milli,
                row.until_growth_milli,
                row.growth_parts,
                version.household.over_persons,
                version.default_persons,
                row.price_micro,
                component.rounding,
                component.rounding.mode,
                component.rounding.step_minor,
                rounding.divisor(rule=component.rounding, exponent=version.exponent),
            )
