"""What every kind of charge gives the engine. A new kind is one file here and one row in `charges.table`."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import polars as pl

from meterbook.rating import household as households


class ChargeKind(IntEnum):
    """The kinds of charge. Names are used in tariff documents, numbers in the book's frames.

    From DERIVED_FROM on, a charge is calculated from the lines of others, in the order of the numbers.
    """

    PER_UNIT = 1
    GRADUATED_TIERS = 2
    PER_PERIOD = 3
    VOLUME_TIERS = 4
    SWITCHING_TIERS = 5
    TIER_FEE = 6
    PACKAGE = 7
    PER_MONTH = 8
    PER_DAY = 9
    CAPACITY = 10
    DEMAND = 11
    TIME_OF_USE = 12
    TIME_OF_USE_TIERS = 13
    AREA = 14
    OVER_QUOTA = 15
    FREE_QUANTITY = 16
    PERCENT_OFF = 20
    MONEY_OFF = 21
    MAXIMUM = 22
    MINIMUM = 23
    PERCENTAGE = 24
    BILL_ROUNDING = 25


DERIVED_FROM = ChargeKind.PERCENT_OFF


class Basis(IntEnum):
    """What a price is multiplied with."""

    QUANTITY = 1
    BAND = 2
    AREA = 3
    CAPACITY = 4
    DEMAND = 5
    ONE = 6
    HOUSEHOLDS = 7
    PERSONS = 8
    FREE = 9


# What a meter counts; everything else is there whether used or not.
METERED = frozenset({Basis.QUANTITY, Basis.BAND, Basis.FREE})


class Time(IntEnum):
    """How often a price falls due within a usage.

    MONTHS_BY_DAYS counts days x 12 / days of the year; SEASON the part of the heating season served.
    """

    ONCE = 1
    MONTHS = 2
    MONTHS_BY_DAYS = 3
    DAYS = 4
    SEASON_DAYS = 5
    SEASON_MONTHS = 6


class Bounds(IntEnum):
    """What tier bounds are stated in: the tariff's unit, or millionths of the customer's quota."""

    ABSOLUTE = 1
    OF_QUOTA = 2


ONE_MILLI = 1000
MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Share:
    """How a quantity becomes the charged one: only up to `cap_milli`, only `share_ppm` millionths of it.

    With `round_to_milli` the share is a rounded quantity of its own (half up); without it stays a factor of
    the line, so that nothing is rounded before the amount.
    """

    share_ppm: int = MILLION
    cap_milli: int | None = None
    round_to_milli: int | None = None


WHOLE = Share()


@dataclass(frozen=True, kw_only=True)
class PriceRow:
    """One price of a component: what the engine joins to a usage.

    `tier` 0 means without tiers, `band` 0 without bands; `from_milli`/`until_milli` are the bounds for the
    default household (upper one inclusive, None open), each with its growth per additional person and its
    jump as soon as there is one; `cap`s hold a grown bound below the next one. `table_from_milli` and
    `table_until_milli` say for which whole quantity the row holds at all. `calibre_mm` restricts it to one
    meter size, `size_milli` is a package's size. `rate_ppm` is what a derived charge takes of its base.
    """

    price_micro: int
    tier: int = 0
    band: int = 0
    basis: Basis = Basis.QUANTITY
    time: Time = Time.ONCE
    from_milli: int | None = None
    until_milli: int | None = None
    from_growth_milli: int = 0
    until_growth_milli: int = 0
    growth_parts: int = 1
    from_jump_milli: int = 0
    until_jump_milli: int = 0
    from_cap_milli: int | None = None
    until_cap_milli: int | None = None
    bounds: Bounds = Bounds.ABSOLUTE
    table_from_milli: int | None = None
    table_until_milli: int | None = None
    calibre_mm: int | None = None
    size_milli: int | None = None
    rate_ppm: int = 0
    is_fee: bool = False


class Charge(Protocol):
    """The prices of one component, as read from the document."""

    @property
    def kind(self) -> ChargeKind:
        """Which kind it is."""

    def price_rows(self, household: households.Household) -> tuple[PriceRow, ...]:
        """Its prices, lowest tier first, within a tier by band."""


class ChargeRule(Protocol):
    """How a kind of charge turns a usage joined with a price row into a charged quantity.

    Columns to build on: quantity_milli (what the row's basis counts), before_milli, tier, tier_from_milli,
    tier_until_milli (bounds of this household, null = open), all Int64 or smaller.
    """

    def charged_milli(self) -> pl.Expr:
        """The charged quantity in milli-units, Int64."""

    def is_line(self) -> pl.Expr:
        """Whether the row becomes a line, given also column charged_milli."""
