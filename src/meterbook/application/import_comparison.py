"""Use case: lay the books beside the file they came from, and keep what was found with its moment.

Worked out in the background, because reading a large file takes its time; the page shows what is kept. What
was read, billed or paid later changes nothing of it: a later look is asked for and kept beside it.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from meterbook.application import check_customers, import_customers, progress, transaction
from meterbook.application.actor import Actor
from meterbook.domain.imports import operations, queries
from meterbook.reporting import migration_audit, migration_kept


@dataclass(frozen=True, slots=True)
class Comparison:
    """A kept comparison: when and by whom it was worked out (None: by the machine), and what it found."""

    comparison_id: int
    taken_at: datetime.datetime
    taken_by: str | None
    shown: migration_kept.Shown


def work_out(
    *,
    actor: Actor,
    import_id: int,
    now: Callable[[], datetime.datetime],
    today: datetime.date,
    tell: progress.Tell = progress.nobody,
) -> int:
    """Compare a kept file with the books at the actor's stations and keep the outcome; returns its id.

    Raises ImportUnknownError, FileRefusedError.
    """
    sheet = import_customers.kept_sheet(actor=actor, import_id=import_id, tell=tell)
    row_count = len(sheet.rows)
    tell(progress.Stage.CHECKING, 50)
    with transaction.reading(actor=actor):
        old = check_customers.old_balances(sheet=sheet, actor=actor, today=today)
        stations = {unit.code: unit.unit_id for unit in check_customers.stations_of(actor=actor)}
    del sheet
    tell(progress.Stage.COMPARING, 75)
    with transaction.reading(actor=actor):
        taken_at = now()
        audit = migration_audit.compare(old=old, today=today)
    comparison = migration_kept.packed(audit=audit, left_out=row_count - old.height)
    tell(progress.Stage.COMPARING, 95)
    with transaction.writing(actor=actor):
        return operations.keep_comparison(
            file=operations.lock_file(import_id=import_id),
            comparison=comparison,
            station_ids=[stations[code] for code in old["station"].unique()],
            at=taken_at,
            staff_id=actor.staff_id,
        )


def latest(*, actor: Actor, import_id: int) -> Comparison | None:
    """The latest comparison with nothing in it the actor may not see, or None. Needs a transaction."""
    actor.require(import_customers.RIGHT)
    kept = queries.latest_comparison(
        import_id=import_id, station_ids=None if actor.is_system else actor.unit_ids
    )
    if kept is None:
        return None
    return Comparison(
        comparison_id=kept.comparison_id,
        taken_at=kept.taken_at,
        taken_by=kept.taken_by,
        shown=migration_kept.shown(figures=kept.figures),
    )


def whole(*, comparison: Comparison) -> migration_audit.Audit:
    """All of a comparison `latest` gave, for its workbook. Needs a transaction."""
    return migration_kept.whole(kept=queries.whole_comparison(comparison_id=comparison.comparison_id))
