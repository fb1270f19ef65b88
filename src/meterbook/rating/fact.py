"""What a fact of a tariff is: a field, the place it holds for, a value and its measure."""

import datetime as dt
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

Value = int | str | bool | dt.date | tuple[int, ...] | tuple[str, ...]


class Measure(Enum):
    """What a value is counted in.

    QUANTITY in thousandths of the tariff's unit, METRES in thousandths, PRICE and NUMBER in millionths,
    PERCENT in millionths of a whole. WORD is a code that has a name in every language.
    """

    TEXT = auto()
    WORD = auto()
    DAY = auto()
    COUNT = auto()
    QUANTITY = auto()
    METRES = auto()
    PRICE = auto()
    NUMBER = auto()
    PERCENT = auto()


class Field(StrEnum):
    """What a fact says. Those of a document, of a version, of a component, in this order."""

    CODE = "CODE"
    NAME_ZH = "NAME_ZH"
    NAME_EN = "NAME_EN"
    UTILITY = "UTILITY"
    CUSTOMER_CLASS = "CUSTOMER_CLASS"
    REGION = "REGION"
    CURRENCY = "CURRENCY"
    UNIT = "UNIT"
    SOURCE = "SOURCE"
    GRADE = "GRADE"
    NOTE = "NOTE"
    EFFECTIVE_FROM = "EFFECTIVE_FROM"
    EFFECTIVE_UNTIL = "EFFECTIVE_UNTIL"
    TIER_PERIOD = "TIER_PERIOD"
    BOUNDS_STATED_FOR = "BOUNDS_STATED_FOR"
    BOUNDS_SCALED_BY = "BOUNDS_SCALED_BY"
    BOUNDS_ROUND_TO = "BOUNDS_ROUND_TO"
    BOUNDS_ROUNDING = "BOUNDS_ROUNDING"
    DEFAULT_PERSONS = "DEFAULT_PERSONS"
    HOUSEHOLD_RULE = "HOUSEHOLD_RULE"
    HOUSEHOLD_OVER = "HOUSEHOLD_OVER"
    HOUSEHOLD_ADD = "HOUSEHOLD_ADD"
    HOUSEHOLD_ONCE = "HOUSEHOLD_ONCE"
    MONTHS = "MONTHS"
    YEAR_DAYS = "YEAR_DAYS"
    CHANGE_SPLIT = "CHANGE_SPLIT"
    CHANGE_READING = "CHANGE_READING"
    CHANGE_ROUND_TO = "CHANGE_ROUND_TO"
    CHANGE_COUNTER = "CHANGE_COUNTER"
    SEASON_DAYS = "SEASON_DAYS"
    SEASON_SPLIT = "SEASON_SPLIT"
    SEASON_ROUND_TO = "SEASON_ROUND_TO"
    SEASON_COUNTER = "SEASON_COUNTER"
    HEATING_SEASON = "HEATING_SEASON"
    METERED_UNIT = "METERED_UNIT"
    CONVERSION_FACTOR = "CONVERSION_FACTOR"
    CALORIFIC_VALUE = "CALORIFIC_VALUE"
    CALORIFIC_METERED = "CALORIFIC_METERED"
    CONVERSION_DIVISOR = "CONVERSION_DIVISOR"
    CONVERSION_ROUND_TO = "CONVERSION_ROUND_TO"
    CONVERSION_ROUNDING = "CONVERSION_ROUNDING"
    BILLED_STEP = "BILLED_STEP"
    BILLED_ROUNDING = "BILLED_ROUNDING"
    BILLED_CARRIED = "BILLED_CARRIED"
    BAND_NO = "BAND_NO"
    PROGRAMME_NO = "PROGRAMME_NO"
    COMPONENT = "COMPONENT"
    KIND = "KIND"
    PRICE = "PRICE"
    FEE = "FEE"
    RATE = "RATE"
    BOUND = "BOUND"
    BOUND_OVER_QUOTA = "BOUND_OVER_QUOTA"
    TABLE_BOUND = "TABLE_BOUND"
    PER = "PER"
    TIMES = "TIMES"
    SIZE = "SIZE"
    FREE = "FREE"
    FREE_PER = "FREE_PER"
    FREE_POOLED = "FREE_POOLED"
    AREA_FACTOR = "AREA_FACTOR"
    HEIGHT_OVER = "HEIGHT_OVER"
    HEIGHT_STEP = "HEIGHT_STEP"
    HEIGHT_BEGUN = "HEIGHT_BEGUN"
    HEIGHT_ADD = "HEIGHT_ADD"
    HEIGHT_AT_MOST = "HEIGHT_AT_MOST"
    ALLOWANCE = "ALLOWANCE"
    OF = "OF"
    SHARE = "SHARE"
    SHARE_CAP = "SHARE_CAP"
    SHARE_ROUND_TO = "SHARE_ROUND_TO"
    NEGOTIABLE_BELOW = "NEGOTIABLE_BELOW"
    NEGOTIABLE_ABOVE = "NEGOTIABLE_ABOVE"
    CHOICE = "CHOICE"
    VALID_FROM = "VALID_FROM"
    VALID_UNTIL = "VALID_UNTIL"
    PAID_FROM = "PAID_FROM"
    PAID_UNTIL = "PAID_UNTIL"
    REVENUE = "REVENUE"
    TAX = "TAX"
    TAX_RATE = "TAX_RATE"
    ROUNDING = "ROUNDING"


@dataclass(frozen=True)
class Place:
    """Where a fact stands; what is empty or 0 doesn't matter to it.

    `item` is a class of building, a height in millimetres, or the first day of a dated rate.
    """

    component: str = ""
    season: str = ""
    programme: str = ""
    table: int = 0
    tier: int = 0
    band: str = ""
    calibre: int = 0
    item: str = ""


@dataclass(frozen=True)
class Fact:
    """One value at one place."""

    field: Field
    value: Value
    measure: Measure
    place: Place = Place()

    @property
    def key(self) -> "Key":
        """What two facts share that say the same thing, maybe with another value."""
        return self.field, self.place


Key = tuple[Field, Place]
Found = tuple[Field, Value | None, Measure]


def said(found: tuple[Found, ...], place: Place = Place()) -> tuple[Fact, ...]:
    """The facts of what is not None."""
    return tuple(Fact(field, value, measure, place) for field, value, measure in found if value is not None)
