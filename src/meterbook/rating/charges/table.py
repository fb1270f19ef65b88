"""The kinds of charge the engine knows, each with its rule. The only list of them."""

from collections.abc import Mapping

from meterbook.rating.charges import (
    graduated_tiers,
    kinds,
    package,
    per_unit,
    switching_tiers,
    tier_fee,
    time_of_use,
    volume_tiers,
)

_WHOLE = per_unit.WholeRule()
_GRADUATED = graduated_tiers.GraduatedTiersRule()

RULES: Mapping[kinds.ChargeKind, kinds.ChargeRule] = {
    kinds.ChargeKind.PER_UNIT: _WHOLE,
    kinds.ChargeKind.GRADUATED_TIERS: _GRADUATED,
    kinds.ChargeKind.PER_PERIOD: _WHOLE,
    kinds.ChargeKind.VOLUME_TIERS: volume_tiers.VolumeTiersRule(),
    kinds.ChargeKind.SWITCHING_TIERS: switching_tiers.SwitchingTiersRule(),
    kinds.ChargeKind.TIER_FEE: tier_fee.TierFeeRule(),
    kinds.ChargeKind.PACKAGE: package.PackageRule(),
    kinds.ChargeKind.PER_MONTH: _WHOLE,
    kinds.ChargeKind.PER_DAY: _WHOLE,
    kinds.ChargeKind.CAPACITY: _WHOLE,
    kinds.ChargeKind.DEMAND: _WHOLE,
    kinds.ChargeKind.TIME_OF_USE: _WHOLE,
    kinds.ChargeKind.TIME_OF_USE_TIERS: time_of_use.TimeOfUseTiersRule(),
    kinds.ChargeKind.AREA: _WHOLE,
    kinds.ChargeKind.OVER_QUOTA: _GRADUATED,
    kinds.ChargeKind.FREE_QUANTITY: _WHOLE,
    kinds.ChargeKind.PERCENT_OFF: _WHOLE,
    kinds.ChargeKind.MONEY_OFF: _WHOLE,
    kinds.ChargeKind.MAXIMUM: _WHOLE,
    kinds.ChargeKind.MINIMUM: _WHOLE,
    kinds.ChargeKind.PERCENTAGE: _WHOLE,
    kinds.ChargeKind.BILL_ROUNDING: _WHOLE,
}
