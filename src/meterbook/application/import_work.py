"""Use case: check, import, compare customers' files in the background, seen by all who may, and called off.

Progress is written over a connection of its own, so that it is seen while the import's transaction is open
and stays when that is taken back. Work whose worker was killed is begun again: nothing of it was kept.
"""

import contextlib
import datetime
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import connections

from meterbook.application import (
    company,
    import_comparison,
    import_customers,
    progress,
    spreadsheets,
    transaction,
)
from meterbook.application.actor import Actor, NotAllowedError
from meterbook.domain.imports import models, operations, operations_work, queries, rules

Act = models.WorkAct
State = models.WorkState
Moment = Callable[[], datetime.datetime]
# Puts the job for a file into the queue, on the caller's transaction.
Defer = Callable[[int], None]

# What is answered at once instead of in the background: files of about 500 rows.
AT_ONCE_BYTES = 40_000
AT_ONCE_ROWS = 500
# A check ends where writing would begin; its bar goes to the end all the same.
_CHECKS_PERCENT = 55


class CalledOffError(Exception):
    """Somebody called the work off; its transaction is to be taken back."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that is kept. `is_repeat`: these very bytes were imported before; nothing is done now."""

    import_id: int
    is_repeat: bool


def upload(*, actor: Actor, name: str, content: bytes, now: datetime.datetime, defer: Defer) -> Uploaded:
    """Keep a file and ask for its check. Raises FileRefusedError for what its outside already gives away."""
    actor.require(import_customers.RIGHT)
    spreadsheets.require_harmless(content=content)
    before = import_customers.applied_before(actor=actor, content=content)
    if before is not None:
        return Uploaded(import_id=before.import_id, is_repeat=True)
    with transaction.writing(actor=actor):
        import_id = operations.keep_unread(
            upload=operations.Upload(
                station_id=actor.home_unit_id,
                kind=import_customers.KIND,
                name=name,
                content=content,
                at=now,
                staff_id=actor.staff_id,
            )
        )
        _ask(actor, import_id=import_id, act=Act.CHECK, now=now, defer=defer)
    return Uploaded(import_id=import_id, is_repeat=False)


def ask(*, actor: Actor, import_id: int, act: Act, now: datetime.datetime, defer: Defer) -> None:
    """Ask for work on a kept file. While some waits or runs, nothing is asked. Raises ImportUnknownError."""
    actor.require(import_customers.RIGHT)
    with transaction.writing(actor=actor):
        _ask(actor, import_id=import_id, act=act, now=now, defer=defer)


def call_off(*, actor: Actor, import_id: int, now: datetime.datetime) -> bool:
    """Call work off; False when it has ended already."""
    actor.require(import_customers.RIGHT)
    with transaction.writing(actor=actor):
        return operations_work.call_off(import_id=import_id, at=now)


def work(*, actor: Actor, import_id: int, now: Moment, today: datetime.date, defer: Defer) -> None:
    """Do what was asked for with a file, to its end; nothing when it is done or was called off.

    After an import the comparison with the books is asked for: it shows them as they stood then.
    """
    with _channel(actor=actor, import_id=import_id, now=now) as channel:
        act = channel.begin()
        if act is None:
            return
        ended, refused, fact = State.REFUSED, rules.Refused.BROKEN, ""
        is_written = False
        try:
            is_written = _do(act, actor=actor, import_id=import_id, now=now, today=today, tell=channel.tell)
            ended = State.DONE
        except CalledOffError:
            ended = State.CANCELLED
        except spreadsheets.FileRefusedError as error:
            refused, fact = rules.Refused.FILE, f"{error.code.value}:{error.fact}"
        except import_customers.ImportConflictError as error:
            refused, fact = rules.Refused.CONFLICT, error.constraint
        except NotAllowedError as error:
            refused, fact = rules.Refused.RIGHT, error.right
        finally:
            # what nobody expected is said as well, and goes on to the log
            channel.end(state=ended, refused=refused.value if ended == State.REFUSED else "", fact=fact)
    if is_written:
        ask(actor=actor, import_id=import_id, act=Act.COMPARE, now=now(), defer=defer)


def _ask(actor: Actor, *, import_id: int, act: Act, now: datetime.datetime, defer: Defer) -> None:
    # asked before the file is locked, because running work holds that lock until it ends
    busy = queries.work_of(import_id=import_id)
    if actor.staff_id is None or (busy is not None and busy.is_active):
        return
    file = operations.lock_file(import_id=import_id)
    asked = operations_work.Asked(act=act, staff_id=actor.staff_id, at=now)
    # what is written is neither checked nor written again, but compared as often as anybody likes
    is_over = file.state == models.ImportState.APPLIED and act != Act.COMPARE
    if not is_over and operations_work.ask_for(file=file, asked=asked):
        defer(import_id)


def _do(
    act: Act,
    *,
    actor: Actor,
    import_id: int,
    now: Moment,
    today: datetime.date,
    tell: progress.Tell,
) -> bool:
    """Returns whether rows were written."""
    if act == Act.APPLY:
        done = import_customers.apply_file(
            actor=actor, import_id=import_id, now=now(), today=today, tell=tell
        )
        return done.state == models.ImportState.APPLIED and not done.is_repeat
    if act == Act.COMPARE:
        import_comparison.work_out(actor=actor, import_id=import_id, now=now, today=today, tell=tell)
        return False

    def tell_of_check(stage: progress.Stage, percent: int) -> None:
        tell(stage, min(99, percent * 100 // _CHECKS_PERCENT))

    import_customers.check_kept(actor=actor, import_id=import_id, now=now(), today=today, tell=tell_of_check)
    return False


@dataclass(frozen=True, slots=True)
class _Channel:
    """Writes of one piece of work, each in a transaction of its own in the thread of `pool`."""

    pool: ThreadPoolExecutor
    actor: Actor
    import_id: int
    now: Moment

    def begin(self) -> Act | None:
        return self.pool.submit(self._begin).result()

    def tell(self, stage: progress.Stage, percent: int) -> None:
        if not self.pool.submit(self._tell, stage, percent).result():
            raise CalledOffError

    def end(self, *, state: State, refused: str, fact: str) -> None:
        self.pool.submit(self._end, state, refused, fact).result()

    def _begin(self) -> Act | None:
        with transaction.writing(actor=self.actor):
            return operations_work.begin(import_id=self.import_id, at=self.now())

    def _tell(self, stage: progress.Stage, percent: int) -> bool:
        with transaction.writing(actor=self.actor):
            return operations_work.tell(
                import_id=self.import_id, stage=stage.value, percent=percent, at=self.now()
            )

    def _end(self, state: State, refused: str, fact: str) -> None:
        with transaction.writing(actor=self.actor):
            operations_work.end(
                import_id=self.import_id, state=state, refused=refused, fact=fact, at=self.now()
            )


@contextlib.contextmanager
def _channel(*, actor: Actor, import_id: int, now: Moment) -> Iterator[_Channel]:
    schema = company.current_schema()
    with ThreadPoolExecutor(max_workers=1, initializer=company.use_schema, initargs=(schema,)) as pool:
        try:
            yield _Channel(pool=pool, actor=actor, import_id=import_id, now=now)
        finally:
            pool.submit(connections.close_all).result()
