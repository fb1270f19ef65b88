"""Writes of billing. Clearing first: how a payment closes bills and how its reversal opens them again.

Then the run: preview, issue, and what had been parked.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
from django.db import connection

from meterbook.domain.billing import bulk, models, postings, rules
from meterbook.domain.ledger import bulk as ledger
from meterbook.domain.ledger import rules as ledger_rules
from meterbook.domain.tariffs import queries as tariffs

# One round trip, because a clerk and a queue wait for it.
CLEAR = """
WITH share AS (
    SELECT * FROM unnest(%(bill_ids)s::bigint[], %(amounts)s::bigint[]) AS s (bill_id, amount_minor)
), lowered AS (
    UPDATE billing_receivable r SET open_minor = r.open_minor - share.amount_minor
    FROM share
    WHERE r.bill_id = share.bill_id AND r.open_minor - share.amount_minor BETWEEN 0 AND r.amount_minor
    RETURNING r.bill_id, r.station_id, share.amount_minor
)
INSERT INTO billing_clearing (bill_id, payment_id, station_id, amount_minor)
SELECT bill_id, %(payment_id)s, station_id, amount_minor FROM lowered ORDER BY bill_id
RETURNING bill_id
"""


@dataclass(frozen=True, slots=True)
class OpenBill:
    """What is open on a bill right now, minor units; held by a row lock until the transaction ends."""

    bill_id: int
    station_id: int
    due_on: date
    amount_minor: int
    open_minor: int


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a payment that goes to one bill, minor units, above zero."""

    bill_id: int
    amount_minor: int


class BillNotOpenError(Exception):
    """A share is larger than what is open on its bill. The bill changed, or was not locked first."""

    def __init__(self, *, bill_ids: Sequence[int]) -> None:
        super().__init__(f"bills {list(bill_ids)} are not open by that much")
        self.bill_ids = tuple(bill_ids)


def lock_bills(*, account_id: int, bill_ids: Sequence[int]) -> tuple[OpenBill, ...]:
    """Lock the receivables of an account's bills, always in the order of their ids, and tell what is open.

    Bills of other accounts, unknown ones and those out of the actor's scope are left out: the caller
    compares the ids. Fully paid ones come with `open_minor` 0.
    """
    rows = (
        models.Receivable.objects.select_for_update()
        .filter(account_id=account_id, bill_id__in=list(bill_ids))
        .order_by("bill_id")
        .values_list("bill_id", "station_id", "due_on", "amount_minor", "open_minor")
    )
    return tuple(OpenBill(*row) for row in rows)


def clear_bills(*, payment_id: int, shares: Sequence[Share]) -> int:
    """Match a payment to bills and lower what is open on them. Returns the sum cleared, minor units.

    Raises BillNotOpenError when a share exceeds what is open on its bill (nothing is then to be kept:
    the caller's transaction must end). A bill appears in one share only.
    """
    if not shares:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            CLEAR,
            {
                "payment_id": payment_id,
                "bill_ids": [share.bill_id for share in shares],
                "amounts": [share.amount_minor for share in shares],
            },
        )
        cleared = {row[0] for row in cursor.fetchall()}
    refused = [share.bill_id for share in shares if share.bill_id not in cleared]
    if refused:
        raise BillNotOpenError(bill_ids=refused)
    return sum(share.amount_minor for share in shares)


def unclear_bills(*, payment_id: int, reversed_payment_id: int) -> int:
    """Mirror the clearings of `reversed_payment_id` for its reversal `payment_id`; the bills are open again.

    Returns the sum opened again, minor units (0 when the payment cleared nothing).
    """
    cleared = tuple(
        Share(bill_id=bill_id, amount_minor=amount_minor)
        for bill_id, amount_minor in models.Clearing.objects.filter(payment_id=reversed_payment_id)
        .order_by("bill_id")
        .values_list("bill_id", "amount_minor")
    )
    mirrored = [Share(bill_id=share.bill_id, amount_minor=-share.amount_minor) for share in cleared]
    clear_bills(payment_id=payment_id, shares=mirrored)
    return sum(share.amount_minor for share in cleared)


