"""Writes of places in books: a service point goes to another book or another position, also while its
round is open.
"""

import datetime
from dataclasses import dataclass

from django.db.models import QuerySet

from meterbook.domain.metering import bulk, models
from meterbook.domain.premises import models as premises


class PlaceError(Exception):
    """A point can't go there. `code`: BOOK_UNKNOWN, OTHER_STATION, POSITION_TAKEN, READ_ALREADY (in a round
    that is still open), ROUND_ACCEPTED (the other book's of the same period).
    """

    def __init__(self, *, code: str, fact: str = "") -> None:
        super().__init__(f"{code}: {fact}")
        self.code = code
        self.fact = fact


@dataclass(frozen=True, slots=True)
class Moved:
    """From where to where. Names of books and positions; a point that had none comes from "" and 0."""

    from_book: str
    from_sequence: int
    to_book: str
    to_sequence: int


def move_point(*, service_point_id: int, book_id: int, sequence: int, on: datetime.date) -> Moved:
    """Put a point into a book at a position, from wherever it was.

    An entry of an open round that nobody has filled in goes along: out of the one book's round and into the
    other's, if that is open. One that is filled in keeps the point where it is. Raises PlaceError.
    """
    point = premises.ServicePoint.objects.get(pk=service_point_id)
    standing = models.BookPlace.objects.filter(service_point_id=service_point_id).first()
    old_id = None if standing is None else standing.book_id
    books = models.Book.objects.select_for_update(no_key=True).filter(
        pk__in=[key for key in (book_id, old_id) if key]
    )
    locked = {book.pk: book for book in books.order_by("id")}
    book = locked.get(book_id)
    if book is None:
        raise PlaceError(code="BOOK_UNKNOWN", fact=str(book_id))
    if book.station_id != point.station_id:
        raise PlaceError(code="OTHER_STATION", fact=book.name)
    taken = models.BookPlace.objects.filter(book=book, sequence=sequence)
    if taken.exclude(service_point_id=service_point_id).exists():
        raise PlaceError(code="POSITION_TAKEN", fact=str(sequence))
    _move_entries(point=point, old_id=old_id, book=book, sequence=sequence)
    moved = Moved(
        from_book="" if old_id is None else locked[old_id].name,
        from_sequence=0 if standing is None else standing.sequence,
        to_book=book.name,
        to_sequence=sequence,
    )
    if standing is None:
        standing = models.BookPlace(service_point_id=service_point_id)
    standing.station_id, standing.book, standing.sequence = point.station_id, book, sequence
    standing.save()
    _join_open_round(point=point, old_id=old_id, book=book, on=on)
    return moved


def _rounds(*, book_id: int | None) -> QuerySet[models.Round]:
    regular = models.Round.objects.filter(kind=models.RoundKind.REGULAR)
    return regular.none() if book_id is None else regular.filter(book_id=book_id)


def _open_rounds(*, book_id: int | None) -> QuerySet[models.Round]:
    return _rounds(book_id=book_id).filter(state=models.RoundState.OPEN)


def _move_entries(
    *, point: premises.ServicePoint, old_id: int | None, book: models.Book, sequence: int
) -> None:
    """Take the point's empty entries out of the old book's open round, or renumber them in the same book."""
    entries = models.RoundEntry.objects.filter(
        round__in=_open_rounds(book_id=old_id), agreement__service_point=point
    )
    if old_id == book.pk:
        entries.update(sequence=sequence)
        return
    found = list(entries.select_for_update(of=("self",)).select_related("round").order_by("id"))
    for entry in found:
        period = entry.round.period
        if entry.state != models.EntryState.EMPTY:
            raise PlaceError(code="READ_ALREADY", fact=f"{period:%Y-%m}")
        later = _rounds(book_id=book.pk).filter(period__gte=period)
        if later.filter(state=models.RoundState.ACCEPTED).exists():
            raise PlaceError(code="ROUND_ACCEPTED", fact=f"{period:%Y-%m}")
    models.RoundEntry.objects.filter(pk__in=[entry.pk for entry in found]).delete()


def _join_open_round(
    *, point: premises.ServicePoint, old_id: int | None, book: models.Book, on: datetime.date
) -> None:
    """Give the point its entries in the new book's open round, unless it was read in the old book's."""
    if old_id == book.pk:
        return
    opened = _open_rounds(book_id=book.pk).first()
    if opened is None:
        return
    was_read = _rounds(book_id=old_id).filter(
        period__gte=opened.period, entries__agreement__service_point=point
    )
    if not was_read.exists():
        bulk.open_entries(round_id=opened.pk, book_id=book.pk, day=on, service_point_id=point.pk)
