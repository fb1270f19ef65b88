"""Reads of customers and how to reach them.

Every search here is bounded by `most` and uses an index under row-level security: equality and range
comparisons are leakproof, so they reach the index; substrings go through `customer_ids_by_name` (0002).
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from meterbook.domain import fragments
from meterbook.domain.customers import models, rules, rules_identity

# How many names a mistyped one is compared with at most.
NEAR_CANDIDATES = 400

_BY_PHONE_TAIL = """
SELECT DISTINCT customer_id FROM customers_contactpoint
WHERE kind = %(kind)s AND value_reversed ~>=~ %(first)s AND value_reversed ~<~ %(after)s
    AND valid_until IS NULL
ORDER BY customer_id LIMIT %(most)s
"""

_BY_IDENTITY_TAIL = """
SELECT DISTINCT customer_id FROM customers_identitydocument
WHERE number_reversed ~>=~ %(first)s AND number_reversed ~<~ %(after)s AND valid_until IS NULL
ORDER BY customer_id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach a customer, with its period [valid_from, valid_until)."""

    kind: models.ContactPoint.Kind
    value: str
    valid_from: datetime.date
    valid_until: datetime.date | None


def customer_ids_by_name(*, fragment: str, most: int) -> list[int]:
    """At most `most` customers in scope whose name contains `fragment`; at an end, when it is short."""
    text = fragments.like_escaped(fragment.upper())
    patterns = [f"%{text}%"] if len(fragment) >= fragments.SHORTEST else [f"{text}%", f"%{text}"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM customer_ids_by_name(%s, %s)", [patterns, most])
        return [row[0] for row in cursor.fetchall()]


def customer_ids_by_pinyin(*, letters: str, most: int) -> list[int]:
    """At most `most` customers whose initials or whole pinyin begin with `letters` (lower case)."""
    ids: list[int] = []
    for column in ("name_initials", "name_pinyin"):
        found = models.Customer.objects.filter(
            **{f"{column}__gte": letters, f"{column}__lt": letters + fragments.AFTER_ALL}
        )
        ids += found.order_by(column).values_list("id", flat=True)[: most - len(ids)]
    return list(dict.fromkeys(ids))


def customer_ids_by_sound(*, pinyin: str, most: int) -> list[int]:
    """At most `most` customers whose name sounds like one that begins so (rules.sound_key)."""
    key = rules.sound_key(pinyin)
    found = models.Customer.objects.filter(name_sound__gte=key, name_sound__lt=key + fragments.AFTER_ALL)
    return list(found.order_by("name_sound", "id").values_list("id", flat=True)[:most])


def customer_ids_by_near_name(*, name: str, most: int) -> list[int]:
    """At most `most` customers whose name differs from `name` (three signs or more) by one mistaken sign.

    Candidates come by what is right: all but the last sign, all but the first, or the first and the last.
    """
    begun, ended = fragments.like_escaped(name[:-1].upper()), fragments.like_escaped(name[1:].upper())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM customer_ids_by_name(%s, %s)", [[f"{begun}%", f"%{ended}"], NEAR_CANDIDATES]
        )
        ids = [row[0] for row in cursor.fetchall()]
    by_ends = models.Customer.objects.filter(name_ends=name[0] + name[-1])
    ids += by_ends.values_list("id", flat=True)[:NEAR_CANDIDATES]
    found = models.Customer.objects.filter(pk__in=ids).order_by("name", "id").values_list("id", "name")
    return [pk for pk, other in found if rules.is_one_sign_off(name, other)][:most]


def kept_customer_ids(*, customer_ids: Sequence[int]) -> list[int]:
    """The customers themselves, those kept twice replaced by what they were merged into; each once."""
    into = dict(
        models.Customer.objects.filter(pk__in=customer_ids, merged_into__isnull=False).values_list(
            "id", "merged_into_id"
        )
    )
    return list(dict.fromkeys(into.get(customer_id) or customer_id for customer_id in customer_ids))


def customer_ids_by_phone_tail(*, digits: str, most: int) -> list[int]:
    """At most `most` customers whose present phone number ends with `digits`."""
    reversed_digits = digits[::-1]
    parameters: dict[str, str | int] = {
        "kind": models.ContactPoint.Kind.PHONE.value,
        "first": reversed_digits,
        "after": reversed_digits + fragments.AFTER_ALL,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BY_PHONE_TAIL, parameters)
        return [row[0] for row in cursor.fetchall()]


def customer_ids_by_identity_tail(*, digits: str, most: int) -> list[int]:
    """At most `most` customers with a present paper whose number ends with `digits` (X counts as one)."""
    turned = digits.upper()[::-1]
    parameters: dict[str, str | int] = {"first": turned, "after": turned + fragments.AFTER_ALL, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_BY_IDENTITY_TAIL, parameters)
        return [row[0] for row in cursor.fetchall()]


def customer_ids_by_identity_number(*, number: str, most: int) -> list[int]:
    """At most `most` customers who have or had a paper of this number; an old number finds its new form."""
    found = models.IdentityDocument.objects.filter(number_key__in=rules_identity.search_keys(number))
    return list(found.order_by("customer_id").values_list("customer_id", flat=True).distinct()[:most])


def contacts_of(*, customer_id: int, on: datetime.date) -> list[Contact]:
    """The contact points valid on a day: phones first, of each kind the preferred one first."""
    found = models.ContactPoint.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=on), customer_id=customer_id, valid_from__lte=on
    ).order_by("kind", "-is_preferred", "valid_from")
    return [
        Contact(
            kind=models.ContactPoint.Kind(point.kind),
            value=point.value,
            valid_from=point.valid_from,
            valid_until=point.valid_until,
        )
        for point in found
    ]


def phones_of(*, customer_ids: Sequence[int]) -> dict[int, str]:
    """The phone number of each customer that has one: the preferred one, as long as there is any."""
    found = models.ContactPoint.objects.filter(
        customer_id__in=customer_ids, kind=models.ContactPoint.Kind.PHONE, valid_until__isnull=True
    )
    # The last one of a customer stays in a dictionary.
    return dict(found.order_by("is_preferred", "-id").values_list("customer_id", "value"))
