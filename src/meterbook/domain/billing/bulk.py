"""Bill runs as columns: a round's usages with everything the engine needs, and bills by COPY."""

import datetime
from dataclasses import dataclass

import polars as pl
from django.db import connection

from meterbook.domain import columns
from meterbook.domain.billing import models, rules
from meterbook.domain.tariffs import bulk as tariff_columns
from meterbook.domain.tariffs import queries as tariffs
from meterbook.rating import columns as rating_columns
from meterbook.rating import engine

# Which tariff and household an agreement had is asked for its first and its last day of supply. `before` is
# what earlier usages of the agreement counted up to this one's closing reading, once for each tier
# period there is; `history` is the same register's last 400 days. The highest revision of a usage counts.
USAGES = """
SELECT u.id, u.agreement_id, a.account_id, u.station_id, a.utility, c.customer_class, u.register_id,
    u.period_from, u.period_until, u.quantity_milli, first.tariff_id, last.tariff_id, h.persons,
    coalesce(e.state = 4, false), coalesce(p.released_at IS NOT NULL, false),
    coalesce(b.year, 0)::bigint, coalesce(b.month, 0)::bigint, coalesce(b.day, 0)::bigint,
    coalesce(b.history, 0)::bigint, coalesce(b.days, 0)
FROM metering_usage u
LEFT JOIN agreements_supplyagreement a ON a.id = u.agreement_id
    AND a.from_on <= u.period_from AND (a.until_on IS NULL OR a.until_on >= u.period_until)
LEFT JOIN agreements_account k ON k.id = a.account_id
LEFT JOIN customers_customer c ON c.id = k.customer_id
LEFT JOIN agreements_agreementtariff first ON first.agreement_id = u.agreement_id
    AND first.from_on <= u.period_from AND (first.until_on IS NULL OR first.until_on > u.period_from)
LEFT JOIN agreements_agreementtariff last ON last.agreement_id = u.agreement_id
    AND last.from_on < u.period_until AND (last.until_on IS NULL OR last.until_on >= u.period_until)
LEFT JOIN agreements_householdsize h ON h.agreement_id = u.agreement_id
    AND h.from_on < u.period_until AND (h.until_on IS NULL OR h.until_on >= u.period_until)
LEFT JOIN metering_roundentry e ON e.round_id = u.round_id AND e.register_id = u.register_id
LEFT JOIN billing_parkedusage p ON p.usage_id = u.id
CROSS JOIN LATERAL (
    SELECT date_trunc('year', u.period_until)::date AS year,
        date_trunc('month', u.period_until)::date AS month
) starts
LEFT JOIN LATERAL (
    SELECT
        sum(o.quantity_milli) FILTER (WHERE o.period_until >= starts.year) AS year,
        sum(o.quantity_milli) FILTER (WHERE o.period_until >= starts.month) AS month,
        sum(o.quantity_milli) FILTER (WHERE o.period_until = u.period_until) AS day,
        sum(o.quantity_milli) FILTER (WHERE o.register_id = u.register_id) AS history,
        sum(o.period_until - o.period_from) FILTER (WHERE o.register_id = u.register_id) AS days
    FROM metering_usage o
    WHERE o.agreement_id = u.agreement_id
        AND o.period_until > u.period_until - 400
        AND (o.period_until, o.register_id) < (u.period_until, u.register_id)
        AND NOT EXISTS (
            SELECT FROM metering_usage n
            WHERE n.agreement_id = o.agreement_id AND n.period_until = o.period_until
                AND n.register_id = o.register_id AND n.revision > o.revision)
) b ON true
WHERE u.round_id = %(round_id)s
    AND NOT EXISTS (
        SELECT FROM metering_usage n WHERE n.agreement_id = u.agreement_id
            AND n.period_until = u.period_until AND n.register_id = u.register_id AND n.revision > u.revision)
    AND NOT EXISTS (SELECT FROM billing_bill x WHERE x.usage_id = u.id)
ORDER BY u.id
"""
USAGE_FRAME = {
    "usage_id": pl.Int64,
    "agreement_id": pl.Int64,
    "account_id": pl.Int64,
    "station_id": pl.Int32,
    "utility": pl.Int16,
    "customer_class": pl.Int16,
    "register_id": pl.Int64,
    "period_from": pl.Date,
    "period_until": pl.Date,
    "quantity_milli": pl.Int64,
    "first_tariff_id": pl.Int64,
    "tariff_id": pl.Int64,
    "persons": pl.Int16,
    "is_confirmed": pl.Boolean,
    "is_released": pl.Boolean,
    "year_before_milli": pl.Int64,
    "month_before_milli": pl.Int64,
    "day_before_milli": pl.Int64,
    "history_milli": pl.Int64,
    "history_days": pl.Int64,
}


