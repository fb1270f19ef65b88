"""Writes of billing. Clearing first: how a payment closes bills and how its reversal opens them again.

Then the run: preview, issue, and what had been parked.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
from django.db import connection

from meterbook.domain.billing import bulk, models, postings, rules
from meterbook.domain.ledger import bulk as ledger
from meterbook.domain.ledger import rules as ledger_rules
from meterbook.domain.tariffs import queries as tariffs

# What is kept of a parked usage for the person who looks at it.
PARKED_FACTS = ("quantity_milli", "amount_minor", "history_milli", "history_days")
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


@dataclass(frozen=True, slots=True)
class RunTotals:
    """What a run comes to. Minor units, thousandths."""

    bill_count: int
    parked_count: int
    quantity_milli: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run after preview or issue. `is_repeat`: it had been issued before, nothing was done now."""

    run_id: int
    totals: RunTotals
    fingerprint: str
    is_repeat: bool = False


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


def preview_run(
    *,
    locked: bulk.LockedRound,
    issue_on: date,
    due_on: date,
    previewed_at: datetime,
    limits: rules.Limits = rules.STANDARD_LIMITS,
) -> RunResult:
    """Rate an accepted round and keep totals, parked usages and the fingerprint of what issuing would write.

    May be repeated until the run is issued. Raises RoundNotAcceptedError, RunIssuedError.
    """
    if not locked.is_accepted:
        raise RoundNotAcceptedError(round_id=locked.round_id)
    run = models.BillRun.objects.select_for_update().filter(round_id=locked.round_id).first()
    if run is not None and run.state == models.RunState.ISSUED:
        raise RunIssuedError(run_id=run.pk)
    rated = bulk.rate_round(round_id=locked.round_id, limits=limits)
    totals = _totals(rated)
    values = {
        "station_id": locked.station_id,
        "state": models.RunState.PREVIEWED,
        "issue_on": issue_on,
        "due_on": due_on,
        "fingerprint": rules.fingerprint(
            lines=rated.lines, parked=rated.parked, issue_on=issue_on, due_on=due_on
        ),
        "previewed_at": previewed_at,
        **dataclasses.asdict(totals),
    }
    run, _ = models.BillRun.objects.update_or_create(round_id=locked.round_id, defaults=values)
    _park(run, parked=rated.parked)
    return RunResult(run_id=run.pk, totals=totals, fingerprint=run.fingerprint)


def issue_run(
    *,
    run_id: int,
    issued_at: datetime,
    issued_by_id: int | None,
    seen: str | None = None,
    limits: rules.Limits = rules.STANDARD_LIMITS,
) -> RunResult:
    """Issue a previewed run: bills, lines, receivables, journals. Once; a repeat returns the first result.

    The caller holds the round's lock. `seen` is the fingerprint the person looked at, when it was one.
    Raises PreviewStaleError when rating again gives anything else than the preview, RunUnknownError.
    """
    run = lock_run(run_id=run_id)
    if run.state == models.RunState.ISSUED:
        return _result_of(run, is_repeat=True)
    if seen is not None and seen != run.fingerprint:
        raise PreviewStaleError(run_id=run.pk)
    rated = bulk.rate_round(round_id=run.round_id, limits=limits)
    found = rules.fingerprint(
        lines=rated.lines, parked=rated.parked, issue_on=run.issue_on, due_on=run.due_on
    )
    if found != run.fingerprint:
        raise PreviewStaleError(run_id=run.pk)
    _write(run, rated=rated, issue_on=run.issue_on, due_on=run.due_on, issued_at=issued_at)
    run.state, run.issued_at, run.issued_by_id = models.RunState.ISSUED, issued_at, issued_by_id
    run.save(update_fields=["state", "issued_at", "issued_by"])
    return _result_of(run)


