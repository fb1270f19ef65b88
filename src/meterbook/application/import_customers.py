"""Use case: take customers, premises, meters and agreements in from a file; all of it or nothing."""

import dataclasses
import datetime
import logging
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db import DatabaseError, IntegrityError

from meterbook.application import check_customers, progress, spreadsheets, transaction, write_supplies
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.agreements import bulk as agreements
from meterbook.domain.imports import models, operations, queries, rules

logger = logging.getLogger(__name__)

RIGHT = "customers.import"
KIND = models.ImportKind.CUSTOMERS
State = models.ImportState
ImportUnknownError = operations.ImportUnknownError
FileRefusedError = spreadsheets.FileRefusedError


@dataclass(frozen=True, slots=True)
class ImportResult:
    """Where a file stands. `is_repeat`: these very bytes were applied before and nothing was done now."""

    import_id: int
    state: State
    row_count: int
    error_count: int
    account_count: int
    unchanged_count: int
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class TemplateChoices:
    """What may be written into the template's columns of codes."""

    stations: tuple[str, ...]
    tariffs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is read: `sheet` is what stands in `content`. `tell` is told how far the work is."""

    name: str
    content: bytes
    sheet: spreadsheets.Sheet
    tell: progress.Tell = progress.nobody


class ImportConflictError(Exception):
    """The tables hold something of the file already that the dry run could not see or that came meanwhile.

    `constraint` names what was violated. Nothing was written.
    """

    def __init__(self, *, constraint: str) -> None:
        super().__init__(constraint)
        self.constraint = constraint


def template_choices(*, actor: Actor) -> TemplateChoices:
    """The codes of the actor's stations and of all tariffs."""
    actor.require(RIGHT)
    with transaction.reading(actor=actor):
        return choices_now(actor=actor)


def choices_now(*, actor: Actor) -> TemplateChoices:
    """The same inside a transaction of the caller."""
    return TemplateChoices(
        stations=tuple(unit.code for unit in check_customers.stations_of(actor=actor)),
        tariffs=tuple(agreements.agreeable_tariffs()["tariff"]),
    )


def dry_run(*, actor: Actor, content: bytes, today: datetime.date) -> check_customers.CheckedCustomers:
    """Check a file and keep nothing. Raises FileRefusedError when it can't be read at all."""
    actor.require(RIGHT)
    sheet = spreadsheets.read_sheet(content=content)
    with transaction.reading(actor=actor):
        return check_customers.check_customers(sheet=sheet, actor=actor, today=today)


def import_now(
    *, actor: Actor, file: NewFile, now: datetime.datetime, today: datetime.date, is_dry: bool = False
) -> tuple[ImportResult, check_customers.CheckedCustomers]:
    """Check a file and, unless `is_dry` or something is wrong with it, keep and write it, in one transaction.

    The rows are read and checked once. Nothing is kept of a file that is wrong. Raises ImportConflictError.
    """
    actor.require(RIGHT)
    if is_dry:
        with transaction.reading(actor=actor):
            checked = _checked(file, actor=actor, today=today)
        state = State.REJECTED if _errors(checked) else State.CHECKED
        return _result(0, checked=checked, state=state), checked
    try:
        with transaction.writing(actor=actor):
            checked = _checked(file, actor=actor, today=today)
            if _errors(checked):
                return _result(0, checked=checked, state=State.REJECTED), checked
            upload = _upload(actor, name=file.name, content=file.content, now=now)
            import_id = operations.keep_file(upload=upload, outcome=_outcome(checked))
            kept = operations.lock_file(import_id=import_id)
            _write_checked(checked, file=kept, actor=actor, now=now, today=today, tell=file.tell)
    except IntegrityError as refused:
        raise ImportConflictError(constraint=_constraint(refused)) from refused
    return _told_planner(_result(import_id, checked=checked, state=State.APPLIED)), checked


def _checked(file: NewFile, *, actor: Actor, today: datetime.date) -> check_customers.CheckedCustomers:
    return check_customers.check_customers(sheet=file.sheet, actor=actor, today=today, tell=file.tell)


