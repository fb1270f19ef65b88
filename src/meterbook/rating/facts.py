"""A tariff taken apart into facts: one value at one place, each with its measure.

What is left to the format's defaults gives no fact, so that a list of facts is what somebody decided. Two
versions are compared by their facts (`difference`), and a price sheet lists them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from meterbook.kernel import rounding
from meterbook.rating import household as households
from meterbook.rating import tariff
from meterbook.rating.charges import area, derived, kinds, time_of_use
from meterbook.rating.fact import Fact, Field, Found, Key, Measure, Place, said

_BASIS_POINT_PPM = 100
_FIGURES = frozenset(
    {Field.PRICE, Field.FEE, Field.RATE, Field.BOUND, Field.BOUND_OVER_QUOTA, Field.TABLE_BOUND, Field.FREE}
)


def of_document(document: tariff.TariffDocument) -> tuple[Fact, ...]:
    """What the document says as a whole."""
    found: tuple[Found, ...] = (
        (Field.CODE, document.code, Measure.TEXT),
        (Field.NAME_ZH, document.names.zh, Measure.TEXT),
        (Field.NAME_EN, document.names.en, Measure.TEXT),
        (Field.UTILITY, document.utility.value, Measure.WORD),
        (Field.CUSTOMER_CLASS, document.customer_class, Measure.TEXT),
        (Field.REGION, document.region, Measure.TEXT),
        (Field.CURRENCY, document.currency, Measure.TEXT),
        (Field.UNIT, document.unit, Measure.TEXT),
        (Field.SOURCE, document.source, Measure.TEXT),
        (Field.GRADE, document.grade, Measure.TEXT),
        (Field.NOTE, document.note or None, Measure.TEXT),
    )
    return said(found)


def of_version(version: tariff.TariffVersion) -> tuple[Fact, ...]:
    """What a version says, its components after its rules."""
    return (*rules(version), *(fact for fact in _components(version)))


def rules(version: tariff.TariffVersion) -> tuple[Fact, ...]:
    """What a version says outside its components; each fact once, the defaults of the format left out."""
    named: list[Fact] = []
    for season in version.seasons:
        days = f"{_month_day(season.from_)} – {_month_day(season.until)}"
        named.append(Fact(Field.SEASON_DAYS, days, Measure.TEXT, Place(season=season.code)))
    named.extend(
        Fact(Field.BAND_NO, band.band_no, Measure.COUNT, Place(band=band.code)) for band in version.bands
    )
    for programme in version.programmes:
        place = Place(programme=programme.code)
        named.append(Fact(Field.PROGRAMME_NO, programme.programme_no, Measure.COUNT, place))
        dates: tuple[Found, ...] = (
            (Field.VALID_FROM, programme.valid_from, Measure.DAY),
            (Field.VALID_UNTIL, programme.valid_until, Measure.DAY),
        )
        named.extend(said(dates, place))
    return (
        *said(tuple(_terms(version))),
        *said(tuple(_changes(version))),
        *said(tuple(_conversions(version))),
        *named,
    )


def _terms(version: tariff.TariffVersion) -> Iterator[Found]:
    scale, household = version.bound_scale, version.household
    has_rule = household.rule is not households.HouseholdRule.NONE
    yield Field.EFFECTIVE_FROM, version.effective_from, Measure.DAY
    yield Field.EFFECTIVE_UNTIL, version.effective_until, Measure.DAY
    yield Field.TIER_PERIOD, version.tier_period.name, Measure.WORD
    yield Field.BOUNDS_STATED_FOR, scale.stated_for.name, Measure.WORD
    yield Field.BOUNDS_SCALED_BY, scale.scaled_by.name, Measure.WORD
    if scale.round_to_milli != 1:
        yield Field.BOUNDS_ROUND_TO, scale.round_to_milli, Measure.QUANTITY
    if scale.mode is not rounding.Mode.HALF_UP:
        yield Field.BOUNDS_ROUNDING, scale.mode.name, Measure.WORD
    yield Field.DEFAULT_PERSONS, version.default_persons, Measure.COUNT
    if has_rule:
        yield Field.HOUSEHOLD_RULE, household.rule.value, Measure.WORD
        yield Field.HOUSEHOLD_OVER, household.over_persons, Measure.COUNT
        yield Field.HOUSEHOLD_ADD, household.add_milli or None, Measure.QUANTITY
        yield Field.HOUSEHOLD_ONCE, household.is_once or None, Measure.WORD
    if version.month_count is not tariff.MonthCount.NEAREST:
        yield Field.MONTHS, version.month_count.name, Measure.WORD
    if version.year_days != tariff.TariffVersion.year_days:
        yield Field.YEAR_DAYS, version.year_days, Measure.COUNT
    if version.heating_season is not None:
        days = " – ".join(_month_day(day) for day in version.heating_season)
        yield Field.HEATING_SEASON, days, Measure.TEXT


def _changes(version: tariff.TariffVersion) -> Iterator[Found]:
    change, season = version.change, version.season_change
    if change is not None:
        yield Field.CHANGE_SPLIT, change.split.name, Measure.WORD
        if change.split is tariff.SplitRule.READING_NUMBER:
            yield Field.CHANGE_READING, change.reading, Measure.COUNT
        if change.split is tariff.SplitRule.DAYS:
            yield Field.CHANGE_ROUND_TO, change.round_to_milli, Measure.QUANTITY
            yield Field.CHANGE_COUNTER, change.counter.name, Measure.WORD
    if season is not None:
        yield Field.SEASON_SPLIT, season.split.name, Measure.WORD
        if season.split is tariff.SplitRule.DAYS:
            yield Field.SEASON_ROUND_TO, season.round_to_milli, Measure.QUANTITY
            yield Field.SEASON_COUNTER, season.counter.name, Measure.WORD


def _conversions(version: tariff.TariffVersion) -> Iterator[Found]:
    conversion, billed = version.conversion, version.quantity_rounding
    if conversion is not None:
        yield Field.METERED_UNIT, conversion.unit, Measure.TEXT
        yield Field.CONVERSION_FACTOR, _unless_one(conversion.factor_micro), Measure.NUMBER
        yield Field.CALORIFIC_METERED, conversion.is_calorific_metered or None, Measure.WORD
        yield Field.CALORIFIC_VALUE, _unless_one(conversion.calorific_micro), Measure.NUMBER
        yield Field.CONVERSION_DIVISOR, _unless_one(conversion.divisor_micro), Measure.NUMBER
        yield Field.CONVERSION_ROUND_TO, conversion.round_to_milli, Measure.QUANTITY
        yield Field.CONVERSION_ROUNDING, conversion.mode.name, Measure.WORD
    if billed is not None:
        yield Field.BILLED_STEP, billed.round_to_milli, Measure.QUANTITY
        yield Field.BILLED_ROUNDING, billed.mode.name, Measure.WORD
        yield Field.BILLED_CARRIED, billed.is_carried or None, Measure.WORD


def _components(version: tariff.TariffVersion) -> Iterator[Fact]:
    """The facts of every price set; what all seasons or programmes share stands once."""
    seasons = version.seasons or (None,)
    sets = {
        (entry.season_no, entry.programme_no): component_facts(version, entry) for entry in version.price_sets
    }
    numbers = [0 if season is None else season.season_no for season in seasons]
    codes = {0: ""} | {season.season_no: season.code for season in version.seasons}
    yield from _by_season({number: sets[number, 0] for number in numbers}, codes)
    for programme in version.programmes:
        changed = {
            number: _changed(sets[number, programme.programme_no], base=sets[number, 0]) for number in numbers
        }
        for fact in _by_season(changed, codes):
            yield replace(fact, place=replace(fact.place, programme=programme.code))


def _changed(own: Mapping[Key, Fact], *, base: Mapping[Key, Fact]) -> dict[Key, Fact]:
    """What differs from the base, and all figures of the components that differ: tiers may have gone."""
    codes = {
        place.component
        for field, place in {**own, **base}
        if own.get((field, place)) != base.get((field, place))
    }
    return {
        key: fact
        for key, fact in own.items()
        if base.get(key) != fact or (fact.place.component in codes and fact.field in _FIGURES)
    }


def _by_season(sets: Mapping[int, Mapping[Key, Fact]], codes: Mapping[int, str]) -> Iterator[Fact]:
    keys = dict.fromkeys(key for facts in sets.values() for key in facts)
    for key in keys:
        there = [facts.get(key) for facts in sets.values()]
        if all(fact == there[0] for fact in there) and there[0] is not None:
            yield there[0]
            continue
        for number, facts in sets.items():
            if key in facts:
                yield replace(facts[key], place=replace(facts[key].place, season=codes[number]))


def component_facts(version: tariff.TariffVersion, entry: tariff.PriceSet) -> dict[Key, Fact]:
    """The facts of the components of one price set, in their order."""
    return {
        fact.key: fact
        for component in entry.components
        for fact in _component(component, version=version, components=entry.components)
    }


def _component(
    component: tariff.Component, *, version: tariff.TariffVersion, components: tuple[tariff.Component, ...]
) -> Iterator[Fact]:
    place = Place(component=component.code)
    charge = component.charge
    named: tuple[Found, ...] = (
        (Field.NAME_ZH, component.name.zh, Measure.TEXT),
        (Field.NAME_EN, component.name.en, Measure.TEXT),
        (Field.KIND, charge.kind.name, Measure.WORD),
    )
    yield from said(named, place)
    for place_no, row in enumerate(charge.price_rows(version.household)):
        yield from _price(row, component=component, version=version, is_first=place_no == 0)
    yield from _of_charge(charge, place)
    yield from said(tuple(_terms_of(component, components)), place)
    for tax in component.taxes:
        dated = replace(place, item="" if tax.from_ is None else tax.from_.isoformat())
        rate = tax.rate_basis_points * _BASIS_POINT_PPM
        is_taxed = tax.treatment is tariff.TaxTreatment.TAXED
        if is_taxed:
            yield Fact(Field.TAX_RATE, rate, Measure.PERCENT, dated)
        else:
            yield Fact(Field.TAX, tax.treatment.value, Measure.WORD, dated)
    yield Fact(Field.ROUNDING, component.rounding.name, Measure.WORD, place)


def _price(
    row: kinds.PriceRow, *, component: tariff.Component, version: tariff.TariffVersion, is_first: bool
) -> Iterator[Fact]:
    """Price and bounds of one price row."""
    kind = component.charge.kind
    is_table = kind is kinds.ChargeKind.SWITCHING_TIERS
    bands = {0: ""} | {band.band_no: band.code for band in version.bands}
    tier = Place(component=component.code, table=row.band if is_table else 0, tier=row.tier)
    priced = replace(tier, band="" if is_table else bands[row.band], calibre=row.calibre_mm or 0)
    if kind in {kinds.ChargeKind.PERCENTAGE, kinds.ChargeKind.PERCENT_OFF}:
        yield Fact(Field.RATE, row.rate_ppm, Measure.PERCENT, priced)
    elif kind not in {kinds.ChargeKind.FREE_QUANTITY, kinds.ChargeKind.BILL_ROUNDING}:
        yield Fact(Field.FEE if row.is_fee else Field.PRICE, row.price_micro, Measure.PRICE, priced)
    if row.until_milli is not None:
        if row.bounds is kinds.Bounds.OF_QUOTA:
            yield Fact(Field.BOUND_OVER_QUOTA, row.until_milli - kinds.MILLION, Measure.PERCENT, tier)
        else:
            yield Fact(Field.BOUND, row.until_milli, Measure.QUANTITY, tier)
    if row.table_until_milli is not None:
        yield Fact(Field.TABLE_BOUND, row.table_until_milli, Measure.QUANTITY, replace(tier, tier=0))
    if is_first:
        whole = Place(component=component.code)
        if row.time is not kinds.Time.ONCE:
            yield Fact(Field.PER, row.time.name, Measure.WORD, whole)
        if row.basis in {kinds.Basis.HOUSEHOLDS, kinds.Basis.PERSONS}:
            yield Fact(Field.TIMES, row.basis.name, Measure.WORD, whole)
        if row.size_milli is not None:
            yield Fact(Field.SIZE, row.size_milli, Measure.QUANTITY, whole)


def _of_charge(charge: kinds.Charge, place: Place) -> Iterator[Fact]:
    """What a kind of charge says beside prices and bounds."""
    if isinstance(charge, derived.FreeQuantity):
        yield Fact(Field.FREE, charge.allowance_milli, Measure.QUANTITY, place)
        if charge.is_monthly:
            yield Fact(Field.FREE_PER, kinds.Time.MONTHS.name, Measure.WORD, place)
        if charge.is_pooled:
            yield Fact(Field.FREE_POOLED, value=True, measure=Measure.WORD, place=place)
    elif isinstance(charge, time_of_use.TimeOfUseTiers):
        allowance = "PER_BAND" if charge.is_per_band else "SHARED"
        yield Fact(Field.ALLOWANCE, allowance, Measure.WORD, place)
    elif isinstance(charge, area.Area):
        for code, factor in charge.factors.items():
            yield Fact(Field.AREA_FACTOR, factor, Measure.PERCENT, replace(place, item=code))
        yield from _heights(charge.height, place)


def _heights(height: area.HeightSteps | area.HeightTable | None, place: Place) -> Iterator[Fact]:
    if isinstance(height, area.HeightTable):
        for over, add in height.rows:
            yield Fact(Field.HEIGHT_ADD, add, Measure.PERCENT, replace(place, item=str(over)))
    elif height is not None:
        steps: tuple[Found, ...] = (
            (Field.HEIGHT_OVER, height.over_milli, Measure.METRES),
            (Field.HEIGHT_STEP, height.step_milli, Measure.METRES),
            (Field.HEIGHT_BEGUN, height.is_begun or None, Measure.WORD),
            (Field.HEIGHT_ADD, height.add_ppm, Measure.PERCENT),
            (Field.HEIGHT_AT_MOST, height.at_most_ppm, Measure.PERCENT),
        )
        yield from said(steps, place)


def _terms_of(component: tariff.Component, components: tuple[tariff.Component, ...]) -> Iterator[Found]:
    condition, share, band = component.condition, component.share, component.negotiable
    codes = {other.component_no: other.code for other in components}
    yield Field.OF, tuple(codes[number] for number in component.of) or None, Measure.TEXT
    yield Field.SHARE, None if share.share_ppm == kinds.MILLION else share.share_ppm, Measure.PERCENT
    yield Field.SHARE_CAP, share.cap_milli, Measure.QUANTITY
    yield Field.SHARE_ROUND_TO, share.round_to_milli, Measure.QUANTITY
    if band is not None:
        yield Field.NEGOTIABLE_BELOW, band.below_ppm, Measure.PERCENT
        yield Field.NEGOTIABLE_ABOVE, band.above_ppm, Measure.PERCENT
    yield Field.CHOICE, condition.choice, Measure.TEXT
    yield Field.VALID_FROM, condition.valid_from, Measure.DAY
    yield Field.VALID_UNTIL, condition.valid_until, Measure.DAY
    yield Field.PAID_FROM, condition.paid_from, Measure.DAY
    yield Field.PAID_UNTIL, condition.paid_until, Measure.DAY
    yield Field.REVENUE, component.revenue, Measure.TEXT


def _unless_one(micro: int) -> int | None:
    return None if micro == kinds.MILLION else micro


def _month_day(day: tariff.MonthDay) -> str:
    return f"{day.month:02}-{day.day:02}"
