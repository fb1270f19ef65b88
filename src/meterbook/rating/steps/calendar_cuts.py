"""Where a usage is cut: at changes of price and of season, by the rules of its tariff. Plain days, no
columns.
"""

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from meterbook.rating import tariff

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Piece:
    """A part of a usage with one version and one season (0: none).

    `round_to_milli` and `counter` say how it was cut off the piece before; None for the first.
    """

    version_id: int
    season_no: int
    from_: dt.date
    until: dt.date
    cut: tariff.Change | None


class Gap(Enum):
    """Why some day of a usage has no price."""

    UNDECIDED = auto()
    NO_PRICE = auto()


@dataclass(frozen=True)
class Reach:
    """The versions a usage is charged by, earliest first, what is missing before them, and whether its
    counters start again within it.
    """

    versions: tuple[int, ...]
    gap: Gap | None
    is_restarted: bool


@dataclass(frozen=True)
class Versions:
    """The versions of a book and which one each follows."""

    by_id: Mapping[int, tariff.TariffVersion]
    previous: Mapping[int, int]

    def pieces(
        self, *, version_id: int, from_: dt.date, until: dt.date, reading_no: int | None
    ) -> tuple[Piece, ...]:
        """The pieces of a usage [from_, until) whose last day lies in a version, earliest first."""
        found: list[Piece] = []
        stretches = self._stretches(version_id, from_, until, reading_no)
        for number, start, end, cut in reversed(list(stretches)):
            version = self.by_id[number]
            for place, (season_no, first, last) in enumerate(_seasons(version, start, end)):
                own_cut = cut if place == 0 else version.season_change
                found.append(Piece(number, season_no, first, last, own_cut if found else None))
        return tuple(found)

    def reach(self, *, version_id: int, from_: dt.date, until: dt.date, reading_no: int | None) -> Reach:
        """What such a usage touches, and whether every day of it has a price by decided rules."""
        found = self.pieces(version_id=version_id, from_=from_, until=until, reading_no=reading_no)
        touched = tuple(dict.fromkeys(piece.version_id for piece in found))
        cuts = [piece.cut for piece in found if piece.cut is not None]
        restarts = any(cut.counter is not tariff.Counter.CONTINUES for cut in cuts)
        first = self.by_id[touched[0]]
        own_no = reading_no if touched[0] == version_id else None
        is_new = from_ >= first.effective_from
        if first.change is None:
            return Reach(versions=touched, gap=None if is_new else Gap.UNDECIDED, is_restarted=restarts)
        is_complete = is_new or first.change.split is tariff.SplitRule.READING_DATE
        if first.change.split is tariff.SplitRule.READING_NUMBER:
            is_complete = _number(first.change, is_new=is_new, reading_no=own_no) >= first.change.reading
        return Reach(versions=touched, gap=None if is_complete else Gap.NO_PRICE, is_restarted=restarts)

    def _stretches(
        self, version_id: int, from_: dt.date, until: dt.date, reading_no: int | None
    ) -> Iterator[tuple[int, dt.date, dt.date, tariff.Change | None]]:
        """From the latest version back."""
        while True:
            version = self.by_id[version_id]
            change, starts = version.change, version.effective_from
            is_new = from_ >= starts
            if change is None or version_id not in self.previous:
                break
            if change.split is tariff.SplitRule.READING_NUMBER:
                if _number(change, is_new=is_new, reading_no=reading_no) >= change.reading:
                    break
            elif is_new or change.split is tariff.SplitRule.READING_DATE:
                break
            else:
                yield version_id, starts, until, change
                until = starts
            version_id = self.previous[version_id]
            # it counts readings since this change, not since an earlier one
            reading_no = None
        yield version_id, from_, until, None


def _number(change: tariff.Change, *, is_new: bool, reading_no: int | None) -> int:
    """Which reading since the change closes the usage: as stated, else by its dates.

    A period that began before the change is closed by the first reading after it.
    """
    if reading_no is not None:
        return reading_no
    return change.reading if is_new else 1


def season_on(version: tariff.TariffVersion, day: dt.date) -> int:
    """The number of the season holding `day`; 0 for a version without seasons."""
    for season in version.seasons:
        if _is_within(season, day):
            return season.season_no
    return 0


def _is_within(season: tariff.Season, day: dt.date) -> bool:
    first, until = season.from_.in_year(day.year), season.until.in_year(day.year)
    return first <= day < until if first < until else day >= first or day < until


def _seasons(
    version: tariff.TariffVersion, from_: dt.date, until: dt.date
) -> Iterator[tuple[int, dt.date, dt.date]]:
    """Stretches of one season each; a single one where usages are not split at seasons."""
    change = version.season_change
    if not version.seasons or change is None or change.split is not tariff.SplitRule.DAYS:
        yield season_on(version, until - ONE_DAY), from_, until
        return
    starts = (
        season.from_.in_year(year) for year in range(from_.year, until.year + 1) for season in version.seasons
    )
    cuts = [from_, *sorted(day for day in starts if from_ < day < until), until]
    for first, last in itertools.pairwise(cuts):
        yield season_on(version, first), first, last


def heating_season(version: tariff.TariffVersion, day: dt.date) -> tuple[dt.date, dt.date]:
    """The heating season [from, until) that holds `day`, or the next one to begin."""
    if version.heating_season is None:
        raise ValueError("the version has no heating season")
    first, until = version.heating_season
    year = day.year - 1
    while True:
        start, end = first.in_year(year), until.in_year(year)
        if end <= start:
            end = until.in_year(year + 1)
        if day < end:
            return start, end
        year += 1
