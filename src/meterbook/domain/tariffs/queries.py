"""Reads of the price catalogue: which version is in force, and versions as rating values."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from meterbook.domain.tariffs import models
from meterbook.rating import book, document, tariff

_BookKey = tuple[tuple[tuple[int, str], ...], tuple[tuple[int, int], ...]]
# A version never changes, so its parsed form is kept by fingerprint for as long as the process lives.
_parsed: dict[str, tariff.TariffVersion] = {}
_books: dict[_BookKey, book.TariffBook] = {}
BOOKS_KEPT = 32


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One tariff of the catalogue. `utility` is a number of domain.tables.Utility."""

    tariff_id: int
    code: str
    utility: int
    customer_class: str
    name_zh: str
    name_en: str
    unit: str

    def name(self, language: str) -> str:
        """The name in a language of the product: Chinese for zh..., else English."""
        return self.name_zh if language.startswith("zh") else self.name_en


@dataclass(frozen=True, slots=True)
class VersionEntry:
    """One stored version with what it says."""

    version_id: int
    revision: int
    loaded_at: datetime.datetime
    version: tariff.TariffVersion
    sources: tuple[str, ...]
    grade: str
    note: str


class VersionUnknownError(LookupError):
    """No tariff version has one of these ids."""

    def __init__(self, *, version_ids: Iterable[int]) -> None:
        self.version_ids = tuple(sorted(version_ids))
        super().__init__(f"no tariff versions {list(self.version_ids)}")


class TariffUnknownError(LookupError):
    """No tariff has this code."""

    def __init__(self, *, code: str) -> None:
        super().__init__(f"no tariff {code}")
        self.code = code


_ENTRY_FIELDS = ("id", "code", "utility", "customer_class", "name_zh", "name_en", "unit")


def catalogue() -> tuple[CatalogueEntry, ...]:
    """All tariffs, by utility and code."""
    rows = models.Tariff.objects.order_by("utility", "code").values_list(*_ENTRY_FIELDS)
    return tuple(CatalogueEntry(*row) for row in rows)


def tariff_by_code(*, code: str) -> CatalogueEntry:
    """One tariff of the catalogue; TariffUnknownError when there is none of that code."""
    row = models.Tariff.objects.filter(code=code).values_list(*_ENTRY_FIELDS).first()
    if row is None:
        raise TariffUnknownError(code=code)
    return CatalogueEntry(*row)


def version_history(*, tariff_id: int) -> tuple[VersionEntry, ...]:
    """Every version and revision of a tariff, the latest first."""
    rows = list(
        models.TariffVersion.objects.filter(tariff_id=tariff_id)
        .order_by("-effective_from", "-revision")
        .values_list("id", "revision", "loaded_at", "fingerprint", "document")
    )
    for _, _, _, fingerprint, text in rows:
        _parsed.setdefault(fingerprint, document.parse(text).versions[0])
    return tuple(
        VersionEntry(
            version_id=version_id,
            revision=revision,
            loaded_at=loaded_at,
            version=_parsed[fingerprint],
            sources=tuple(text["source"]),
            grade=text["grade"],
            note=text.get("note", ""),
        )
        for version_id, revision, loaded_at, fingerprint, text in rows
    )


def version_in_force(*, tariff_id: int, day: datetime.date) -> int | None:
    """The version a tariff had on a day: the highest revision of the latest start; None when it had none."""
    row = (
        models.TariffVersion.objects.filter(tariff_id=tariff_id, effective_from__lte=day)
        .order_by("-effective_from", "-revision")
        .values_list("id", "effective_until")
        .first()
    )
    return None if row is None or (row[1] is not None and row[1] <= day) else row[0]


def versions(*, version_ids: Iterable[int]) -> dict[int, tariff.TariffVersion]:
    """What versions say, by id. VersionUnknownError names the ids there are none of."""
    return {
        version_id: _parsed[fingerprint] for version_id, fingerprint in _fingerprints(version_ids).items()
    }


def tariff_book(*, version_ids: Iterable[int], since: datetime.date | None = None) -> book.TariffBook:
    """The prices of versions as the engine takes them; kept by content. VersionUnknownError as above.

    With `since`, the first day of any usage, the book also holds the versions that were in force between that
    day and the start of those asked for, and says which follows which.
    """
    fingerprints = _fingerprints(version_ids)
    previous = {} if since is None else _previous(fingerprints, since=since)
    if previous:
        fingerprints |= _fingerprints(previous.values())
    key = (tuple(sorted(fingerprints.items())), tuple(sorted(previous.items())))
    if key not in _books:
        if len(_books) >= BOOKS_KEPT:
            _books.clear()
        found = {i: _parsed[fingerprint] for i, fingerprint in fingerprints.items()}
        _books[key] = book.tariff_book(found, previous=previous)
    return _books[key]


