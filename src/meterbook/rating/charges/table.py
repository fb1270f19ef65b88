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

WHOLE = per_unit.WholeRule()
_GRADUATED = graduated_tiers.GraduatedTiersRule()
_WITH_FEES = graduated_tiers.TiersWithFeesRule()

RULES: Mapping[kinds.ChargeKind, kinds.ChargeRule] = {
    kinds.ChargeKind.PER_UNIT: WHOLE,
    kinds.ChargeKind.GRADUATED_TIERS: _GRADUATED,
    kinds.ChargeKind.PER_PERIOD: WHOLE,
    kinds.ChargeKind.VOLUME_TIERS: volume_tiers.VolumeTiersRule(),
    kinds.ChargeKind.SWITCHING_TIERS: switching_tiers.SwitchingTiersRule(),
    kinds.ChargeKind.TIER_FEE: tier_fee.TierFeeRule(),
    kinds.ChargeKind.PACKAGE: package.PackageRule(),
    kinds.ChargeKind.PER_MONTH: WHOLE,
    kinds.ChargeKind.PER_DAY: WHOLE,
    kinds.ChargeKind.CAPACITY: WHOLE,
    kinds.ChargeKind.DEMAND: WHOLE,
    kinds.ChargeKind.TIME_OF_USE: WHOLE,
    kinds.ChargeKind.TIME_OF_USE_TIERS: time_of_use.TimeOfUseTiersRule(),
    kinds.ChargeKind.AREA: WHOLE,
    kinds.ChargeKind.OVER_QUOTA: _GRADUATED,
    kinds.ChargeKind.FREE_QUANTITY: WHOLE,
    kinds.ChargeKind.PERCENT_OFF: WHOLE,
    kinds.ChargeKind.MONEY_OFF: WHOLE,
    kinds.ChargeKind.MAXIMUM: WHOLE,
    kinds.ChargeKind.MINIMUM: WHOLE,
    kinds.ChargeKind.PERCENTAGE: WHOLE,
    kinds.ChargeKind.BILL_ROUNDING: WHOLE,
}
# The same where some tier has a fee of its own, which is not often so.
RULES_WITH_FEES: Mapping[kinds.ChargeKind, kinds.ChargeRule] = {
    kind: _WITH_FEES if rule is _GRADUATED else rule for kind, rule in RULES.items()
}
