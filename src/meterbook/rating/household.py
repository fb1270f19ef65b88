"""How many people live there, and how much wider that makes the tiers.

Every rule is kept as growth per person above a number of persons, rounded half up to a thousandth of the
unit: bound + extra x numerator / denominator, and + jump as soon as there is one extra person. The five
published ways (domain facts, 1): ADD the same to every bound, ADD to each bound its own quantity,
FIRST_TIER only widens the first tier at the cost of the second, SCALE grows a bound by its own share (bound
x persons / over_persons), PER_PERSON states the bounds per head from a number of persons on. ADD with
`is_once` adds the same for any number of extra persons.
"""

from dataclasses import dataclass
from enum import StrEnum

import polars as pl


class HouseholdRule(StrEnum):
    """What an additional person does to the tier bounds."""

    NONE = "NONE"
    ADD = "ADD"
    FIRST_TIER = "FIRST_TIER"
    SCALE = "SCALE"
    PER_PERSON = "PER_PERSON"


@dataclass(frozen=True)
class Growth:
    """How one bound grows: numerator (milli) / denominator per extra person, and once by `jump_milli`."""

    numerator_milli: int
    denominator: int
    jump_milli: int = 0


NO_GROWTH = Growth(numerator_milli=0, denominator=1)


@dataclass(frozen=True)
class Household:
    """The rule of a tariff version. Persons up to `over_persons` change nothing.

    `add_milli`: what ADD and FIRST_TIER add, or what PER_PERSON gives each head; one for all bounds or one
    for each.
    """

    rule: HouseholdRule
    over_persons: int
    add_milli: tuple[int, ...]
    is_once: bool = False

    def growth(self, *, bound_index: int, bound_milli: int) -> Growth:
        """Growth of the bound at `bound_index` (0 = upper end of tier 1)."""
        if self.rule is HouseholdRule.ADD:
            added = self._own(bound_index)
            if self.is_once:
                return Growth(numerator_milli=0, denominator=1, jump_milli=added)
            return Growth(numerator_milli=added, denominator=1)
        if self.rule is HouseholdRule.FIRST_TIER and bound_index == 0:
            return Growth(numerator_milli=self.add_milli[0], denominator=1)
        if self.rule is HouseholdRule.SCALE:
            return Growth(numerator_milli=bound_milli, denominator=self.over_persons)
        if self.rule is HouseholdRule.PER_PERSON:
            per_head = self._own(bound_index)
            jump = per_head * self.over_persons - bound_milli
            return Growth(numerator_milli=per_head, denominator=1, jump_milli=jump)
        return NO_GROWTH

    def _own(self, bound_index: int) -> int:
        return self.add_milli[0 if len(self.add_milli) == 1 else bound_index]


NO_HOUSEHOLD_RULE = Household(rule=HouseholdRule.NONE, over_persons=1, add_milli=())


ENDS = ("from", "until")
# The columns of prices that say how bounds grow.
GROWING = (
    *(f"{end}_{name}_milli" for end in ENDS for name in ("growth", "jump", "cap")),
    "growth_parts",
)


def extra_persons() -> pl.Expr:
    """Persons (or the default number) above the rule's number, never below zero; from columns persons,
    default_persons and over_persons (Int64).
    """
    persons = pl.coalesce("persons", "default_persons").cast(pl.Int64)
    return (persons - pl.col("over_persons")).clip(lower_bound=0)


def grown_bound(*, end: str, stated: frozenset[str]) -> pl.Expr:
    """The bound `tier_{end}_milli` for the household: jump, growth per extra person half up, cap.

    `stated` are the columns of prices that say something in any row: nothing is worked out for others.
    """
    bound, extra = pl.col(f"tier_{end}_milli"), pl.col("extra_persons")
    growth, jump, cap = (f"{end}_{name}_milli" for name in ("growth", "jump", "cap"))
    if growth in stated:
        grown = extra * pl.col(growth)
        if "growth_parts" in stated:
            parts = pl.col("growth_parts")
            grown = (grown * 2 + parts) // (parts * 2)
        bound = bound + grown
    if jump in stated:
        bound = bound + pl.when(extra > 0).then(jump).otherwise(0)
    # a null cap holds nothing back; an open end has none
    return pl.min_horizontal(bound, cap) if cap in stated else bound