def issue_rest(
    *,
    run_id: int,
    issue_on: date,
    due_on: date,
    issued_at: datetime,
    limits: rules.Limits = rules.STANDARD_LIMITS,
) -> RunTotals:
    """Bill what an issued run had parked and can be billed by now; returns what was added.

    The caller holds the round's lock. What still can't be billed stays parked, with its reason of today.
    """
    run = lock_run(run_id=run_id)
    if run.state != models.RunState.ISSUED:
        raise RunUnknownError(run_id=run_id)
    rated = bulk.rate_round(round_id=run.round_id, limits=limits)
    added = _totals(rated)
    _write(run, rated=rated, issue_on=issue_on, due_on=due_on, issued_at=issued_at)
    _park(run, parked=rated.parked)
    run.bill_count += added.bill_count
    run.parked_count = added.parked_count
    run.quantity_milli += added.quantity_milli
    run.amount_minor += added.amount_minor
    run.save(update_fields=["bill_count", "parked_count", "quantity_milli", "amount_minor"])
    return added


def round_of_run(*, run_id: int) -> int:
    """The round a run bills, so that it can be locked first; RunUnknownError when there is no such run."""
    round_id = models.BillRun.objects.filter(pk=run_id).values_list("round_id", flat=True).first()
    if round_id is None:
        raise RunUnknownError(run_id=run_id)
    return round_id


def lock_run(*, run_id: int) -> models.BillRun:
    """The run, locked; RunUnknownError when it is not there or out of scope."""
    run = models.BillRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise RunUnknownError(run_id=run_id)
    return run


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
    run: models.BillRun, *, rated: bulk.RatedRound, issue_on: date, due_on: date, issued_at: datetime
) -> None:
    """Bills and their journals, then the set-wise checks, all in the caller's transaction."""
    bills, lines = bulk.write_bills(rated=rated, run_id=run.pk, issue_on=issue_on, due_on=due_on)
    version_ids = lines["tariff_version_id"].unique().to_list()
    revenue = postings.revenue_frame(tariffs.revenue_codes(version_ids=version_ids))
    payable = bills.filter(pl.col("amount_minor") != 0)
    journals = payable.select(
        pl.lit(ledger_rules.JournalKind.BILL.value, dtype=pl.Int16).alias("kind"),
        pl.col("id").alias("source_id"),
        "station_id",
        pl.lit(issue_on).alias("posted_on"),
        pl.lit(issued_at).cast(pl.Datetime("us", "UTC")).alias("recorded_at"),
        pl.lit(None, dtype=pl.Int64).alias("reverses_id"),
    )
    owed_lines = lines.filter(pl.col("bill_id").is_in(payable["id"].implode()))
    ledger.post(journals=journals, sides=postings.sides(bills=payable, lines=owed_lines, revenue=revenue))
    bulk.check_bills(run_id=run.pk, bills=bills)


def _totals(rated: bulk.RatedRound) -> RunTotals:
    return RunTotals(
        bill_count=rated.bills.height,
        parked_count=rated.parked.height,
        quantity_milli=int(rated.bills["quantity_milli"].sum()),
        amount_minor=int(rated.bills["amount_minor"].sum()),
    )


def _result_of(run: models.BillRun, *, is_repeat: bool = False) -> RunResult:
    totals = RunTotals(
        bill_count=run.bill_count,
        parked_count=run.parked_count,
        quantity_milli=run.quantity_milli,
        amount_minor=run.amount_minor,
    )
    return RunResult(run_id=run.pk, totals=totals, fingerprint=run.fingerprint, is_repeat=is_repeat)


def _park(run: models.BillRun, *, parked: pl.DataFrame) -> None:
    """Keep exactly today's parked usages, and the releases already given."""
    rows = [
        models.ParkedUsage(
            run=run,
            usage_id=row["usage_id"],
            station_id=row["station_id"],
            code=row["code"],
            facts={name: row[name] for name in PARKED_FACTS},
        )
        for row in parked.iter_rows(named=True)
    ]
    unreleased = models.ParkedUsage.objects.filter(run=run, released_at__isnull=True)
    unreleased.exclude(usage_id__in=[row.usage_id for row in rows]).delete()
    models.ParkedUsage.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["usage_id"], update_fields=["code", "facts"]
    )
