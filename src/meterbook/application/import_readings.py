"""Use case: take readings of open rounds in from a file; all of it or nothing."""

import dataclasses
import datetime
from dataclasses import dataclass
from typing import Any

import polars as pl

from meterbook.application import check_readings, enter_readings, spreadsheets, transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.imports import models, operations, queries, rules
from meterbook.domain.metering import models as metering_models
from meterbook.domain.metering import operations as metering

RIGHT = "readings.enter"
KIND = models.ImportKind.READINGS
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
    held_count: int
    is_repeat: bool


class RoundsChangedError(Exception):
    """A round was accepted, or a value refused, between the check and the writing. Nothing was written."""


def dry_run(*, actor: Actor, content: bytes, today: datetime.date) -> check_readings.CheckedReadings:
    """Check a file and keep nothing. Raises FileRefusedError when it can't be read at all."""
    actor.require(RIGHT)
    sheet = spreadsheets.read_sheet(content=content)
    with transaction.reading(actor=actor):
        return check_readings.check_readings(sheet=sheet, today=today)


def check_file(
    *, actor: Actor, name: str, content: bytes, now: datetime.datetime, today: datetime.date
) -> ImportResult:
    """Check a file and keep it with the outcome, ready to be applied. Raises FileRefusedError."""
    actor.require(RIGHT)
    sheet = spreadsheets.read_sheet(content=content)
    with transaction.writing(actor=actor):
        before = _applied_before(station_id=actor.home_unit_id, sha256=rules.fingerprint(content))
        if before is not None:
            return before
        checked = check_readings.check_readings(sheet=sheet, today=today)
        upload = operations.Upload(
            station_id=actor.home_unit_id,
            kind=KIND,
            name=name,
            content=content,
            at=now,
            staff_id=actor.staff_id,
        )
        import_id = operations.keep_file(upload=upload, outcome=_outcome(checked))
        state = State.REJECTED if checked.errors.height else State.CHECKED
        return _result(import_id, checked=checked, state=state)


def apply_file(*, actor: Actor, import_id: int, now: datetime.datetime, today: datetime.date) -> ImportResult:
    """Enter what a kept file says, once. It is checked again first, because the rounds may have changed.

    Returns state REJECTED, and enters nothing of the file, when something is wrong with it by now.
    Raises ImportUnknownError, RoundsChangedError, FileRefusedError.
    """
    actor.require(RIGHT)
    with transaction.reading(actor=actor):
        entry = queries.import_entry(import_id=import_id)
        content = queries.content_of(import_id=import_id)
    if entry is None or content is None or entry.kind != KIND:
        raise ImportUnknownError(import_id=import_id)
    sheet = spreadsheets.read_sheet(content=content)
    try:
        with transaction.writing(actor=actor):
            return _apply(sheet, actor=actor, import_id=import_id, now=now, today=today)
    except (metering.RoundAcceptedError, metering.UnknownRoundError) as changed:
        raise RoundsChangedError from changed


def _apply(
    sheet: spreadsheets.Sheet, *, actor: Actor, import_id: int, now: datetime.datetime, today: datetime.date
) -> ImportResult:
    file = operations.lock_file(import_id=import_id)
    before = _applied_before(station_id=file.station_id, sha256=file.sha256)
    if before is not None:
        return before
    checked = check_readings.check_readings(sheet=sheet, today=today)
    if checked.errors.height:
        operations.reject_file(file=file, outcome=_outcome(checked))
        return _result(import_id, checked=checked, state=State.REJECTED)
    for round_id in sorted(checked.values["round_id"].unique()):
        chosen = checked.values.filter(pl.col("round_id") == round_id)
        _enter(chosen, round_id=round_id, actor=actor, now=now, today=today)
    operations.mark_applied(file=file, at=now, summary=_outcome(checked).summary)
    access.record_act(
        actor=actor,
        at=now,
        act="READINGS_IMPORTED",
        subject_kind="IMPORT",
        subject_id=import_id,
        station_id=file.station_id,
        after={
            "file": file.name,
            "sha256": file.sha256,
            "rows": checked.row_count,
            "held": _held(checked),
        },
    )
    return _result(import_id, checked=checked, state=State.APPLIED)


def _enter(
    chosen: pl.DataFrame, *, round_id: int, actor: Actor, now: datetime.datetime, today: datetime.date
) -> None:
    """Enter the file's values of one round. Whatever is refused now undoes the whole file."""
    values = [
        metering.NewValue(entry_id=row["entry_id"], value_milli=row["value_milli"], read_on=row["read_on"])
        for row in chosen.iter_rows(named=True)
    ]
    source = metering_models.Source.FILE
    entered = metering.enter_values(
        round_id=round_id, values=values, source=source, staff_id=actor.staff_id, today=today, at=now
    )
    if entered.refusals:
        raise RoundsChangedError
    enter_readings.record_entered(actor=actor, round_id=round_id, entered=entered, source=source, now=now)


def _applied_before(*, station_id: int, sha256: str) -> ImportResult | None:
    entry = queries.applied_import(station_id=station_id, kind=KIND, sha256=sha256)
    if entry is None:
        return None
    return ImportResult(
        import_id=entry.import_id,
        state=State.APPLIED,
        row_count=entry.row_count,
        error_count=0,
        held_count=entry.summary["held"],
        is_repeat=True,
    )


def _held(checked: check_readings.CheckedReadings) -> int:
    return sum(total.held for total in checked.totals)


def _outcome(checked: check_readings.CheckedReadings) -> rules.Outcome:
    listed = checked.errors.head(rules.MOST_ERRORS)
    summary: dict[str, Any] = {
        "held": _held(checked),
        "totals": [dataclasses.asdict(total) for total in checked.totals],
    }
    return rules.Outcome(
        row_count=checked.row_count,
        error_count=checked.errors.height,
        errors=tuple(rules.RowError(**row) for row in listed.iter_rows(named=True)),
        summary=summary,
    )


def _result(import_id: int, *, checked: check_readings.CheckedReadings, state: State) -> ImportResult:
    return ImportResult(
        import_id=import_id,
        state=state,
        row_count=checked.row_count,
        error_count=checked.errors.height,
        held_count=_held(checked),
        is_repeat=False,
    )
