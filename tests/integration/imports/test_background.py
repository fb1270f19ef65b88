"""Files checked and imported in the background: seen on the way, called off, begun again, never twice."""

import datetime
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import translation

from meterbook.application import actor as actors
from meterbook.application import import_customers, import_work, progress
from meterbook.domain.access import models as access
from meterbook.domain.agreements import models as agreements
from meterbook.domain.imports import models, queries, rules
from meterbook.interfaces import import_words
from meterbook.interfaces.jobs import tasks
from tests.builders import records
from tests.integration.imports import workbooks
from tests.support import server as server_module

TODAY = datetime.date(2026, 1, 15)
State = models.WorkState
pytestmark = pytest.mark.usefixtures("own_database", "_founded")


@pytest.fixture
def _founded(own_database: str) -> None:
    records.world()
    records.tariff()


def person() -> actors.Actor:
    return records.actor(role="SUPERVISOR", unit_id=records.world().station_a)


def workbook(rows: int) -> bytes:
    return workbooks.workbook([workbooks.row(n, community=f"新城{n // 200}里") for n in range(rows)])


def uploaded(*, by: actors.Actor, content: bytes, asked: list[int]) -> int:
    kept = import_work.upload(
        actor=by, name="客户.xlsx", content=content, now=records.NOW, defer=asked.append
    )
    return kept.import_id


def work(
    *, by: actors.Actor, import_id: int, defer: Callable[[int], None] | None = None
) -> queries.WorkEntry:
    """Do what was asked for, in this process, and what that asks for itself; how it stands then."""
    asked: list[int] = []
    import_work.work(
        actor=by, import_id=import_id, now=lambda: records.NOW, today=TODAY, defer=defer or asked.append
    )
    if asked:
        return work(by=by, import_id=import_id)
    entry = queries.work_of(import_id=import_id)
    assert entry is not None
    return entry


def ask(act: import_work.Act, *, by: actors.Actor, import_id: int) -> list[int]:
    asked: list[int] = []
    import_work.ask(actor=by, import_id=import_id, act=act, now=records.NOW, defer=asked.append)
    return asked


def state_of(import_id: int) -> models.ImportState:
    entry = queries.import_entry(import_id=import_id)
    assert entry is not None
    return models.ImportState(entry.state)


def test_a_file_is_kept_then_checked_then_imported_and_each_job_is_asked_for_once() -> None:
    by, asked = person(), list[int]()
    content = workbook(20)
    import_id = uploaded(by=by, content=content, asked=asked)
    assert (state_of(import_id), asked) == (models.ImportState.UPLOADED, [import_id])
    assert uploaded(by=by, content=content, asked=asked) == import_id
    assert asked == [import_id]
    assert work(by=by, import_id=import_id).state == State.DONE
    assert state_of(import_id) == models.ImportState.CHECKED
    assert agreements.Account.objects.count() == 0
    assert ask(import_work.Act.APPLY, by=by, import_id=import_id) == [import_id]
    assert ask(import_work.Act.APPLY, by=by, import_id=import_id) == []
    for _taken_again in range(2):
        assert work(by=by, import_id=import_id).percent == 100
    assert state_of(import_id) == models.ImportState.APPLIED
    assert agreements.Account.objects.count() == 20
    audit = access.AuditEntry.objects.get(act="CUSTOMERS_IMPORTED")
    assert (audit.actor_id, audit.is_system) == (by.staff_id, False)
    assert import_work.upload(
        actor=by, name="x", content=content, now=records.NOW, defer=asked.append
    ) == import_work.Uploaded(import_id=import_id, is_repeat=True)
    assert ask(import_work.Act.CHECK, by=by, import_id=import_id) == []


def test_how_far_it_is_can_be_seen_while_its_transaction_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    by = person()
    import_id = uploaded(by=by, content=workbook(20), asked=[])
    seen = watched(monkeypatch, import_id=import_id)
    for act, stages in (
        (import_work.Act.CHECK, {"READING", "CHECKING"}),
        (import_work.Act.APPLY, {"READING", "CHECKING", "WRITING"}),
        (import_work.Act.COMPARE, {"READING", "CHECKING", "COMPARING"}),
    ):
        ask(act, by=by, import_id=import_id)
        seen.clear()
        work(by=by, import_id=import_id, defer=lambda _import_id: None)
        percents = [percent for _stage, percent in seen]
        assert percents == sorted(percents)
        assert len(set(percents)) > 2
        assert {stage for stage, _percent in seen} == stages