LOCK_ROUND = """
SELECT r.id, r.station_id, r.state = 2, r.period, b.code FROM metering_round r
JOIN metering_book b ON b.id = r.book_id WHERE r.id = %(round_id)s FOR UPDATE OF r
"""


@dataclass(frozen=True, slots=True)
class LockedRound:
    """A round that stays as it is until the transaction ends. `period` is the first day of its month."""

    round_id: int
    station_id: int
    is_accepted: bool
    period: datetime.date
    book_code: str


class RoundUnknownError(LookupError):
    """There is no such round, or it is out of the actor's scope."""

    def __init__(self, *, round_id: int) -> None:
        super().__init__(f"no round {round_id}")
        self.round_id = round_id


@dataclass(frozen=True)
class RatedRound:
    """A round's usages, rated. Nothing is written yet.

    `bills`: USAGE_FRAME with version_id, before_milli and amount_minor, ordered by account and usage.
    `lines`: rating LINES of exactly these. `parked`: usage_id, station_id, code, and what is known of each.
    """

    bills: pl.DataFrame
    lines: pl.DataFrame
    parked: pl.DataFrame


def lock_round(*, round_id: int) -> LockedRound:
    """Lock a round against acceptance and other runs; RoundUnknownError when it is not there."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_ROUND, {"round_id": round_id})
        row = cursor.fetchone()
    if row is None:
        raise RoundUnknownError(round_id=round_id)
    return LockedRound(*row)


def usage_frame(*, round_id: int) -> pl.DataFrame:
    """The unbilled usages of a round with all the engine needs: USAGE_FRAME, first_version_id, version_id,
    tier_period, before_milli.
    """
    frame = columns.fetch(statement=USAGES, parameters={"round_id": round_id}, schema=USAGE_FRAME)
    versions = tariff_columns.version_frame(
        tariff_ids=pl.concat([frame["tariff_id"], frame["first_tariff_id"]])
    )
    frame = tariff_columns.with_version(
        frame, versions=versions, tariff="first_tariff_id", day="period_from", name="first_version_id"
    )
    frame = tariff_columns.with_version(
        frame, versions=versions, tariff="tariff_id", day="period_until", name="version_id"
    )
    tier_periods = tariff_columns.tier_periods(version_ids=frame["version_id"])
    return frame.join(tier_periods, on="version_id", how="left", maintain_order="left").with_columns(
        before_milli=rules.counted_before()
    )


def rate_round(*, round_id: int, limits: rules.Limits) -> RatedRound:
    """Rate a round's unbilled usages; those that can't or must not go out are parked with their reason."""
    usages = usage_frame(round_id=round_id).with_columns(code=rules.unbillable())
    ready = usages.filter(pl.col("code").is_null()).drop("code")
    book = tariffs.tariff_book(version_ids=ready["version_id"].unique().to_list())
    asked = ready.with_columns(tariff_version_id="version_id")
    refused = engine.unratable(asked, book)
    asked = asked.join(refused, on="usage_id", how="anti")
    lines = engine.rate(asked, book)
    amounts = lines.group_by("usage_id").agg(pl.col("amount_minor").sum())
    rated = asked.join(amounts, on="usage_id", how="inner").with_columns(code=rules.absurd(limits))
    parked = pl.concat(
        [
            usages.filter(pl.col("code").is_not_null()),
            ready.join(refused, on="usage_id", how="inner"),
            rated.filter(pl.col("code").is_not_null()),
        ],
        how="diagonal",
    ).sort("usage_id")
    bills = rated.filter(pl.col("code").is_null()).drop("code").sort("account_id", "period_until", "usage_id")
    if "amount_minor" not in parked.columns:
        parked = parked.with_columns(amount_minor=pl.lit(None, dtype=pl.Int64))
    return RatedRound(
        bills=bills, lines=lines.join(bills.select("usage_id"), on="usage_id", how="semi"), parked=parked
    )


def write_bills(
    *, rated: RatedRound, run_id: int, issue_on: datetime.date, due_on: datetime.date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Write bills, lines and receivables by COPY; returns the bills and the lines with their bill ids.

    Keys ascend with accounts, so every index grows at its end. A bill of zero has a line but nothing to owe.
    """
    ids = columns.next_ids(table=models.Bill, count=rated.bills.height)
    bills = rated.bills.with_columns(pl.Series("id", ids, dtype=pl.Int64))
    lines = rated.lines.join(
        bills.select("usage_id", "station_id", pl.col("id").alias("bill_id")), on="usage_id", how="inner"
    ).sort("bill_id", "line_no")
    columns.copy_in(frame=_bill_rows(bills, run_id, issue_on, due_on), table=models.Bill)
    columns.copy_in(frame=_line_rows(lines), table=models.BillLine)
    owed = bills.filter(pl.col("amount_minor") != 0).select(
        pl.col("id").alias("bill_id"),
        "account_id",
        "station_id",
        pl.lit(due_on).alias("due_on"),
        "amount_minor",
        pl.col("amount_minor").alias("open_minor"),
    )
    columns.copy_in(frame=owed, table=models.Receivable)
    return bills, lines


