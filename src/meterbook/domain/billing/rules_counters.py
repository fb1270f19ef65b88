"""What the tier counter of a usage stood at, and when that can't be known.

A usage counts on its closing day (`period_until`): that day decides the tier period. What earlier usages of
the agreement counted in it is one of the ready sums by closing day, unless the tier period is neither a month
nor a year, the tariff converts quantities, or a price change set the counter back to zero: then those usages
are looked into one by one. Nobody keeps the day an anniversary year began.
"""

import datetime

import polars as pl

from meterbook.kernel import period
from meterbook.rating import book as books
from meterbook.rating.steps import convert, segments

_BY_CLOSING_DAY = {
    period.TierPeriod.MONTH: "month_before_milli",
    period.TierPeriod.CALENDAR_YEAR: "year_before_milli",
}
# Their first day is no month's or year's, so what lies in them is asked for by that day.
_SUMMED_APART = (period.TierPeriod.TWO_MONTHS, period.TierPeriod.HEATING_SEASON)
_APART = (*_SUMMED_APART, period.TierPeriod.ANNIVERSARY_YEAR)
RESTARTS = {"tariff_id": pl.Int64, "restarts_on": pl.Date, "is_untold": pl.Boolean}
EARLIER = {
    "counting_id": pl.Int64,
    "usage_id": pl.Int64,
    "period_from": pl.Date,
    "period_until": pl.Date,
    "quantity_milli": pl.Int64,
}
_LONGEST, _NEVER = datetime.timedelta(days=366), datetime.date.min
_FLAGS = ("is_carried", "is_free", "is_converted")
_KEYS = ("tier_period", "season_month", "season_day", "period_from", "period_until")


def with_terms(frame: pl.DataFrame, *, terms: pl.DataFrame) -> pl.DataFrame:
    """Adds tier_period, season_month, season_day, before_milli and whether is_carried, is_free, is_converted.

    `frame` has the versions of first and last day and the sums by closing day; `terms` is tariffs.bulk.TERMS.
    What either version asks for counts. Where they count tiers over different times, before_milli is null.
    """
    first, last = pl.col("first_version_id"), pl.col("version_id")
    marked = {name: terms.filter(name)["version_id"].implode() for name in _FLAGS}
    flags = {
        name: (first.is_in(ids) | last.is_in(ids)).fill_null(value=False) for name, ids in marked.items()
    }
    own = terms.select("version_id", "tier_period", "season_month", "season_day")
    tier_periods = dict(terms.select("version_id", "tier_period").iter_rows())
    frame = frame.with_columns(**flags).join(own, on="version_id", how="left", maintain_order="left")
    tier_period = pl.col("tier_period")
    counted = pl.coalesce(
        *(pl.when(tier_period == number).then(name) for number, name in _BY_CLOSING_DAY.items()),
        "day_before_milli",
    )
    before = first.replace_strict(tier_periods, default=None, return_dtype=pl.Int8)
    is_same = (before == tier_period).fill_null(value=True)
    return frame.with_columns(before_milli=pl.when(is_same).then(counted))


def span(frame: pl.DataFrame) -> dict[str, datetime.date]:
    """The days that matter to the counters of these usages, `since` and `until`: a tier period is a year."""
    if frame.is_empty():
        return {"since": _NEVER, "until": _NEVER}
    return {
        "since": min(frame["period_until"].unique()) - _LONGEST,
        "until": max(frame["period_until"].unique()),
    }


def is_looked_into(*, restarts: pl.DataFrame) -> pl.Expr:
    """Usages whose counter is not one of the ready sums, or may not be.

    `restarts` are the days on which tariffs set their counters back: columns RESTARTS.
    """
    may_restart = pl.col("tariff_id").is_in(restarts["tariff_id"].implode())
    is_apart = pl.col("tier_period").is_in(list(_APART)) | pl.col("is_converted") | may_restart
    return is_apart & pl.col("tier_period").is_not_null()


