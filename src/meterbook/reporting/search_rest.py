"""What the one search finds besides accounts: customers who have none yet, places nobody is supplied at.

Asked only where accounts did not answer it, so it costs nothing where they did. Scope is the transaction's.
"""

import re
from dataclasses import dataclass

from django.db import connection

from meterbook.domain.customers import queries as customers
from meterbook.domain.premises import queries as premises
from meterbook.kernel import text as kernel_text

_LETTERS = re.compile(r"[A-Za-z ]{2,}")
_IDENTITY = re.compile(r"[0-9]{14,17}[0-9Xx]")
_PHONE = re.compile(r"[0-9]{4,12}")
_WRITTEN = re.compile(r"[\s\-]+")
# Fetched beyond what is shown: most of what a name finds has accounts.
_MARGIN = 10

_WITHOUT_ACCOUNT = """
SELECT c.id, c.name, COALESCE((
    SELECT p.value FROM customers_contactpoint p
    WHERE p.customer_id = c.id AND p.kind = 1 AND p.valid_until IS NULL
    ORDER BY p.is_preferred DESC, p.id LIMIT 1
), '')
FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS asked(id, place)
JOIN customers_customer c ON c.id = asked.id
WHERE NOT EXISTS (SELECT FROM agreements_account a WHERE a.customer_id = c.id)
ORDER BY asked.place LIMIT %(most)s
"""
_VACANT = """
SELECT p.id, p.address
FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS asked(id, place)
JOIN premises_premise p ON p.id = asked.id
WHERE NOT EXISTS (
    SELECT FROM premises_servicepoint s
    JOIN agreements_supplyagreement g ON g.service_point_id = s.id AND g.until_on IS NULL
    WHERE s.premise_id = p.id)
ORDER BY asked.place LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A customer without account. `phone` may be empty."""

    customer_id: int
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Place:
    """A premise where nobody is supplied now."""

    premise_id: int
    address: str


def people(*, text: str, most: int) -> list[Person]:
    """Customers without account that `text` can mean: by name, its letters, phone or identity number."""
    ids = customers.kept_customer_ids(
        customer_ids=_customer_ids(kernel_text.half_width(text), most + _MARGIN)
    )
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_ACCOUNT, {"ids": ids, "most": most})
        return [Person(*row) for row in cursor.fetchall()]


def places(*, text: str, most: int) -> list[Place]:
    """Vacant premises whose address has every part of `text`."""
    ids = premises.premise_ids_by_address(text=kernel_text.half_width(text), most=most + _MARGIN)
    with connection.cursor() as cursor:
        cursor.execute(_VACANT, {"ids": ids, "most": most})
        return [Place(*row) for row in cursor.fetchall()]


def _customer_ids(plain: str, most: int) -> list[int]:
    compact = _WRITTEN.sub("", plain)
    if _IDENTITY.fullmatch(compact):
        return customers.customer_ids_by_identity_number(number=compact, most=most)
    if _PHONE.fullmatch(compact):
        return customers.customer_ids_by_phone_tail(digits=compact, most=most)
    if _LETTERS.fullmatch(plain):
        letters = plain.replace(" ", "").lower()
        return customers.customer_ids_by_pinyin(letters=letters, most=most)
    if plain and not any(sign.isdigit() for sign in plain):
        return customers.customer_ids_by_name(fragment=plain, most=most)
    return []
