"""One search over everything: whatever people key, scan or paste, to the accounts it can mean.

What a text looks like decides which indexes are asked. Whole numbers come first and are exact; each look-up
is bounded, an account comes once, by the strongest reason it was found for. Scope is the transaction's.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from meterbook.domain.agreements import queries as agreements
from meterbook.domain.billing import models as billing
from meterbook.domain.customers import queries as customers
from meterbook.domain.devices import queries as devices
from meterbook.domain.documents import models as documents
from meterbook.domain.premises import queries as premises
from meterbook.kernel import numbering
from meterbook.kernel import text as kernel_text

_LONGEST_TEXT = 60
_SHORTEST_PHONE_TAIL = 4
_LONGEST_PHONE = 12
_SHORTEST_PREFIX = 4
_SHORTEST_LETTERS = 2
# Fetched per look-up beyond what is shown, so that ranking has something to choose from.
_MARGIN = 5
_LETTERS = re.compile(r"[A-Za-z]+")
_WRITTEN = re.compile(r"[\s\-]+")


class Reason(StrEnum):
    """By what a record was found."""

    ACCOUNT_NO = "ACCOUNT_NO"
    METER_NO = "METER_NO"
    BILL_NO = "BILL_NO"
    RECEIPT_NO = "RECEIPT_NO"
    NAME = "NAME"
    PHONE = "PHONE"
    ADDRESS = "ADDRESS"


@dataclass(frozen=True, slots=True)
class Found:
    """An account and why it was found. `record` is the meter id, bill id or receipt no. that was meant."""

    head: agreements.AccountHead
    reason: Reason
    is_exact: bool
    record: str = ""


@dataclass(frozen=True, slots=True)
class _Lead:
    account_id: int
    reason: Reason
    is_exact: bool = False
    record: str = ""


def find(*, text: str, most: int) -> list[Found]:
    """At most `most` accounts in scope that `text` can mean, the likeliest first; none for empty text."""
    plain = kernel_text.half_width(text)[:_LONGEST_TEXT]
    if not plain:
        return []
    leads: dict[int, _Lead] = {}
    for look_up in _look_ups(plain):
        if len(leads) >= most:
            break
        for lead in look_up(plain, most + _MARGIN):
            leads.setdefault(lead.account_id, lead)
        if any(lead.is_exact for lead in leads.values()):
            break
    chosen = list(leads.values())[:most]
    heads = agreements.account_heads(account_ids=[lead.account_id for lead in chosen])
    return [
        Found(head=heads[lead.account_id], reason=lead.reason, is_exact=lead.is_exact, record=lead.record)
        for lead in chosen
        if lead.account_id in heads
    ]


_LookUp = Callable[[str, int], Iterator[_Lead]]


def _look_ups(plain: str) -> list[_LookUp]:
    """The look-ups a text deserves, in order. A whole number found ends the search."""
    compact = _WRITTEN.sub("", plain)
    if compact.isascii() and compact.isdigit():
        return [_by_account_no, _by_bill_no, _by_meter_no, _by_receipt_no, _by_phone, _by_prefix, _by_address]
    if plain.isascii():
        return [_by_meter_no, _by_receipt_no, _by_pinyin, _by_prefix, _by_name, _by_address]
    has_digit = any(sign.isdigit() for sign in plain)
    return [_by_address, _by_name] if has_digit else [_by_name, _by_address]


def _by_account_no(plain: str, _most: int) -> Iterator[_Lead]:
    number = _WRITTEN.sub("", plain)
    if numbering.has_right_check_digit(number):
        for account_id in agreements.account_ids_by_no(account_no=number):
            yield _Lead(account_id=account_id, reason=Reason.ACCOUNT_NO, is_exact=True)


def _by_bill_no(plain: str, _most: int) -> Iterator[_Lead]:
    try:
        number = numbering.parse_bill_no(_WRITTEN.sub("", plain))
    except numbering.NumberingError:
        return
    bill = billing.Bill.objects.filter(pk=number.bill_id, issued_on__year=number.issued_year).first()
    if bill is not None:
        yield _Lead(account_id=bill.account_id, reason=Reason.BILL_NO, is_exact=True, record=str(bill.pk))


def _by_meter_no(plain: str, _most: int) -> Iterator[_Lead]:
    for number in dict.fromkeys((plain, plain.upper())):
        ids = devices.meter_ids_by_exact_no(number=number)
        for meter_id, account_id in agreements.account_ids_of_meters(meter_ids=ids).items():
            yield _Lead(account_id=account_id, reason=Reason.METER_NO, is_exact=True, record=str(meter_id))


def _by_receipt_no(plain: str, _most: int) -> Iterator[_Lead]:
    found = documents.Receipt.objects.filter(receipt_no__in={plain, plain.upper()})
    for account_id, receipt_no in found.values_list("account_id", "receipt_no"):
        yield _Lead(account_id=account_id, reason=Reason.RECEIPT_NO, is_exact=True, record=receipt_no)


def _by_phone(plain: str, most: int) -> Iterator[_Lead]:
    digits = _WRITTEN.sub("", plain)
    if _SHORTEST_PHONE_TAIL <= len(digits) <= _LONGEST_PHONE:
        ids = customers.customer_ids_by_phone_tail(digits=digits, most=most)
        yield from _of_customers(ids, reason=Reason.PHONE, most=most)


def _by_prefix(plain: str, most: int) -> Iterator[_Lead]:
    """Numbers that begin so: accounts (digits only), then meters."""
    start = _WRITTEN.sub("", plain)
    if len(start) < _SHORTEST_PREFIX:
        return
    if start.isdigit():
        for account_id in agreements.account_ids_by_no_prefix(start=start, most=most):
            yield _Lead(account_id=account_id, reason=Reason.ACCOUNT_NO)
    meter_ids = devices.meter_ids_by_prefix(start=plain.upper(), most=most)
    for meter_id, account_id in agreements.account_ids_of_meters(meter_ids=meter_ids).items():
        yield _Lead(account_id=account_id, reason=Reason.METER_NO, record=str(meter_id))


def _by_pinyin(plain: str, most: int) -> Iterator[_Lead]:
    letters = plain.replace(" ", "").lower()
    if len(letters) >= _SHORTEST_LETTERS and _LETTERS.fullmatch(letters):
        ids = customers.customer_ids_by_pinyin(letters=letters, most=most)
        yield from _of_customers(ids, reason=Reason.NAME, most=most)


def _by_name(plain: str, most: int) -> Iterator[_Lead]:
    ids = customers.customer_ids_by_name(fragment=plain, most=most)
    yield from _of_customers(ids, reason=Reason.NAME, most=most)


def _by_address(plain: str, most: int) -> Iterator[_Lead]:
    ids = premises.premise_ids_by_address(text=plain, most=most)
    for account_id in agreements.account_ids_at_premises(premise_ids=ids, most=most):
        yield _Lead(account_id=account_id, reason=Reason.ADDRESS)


def _of_customers(ids: list[int], *, reason: Reason, most: int) -> Iterator[_Lead]:
    for account_id in agreements.account_ids_of_customers(customer_ids=ids, most=most):
        yield _Lead(account_id=account_id, reason=reason)
