"""What a step on matched prices may know: the group of versions it works for, and what the usages bring
along.
"""

from dataclasses import dataclass

import polars as pl

from meterbook.rating import book as books
from meterbook.rating import columns
from meterbook.rating.steps import usages


@dataclass(frozen=True)
class Run:
    """One group of versions with its part of the usages. `names` are the columns these have."""

    book: books.TariffBook
    group: books.Group
    names: frozenset[str]

    def has(self, *features: books.Feature) -> bool:
        """Whether the group needs any of these."""
        return self.group.profile.has(*features)

    def column(self, name: str) -> pl.Expr:
        """A column of USAGE_MORE, nulls where the usages don't bring it."""
        if name in self.names:
            return pl.col(name)
        return pl.lit(None, dtype=columns.USAGE_MORE.columns[name])

    def usage_days(self) -> pl.Expr:
        """Days of the whole usage, also where the row is only a segment of it."""
        if self.is_segmented:
            return pl.coalesce("usage_days", usages.days())
        return usages.days()

    @property
    def is_segmented(self) -> bool:
        """Whether some usages were cut."""
        return "segment_days" in self.names


# What the lines still need of their usage and price row once they are known.
_NEEDED = (
    *(name for name in columns.LINES.columns if name not in {"line_no", "days", "tax_minor"}),
    *("usage_row", "bill_row", "kind", "price_no"),
)
_OFTEN = ("basis", "months", "segment_days", "usage_days", "last_version_id", "split", "negotiated_micro")
_RARELY = ("area_class", "height_milli", "season_days", "served_days", "season_months", "served_months")
# What derived charges and the comparison of parts need beside the line.
_FOR_BILLS = {
    "kind": pl.Int8(),
    "usage_row": pl.UInt32(),
    "bill_row": pl.UInt32(),
    "last_version_id": pl.Int32(),
    "rate_ppm": pl.Int64(),
    "rounding_mode": pl.Int8(),
    "step_minor": pl.Int64(),
    "divisor": pl.Int64(),
    "minor_milli": pl.Int64(),
    "stage_no": pl.Int16(),
    "counted_bits": pl.Int64(),
}


def narrow(frame: pl.LazyFrame, run: Run) -> pl.LazyFrame:
    """Only the columns that are still needed."""
    del run
    there = set(frame.collect_schema().names())
    return frame.select(name for name in (*_NEEDED, *_OFTEN, *_RARELY) if name in there)


def priced_columns(frame: pl.DataFrame, run: Run) -> pl.DataFrame:
    """The same columns for the lines of every group: those of LINES, and what comes after needs."""
    wanted = {name: columns.LINES.columns[name] for name in _NEEDED if name in columns.LINES.columns}
    wanted["amount_minor"] = pl.Int64()
    wanted |= {"usage_row": pl.UInt32()}
    if run.has(books.Feature.DERIVED):
        wanted |= _FOR_BILLS
    if "split" in run.names:
        wanted["split"] = pl.Int8()
    constant = {"part_no": 1, "set_no": 0}
    return frame.select(
        pl.col(name) if name in frame.columns else pl.lit(constant.get(name), dtype=dtype).alias(name)
        for name, dtype in wanted.items()
    )


def line_columns(lines: pl.DataFrame) -> list[str]:
    """The columns that the lines of all groups share once derived charges are worked out."""
    return [name for name in lines.columns if name not in _FOR_BILLS or name == "usage_row"]