class RoundNotAcceptedError(Exception):
    """The book's readings are not accepted yet; there is nothing to bill."""

    def __init__(self, *, round_id: int) -> None:
        super().__init__(f"round {round_id} is not accepted")
        self.round_id = round_id


class RunIssuedError(Exception):
    """The run is issued; a preview can't change it."""

    def __init__(self, *, run_id: int) -> None:
        super().__init__(f"run {run_id} is issued")
        self.run_id = run_id


class RunUnknownError(LookupError):
    """There is no such run, or it is out of the actor's scope."""

    def __init__(self, *, run_id: int) -> None:
        super().__init__(f"no run {run_id}")
        self.run_id = run_id


class PreviewStaleError(Exception):
    """What would be issued is not what was previewed: look at a new preview first."""

    def __init__(self, *, run_id: int) -> None:
        super().__init__(f"run {run_id} differs from its preview")
        self.run_id = run_id


def preview_runs(
    *,
    rounds: Sequence[bulk.LockedRound],
    dates: rules.Dates,
    previewed_at: datetime,
    limits: rules.Limits = rules.STANDARD_LIMITS,
) -> dict[int, rules.RunResult]:
    """Rate accepted rounds and keep totals, parked usages and the fingerprint of what issuing would write.

    Round -> result; each comes to the same in whatever company. May be repeated until a run is issued.
    Raises RoundNotAcceptedError, RunIssuedError: then none is kept.
    """
    for locked in rounds:
        if not locked.is_accepted:
            raise RoundNotAcceptedError(round_id=locked.round_id)
    stations = {locked.round_id: locked.station_id for locked in rounds}
    known = models.BillRun.objects.select_for_update().filter(round_id__in=stations).order_by("pk")
    for run in known:
        if run.state == models.RunState.ISSUED:
            raise RunIssuedError(run_id=run.pk)
    rated = bulk.rate_rounds(round_ids=list(stations), limits=limits)
    totals = _totals(rated, round_ids=stations)
    marks = _fingerprints(rated, dates=dict.fromkeys(stations, dates))
    runs = models.BillRun.objects.bulk_create(
        (
            models.BillRun(
                round_id=round_id,
                station_id=station_id,
                issue_on=dates.issue_on,
                due_on=dates.due_on,
                fingerprint=marks[round_id],
                previewed_at=previewed_at,
                **dataclasses.asdict(totals[round_id]),
            )
            for round_id, station_id in stations.items()
        ),
        update_conflicts=True,
        unique_fields=["round"],
        update_fields=["issue_on", "due_on", "fingerprint", "previewed_at", *rules.RunTotals.__slots__],
    )
    _park({run.round_id: run.pk for run in runs}, parked=rated.parked)
    return {
        run.round_id: rules.RunResult(
            run_id=run.pk,
            round_id=run.round_id,
            totals=totals[run.round_id],
            fingerprint=run.fingerprint,
        )
        for run in runs
    }


