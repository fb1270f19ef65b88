"""What a meter counted until it was taken off: by its registers, or by estimate where it counted nothing.

A closing value is judged like any reading, with what is carried already; a roll-over or a usage far above
average only stands when somebody says so. A dead meter's days count by the mean of the last usages, or later
by the mean of the meter after it (then the quantity is not known yet).
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from meterbook.domain.metering import rules_estimates, rules_quantities, rules_registers
from meterbook.kernel import period

FEWEST_USAGES, MOST_USAGES = 1, 24
BY_LAST_USAGES = rules_estimates.EstimateRule.DAILY_MEAN_OF_USAGES
BY_NEW_METER = rules_estimates.EstimateRule.NEW_METER
ESTIMATES = (BY_LAST_USAGES, BY_NEW_METER)


class ChangeFault(StrEnum):
    """Why a change of meters, or a settlement, is refused."""

    AGREEMENT_UNKNOWN = "AGREEMENT_UNKNOWN"
    BANDS_DIFFER = "BANDS_DIFFER"
    BEFORE_LAST_READING = "BEFORE_LAST_READING"
    BEYOND_DIGITS = "BEYOND_DIGITS"
    CHANGED_SINCE = "CHANGED_SINCE"
    CHANGE_UNKNOWN = "CHANGE_UNKNOWN"
    FAR_ABOVE_AVERAGE = "FAR_ABOVE_AVERAGE"
    IN_FUTURE = "IN_FUTURE"
    MEAN_UNKNOWN = "MEAN_UNKNOWN"
    NOT_AFTER_PREVIOUS = "NOT_AFTER_PREVIOUS"
    NO_BOOK = "NO_BOOK"
    NO_HISTORY = "NO_HISTORY"
    NO_READING = "NO_READING"
    PLACE_EMPTY = "PLACE_EMPTY"
    PLACE_TAKEN = "PLACE_TAKEN"
    PLACE_UNKNOWN = "PLACE_UNKNOWN"
    READING_ENTERED = "READING_ENTERED"
    READING_TOO_OLD = "READING_TOO_OLD"
    REASON_MISSING = "REASON_MISSING"
    ROLL_OVER_NOT_STATED = "ROLL_OVER_NOT_STATED"
    UNDONE_ALREADY = "UNDONE_ALREADY"
    USAGE_TAKEN = "USAGE_TAKEN"
    VALUE_MISSING = "VALUE_MISSING"


class ChangeError(Exception):
    """A refused change. `band`: the register it is about; `on`, `milli`: the fact that stands against it."""

    def __init__(
        self,
        *,
        code: ChangeFault,
        band: int | None = None,
        on: datetime.date | None = None,
        milli: int | None = None,
    ) -> None:
        super().__init__(code.value)
        self.code = code
        self.band = band
        self.on = on
        self.milli = milli


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How a dead meter's days are counted; `last` so many usages make the mean."""

    rule: rules_estimates.EstimateRule
    last: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What a register shows as its meter is taken off; no value where nobody could see it."""

    value_milli: int | None
    is_rolled_over: bool = False
    estimate: Estimate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a register counted up to its closing; None until the mean of the next meter is known.

    `basis` is what an estimate was made from, as the row keeps it.
    """

    quantity_milli: int | None
    estimate_rule: int | None
    basis: Mapping[str, Any]


def counted(*, start_milli: int, end_milli: int, digits: int, multiplier_milli: int) -> Carried:
    """What the register counted, across its roll-over. Raises rules_registers.RegisterError."""
    stretch = rules_registers.Stretch(
        start_milli=start_milli,
        end_milli=end_milli,
        digits=digits,
        multiplier_milli=multiplier_milli,
        is_rolled_over=end_milli < start_milli,
    )
    usage = rules_registers.measured_usage(stretches=[stretch])
    return Carried(quantity_milli=usage.quantity_milli, estimate_rule=None, basis={})


def estimated(
    *, estimate: Estimate, usages: Sequence[rules_quantities.PastUsage], dead: period.Period
) -> Carried:
    """What a dead register is taken to have counted. Raises rules_quantities.NoHistoryError."""
    if estimate.rule is BY_NEW_METER:
        return Carried(quantity_milli=None, estimate_rule=estimate.rule.value, basis={"days": dead.days})
    found = rules_estimates.daily_mean_of_usages(usages=usages, last=estimate.last, days=dead.days)
    basis = {
        "days": found.count,
        "basis_days": found.basis_count,
        "usages": [
            {
                "from": part.usage.period.from_.isoformat(),
                "until": part.usage.period.until.isoformat(),
                "quantity_milli": part.usage.quantity_milli,
            }
            for part in found.parts
        ],
    }
    return Carried(quantity_milli=found.quantity_milli, estimate_rule=found.rule.value, basis=basis)
