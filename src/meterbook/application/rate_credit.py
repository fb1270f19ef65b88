"""Credit is scored: for one customer at the counter, for everybody by a job; and how it is scored is set.

A job goes through the customers in chunks, each its own transaction. Scores that did not change are not
written again, so a job that is taken up a second time adds nothing.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.access import queries as access_queries
from meterbook.domain.customers import operations, operations_standing, queries_standing, rules_credit
from meterbook.reporting import credit_facts

RIGHT = "customers.rate"
CHUNK = 2_000

SchemeError = rules_credit.SchemeError


class StationsOwnError(Exception):
    """How everybody is scored is not set by one station."""


class NoAccountError(Exception):
    """Who never had an account is not scored."""


@dataclass(frozen=True, slots=True)
class ChunkRated:
    """A chunk that is done: how many were scored, how many scores are new, and where the next begins."""

    customers: int
    changed: int
    next_id: int


def set_scheme(*, actor: Actor, now: datetime.datetime, document: Mapping[str, Any]) -> int:
    """Score by this document from now on; the one in force again is no act. Returns the version.

    Only who serves the whole company may: everybody is scored alike. Raises SchemeError, StationsOwnError.
    """
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        if not may_set_scheme(actor=actor):
            raise StationsOwnError
        before = queries_standing.scheme_in_force()
        if before.document == dict(document):
            return before.version
        made = operations_standing.set_scheme(document=document, at=now, by_id=actor.staff_id)
        access.record_act(
            actor=actor,
            at=now,
            act="CREDIT_SCHEME_SET",
            subject_kind="CREDIT_SCHEME",
            subject_id=made.version,
            before={"revision": before.version},
            after={"revision": made.version, "document": _short(made.document)},
        )
    return made.version


def may_set_scheme(*, actor: Actor) -> bool:
    """Whether the actor serves the whole company and may say how credit is scored."""
    return actor.may(RIGHT) and (actor.is_system or actor.home_unit_id == access_queries.root_unit_id())


def rate_one(*, actor: Actor, today: datetime.date, customer_id: int) -> bool:
    """Score one customer now; False when the score is what it was. Raises NoAccountError.

    The score carries its factors and is never changed: it is its own trail.
    """
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        customer = operations.lock_customer(customer_id=customer_id)
        found = credit_facts.facts_of(customer_ids=[customer_id], on=today)
        if customer_id not in found:
            raise NoAccountError
        rateable = credit_facts.Rateable(customer_id=customer_id, station_id=customer.station_id)
        return bool(_keep([rateable], found, today=today))


def start(*, actor: Actor, now: datetime.datetime, defer: Callable[[], None]) -> None:
    """Let everybody of the actor's stations be scored; `defer` puts the job into the queue."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        access.record_act(
            actor=actor,
            at=now,
            act="CREDIT_RATING_STARTED",
            subject_kind="CREDIT_SCHEME",
            subject_id=queries_standing.scheme_in_force().version,
        )
        defer()


def rate_everybody(*, actor: Actor, today: datetime.date, first_id: int = 0) -> Iterator[ChunkRated]:
    """Score everybody in the actor's scope from `first_id` on, chunk by chunk."""
    actor.require(RIGHT)
    next_id = first_id
    while True:
        with transaction.writing(actor=actor):
            chunk = credit_facts.rateable_customers(
                first_id=next_id, most=CHUNK, station_ids=None if actor.is_system else actor.unit_ids
            )
            ids = [one.customer_id for one in chunk]
            changed = _keep(chunk, credit_facts.facts_of(customer_ids=ids, on=today), today=today)
        if not chunk:
            return
        next_id = chunk[-1].customer_id + 1
        yield ChunkRated(customers=len(chunk), changed=changed, next_id=next_id)


def _keep(
    chunk: list[credit_facts.Rateable],
    facts: Mapping[int, Mapping[rules_credit.Fact, int | None]],
    *,
    today: datetime.date,
) -> int:
    in_force = queries_standing.scheme_in_force()
    scored = [
        operations_standing.Scored(
            customer_id=one.customer_id,
            station_id=one.station_id,
            score=rules_credit.score(scheme=in_force.scheme, facts=facts[one.customer_id]),
        )
        for one in chunk
        if one.customer_id in facts
    ]
    return operations_standing.keep_scores(scored=scored, scheme_version=in_force.version, scored_on=today)


def _short(document: Mapping[str, Any]) -> str:
    """The weights and grades of a document in one line; the whole stands in its own table."""
    weights = ", ".join(f"{factor['fact']} {factor['weight']}" for factor in document["factors"])
    grades = ", ".join(f"{grade['grade']} {grade['at_least']}" for grade in document["grades"])
    return f"{weights}; {grades}"
