"""Killed in the middle of a bill run or a payment: nothing doubled, nothing half-done, nothing lost."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import psutil
import pytest

from tests.crash import installation as installations
from tests.crash import money

pytestmark = pytest.mark.crash

STATION = "111"
PERIOD = "2026-11"
BILL_RUN = ("bill-run", "--period", PERIOD, "--all", "--json")
SUM_OF_PERIOD = (
    "SELECT count(*), coalesce(sum(b.amount_minor), 0)::bigint FROM main.billing_bill b"
    " JOIN main.billing_billrun run ON run.id = b.run_id"
    " JOIN main.metering_round r ON r.id = run.round_id AND r.period = %s"
)
# The run of everything previewed, handed to the worker as the bill-run page does.
DEFER = """
from meterbook.interfaces.cli import console
with console.failures_shown():
    console.django_setup(role="job")
    from meterbook.application import company
    from meterbook.domain.access import models as access
    from meterbook.domain.billing import models as billing
    from meterbook.interfaces.jobs import tasks
    company.use_company()
    runs = billing.BillRun.objects.filter(round__period="2026-11-01", issued_at=None)
    seen = dict(runs.values_list("pk", "fingerprint"))
    tasks.defer_issues(staff_id=access.Staff.objects.get(username="accountant").pk, seen=seen)
    print(len(seen))
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[installations.Installation]:
    """A small demo company on a fixed day: some books of the month read, not yet billed."""
    data_dir = tmp_path_factory.mktemp("money") / "data"
    data_dir.mkdir()
    (data_dir / "meterbook.toml").write_text("fixed_today = 2026-11-22\n")
    made = installations.Installation(data_dir)
    try:
        made.up("--accounts", "300")
        yield made
    finally:
        made.end()


