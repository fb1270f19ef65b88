"""What every kind of charge gives the engine. A new kind is one file here and one row in `charges.table`."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import polars as pl

from meterbook.rating import household as households


class ChargeKind(IntEnum):
    """The kinds of charge. Names are used in tariff documents, numbers in the book's frames."""

    PER_UNIT = 1
    GRADUATED_TIERS = 2
    PER_PERIOD = 3


@dataclass(frozen=True)
class PriceRow:
    """One price of a component: what the engine joins to a usage.

    `tier` 0 means without tiers; `from_milli`/`until_milli` are the bounds for the default household (upper
    one inclusive, None open), each with its growth per additional person.
    """

    tier: int
    price_micro: int
    from_milli: int | None = None
    until_milli: int | None = None
    from_growth_milli: int = 0
    until_growth_milli: int = 0
    growth_parts: int = 1


class Charge(Protocol):
    """The prices of one component, as read from the document."""

    @property
    def kind(self) -> ChargeKind:
        """Which kind it is."""

    def price_rows(self, household: households.Household) -> tuple[PriceRow, ...]:
        """Its prices, lowest tier first."""


class ChargeRule(Protocol):
    """How a kind of charge turns a usage joined with a price row into a charged quantity.

    Columns to build on: quantity_milli, before_milli, tier, tier_from_milli, tier_until_milli (bounds of this
    household, null = open), all Int64 or smaller.
    """

    def charged_milli(self) -> pl.Expr:
        """The charged quantity in milli-units, Int64."""

    def is_line(self) -> pl.Expr:
        """Whether the row becomes a line, given also column charged_milli."""
