"""Switching tables: the total decides which whole table of graduated tiers holds (Tamil Nadu: up to 500 units
one table, above it another for every unit). Upper bounds of tables belong to the table, as those of tiers do.

Within a tier period f(before + quantity) - f(before) holds here too: where the total moves into another
table, the parts of the old one are taken back on lines of their own.
"""

from dataclasses import dataclass, replace

import polars as pl

from meterbook.rating import household as households
from meterbook.rating.charges import graduated_tiers, kinds, tiers


@dataclass(frozen=True)
class Table:
    """The tiers that hold for totals up to `until_milli` (None: no end)."""

    until_milli: int | None
    tiers: tuple[tiers.Tier, ...]


@dataclass(frozen=True)
class SwitchingTiers:
    """Tables from the lowest up; only the last is open. Tiers are numbered on from table to table."""

    tables: tuple[Table, ...]
    kind: kinds.ChargeKind = kinds.ChargeKind.SWITCHING_TIERS

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One row per table and tier; `tier` counts from 1 in every table, `band` is the table's number."""
        rows: list[kinds.PriceRow] = []
        from_milli = 0
        for number, table in enumerate(self.tables, start=1):
            rows.extend(
                replace(row, band=number, table_from_milli=from_milli, table_until_milli=table.until_milli)
                for row in graduated_tiers.GraduatedTiers(tiers=table.tiers).price_rows(household)
            )
            from_milli = table.until_milli or from_milli
        return tuple(rows)


class SwitchingTiersRule:
    """What the total's table charges for the total, less what the counter's table charged for the counter."""

    def charged_milli(self) -> pl.Expr:
        """Both inside the tier, each only where its table holds."""
        return self._part(tiers.total()) - self._part(pl.col("before_milli"))

    def is_line(self) -> pl.Expr:
        """Tiers that hold a part; for a quantity of zero the one tier the counter stands in."""
        before = pl.col("before_milli")
        stands_here = (pl.col("quantity_milli") == 0) & tiers.stands_in(before) & _holds(before)
        return (pl.col("charged_milli") != 0) | stands_here

    @staticmethod
    def _part(counter: pl.Expr) -> pl.Expr:
        part = tiers.inside(counter) - pl.col("tier_from_milli")
        return pl.when(_holds(counter)).then(part).otherwise(0)


def _holds(counter: pl.Expr) -> pl.Expr:
    is_above = (counter > pl.col("table_from_milli")) | (pl.col("table_from_milli") == 0)
    return is_above & (pl.col("table_until_milli").is_null() | (counter <= pl.col("table_until_milli")))
