"""Tariff versions as frames of prices, ready to be joined to any number of usages.

Versions that need the same steps of the engine stand in one group, so that a plain tariff is not slowed
down by what another one asks for.
"""

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from meterbook.kernel import period, rounding
from meterbook.rating import book_groups, book_links, book_stages, columns, tariff
from meterbook.rating.charges import area, kinds

Feature = book_groups.Feature
Group = book_groups.Group
Profile = book_groups.Profile
_PLAIN_BASES = {kinds.Basis.QUANTITY, kinds.Basis.ONE}


# Steps that are an expression more: versions that need any of these may stand in one group.
_LIGHT = frozenset(
    {
        Feature.SETS,
        Feature.CONDITIONS,
        Feature.HOUSEHOLD,
        Feature.QUOTA,
        Feature.ONES,
        Feature.BASES,
        Feature.CAPS,
        Feature.CALIBRE,
        Feature.FACTORS,
        Feature.NEGOTIATED,
        Feature.FREE,
    }
)


# What a line says of its price row.
TOLD = ("component_no", "band", "tier", "rounding", "tax_basis_points")
# What a line, or a derived charge, takes from its price row.
PRICED = ("component_no", "kind", "band", "tier")
TERMED = (
    *("rounding", "tax_basis_points", "rate_ppm", "rounding_mode", "step_minor", "divisor", "minor_milli"),
    *("stage_no", "counted_bits"),
)


@dataclass(frozen=True)
class TariffBook:
    """All versions of a run.

    `previous` names for a version the one before it, which a usage that began earlier may still have to pay.
    `group_of` has columns tariff_version_id and group_no, `links` what the rare steps look up.
    """

    versions: Mapping[int, tariff.TariffVersion]
    previous: Mapping[int, int]
    groups: tuple[Group, ...]
    group_of: pl.DataFrame
    links: book_links.Links
    stages: tuple[book_stages.Stage, ...]

    @functools.cached_property
    def group_numbers(self) -> dict[int, int]:
        """Version id -> place of its group."""
        return dict(self.group_of.iter_rows())

    @functools.cached_property
    def price_rows(self) -> pl.DataFrame:
        """What lines take from their price row as it is; the rows of each group follow the group before."""
        rows = [group.prices.select(PRICED).hstack(group.terms.select(TERMED)) for group in self.groups]
        return pl.concat(rows)

    @functools.cached_property
    def told_rows(self) -> pl.DataFrame:
        """Of `price_rows` what every line says."""
        return self.price_rows[list(TOLD)]

    @functools.cached_property
    def first_rows(self) -> tuple[int, ...]:
        """For each group the place of its first row in `price_rows`."""
        heights = (group.prices.height for group in self.groups)
        return tuple(itertools.accumulate(heights, initial=0))

    @property
    def prices(self) -> pl.DataFrame:
        """Every price row with its terms, ordered by version, price set, component, tier and band."""
        found = [group.prices.hstack(group.terms) for group in self.groups]
        if not found:
            return pl.DataFrame(schema={**columns.PRICES.columns, **columns.TERMS.columns})
        return pl.concat(found).sort("tariff_version_id", "set_no", "price_no")


def tariff_book(
    versions: Mapping[int, tariff.TariffVersion], *, previous: Mapping[int, int] | None = None
) -> TariffBook:
    """The book of `versions` by their id. The same versions give the same book whatever their order.

    Without `previous` no version is taken to follow another. Raises ValueError when `previous` names a
    version that isn't there.
    """
    before = dict(previous or {})
    if missing := {*before, *before.values()} - set(versions):
        raise ValueError(f"no versions {sorted(missing)}")
    conditions = book_links.Conditions()
    stages = book_stages.stages(versions=versions, previous=before)
    profiles = {}
    for version_id in sorted(versions):
        profile = profile_of(versions[version_id])
        if stages.has_part_in(version_id):
            profile = replace(profile, features=profile.features | {Feature.DERIVED})
        profiles[version_id] = profile
    by_profile = _by_profile(profiles)
    groups = tuple(
        _group(profile, {version_id: versions[version_id] for version_id in ids}, conditions, stages)
        for profile, ids in by_profile.items()
    )
    members = [(i, number) for number, ids in enumerate(by_profile.values()) for i in ids]
    schema = {"tariff_version_id": pl.Int32(), "group_no": pl.Int16()}
    return TariffBook(
        versions=dict(versions),
        previous=before,
        groups=groups,
        group_of=pl.DataFrame(members, schema=schema, orient="row"),
        links=book_links.links(versions=versions, previous=before, conditions=conditions),
        stages=stages.stages,
    )


