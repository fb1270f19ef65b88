"""A service point goes to another reading book, or to another position of its own."""

import datetime
from dataclasses import dataclass

from meterbook.application import account_acts, transaction
from meterbook.application.actor import Actor
from meterbook.domain.agreements import operations
from meterbook.domain.metering import operations_places

RIGHT = "accounts.change"
PlaceError = operations_places.PlaceError


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a book."""

    book_id: int
    sequence: int


def move_point(
    *,
    actor: Actor,
    account_id: int,
    service_point_id: int,
    place: Place,
    reason: str,
    today: datetime.date,
    now: datetime.datetime,
) -> None:
    """Let an account's point be read at another place from its next reading on; back by moving it back.

    Raises NotAllowedError, PlaceError, agreements.queries.AccountNotFoundError.
    """
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        account = operations.lock_account(account_id=account_id)
        moved = operations_places.move_point(
            service_point_id=service_point_id, book_id=place.book_id, sequence=place.sequence, on=today
        )
        account_acts.record(
            actor=actor,
            now=now,
            act="BOOK_PLACE_CHANGED",
            account=account,
            reason=reason.strip(),
            before={"book": moved.from_book, "sequence": moved.from_sequence},
            after={"book": moved.to_book, "sequence": moved.to_sequence},
        )
