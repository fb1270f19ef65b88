"""Bill runs as columns: a round's usages with everything the engine needs, and bills by COPY."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db import connection

from meterbook.domain import columns
from meterbook.domain.billing import models, queries_usages, rules, rules_counters, rules_parts
from meterbook.domain.tariffs import bulk as tariff_columns
from meterbook.domain.tariffs import queries as tariffs
from meterbook.rating import book as books
from meterbook.rating import columns as rating_columns
from meterbook.rating import engine

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

    A usage of several prices has a row for each part (`rules_parts.with_parts`).
    """
    frame = queries_usages.unbilled(round_ids=round_ids)
    agreed = queries_usages.agreed(round_ids=round_ids)
    frame = rules_parts.with_parts(frame, shares=agreed.shares)
    versions = tariff_columns.version_frame(tariff_ids=frame["tariff_id"])
    frame = _with_version(frame, versions, day=pl.col("period_from"), name="first_version_id")
    # Supply of [from, until) ends the day before the closing reading: a price that starts then is not paid.
    frame = _with_version(frame, versions, day=LAST_DAY, name="version_id")
    terms = tariff_columns.terms(versions=versions)
    frame = rules_counters.with_terms(frame, terms=terms)
    frame = rules_parts.with_agreed(frame, areas=agreed.areas, choices=agreed.choices, terms=terms)
    restarts = tariff_columns.restarts(versions=versions, **rules_counters.span(frame))
    frame = _counted(frame, versions=versions, restarts=restarts)
    frame = rules_parts.with_openings(frame, openings=agreed.openings, restarts=restarts)
    return rules_parts.whole(frame)


def _counted(frame: pl.DataFrame, *, versions: pl.DataFrame, restarts: pl.DataFrame) -> pl.DataFrame:
    """before_milli of usages whose counter is not one of the ready sums."""
    by_tariff = rules_parts.counted_by_tariff(frame)
    looked_into = rules_counters.is_looked_into(restarts=restarts)
    for asked, is_apart in ((by_tariff, True), (frame.join(by_tariff, on="usage_id", how="anti"), False)):
        if not is_apart:
            asked = asked.filter(looked_into)  # noqa: PLW2901 - of the others only those that need it
        if asked.is_empty():
            continue
        known = rules_counters.with_restart(rules_counters.with_start(asked), restarts=restarts)
        known = known.with_columns(is_known=rules_counters.is_known(), is_summed=rules_counters.is_summed())
        if is_apart:
            known = rules_parts.told_apart(known)
        sums = _summed(known.filter("is_known", "is_summed"), versions, is_apart=is_apart)
        frame = rules_counters.with_sums(frame, asked=known, sums=sums)
    return frame


def _with_version(frame: pl.DataFrame, versions: pl.DataFrame, *, day: pl.Expr, name: str) -> pl.DataFrame:
    dated = frame.with_columns(day=day)
    return tariff_columns.with_version(
        dated, versions=versions, tariff="tariff_id", day="day", name=name
    ).drop("day")


def _summed(asked: pl.DataFrame, versions: pl.DataFrame, *, is_apart: bool) -> pl.DataFrame:
    """What earlier usages of the agreements put on the counters of these: rules_counters.summed.

    With `is_apart` only what was charged at the same tariff.
    """
    earlier = queries_usages.earlier(asked=asked)
    own = asked.select("restarts_on", "tariff_id", counting_id="usage_id")
    earlier = earlier.join(own, on="counting_id")
    if is_apart:
        parts = queries_usages.parts_of(usage_ids=earlier["usage_id"].unique().to_list())
        earlier = rules_parts.of_own_tariff(earlier, parts=parts)
    earlier = _with_version(earlier, versions, day=LAST_DAY, name="tariff_version_id")
    return rules_counters.summed(earlier, book=_book(earlier))


def _book(frame: pl.DataFrame) -> books.TariffBook:
    """The prices of the versions of these usages and of those they began in."""
    ids = frame["tariff_version_id"].drop_nulls().unique().to_list()
    return tariffs.tariff_book(version_ids=ids, since=min(frame["period_from"].unique(), default=None))


def rate_rounds(*, round_ids: Sequence[int], limits: rules.Limits) -> RatedRounds:
    """Rate the unbilled usages of rounds; those that can't or must not go out are parked with their reason.

    Rounds don't influence each other: together or one by one, each comes to the same.
    """
    usages = rules_parts.together(usage_frame(round_ids=round_ids).with_columns(code=rules.unbillable()))
    ready = usages.filter(pl.col("code").is_null()).drop("code").with_columns(tariff_version_id="version_id")
    asked, lines, refused = _rated(ready, _book(ready))
    amounts = lines.group_by("usage_id").agg(pl.col("amount_minor").sum())
    usages, ready = rules_parts.one_row(usages), rules_parts.one_row(ready)
    rated = rules_parts.one_row(asked).join(amounts, on="usage_id", how="inner")
    rated = rated.with_columns(code=rules.absurd(limits))
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