def test_after_an_import_the_books_are_laid_beside_the_file_once() -> None:
    by, asked = person(), list[int]()
    import_id = uploaded(by=by, content=workbook(20), asked=[])
    work(by=by, import_id=import_id, defer=asked.append)
    assert asked == []
    ask(import_work.Act.APPLY, by=by, import_id=import_id)
    work(by=by, import_id=import_id, defer=asked.append)
    assert asked == [import_id]
    assert not models.ImportComparison.objects.exists()
    for _taken_again in range(2):
        assert work(by=by, import_id=import_id, defer=asked.append).act == models.WorkAct.COMPARE
    assert asked == [import_id]
    kept = models.ImportComparison.objects.get()
    assert (kept.file_id, kept.taken_by_id, kept.figures["differences"]) == (import_id, by.staff_id, 0)
    assert ask(import_work.Act.COMPARE, by=by, import_id=import_id) == [import_id]
    assert state_of(import_id) == models.ImportState.APPLIED


def test_a_file_that_no_longer_fits_is_not_laid_beside_the_books() -> None:
    by, asked = person(), list[int]()
    import_id = uploaded(by=by, content=workbook(20), asked=[])
    work(by=by, import_id=import_id)
    taken = workbooks.workbook([workbooks.row(5, community="新城0里", name="别人")])
    other = import_customers.check_file(actor=by, name="x", content=taken, now=records.NOW, today=TODAY)
    import_customers.apply_file(actor=by, import_id=other.import_id, now=records.NOW, today=TODAY)
    ask(import_work.Act.APPLY, by=by, import_id=import_id)
    assert work(by=by, import_id=import_id, defer=asked.append).state == State.DONE
    assert (state_of(import_id), asked) == (models.ImportState.REJECTED, [])


def watched(monkeypatch: pytest.MonkeyPatch, *, import_id: int) -> list[tuple[str, int]]:
    """What somebody else reads of the work each time it has told something."""
    seen: list[tuple[str, int]] = []
    told = import_work._Channel.tell

    def tell(channel: import_work._Channel, stage: progress.Stage, percent: int) -> None:
        told(channel, stage, percent)
        found = channel.pool.submit(queries.work_of, import_id=import_id).result()
        assert found is not None
        seen.append((found.stage, found.percent))

    monkeypatch.setattr(import_work._Channel, "tell", tell)
    return seen


@pytest.mark.parametrize("at", [progress.Stage.READING, progress.Stage.CHECKING, progress.Stage.WRITING])
def test_called_off_in_the_middle_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch, at: progress.Stage
) -> None:
    by = person()
    import_id = uploaded(by=by, content=workbook(20), asked=[])
    if at is progress.Stage.WRITING:
        work(by=by, import_id=import_id)
        ask(import_work.Act.APPLY, by=by, import_id=import_id)
    before = state_of(import_id)
    told = import_work._Channel.tell

    def tell(channel: import_work._Channel, stage: progress.Stage, percent: int) -> None:
        if stage is at:
            channel.pool.submit(import_work.call_off, actor=by, import_id=import_id, now=records.NOW).result()
        told(channel, stage, percent)

    monkeypatch.setattr(import_work._Channel, "tell", tell)
    entry = work(by=by, import_id=import_id)
    assert (entry.state, state_of(import_id)) == (State.CANCELLED, before)
    assert agreements.Account.objects.count() == 0
    monkeypatch.undo()
    assert ask(import_work.Act.APPLY, by=by, import_id=import_id) == [import_id]
    assert work(by=by, import_id=import_id).state == State.DONE
    assert agreements.Account.objects.count() == 20


def test_called_off_while_it_waits_it_is_never_begun() -> None:
    by = person()
    import_id = uploaded(by=by, content=workbook(20), asked=[])
    assert import_work.call_off(actor=by, import_id=import_id, now=records.NOW)
    assert work(by=by, import_id=import_id).state == State.CANCELLED
    assert not import_work.call_off(actor=by, import_id=import_id, now=records.NOW)
    assert state_of(import_id) == models.ImportState.UPLOADED


def test_running_work_that_nobody_is_at_any_more_can_be_called_off_and_its_worker_writes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by = person()
    import_id = uploaded(by=by, content=workbook(20), asked=[])
    work(by=by, import_id=import_id)
    ask(import_work.Act.APPLY, by=by, import_id=import_id)
    told = import_work._Channel.tell
    states: list[int] = []

    def call_off(at: datetime.datetime) -> int:
        import_work.call_off(actor=by, import_id=import_id, now=at)
        return models.ImportWork.objects.get(pk=import_id).state

    def tell(channel: import_work._Channel, stage: progress.Stage, percent: int) -> None:
        if stage is progress.Stage.WRITING:
            soon, later = records.NOW, records.NOW + rules.SILENCE * 2
            states.extend(channel.pool.submit(call_off, at).result() for at in (soon, soon, later))
        told(channel, stage, percent)

    monkeypatch.setattr(import_work._Channel, "tell", tell)
    assert work(by=by, import_id=import_id).state == State.CANCELLED
    assert states == [State.RUNNING, State.RUNNING, State.CANCELLED]
    assert agreements.Account.objects.count() == 0


