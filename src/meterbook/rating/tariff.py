"""A tariff as values: what a document says once it has been read and checked."""

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from meterbook.kernel import period, rounding
from meterbook.rating import household as households
from meterbook.rating.charges import kinds


class Utility(StrEnum):
    """What is supplied."""

    WATER = "WATER"
    GAS = "GAS"
    ELECTRICITY = "ELECTRICITY"
    HEAT = "HEAT"


class TaxTreatment(StrEnum):
    """How value-added tax treats a component."""

    TAXED = "TAXED"
    EXEMPT = "EXEMPT"
    NOT_SUBJECT = "NOT_SUBJECT"


@dataclass(frozen=True)
class Names:
    """A name in the languages the product ships."""

    zh: str
    en: str


@dataclass(frozen=True)
class Tax:
    """Treatment and rate in hundredths of a percent (9 % is 900); the rate is 0 unless TAXED.

    It holds for usages whose last day lies in [from_, until); None is open.
    """

    treatment: TaxTreatment
    rate_basis_points: int
    from_: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class Condition:
    """When a component is charged at all. Everything stated must hold; dates are half-open.

    `choice` is a code the usage must name: a concession it is entitled to, an insurance it has chosen.
    `valid_*` looks at the last day of supply, `paid_*` at the day of payment.
    """

    choice: str | None = None
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    paid_from: dt.date | None = None
    paid_until: dt.date | None = None

    @property
    def is_always(self) -> bool:
        """Whether nothing is asked."""
        return self == ALWAYS


ALWAYS = Condition()


