"""Over-quota surcharge: progressive prices on what goes beyond a customer's own quota (超定额累进加价).

Bounds are shares of the quota: 20 % over is 1.2 times the quota. Three published shapes are one here: a
surcharge on top of the normal charge (nothing within the quota), an all-in price that starts within it, and
a multiple of one component's price. The quota and the running total belong to the same period, usually a
year.
"""

from dataclasses import dataclass

from meterbook.rating import household as households
from meterbook.rating.charges import kinds, tiers


@dataclass(frozen=True)
class OverQuota:
    """`within_micro` is the price within the quota (None: not charged here); the last tier is open.

    Bounds of `tiers` are millionths over the quota: 200000 is up to 20 % over.
    """

    within_micro: int | None
    tiers: tuple[tiers.Tier, ...]
    kind: kinds.ChargeKind = kinds.ChargeKind.OVER_QUOTA

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """Tier 1 is the quota itself, without a row where it is not charged."""
        del household
        within = tiers.Tier(until_milli=kinds.MILLION, price_micro=self.within_micro or 0)
        over = [
            tiers.Tier(
                until_milli=None if tier.until_milli is None else kinds.MILLION + tier.until_milli,
                price_micro=tier.price_micro,
            )
            for tier in self.tiers
        ]
        rows = tuple(
            ends.row(
                tier=place + 1,
                price_micro=([within, *over])[place].price_micro,
                kind_of=kinds.Bounds.OF_QUOTA,
            )
            for place, ends in enumerate(tiers.ends([within, *over], households.NO_HOUSEHOLD_RULE))
        )
        return rows if self.within_micro is not None else rows[1:]