def test_why_it_was_refused_is_kept_and_has_words(monkeypatch: pytest.MonkeyPatch) -> None:
    by = person()
    unread = uploaded(by=by, content=b"a,b\n\x00,c\n" * 10_000, asked=[])
    entry = work(by=by, import_id=unread)
    assert (entry.state, entry.refused, entry.fact) == (State.REFUSED, "FILE", "UNREADABLE:NUL")
    with translation.override("zh-hans"):
        assert "无法" in (import_words.ended(entry) or "")

    good = uploaded(by=by, content=workbook(20), asked=[])
    work(by=by, import_id=good)
    conflict = import_customers.ImportConflictError(constraint="meter_serial_once")
    for error, refused in ((conflict, "CONFLICT"), (actors.NotAllowedError(right="x"), "RIGHT")):
        ask(import_work.Act.APPLY, by=by, import_id=good)
        monkeypatch.setattr(import_customers, "apply_file", raising(error))
        entry = work(by=by, import_id=good)
        assert (entry.state, entry.refused) == (State.REFUSED, refused)
        assert import_words.ended(entry)
    ask(import_work.Act.APPLY, by=by, import_id=good)
    monkeypatch.setattr(import_customers, "apply_file", raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        work(by=by, import_id=good)
    broken = queries.work_of(import_id=good)
    assert broken is not None
    assert (broken.state, broken.refused) == (State.REFUSED, "BROKEN")
    assert agreements.Account.objects.count() == 0


def raising(error: Exception) -> Callable[..., None]:
    def broken(**_words: object) -> None:
        raise error

    return broken


def test_the_worker_does_it_and_one_that_was_killed_is_replaced(
    own_database: str, postgres_server: server_module.Server
) -> None:
    by = person()
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(access.Staff.objects.get(pk=by.staff_id or 0))
    content = workbook(600)
    assert len(content) > import_work.AT_ONCE_BYTES
    sent = client.post(reverse("imports"), {"file": SimpleUploadedFile("客户.xlsx", content)})
    page = str(sent["Location"])
    waiting = client.get(page).content.decode()
    assert 'hx-trigger="every 2s"' in waiting
    assert 'value="0"' in waiting
    listed = client.get(reverse("imports")).content.decode()
    assert page in listed
    assert "0%" in listed
    run_worker(postgres_server, database=own_database)
    asked = client.get(page, headers={"hx-request": "true"})
    assert asked.headers["HX-Refresh"] == "true"
    assert "每一行" not in client.get(page).content.decode()
    assert client.post(f"{page}apply").status_code == 303
    fall_silent()
    run_worker(postgres_server, database=own_database)
    assert agreements.Account.objects.count() == 600
    assert access.AuditEntry.objects.filter(act="CUSTOMERS_IMPORTED").count() == 1
    assert "600" in client.get(page).content.decode()
    # the job asked for the comparison itself, and the worker went on to it
    assert "截至" in client.get(f"{page}audit/").content.decode()
    assert models.ImportComparison.objects.get().figures["whole"]["ours"]["meters"] == 600


def fall_silent() -> None:
    """The worker took the job, began the work, and was killed."""
    models.ImportWork.objects.update(state=State.RUNNING, stage="WRITING", percent=75)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO public.procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')"
        )
        cursor.execute(
            "UPDATE public.procrastinate_jobs SET status = 'doing', attempts = 1,"
            " worker_id = (SELECT max(id) FROM public.procrastinate_workers)"
            " WHERE status = 'todo' AND task_name = %s",
            [tasks.work_on_import.name],
        )
        assert cursor.rowcount == 1


def run_worker(server: server_module.Server, *, database: str) -> None:
    """Do what waits, as the worker does, in a process of its own; the minute's upkeep first."""
    code = """if True:
        import django
        django.setup()
        from procrastinate.contrib.django import app
        from meterbook.interfaces.jobs import tasks
        tasks.retry_silent_jobs.defer(timestamp=0)
        with app.replace_connector(app.connector.get_worker_connector()):
            app.run_worker(wait=False)
    """
    environment = server.environment(database=database) | {
        "METERBOOK_DATABASE_ROLE": "job",
        "DJANGO_SETTINGS_MODULE": "meterbook.config.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