def issue_runs(
    *,
    seen: Mapping[int, str | None],
    issued_at: datetime,
    issued_by_id: int | None,
    limits: rules.Limits = rules.STANDARD_LIMITS,
) -> dict[int, rules.RunResult | PreviewStaleError]:
    """Issue previewed runs: bills, lines, receivables, journals. Once; a repeat gives the first result.

    `seen` gives for each run the fingerprint the person looked at, or None. The caller holds the rounds'
    locks. A run that rating again gives anything else than its preview for is left alone and comes back
    as PreviewStaleError; the others go out. Raises RunUnknownError.
    """
    runs = lock_runs(run_ids=list(seen))
    results: dict[int, rules.RunResult | PreviewStaleError] = {}
    waiting = {}
    for run in runs:
        if run.state == models.RunState.ISSUED:
            results[run.pk] = _result_of(run, is_repeat=True)
        elif seen[run.pk] not in (None, run.fingerprint):
            results[run.pk] = PreviewStaleError(run_id=run.pk)
        else:
            waiting[run.round_id] = run
    if not waiting:
        return results
    rated = bulk.rate_rounds(round_ids=list(waiting), limits=limits)
    dates = {round_id: rules.Dates(run.issue_on, run.due_on) for round_id, run in waiting.items()}
    found = _fingerprints(rated, dates=dates)
    good = {round_id: run for round_id, run in waiting.items() if found[round_id] == run.fingerprint}
    if good:
        goes_out = rated.only(list(good))
        _write(goes_out, runs=good, dates=dates, issued_at=issued_at)
        models.BillRun.objects.filter(pk__in=[run.pk for run in good.values()]).update(
            state=models.RunState.ISSUED, issued_at=issued_at, issued_by_id=issued_by_id
        )
    for round_id, run in waiting.items():
        results[run.pk] = _result_of(run) if round_id in good else PreviewStaleError(run_id=run.pk)
    return results


def issue_rest(
    *, run_id: int, dates: rules.Dates, issued_at: datetime, limits: rules.Limits = rules.STANDARD_LIMITS
) -> rules.RunTotals:
    """Bill what an issued run had parked and can be billed by now; returns what was added.

    The caller holds the round's lock. What still can't be billed stays parked, with its reason of today.
    Raises RunUnknownError when there is no such issued run.
    """
    (run,) = lock_runs(run_ids=[run_id])
    if run.state != models.RunState.ISSUED:
        raise RunUnknownError(run_id=run_id)
    rated = bulk.rate_rounds(round_ids=[run.round_id], limits=limits)
    added = _totals(rated, round_ids=[run.round_id])[run.round_id]
    _write(rated, runs={run.round_id: run}, dates={run.round_id: dates}, issued_at=issued_at)
    _park({run.round_id: run.pk}, parked=rated.parked)
    run.bill_count += added.bill_count
    run.parked_count = added.parked_count
    run.quantity_milli += added.quantity_milli
    run.amount_minor += added.amount_minor
    run.save(update_fields=list(rules.RunTotals.__slots__))
    return added


def rounds_of_runs(*, run_ids: Sequence[int]) -> list[int]:
    """The rounds that runs bill, so that they can be locked first; RunUnknownError when one isn't there."""
    found = dict(models.BillRun.objects.filter(pk__in=run_ids).values_list("pk", "round_id"))
    if missing := set(run_ids) - found.keys():
        raise RunUnknownError(run_id=min(missing))
    return list(found.values())


def lock_runs(*, run_ids: Sequence[int]) -> list[models.BillRun]:
    """The runs, locked by id; RunUnknownError when one is not there or out of scope."""
    runs = list(models.BillRun.objects.select_for_update().filter(pk__in=run_ids).order_by("pk"))
    if missing := set(run_ids) - {run.pk for run in runs}:
        raise RunUnknownError(run_id=min(missing))
    return runs


@dataclass(frozen=True, slots=True)
class Released:
    """Where a released usage belongs."""

    run_id: int
    station_id: int


def release_parked(
    *, usage_id: int, released_at: datetime, released_by_id: int | None, reason: str
) -> Released:
    """Let a usage go out that is held for its size only. LookupError when it isn't held so."""
    held = [rules.ParkCode.FAR_ABOVE_HISTORY, rules.ParkCode.LARGE_FIRST_BILL]
    parked = models.ParkedUsage.objects.filter(usage_id=usage_id, code__in=held, released_at__isnull=True)
    found = parked.values_list("run_id", "station_id").first()
    if found is None:
        raise LookupError(f"usage {usage_id} is not held for its size")
    parked.update(released_at=released_at, released_by_id=released_by_id, release_reason=reason)
    return Released(*found)


