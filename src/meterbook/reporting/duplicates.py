"""Customers who may be one and the same: by identity number, by phone, by name at one address. Reads only.

Each way is one grouped statement over an index or a hash; what comes back is bounded. A phone shared by many
(an agent's, a property company's) says nothing and is left out. Scope is the transaction's; only customers of
one station are compared, because only those may be merged.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

# More customers than this under one phone number share it by trade, not by being one person.
MOST_OF_ONE_PHONE = 6


class Sameness(StrEnum):
    """Why customers may be the same, the strongest first."""

    IDENTITY = "IDENTITY"
    NAME_AND_ADDRESS = "NAME_AND_ADDRESS"
    PHONE = "PHONE"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of a group, with what tells it from the others."""

    customer_id: int
    name: str
    phones: tuple[str, ...]
    address: str
    account_count: int
    created_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class Group:
    """Customers who may be the same; the one with most accounts, then the oldest, first."""

    sameness: Sameness
    candidates: tuple[Candidate, ...]


# The groups are found first, by what is quick to hash; only they are then looked at closely.
_BY_IDENTITY = """
WITH shared AS MATERIALIZED (
    SELECT station_id, kind, number_key FROM customers_identitydocument WHERE valid_until IS NULL
    GROUP BY station_id, kind, number_key HAVING min(customer_id) <> max(customer_id)
)
SELECT array_agg(DISTINCT d.customer_id) FROM shared
JOIN customers_identitydocument d ON d.station_id = shared.station_id AND d.kind = shared.kind
    AND d.number_key = shared.number_key AND d.valid_until IS NULL
JOIN customers_customer c ON c.id = d.customer_id AND c.merged_into_id IS NULL
GROUP BY d.station_id, d.kind, d.number_key HAVING count(DISTINCT d.customer_id) > 1
ORDER BY min(d.customer_id) LIMIT %(most)s
"""
_BY_PHONE = """
WITH shared AS MATERIALIZED (
    SELECT station_id, value FROM customers_contactpoint WHERE kind = 1 AND valid_until IS NULL
    GROUP BY station_id, value HAVING count(*) BETWEEN 2 AND %(shared)s
)
SELECT array_agg(DISTINCT p.customer_id) FROM shared
JOIN customers_contactpoint p ON p.station_id = shared.station_id AND p.value = shared.value
    AND p.kind = 1 AND p.valid_until IS NULL
JOIN customers_customer c ON c.id = p.customer_id AND c.merged_into_id IS NULL
GROUP BY p.station_id, p.value HAVING count(DISTINCT p.customer_id) > 1
ORDER BY min(p.customer_id) LIMIT %(most)s
"""
_BY_NAME_AND_ADDRESS = """
WITH shared AS MATERIALIZED (
    SELECT c.station_id, c.name, s.premise_id, min(c.id) AS first_id FROM customers_customer c
    JOIN agreements_account a ON a.customer_id = c.id
    JOIN agreements_supplyagreement g ON g.account_id = a.id AND g.until_on IS NULL
    JOIN premises_servicepoint s ON s.id = g.service_point_id
    WHERE c.merged_into_id IS NULL GROUP BY c.station_id, c.name, s.premise_id
    HAVING min(c.id) <> max(c.id) ORDER BY first_id LIMIT %(most)s
)
SELECT array_agg(DISTINCT c.id) FROM shared
JOIN premises_servicepoint s ON s.premise_id = shared.premise_id
JOIN agreements_supplyagreement g ON g.service_point_id = s.id AND g.until_on IS NULL
JOIN agreements_account a ON a.id = g.account_id
JOIN customers_customer c ON c.id = a.customer_id AND c.station_id = shared.station_id
    AND c.name = shared.name AND c.merged_into_id IS NULL
GROUP BY shared.station_id, shared.name, shared.premise_id ORDER BY min(c.id)
"""
# Somebody who is about to be entered: the same phone, or the same name at a place they were supplied at.
_LOOK_ALIKES = """
SELECT p.customer_id FROM customers_contactpoint p
JOIN customers_customer c ON c.id = p.customer_id AND c.merged_into_id IS NULL
WHERE %(phone)s <> '' AND p.kind = 1 AND p.value = %(phone)s AND p.valid_until IS NULL
    AND p.station_id = %(station_id)s
UNION
SELECT c.id FROM premises_servicepoint s
JOIN agreements_supplyagreement g ON g.service_point_id = s.id
JOIN agreements_accountholder h ON h.account_id = g.account_id
JOIN customers_customer c ON c.id = h.customer_id AND c.merged_into_id IS NULL
WHERE s.premise_id = %(premise_id)s AND c.name = %(name)s AND c.station_id = %(station_id)s
LIMIT %(most)s
"""
_STATEMENTS = {
    Sameness.IDENTITY: _BY_IDENTITY,
    Sameness.NAME_AND_ADDRESS: _BY_NAME_AND_ADDRESS,
    Sameness.PHONE: _BY_PHONE,
}
_CANDIDATES = """
SELECT c.id, c.name, COALESCE(phones.numbers, '{}'), COALESCE(place.address, ''),
    (SELECT count(*) FROM agreements_account a WHERE a.customer_id = c.id), c.created_at
FROM customers_customer c
LEFT JOIN LATERAL (
    SELECT array_agg(p.value ORDER BY p.is_preferred DESC, p.id) AS numbers FROM customers_contactpoint p
    WHERE p.customer_id = c.id AND p.kind = 1 AND p.valid_until IS NULL
) phones ON true
LEFT JOIN LATERAL (
    SELECT pr.address FROM agreements_account a
    JOIN agreements_supplyagreement g ON g.account_id = a.id
    JOIN premises_servicepoint s ON s.id = g.service_point_id JOIN premises_premise pr ON pr.id = s.premise_id
    WHERE a.customer_id = c.id ORDER BY g.until_on IS NOT NULL, g.from_on DESC, g.id LIMIT 1
) place ON true
WHERE c.id = ANY (%(ids)s)
"""


