"""Components: what a charge is called, taxed, rounded, when it applies, and what derived ones refer to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from meterbook.kernel import rounding
from meterbook.rating import tariff
from meterbook.rating.charges import kinds
from meterbook.rating.reading import charges, nodes, taxes, values

BY_QUANTITY = frozenset(
    {
        kinds.ChargeKind.PER_UNIT,
        kinds.ChargeKind.GRADUATED_TIERS,
        kinds.ChargeKind.VOLUME_TIERS,
        kinds.ChargeKind.SWITCHING_TIERS,
        kinds.ChargeKind.TIER_FEE,
        kinds.ChargeKind.PACKAGE,
    }
)


@dataclass(frozen=True)
class Draft:
    """A component whose `of` is not resolved yet, where it stands, and the taxes added to it."""

    component: tariff.Component
    item: nodes.Record
    added: tuple[tariff.Tax, ...]

    @property
    def kind(self) -> kinds.ChargeKind:
        """Its kind of charge."""
        return self.component.charge.kind


def read(item: nodes.Record, *, number: int, around: charges.Around) -> Draft:
    """The component but for `of`."""
    stated = taxes.read(item)
    component = tariff.Component(
        component_no=number,
        code=item["code"].value,
        name=values.names(item["name"]),
        charge=charges.read(item, around),
        revenue=item["revenue"].value,
        taxes=stated.stated,
        rounding=rounding.Rounding[item.value("rounding", rounding.Rounding.FEN_HALF_UP.name)],
        condition=_condition(item),
        share=_share(item),
        negotiable=item.read("negotiable", _negotiable, None),
    )
    return Draft(component=component, item=item, added=stated.added)


def resolved(drafts: Sequence[Draft]) -> tuple[tariff.Component, ...]:
    """The components with the numbers that derived charges refer to; behind them those of added taxes."""
    own = nodes.each(lambda draft: replace(draft.component, of=_of(draft, drafts)), drafts)
    _check_free(drafts, own)
    added = taxes.added_components(
        [(draft.component.component_no, tax) for draft in drafts for tax in draft.added],
        first_no=len(own) + 1,
        codes=[component.code for component in own],
    )
    tax_numbers = tuple(component.component_no for component in added)
    if own[-1].charge.kind is kinds.ChargeKind.BILL_ROUNDING:
        own = (*own[:-1], replace(own[-1], of=own[-1].of + tax_numbers))
    return own + added


def _of(draft: Draft, drafts: Sequence[Draft]) -> tuple[int, ...]:
    """The numbers of the components it is calculated from, or that it makes free."""
    if draft.kind < kinds.ChargeKind.FREE_QUANTITY:
        return ()
    node = draft.item.get("of")
    if node is not None:
        by_code = {other.component.code: other for other in drafts}
        return tuple(_named(code, draft=draft, by_code=by_code) for code in node.items())
    found = tuple(other.component.component_no for other in drafts if _is_meant(other, draft=draft))
    if not found:
        raise draft.item.fault("there is no component it could be calculated from")
    return found


def _named(code: nodes.Node, *, draft: Draft, by_code: dict[str, Draft]) -> int:
    other = by_code.get(code.value)
    if other is None:
        raise code.fault(f"{code.value} is not a component of the version")
    if not _may_refer(draft, other):
        raise code.fault(_why_not(draft, other))
    return other.component.component_no


def _may_refer(draft: Draft, other: Draft) -> bool:
    """Whether the other charge is known by the time this one is calculated."""
    if draft.kind is kinds.ChargeKind.FREE_QUANTITY:
        return other.kind in BY_QUANTITY
    if other.kind is kinds.ChargeKind.FREE_QUANTITY:
        return False
    if draft.kind is other.kind is kinds.ChargeKind.PERCENTAGE:
        return other.component.component_no < draft.component.component_no
    return other.kind < draft.kind


def _why_not(draft: Draft, other: Draft) -> str:
    code = other.component.code
    if other is draft:
        return f"{code} can't be calculated from itself"
    if draft.kind is kinds.ChargeKind.FREE_QUANTITY:
        return f"{code} is not charged by quantity"
    if other.kind is kinds.ChargeKind.FREE_QUANTITY:
        return f"{code} costs nothing"
    return f"{code} ({other.kind.name}) is calculated after {draft.component.code} ({draft.kind.name})"


def _is_meant(other: Draft, *, draft: Draft) -> bool:
    """Whether it is meant where `of` is left out."""
    if draft.kind is kinds.ChargeKind.BILL_ROUNDING:
        return other is not draft
    if other.kind >= kinds.DERIVED_FROM and other.kind is not kinds.ChargeKind.PERCENTAGE:
        return False
    return _may_refer(draft, other)


def _check_free(drafts: Sequence[Draft], own: Sequence[tariff.Component]) -> None:
    """One running total of free units serves one set of components."""
    free = [place for place, draft in enumerate(drafts) if draft.kind is kinds.ChargeKind.FREE_QUANTITY]
    for place in free[1:]:
        if set(own[place].of) != set(own[free[0]].of):
            reason = f"makes other components free than {own[free[0]].code}; all must name the same"
            raise drafts[place].item.fault(reason)


def _condition(item: nodes.Record) -> tariff.Condition:
    valid_from, valid_until = values.ordered_days(item, from_="valid_from", until="valid_until")
    paid_from, paid_until = values.ordered_days(item, from_="paid_from", until="paid_until")
    return tariff.Condition(
        choice=item.value("choice"),
        valid_from=valid_from,
        valid_until=valid_until,
        paid_from=paid_from,
        paid_until=paid_until,
    )


def _share(item: nodes.Record) -> kinds.Share:
    share_ppm = item.read("share", values.percent_ppm, kinds.MILLION)
    if share_ppm == 0:
        raise item["share"].fault("must be more than 0")
    return kinds.Share(
        share_ppm=share_ppm,
        cap_milli=item.read("cap", values.positive_milli, None),
        round_to_milli=item.read("share_round_to", values.positive_milli, None),
    )


def _negotiable(node: nodes.Node) -> tariff.Negotiable:
    item = node.record()
    return tariff.Negotiable(
        below_ppm=values.percent_ppm(item["below"]),
        above_ppm=values.percent_ppm(item["above"], at_most=1000),
    )