def _previous(fingerprints: Mapping[int, str], *, since: datetime.date) -> dict[int, int]:
    """Version -> the standing version of its tariff on the day before it starts, back to `since`.

    A version with a gap before it follows none. One that counts readings may need the one before long after
    its start.
    """
    counting = [i for i, fingerprint in fingerprints.items() if _counts_readings(_parsed[fingerprint])]
    late = models.TariffVersion.objects.filter(id__in=fingerprints).filter(
        Q(effective_from__gt=since) | Q(id__in=counting)
    )
    starts = list(late.values_list("id", "tariff_id", "effective_from"))
    if not starts:
        return {}
    rows = (
        models.TariffVersion.objects.filter(tariff_id__in={row[1] for row in starts})
        .order_by("effective_from", "revision")
        .values_list("tariff_id", "effective_from", "id", "effective_until")
    )
    # of several revisions of one start the last one stands
    standing = {(row[0], row[1]): (row[2], row[3]) for row in rows}
    previous: dict[int, int] = {}
    for version_id, tariff_id, first_day in starts:
        days = sorted(
            (day for owner, day in standing if owner == tariff_id and day < first_day), reverse=True
        )
        number, starts_on = version_id, first_day
        for day in days:
            found, until = standing[tariff_id, day]
            if until is not None and until < starts_on:
                break
            previous[number] = found
            number, starts_on = found, day
            if starts_on <= since:
                break
    return previous


def _counts_readings(version: tariff.TariffVersion) -> bool:
    return version.change is not None and version.change.split is tariff.SplitRule.READING_NUMBER


def revenue_codes(*, version_ids: Iterable[int]) -> dict[tuple[int, int], str]:
    """(version id, component number) -> revenue code."""
    rows = models.TariffComponent.objects.filter(version_id__in=set(version_ids))
    return {
        (version_id, component_no): code
        for version_id, component_no, code in rows.values_list("version_id", "component_no", "revenue_code")
    }


def _fingerprints(version_ids: Iterable[int]) -> dict[int, str]:
    """Id -> fingerprint, all of them parsed and kept."""
    wanted = set(version_ids)
    found = dict(models.TariffVersion.objects.filter(id__in=wanted).values_list("id", "fingerprint"))
    if missing := wanted - found.keys():
        raise VersionUnknownError(version_ids=missing)
    unread = [i for i, fingerprint in found.items() if fingerprint not in _parsed]
    if unread:
        texts = models.TariffVersion.objects.filter(id__in=unread).values_list("fingerprint", "document")
        for fingerprint, text in texts:
            _parsed[fingerprint] = document.parse(text).versions[0]
    return found


def entries_of_versions(*, version_ids: Iterable[int]) -> dict[int, tuple[CatalogueEntry, datetime.date]]:
    """Version id -> its tariff and the day the version starts."""
    rows = models.TariffVersion.objects.filter(id__in=set(version_ids)).values_list(
        "id", "effective_from", *(f"tariff__{name}" for name in _ENTRY_FIELDS)
    )
    return {row[0]: (CatalogueEntry(*row[2:]), row[1]) for row in rows}


@dataclass(frozen=True, slots=True)
class Published:
    """What a version's document calls its tariff, and where the price was published."""

    names: tariff.Names
    sources: tuple[str, ...]


def published(*, version_ids: Iterable[int]) -> dict[int, Published]:
    """Version id -> the names and sources it was loaded with."""
    rows = models.TariffVersion.objects.filter(id__in=set(version_ids)).values_list(
        "id", "document__names__zh", "document__names__en", "document__source"
    )
    return {row[0]: Published(tariff.Names(zh=row[1], en=row[2]), tuple(row[3])) for row in rows}


@dataclass(frozen=True, slots=True)
class StandingEntry:
    """A tariff with the version it has on a day; None where it has none."""

    entry: CatalogueEntry
    effective_from: datetime.date | None
    revision: int | None


def catalogue_on(*, day: datetime.date) -> tuple[StandingEntry, ...]:
    """The catalogue with the version in force on a day."""
    latest: dict[int, tuple[datetime.date, int, datetime.date | None]] = {}
    rows = (
        models.TariffVersion.objects.filter(effective_from__lte=day)
        .order_by("tariff_id", "effective_from", "revision")
        .values_list("tariff_id", "effective_from", "revision", "effective_until")
    )
    for tariff_id, effective_from, revision, until in rows:
        latest[tariff_id] = (effective_from, revision, until)
    found = []
    for entry in catalogue():
        standing = latest.get(entry.tariff_id)
        if standing is None or (standing[2] is not None and standing[2] <= day):
            found.append(StandingEntry(entry, None, None))
        else:
            found.append(StandingEntry(entry, standing[0], standing[1]))
    return tuple(found)
