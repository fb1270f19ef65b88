"""Seasons and programmes: the components as each of them prices them.

What a programme says stands above what a component says for a season, and what a programme says for a season
above both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from meterbook.rating import tariff
from meterbook.rating.charges import graduated_tiers, kinds, time_of_use, volume_tiers
from meterbook.rating.reading import charges, checks, components, form, nodes
from meterbook.rating.reading import terms as version_terms

_SEASONS = "seasons"
_TIERED = (graduated_tiers.GraduatedTiers, volume_tiers.VolumeTiers, time_of_use.TimeOfUseTiers)


@dataclass(frozen=True)
class _Case:
    """One season and one programme; None where there is none."""

    season: tariff.Season | None
    programme: tuple[int, nodes.Record] | None


def read(
    items: Sequence[nodes.Record], *, terms: version_terms.Terms, version: nodes.Record
) -> tuple[tariff.PriceSet, ...]:
    """Every price set of a merged version, in the order of its number."""
    programmes = version.records("programmes")
    _check_names(items, terms=terms, programmes=programmes)
    cases = (
        _Case(season=season, programme=programme)
        for programme in (None, *enumerate(programmes, start=1))
        for season in terms.seasons or (None,)
    )
    return nodes.each(lambda case: _set(items, case=case, terms=terms), cases)


def _set(items: Sequence[nodes.Record], *, case: _Case, terms: version_terms.Terms) -> tariff.PriceSet:
    around = terms.around()

    def draft(numbered: tuple[int, nodes.Record]) -> components.Draft:
        number, item = numbered
        return components.read(_merged(item, case), number=number, around=around)

    drafts = nodes.each(draft, enumerate(items, start=1))
    if case.programme is not None:
        drafts = _in_first_tier(drafts, case.programme[1].get("first_tier_only"))
    checks.check_set(drafts, household=terms.household)
    is_converted = terms.conversion is not None or terms.quantity_rounding is not None
    checks.check_bands(drafts, is_converted=is_converted)
    return tariff.PriceSet(
        season_no=0 if case.season is None else case.season.season_no,
        programme_no=0 if case.programme is None else case.programme[0],
        components=components.resolved(drafts),
    )


def _merged(item: nodes.Record, case: _Case) -> nodes.Record:
    """The component with what season and programme replace, its form checked again if they do."""
    found = item.without([_SEASONS])
    changes = list(_changes(item, case))
    for change in changes:
        found = _replaced(found, change.without([_SEASONS]))
    if changes:
        form.check_component(found)
    return found


def _changes(item: nodes.Record, case: _Case) -> Iterator[nodes.Record]:
    """What replaces fields of the component, the weakest first."""
    yield from _of_season(item, case)
    if case.programme is None:
        return
    change = case.programme[1].entries("prices").get(item["code"].value)
    if change is not None:
        yield change.record()
        yield from _of_season(change.record(), case)


def _of_season(item: nodes.Record, case: _Case) -> Iterator[nodes.Record]:
    seasons = item.get(_SEASONS)
    if seasons is not None and case.season is not None:
        yield seasons.record()[case.season.code].record()


def _replaced(item: nodes.Record, change: nodes.Record) -> nodes.Record:
    """The component with the fields of `change`; those another kind doesn't have are dropped."""
    if "kind" not in change or change["kind"].value == item["kind"].value:
        return item.replaced(change.nodes)
    old, new = charges.kind_of(item), charges.kind_of(change)
    if max(old, new) >= kinds.ChargeKind.FREE_QUANTITY:
        raise change["kind"].fault(f"{old.name} can't become {new.name}: both must have prices of their own")
    return item.without(set(item.nodes) - form.fields_of(new.name)).replaced(change.nodes)


def _in_first_tier(
    drafts: tuple[components.Draft, ...], node: nodes.Node | None
) -> tuple[components.Draft, ...]:
    """All of the quantity in the first tier: of every tiered component, or of those named."""
    if node is None or node.value is False:
        return drafts
    if node.value is True:
        named = {draft.component.code for draft in drafts}
    else:
        by_code = {draft.component.code: draft for draft in drafts}
        for code in node.items():
            if not isinstance(by_code[code.value].component.charge, _TIERED):
                raise code.fault(f"{code.value} has no tiers to stay in the first of")
        named = set(node.value)
    return tuple(_first_tier(draft) if draft.component.code in named else draft for draft in drafts)


def _first_tier(draft: components.Draft) -> components.Draft:
    charge: kinds.Charge = draft.component.charge
    match charge:
        case graduated_tiers.GraduatedTiers() | volume_tiers.VolumeTiers():
            charge = replace(charge, tiers=(replace(charge.tiers[0], until_milli=None),))
        case time_of_use.TimeOfUseTiers():
            charge = replace(charge, tiers=(replace(charge.tiers[0], until_milli=None),))
    return replace(draft, component=replace(draft.component, charge=charge))


def _check_names(
    items: Sequence[nodes.Record], *, terms: version_terms.Terms, programmes: Sequence[nodes.Record]
) -> None:
    """Everything named is there."""
    codes = [item["code"].value for item in items]
    prices = [entry for programme in programmes for entry in programme.entries("prices").items()]
    nodes.each(lambda programme: _check_first_tier(programme, codes=codes), programmes)
    nodes.each(lambda entry: _check_code(entry[0], where=entry[1], codes=codes), prices)
    free = [item["code"].value for item in items if charges.kind_of(item) is kinds.ChargeKind.FREE_QUANTITY]
    nodes.each(lambda entry: _check_not_free(entry[0], where=entry[1], free=free), prices)
    priced = [*items, *(change.record() for _, change in prices)]
    nodes.each(lambda item: _check_seasons(item, terms=terms), priced)


def _check_first_tier(programme: nodes.Record, *, codes: Sequence[str]) -> None:
    node = programme.get("first_tier_only")
    for code in node.items() if node is not None and isinstance(node.value, list) else ():
        _check_code(code.value, where=code, codes=codes)


def _check_code(code: str, *, where: nodes.Node, codes: Sequence[str]) -> None:
    if code not in codes:
        raise where.fault(f"{code} is not a component of the version")


def _check_not_free(code: str, *, where: nodes.Node, free: Sequence[str]) -> None:
    """Free units are counted over seasons and programmes; a `choice` says who is entitled to them."""
    if code in free:
        raise where.fault(f"{code} is a free quantity, which is the same under every programme")


def _check_seasons(item: nodes.Record, *, terms: version_terms.Terms) -> None:
    """Every season of the version is named, and no other."""
    node = item.get(_SEASONS)
    if node is None:
        return
    known = [season.code for season in terms.seasons]
    named = node.record().nodes
    for code, place in named.items():
        if code not in known:
            raise place.fault(f"{code} is not a season of the version")
    missing = [code for code in known if code not in named]
    if missing:
        raise node.fault(f"nothing for {', '.join(missing)}")
