"""Heating by area: square metres x price x season, months or days, with factors for building and height.

A factor by class of building (0.90 multi-storey, 0.82 high-rise) and a surcharge by storey height stand in
the line as one factor. Height surcharges come in two shapes: so many percent for every begun or full step
above a height (+3 % per 0.1 m above 3.2 m, at most ...), or a table of heights.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from meterbook.rating import household as households
from meterbook.rating.charges import kinds


class AreaError(ValueError):
    """A class of building the tariff has no factor for."""


@dataclass(frozen=True, kw_only=True)
class HeightSteps:
    """`add_ppm` for every `step_milli` above `over_milli` (millimetres); begun steps count if `is_begun`."""

    over_milli: int
    step_milli: int
    add_ppm: int
    is_begun: bool
    at_most_ppm: int | None = None

    def surcharge_ppm(self, height_milli: int) -> int:
        """Millionths to add for a storey of this height."""
        above = max(0, height_milli - self.over_milli)
        steps = -(-above // self.step_milli) if self.is_begun else above // self.step_milli
        added = steps * self.add_ppm
        return added if self.at_most_ppm is None else min(added, self.at_most_ppm)


@dataclass(frozen=True)
class HeightTable:
    """Pairs of a height in millimetres and what is added above it; the highest exceeded counts."""

    rows: tuple[tuple[int, int], ...]

    def surcharge_ppm(self, height_milli: int) -> int:
        """Millionths to add for a storey of this height."""
        return max(((over, add) for over, add in self.rows if height_milli > over), default=(0, 0))[1]


@dataclass(frozen=True, kw_only=True)
class Area:
    """A price per square metre. `factors` are millionths by class of building, empty where there are none."""

    price_micro: int
    time: kinds.Time
    factors: Mapping[str, int]
    height: HeightSteps | HeightTable | None = None
    kind: kinds.ChargeKind = kinds.ChargeKind.AREA

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One untiered price; the household changes nothing."""
        del household
        return (kinds.PriceRow(price_micro=self.price_micro, basis=kinds.Basis.AREA, time=self.time),)

    def factor_ppm(self, *, area_class: str | None, height_milli: int | None) -> int:
        """Both factors in one, half up to a millionth; AreaError for a class without a factor.

        Where the tariff has factors every usage must say its class; no height means an ordinary one.
        """
        factor = kinds.MILLION
        if self.factors:
            if area_class is None or area_class not in self.factors:
                raise AreaError(f"no factor for class {area_class}")
            factor = self.factors[area_class]
        if self.height is None or height_milli is None:
            return factor
        surcharged = factor * (kinds.MILLION + self.height.surcharge_ppm(height_milli))
        return (surcharged * 2 + kinds.MILLION) // (kinds.MILLION * 2)
