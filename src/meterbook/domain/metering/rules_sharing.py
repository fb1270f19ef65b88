"""A main meter and the sub-meters behind it: who pays for what the subs don't show.

The loss is the main meter less the sum of its subs. EQUAL (per household), BY_VOLUME and BY_AREA share it out
whole: the parts sum to the main meter (largest remainder, ties to the lower sub_id). An uplift adds to each
sub by its own quantity and leaves a rest with the supplier, which may be negative. Quantities are thousandths
of the unit.

Sources: a small sub-meter adds 1 m³ below 10 m³, else a tenth, or the main meter's amount over the sum of the
subs is their unit price (Yibin, vipjjl.com); a loss within 10 % of the main meter is plausible. Whether subs
are shared at all is for the agreement to say: in other cities only the main meter is billed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from fractions import Fraction

from meterbook.domain.metering import rules_quantities
from meterbook.kernel import money, rounding

PLAUSIBLE_LOSS_MICRO = 100_000
# a price in millionths per unit, from minor units and thousandths of a unit
_MILLI_A_UNIT = 1000
_MICRO_DECIMALS = 6


class SharingRule(IntEnum):
    """How subs take part in the loss. The numbers are stored."""

    EQUAL = 1
    BY_VOLUME = 2
    BY_AREA = 3
    UPLIFT = 4


class SharingFault(StrEnum):
    """Why a loss can't be shared out."""

    NO_SUBS = "NO_SUBS"
    DUPLICATE_SUB = "DUPLICATE_SUB"
    NEGATIVE_QUANTITY = "NEGATIVE_QUANTITY"
    NOTHING_TO_SHARE_BY = "NOTHING_TO_SHARE_BY"
    BELOW_ZERO = "BELOW_ZERO"


