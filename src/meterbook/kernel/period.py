"""Days and half-open periods. No clock: the caller always says which day it is."""

import calendar
import datetime as dt
from dataclasses import dataclass
from enum import IntEnum

_MONTHS_A_YEAR = 12
_ANY_COMMON_YEAR = 2001


class PeriodError(ValueError):
    """A period that doesn't end after it begins, or a day that doesn't lie where it must."""


@dataclass(frozen=True, order=True)
class Period:
    """The days from `from_` up to but not including `until`; never empty."""

    from_: dt.date
    until: dt.date

    def __post_init__(self) -> None:
        if self.from_ >= self.until:
            raise PeriodError(f"[{self.from_}, {self.until}) holds no day")

    @property
    def days(self) -> int:
        """Number of days, at least one."""
        return (self.until - self.from_).days

    def contains(self, day: dt.date) -> bool:
        """Whether `day` is one of its days."""
        return self.from_ <= day < self.until

    def overlaps(self, other: "Period") -> bool:
        """Whether both have at least one day in common; touching ends don't."""
        return self.from_ < other.until and other.from_ < self.until

    def intersection(self, other: "Period") -> "Period":
        """The days in both; PeriodError when there are none."""
        return Period(from_=max(self.from_, other.from_), until=min(self.until, other.until))


class TierPeriod(IntEnum):
    """Over which time a tier counter runs before it starts again at zero. The numbers are stored."""

    BILLING_PERIOD = 1
    MONTH = 2
    CALENDAR_YEAR = 3
    TWO_MONTHS = 4
    ANNIVERSARY_YEAR = 5
    HEATING_SEASON = 6


def is_effective(*, day: dt.date, from_: dt.date, until: dt.date | None) -> bool:
    """Whether `day` lies in [from_, until), where no `until` means for ever."""
    return from_ <= day and (until is None or day < until)


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of the month `months` later; the month's last day where that day doesn't exist."""
    index = day.year * _MONTHS_A_YEAR + day.month - 1 + months
    year, month = divmod(index, _MONTHS_A_YEAR)
    last_day = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last_day))


def month_of(day: dt.date) -> Period:
    """The calendar month holding `day`."""
    first = day.replace(day=1)
    return Period(from_=first, until=add_months(first, 1))


def year_of(day: dt.date) -> Period:
    """The calendar year holding `day`."""
    first = dt.date(day.year, 1, 1)
    return Period(from_=first, until=dt.date(day.year + 1, 1, 1))


def two_months_of(day: dt.date) -> Period:
    """The pair of calendar months holding `day`: January and February, March and April, ..."""
    first = dt.date(day.year, day.month - (day.month + 1) % 2, 1)
    return Period(from_=first, until=add_months(first, 2))


def anniversary_year_of(*, day: dt.date, anchor: dt.date) -> Period:
    """The year holding `day` of those that begin with `anchor` and its anniversaries, before it too.

    The anniversary of 29 February is 28 February in years without one.
    """
    years = day.year - anchor.year
    if day < add_months(anchor, years * _MONTHS_A_YEAR):
        years -= 1
    from_, until = (add_months(anchor, (years + extra) * _MONTHS_A_YEAR) for extra in (0, 1))
    return Period(from_=from_, until=until)


def heating_year_of(*, day: dt.date, season_start: tuple[int, int]) -> Period:
    """From the start (month, day) of one heating season to that of the next; PeriodError for no such day.

    The months after a season belong to it: what is read late still counts there.
    """
    try:
        first = dt.date(_ANY_COMMON_YEAR, *season_start)
    except ValueError as error:
        raise PeriodError(f"not every year has the day {season_start}") from error
    return anniversary_year_of(day=day, anchor=first)


def tier_period_of(
    *,
    tier_period: TierPeriod,
    day: dt.date,
    billing_period: Period,
    anchor: dt.date | None = None,
    season_start: tuple[int, int] | None = None,
) -> Period:
    """The tier period in which a quantity counted on `day` is accumulated.

    `day` is the day on which the usage counts (by rule of the company: reading day or last day of supply).
    For BILLING_PERIOD it must lie in `billing_period` or be its end, the reading day. ANNIVERSARY_YEAR needs
    `anchor`, the day the first year began; HEATING_SEASON needs `season_start`, month and day. PeriodError
    when they are missing.
    """
    match tier_period:
        case TierPeriod.CALENDAR_YEAR:
            return year_of(day)
        case TierPeriod.MONTH:
            return month_of(day)
        case TierPeriod.TWO_MONTHS:
            return two_months_of(day)
        case TierPeriod.ANNIVERSARY_YEAR:
            if anchor is None:
                raise PeriodError("an anniversary year needs the day its first one began")
            return anniversary_year_of(day=day, anchor=anchor)
        case TierPeriod.HEATING_SEASON:
            if season_start is None:
                raise PeriodError("a heating season needs the day it starts")
            return heating_year_of(day=day, season_start=season_start)
        case _:
            if not (billing_period.from_ <= day <= billing_period.until):
                raise PeriodError(f"{day} lies outside [{billing_period.from_}, {billing_period.until}]")
            return billing_period
