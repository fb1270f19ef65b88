"""Fees beside supply: charged, waived, paid at the till, and proved in the books."""

import datetime
import uuid

import pytest

from meterbook.application import account_acts, account_facts, account_papers, charge_fee
from meterbook.application import actor as actors
from meterbook.domain.access import models as access
from meterbook.domain.billing import models
from meterbook.domain.billing import queries as billing
from meterbook.domain.ledger import models as books
from meterbook.domain.ledger import queries as ledger
from meterbook.domain.ledger import rules as chart
from meterbook.domain.payments import models as payments
from meterbook.reporting import bills, ledger_proof
from tests.builders import records
from tests.journeys import story
from tests.journeys.test_account_life import Town

day = datetime.date
pytestmark = pytest.mark.usefixtures("db")
ON = day(2026, 6, 16)


@pytest.fixture
def town() -> Town:
    """An account with one bill of 160.00; opening costs 50.00, certificates 5.00."""
    made = Town()
    for code, amount_minor in (("OPENING", 50_00), ("CERTIFICATE", 5_00)):
        charge_fee.set_fee_type(
            actor=records.system(),
            code=code,
            name=code,
            amount_minor=amount_minor,
            is_offered=True,
            now=story.at(ON),
        )
    return made


def charge(town: Town, *, actor: actors.Actor | None = None, **changes: object) -> charge_fee.FeeCharged:
    facts: dict[str, object] = {
        "request_key": uuid.uuid4(),
        "account_id": town.supply.account_id,
        "fee_code": "OPENING",
        "amount_minor": 50_00,
    }
    wanted = charge_fee.ChargeFee(**(facts | changes))  # type: ignore[arg-type]  # facts by name
    return charge_fee.charge(actor=actor or town.by.clerk, wanted=wanted, today=ON, now=story.at(ON))


def test_a_fee_is_a_bill_paid_at_the_till_and_proved(town: Town) -> None:
    key = uuid.uuid4()
    done = charge(town, request_key=key)
    again = charge(town, request_key=key)
    assert (again.bill_id, again.is_repeat) == (done.bill_id, True)
    assert done.bill_id is not None
    row = bills.bill(bill_id=done.bill_id, today=ON)
    assert (row.amount_minor, row.open_minor, row.due_on, row.quantity_milli) == (50_00, 50_00, ON, 0)
    fee = billing.fee_of_bill(bill_id=done.bill_id)
    assert fee is not None
    assert (fee.fee_type.code, fee.standard_minor) == ("OPENING", 50_00)
    assert bills.bill_lines(bill_id=done.bill_id) == ()

    shift_id = story.open_till(by=town.by, on=ON)
    owed = town.open_bills()
    assert sum(bill.amount_minor for bill in owed) == 210_00
    story.pay(by=town.by, account_id=town.supply.account_id, bills=owed, tendered_minor=210_00, on=ON)
    story.close_day(by=town.by, shift_id=shift_id, counted={payments.Tender.CASH: 210_00}, on=ON)
    assert bills.bill(bill_id=done.bill_id, today=ON).open_minor == 0
    proof = ledger_proof.prove()
    assert proof.is_right, [finding for finding in proof.findings if not finding.is_right]


def test_less_than_usual_is_for_who_may_waive_and_with_a_reason(town: Town) -> None:
    with pytest.raises(actors.NotAllowedError):
        charge(town, amount_minor=0, reason="困难户")
    with pytest.raises(account_acts.ReasonMissingError):
        charge(town, amount_minor=49_99, actor=town.by.supervisor)
    with pytest.raises(actors.NotAllowedError):
        charge(town, amount_minor=10_000_01)
    with pytest.raises(account_acts.ReasonMissingError):
        charge(town, amount_minor=10_000_01, actor=town.by.supervisor)
    with pytest.raises(charge_fee.FeeTypeUnknownError):
        charge(town, fee_code="NOTHING")
    with pytest.raises(actors.NotAllowedError):
        charge(town, actor=town.by.reader)
    assert models.Fee.objects.count() == 0
    waived = charge(town, amount_minor=0, reason="困难户", actor=town.by.supervisor)
    assert waived.bill_id is None
    assert models.Bill.objects.count() == 1
    kept = models.Fee.objects.get()
    assert (kept.amount_minor, kept.standard_minor, kept.reason) == (0, 50_00, "困难户")
    acts = access.AuditEntry.objects.filter(act__startswith="FEE_").order_by("id")
    assert list(acts.values_list("act", flat=True))[-1] == "FEE_WAIVED"


def test_a_certificate_with_a_fee_is_billed_once(town: Town) -> None:
    wanted = account_papers.IssueCertificate(
        request_key=uuid.uuid4(), account_id=town.supply.account_id, fee_minor=5_00
    )
    for _ in range(2):
        account_papers.issue_certificate(actor=town.by.clerk, wanted=wanted, now=story.at(ON), today=ON)
    (fee,) = models.Fee.objects.all()
    assert (fee.fee_type.code, fee.amount_minor) == ("CERTIFICATE", 5_00)
    assert models.Receivable.objects.get(bill_id=fee.bill_id or 0).open_minor == 5_00
    assert ledger_proof.prove().is_right


def test_a_fee_is_no_supply_that_a_fact_would_have_changed(town: Town) -> None:
    """After the last reading facts change forward, whatever fees were charged since."""
    charge(town)
    when = account_facts.When(agreement_id=town.supply.agreement_id, on=day(2026, 6, 1))
    changed = account_facts.change_household(
        actor=town.by.clerk, when=when, household=account_facts.Household(persons=6), now=story.at(ON)
    )
    assert (changed.is_changed, changed.bills) == (True, ())


def test_revenue_of_fees_is_other_revenue(town: Town) -> None:
    before = ledger.balance_minor(account=chart.Chart.RECEIVABLE, subject_id=town.supply.account_id)
    charge(town)
    after = ledger.balance_minor(account=chart.Chart.RECEIVABLE, subject_id=town.supply.account_id)
    assert after - before == 50_00
    entries = books.LedgerEntry.objects.filter(ledger_account_id=chart.Chart.REVENUE_OTHER.value)
    assert list(entries.values_list("amount_minor", flat=True)) == [-50_00]
