"""The charges of components, one reader for each kind. New kinds add a row to the table at the end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from meterbook.rating.charges import (
    area,
    capacity,
    derived,
    fixed,
    graduated_tiers,
    kinds,
    over_quota,
    package,
    per_unit,
    switching_tiers,
    tier_fee,
    tiers,
    time_of_use,
    volume_tiers,
)
from meterbook.rating.reading import nodes, values

_LARGEST_PERCENTAGE = 1000
_BASES = {
    None: kinds.Basis.ONE,
    "HOUSEHOLDS": kinds.Basis.HOUSEHOLDS,
    "PERSONS": kinds.Basis.PERSONS,
}
_TIMES = {"PERIOD": kinds.Time.ONCE, "MONTH": kinds.Time.MONTHS, "DAY": kinds.Time.DAYS}
_SEASON_TIMES = {
    "WHOLE": kinds.Time.ONCE,
    "DAYS": kinds.Time.SEASON_DAYS,
    "MONTHS": kinds.Time.SEASON_MONTHS,
}


@dataclass(frozen=True)
class Around:
    """What charges refer to in their version: band numbers by code, and whether it has a heating season."""

    bands: Mapping[str, int]
    has_heating_season: bool


def read(item: nodes.Record, around: Around) -> kinds.Charge:
    """The charge of a component whose form has been checked; TariffError names the field."""
    kind = kind_of(item)
    if kind in _READERS_AROUND:
        return _READERS_AROUND[kind](item, around)
    return _READERS[kind](item)


def kind_of(item: nodes.Record) -> kinds.ChargeKind:
    """Which kind of charge a component is."""
    return kinds.ChargeKind[item["kind"].value]


def _per_unit(item: nodes.Record) -> per_unit.PerUnit:
    return per_unit.PerUnit(price_micro=values.price_micro(item["price"]))


def _graduated_tiers(item: nodes.Record) -> graduated_tiers.GraduatedTiers:
    return graduated_tiers.GraduatedTiers(tiers=_tiers(item["tiers"]))


def _volume_tiers(item: nodes.Record) -> volume_tiers.VolumeTiers:
    return volume_tiers.VolumeTiers(tiers=_tiers(item["tiers"]))


def _tier_fee(item: nodes.Record) -> tier_fee.TierFee:
    return tier_fee.TierFee(tiers=_tiers(item["tiers"]))


def _switching_tiers(item: nodes.Record) -> switching_tiers.SwitchingTiers:
    bounds = _bounds(item["tables"], name="until", reader=values.quantity_milli, what="table")
    tables = (
        switching_tiers.Table(until_milli=bound, tiers=_tiers(node.record()["tiers"]))
        for bound, node in zip(bounds, item["tables"].items(), strict=True)
    )
    return switching_tiers.SwitchingTiers(tables=tuple(tables))


def _package(item: nodes.Record) -> package.Package:
    return package.Package(
        price_micro=values.price_micro(item["price"]), size_milli=values.positive_milli(item["size"])
    )


def _fixed(item: nodes.Record) -> fixed.Fixed:
    return fixed.Fixed(
        kind=kind_of(item),
        price_micro=item.read("price", values.price_micro, 0),
        basis=_BASES[item.value("times")],
        is_by_days=item.value("by_days", default=False),
        by_calibre=item.read("by_calibre", _by_calibre, ()),
    )


def _capacity(item: nodes.Record) -> capacity.Capacity:
    return capacity.Capacity(
        kind=kind_of(item),
        price_micro=values.price_micro(item["price"]),
        time=_TIMES[item.value("per", "MONTH")],
    )


def _time_of_use(item: nodes.Record, around: Around) -> time_of_use.TimeOfUse:
    return time_of_use.TimeOfUse(prices=_band_prices(item["prices"], around))


def _time_of_use_tiers(item: nodes.Record, around: Around) -> time_of_use.TimeOfUseTiers:
    bounds = _bounds(item["tiers"], name="until", reader=values.quantity_milli)
    read_tiers = (
        time_of_use.BandTier(until_milli=bound, prices=_band_prices(node.record()["prices"], around))
        for bound, node in zip(bounds, item["tiers"].items(), strict=True)
    )
    return time_of_use.TimeOfUseTiers(
        tiers=tuple(read_tiers), is_per_band=item.value("allowance") == "PER_BAND"
    )


def _area(item: nodes.Record, around: Around) -> area.Area:
    return area.Area(
        price_micro=values.price_micro(item["price"]),
        time=_area_time(item, around),
        factors={code: values.factor_ppm(node) for code, node in item.entries("factors").items()},
        height=item.read("height", _height, None),
    )


def _area_time(item: nodes.Record, around: Around) -> kinds.Time:
    if item["per"].value != "SEASON":
        return _TIMES[item["per"].value]
    time = _SEASON_TIMES[item.value("part_season", "WHOLE")]
    if time is not kinds.Time.ONCE and not around.has_heating_season:
        raise item["part_season"].fault("needs the heating_season of the version")
    return time


def _height(node: nodes.Node) -> area.HeightSteps | area.HeightTable:
    """Heights are metres in the document, millimetres here."""
    if isinstance(node.value, list):
        rows = [row.record() for row in node.items()]
        heights = [values.quantity_milli(row["over"]) for row in rows]
        values.rising(heights, where=[row["over"] for row in rows])
        return area.HeightTable(
            rows=tuple((height, _surcharge(row["add"])) for height, row in zip(heights, rows, strict=True))
        )
    steps = node.record()
    return area.HeightSteps(
        over_milli=values.quantity_milli(steps["over"]),
        step_milli=values.positive_milli(steps["step"]),
        add_ppm=_surcharge(steps["add"]),
        is_begun=steps.value("begun", default=False),
        at_most_ppm=steps.read("at_most", _surcharge, None),
    )


def _over_quota(item: nodes.Record) -> over_quota.OverQuota:
    bounds = _bounds(item["tiers"], name="until_percent", reader=_surcharge)
    return over_quota.OverQuota(
        within_micro=item.read("within_price", values.price_micro, None),
        tiers=tuple(
            tiers.Tier(until_milli=bound, price_micro=values.price_micro(node.record()["price"]))
            for bound, node in zip(bounds, item["tiers"].items(), strict=True)
        ),
    )


def _free_quantity(item: nodes.Record) -> derived.FreeQuantity:
    return derived.FreeQuantity(
        allowance_milli=values.positive_milli(item["quantity"]),
        is_monthly=item["per"].value == "MONTH",
        is_pooled=item.value("pooled", default=False),
    )


def _percentage(item: nodes.Record) -> derived.Percentage:
    kind = kind_of(item)
    at_most = _LARGEST_PERCENTAGE if kind is kinds.ChargeKind.PERCENTAGE else 100
    return derived.Percentage(kind=kind, rate_ppm=values.percent_ppm(item["rate"], at_most=at_most))


def _limit(item: nodes.Record) -> derived.Limit:
    return derived.Limit(
        kind=kind_of(item),
        price_micro=item.read("price", values.price_micro, 0),
        time=_TIMES[item.value("per", "PERIOD")],
        basis=_BASES[item.value("times")],
        by_calibre=item.read("by_calibre", _by_calibre, ()),
    )


def _bill_rounding(item: nodes.Record) -> derived.BillRounding:
    del item
    return derived.BillRounding()


def _tiers(node: nodes.Node) -> tuple[tiers.Tier, ...]:
    """Tiers with a bound, a price (0 where only a fee is stated) and perhaps a fee."""
    bounds = _bounds(node, name="until", reader=values.quantity_milli)
    records = (item.record() for item in node.items())
    return tuple(
        tiers.Tier(
            until_milli=bound,
            price_micro=record.read("price", values.price_micro, 0),
            fee_micro=record.read("fee", values.price_micro, None),
        )
        for bound, record in zip(bounds, records, strict=True)
    )


def _bounds(
    node: nodes.Node, *, name: str, reader: Callable[[nodes.Node], int], what: str = "tier"
) -> tuple[int | None, ...]:
    """The upper bounds of a list of tiers: all but the last have one, and they rise."""
    records = [item.record() for item in node.items()]
    for record in records[:-1]:
        if name not in record:
            raise record.fault(f"only the last {what} may be open")
    if name in records[-1]:
        raise records[-1].fault(f"the last {what} is open")
    where = [record[name] for record in records[:-1]]
    bounds = [reader(bound) for bound in where]
    values.rising(bounds, where=where)
    return (*bounds, None)


def _band_prices(node: nodes.Node, around: Around) -> tuple[tuple[int, int], ...]:
    """Band number and price, in the order of the bands; every band of the version and no other."""
    prices = node.record().nodes
    for code, price in prices.items():
        if code not in around.bands:
            raise price.fault(f"{code} is not a band of the version")
    missing = [code for code in around.bands if code not in prices]
    if missing:
        raise node.fault(f"no price for {', '.join(missing)}")
    return tuple((number, values.price_micro(prices[code])) for code, number in around.bands.items())


def _by_calibre(node: nodes.Node) -> tuple[tuple[int, int], ...]:
    rows = [item.record() for item in node.items()]
    values.unique([row["calibre"] for row in rows])
    return tuple((row["calibre"].value, values.price_micro(row["price"])) for row in rows)


def _surcharge(node: nodes.Node) -> int:
    return values.percent_ppm(node, at_most=_LARGEST_PERCENTAGE)


_READERS: Mapping[kinds.ChargeKind, Callable[[nodes.Record], kinds.Charge]] = {
    kinds.ChargeKind.PER_UNIT: _per_unit,
    kinds.ChargeKind.GRADUATED_TIERS: _graduated_tiers,
    kinds.ChargeKind.PER_PERIOD: _fixed,
    kinds.ChargeKind.VOLUME_TIERS: _volume_tiers,
    kinds.ChargeKind.SWITCHING_TIERS: _switching_tiers,
    kinds.ChargeKind.TIER_FEE: _tier_fee,
    kinds.ChargeKind.PACKAGE: _package,
    kinds.ChargeKind.PER_MONTH: _fixed,
    kinds.ChargeKind.PER_DAY: _fixed,
    kinds.ChargeKind.CAPACITY: _capacity,
    kinds.ChargeKind.DEMAND: _capacity,
    kinds.ChargeKind.OVER_QUOTA: _over_quota,
    kinds.ChargeKind.FREE_QUANTITY: _free_quantity,
    kinds.ChargeKind.PERCENT_OFF: _percentage,
    kinds.ChargeKind.MONEY_OFF: _limit,
    kinds.ChargeKind.MAXIMUM: _limit,
    kinds.ChargeKind.MINIMUM: _limit,
    kinds.ChargeKind.PERCENTAGE: _percentage,
    kinds.ChargeKind.BILL_ROUNDING: _bill_rounding,
}
_READERS_AROUND: Mapping[kinds.ChargeKind, Callable[[nodes.Record, Around], kinds.Charge]] = {
    kinds.ChargeKind.TIME_OF_USE: _time_of_use,
    kinds.ChargeKind.TIME_OF_USE_TIERS: _time_of_use_tiers,
    kinds.ChargeKind.AREA: _area,
}
