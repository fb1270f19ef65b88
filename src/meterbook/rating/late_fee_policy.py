"""What a company may set about late fees, and which days are working days.

Rates and shares are millionths (1 ‰ = 1000, the whole = 1_000_000), amounts minor units. Numbers of the
enumerations are stored in tables: never renumber them.
"""

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum

from meterbook.kernel import period, rounding

ONE_MICRO = 1_000_000
LARGEST_AMOUNT_MINOR = 10**13
LARGEST_CAP_MICRO = 100 * ONE_MICRO
LONGEST_DAYS = 36_525


class CountsFrom(IntEnum):
    """From which day on a part pays that was not paid within the grace."""

    DUE_DAY = 1
    GRACE_END = 2


class DayCount(IntEnum):
    """Which days count."""

    CALENDAR = 1
    WORKDAYS = 2


class YearEnd(IntEnum):
    """What the later rate applies to; the year is that of the (moved) due day.

    SPLIT: each day at the rate of its year. CARRIED: all days of a part that was still unpaid when the year
    ended. NEW_YEAR_ONLY: of such a part only the days since then, the earlier ones are dropped.
    """

    SPLIT = 1
    CARRIED = 2
    NEW_YEAR_ONLY = 3


class PolicyError(ValueError):
    """A policy that makes no sense; the text names the field and the reason."""


@dataclass(frozen=True, kw_only=True)
class LaterRate:
    """The rate for debt carried over the end of the year, in millionths per day, and what it applies to."""

    rate_micro: int
    rule: YearEnd


@dataclass(frozen=True, kw_only=True)
class LateFeePolicy:
    """One policy; rates in millionths per day.

    `grace_days` are calendar days. `cap_micro` is the most a fee may be as a share of the debt (1_000_000:
    the principal itself), None for no cap; the limit is cut to the step of the rounding rule. `floor_minor`
    is the least fee where any is owed. Raises PolicyError.
    """

    rate_micro: int
    later: LaterRate | None = None
    grace_days: int = 0
    counts_from: CountsFrom = CountsFrom.DUE_DAY
    day_count: DayCount = DayCount.CALENDAR
    moves_due_day: bool = False
    cap_micro: int | None = ONE_MICRO
    floor_minor: int = 0
    rounding_rule: rounding.Rounding = rounding.Rounding.FEN_HALF_UP

    def __post_init__(self) -> None:
        limits = {
            "rate_micro": (self.rate_micro, ONE_MICRO),
            "later.rate_micro": (self.later.rate_micro if self.later else 0, ONE_MICRO),
            "grace_days": (self.grace_days, LONGEST_DAYS),
            "cap_micro": (self.cap_micro or 0, LARGEST_CAP_MICRO),
            "floor_minor": (self.floor_minor, LARGEST_AMOUNT_MINOR),
        }
        for name, (value, largest) in limits.items():
            if not 0 <= value <= largest:
                raise PolicyError(f"{name} {value} is not between 0 and {largest}")


@dataclass(frozen=True, kw_only=True)
class WorkCalendar:
    """The days off (weekends too, less those worked) within the days `covers`; other days are unknown."""

    covers: period.Period
    days_off: frozenset[dt.date]

    def next_workdays(self) -> dict[dt.date, dt.date]:
        """For each day off the next day that is none."""
        found: dict[dt.date, dt.date] = {}
        for day in sorted(self.days_off, reverse=True):
            following = day + dt.timedelta(days=1)
            found[day] = found.get(following, following)
        return found
