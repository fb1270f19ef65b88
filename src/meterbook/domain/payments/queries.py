"""Reads of payments and shifts, and the facts a till and a receipt need from the packages below."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db import models as django_models

from meterbook.domain.ledger import queries as ledger
from meterbook.domain.ledger import rules as ledger_rules
from meterbook.domain.payments import models, rules

RECENT_PAYMENTS = 20


class AccountNotFoundError(Exception):
    """No such account, or it lies outside the actor's scope."""

    def __init__(self, *, account: object) -> None:
        super().__init__(str(account))
        self.account = account


class PaymentNotFoundError(Exception):
    """No such payment, or it lies outside the actor's scope."""

    def __init__(self, *, payment_id: int) -> None:
        super().__init__(str(payment_id))
        self.payment_id = payment_id


class ShiftNotFoundError(Exception):
    """No such shift, or it lies outside the actor's scope."""

    def __init__(self, *, shift_id: int) -> None:
        super().__init__(str(shift_id))
        self.shift_id = shift_id


@dataclass(frozen=True, slots=True)
class AccountCard:
    """Who stands at the window. `customer_class` and `state` are the stored codes."""

    account_id: int
    account_no: str
    station_id: int
    state: int
    customer: str
    customer_class: int
    address: str
    phone: str
    persons: int | None
    book: str
    book_sequence: int | None


@dataclass(frozen=True, slots=True)
class BillFacts:
    """A bill as a till and a receipt show it. Quantities in thousandths of the unit, amounts in minor units.

    Register values are None where no usage stands behind the bill. `tier` is the highest tier billed; `fee`
    what a bill beside supply is for, else "".
    """

    bill_id: int
    utility: int
    period_from: datetime.date
    period_until: datetime.date
    issued_on: datetime.date
    due_on: datetime.date
    opening_milli: int | None
    closing_milli: int | None
    quantity_milli: int
    amount_minor: int
    open_minor: int
    tier: int
    fee: str


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands on top of a receipt."""

    company: str
    currency: str
    exponent: int
    station: str


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment in a list. `receipt_no` is empty for a reversal; `is_reversed` when it was cancelled."""

    payment_id: int
    account_id: int
    account_no: str
    customer: str
    business_on: datetime.date
    taken_at: datetime.datetime
    taken_by_id: int
    clerk: str
    shift_id: int
    tender: models.Tender
    received_minor: int
    tendered_minor: int
    change_minor: int
    prepaid_used_minor: int
    prepaid_added_minor: int
    cleared_minor: int
    reverses_id: int | None
    is_reversed: bool
    reason: str
    note: str
    receipt_no: str


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift. Times are None until they happened."""

    shift_id: int
    station_id: int
    station: str
    staff_id: int
    clerk: str
    business_on: datetime.date
    state: models.ShiftState
    opened_at: datetime.datetime
    counted_at: datetime.datetime | None
    taken_over_at: datetime.datetime | None
    taken_over_by: str
    payment_count: int
    received_minor: int


@dataclass(frozen=True, slots=True)
class TenderSum:
    """One tender of a shift. `counted_minor` is None until the shift is counted. Minor units."""

    tender: models.Tender
    payment_count: int
    expected_minor: int
    counted_minor: int | None
    reason: str

    @property
    def difference_minor(self) -> int:
        """Counted less expected; 0 before counting."""
        return 0 if self.counted_minor is None else self.counted_minor - self.expected_minor


ACCOUNT = """
SELECT a.id, a.account_no, a.station_id, a.state, c.name, c.customer_class,
    coalesce(place.address, ''),
    coalesce((SELECT value FROM customers_contactpoint
        WHERE customer_id = c.id AND kind = 1 AND valid_until IS NULL LIMIT 1), ''),
    (SELECT persons FROM agreements_householdsize h JOIN agreements_supplyagreement g ON g.id = h.agreement_id
        WHERE g.account_id = a.id AND h.until_on IS NULL ORDER BY h.from_on DESC LIMIT 1),
    coalesce(place.book, ''), place.sequence