@dataclass(frozen=True, kw_only=True)
class Negotiable:
    """How far an agreed price may lie below and above the published one, in millionths of it."""

    below_ppm: int
    above_ppm: int

    def lowest_micro(self, price_micro: int) -> int:
        """The lowest price still within the band."""
        return -(-price_micro * (kinds.MILLION - self.below_ppm) // kinds.MILLION)

    def highest_micro(self, price_micro: int) -> int:
        """The highest price still within the band."""
        return price_micro * (kinds.MILLION + self.above_ppm) // kinds.MILLION


@dataclass(frozen=True)
class Component:
    """One charge of a tariff: its price, what it is called, where its revenue goes, its tax and rounding.

    `taxes` are one or more with adjoining dates; `tax` is the one to name where no day is known. `of` are
    the numbers of the components a derived charge is calculated from (or, for a free quantity, the ones it
    makes free).
    """

    component_no: int
    code: str
    name: Names
    charge: kinds.Charge
    revenue: str
    taxes: tuple[Tax, ...]
    rounding: rounding.Rounding
    condition: Condition = ALWAYS
    share: kinds.Share = kinds.WHOLE
    negotiable: Negotiable | None = None
    of: tuple[int, ...] = ()

    @property
    def tax(self) -> Tax:
        """The latest tax treatment."""
        return self.taxes[-1]


class SplitRule(IntEnum):
    """What happens to a usage that began before a price changed.

    DAYS: in proportion to days, each part at its own price. READING_DATE: all of it at the price of its last
    day. READING_NUMBER: the new price from the n-th reading after the change, the old one before.
    """

    DAYS = 1
    READING_DATE = 2
    READING_NUMBER = 3


class Counter(IntEnum):
    """What a tier counter does where a usage is split: runs on, starts again, or starts again with bounds
    in proportion to the days.
    """

    CONTINUES = 1
    RESTARTS = 2
    PRORATED = 3


@dataclass(frozen=True, kw_only=True)
class Change:
    """How a usage is split at a change of price: old part rounded half up to `round_to_milli`, new the
    rest.
    """

    split: SplitRule
    reading: int = 1
    round_to_milli: int = kinds.ONE_MILLI
    counter: Counter = Counter.CONTINUES


@dataclass(frozen=True)
class MonthDay:
    """A day of any year."""

    month: int
    day: int

    def in_year(self, year: int) -> dt.date:
        """That day of `year`."""
        return dt.date(year, self.month, self.day)


@dataclass(frozen=True)
class Season:
    """A part of the year with prices of its own: [from_, until) every year."""

    season_no: int
    code: str
    name: Names
    from_: MonthDay
    until: MonthDay


class StatedFor(IntEnum):
    """For how long a tier's bounds are stated."""

    BILL = 1
    MONTH = 2
    TWO_MONTHS = 3
    YEAR = 4
    SEASON = 5


class ScaledBy(IntEnum):
    """How bounds follow a length other than the stated one."""

    NONE = 1
    MONTHS = 2
    DAYS = 3


@dataclass(frozen=True, kw_only=True)
class BoundScale:
    """What bounds are stated for, how they are scaled, and to what step (milli) they are then rounded."""

    stated_for: StatedFor
    scaled_by: ScaledBy
    round_to_milli: int = 1
    mode: rounding.Mode = rounding.Mode.HALF_UP


class MonthCount(IntEnum):
    """How many months a usage has when it doesn't say: days x 12 / 365 half up, or every begun month."""

    NEAREST = 1
    STARTED = 2


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """How a metered volume becomes the charged unit: x factor x calorific value / divisor, rounded.

    `factor_micro` and `calorific_micro` are millionths; without a calorific value of its own the tariff
    takes the usage's (`is_calorific_metered`). The result is rounded to `round_to_milli` by `mode`.
    """

    unit: str
    factor_micro: int
    calorific_micro: int
    is_calorific_metered: bool
    divisor_micro: int
    round_to_milli: int
    mode: rounding.Mode


@dataclass(frozen=True, kw_only=True)
class QuantityRounding:
    """Charged quantities in whole steps. With `is_carried` the rest belongs to the next reading."""

    round_to_milli: int
    mode: rounding.Mode
    is_carried: bool


@dataclass(frozen=True)
class Band:
    """One register or time band of a time-of-use tariff, numbered from 1."""

    band_no: int
    code: str
    name: Names


@dataclass(frozen=True, kw_only=True)
class Programme:
    """Prices of their own for those entitled: low-income households, schools, suspended heating.

    Of the programmes a usage names and whose dates hold its last day, the first in the tariff applies.
    """

    programme_no: int
    code: str
    name: Names
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None


@dataclass(frozen=True)
class PriceSet:
    """The components as they are priced in one season (0: no seasons) under one programme (0: none)."""

    season_no: int
    programme_no: int
    components: tuple[Component, ...]

    @property
    def set_no(self) -> int:
        """The number of the set within its version."""
        return set_no_of(season_no=self.season_no, programme_no=self.programme_no)


SETS_A_PROGRAMME = 100


def set_no_of(*, season_no: int, programme_no: int) -> int:
    """The number of a price set: programmes count in hundreds."""
    return programme_no * SETS_A_PROGRAMME + season_no


@dataclass(frozen=True)
class TariffVersion:
    """What the tariff says during [effective_from, effective_until); None is open.

    `default_persons` holds for usages without a number of persons. `exponent` is the currency's decimals.
    `components` are those of the first price set: names and order are the same in all of them.
    `change` None: nobody has decided what happens to usages that began before this version.
    """

    effective_from: dt.date
    effective_until: dt.date | None
    currency: str
    exponent: int
    unit: str
    tier_period: period.TierPeriod
    default_persons: int
    household: households.Household
    components: tuple[Component, ...]
    price_sets: tuple[PriceSet, ...]
    bound_scale: BoundScale
    month_count: MonthCount = MonthCount.NEAREST
    year_days: int = 365
    change: Change | None = None
    seasons: tuple[Season, ...] = ()
    season_change: Change | None = None
    heating_season: tuple[MonthDay, MonthDay] | None = None
    conversion: Conversion | None = None
    quantity_rounding: QuantityRounding | None = None
    bands: tuple[Band, ...] = ()
    programmes: tuple[Programme, ...] = ()


@dataclass(frozen=True)
class TariffDocument:
    """A published tariff with its versions, oldest first."""

    code: str
    names: Names
    utility: Utility
    customer_class: str
    region: str
    currency: str
    unit: str
    source: tuple[str, ...]
    grade: str
    note: str
    versions: tuple[TariffVersion, ...]

    def version_on(self, day: dt.date) -> TariffVersion:
        """The version in force on `day`; LookupError when there is none."""
        for version in self.versions:
            if period.is_effective(day=day, from_=version.effective_from, until=version.effective_until):
                return version
        raise LookupError(f"{self.code} has no version on {day}")
