"""In which order the derived charges of a book are worked out, and what each of them is of.

A stage has at most one component of a version. What a stage counts is kept as bits of the price rows, so that
the engine looks nothing up while it sums.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from meterbook.rating import tariff
from meterbook.rating.charges import kinds

# Derived charges that look at the whole bill, also where a change of price split it.
OF_WHOLE_BILL = frozenset(
    {kinds.ChargeKind.MAXIMUM, kinds.ChargeKind.MINIMUM, kinds.ChargeKind.BILL_ROUNDING}
)
MOST_STAGES = 62
EARLIER = {"last_version_id": pl.Int32(), "tariff_version_id": pl.Int32(), "component_no": pl.Int16()}
Place = tuple[int, int]


@dataclass(frozen=True)
class Stage:
    """One stage; `number` counts from 1. `earlier` are lines at the prices of versions before the target's
    that a charge of the whole bill counts too: columns EARLIER.
    """

    number: int
    kind: kinds.ChargeKind
    earlier: pl.DataFrame

    @property
    def bit(self) -> int:
        """The bit of what the stage counts."""
        return 1 << (self.number - 1)


@dataclass(frozen=True)
class Stages:
    """The stages in order; by (version id, component number) the stage of a derived component, and the bits
    of the stages that count a component.
    """

    stages: tuple[Stage, ...]
    stage_of: Mapping[Place, int]
    bits_of: Mapping[Place, int]

    def has_part_in(self, version_id: int) -> bool:
        """Whether a version has derived charges, or its lines may be counted by a later version's."""
        is_earlier = any((stage.earlier["tariff_version_id"] == version_id).any() for stage in self.stages)
        return is_earlier or any(place[0] == version_id for place in self.stage_of)


@dataclass(frozen=True)
class _Target:
    version_id: int
    component: tariff.Component
    counted: tuple[int, ...]


def stages(*, versions: Mapping[int, tariff.TariffVersion], previous: Mapping[int, int]) -> Stages:
    """By kind; within a kind in the order of components, so that a later one may be of an earlier one.

    Raises ValueError for more than MOST_STAGES.
    """
    by_order: dict[tuple[kinds.ChargeKind, int], list[_Target]] = {}
    for target, place in _targets(versions):
        by_order.setdefault((target.component.charge.kind, place), []).append(target)
    if len(by_order) > MOST_STAGES:
        raise ValueError(f"{len(by_order)} stages of derived charges, at most {MOST_STAGES}")
    found = []
    stage_of: dict[Place, int] = {}
    bits_of: dict[Place, int] = {}
    for number, ((kind, _), targets) in enumerate(sorted(by_order.items()), start=1):
        rows = [row for target in targets for row in _earlier_lines(target, versions, previous)]
        earlier = pl.DataFrame(rows, schema=dict(EARLIER), orient="row")
        found.append(Stage(number=number, kind=kind, earlier=earlier))
        for target in targets:
            stage_of[target.version_id, target.component.component_no] = number
            for counted in target.counted:
                line = (target.version_id, counted)
                bits_of[line] = bits_of.get(line, 0) | found[-1].bit
    return Stages(stages=tuple(found), stage_of=stage_of, bits_of=bits_of)


def _targets(versions: Mapping[int, tariff.TariffVersion]) -> Iterator[tuple[_Target, int]]:
    """Every derived component and its place among those of its kind in its version."""
    for version_id, version in versions.items():
        places: dict[kinds.ChargeKind, int] = {}
        for component in version.components:
            kind = component.charge.kind
            if kind >= kinds.DERIVED_FROM:
                places[kind] = places.get(kind, 0) + 1
                yield _Target(version_id, component, counted(component, version)), places[kind]


def counted(component: tariff.Component, version: tariff.TariffVersion) -> tuple[int, ...]:
    """What a derived charge is of: what it names, and what was taken off or put on exactly those before.

    Two discounts on the same lines follow one another, so that nothing is taken off twice. Percentages on top
    stand beside each other unless one names the other.
    """
    named = set(component.of)
    own = (component.charge.kind, component.component_no)
    is_on_top = component.charge.kind is kinds.ChargeKind.PERCENTAGE
    is_earlier = (
        other.component_no
        for other in version.components
        if other.charge.kind >= kinds.DERIVED_FROM
        and (other.charge.kind, other.component_no) < own
        and set(other.of) <= named
        and not (is_on_top and other.charge.kind is component.charge.kind)
    )
    return tuple(sorted(named | set(is_earlier)))


def _earlier_lines(
    target: _Target, versions: Mapping[int, tariff.TariffVersion], previous: Mapping[int, int]
) -> Iterator[tuple[int, int, int]]:
    """Components of the versions before that have the codes of what the target is of."""
    if target.component.charge.kind not in OF_WHOLE_BILL:
        return
    by_no = {item.component_no: item.code for item in versions[target.version_id].components}
    codes = {by_no[number] for number in target.counted}
    before = previous.get(target.version_id)
    while before is not None:
        for item in versions[before].components:
            if item.code in codes:
                yield target.version_id, before, item.component_no
        before = previous.get(before)