FROM agreements_account a JOIN customers_customer c ON c.id = a.customer_id
LEFT JOIN LATERAL (
    SELECT p.address, b.name AS book, bp.sequence
    FROM agreements_supplyagreement g
    JOIN premises_servicepoint s ON s.id = g.service_point_id
    JOIN premises_premise p ON p.id = s.premise_id
    LEFT JOIN metering_bookplace bp ON bp.service_point_id = s.id
    LEFT JOIN metering_book b ON b.id = bp.book_id
    WHERE g.account_id = a.id
    ORDER BY g.until_on IS NOT NULL, g.utility, g.id LIMIT 1
) AS place ON true
"""

BILLS = """
SELECT b.id, b.utility, b.period_from, b.period_until, b.issued_on, r.due_on, u.opening_milli,
    u.closing_milli, b.quantity_milli, r.amount_minor, r.open_minor,
    coalesce((SELECT max(tier) FROM billing_billline l WHERE l.bill_id = b.id), 0),
    coalesce((SELECT t.name FROM billing_fee f JOIN billing_feetype t ON t.id = f.fee_type_id
        WHERE f.bill_id = b.id), '')
FROM billing_receivable r JOIN billing_bill b ON b.id = r.bill_id
LEFT JOIN metering_usage u ON u.id = b.usage_id
"""

LETTERHEAD = """
SELECT k.name, k.currency, k.currency_exponent, s.name
FROM companies_company k CROSS JOIN access_orgunit s
WHERE k.schema_name = current_schema() AND s.id = %s
"""

PAYMENTS = """
SELECT p.id, p.account_id, a.account_no, c.name, p.business_on, p.taken_at, p.taken_by_id, s.name, p.shift_id,
    p.tender, p.received_minor, p.tendered_minor, p.change_minor, p.prepaid_used_minor, p.prepaid_added_minor,
    p.cleared_minor, p.reverses_id, v.id IS NOT NULL, p.reason, p.note, coalesce(r.receipt_no, '')
FROM payments_payment p
JOIN agreements_account a ON a.id = p.account_id
JOIN customers_customer c ON c.id = a.customer_id
JOIN access_staff s ON s.id = p.taken_by_id
LEFT JOIN payments_payment v ON v.reverses_id = p.id
LEFT JOIN documents_receipt r ON r.payment_id = p.id
"""


def account_card(*, account_no: str) -> AccountCard:
    """The account of this number. Raises AccountNotFoundError."""
    return _one_account(f"{ACCOUNT} WHERE a.account_no = %s", account_no)


def account_card_by_id(*, account_id: int) -> AccountCard:
    """The account of this id. Raises AccountNotFoundError."""
    return _one_account(f"{ACCOUNT} WHERE a.id = %s", account_id)


def account_cards(*, account_ids: Sequence[int]) -> dict[int, AccountCard]:
    """Accounts by id; unknown ones and those out of scope are missing."""
    rows = _rows(f"{ACCOUNT} WHERE a.id = ANY(%s)", list(account_ids))
    return {row[0]: AccountCard(*row) for row in rows}


def known_request_keys(*, request_keys: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the keys that made a payment."""
    found = models.Payment.objects.filter(request_key__in=list(request_keys))
    return set(found.values_list("request_key", flat=True))


def open_bills(*, account_id: int) -> tuple[BillFacts, ...]:
    """What an account still owes, oldest due first."""
    rows = _rows(
        f"{BILLS} WHERE r.account_id = %s AND r.open_minor > 0 ORDER BY r.due_on, b.utility, b.id", account_id
    )
    return tuple(BillFacts(*row) for row in rows)


def bill_facts(*, bill_ids: Sequence[int]) -> dict[int, BillFacts]:
    """Bills by id, open or not; unknown ones and those out of scope are missing."""
    if not bill_ids:
        return {}
    rows = _rows(f"{BILLS} WHERE r.bill_id = ANY(%s)", list(bill_ids))
    return {row[0]: BillFacts(*row) for row in rows}


def letterhead(*, station_id: int) -> Letterhead:
    """Company and station as printed on top of a receipt."""
    return Letterhead(*_rows(LETTERHEAD, station_id)[0])


def prepaid_minor(*, account_id: int) -> int:
    """What an account holds, minor units."""
    return -ledger.balance_minor(account=ledger_rules.Chart.PREPAYMENT, subject_id=account_id)


def payment_of_request(*, request_key: uuid.UUID) -> models.Payment | None:
    """The payment a request already made; None when it is new."""
    return models.Payment.objects.filter(request_key=request_key).first()


def payment_record(*, payment_id: int) -> models.Payment | None:
    """The stored payment; None when there is none in scope."""
    return models.Payment.objects.filter(pk=payment_id).first()


def is_reversed(*, payment_id: int) -> bool:
    """Whether a payment was cancelled."""
    return models.Payment.objects.filter(reverses_id=payment_id).exists()


def station_code(*, station_id: int) -> str:
    """The code of a station."""
    return str(_rows("SELECT code FROM access_orgunit WHERE id = %s", station_id)[0][0])


