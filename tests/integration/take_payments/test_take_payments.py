"""A list of payments in one transaction gives the same facts as the till gives one by one."""

import datetime
import uuid

import pytest

from meterbook.application import take_payments
from meterbook.domain.billing import models as billing
from meterbook.domain.documents import models as documents
from meterbook.domain.ledger import models as ledger
from meterbook.domain.ledger import rules
from meterbook.domain.payments import bulk, models, operations
from meterbook.reporting import ledger_proof
from tests.builders import payments, records

pytestmark = pytest.mark.usefixtures("db")
CASH, QR = models.Tender.CASH, models.Tender.QR_MANUAL
AMOUNTS = (1_234, 5_678)
OWN = {"account_id", "shift_id", "taken_by_id", "request_key", "request_fingerprint"}


def payer(supply: records.Supply, *, key: int, tender: models.Tender = CASH) -> take_payments.Payer:
    return take_payments.Payer(
        request_key=uuid.UUID(int=key),
        account_id=supply.account_id,
        tender=tender,
        taken_at=payments.NOW + datetime.timedelta(seconds=key),
        cash_step_minor=1000,
    )


def facts(payment: models.Payment) -> dict[str, object]:
    """Everything about a payment but its numbers and keys."""
    row: dict[str, object] = {name: getattr(payment, name) for name in bulk.PAYMENTS if name not in OWN}
    journal = ledger.Journal.objects.get(kind=rules.JournalKind.PAYMENT, source_id=payment.pk)
    entries = ledger.LedgerEntry.objects.filter(journal_id=journal.pk).order_by("line_no")
    receipt = documents.Receipt.objects.get(payment_id=payment.pk)
    named = {"account_no", "customer", "address", "lines", "clerk"}
    lines = [{k: v for k, v in line.items() if k != "bill_no"} for line in receipt.content["lines"]]
    return {
        **row,
        "journal": (journal.kind, journal.station_id, journal.posted_on, journal.reverses_id),
        "entries": [(e.line_no, e.ledger_account_id, e.amount_minor) for e in entries],
        "content": {k: v for k, v in receipt.content.items() if k not in named},
        "lines": lines,
        "events": list(receipt.events.values_list("kind", "copy_no", "reason")),
        "clearings": sorted(
            billing.Clearing.objects.filter(payment_id=payment.pk).values_list("amount_minor", flat=True)
        ),
    }


def two_bills(world: records.World, tariff_id: int) -> records.Supply:
    supply = records.supply(station_id=world.station_a, tariff_id=tariff_id)
    for amount in AMOUNTS:
        payments.bill(supply=supply, amount_minor=amount)
    return supply


@pytest.mark.parametrize("tender", [CASH, QR])
def test_a_listed_payment_is_the_same_as_one_at_the_till(tender: models.Tender) -> None:
    world, tariff_id = records.world(), records.tariff()
    alone, listed = two_bills(world, tariff_id), two_bills(world, tariff_id)
    till = payments.till(station_id=world.station_a)
    due = sum(AMOUNTS)
    bills = billing.Receivable.objects.filter(account_id=alone.account_id)
    payments.take(
        till=till,
        command=payments.command(
            supply=alone,
            tendered_minor=7_000 if tender is CASH else due,
            bill_ids=tuple(bills.values_list("bill_id", flat=True)),
            tender=tender,
        ),
        now=payments.NOW,
    )
    one = payer(listed, key=0, tender=tender)
    done = take_payments.take_payments(actor=till.actor, payers=[one], now=payments.NOW)
    assert (done.payment_count, done.received_minor) == (1, due)
    first = models.Payment.objects.get(account_id=alone.account_id)
    second = models.Payment.objects.get(account_id=listed.account_id)
    assert facts(first) == facts(second)


def test_the_same_list_again_takes_nothing_and_who_owes_nothing_is_left_out() -> None:
    world, tariff_id = records.world(), records.tariff()
    till = payments.till(station_id=world.station_a)
    supplies = [two_bills(world, tariff_id) for _ in range(3)]
    nothing = records.supply(station_id=world.station_a, tariff_id=tariff_id)
    payers = [payer(s, key=n) for n, s in enumerate([*supplies, nothing])]
    first = take_payments.take_payments(actor=till.actor, payers=payers, now=payments.NOW)
    again = take_payments.take_payments(actor=till.actor, payers=payers, now=payments.NOW)
    assert (first.payment_count, again.payment_count) == (3, 0)
    assert list(documents.Receipt.objects.order_by("id").values_list("serial", flat=True)) == [1, 2, 3]
    # The builder's bills have no lines.
    wrong = {finding.check.code for finding in ledger_proof.findings() if finding.differences}
    assert wrong == {"BILLS_ARE_LINES"}


def test_without_an_open_shift_nothing_is_taken() -> None:
    world = records.world()
    clerk = records.actor(unit_id=world.station_a)
    with pytest.raises(operations.NoOpenShiftError):
        take_payments.take_payments(actor=clerk, payers=[], now=payments.NOW)