def _write(
    rated: bulk.RatedRounds,
    *,
    runs: Mapping[int, models.BillRun],
    dates: Mapping[int, rules.Dates],
    issued_at: datetime,
) -> None:
    """Bills and their journals, then the set-wise checks, all in the caller's transaction."""
    if rated.bills.is_empty():
        return
    rows = [
        (round_id, run.pk, dates[round_id].issue_on, dates[round_id].due_on) for round_id, run in runs.items()
    ]
    into = pl.DataFrame(rows, schema=bulk.RUNS, orient="row")
    bills, lines = bulk.write_bills(rated=rated, runs=into)
    version_ids = lines["tariff_version_id"].unique().to_list()
    revenue = postings.revenue_frame(tariffs.revenue_codes(version_ids=version_ids))
    payable = bills.filter(pl.col("amount_minor") != 0)
    journals = payable.select(
        pl.lit(ledger_rules.JournalKind.BILL.value, dtype=pl.Int16).alias("kind"),
        pl.col("id").alias("source_id"),
        "station_id",
        pl.col("issued_on").alias("posted_on"),
        pl.lit(issued_at).cast(pl.Datetime("us", "UTC")).alias("recorded_at"),
        pl.lit(None, dtype=pl.Int64).alias("reverses_id"),
    )
    is_payable = payable.height == bills.height
    owed_lines = lines if is_payable else lines.join(payable, left_on="bill_id", right_on="id", how="semi")
    ledger.post(journals=journals, sides=postings.sides(bills=payable, lines=owed_lines, revenue=revenue))
    bulk.check_bills(bills=bills, lines=lines)


def _totals(rated: bulk.RatedRounds, *, round_ids: Iterable[int]) -> dict[int, rules.RunTotals]:
    """Round -> what it comes to; a round without usages comes to nothing."""
    bills = rated.bills.group_by("round_id").agg(
        pl.len(), pl.col("quantity_milli").sum(), pl.col("amount_minor").sum()
    )
    by_round = {row[0]: row[1:] for row in bills.iter_rows()}
    parked = dict(rated.parked.group_by("round_id").len().iter_rows())
    totals = {}
    for round_id in round_ids:
        count, quantity_milli, amount_minor = by_round.get(round_id, (0, 0, 0))
        totals[round_id] = rules.RunTotals(count, parked.get(round_id, 0), quantity_milli, amount_minor)
    return totals


def _fingerprints(rated: bulk.RatedRounds, *, dates: Mapping[int, rules.Dates]) -> dict[int, str]:
    lines = rated.lines.join(rated.bills.select("usage_id", "round_id"), on="usage_id", how="inner")
    heads = {round_id: str(both) for round_id, both in dates.items()}
    return rules.fingerprints(lines=lines, parked=rated.parked, heads=heads)


def _result_of(run: models.BillRun, *, is_repeat: bool = False) -> rules.RunResult:
    totals = rules.RunTotals(
        bill_count=run.bill_count,
        parked_count=run.parked_count,
        quantity_milli=run.quantity_milli,
        amount_minor=run.amount_minor,
    )
    return rules.RunResult(
        run_id=run.pk,
        round_id=run.round_id,
        totals=totals,
        fingerprint=run.fingerprint,
        is_repeat=is_repeat,
    )


def _park(runs: Mapping[int, int], *, parked: pl.DataFrame) -> None:
    """Keep exactly today's parked usages of the rounds (round -> run), and the releases already given."""
    rows = [
        models.ParkedUsage(
            run_id=runs[row["round_id"]],
            usage_id=row["usage_id"],
            station_id=row["station_id"],
            code=row["code"],
            facts={name: row[name] for name in rules.PARKED_FACTS},
        )
        for row in parked.iter_rows(named=True)
    ]
    unreleased = models.ParkedUsage.objects.filter(run_id__in=list(runs.values()), released_at__isnull=True)
    unreleased.exclude(usage_id__in=[row.usage_id for row in rows]).delete()
    models.ParkedUsage.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["usage_id"], update_fields=["code", "facts"]
    )
