"""Bill runs as columns: a round's usages with everything the engine needs, and bills by COPY."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db import connection

from meterbook.domain import columns
from meterbook.domain.billing import models, rules, rules_counters
from meterbook.domain.tariffs import bulk as tariff_columns
from meterbook.domain.tariffs import queries as tariffs
from meterbook.rating import book as books
from meterbook.rating import columns as rating_columns
from meterbook.rating import engine

# Which tariff and household an agreement had is asked for its first and its last day of supply. `before` is
# what earlier usages of the agreement counted up to this one's closing reading, once for each tier
# period there is; `history` is the same register's last 400 days. The highest revision of a usage counts.
USAGES = """
SELECT u.round_id, u.id, u.agreement_id, a.account_id, u.station_id, a.utility, c.customer_class,
    u.register_id, u.period_from, u.period_until, u.quantity_milli, first.tariff_id, last.tariff_id,
    h.persons, coalesce(e.state = 4, false), coalesce(p.released_at IS NOT NULL, false),
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
WHERE u.round_id = ANY (%(round_ids)s)
    AND NOT EXISTS (
        SELECT FROM metering_usage n WHERE n.agreement_id = u.agreement_id
            AND n.period_until = u.period_until AND n.register_id = u.register_id AND n.revision > u.revision)
    AND NOT EXISTS (SELECT FROM billing_bill x WHERE x.usage_id = u.id)
ORDER BY u.id
"""
# The earlier usages themselves, from a day of its own for each usage that asks.
EARLIER = """
SELECT u.id, o.id, o.period_from, o.period_until, o.quantity_milli
FROM unnest(%(usage_ids)s::bigint[], %(first_days)s::date[]) AS asked (usage_id, first_day)
JOIN metering_usage u ON u.id = asked.usage_id
JOIN metering_usage o ON o.agreement_id = u.agreement_id AND o.period_until >= asked.first_day
    AND (o.period_until, o.register_id) < (u.period_until, u.register_id)
WHERE NOT EXISTS (
    SELECT FROM metering_usage n WHERE n.agreement_id = o.agreement_id
        AND n.period_until = o.period_until AND n.register_id = o.register_id AND n.revision > o.revision)
"""
USAGE_FRAME = {
    "round_id": pl.Int64,
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


LOCK_ROUNDS = """
SELECT r.id, r.station_id, r.state = 2, r.period, b.code FROM metering_round r
JOIN metering_book b ON b.id = r.book_id WHERE r.id = ANY (%(round_ids)s) ORDER BY r.id FOR UPDATE OF r
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


PARKED_FRAME = ("round_id", "usage_id", "station_id", *rules.PARKED_FACTS)
# Into which run a round's bills go, and with which dates.
RUNS = {"round_id": pl.Int64, "run_id": pl.Int64, "issued_on": pl.Date, "due_on": pl.Date}
BILLS = (
    "id",
    "account_id",
    "agreement_id",
    "usage_id",
    "run_id",
    "station_id",
    "utility",
    "period_from",
    "period_until",
    "issued_on",
    "due_on",
    "quantity_milli",
    "amount_minor",
)
LINES = ("bill_id", "station_id", *(name for name in rating_columns.LINES.columns if name != "usage_id"))
FIRST = pl.lit(1, dtype=pl.Int16)
LAST_DAY = pl.col("period_until").dt.offset_by("-1d")


@dataclass(frozen=True)
class RatedRounds:
    """The usages of some rounds, rated. Nothing is written yet.

    `bills`: USAGE_FRAME with version_id, before_milli and amount_minor, ordered by account and usage.
    `lines`: rating LINES of exactly these. `parked`: PARKED_FRAME and code; amounts may be null.
    """

    bills: pl.DataFrame
    lines: pl.DataFrame
    parked: pl.DataFrame

    def only(self, round_ids: Sequence[int]) -> "RatedRounds":
        """Some of the rounds."""
        wanted = pl.col("round_id").is_in(list(round_ids))
        bills = self.bills.filter(wanted)
        is_all = bills.height == self.bills.height
        return RatedRounds(
            bills=bills,
            lines=self.lines if is_all else self.lines.join(bills, on="usage_id", how="semi"),
            parked=self.parked.filter(wanted),
        )


