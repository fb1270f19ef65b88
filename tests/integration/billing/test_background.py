"""Many books in the background: queued with the act, done once, taken again when a worker dies."""

import datetime
import os
import subprocess
import sys

import pytest
from django.db import connection

from meterbook.application import bill_books
from meterbook.domain.access import models as access
from meterbook.domain.billing import models
from meterbook.interfaces.jobs import tasks
from tests.builders import billing, records
from tests.support import server as server_module

DAY = datetime.date


@pytest.fixture
def books(own_database: str) -> list[int]:
    """Two read books."""
    world = records.world()
    tariff_id = records.tariff()
    rounds = []
    for book in ("0101", "0102"):
        supply = records.supply(station_id=world.station_a, tariff_id=tariff_id, book_code=book)
        usage = billing.usage(
            supply=supply, quantity=20, period_from=DAY(2026, 10, 28), period_until=DAY(2026, 11, 28)
        )
        rounds.append(usage.round_id or 0)
    return rounds


def work(server: server_module.Server, *, database: str) -> None:
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


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.procrastinate_jobs WHERE status IN ('todo', 'doing')")
        return int(cursor.fetchone()[0])


def test_books_are_previewed_and_issued_by_the_worker_for_the_person(
    books: list[int], own_database: str, postgres_server: server_module.Server
) -> None:
    person = records.actor(role="SUPERVISOR", unit_id=records.world().station_a)
    staff_id = person.staff_id or 0
    tasks.defer_previews(
        staff_id=staff_id, round_ids=books, issue_on=DAY(2026, 11, 30), due_on=DAY(2026, 12, 15)
    )
    assert waiting() == 1
    work(postgres_server, database=own_database)
    runs = dict(models.BillRun.objects.values_list("pk", "fingerprint"))
    assert len(runs) == 2
    # the same job twice: what is issued is not issued again
    for _again in range(2):
        tasks.defer_issues(staff_id=staff_id, seen=runs)
        work(postgres_server, database=own_database)
    assert models.Bill.objects.count() == 2
    assert set(models.BillRun.objects.values_list("issued_by_id", flat=True)) == {staff_id}
    acts = access.AuditEntry.objects.filter(act="BILL_RUN_ISSUED")
    assert set(acts.values_list("actor_id", "is_system")) == {(staff_id, False)}
    assert acts.count() == 2


def test_a_job_whose_worker_fell_silent_is_taken_again(
    books: list[int], own_database: str, postgres_server: server_module.Server
) -> None:
    person = records.actor(role="SUPERVISOR", unit_id=records.world().station_a)
    tasks.defer_previews(
        staff_id=person.staff_id or 0, round_ids=books, issue_on=DAY(2026, 11, 30), due_on=DAY(2026, 12, 15)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO public.procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')"
        )
        cursor.execute(
            "UPDATE public.procrastinate_jobs SET status = 'doing', attempts = 1,"
            " worker_id = (SELECT max(id) FROM public.procrastinate_workers)"
        )
    work(postgres_server, database=own_database)
    assert models.BillRun.objects.count() == 2
    assert waiting() == 0


def test_the_jobs_go_with_the_act_that_asked_for_them(books: list[int]) -> None:
    person = records.actor(role="SUPERVISOR", unit_id=records.world().station_a)

    def broken() -> None:
        tasks.defer_issues(staff_id=person.staff_id or 0, seen={1: "x"})
        raise RuntimeError

    with pytest.raises(RuntimeError):
        bill_books.start(
            actor=person,
            act="BILL_RUNS_STARTED",
            right="billing.issue",
            books=len(books),
            now=billing.ISSUED_AT,
            defer=broken,
        )
    assert waiting() == 0
    assert not access.AuditEntry.objects.filter(act="BILL_RUNS_STARTED").exists()
