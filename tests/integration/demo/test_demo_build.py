"""The demo company: every screen has something to show, the books prove, and a cut build is finished."""

import collections
import datetime
import json
import stat
from pathlib import Path

import pytest
from django.contrib.auth import hashers

from meterbook.domain.access import models as access
from meterbook.domain.agreements import models as agreements
from meterbook.domain.billing import models as billing
from meterbook.domain.companies import models as companies
from meterbook.domain.metering import models as metering
from meterbook.domain.payments import models as payments
from meterbook.interfaces import clock
from meterbook.interfaces.cli import demo_build, demo_past
from meterbook.reporting import ledger_proof
from tests.integration.demo import lived

TODAY = datetime.date(2026, 3, 5)
# Enough for every story of both stations.
ACCOUNTS = 30


class CutShortError(Exception):
    """The build was killed here."""


class Cut(demo_build.Told):
    """Stops a build after so many steps."""

    def __init__(self, *, after: int) -> None:
        super().__init__()
        self._left = after

    def step(self, text: str) -> None:
        self._left -= 1
        if self._left == 0:
            raise CutShortError(text)


class Quiet(demo_build.Told):
    def step(self, text: str) -> None:
        """Say nothing."""


def build(data_dir: Path, *, told: demo_build.Told) -> bool:
    return demo_build.build(accounts=ACCOUNTS, data_dir=data_dir, told=told, write_past=demo_past.here)


@pytest.mark.usefixtures("own_database")
def test_a_build_that_was_cut_short_twice_is_finished_and_proves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    for after in (3, 45):
        with pytest.raises(CutShortError):
            build(tmp_path, told=Cut(after=after))
        assert companies.Company.objects.get().ready_at is None
    for is_work_left in (True, False):
        assert build(tmp_path, told=Quiet()) is is_work_left
        figures = _figures()
        assert figures["finished rounds"] == 13 * figures["books"] + 2
        assert figures["open rounds"] == figures["books"] - 2
        assert figures["least bills of those who stayed"] == 13
        assert figures["parked"] == 0
        assert figures["payments"] > 13
        assert figures["open shifts"] == 0
    assert companies.Company.objects.get().ready_at is not None
    assert [f.check.code for f in ledger_proof.findings() if f.differences] == []
    assert {name: count for name, count in lived.counts().items() if count < lived.STATIONS} == {}


@pytest.mark.usefixtures("own_database")
def test_log_ins_are_for_the_owner_only_and_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    monkeypatch.setattr(demo_past, "here", lambda **_facts: None)
    build(tmp_path, told=Quiet())
    path = tmp_path / "logins.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    logins = json.loads(path.read_text(encoding="utf-8"))
    assert {login["role"] for login in logins} == {
        "CLERK", "READER", "SUPERVISOR", "ACCOUNTANT", "MANAGER", "ADMIN",
    }  # fmt: skip
    for login in logins:
        staff = access.Staff.objects.get(username=login["username"])
        assert hashers.check_password(login["password"], staff.password)


def _figures() -> dict[str, int]:
    rounds = metering.Round.objects.filter(kind=metering.RoundKind.REGULAR)
    first_on = agreements.SupplyAgreement.objects.earliest("from_on").from_on
    stayed = agreements.SupplyAgreement.objects.filter(from_on=first_on, until_on__isnull=True)
    bills = collections.Counter(billing.Bill.objects.values_list("agreement_id", flat=True))
    return {
        "books": metering.Book.objects.count(),
        "finished rounds": rounds.filter(state=metering.RoundState.ACCEPTED).count(),
        "open rounds": rounds.filter(state=metering.RoundState.OPEN).count(),
        "least bills of those who stayed": min(bills[agreement.pk] for agreement in stayed),
        "parked": billing.ParkedUsage.objects.count(),
        "payments": payments.Payment.objects.count(),
        "open shifts": payments.Shift.objects.filter(state=payments.ShiftState.OPEN).count(),
    }