def lock_rounds(*, round_ids: Sequence[int]) -> tuple[LockedRound, ...]:
    """Lock rounds, by id, against acceptance and other runs; RoundUnknownError when one is not there."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_ROUNDS, {"round_ids": list(round_ids)})
        found = tuple(LockedRound(*row) for row in cursor.fetchall())
    if missing := set(round_ids) - {locked.round_id for locked in found}:
        raise RoundUnknownError(round_id=min(missing))
    return found


def usage_frame(*, round_ids: Sequence[int]) -> pl.DataFrame:
    """The unbilled usages of rounds with all the engine needs: USAGE_FRAME, version_id, what
    `rules_counters.with_terms` adds, and before_milli, null where nobody knows what the counter stood at.
    """
    frame = columns.fetch(statement=USAGES, parameters={"round_ids": list(round_ids)}, schema=USAGE_FRAME)
    versions = tariff_columns.version_frame(tariff_ids=frame["tariff_id"])
    frame = _with_version(frame, versions, day=pl.col("period_from"), name="first_version_id")
    # Supply of [from, until) ends the day before the closing reading: a price that starts then is not paid.
    frame = _with_version(frame, versions, day=LAST_DAY, name="version_id")
    frame = rules_counters.with_terms(frame, terms=tariff_columns.terms(versions=versions))
    restarts = tariff_columns.restarts(versions=versions, **rules_counters.span(frame))
    asked = frame.filter(rules_counters.is_looked_into(restarts=restarts))
    if asked.is_empty():
        return frame
    asked = rules_counters.with_restart(rules_counters.with_start(asked), restarts=restarts)
    asked = asked.with_columns(is_known=rules_counters.is_known(), is_summed=rules_counters.is_summed())
    sums = _summed(asked.filter("is_known", "is_summed"), versions)
    return rules_counters.with_sums(frame, asked=asked, sums=sums)


def _with_version(frame: pl.DataFrame, versions: pl.DataFrame, *, day: pl.Expr, name: str) -> pl.DataFrame:
    dated = frame.with_columns(day=day)
    return tariff_columns.with_version(
        dated, versions=versions, tariff="tariff_id", day="day", name=name
    ).drop("day")


def _summed(asked: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """What earlier usages of the agreements put on the counters of these: rules_counters.summed."""
    parameters = {"usage_ids": asked["usage_id"].to_list(), "first_days": asked["counter_from"].to_list()}
    earlier = columns.fetch(statement=EARLIER, parameters=parameters, schema=rules_counters.EARLIER)
    own = asked.select("restarts_on", "tariff_id", counting_id="usage_id")
    earlier = _with_version(
        earlier.join(own, on="counting_id"), versions, day=LAST_DAY, name="tariff_version_id"
    )
    return rules_counters.summed(earlier, book=_book(earlier))


def _book(frame: pl.DataFrame) -> books.TariffBook:
    """The prices of the versions of these usages and of those they began in."""
    ids = frame["tariff_version_id"].drop_nulls().unique().to_list()
    return tariffs.tariff_book(version_ids=ids, since=min(frame["period_from"].unique(), default=None))


def rate_rounds(*, round_ids: Sequence[int], limits: rules.Limits) -> RatedRounds:
    """Rate the unbilled usages of rounds; those that can't or must not go out are parked with their reason.

    Rounds don't influence each other: together or one by one, each comes to the same.
    """
    usages = usage_frame(round_ids=round_ids).with_columns(code=rules.unbillable())
    ready = usages.filter(pl.col("code").is_null()).drop("code").with_columns(tariff_version_id="version_id")
    asked, lines, refused = _rated(ready, _book(ready))
    amounts = lines.group_by("usage_id").agg(pl.col("amount_minor").sum())
    rated = asked.join(amounts, on="usage_id", how="inner").with_columns(code=rules.absurd(limits))
    bills = rated.filter(pl.col("code").is_null()).drop("code").sort("account_id", "period_until", "usage_id")
    unknown_amount = pl.lit(None, dtype=pl.Int64).alias("amount_minor")
    names = [*PARKED_FRAME, "code"]
    parked = [
        usages.filter(pl.col("code").is_not_null()).with_columns(unknown_amount).select(names),
        ready.join(refused, on="usage_id", how="inner").with_columns(unknown_amount).select(names),
        rated.filter(pl.col("code").is_not_null()).select(names),
    ]
    return RatedRounds(
        bills=bills,
        lines=lines if bills.height == asked.height else lines.join(bills, on="usage_id", how="semi"),
        parked=pl.concat(parked).sort("usage_id"),
    )


def _rated(ready: pl.DataFrame, book: books.TariffBook) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """What can be rated, its lines, and the rest with the engine's codes.

    An amount that leaves 64 bits is only found while it is multiplied; the others are rated without it.
    """
    refused = [engine.unratable(ready, book)]
    while True:
        asked = ready.join(pl.concat(refused), on="usage_id", how="anti")
        try:
            return asked, engine.rate(asked, book), pl.concat(refused)
        except engine.RatingError as error:
            refused.append(error.unratable)


def write_bills(*, rated: RatedRounds, runs: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Write bills, lines and receivables by COPY; returns the bills and the lines with their bill ids.

    `runs` has columns RUNS, one row per round.

    Keys ascend with accounts, so every index grows at its end. A bill of zero has a line but nothing to owe.
    """
    ids = columns.next_ids(table=models.Bill, count=rated.bills.height)
    bills = rated.bills.with_columns(pl.Series("id", ids, dtype=pl.Int64)).join(
        runs.select(*RUNS), on="round_id", how="left", maintain_order="left"
    )
    lines = rated.lines.join(
        bills.select("usage_id", "station_id", pl.col("id").alias("bill_id")), on="usage_id", how="inner"
    ).sort("bill_id", "line_no")
    columns.copy_in(frame=bills.select(*BILLS, revision=FIRST), table=models.Bill)
    columns.copy_in(frame=lines.select(LINES), table=models.BillLine)
    owed = bills.filter(pl.col("amount_minor") != 0).select(
        pl.col("id").alias("bill_id"),
        "account_id",
        "station_id",
        "due_on",
        "amount_minor",
        pl.col("amount_minor").alias("open_minor"),
    )
    columns.copy_in(frame=owed, table=models.Receivable)
    return bills, lines