def of_documents(documents: Iterable[tariff.TariffDocument]) -> TariffBook:
    """The book of whole documents: versions are numbered from 1 in their order and follow one another."""
    versions: dict[int, tariff.TariffVersion] = {}
    previous: dict[int, int] = {}
    for found in documents:
        for place, version in enumerate(found.versions):
            version_id = len(versions) + 1
            versions[version_id] = version
            if place and found.versions[place - 1].effective_until == version.effective_from:
                previous[version_id] = version_id - 1
    return tariff_book(versions, previous=previous)


def _by_profile(profiles: Mapping[int, Profile]) -> dict[Profile, list[int]]:
    """Versions by profile, where light features are put together: fewer groups are fewer joins."""
    by_key: dict[tuple[Profile, bool], list[int]] = {}
    for version_id, profile in profiles.items():
        heavy = replace(profile, features=profile.features - _LIGHT)
        by_key.setdefault((heavy, bool(profile.features & _LIGHT)), []).append(version_id)
    found = {}
    for (heavy, _), ids in by_key.items():
        light = frozenset[Feature]().union(*(profiles[version_id].features for version_id in ids))
        found[replace(heavy, features=light)] = ids
    return found


def profile_of(version: tariff.TariffVersion) -> Profile:
    """What a version needs of the engine. Ways of counting that make no difference to it are left plain."""
    features = frozenset(_features(version))
    scale, tier_period = version.bound_scale, version.tier_period
    if Feature.SCALED not in features:
        scale = tariff.BoundScale(stated_for=tariff.StatedFor.BILL, scaled_by=tariff.ScaledBy.NONE)
        tier_period = period.TierPeriod.BILLING_PERIOD
    if tier_period is period.TierPeriod.ANNIVERSARY_YEAR:
        # when a year begins is the running total's matter; its length is the same
        tier_period = period.TierPeriod.CALENDAR_YEAR
    counts_months = not features.isdisjoint({Feature.SCALED, Feature.FACTORS})
    return Profile(
        features=features,
        month_count=version.month_count if counts_months else tariff.MonthCount.NEAREST,
        year_days=version.year_days if counts_months else 365,
        tier_period=tier_period,
        stated_for=scale.stated_for,
        scaled_by=scale.scaled_by,
    )


def _features(version: tariff.TariffVersion) -> Iterator[Feature]:
    if len(version.price_sets) > 1:
        yield Feature.SETS
    if version.heating_season is not None:
        yield Feature.HEATING_SEASON
    for entry in version.price_sets:
        for component in entry.components:
            yield from _component_features(component)
            for row in component.charge.price_rows(version.household):
                yield from _row_features(row, scale=version.bound_scale)


def _component_features(component: tariff.Component) -> Iterator[Feature]:
    share = component.share
    wanted = {
        Feature.CONDITIONS: not component.condition.is_always,
        Feature.CAPS: share.cap_milli is not None,
        Feature.ROUNDED_SHARES: share.round_to_milli is not None,
        Feature.FACTORS: share.share_ppm != kinds.MILLION or _has_area_factors(component.charge),
        Feature.NEGOTIATED: component.negotiable is not None,
        Feature.FREE: component.charge.kind is kinds.ChargeKind.FREE_QUANTITY,
        Feature.SHARED_BANDS: component.charge.kind is kinds.ChargeKind.TIME_OF_USE_TIERS,
    }
    return (feature for feature, is_wanted in wanted.items() if is_wanted)


