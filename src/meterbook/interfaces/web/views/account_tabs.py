"""What the tabs of an account show. Each loads only its own."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import get_language

from meterbook.domain.agreements import queries as agreements
from meterbook.domain.payments import models as payment_models
from meterbook.interfaces import clock
from meterbook.interfaces.web import cells, page
from meterbook.interfaces.web.views import act_words, bill_words, links, words
from meterbook.kernel import numbering
from meterbook.reporting import account_records, timeline

_KIND_RIGHTS = {
    timeline.Happening.BILL: "billing.view",
    timeline.Happening.PAYMENT: "payments.view",
    timeline.Happening.REVERSAL: "payments.view",
    timeline.Happening.READING: "readings.view",
    # what was done, by whom and why; what was before and after is for who sees the audit trail
    timeline.Happening.ACT: "customers.view",
}


@dataclass(frozen=True, slots=True)
class SupplyLine:
    """An agreement as the page writes it."""

    supply: agreements.Supply
    utility: str
    tariff: str
    is_running: bool
    place_url: str


@dataclass(frozen=True, slots=True)
class BillLine:
    """A bill as the page writes it."""

    bill: account_records.BillRecord
    bill_no: str
    url: str
    utility: str
    unit: str | Promise
    days_overdue: int
    fee: str


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """A payment as the page writes it."""

    payment: account_records.PaymentRecord
    tender: str | Promise
    url: str


@dataclass(frozen=True, slots=True)
class ReadingLine:
    """A reading as the page writes it."""

    reading: account_records.ReadingRecord
    utility: str
    source: str | Promise


@dataclass(frozen=True, slots=True)
class EventLine:
    """One happening of the timeline as the page writes it; one of bill, payment, reading, act is there."""

    event: timeline.Event
    bill: BillLine | None = None
    payment: PaymentLine | None = None
    reading: ReadingLine | None = None
    act: act_words.ActLine | None = None


def supplies(*, account_id: int, today: datetime.date) -> list[SupplyLine]:
    """The account's agreements with meter, tariff and household size today."""
    is_chinese = (get_language() or "").startswith("zh")
    return [
        SupplyLine(
            supply=supply,
            utility=words.utility_code(supply.utility),
            tariff=supply.tariff_name_zh if is_chinese else supply.tariff_name_en,
            is_running=supply.until_on is None or supply.until_on > today,
            place_url=links.to("meter_place", supply.service_point_id),
        )
        for supply in agreements.supplies_of(account_id=account_id, on=today)
    ]


def siblings(head: agreements.AccountHead) -> list[agreements.AccountHead]:
    """The same customer's other accounts."""
    ids = agreements.account_ids_of_customers(customer_ids=[head.customer_id], most=50)
    heads = agreements.account_heads(account_ids=[i for i in ids if i != head.account_id])
    return sorted(heads.values(), key=lambda other: other.account_no)


def tab_address(request: HttpRequest, *, key: str) -> str:
    """The address of the page with another tab; the place in the list it was opened from stays."""
    query = request.GET.copy()
    query["tab"] = key
    query.pop("page", None)
    return "?" + query.urlencode()


def open_bills(head: agreements.AccountHead, request: page.PageRequest) -> dict[str, Any]:
    """Bills with something still to pay, the oldest first."""
    del request
    found = account_records.bills_of(account_id=head.account_id, only_open=True)
    found.reverse()
    return {"bills": [_bill_line(bill) for bill in found], "open_minor": sum(b.open_minor for b in found)}


def bills(head: agreements.AccountHead, request: page.PageRequest) -> dict[str, Any]:
    """All bills, newest first."""
    del request
    return {"bills": [_bill_line(bill) for bill in account_records.bills_of(account_id=head.account_id)]}


def payments(head: agreements.AccountHead, request: page.PageRequest) -> dict[str, Any]:
    """Payments and reversals, newest first."""
    del request
    found = account_records.payments_of(account_id=head.account_id)
    return {"payments": [_payment_line(payment) for payment in found]}


def readings(head: agreements.AccountHead, request: page.PageRequest) -> dict[str, Any]:
    """Readings of every meter that served the account, newest first."""
    del request
    found = account_records.readings_of(account_id=head.account_id)
    return {"readings": [_reading_line(reading) for reading in found]}


def changes(head: agreements.AccountHead, request: page.PageRequest) -> dict[str, Any]:
    """The audit rows on the account and its holder."""
    del request
    found = timeline.acts_on_account(account_id=head.account_id, customer_id=head.customer_id)
    return {"acts": [act_words.line(act) for act in found]}


def timeline_page(head: agreements.AccountHead, request: page.PageRequest) -> dict[str, Any]:
    """Everything the person may see, on one line of time; `page` in the address goes further back."""
    number = request.GET.get("page", "1")
    wanted = min(int(number), 100) if number.isascii() and number.isdigit() and number != "0" else 1
    kinds = frozenset(kind for kind, right in _KIND_RIGHTS.items() if request.actor.may(right))
    found = timeline.timeline(
        account_id=head.account_id, customer_id=head.customer_id, kinds=kinds, page=wanted
    )
    address = tab_address(request, key="timeline")
    return {
        "events": [_event_line(event) for event in found.events],
        "sees_audit": request.actor.may("audit.view"),
        "newer_url": f"{address}&page={wanted - 1}" if wanted > 1 else "",
        "older_url": f"{address}&page={wanted + 1}" if found.has_older else "",
    }


def _event_line(event: timeline.Event) -> EventLine:
    match event.record:
        case account_records.BillRecord() as bill:
            return EventLine(event=event, bill=_bill_line(bill))
        case account_records.PaymentRecord() as payment:
            return EventLine(event=event, payment=_payment_line(payment))
        case account_records.ReadingRecord() as reading:
            return EventLine(event=event, reading=_reading_line(reading))
        case act:
            return EventLine(event=event, act=act_words.line(act))


def _bill_line(bill: account_records.BillRecord) -> BillLine:
    late = (clock.today() - bill.due_on).days if bill.open_minor else 0
    return BillLine(
        bill=bill,
        bill_no=numbering.bill_no(bill.issued_on.year, bill.bill_id),
        url=links.to("bill", bill.bill_id),
        utility=words.utility_code(bill.utility),
        unit=words.UNITS.get(bill.unit, bill.unit),
        days_overdue=max(0, late),
        fee=bill_words.fee(bill.fee),
    )


def _payment_line(payment: account_records.PaymentRecord) -> PaymentLine:
    return PaymentLine(
        payment=payment,
        tender=words.TENDERS[payment_models.Tender(payment.tender)],
        url=links.to("receipt", payment.receipt_no) if payment.receipt_no else "",
    )


def _reading_line(reading: account_records.ReadingRecord) -> ReadingLine:
    return ReadingLine(
        reading=reading,
        utility=words.utility_code(reading.utility),
        source=words.READING_SOURCES.get(reading.source, cells.Tag(text="").text),
    )