def old_balances(*, actor: Actor, content: bytes, today: datetime.date) -> pl.DataFrame:
    """What the older system says in a file: check_customers.old_balances. Raises FileRefusedError."""
    actor.require(RIGHT)
    sheet = spreadsheets.read_sheet(content=content)
    with transaction.reading(actor=actor):
        return check_customers.old_balances(sheet=sheet, actor=actor, today=today)


def applied_before(*, actor: Actor, content: bytes) -> ImportResult | None:
    """What became of these very bytes, when they were applied before by somebody the actor may see."""
    actor.require(RIGHT)
    with transaction.reading(actor=actor):
        return _applied_before(sha256=rules.fingerprint(content))


def check_file(
    *, actor: Actor, name: str, content: bytes, now: datetime.datetime, today: datetime.date
) -> ImportResult:
    """Check a file and keep it with the outcome, ready to be applied. Raises FileRefusedError."""
    actor.require(RIGHT)
    sheet = spreadsheets.read_sheet(content=content)
    with transaction.writing(actor=actor):
        before = _applied_before(sha256=rules.fingerprint(content))
        if before is not None:
            return before
        checked = check_customers.check_customers(sheet=sheet, actor=actor, today=today)
        upload = _upload(actor, name=name, content=content, now=now)
        import_id = operations.keep_file(upload=upload, outcome=_outcome(checked))
        return _result(
            import_id, checked=checked, state=State.REJECTED if _errors(checked) else State.CHECKED
        )


def check_kept(
    *, actor: Actor, import_id: int, now: datetime.datetime, today: datetime.date, tell: progress.Tell
) -> ImportResult:
    """Check a file that is kept and keep the outcome with it; one that is applied stays as it is.

    Raises ImportUnknownError, FileRefusedError.
    """
    actor.require(RIGHT)
    sheet = kept_sheet(actor=actor, import_id=import_id, tell=tell)
    with transaction.reading(actor=actor):
        checked = check_customers.check_customers(sheet=sheet, actor=actor, today=today, tell=tell)
    with transaction.writing(actor=actor):
        file = operations.lock_file(import_id=import_id)
        before = _applied_before(sha256=file.sha256)
        if before is not None:
            return before
        operations.set_outcome(file=file, outcome=_outcome(checked), at=now, staff_id=actor.staff_id)
        return _result(import_id, checked=checked, state=State(file.state))


def kept_sheet(*, actor: Actor, import_id: int, tell: progress.Tell) -> spreadsheets.Sheet:
    """The table in a file that is kept. Raises ImportUnknownError, FileRefusedError."""
    actor.require(RIGHT)
    with transaction.reading(actor=actor):
        content = queries.content_of(import_id=import_id)
    if content is None:
        raise ImportUnknownError(import_id=import_id)
    tell(progress.Stage.READING, 2)
    return spreadsheets.read_sheet(content=content)


def apply_file(
    *,
    actor: Actor,
    import_id: int,
    now: datetime.datetime,
    today: datetime.date,
    tell: progress.Tell = progress.nobody,
) -> ImportResult:
    """Write what a kept file says, once. It is checked again first, because the tables may have changed.

    Returns state REJECTED, and writes nothing of the file, when something is wrong with it by now.
    Raises ImportUnknownError, ImportConflictError, FileRefusedError.
    """
    actor.require(RIGHT)
    sheet = kept_sheet(actor=actor, import_id=import_id, tell=tell)
    try:
        with transaction.writing(actor=actor):
            result = _apply(sheet, actor=actor, import_id=import_id, now=now, today=today, tell=tell)
    except IntegrityError as refused:
        raise ImportConflictError(constraint=_constraint(refused)) from refused
    return _told_planner(result)


def _told_planner(result: ImportResult) -> ImportResult:
    """After the commit of many rows the planner learns of them; the web role can't, and writes few."""
    written = result.row_count - result.unchanged_count
    if result.state == State.APPLIED and not result.is_repeat and written >= write_supplies.MANY_ROWS:
        try:
            write_supplies.refresh_statistics()
        except DatabaseError as reason:
            # the rows are written for good; the server's own autovacuum will gather what wasn't gathered now
            logger.warning("the planner was not told of import %s: %s", result.import_id, reason)
    return result


