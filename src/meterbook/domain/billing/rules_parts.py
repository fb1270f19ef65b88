"""What agreements agree on beside one price: parts of a mixed use, counters brought along, areas, choices.

A usage of one meter with several prices stands in the frame once for each part; the engine shares its
quantity out. A part's tier counter is what the agreement's earlier usages counted at the part's tariff.
"""

import polars as pl

from meterbook.domain.billing import rules_counters
from meterbook.kernel import period
from meterbook.rating import book as books
from meterbook.rating import columns
from meterbook.rating.steps import mixed_use

_MORE = columns.USAGE_MORE.columns
# One row for each part that holds on some day of a usage; `is_whole`: on all of them. No part_no: none does,
# but the agreement has or had parts on other days.
SHARES = {
    "usage_id": pl.Int64(),
    "part_no": pl.Int16(),
    "split": pl.Int8(),
    "split_value": pl.Int64(),
    "part_tariff_id": pl.Int64(),
    "is_whole": pl.Boolean(),
}
PARTS = {name: SHARES[name] for name in ("usage_id", "part_no", "split", "split_value", "part_tariff_id")}
OPENINGS = {
    "whole_id": pl.Int64(),
    "starts_on": pl.Date(),
    "as_of": pl.Date(),
    "opening_milli": pl.Int64(),
    "main_tariff_id": pl.Int64(),
}
AREAS = {
    "whole_id": pl.Int64(),
    "area_milli": _MORE["area_milli"],
    "height_milli": _MORE["height_milli"],
    "area_class": _MORE["area_class"],
}
CHOICES = {"whole_id": pl.Int64(), "choices": _MORE["choices"]}
# Not the number of a tariff: a usage with it has another price on its first day than on its last.
_ANOTHER_TARIFF = 0


def with_parts(frame: pl.DataFrame, *, shares: pl.DataFrame) -> pl.DataFrame:
    """Each usage with `shares` (columns SHARES) once for each part, with the part's tariff.

    Where there are any, the frame gets part_no, split, split_value, is_by_tariff, and whole_id, the usage's
    own id; usage_id is then a number of the row, until `whole` puts it back. Parts that change within a
    usage are no parts: its first tariff is then no tariff of anybody.
    """
    if shares.is_empty():
        return frame
    parts = shares.with_columns(
        is_changed=pl.col("is_whole").not_().fill_null(value=False).any().over("usage_id"),
        is_mixed=pl.col("part_no").is_not_null(),
    )
    parts = parts.filter(~pl.col("is_changed") | (pl.int_range(pl.len()).over("usage_id") == 0))
    is_part = (pl.col("is_mixed") & ~pl.col("is_changed")).fill_null(value=False)
    taken = {"tariff_id": "part_tariff_id", "first_tariff_id": "part_tariff_id"}
    joined = frame.join(parts, on="usage_id", how="left").with_columns(
        is_by_tariff=pl.col("is_mixed").is_not_null()
    )
    joined = joined.with_columns(
        *(pl.when(is_part).then(part).otherwise(name).alias(name) for name, part in taken.items()),
        *(pl.when(is_part).then(name).alias(name) for name in ("part_no", "split", "split_value")),
    )
    joined = joined.with_columns(
        first_tariff_id=pl.when("is_changed").then(_ANOTHER_TARIFF).otherwise("first_tariff_id")
    )
    ordered = joined.sort("usage_id", "part_no").drop("part_tariff_id", "is_whole", "is_changed", "is_mixed")
    return ordered.with_columns(whole_id="usage_id", usage_id=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))