# The facts that row-wise foreign keys would check, once for what was just written: every bill has its usage,
# agreement and account of the same station with the same figures, its lines sum to it, and their versions
# exist. Scalar subqueries, because the new rows have no statistics yet: each is one look into a primary key.
UNSOUND_BILLS = """
SELECT count(*) FROM billing_bill b
WHERE b.id BETWEEN %(first_id)s AND %(last_id)s AND b.run_id = ANY (%(run_ids)s) AND (
    (SELECT u.quantity_milli FROM metering_usage u WHERE u.id = b.usage_id
        AND u.agreement_id = b.agreement_id AND u.station_id = b.station_id) IS DISTINCT FROM b.quantity_milli
    OR (SELECT a.account_id FROM agreements_supplyagreement a WHERE a.id = b.agreement_id)
        IS DISTINCT FROM b.account_id
    OR (SELECT sum(l.amount_minor) FROM billing_billline l WHERE l.bill_id = b.id
        AND l.tariff_version_id = ANY (%(version_ids)s)) IS DISTINCT FROM b.amount_minor)
"""
KNOWN_VERSIONS = "SELECT array_agg(id) FROM tariffs_tariffversion WHERE id = ANY (%(version_ids)s)"


class UnsoundBillsError(Exception):
    """Bills just written contradict their usages, agreements or lines: they must not be kept."""

    def __init__(self, *, count: int) -> None:
        super().__init__(f"{count} bills contradict what they are made of")
        self.count = count


def check_bills(*, bills: pl.DataFrame, lines: pl.DataFrame) -> None:
    """Check freshly written bills as a set; raises UnsoundBillsError."""
    if bills.is_empty():
        return
    asked = {"version_ids": lines["tariff_version_id"].unique().to_list()}
    with connection.cursor() as cursor:
        cursor.execute(KNOWN_VERSIONS, asked)
        parameters: dict[str, Any] = {
            "version_ids": cursor.fetchone()[0] or [],
            "run_ids": bills["run_id"].unique().to_list(),
            "first_id": bills["id"].min(),
            "last_id": bills["id"].max(),
        }
        cursor.execute(UNSOUND_BILLS, parameters)
        count = cursor.fetchone()[0]
    if count:
        raise UnsoundBillsError(count=count)


LOCK_OPEN = """
SELECT account_id, bill_id, station_id, due_on, amount_minor, open_minor FROM billing_receivable
WHERE account_id = ANY (%(account_ids)s) AND open_minor > 0 ORDER BY bill_id FOR UPDATE
"""
# The columns of LOCK_OPEN.
OPEN_BILLS = {
    "account_id": pl.Int64,
    "bill_id": pl.Int64,
    "station_id": pl.Int64,
    "due_on": pl.Date,
    "amount_minor": pl.Int64,
    "open_minor": pl.Int64,
}
CLEAR_MANY = """
WITH share AS (
    SELECT * FROM unnest(%(payment_ids)s::bigint[], %(bill_ids)s::bigint[], %(amounts)s::bigint[])
        AS s (payment_id, bill_id, amount_minor)
), lowered AS (
    UPDATE billing_receivable r SET open_minor = r.open_minor - share.amount_minor
    FROM share
    WHERE r.bill_id = share.bill_id AND r.open_minor >= share.amount_minor AND share.amount_minor > 0
    RETURNING share.payment_id, r.bill_id, r.station_id, share.amount_minor
)
INSERT INTO billing_clearing (bill_id, payment_id, station_id, amount_minor)
SELECT bill_id, payment_id, station_id, amount_minor FROM lowered ORDER BY payment_id, bill_id
"""


class SharesNotOpenError(Exception):
    """Some shares exceed what is open on their bills; nothing of the transaction may be kept."""

    def __init__(self, *, count: int) -> None:
        super().__init__(f"{count} bills are not open by that much")
        self.count = count


def lock_open_bills(*, account_ids: Sequence[int]) -> pl.DataFrame:
    """Lock everything open on these accounts, in the order of bill ids: columns OPEN_BILLS."""
    return columns.fetch(
        statement=LOCK_OPEN, parameters={"account_ids": list(account_ids)}, schema=OPEN_BILLS
    )


def clear_many(*, shares: pl.DataFrame) -> None:
    """Match many payments to bills: columns payment_id, bill_id, amount_minor; a bill stands in one row only.

    Raises SharesNotOpenError when a share is larger than what is open.
    """
    asked = {
        "payment_ids": shares["payment_id"].to_list(),
        "bill_ids": shares["bill_id"].to_list(),
        "amounts": shares["amount_minor"].to_list(),
    }
    with connection.cursor() as cursor:
        cursor.execute(CLEAR_MANY, asked)
        if cursor.rowcount != shares.height:
            raise SharesNotOpenError(count=shares.height - cursor.rowcount)
