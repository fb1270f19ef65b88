"""One search over everything: whatever people key, scan or paste, to the accounts it can mean.

What a text looks like decides which indexes are asked. Whole numbers come first and are exact; each look-up
is bounded, an account comes once, by the strongest reason it was found for. Scope is the transaction's.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

from meterbook.domain.agreements import queries as agreements
from meterbook.domain.agreements import queries_numbers as agreement_numbers
from meterbook.domain.billing import models as billing
from meterbook.domain.customers import queries as customers
from meterbook.domain.customers import rules
from meterbook.domain.devices import queries as devices
from meterbook.domain.documents import models as documents
from meterbook.domain.premises import queries as premises
from meterbook.kernel import numbering
from meterbook.kernel import text as kernel_text

_LONGEST_TEXT = 60
_SHORTEST_PHONE_TAIL = 4
_SHORTEST_EXTERNAL = 4
# The tail of an identity number people say, and the length of a whole one.
_SHORTEST_IDENTITY_TAIL = 4
_IDENTITY = re.compile(r"[0-9A-Za-z]{4,18}")
_WHOLE_IDENTITY = frozenset({15, 18})
_SHORTEST_NEAR_NAME = 3
_LONGEST_PHONE = 12
_SHORTEST_PREFIX = 4
_SHORTEST_LETTERS = 2
_SHORTEST_SOUND = 4
# Fetched per look-up beyond what is shown, so that ranking has something to choose from.
_MARGIN = 5
# Serial number or barcode, each by its own index; the empty barcode is no number.
_METERS = """
SELECT id FROM devices_meter WHERE serial_no = ANY (%(numbers)s)
UNION
SELECT id FROM devices_meter WHERE barcode = ANY (%(numbers)s) AND barcode <> ''
"""
# A customer kept twice leads to the accounts of whom it was merged into.
_OF_CUSTOMERS = """
SELECT a.id FROM (
    SELECT COALESCE(c.merged_into_id, c.id) AS id, min(asked.place) AS place
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS asked(id, place)
    JOIN customers_customer c ON c.id = asked.id
    GROUP BY 1
) kept
JOIN agreements_account a ON a.customer_id = kept.id
ORDER BY kept.place, a.id LIMIT %(most)s
"""
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
    EXTERNAL_NO = "EXTERNAL_NO"
    IDENTITY = "IDENTITY"
    SOUND = "SOUND"
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
        if len(leads) >= most or (leads and look_up in _LAST_RESORTS):
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
        whole = [_by_account_no, _by_bill_no, _by_meter_no, _by_receipt_no, _by_external_no, _by_identity]
        return [*whole, _by_phone, _by_prefix, _by_address]
    if plain.isascii():
        whole = [_by_meter_no, _by_receipt_no, _by_external_no, _by_identity]
        return [*whole, _by_pinyin, _by_prefix, _by_name, _by_address, _by_sound]
    if any(sign.isdigit() for sign in plain):
        return [_by_address, _by_name]
    return [_by_name, _by_address, _by_sound, _by_near_name]


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
    with connection.cursor() as cursor:
        cursor.execute(_METERS, {"numbers": list({plain, plain.upper()})})
        ids = [row[0] for row in cursor.fetchall()]
    # most texts are no meter's number, and one look less is felt on every key
    if ids:
        for meter_id, account_id in agreements.account_ids_of_meters(meter_ids=ids).items():
            yield _Lead(account_id=account_id, reason=Reason.METER_NO, is_exact=True, record=str(meter_id))


def _by_receipt_no(plain: str, _most: int) -> Iterator[_Lead]:
    found = documents.Receipt.objects.filter(receipt_no__in={plain, plain.upper()})
    for account_id, receipt_no in found.values_list("account_id", "receipt_no"):
        yield _Lead(account_id=account_id, reason=Reason.RECEIPT_NO, is_exact=True, record=receipt_no)


def _by_external_no(plain: str, most: int) -> Iterator[_Lead]:
    """The number under which a bank, a joint collection office or an older system knows the account."""
    for number in dict.fromkeys((plain, plain.upper(), _WRITTEN.sub("", plain))):
        if len(number) < _SHORTEST_EXTERNAL:
            continue
        for account_id in agreement_numbers.account_ids_by_external_no(text=number, most=most):
            known = agreement_numbers.external_numbers(account_id=account_id)
            is_exact = any(external.number == number for external in known)
            yield _Lead(account_id=account_id, reason=Reason.EXTERNAL_NO, is_exact=is_exact)


def _by_identity(plain: str, most: int) -> Iterator[_Lead]:
    """An identity number, whole or its tail; letters only count as the last sign of it."""
    number = _WRITTEN.sub("", plain)
    if not _IDENTITY.fullmatch(number) or not any(sign.isdigit() for sign in number):
        return
    if len(number) in _WHOLE_IDENTITY:
        ids = customers.customer_ids_by_identity_number(number=number, most=most)
    else:
        ids = customers.customer_ids_by_identity_tail(digits=number, most=most)
    yield from _of_customers(ids, reason=Reason.IDENTITY, most=most)


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


def _by_sound(plain: str, most: int) -> Iterator[_Lead]:
    """A name misheard or written with another sign of the same sound."""
    pinyin = rules.search_keys(plain.replace(" ", "")).pinyin
    if len(pinyin) >= _SHORTEST_SOUND:
        ids = customers.customer_ids_by_sound(pinyin=pinyin, most=most)
        yield from _of_customers(ids, reason=Reason.SOUND, most=most)


def _by_near_name(plain: str, most: int) -> Iterator[_Lead]:
    """A name with one sign mistaken, left out or put in."""
    name = plain.replace(" ", "")
    if len(name) >= _SHORTEST_NEAR_NAME:
        ids = customers.customer_ids_by_near_name(name=name, most=most)
        yield from _of_customers(ids, reason=Reason.SOUND, most=most)


# Asked only while nothing was found: what they find is a guess, and says so.
_LAST_RESORTS = frozenset({_by_sound, _by_near_name})


def _by_address(plain: str, most: int) -> Iterator[_Lead]:
    ids = premises.premise_ids_by_address(text=plain, most=most)
    for account_id in agreements.account_ids_at_premises(premise_ids=ids, most=most):
        yield _Lead(account_id=account_id, reason=Reason.ADDRESS)


def _of_customers(ids: list[int], *, reason: Reason, most: int) -> Iterator[_Lead]:
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_OF_CUSTOMERS, {"ids": ids, "most": most})
        for (account_id,) in cursor.fetchall():
            yield _Lead(account_id=account_id, reason=reason)