def _bill_rows(
    bills: pl.DataFrame, run_id: int, issue_on: datetime.date, due_on: datetime.date
) -> pl.DataFrame:
    return bills.select(
        "id",
        "account_id",
        "agreement_id",
        "usage_id",
        pl.lit(run_id, dtype=pl.Int64).alias("run_id"),
        "station_id",
        "utility",
        pl.lit(1, dtype=pl.Int16).alias("revision"),
        "period_from",
        "period_until",
        pl.lit(issue_on).alias("issued_on"),
        pl.lit(due_on).alias("due_on"),
        "quantity_milli",
        "amount_minor",
    )


def _line_rows(lines: pl.DataFrame) -> pl.DataFrame:
    rated = [name for name in rating_columns.LINES.columns if name not in {"usage_id", "line_no"}]
    return lines.select("bill_id", "line_no", "station_id", *rated)


# The facts that row-wise foreign keys would check, once for the run: every bill has its usage, agreement and
# account of the same station with the same figures, its lines sum to it, and its line versions exist.
UNSOUND_BILLS = """
SELECT count(*) FROM billing_bill b
LEFT JOIN metering_usage u ON u.id = b.usage_id AND u.agreement_id = b.agreement_id
    AND u.station_id = b.station_id AND u.quantity_milli = b.quantity_milli
LEFT JOIN agreements_supplyagreement a ON a.id = b.agreement_id AND a.account_id = b.account_id
LEFT JOIN (
    SELECT l.bill_id, sum(l.amount_minor) AS amount_minor, count(v.id) AS known, count(*) AS lines
    FROM billing_billline l LEFT JOIN tariffs_tariffversion v ON v.id = l.tariff_version_id
    WHERE l.bill_id BETWEEN %(first_id)s AND %(last_id)s GROUP BY l.bill_id
) l ON l.bill_id = b.id
WHERE b.id BETWEEN %(first_id)s AND %(last_id)s AND b.run_id = %(run_id)s
    AND (u.id IS NULL OR a.id IS NULL OR l.amount_minor IS DISTINCT FROM b.amount_minor OR l.known < l.lines)
"""


class UnsoundBillsError(Exception):
    """Bills just written contradict their usages, agreements or lines: the run must not be kept."""

    def __init__(self, *, run_id: int, count: int) -> None:
        super().__init__(f"{count} bills of run {run_id} contradict what they are made of")
        self.run_id = run_id
        self.count = count


def check_bills(*, run_id: int, bills: pl.DataFrame) -> None:
    """Check a run's freshly written bills as a set; raises UnsoundBillsError."""
    if bills.is_empty():
        return
    bounds = {"run_id": run_id, "first_id": bills["id"].min(), "last_id": bills["id"].max()}
    with connection.cursor() as cursor:
        cursor.execute(UNSOUND_BILLS, bounds)
        count = cursor.fetchone()[0]
    if count:
        raise UnsoundBillsError(run_id=run_id, count=count)
