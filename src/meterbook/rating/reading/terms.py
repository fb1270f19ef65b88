"""What a version says beside its components: bounds, household, changes, seasons, conversion, programmes.

Each of these may stand at the tariff as the default of its versions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from meterbook.kernel import period, rounding
from meterbook.rating import household as households
from meterbook.rating import tariff
from meterbook.rating.charges import kinds
from meterbook.rating.reading import charges, nodes, values

NAMES = (
    "tier_period",
    "default_persons",
    "bounds",
    "household",
    "months",
    "year_days",
    "price_change",
    "seasons",
    "season_change",
    "heating_season",
    "conversion",
    "billed_quantity",
    "bands",
    "programmes",
)
_MONTHLY = tariff.ScaledBy.MONTHS
_YEARS = (period.TierPeriod.CALENDAR_YEAR, period.TierPeriod.ANNIVERSARY_YEAR)
_HEATING = period.TierPeriod.HEATING_SEASON
_BOUNDS: Mapping[period.TierPeriod, tuple[tariff.StatedFor, tariff.ScaledBy]] = {
    period.TierPeriod.BILLING_PERIOD: (tariff.StatedFor.BILL, tariff.ScaledBy.NONE),
    period.TierPeriod.MONTH: (tariff.StatedFor.MONTH, _MONTHLY),
    period.TierPeriod.TWO_MONTHS: (tariff.StatedFor.TWO_MONTHS, _MONTHLY),
    period.TierPeriod.CALENDAR_YEAR: (tariff.StatedFor.YEAR, _MONTHLY),
    period.TierPeriod.ANNIVERSARY_YEAR: (tariff.StatedFor.YEAR, _MONTHLY),
    period.TierPeriod.HEATING_SEASON: (tariff.StatedFor.SEASON, tariff.ScaledBy.DAYS),
}


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The fields of the same names of TariffVersion."""

    tier_period: period.TierPeriod
    default_persons: int
    household: households.Household
    bound_scale: tariff.BoundScale
    month_count: tariff.MonthCount
    year_days: int
    change: tariff.Change | None
    seasons: tuple[tariff.Season, ...]
    season_change: tariff.Change | None
    heating_season: tuple[tariff.MonthDay, tariff.MonthDay] | None
    conversion: tariff.Conversion | None
    quantity_rounding: tariff.QuantityRounding | None
    bands: tuple[tariff.Band, ...]
    programmes: tuple[tariff.Programme, ...]

    def around(self) -> charges.Around:
        """What charges need to know of it."""
        return charges.Around(
            bands={band.code: band.band_no for band in self.bands},
            has_heating_season=self.heating_season is not None,
        )


def merged(version: nodes.Record, document: nodes.Record) -> nodes.Record:
    """The version with the tariff's defaults for what it doesn't say; null in the version is said."""
    defaults = {name: document[name] for name in NAMES if name in document}
    return nodes.Record(path=version.path, nodes={**defaults, **version.nodes})


def read(item: nodes.Record) -> Terms:
    """The terms of a merged version whose form has been checked; TariffError with the faults of all."""
    nodes.each(lambda name: item.read(name, _READERS[name], None), _READERS)
    tier_period = period.TierPeriod[item.value("tier_period", "BILLING_PERIOD")]
    heating_season = item.read("heating_season", _heating_season, None)
    if tier_period is period.TierPeriod.HEATING_SEASON and heating_season is None:
        raise item["tier_period"].fault("needs the heating_season of the version")
    seasons = item.read("seasons", _seasons, ())
    by_reading_date = tariff.Change(split=tariff.SplitRule.READING_DATE)
    return Terms(
        tier_period=tier_period,
        default_persons=item["default_persons"].value,
        household=item.read("household", _household, households.NO_HOUSEHOLD_RULE),
        bound_scale=_bound_scale(
            item, tier_period=tier_period, has_heating_season=heating_season is not None
        ),
        month_count=tariff.MonthCount[item.value("months", "NEAREST")],
        year_days=item.value("year_days", 365),
        change=item.read("price_change", _change, None),
        seasons=seasons,
        season_change=item.read("season_change", _change, by_reading_date) if seasons else None,
        heating_season=heating_season,
        conversion=item.read("conversion", _conversion, None),
        quantity_rounding=item.read("billed_quantity", _quantity_rounding, None),
        bands=item.read("bands", _bands, ()),
        programmes=item.read("programmes", _programmes, ()),
    )


def _bound_scale(
    item: nodes.Record, *, tier_period: period.TierPeriod, has_heating_season: bool
) -> tariff.BoundScale:
    """What is not stated follows from the tier period."""
    stated_for, scaled_by = _BOUNDS[tier_period]
    node = item.get("bounds")
    if node is None:
        return tariff.BoundScale(stated_for=stated_for, scaled_by=scaled_by)
    bounds = node.record()
    stated_for = tariff.StatedFor[bounds.value("stated_for", stated_for.name)]
    scaled_by = tariff.ScaledBy[bounds.value("scaled_by", scaled_by.name)]
    if stated_for is tariff.StatedFor.SEASON and not has_heating_season:
        raise bounds["stated_for"].fault("needs the heating_season of the version")
    owned = {**dict.fromkeys(_YEARS, tariff.StatedFor.YEAR), _HEATING: tariff.StatedFor.SEASON}
    wanted = owned.get(tier_period)
    if (wanted is not None and stated_for is not wanted) or (
        wanted is None and stated_for is tariff.StatedFor.SEASON
    ):
        raise bounds["stated_for"].fault(f"doesn't go with the tier period {tier_period.name}")
    if stated_for is tariff.StatedFor.BILL and scaled_by is not tariff.ScaledBy.NONE:
        raise node.fault("bounds stated for the bill, however long it is, can't be scaled")
    return tariff.BoundScale(
        stated_for=stated_for,
        scaled_by=scaled_by,
        round_to_milli=bounds.read("round_to", values.positive_milli, 1),
        mode=bounds.read("rounding", values.mode, rounding.Mode.HALF_UP),
    )


