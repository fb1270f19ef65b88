"""What an explanation needs of a line and of its tariff."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from meterbook.rating import book_stages, explain_words, tariff
from meterbook.rating.charges import kinds


@dataclass(frozen=True)
class Line:
    """What the sentence needs of a rated line; names and units as in columns.LINES.

    The defaults are what lines had before these columns were kept. `base_minor` is what a charge calculated
    from others is of, `base_names` the charges of that sum, where `with_bases` found them.
    `is_left_of_tiers`: the usage said how much of its tiers was used up, so the bounds are those of what is
    left. `may_be_fee`: not where `with_bases` saw that the line can't be the fee for entering its tier.
    """

    tier: int
    tier_from_milli: int | None
    tier_until_milli: int | None
    before_milli: int
    quantity_milli: int
    unit_price_micro: int
    amount_minor: int
    rounding: int
    part_no: int = 1
    set_no: int = 0
    band: int = 0
    factor_ppm: int = kinds.MILLION
    time_numerator: int = 1
    time_denominator: int = 1
    tax_minor: int | None = None
    tax_basis_points: int | None = None
    period_from: dt.date | None = None
    period_until: dt.date | None = None
    base_minor: int | None = None
    base_names: tuple[tariff.Names, ...] | None = None
    is_left_of_tiers: bool = False
    may_be_fee: bool = True

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Line":
        """Take the line from a row of the lines frame or of a table with the same columns.

        Columns that are missing, or null where the line has no null, get their default.
        """
        names = {field.name for field in fields(cls) if field.name in row}
        required = {"tier_from_milli", "tier_until_milli"}
        return cls(**{name: row[name] for name in names if row[name] is not None or name in required})

    @property
    def days(self) -> int | None:
        """Days of the line's period; None where it isn't known."""
        if self.period_from is None or self.period_until is None:
            return None
        return (self.period_until - self.period_from).days


@dataclass(frozen=True)
class ComponentText:
    """What the sentence needs of the tariff. Without component and version it knows numbers, no names."""

    kind: kinds.ChargeKind
    unit: str
    currency: str
    component: tariff.Component | None = None
    version: tariff.TariffVersion | None = None

    @property
    def name(self) -> tariff.Names:
        """What the charge is called; LookupError without the component."""
        if self.component is None:
            raise LookupError("no component")
        return self.component.name

    def row(self, line: Line) -> kinds.PriceRow | None:
        """The price row the line came from, by tier and band; the component's first one otherwise."""
        if self.component is None or self.version is None:
            return None
        rows = self.component.charge.price_rows(self.version.household)
        own = (row for row in rows if (row.tier, row.band) == (line.tier, line.band) and not row.is_fee)
        return next(own, rows[0])


def name_text(name: tariff.Names, *, language: str) -> str:
    """A name in the language."""
    return name.zh if explain_words.tongue(language) == explain_words.CHINESE else name.en


def component_text(*, version: tariff.TariffVersion, component_no: int, set_no: int = 0) -> ComponentText:
    """The component as the price set has it; LookupError when the version has no such component or set."""
    components = _components(version, set_no=set_no)
    if not 1 <= component_no <= len(components):
        raise LookupError(f"no component {component_no}")
    component = components[component_no - 1]
    return ComponentText(
        kind=component.charge.kind,
        unit=version.unit,
        currency=version.currency,
        component=component,
        version=version,
    )


def _components(version: tariff.TariffVersion, *, set_no: int) -> tuple[tariff.Component, ...]:
    for entry in version.price_sets:
        if entry.set_no == set_no:
            return entry.components
    raise LookupError(f"no price set {set_no}")


def with_bases(lines: Sequence[tuple[Line, ComponentText]]) -> list[Line]:
    """The lines of one usage, those calculated from others with the sum they are of and what is in it.

    That is the sum of the lines that `book_stages.counted` names: of the whole bill for limits and its
    rounding, else of the same segment. What the tariff names and this bill doesn't have is not among them.
    """
    found = []
    for place, (line, text) in enumerate(lines):
        if text.component is None or text.version is None or text.kind < kinds.DERIVED_FROM:
            found.append(replace(line, may_be_fee=_may_be_fee(lines, place)))
            continue
        numbers = book_stages.counted(text.component, text.version)
        codes = {text.version.components[number - 1].code for number in numbers}
        is_whole = text.kind in book_stages.OF_WHOLE_BILL
        counted = [
            (other.amount_minor, named.component)
            for other, named in lines
            if named.component is not None
            and named.component.code in codes
            and other.part_no == line.part_no
            and (is_whole or other.period_from == line.period_from)
        ]
        names = tuple({item.code: item.name for _, item in counted}.values())
        found.append(replace(line, base_minor=sum(amount for amount, _ in counted), base_names=names))
    return found


def _may_be_fee(lines: Sequence[tuple[Line, ComponentText]], place: int) -> bool:
    """Whether a line may be the fee of a tier and not a part of the quantity, which may be one unit at the
    same price: a fee stands before what is counted in its tier, if the tier has any width.
    """
    line = lines[place][0]
    before, own, after = (
        _tier_place(*lines[other]) if 0 <= other < len(lines) else None
        for other in (place - 1, place, place + 1)
    )
    return own != before and (own == after or line.tier_from_milli == line.tier_until_milli)


def _tier_place(line: Line, text: ComponentText) -> tuple[object, ...]:
    return text.component, line.set_no, line.part_no, line.period_from, line.band, line.tier
