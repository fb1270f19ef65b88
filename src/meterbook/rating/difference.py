"""What changed between two tariffs: header, versions, components, prices and bounds, rules.

Two documents are compared version by version: versions with the same first day belong together, and a
version that was added is compared with the one it follows. Pure: facts in, differences out.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from meterbook.kernel import rounding
from meterbook.rating import fact, facts, tariff

# What of a component that came or went is worth its own line beside the component itself.
_FIGURES = frozenset({fact.Measure.PRICE, fact.Measure.QUANTITY, fact.Measure.PERCENT})
_COUNTED = _FIGURES | {fact.Measure.METRES, fact.Measure.NUMBER, fact.Measure.COUNT}
_IN_TAX = frozenset({fact.Field.TAX_RATE})
_HUNDREDTHS_OF_PERCENT = 10_000


@dataclass(frozen=True)
class Difference:
    """One fact that is not the same; None where there is none (any more)."""

    field: fact.Field
    place: fact.Place
    measure: fact.Measure
    old: fact.Value | None
    new: fact.Value | None

    @property
    def change(self) -> int | None:
        """New less old, in the measure's unit; None for what can't be counted."""
        if self.measure in _COUNTED and isinstance(self.old, int) and isinstance(self.new, int):
            return self.new - self.old
        return None

    @property
    def change_hundredths(self) -> int | None:
        """The change in hundredths of a percent of the old value, half up; None without a base."""
        if self.change is None or not isinstance(self.old, int):
            return None
        return hundredths(change=self.change, base=self.old)


@dataclass(frozen=True)
class VersionDifference:
    """Two versions set against each other, or one that went.

    `is_added`: the new version is not in the old document; it is compared with the one it follows, or with
    none where it follows none.
    """

    old_from: dt.date | None
    new_from: dt.date | None
    is_added: bool
    differences: tuple[Difference, ...]

    @property
    def is_removed(self) -> bool:
        """Whether the old version is not in the new document."""
        return self.new_from is None

    @property
    def is_same(self) -> bool:
        """Whether nothing changed."""
        return not (self.is_added or self.is_removed or self.differences)


@dataclass(frozen=True)
class DocumentDifference:
    """What differs in the header, and version by version."""

    header: tuple[Difference, ...]
    versions: tuple[VersionDifference, ...]

    @property
    def is_same(self) -> bool:
        """Whether both documents say the same."""
        return not self.header and all(version.is_same for version in self.versions)


def of_documents(*, old: tariff.TariffDocument, new: tariff.TariffDocument) -> DocumentDifference:
    """Compare two documents; versions in the order of their first days."""
    old_by_day = {version.effective_from: version for version in old.versions}
    new_by_day = {version.effective_from: version for version in new.versions}
    found = []
    for day in sorted({*old_by_day, *new_by_day}):
        if day not in new_by_day:
            found.append(VersionDifference(old_from=day, new_from=None, is_added=False, differences=()))
        elif day in old_by_day:
            found.append(of_versions(old=old_by_day[day], new=new_by_day[day]))
        else:
            found.append(_added(day, old_by_day=old_by_day, new_by_day=new_by_day))
    header = compared(facts.of_document(old), facts.of_document(new))
    return DocumentDifference(header=header, versions=tuple(found))


def of_versions(*, old: tariff.TariffVersion, new: tariff.TariffVersion) -> VersionDifference:
    """Compare two versions."""
    return VersionDifference(
        old_from=old.effective_from,
        new_from=new.effective_from,
        is_added=False,
        differences=_of_facts(facts.of_version(old), facts.of_version(new)),
    )


def compared(old: Iterable[fact.Fact], new: Iterable[fact.Fact]) -> tuple[Difference, ...]:
    """What is not the same, in the order of the old facts, then of those that came."""
    before = {one.key: one for one in old}
    after = {one.key: one for one in new}
    found = []
    for key in dict.fromkeys([*before, *after]):
        one, other = before.get(key), after.get(key)
        if one is not None and other is not None and one.value == other.value:
            continue
        known = one or other
        assert known is not None
        found.append(
            Difference(
                field=known.field,
                place=known.place,
                measure=known.measure,
                old=None if one is None else one.value,
                new=None if other is None else other.value,
            )
        )
    return tuple(found)


def hundredths(*, change: int, base: int) -> int | None:
    """`change` in hundredths of a percent of `base`, half up; None where the base is zero."""
    if base == 0:
        return None
    return rounding.round_ratio(
        numerator=change * _HUNDREDTHS_OF_PERCENT, denominator=abs(base), mode=rounding.Mode.HALF_UP
    )


def _added(
    day: dt.date,
    *,
    old_by_day: dict[dt.date, tariff.TariffVersion],
    new_by_day: dict[dt.date, tariff.TariffVersion],
) -> VersionDifference:
    """A version only the new document has, against the one before it there, else in the old document."""
    earlier_new = [other for other in new_by_day if other < day]
    earlier_old = [other for other in old_by_day if other < day] or list(old_by_day)
    base = new_by_day[max(earlier_new)] if earlier_new else old_by_day[max(earlier_old)]
    found = _of_facts(facts.of_version(base), facts.of_version(new_by_day[day]))
    return VersionDifference(old_from=base.effective_from, new_from=day, is_added=True, differences=found)


def _of_facts(old: tuple[fact.Fact, ...], new: tuple[fact.Fact, ...]) -> tuple[Difference, ...]:
    """Differences in the order of the document: of components that came or went only what they cost."""
    before = dict.fromkeys(one.place.component for one in old if one.place.component)
    after = dict.fromkeys(one.place.component for one in new if one.place.component)
    order = ["", *before, *(code for code in after if code not in before)]
    changed: dict[str, list[Difference]] = {code: [] for code in order}
    for difference in compared(old, new):
        changed[difference.place.component].append(difference)
    found: list[Difference] = []
    for code in order:
        if code and (code in before) != (code in after):
            found.append(_whole(code, was_there=code in before))
            found.extend(one for one in changed[code] if one.measure in _FIGURES and one.field not in _IN_TAX)
        else:
            found.extend(changed[code])
    return tuple(found)


def _whole(code: str, *, was_there: bool) -> Difference:
    """A component that went or came."""
    return Difference(
        field=fact.Field.COMPONENT,
        place=fact.Place(component=code),
        measure=fact.Measure.TEXT,
        old=code if was_there else None,
        new=None if was_there else code,
    )