def proved(demo: installations.Installation) -> dict[str, int]:
    """Prove the ledger and return how much each check looked at: clean about nothing proves nothing."""
    said = demo.call("ledger", "prove", "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    return {check["code"]: check["looked_at"] for check in json.loads(said.stdout)["checks"]}


def bills_of_period(demo: installations.Installation) -> list[tuple[int, int]]:
    """Return how many bills the period has, and their sum in minor units."""
    return [(count, amount) for count, amount in money.rows(demo, SUM_OF_PERIOD, f"{PERIOD}-01")]


def billed(demo: installations.Installation, *words: str) -> dict[str, Any]:
    said = demo.call(*BILL_RUN, *words)
    assert said.returncode == 0, said.stderr
    answer: dict[str, Any] = json.loads(said.stdout)
    return answer


def is_back(demo: installations.Installation) -> bool:
    return bool(demo.status()["healthy"])


def test_a_bill_run_killed_in_its_middle_is_done_once(demo: installations.Installation) -> None:
    before = bills_of_period(demo)
    expected = billed(demo, "--preview")
    waiting = [run for run in expected["runs"] if run["state"] == "PREVIEWED"]
    bills = sum(run["bills"] for run in waiting)
    amount = sum(run["amount_minor"] for run in waiting)
    assert bills > 50
    # Bills and their lines written, not yet their postings; then the postings of some; nothing committed.
    for table in ("billing_billline", "ledger_ledgerentry"):
        with money.held_at(demo, table):
            run = demo.begin(*BILL_RUN, "--issue")
            installations.until(lambda: money.is_someone_waiting(demo), what=f"bill run held at {table}")
            money.kill_all(demo, psutil.Process(run.pid))
            run.wait()
        installations.until(lambda: is_back(demo), what="back by itself")
        proved(demo)
        assert bills_of_period(demo) == before
    _killed_in_the_worker(demo, runs=len(waiting))
    installations.until(lambda: bills_of_period(demo) != before, what="the worker's second try")
    after = [(before[0][0] + bills, before[0][1] + amount)]
    assert bills_of_period(demo) == after
    again = billed(demo, "--issue")
    assert all(run["is_repeat"] for run in again["runs"])
    assert bills_of_period(demo) == after
    assert proved(demo)["BILLS_ARE_POSTED"] >= after[0][0]


def _killed_in_the_worker(demo: installations.Installation, *, runs: int) -> None:
    """Hand the runs to the worker and kill everything, `up` too, while it is at them."""
    with money.held_at(demo, "ledger_ledgerentry"):
        deferred = subprocess.run(
            [sys.executable, "-c", DEFER], capture_output=True, text=True, check=False, env=demo.variables()
        )
        assert deferred.stdout.strip() == str(runs), deferred.stderr
        installations.until(lambda: money.is_someone_waiting(demo), what="worker held")
        money.kill_all(demo, psutil.Process(demo.status()["pid"]))
    demo.up()
    proved(demo)


def test_a_payment_killed_in_its_middle_is_not_there_and_can_be_taken(
    demo: installations.Installation,
) -> None:
    till = _clerk(demo)
    due = money.dues(demo, station_code=STATION)[0]
    answers: list[str | None] = []
    with money.held_at(demo, "ledger_ledgerentry"):
        paying = threading.Thread(target=lambda: answers.append(till.pay(due)))
        paying.start()
        installations.until(lambda: money.is_someone_waiting(demo), what="payment held at the ledger")
        money.kill_all(demo)
    paying.join()
    assert answers == [None]
    installations.until(lambda: is_back(demo), what="back by itself")
    assert payments_of(demo, [due]) == []
    receipt = till.pay(due)
    assert receipt is not None
    assert till.pay(due) == receipt
    assert payments_of(demo, [due]) == [(str(due.request_key), due.amount_minor)]
    proved(demo)


def test_payments_in_a_storm_of_kills_are_each_taken_once(demo: installations.Installation) -> None:
    till = _clerk(demo)
    dues = money.dues(demo, station_code=STATION)
    assert len(dues) >= 12
    acked: dict[str, str] = {}
    unknown = []
    taking = threading.Lock()
    enough = threading.Event()
    queue = iter(dues)

    def pay_on() -> None:
        while True:
            with taking:
                due = next(queue, None)
            if due is None:
                return
            receipt = till.pay(due)
            with taking:
                if receipt is None:
                    unknown.append(due)
                else:
                    acked[due.account_no] = receipt
            if len(acked) >= 3:
                enough.set()

    clerks = [threading.Thread(target=pay_on) for _number in range(4)]
    for clerk in clerks:
        clerk.start()
    assert enough.wait(timeout=installations.UP_SECONDS)
    money.kill_all(demo)
    for clerk in clerks:
        clerk.join()
    assert len(acked) >= 3
    assert unknown, "the kill must have met somebody paying, else this shows nothing"
    installations.until(lambda: is_back(demo), what="back by itself")
    kept = {key for key, _amount in payments_of(demo, dues)}
    assert {str(due.request_key) for due in dues if due.account_no in acked} <= kept, (
        "an answered one is lost"
    )
    # Everybody asks again with the same key, also those who were answered.
    again = {due.account_no: till.pay(due) for due in dues}
    assert {number: again[number] for number in acked} == acked
    assert None not in again.values()
    assert sorted(payments_of(demo, dues)) == sorted((str(due.request_key), due.amount_minor) for due in dues)
    paid = {due.account_no for due in dues}
    assert not [due for due in money.dues(demo, station_code=STATION) if due.account_no in paid]
    assert proved(demo)["PAYMENTS_ARE_POSTED"] >= len(dues)


def payments_of(demo: installations.Installation, dues: Sequence[money.Due]) -> list[tuple[str, int]]:
    """Return key and amount of every payment taken under the keys of some dues."""
    query = "SELECT request_key::text, cleared_minor FROM main.payments_payment WHERE request_key = ANY(%s)"
    found = money.rows(demo, query, [due.request_key for due in dues])
    return [(key, amount) for key, amount in found]


def _clerk(demo: installations.Installation) -> money.Till:
    logins = json.loads((demo.data_dir / "logins.json").read_text())
    login = next(login for login in logins if login["username"] == "clerk")
    till = money.Till(demo.status()["url"])
    till.log_in(username=login["username"], password=login["password"])
    return till