def whole(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the usages' own ids again."""
    if "whole_id" not in frame.columns:
        return frame
    return frame.with_columns(usage_id="whole_id").drop("whole_id", "is_by_tariff")


def together(frame: pl.DataFrame) -> pl.DataFrame:
    """A usage one of whose parts has a code has it as a whole."""
    if "part_no" not in frame.columns:
        return frame
    return frame.with_columns(code=pl.col("code").drop_nulls().first().over("usage_id"))


def one_row(frame: pl.DataFrame) -> pl.DataFrame:
    """Each usage once, whatever its parts."""
    if "part_no" not in frame.columns:
        return frame
    return frame.unique("usage_id", keep="first", maintain_order=True)


def counted_by_tariff(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows whose counter is what was used at their own tariff, as far as they have one."""
    if "is_by_tariff" not in frame.columns:
        return frame.clear()
    return frame.filter("is_by_tariff", pl.col("tier_period").is_not_null())


def told_apart(asked: pl.DataFrame) -> pl.DataFrame:
    """is_known and is_summed of `counted_by_tariff`, with what `rules_counters` knows of them.

    Converted quantities of parts are nowhere kept; nor is what another register counted on the same day.
    """
    is_each = pl.col("tier_period") == period.TierPeriod.BILLING_PERIOD.value
    is_untold = pl.col("is_converted") | (is_each & (pl.col("day_before_milli") != 0))
    return asked.with_columns(is_known=pl.col("is_known") & ~is_untold, is_summed=~is_each)


def of_own_tariff(earlier: pl.DataFrame, *, parts: pl.DataFrame) -> pl.DataFrame:
    """Earlier usages less what was charged at another tariff than that of the row that asks (tariff_id).

    `parts` has columns PARTS for the earlier usages; they are shared out as the engine did.
    """
    keys = ["counting_id", "usage_id"]
    each = earlier.join(parts, on="usage_id").with_columns(
        earlier_id="usage_id", usage_id=pl.struct(keys).rank("dense").cast(pl.Int64)
    )
    shared = mixed_use.split(each, _NO_PRICES)
    own = shared.filter(pl.col("part_tariff_id") == pl.col("tariff_id"))
    return own.with_columns(usage_id="earlier_id").select(earlier.columns)


# Sharing out asks for no price.
_NO_PRICES = books.tariff_book({})


def with_agreed(
    frame: pl.DataFrame, *, areas: pl.DataFrame, choices: pl.DataFrame, terms: pl.DataFrame
) -> pl.DataFrame:
    """The columns of AREAS and CHOICES for usages that have them; is_free where a choice makes units free.

    `terms` is tariffs.bulk.TERMS.
    """
    own = _own_id(frame)
    for more in (areas, choices):
        if not more.is_empty():
            frame = frame.join(more, left_on=own, right_on="whole_id", how="left", maintain_order="left")
    if choices.is_empty():
        return frame
    free = terms.select("version_id", choices="free_choices").explode("choices").drop_nulls()
    chosen = frame.select("usage_id", "first_version_id", "version_id", "choices").explode("choices")
    found = [
        chosen.join(free, left_on=[version, "choices"], right_on=["version_id", "choices"], how="semi")[
            "usage_id"
        ]
        for version in ("first_version_id", "version_id")
    ]
    return frame.with_columns(
        is_free=pl.col("is_free") | pl.col("usage_id").is_in(pl.concat(found).implode())
    )


def with_openings(frame: pl.DataFrame, *, openings: pl.DataFrame, restarts: pl.DataFrame) -> pl.DataFrame:
    """before_milli with what counters stood at when they were brought along: columns OPENINGS.

    One counts for usages whose tier period began on its first day and was not set back since; of the parts
    of a mixed use for the one at the agreement's own tariff.
    """
    if openings.is_empty():
        return frame
    own = _own_id(frame)
    is_each = pl.col("tier_period") == period.TierPeriod.BILLING_PERIOD.value
    asked = frame.filter(pl.col("tier_period").is_not_null(), ~is_each)
    asked = asked.join(openings, left_on=own, right_on="whole_id", how="semi")
    known = rules_counters.with_restart(rules_counters.with_start(asked), restarts=restarts)
    found = (
        known.join(openings, left_on=own, right_on="whole_id")
        .filter(
            pl.col("starts_on") == pl.col("counter_from"),
            pl.col("restarts_on").is_null() | (pl.col("restarts_on") <= pl.col("as_of")),
            pl.col("tariff_id") == pl.col("main_tariff_id"),
        )
        .group_by("usage_id")
        .agg(pl.col("opening_milli").sum())
    )
    joined = frame.join(found, on="usage_id", how="left", maintain_order="left")
    before = pl.col("before_milli") + pl.col("opening_milli").fill_null(0)
    return joined.with_columns(before_milli=before).drop("opening_milli")


def _own_id(frame: pl.DataFrame) -> str:
    return "whole_id" if "whole_id" in frame.columns else "usage_id"
