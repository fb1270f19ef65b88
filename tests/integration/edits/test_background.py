"""Many rows in the background: tried by the worker, done by it, killed in the middle, taken up again."""

import os
import re
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from concurrent import futures
from html import unescape

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meterbook.application import company, edit_many
from meterbook.domain.access import models as access
from meterbook.domain.companies import models as companies
from meterbook.domain.customers import models as customers
from meterbook.domain.edits import models, queries
from tests.builders import records
from tests.integration.edits.conftest import NOW, TODAY
from tests.support import server as server_module

ROWS = edit_many.MOST_AT_ONCE + 60
PATIENCE_SECONDS = 60
WORKER = """if True:
    import contextlib
    import django
    django.setup()
    from procrastinate import exceptions
    from procrastinate.contrib.django import app
    from meterbook.interfaces.jobs import tasks
    with contextlib.suppress(exceptions.AlreadyEnqueued):
        tasks.retry_silent_jobs.defer(timestamp=0)
    with app.replace_connector(app.connector.get_worker_connector()):
        app.run_worker(wait=False)
"""


def worker(server: server_module.Server, *, database: str) -> "subprocess.Popen[bytes]":
    """The worker as a process of its own; it ends when nothing waits."""
    environment = server.environment(database=database) | {
        "METERBOOK_DATABASE_ROLE": "job",
        "DJANGO_SETTINGS_MODULE": "meterbook.config.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return subprocess.Popen([sys.executable, "-c", WORKER], env=environment)


@pytest.fixture
def browser(own_database: str) -> Client:
    """The supervisor's browser, in a company of many customers."""
    world = records.world()
    records.supplies(count=ROWS, station_id=world.station_a, tariff_id=records.tariff())
    company.use_schema("public")
    companies.Company.objects.update(ready_at=timezone.now())
    company.use_schema("main")
    staff = records.staff(role="SUPERVISOR", unit_id=world.station_a)
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def _ask(browser: Client) -> int:
    ids = customers.Customer.objects.order_by("id").values_list("pk", flat=True)
    sent = {
        "act": "CUSTOMER_TAG",
        "ids": ",".join(str(key) for key in ids),
        "what": "老旧小区",
        "to": "1",
        "reason": "整改",
        "request_key": str(uuid.uuid4()),
    }
    answer = browser.post(reverse("many_ask", args=["customer_records"]), sent)
    found = re.search(r"/many/(\d+)/", answer.headers["location"])
    assert found
    return int(found[1])


def _page(browser: Client, edit_id: int) -> str:
    return unescape(browser.get(reverse("many_edit", args=[edit_id])).content.decode())


def _done() -> int:
    return models.BulkEditRow.objects.filter(outcome=models.RowOutcome.DONE).count()


def _fall_silent() -> None:
    """As if the killed worker's last sign of life were long ago."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE public.procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")


def test_a_killed_worker_leaves_whole_rows_and_the_next_one_does_the_rest_once(
    browser: Client, own_database: str, postgres_server: server_module.Server
) -> None:
    edit_id = _ask(browser)
    assert queries.edit(edit_id=edit_id).state is models.EditState.LOOKING
    assert "It goes on in the background" in _page(browser, edit_id)
    assert worker(postgres_server, database=own_database).wait() == 0
    edit = queries.edit(edit_id=edit_id)
    assert edit.state is models.EditState.SEEN
    assert queries.counts(edit_id=edit_id).changes == ROWS
    assert not customers.CustomerTag.objects.exists()
    answer = browser.post(reverse("many_apply", args=[edit_id]), {"fingerprint": edit.fingerprint})
    assert answer.status_code == 303
    assert _done() == 0, "many rows are the worker's"
    killed = worker(postgres_server, database=own_database)
    until = time.monotonic() + PATIENCE_SECONDS
    while _done() < 5 and time.monotonic() < until:
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    left = ROWS - _done()
    assert 0 < left < ROWS, "killed in the middle"
    assert customers.CustomerTag.objects.count() == ROWS - left, "a row's act and its result are one"
    assert " %</b>" in _page(browser, edit_id)
    _fall_silent()
    assert worker(postgres_server, database=own_database).wait() == 0
    assert queries.edit(edit_id=edit_id).state is models.EditState.APPLIED
    assert queries.counts(edit_id=edit_id).done == ROWS
    acts = access.AuditEntry.objects.filter(after__edit=edit_id, act="CUSTOMER_TAGGED")
    assert set(Counter(acts.values_list("subject_id", flat=True)).values()) == {1}
    assert acts.count() == ROWS


def test_two_workers_at_once_do_every_row_once(own_database: str) -> None:
    """One was thought dead and was only slow."""
    world = records.world()
    supplies = records.supplies(count=40, station_id=world.station_a, tariff_id=records.tariff())
    person = records.actor(role="SUPERVISOR", unit_id=world.station_a)
    edit_id = edit_many.ask_for_all(
        actor=person,
        question=edit_many.Question(
            request_key=uuid.uuid4(),
            subject=models.Subject.CUSTOMER,
            act="REMARK",
            reason="整改",
            on=TODAY,
        ),
        about="",
        value="注意",
        subject_ids=[supply.customer_id for supply in supplies],
        now=NOW,
    )
    edit_many.look(actor=person, edit_id=edit_id, today=TODAY, clock=lambda: NOW)
    seen = queries.edit(edit_id=edit_id).fingerprint
    edit_many.start(actor=person, edit_id=edit_id, fingerprint=seen, now=NOW, defer=lambda: None)
    together = threading.Barrier(2)

    def work() -> None:
        company.use_schema("main")
        together.wait()
        edit_many.apply(actor=person, edit_id=edit_id, today=TODAY, clock=lambda: NOW)
        connections.close_all()

    with futures.ThreadPoolExecutor(2) as pool:
        for made in [pool.submit(work) for _ in range(2)]:
            made.result()
    assert queries.counts(edit_id=edit_id).done == len(supplies)
    acts = access.AuditEntry.objects.filter(after__edit=edit_id)
    assert acts.count() == len(supplies)
    assert queries.edit(edit_id=edit_id).state is models.EditState.APPLIED