def with_start(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds counter_from: the first day of the usage's tier period, null where nobody keeps it."""
    keys = frame.select(_KEYS).unique()
    starts = [_start(*row) for row in keys.iter_rows()]
    known = keys.with_columns(pl.Series("counter_from", starts, dtype=pl.Date))
    return frame.join(known, on=_KEYS, how="left", nulls_equal=True, maintain_order="left")


def _start(
    tier_period: int,
    season_month: int | None,
    season_day: int | None,
    period_from: datetime.date,
    period_until: datetime.date,
) -> datetime.date | None:
    kind = period.TierPeriod(tier_period)
    if kind is period.TierPeriod.ANNIVERSARY_YEAR:
        return None
    found = period.tier_period_of(
        tier_period=kind,
        day=period_until,
        billing_period=period.Period(from_=period_from, until=period_until),
        season_start=None if season_month is None or season_day is None else (season_month, season_day),
    )
    return found.from_


def with_restart(frame: pl.DataFrame, *, restarts: pl.DataFrame) -> pl.DataFrame:
    """Adds restarts_on, the last day inside the tier period and not after the usage began on which the
    counter was set back, and is_untold: what was counted since nobody can tell.

    `frame` has usage_id, tariff_id, period_from and counter_from. A usage that is itself cut on such a day is
    the engine's to count.
    """
    is_inside = (pl.col("counter_from") < pl.col("restarts_on")) & (
        pl.col("restarts_on") <= pl.col("period_from")
    )
    latest = (
        frame.select("usage_id", "tariff_id", "period_from", "counter_from")
        .join(restarts, on="tariff_id")
        .filter(is_inside)
        .group_by("usage_id")
        .agg(pl.col("restarts_on").max(), pl.col("is_untold").any())
    )
    return frame.join(latest, on="usage_id", how="left", maintain_order="left")


def is_known() -> pl.Expr:
    """Whether earlier usages can tell the counter at all; from `with_start` and `with_restart`."""
    return pl.col("counter_from").is_not_null() & ~pl.col("is_untold").fill_null(value=False)


def is_summed() -> pl.Expr:
    """Whether the counter is the sum of earlier usages one by one, and not one of the ready sums."""
    is_apart = pl.col("tier_period").is_in(list(_SUMMED_APART)) | pl.col("is_converted")
    return is_apart | pl.col("restarts_on").is_not_null()


def summed(earlier: pl.DataFrame, *, book: books.TariffBook) -> pl.DataFrame:
    """What earlier usages put on the counters, by the engine's own steps: counting_id and since_milli.

    `earlier` has EARLIER, tariff_version_id of its last day and restarts_on of the usage that asks. They are
    converted and cut as they were when they were charged; what came before a restart doesn't count. Null
    where that can't be told: no price, or a usage over the restart that nothing cuts there.
    """
    known = earlier.filter(pl.col("tariff_version_id").is_not_null())
    parts = segments.cut(convert.convert(known, book), book)
    restarts_on = pl.col("restarts_on")
    is_before = (pl.col("period_from") < restarts_on).fill_null(value=False)
    is_over = is_before & (pl.col("period_until") > restarts_on)
    sums = parts.group_by("counting_id").agg(
        since_milli=pl.col("quantity_milli").filter(~is_before).sum(),
        is_untold=(is_over | pl.col("quantity_milli").is_null()).any(),
    )
    lost = earlier.filter(pl.col("tariff_version_id").is_null())["counting_id"]
    is_told = ~pl.col("is_untold") & ~pl.col("counting_id").is_in(lost.implode())
    return sums.select("counting_id", since_milli=pl.when(is_told).then("since_milli"))


def with_sums(frame: pl.DataFrame, *, asked: pl.DataFrame, sums: pl.DataFrame) -> pl.DataFrame:
    """before_milli of the usages `asked` about: their sum, null where nobody knows, zero without a usage
    before.

    `asked` has usage_id, is_known and is_summed; `sums` is what `summed` gives.
    """
    told = sums.with_columns(is_told=pl.lit(value=True))
    found = (
        asked.select("usage_id", "is_known", "is_summed")
        .join(told, left_on="usage_id", right_on="counting_id", how="left")
        .with_columns(since_milli=pl.when("is_told").then("since_milli").otherwise(0))
    )
    joined = frame.join(found, on="usage_id", how="left", maintain_order="left")
    is_summed, is_unknown = pl.col("is_summed").fill_null(value=False), ~pl.col("is_known")
    before = (
        pl.when(is_unknown.fill_null(value=False) | pl.col("before_milli").is_null())
        .then(None)
        .when(is_summed)
        .then("since_milli")
        .otherwise("before_milli")
    )
    return joined.with_columns(before_milli=before).select(frame.columns)