class SharingError(ValueError):
    """A loss that can't be shared out; `code` says why."""

    def __init__(self, *, code: SharingFault, detail: str) -> None:
        super().__init__(f"{code.value}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Sub:
    """One sub-meter: its own usage, its area in thousandths of m², the households behind it."""

    sub_id: int
    quantity_milli: int
    area_milli: int = 0
    households: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplift:
    """Below `small_milli` a sub adds `small_adds_milli`, else `share_micro` millionths of its quantity.

    A fixed uplift for all is one with `small_milli` 0. Yibin: below 10 m³ one more, else 10 %.
    """

    share_micro: int
    small_milli: int = 0
    small_adds_milli: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SubShare:
    """What a sub is billed: its own quantity and its part of the loss, found by `weight`."""

    sub: Sub
    weight: int
    added_milli: int

    @property
    def billed_milli(self) -> int:
        """Own quantity and share of the loss."""
        return self.sub.quantity_milli + self.added_milli


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLoss:
    """A main meter shared out. `shares` in the order of the subs given; `rest_milli` stays with the supplier.

    `is_plausible`: the loss is within the limit of plausibility either way; outside it a person looks first.
    """

    rule: SharingRule
    main_milli: int
    loss_milli: int
    is_plausible: bool
    shares: tuple[SubShare, ...]
    rest_milli: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedAmount:
    """The main meter's amount by the subs' quantities: parts in minor units that sum to it.

    `unit_price_micro` is main amount / sum of subs in millionths of the currency unit, rounded half up; a
    part is less than one minor unit from quantity x the exact price.
    """

    main_minor: int
    subs_milli: int
    unit_price_micro: int
    parts_minor: Mapping[int, int]


def share_loss(
    *,
    main_milli: int,
    subs: Sequence[Sub],
    rule: SharingRule,
    plausible_micro: int = PLAUSIBLE_LOSS_MICRO,
) -> SharedLoss:
    """Share out the loss so that the subs together are billed what the main meter shows.

    A negative loss is taken off in the same way. SharingError when there is nothing to share by (no area,
    say) or a sub would be billed less than nothing.
    """
    _check(main_milli=main_milli, subs=subs)
    ordered = sorted(subs, key=lambda sub: sub.sub_id)
    weights = {sub.sub_id: _weight(sub, rule=rule) for sub in ordered}
    loss = main_milli - sum(sub.quantity_milli for sub in subs)
    parts = dict(zip(weights, _parts(loss, list(weights.values())), strict=True))
    shares = tuple(
        SubShare(sub=sub, weight=weights[sub.sub_id], added_milli=parts[sub.sub_id]) for sub in subs
    )
    below = [share.sub.sub_id for share in shares if share.billed_milli < 0]
    if below:
        raise SharingError(code=SharingFault.BELOW_ZERO, detail=f"sub {below[0]}")
    return _shared(rule=rule, main_milli=main_milli, shares=shares, plausible_micro=plausible_micro)


def add_uplift(
    *,
    main_milli: int,
    subs: Sequence[Sub],
    uplift: Uplift,
    plausible_micro: int = PLAUSIBLE_LOSS_MICRO,
    rounding_rule: rules_quantities.QuantityRounding = rules_quantities.THOUSANDTHS,
) -> SharedLoss:
    """Add to each sub by its own quantity, whatever the main meter shows; the supplier bears the rest."""
    _check(main_milli=main_milli, subs=subs)
    shares = tuple(
        SubShare(
            sub=sub,
            weight=sub.quantity_milli,
            added_milli=uplift.small_adds_milli
            if sub.quantity_milli < uplift.small_milli
            else rounding_rule.of(
                Fraction(sub.quantity_milli * uplift.share_micro, rules_quantities.ONE_MICRO)
            ),
        )
        for sub in subs
    )
    return _shared(
        rule=SharingRule.UPLIFT, main_milli=main_milli, shares=shares, plausible_micro=plausible_micro
    )


def share_amount(*, main_minor: int, subs: Sequence[Sub], exponent: int = 2) -> SharedAmount:
    """Share out what the main meter costs by the subs' quantities. SharingError when no sub used anything."""
    _check(main_milli=0, subs=subs)
    ordered = sorted(subs, key=lambda sub: sub.sub_id)
    quantities = [sub.quantity_milli for sub in ordered]
    parts = _parts(main_minor, quantities)
    price = rounding.round_ratio(
        numerator=main_minor * 10 ** (_MICRO_DECIMALS - exponent) * _MILLI_A_UNIT,
        denominator=sum(quantities),
        mode=rounding.Mode.HALF_UP,
    )
    return SharedAmount(
        main_minor=main_minor,
        subs_milli=sum(quantities),
        unit_price_micro=price,
        parts_minor={sub.sub_id: part for sub, part in zip(ordered, parts, strict=True)},
    )


def _check(*, main_milli: int, subs: Sequence[Sub]) -> None:
    if not subs:
        raise SharingError(code=SharingFault.NO_SUBS, detail="no sub-meters")
    twice = [sub_id for sub_id, count in Counter(sub.sub_id for sub in subs).items() if count > 1]
    if twice:
        raise SharingError(code=SharingFault.DUPLICATE_SUB, detail=f"sub {twice[0]}")
    if main_milli < 0:
        raise SharingError(code=SharingFault.NEGATIVE_QUANTITY, detail=f"main {main_milli} / 1000")
    for sub in subs:
        if min(sub.quantity_milli, sub.area_milli, sub.households) < 0:
            raise SharingError(code=SharingFault.NEGATIVE_QUANTITY, detail=f"sub {sub.sub_id}")


def _weight(sub: Sub, *, rule: SharingRule) -> int:
    weights = {
        SharingRule.EQUAL: sub.households,
        SharingRule.BY_VOLUME: sub.quantity_milli,
        SharingRule.BY_AREA: sub.area_milli,
    }
    return weights[rule]


def _parts(total: int, weights: Sequence[int]) -> list[int]:
    if not any(weights):
        raise SharingError(code=SharingFault.NOTHING_TO_SHARE_BY, detail="all weights are zero")
    return money.share_out(total, weights)


def _shared(
    *, rule: SharingRule, main_milli: int, shares: tuple[SubShare, ...], plausible_micro: int
) -> SharedLoss:
    loss = main_milli - sum(share.sub.quantity_milli for share in shares)
    return SharedLoss(
        rule=rule,
        main_milli=main_milli,
        loss_milli=loss,
        is_plausible=abs(loss) * rules_quantities.ONE_MICRO <= plausible_micro * main_milli,
        shares=shares,
        rest_milli=loss - sum(share.added_milli for share in shares),
    )