def _constraint(refused: IntegrityError) -> str:
    diagnosis = getattr(refused.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""


def _upload(actor: Actor, *, name: str, content: bytes, now: datetime.datetime) -> operations.Upload:
    return operations.Upload(
        station_id=actor.home_unit_id,
        kind=KIND,
        name=name,
        content=content,
        at=now,
        staff_id=actor.staff_id,
    )


def _apply(
    sheet: spreadsheets.Sheet,
    *,
    actor: Actor,
    import_id: int,
    now: datetime.datetime,
    today: datetime.date,
    tell: progress.Tell,
) -> ImportResult:
    file = operations.lock_file(import_id=import_id)
    before = _applied_before(sha256=file.sha256)
    if before is not None:
        return before
    checked = check_customers.check_customers(sheet=sheet, actor=actor, today=today, tell=tell)
    if _errors(checked):
        operations.reject_file(file=file, outcome=_outcome(checked))
        return _result(import_id, checked=checked, state=State.REJECTED)
    _write_checked(checked, file=file, actor=actor, now=now, today=today, tell=tell)
    return _result(import_id, checked=checked, state=State.APPLIED)


def _write_checked(
    checked: check_customers.CheckedCustomers,
    *,
    file: models.ImportFile,
    actor: Actor,
    now: datetime.datetime,
    today: datetime.date,
    tell: progress.Tell,
) -> None:
    """Write the rows that are new and say so, in the caller's transaction."""
    accounts = _write(checked, now=now, today=today, tell=tell)
    operations.mark_applied(file=file, at=now, summary={**_outcome(checked).summary, "accounts": accounts})
    access.record_act(
        actor=actor,
        at=now,
        act="CUSTOMERS_IMPORTED",
        subject_kind="IMPORT",
        subject_id=file.pk,
        station_id=file.station_id,
        after={
            "file": file.name,
            "sha256": file.sha256,
            "rows": checked.row_count,
            "accounts": accounts,
            "unchanged": checked.unchanged_count,
        },
    )


def _write(
    checked: check_customers.CheckedCustomers,
    *,
    now: datetime.datetime,
    today: datetime.date,
    tell: progress.Tell,
) -> int:
    """Write the rows that are new; returns the number of accounts."""
    if checked.supplies.is_empty():
        return 0
    written = write_supplies.write_supplies(
        supplies=checked.supplies, recorded_at=now, posted_on=today, tell=tell
    )
    return written.account_count


def _applied_before(*, sha256: str) -> ImportResult | None:
    entry = queries.applied_import(kind=KIND, sha256=sha256)
    if entry is None:
        return None
    return ImportResult(
        import_id=entry.import_id,
        state=State.APPLIED,
        row_count=entry.row_count,
        error_count=0,
        account_count=entry.summary["accounts"],
        unchanged_count=entry.summary.get("unchanged", 0),
        is_repeat=True,
    )


def _errors(checked: check_customers.CheckedCustomers) -> int:
    return checked.errors.height


def _outcome(checked: check_customers.CheckedCustomers) -> rules.Outcome:
    listed = checked.errors.head(rules.MOST_ERRORS)
    summary: dict[str, Any] = {
        "accounts": checked.account_count,
        "unchanged": checked.unchanged_count,
        "totals": [dataclasses.asdict(total) for total in checked.totals],
    }
    return rules.Outcome(
        row_count=checked.row_count,
        error_count=_errors(checked),
        errors=tuple(rules.RowError(**row) for row in listed.iter_rows(named=True)),
        summary=summary,
    )


def _result(import_id: int, *, checked: check_customers.CheckedCustomers, state: State) -> ImportResult:
    return ImportResult(
        import_id=import_id,
        state=state,
        row_count=checked.row_count,
        error_count=_errors(checked),
        account_count=checked.account_count,
        unchanged_count=checked.unchanged_count,
        is_repeat=False,
    )
