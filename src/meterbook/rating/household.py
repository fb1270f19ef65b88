"""How many people live there, and how much wider that makes the tiers.

Every rule is kept as growth per person above a number of persons: bound + extra x numerator / denominator,
rounded half up to a thousandth of the unit. ADD grows each bound by its own quantity (the same for all is the
usual case); SCALE grows a bound by its own share: bound x persons / over_persons.
"""

from dataclasses import dataclass
from enum import StrEnum

import polars as pl


class HouseholdRule(StrEnum):
    """What an additional person does to the tier bounds."""

    NONE = "NONE"
    ADD = "ADD"
    SCALE = "SCALE"


@dataclass(frozen=True)
class Growth:
    """How one bound grows per person: numerator (milli) / denominator."""

    numerator_milli: int
    denominator: int


@dataclass(frozen=True)
class Household:
    """The rule of a tariff version. Persons up to `over_persons` change nothing."""

    rule: HouseholdRule
    over_persons: int
    add_milli: tuple[int, ...]

    def growth(self, *, bound_index: int, bound_milli: int) -> Growth:
        """Growth of the bound at `bound_index` (0 = upper end of tier 1)."""
        if self.rule is HouseholdRule.ADD:
            same_for_all = len(self.add_milli) == 1
            return Growth(numerator_milli=self.add_milli[0 if same_for_all else bound_index], denominator=1)
        if self.rule is HouseholdRule.SCALE:
            return Growth(numerator_milli=bound_milli, denominator=self.over_persons)
        return Growth(numerator_milli=0, denominator=1)


NO_HOUSEHOLD_RULE = Household(rule=HouseholdRule.NONE, over_persons=1, add_milli=())


def extra_persons() -> pl.Expr:
    """Persons above the rule's number, never below zero; from columns persons and over_persons (Int64)."""
    return (pl.col("persons").cast(pl.Int64) - pl.col("over_persons")).clip(lower_bound=0)


def grown_bound(*, bound: str, growth: str) -> pl.Expr:
    """The bound in column `bound` for the household: + extra_persons x `growth` / growth_parts, half up."""
    doubled = pl.col("extra_persons") * pl.col(growth) * 2
    return pl.col(bound) + (doubled + pl.col("growth_parts")) // (pl.col("growth_parts") * 2)
