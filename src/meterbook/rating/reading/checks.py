"""What must hold between the parts of a version, and between versions."""

import datetime as dt
from collections.abc import Iterator, Sequence

from meterbook.rating import faults, tariff
from meterbook.rating import household as households
from meterbook.rating.charges import (
    graduated_tiers,
    kinds,
    switching_tiers,
    tier_fee,
    time_of_use,
    volume_tiers,
)
from meterbook.rating.reading import components, nodes

_TIERED = (
    graduated_tiers.GraduatedTiers,
    volume_tiers.VolumeTiers,
    tier_fee.TierFee,
    time_of_use.TimeOfUseTiers,
)
_ONE_DAY = dt.timedelta(days=1)
_BANDED = (kinds.ChargeKind.TIME_OF_USE, kinds.ChargeKind.TIME_OF_USE_TIERS)


def check_set(drafts: Sequence[components.Draft], *, household: households.Household) -> None:
    """The components of one price set; TariffError for the first thing wrong."""
    for draft in drafts:
        for place, bounds in _bounds(draft):
            _check_household(bounds, where=place, household=household)
        is_switching = draft.kind is kinds.ChargeKind.SWITCHING_TIERS
        if is_switching and household.rule is not households.HouseholdRule.NONE:
            raise draft.item["tables"].fault("no rule says how a whole table follows the household")
    agreed = [draft for draft in drafts if draft.component.negotiable is not None]
    if len(agreed) > 1:
        raise (
            agreed[1].item["negotiable"].fault("only one component's price may be agreed: a usage names one")
        )
    for draft in drafts[:-1]:
        if draft.kind is kinds.ChargeKind.BILL_ROUNDING:
            raise draft.item["kind"].fault("rounds the whole bill: it must be the last component")


def check_bands(drafts: Sequence[components.Draft], *, is_converted: bool) -> None:
    """Registers of time bands count what is charged: nothing converts or rounds them."""
    for draft in drafts:
        if is_converted and draft.kind in _BANDED:
            raise draft.item["kind"].fault("bands go with neither conversion nor billed_quantity")


def check_codes(items: Sequence[nodes.Record]) -> None:
    """No component's code stands twice."""
    for place, item in enumerate(items):
        if item["code"].value in [other["code"].value for other in items[:place]]:
            raise item["code"].fault(f"{item['code'].value} stands twice")


def check_order(versions: Sequence[tariff.TariffVersion]) -> None:
    """Versions come oldest first, don't overlap and leave no single day out: that is a last day meant."""
    for place in range(1, len(versions)):
        until, from_ = versions[place - 1].effective_until, versions[place].effective_from
        if until is None or until > from_:
            reason = "the version before is still in force: its effective_until is this day or an earlier one"
            raise faults.fail(f"$.versions[{place}].effective_from", reason)
        if from_ - until == _ONE_DAY:
            reason = f"{until} would have no price: write the day after the last one, {from_}"
            raise faults.fail(f"$.versions[{place - 1}].effective_until", reason)
        _check_same_bands(versions[place - 1], versions[place], path=f"$.versions[{place}].bands")


def _check_same_bands(before: tariff.TariffVersion, after: tariff.TariffVersion, *, path: str) -> None:
    """A usage across a change names its bands once: each keeps its place from version to version."""
    places = {band.code: band.band_no for band in before.bands}
    for band in after.bands:
        if places.get(band.code, band.band_no) != band.band_no:
            raise faults.fail(path, f"{band.code} stands in another place than in the version before")


def _bounds(draft: components.Draft) -> Iterator[tuple[nodes.Node, int]]:
    """Each list of tiers with its number of bounds."""
    charge = draft.component.charge
    if isinstance(charge, _TIERED):
        yield draft.item["tiers"], len(charge.tiers) - 1
    if isinstance(charge, switching_tiers.SwitchingTiers):
        for table, node in zip(charge.tables, draft.item["tables"].items(), strict=True):
            yield node.record()["tiers"], len(table.tiers) - 1


def _check_household(bounds: int, *, where: nodes.Node, household: households.Household) -> None:
    """A rule with a quantity for each bound must have as many; without bounds there is nothing to grow."""
    stated = len(household.add_milli)
    is_one_for_all = stated <= 1 and household.rule is not households.HouseholdRule.PER_PERSON
    if bounds and bounds != stated and not is_one_for_all:
        raise where.fault(f"has {bounds} bounds, the household rule has {stated}")