def _household(node: nodes.Node) -> households.Household:
    item = node.record()
    listed = item.get("add") or item.get("per_person")
    quantities = () if listed is None else listed.items()
    milli = [values.quantity_milli(quantity) for quantity in quantities]
    rule = households.HouseholdRule(item["rule"].value)
    if rule is households.HouseholdRule.PER_PERSON:
        values.rising(milli, where=quantities)
    # a bound that grows slower than the one below it would be overtaken by a large enough household
    elif listed is not None and milli != sorted(milli):
        raise listed.fault("a higher bound must not grow less than a lower one")
    return households.Household(
        rule=rule,
        over_persons=item["over_persons"].value,
        add_milli=tuple(milli),
        is_once=item.value("once", default=False),
    )


def _change(node: nodes.Node) -> tariff.Change:
    item = node.record()
    return tariff.Change(
        split=tariff.SplitRule[item["split"].value],
        reading=item.value("reading", 1),
        round_to_milli=item.read("round_to", values.positive_milli, kinds.ONE_MILLI),
        counter=tariff.Counter[item.value("counter", "CONTINUES")],
    )


def _seasons(node: nodes.Node) -> tuple[tariff.Season, ...]:
    records = [item.record() for item in node.items()]
    values.unique([record["code"] for record in records])
    seasons = tuple(
        tariff.Season(
            season_no=number,
            code=record["code"].value,
            name=values.names(record["name"]),
            from_=values.month_day(record["from"]),
            until=values.month_day(record["until"]),
        )
        for number, record in enumerate(records, start=1)
    )
    by_start = sorted(seasons, key=lambda season: (season.from_.month, season.from_.day))
    for before, after in zip(by_start, [*by_start[1:], by_start[0]], strict=True):
        if before.until != after.from_ or before.from_ == after.from_:
            reason = (
                f"{after.code} doesn't begin where {before.code} ends: seasons cover the year exactly once"
            )
            raise node.fault(reason)
    return seasons


def _heating_season(node: nodes.Node) -> tuple[tariff.MonthDay, tariff.MonthDay]:
    item = node.record()
    from_, until = values.month_day(item["from"]), values.month_day(item["until"])
    if from_ == until:
        raise item["until"].fault("must be another day than from")
    return from_, until


def _conversion(node: nodes.Node) -> tariff.Conversion:
    item = node.record()
    is_metered = item.value("calorific_value") == "METERED"
    return tariff.Conversion(
        unit=item["from_unit"].value,
        factor_micro=item.read("factor", values.positive_micro, kinds.MILLION),
        calorific_micro=kinds.MILLION
        if is_metered
        else item.read("calorific_value", values.positive_micro, kinds.MILLION),
        is_calorific_metered=is_metered,
        divisor_micro=item.read("divide_by", values.positive_micro, kinds.MILLION),
        round_to_milli=item.read("round_to", values.positive_milli, 1),
        mode=item.read("rounding", values.mode, rounding.Mode.HALF_UP),
    )


def _quantity_rounding(node: nodes.Node) -> tariff.QuantityRounding:
    item = node.record()
    return tariff.QuantityRounding(
        round_to_milli=values.positive_milli(item["round_to"]),
        mode=item.read("rounding", values.mode, rounding.Mode.HALF_UP),
        is_carried=item.value("carry", default=False),
    )


def _bands(node: nodes.Node) -> tuple[tariff.Band, ...]:
    records = [item.record() for item in node.items()]
    values.unique([record["code"] for record in records])
    return tuple(
        tariff.Band(band_no=number, code=record["code"].value, name=values.names(record["name"]))
        for number, record in enumerate(records, start=1)
    )


def _programmes(node: nodes.Node) -> tuple[tariff.Programme, ...]:
    records = [item.record() for item in node.items()]
    values.unique([record["code"] for record in records])
    programmes = []
    for number, record in enumerate(records, start=1):
        valid_from, valid_until = values.ordered_days(record, from_="from", until="until")
        programmes.append(
            tariff.Programme(
                programme_no=number,
                code=record["code"].value,
                name=values.names(record["name"]),
                valid_from=valid_from,
                valid_until=valid_until,
            )
        )
    return tuple(programmes)


# each by itself, so that all their faults are found at once
_READERS: Mapping[str, Callable[[nodes.Node], object]] = {
    "household": _household,
    "price_change": _change,
    "seasons": _seasons,
    "season_change": _change,
    "heating_season": _heating_season,
    "conversion": _conversion,
    "billed_quantity": _quantity_rounding,
    "bands": _bands,
    "programmes": _programmes,
}