def _row_features(row: kinds.PriceRow, *, scale: tariff.BoundScale) -> Iterator[Feature]:
    grows = row.until_growth_milli or row.until_jump_milli or row.from_growth_milli or row.from_jump_milli
    is_tiered = row.from_milli is not None
    wanted = {
        Feature.HOUSEHOLD: bool(grows) or row.basis is kinds.Basis.PERSONS,
        Feature.SCALED: is_tiered and scale.scaled_by is not tariff.ScaledBy.NONE,
        Feature.QUOTA: row.bounds is kinds.Bounds.OF_QUOTA,
        Feature.ONES: row.basis is kinds.Basis.ONE,
        Feature.BASES: row.basis not in _PLAIN_BASES,
        Feature.CALIBRE: row.calibre_mm is not None,
        Feature.FACTORS: row.time is not kinds.Time.ONCE,
    }
    return (feature for feature, is_wanted in wanted.items() if is_wanted)


def _has_area_factors(charge: kinds.Charge) -> bool:
    return isinstance(charge, area.Area) and (bool(charge.factors) or charge.height is not None)


def _group(
    profile: Profile,
    versions: Mapping[int, tariff.TariffVersion],
    conditions: book_links.Conditions,
    stages: book_stages.Stages,
) -> Group:
    prices: list[tuple[object, ...]] = []
    terms: list[tuple[object, ...]] = []
    areas: dict[int, area.Area] = {}
    for version_id, version in versions.items():
        for entry in version.price_sets:
            freed = {no for item in entry.components for no in item.of if _is_free(item)}
            for component in entry.components:
                condition_no = conditions.number(component.condition)
                for row in component.charge.price_rows(version.household):
                    if isinstance(component.charge, area.Area) and _has_area_factors(component.charge):
                        areas[len(prices)] = component.charge
                    key = (
                        version_id,
                        entry.set_no,
                        len(prices),
                        component.component_no,
                        component.charge.kind,
                    )
                    is_freed = component.component_no in freed
                    prices.append((*key, *_price(row, version, component, is_freed=is_freed), condition_no))
                    place = (version_id, component.component_no)
                    counted = (stages.stage_of.get(place, 0), stages.bits_of.get(place, 0))
                    terms.append((*_terms(row, version, component), *counted))
    frame = pl.DataFrame(prices, schema=dict(columns.PRICES.columns), orient="row")
    return Group(
        profile=profile,
        kinds=tuple(kinds.ChargeKind(kind) for kind in frame["kind"].unique().sort()),
        prices=frame,
        terms=pl.DataFrame(terms, schema=dict(columns.TERMS.columns), orient="row"),
        areas=areas,
    )


def _is_free(component: tariff.Component) -> bool:
    return component.charge.kind is kinds.ChargeKind.FREE_QUANTITY


def _price(
    row: kinds.PriceRow, version: tariff.TariffVersion, component: tariff.Component, *, is_freed: bool
) -> tuple[object, ...]:
    return (
        row.tier,
        row.band,
        row.basis,
        row.is_fee,
        is_freed,
        row.from_milli,
        row.until_milli,
        row.from_growth_milli,
        row.until_growth_milli,
        row.from_jump_milli,
        row.until_jump_milli,
        row.from_cap_milli,
        row.until_cap_milli,
        row.growth_parts,
        version.household.over_persons,
        version.default_persons,
        row.bounds,
        version.bound_scale.round_to_milli,
        version.bound_scale.mode,
        row.table_from_milli,
        row.table_until_milli,
        row.calibre_mm,
        row.size_milli,
        component.share.cap_milli,
    )


def _terms(
    row: kinds.PriceRow, version: tariff.TariffVersion, component: tariff.Component
) -> tuple[object, ...]:
    rule = component.rounding
    band = component.negotiable
    return (
        row.price_micro,
        None if band is None else band.lowest_micro(row.price_micro),
        None if band is None else band.highest_micro(row.price_micro),
        row.time,
        kinds.MILLION if row.is_fee else component.share.share_ppm,
        None if row.is_fee else component.share.round_to_milli,
        row.rate_ppm,
        rule,
        rule.mode,
        rule.step_minor,
        rounding.divisor(rule=rule, exponent=version.exponent),
        10 ** (3 - version.exponent),
        component.tax.rate_basis_points,
    )