def duplicate_groups(*, most: int) -> list[Group]:
    """At most `most` groups of customers in scope who may be the same, the strongest reasons first.

    Customers together for a stronger reason don't come again for a weaker one.
    """
    seen: set[frozenset[int]] = set()
    found: list[tuple[Sameness, frozenset[int]]] = []
    for sameness, statement in _STATEMENTS.items():
        for ids in _groups(statement, most=most):
            if not any(ids <= earlier for earlier in seen):
                seen.add(ids)
                found.append((sameness, ids))
        if len(found) >= most:
            break
    found = found[:most]
    people = candidates(customer_ids=sorted({one for _, ids in found for one in ids}))
    return [
        Group(sameness=sameness, candidates=tuple(sorted((people[i] for i in ids), key=_weight)))
        for sameness, ids in found
    ]


def look_alikes(
    *, station_id: int, premise_id: int, name: str, phone: str, most: int = MOST_OF_ONE_PHONE
) -> list[Candidate]:
    """Customers of a station a new one may be: reached by the same phone, or of the name at the premise."""
    asked: dict[str, int | str] = {
        "station_id": station_id,
        "premise_id": premise_id,
        "name": name,
        "phone": phone,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_ALIKES, asked)
        ids = [row[0] for row in cursor.fetchall()]
    return sorted(candidates(customer_ids=ids).values(), key=_weight)


def candidates(*, customer_ids: Sequence[int]) -> dict[int, Candidate]:
    """These customers in scope, by id, with what tells them apart."""
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, {"ids": list(customer_ids)})
        rows = cursor.fetchall()
    return {
        row[0]: Candidate(
            customer_id=row[0],
            name=row[1],
            phones=tuple(row[2]),
            address=row[3],
            account_count=row[4],
            created_at=row[5],
        )
        for row in rows
    }


def _groups(statement: str, *, most: int) -> list[frozenset[int]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"most": most, "shared": MOST_OF_ONE_PHONE})
        return [frozenset(row[0]) for row in cursor.fetchall()]


def _weight(candidate: Candidate) -> tuple[int, datetime.datetime, int]:
    return -candidate.account_count, candidate.created_at, candidate.customer_id
