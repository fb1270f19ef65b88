"""A version of a tariff as a price sheet: what people read on a notice, for every kind of charge."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from meterbook.interfaces.cli import tariff_words
from meterbook.interfaces.cli.tongue import Tongue, gettext_noop
from meterbook.rating import explain, explain_words, fact, facts, tariff
from meterbook.rating.charges import kinds
from meterbook.rating.fact import Field, Measure, Place

if TYPE_CHECKING:
    from rich.table import Table

_PRICES = (Field.PRICE, Field.FEE, Field.RATE, Field.FREE)
_BOUNDS = (Field.BOUND, Field.BOUND_OVER_QUOTA, Field.TABLE_BOUND)
# What has a column of its own, or is said by the price.
_SHOWN = frozenset(
    {
        *(*_PRICES, *_BOUNDS, Field.NAME_ZH, Field.NAME_EN, Field.KIND, Field.REVENUE, Field.COMPONENT),
        *(Field.PER, Field.TIMES, Field.SIZE, Field.FREE_PER, Field.TAX, Field.TAX_RATE),
    }
)
# What matters to tiers alone.
_OF_TIERS = {
    *(Field.TIER_PERIOD, Field.BOUNDS_STATED_FOR, Field.BOUNDS_SCALED_BY, Field.BOUNDS_ROUND_TO),
    *(Field.BOUNDS_ROUNDING, Field.DEFAULT_PERSONS, Field.HOUSEHOLD_RULE, Field.HOUSEHOLD_OVER),
    *(Field.HOUSEHOLD_ADD, Field.HOUSEHOLD_ONCE),
}
_NOT_SUBJECT = tariff.TaxTreatment.NOT_SUBJECT.value
_USUAL_ROUNDING = "FEN_HALF_UP"
_PER_QUANTITY = frozenset({kinds.Basis.QUANTITY, kinds.Basis.BAND})
_PER = {
    kinds.Basis.AREA: gettext_noop("square metre"),
    kinds.Basis.CAPACITY: gettext_noop("unit of capacity"),
    kinds.Basis.DEMAND: gettext_noop("unit of demand"),
    kinds.Basis.HOUSEHOLDS: gettext_noop("household"),
    kinds.Basis.PERSONS: gettext_noop("person"),
}
_EVERY = {
    kinds.Time.MONTHS: gettext_noop("month"),
    kinds.Time.MONTHS_BY_DAYS: gettext_noop("month, by days"),
    kinds.Time.DAYS: gettext_noop("day"),
    kinds.Time.SEASON_DAYS: gettext_noop("heating season, by days"),
    kinds.Time.SEASON_MONTHS: gettext_noop("heating season, by months"),
}
_LIMITS = frozenset({kinds.ChargeKind.MINIMUM, kinds.ChargeKind.MAXIMUM, kinds.ChargeKind.MONEY_OFF})


@dataclass(frozen=True)
class Row:
    """One price of the sheet, in words."""

    component: str
    case: str
    tier: str
    from_: str
    until: str
    price: str
    tax: str
    remarks: str


def prices(version: tariff.TariffVersion, *, tongue: Tongue) -> "Table":
    """The table of prices."""
    from rich.table import Table

    _ = tongue.gettext
    found = list(rows(version, tongue=tongue))
    headings = {
        "component": _("Component"),
        "case": _("Season, programme"),
        "tier": _("Tier"),
        "from_": _("Above"),
        "until": _("Up to"),
        "price": _("Price"),
        "tax": _("VAT"),
        "remarks": _("Remarks"),
    }
    shown = [name for name in headings if any(getattr(row, name) for row in found)]
    table = Table(title=_("Prices"), title_justify="left")
    for name in shown:
        table.add_column(headings[name], overflow="fold", justify="right" if name == "until" else "left")
    for row in found:
        table.add_row(*(getattr(row, name) for name in shown))
    return table


def rules(version: tariff.TariffVersion, *, tongue: Tongue) -> "Table":
    """The table of what the version says outside its components."""
    from rich.table import Table

    table = Table(title=tongue.gettext("Rules"), title_justify="left", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in rule_rows(version, tongue=tongue):
        table.add_row(name, value)
    return table


def rule_rows(version: tariff.TariffVersion, *, tongue: Tongue) -> Iterator[tuple[str, str]]:
    """What the version says outside its components: names and values."""
    naming = tariff_words.Naming(tongue=tongue, versions=(version,))
    idle = {Field.EFFECTIVE_FROM, Field.EFFECTIVE_UNTIL}
    if not _has_tiers(version):
        idle |= _OF_TIERS
    for found in facts.rules(version):
        if found.field in idle:
            continue
        where = naming.place(found.place)
        name = naming.field(found.field)
        value = naming.value(found.value, field=found.field, measure=found.measure)
        yield (f"{name}{tongue.colon}{where}" if where else name, value)


def _has_tiers(version: tariff.TariffVersion) -> bool:
    """Whether bounds or persons mean anything to the version."""
    return any(
        row.tier or row.basis is kinds.Basis.PERSONS
        for entry in version.price_sets
        for component in entry.components
        for row in component.charge.price_rows(version.household)
    )


def rows(version: tariff.TariffVersion, *, tongue: Tongue) -> Iterator[Row]:
    """Every price with its bounds, component by component; what differs by season or programme after it."""
    sheet = _Sheet(
        version=version,
        naming=tariff_words.Naming(tongue=tongue, versions=(version,)),
        facts={found.key: found for found in facts.of_version(version)},
    )
    for component in version.components:
        yield from sheet.component(component)


@dataclass(frozen=True)
class _Sheet:
    version: tariff.TariffVersion
    naming: tariff_words.Naming
    facts: Mapping[fact.Key, fact.Fact]

    def component(self, component: tariff.Component) -> Iterator[Row]:
        """The rows of a component; its tax and remarks stand on the first."""
        own = [found for found in self.facts.values() if found.place.component == component.code]
        priced = self._priced(own)
        name = self.naming.tongue.name(component.name)
        tax, remarks = self._tax(component, own), self._remarks(own)
        if not priced:
            yield Row(name, "", "", "", "", self._rounded(component), tax, remarks)
        for place, found in enumerate(priced):
            where = found.place
            case = self.naming.place(Place(season=where.season, programme=where.programme))
            words = self._tier(where)
            yield Row(
                component=name,
                case=case,
                tier=words,
                from_=self._lower(where),
                until=self._upper(where),
                price=self._price(found, self._in_programme(component, where.programme)),
                tax="" if place else tax,
                remarks="" if place else remarks,
            )

    def _priced(self, own: list[fact.Fact]) -> list[fact.Fact]:
        """The prices by programme and season; one for each season where bounds or prices differ by it."""
        programmes = ["", *(programme.code for programme in self.version.programmes)]
        seasons = ["", *(season.code for season in self.version.seasons)]
        by_season = {
            found.place.programme
            for found in own
            if found.place.season and found.field in (*_PRICES, *_BOUNDS)
        }
        priced: list[fact.Fact] = []
        for found in own:
            if found.field not in _PRICES:
                continue
            if found.place.programme in by_season and not found.place.season:
                places = (replace(found.place, season=season) for season in seasons[1:])
                priced.extend(replace(found, place=place) for place in places)
            else:
                priced.append(found)
        return sorted(
            priced,
            key=lambda found: (programmes.index(found.place.programme), seasons.index(found.place.season)),
        )

    def _in_programme(self, component: tariff.Component, code: str) -> tariff.Component:
        """The component as a programme has it: its kind may be another one."""
        numbers = {programme.code: programme.programme_no for programme in self.version.programmes}
        programme_no = numbers.get(code, 0)
        entry = next(entry for entry in self.version.price_sets if entry.programme_no == programme_no)
        return entry.components[component.component_no - 1]

    def _price(self, found: fact.Fact, component: tariff.Component) -> str:
        _ = self.naming.tongue.gettext
        assert isinstance(found.value, int)
        if found.field is Field.RATE:
            return self.naming.number(found.value, measure=Measure.PERCENT)
        if found.field is Field.FREE:
            text = self.naming.number(found.value, measure=Measure.QUANTITY)
            is_monthly = (Field.FREE_PER, Place(component=component.code)) in self.facts
            return " / ".join([text, _("month")]) if is_monthly else text
        price = explain_words.price_text(
            found.value, currency=self.version.currency, language=self.naming.tongue.language.value
        )
        if found.field is Field.FEE:
            return _("{price} for entering the tier").format(price=price)
        return " / ".join([price, *self._units(component)])

    def _units(self, component: tariff.Component) -> Iterator[str]:
        """What one price is for: a unit, a household, a month."""
        _ = self.naming.tongue.gettext
        charge = component.charge
        row = charge.price_rows(self.version.household)[0]
        if charge.kind is kinds.ChargeKind.PACKAGE:
            size = self.naming.number(row.size_milli or 0, measure=Measure.QUANTITY)
            yield _("{size} begun").format(size=size)
        elif row.basis in _PER_QUANTITY and charge.kind is not kinds.ChargeKind.TIER_FEE:
            yield explain_words.quantity_text(1, unit=self.version.unit).partition(" ")[2]
        elif row.basis in _PER:
            yield _(_PER[row.basis])
        if row.time in _EVERY:
            yield _(_EVERY[row.time])
        elif (row.basis is kinds.Basis.ONE or row.basis in _PER) and charge.kind not in _LIMITS:
            yield _("bill")

    def _rounded(self, component: tariff.Component) -> str:
        return self.naming.word(component.rounding.name, field=Field.ROUNDING)

    def _bound(self, place: Place) -> str:
        """The upper bound of a tier in the season and programme of a price; empty for an open end."""
        found = self._find(Field.BOUND, place)
        if found is not None:
            return self.naming.value(found.value, field=found.field, measure=found.measure)
        found = self._find(Field.BOUND_OVER_QUOTA, place)
        if found is None:
            return ""
        _ = self.naming.tongue.gettext
        if found.value == 0:
            return _("quota")
        percent = self.naming.value(found.value, field=found.field, measure=found.measure)
        return _("quota + {percent}").format(percent=percent)

    def _tier(self, place: Place) -> str:
        """Tier, band, meter size and what else tells the prices of one case apart."""
        _ = self.naming.tongue.gettext
        if not self._is_of_quota(place):
            return self.naming.place(replace(place, component="", season="", programme=""))
        if place.tier == 1:
            return _("within the quota")
        return _("step {number} over the quota").format(number=place.tier - 1)

    def _lower(self, place: Place) -> str:
        if place.tier <= 1:
            return ""
        below = self._bound(replace(place, tier=place.tier - 1))
        # what is not charged within the quota has no tier for it
        return below or (self.naming.tongue.gettext("quota") if self._is_of_quota(place) else "")

    def _upper(self, place: Place) -> str:
        return self._bound(place) if place.tier else ""

    def _is_of_quota(self, place: Place) -> bool:
        kind = self.facts.get((Field.KIND, Place(component=place.component)))
        return kind is not None and kind.value == kinds.ChargeKind.OVER_QUOTA.name

    def _find(self, field: Field, place: Place) -> fact.Fact | None:
        """The fact for this season, or for all of them, under the price's programme."""
        bare = replace(place, band="", calibre=0, item="")
        return self.facts.get((field, bare)) or self.facts.get((field, replace(bare, season="")))

    def _tax(self, component: tariff.Component, own: list[fact.Fact]) -> str:
        """The rates inside the price and those added to it; nothing for a line that is tax itself."""
        if component.revenue == explain.TAX_REVENUE:
            return ""
        added = list(self._added(component))
        words = []
        for found in own:
            is_apart = bool(added) and found.value == _NOT_SUBJECT
            if found.field in {Field.TAX, Field.TAX_RATE} and not found.place.programme and not is_apart:
                value = self.naming.value(found.value, field=found.field, measure=found.measure)
                item = found.place.item
                words.append(value + self.naming.tongue.bracketed(item) if item else value)
        return self.naming.tongue.comma.join(dict.fromkeys([*words, *added]))

    def _added(self, component: tariff.Component) -> Iterator[str]:
        """The taxes that stand in lines of their own, with the day from which each holds."""
        _ = self.naming.tongue.gettext
        for item in self.version.components:
            if item.revenue == explain.TAX_REVENUE and component.component_no in item.of:
                rate = self.naming.number(
                    item.charge.price_rows(self.version.household)[0].rate_ppm, measure=Measure.PERCENT
                )
                from_ = item.condition.valid_from
                words = _("{rate} added").format(rate=rate)
                yield words + self.naming.tongue.bracketed(from_.isoformat()) if from_ else words

    def _remarks(self, own: list[fact.Fact]) -> str:
        """Everything else the component says, in its order."""
        said = []
        for found in own:
            is_usual = found.field is Field.ROUNDING and found.value == _USUAL_ROUNDING
            if found.field not in _SHOWN and not is_usual:
                said.append(found)
        said += [found for found in own if found.field is Field.TABLE_BOUND]
        return self.naming.tongue.semicolon.join(self._remark(found) for found in said)

    def _remark(self, found: fact.Fact) -> str:
        """The name of a fact, where it holds within the component, and its value."""
        tongue = self.naming.tongue
        where = self.naming.place(replace(found.place, component=""))
        value = self.naming.value(found.value, field=found.field, measure=found.measure)
        name = self.naming.field(found.field)
        return f"{name}{tongue.bracketed(where) if where else ''}{tongue.colon}{value}"