def staff_names(*, staff_ids: list[int]) -> dict[int, str]:
    """Names of members of staff by id."""
    return dict(_rows("SELECT id, name FROM access_staff WHERE id = ANY(%s)", staff_ids))


def payment(*, payment_id: int) -> PaymentRow:
    """One payment. Raises PaymentNotFoundError."""
    rows = _rows(f"{PAYMENTS} WHERE p.id = %s", payment_id)
    if not rows:
        raise PaymentNotFoundError(payment_id=payment_id)
    return _payment_row(rows[0])


def payments_of_shift(*, shift_id: int, limit: int | None = None) -> tuple[PaymentRow, ...]:
    """What a shift took, newest first; all of it without a limit."""
    rows = _rows(f"{PAYMENTS} WHERE p.shift_id = %s ORDER BY p.id DESC LIMIT %s", shift_id, limit)
    return tuple(_payment_row(row) for row in rows)


def payments_of_account(*, account_id: int, limit: int = RECENT_PAYMENTS) -> tuple[PaymentRow, ...]:
    """The newest payments of an account, newest first."""
    rows = _rows(
        f"{PAYMENTS} WHERE p.account_id = %s ORDER BY p.taken_at DESC, p.id DESC LIMIT %s", account_id, limit
    )
    return tuple(_payment_row(row) for row in rows)


def bills_cleared_by(*, payment_id: int) -> tuple[int, ...]:
    """The ids of the bills a payment went to, ascending."""
    rows = _rows("SELECT bill_id FROM billing_clearing WHERE payment_id = %s ORDER BY bill_id", payment_id)
    return tuple(row[0] for row in rows)


def shift(*, shift_id: int) -> ShiftRow:
    """One shift. Raises ShiftNotFoundError."""
    found = _shifts().filter(pk=shift_id).first()
    if found is None:
        raise ShiftNotFoundError(shift_id=shift_id)
    return _shift_row(found)


def open_shift_of(*, staff_id: int) -> ShiftRow | None:
    """The person's open shift; None when they have none."""
    found = _shifts().filter(staff_id=staff_id, state=models.ShiftState.OPEN).first()
    return None if found is None else _shift_row(found)


def tender_sums(*, shift_id: int) -> tuple[TenderSum, ...]:
    """Each tender of a shift: what the books expect in the till, and what was counted once it was.

    While the shift is open the expectation is the balance of its till accounts; afterwards it is what the
    count recorded, because the balance then has been counted away.
    """
    counts = {count.tender: count for count in models.ShiftCount.objects.filter(shift_id=shift_id)}
    if counts:
        return tuple(
            TenderSum(tender, found.payment_count, found.expected_minor, found.counted_minor, found.reason)
            for tender in rules.TILL_ACCOUNTS
            if (found := counts[tender])
        )
    balances = ledger.balances_minor(accounts=list(rules.TILL_ACCOUNTS.values()), subject_id=shift_id)
    taken = dict(
        models.Payment.objects.filter(shift_id=shift_id)
        .values_list("tender")
        .annotate(number=django_models.Count("id"))
    )
    return tuple(
        TenderSum(tender, taken.get(tender, 0), balances[account], None, "")
        for tender, account in rules.TILL_ACCOUNTS.items()
    )


def _shifts() -> "django_models.QuerySet[models.Shift, models.Shift]":
    return models.Shift.objects.select_related("station", "staff", "taken_over_by").annotate(
        payment_count=django_models.Count("payments"),
        received_minor=django_models.Sum("payments__received_minor", default=0),
    )


def _shift_row(found: Any) -> ShiftRow:
    return ShiftRow(
        shift_id=found.pk,
        station_id=found.station_id,
        station=found.station.name,
        staff_id=found.staff_id,
        clerk=found.staff.name,
        business_on=found.business_on,
        state=models.ShiftState(found.state),
        opened_at=found.opened_at,
        counted_at=found.counted_at,
        taken_over_at=found.taken_over_at,
        taken_over_by=found.taken_over_by.name if found.taken_over_by else "",
        payment_count=found.payment_count,
        received_minor=found.received_minor,
    )


def _payment_row(row: Sequence[Any]) -> PaymentRow:
    facts = list(row)
    facts[9] = models.Tender(facts[9])
    return PaymentRow(*facts)


def _one_account(statement: str, key: int | str) -> AccountCard:
    rows = _rows(statement, key)
    if not rows:
        raise AccountNotFoundError(account=key)
    return AccountCard(*rows[0])


def _rows(statement: str, *parameters: int | str | list[int] | None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
