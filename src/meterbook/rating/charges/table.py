"""The kinds of charge the engine knows, each with its rule. The only list of them."""

from collections.abc import Mapping

from meterbook.rating.charges import graduated_tiers, kinds, per_period, per_unit

RULES: Mapping[kinds.ChargeKind, kinds.ChargeRule] = {
    kinds.ChargeKind.PER_UNIT: per_unit.PerUnitRule(),
    kinds.ChargeKind.GRADUATED_TIERS: graduated_tiers.GraduatedTiersRule(),
    kinds.ChargeKind.PER_PERIOD: per_period.PerPeriodRule(),
}
