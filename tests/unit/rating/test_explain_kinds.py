"""What a customer reads for every kind of charge. The sums were done with a pencil."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from meterbook.rating import book, columns, document, engine, explain
from tests.unit.rating import documents

JANUARY = (dt.date(2025, 1, 1), dt.date(2025, 2, 1))
WATER = {"zh": "水费", "en": "Water"}
POWER = {"unit": "kWh", "utility": "ELECTRICITY"}
HEAT = {"unit": "m2", "utility": "HEAT", "heating_season": documents.HEATING_SEASON}


def explained(text: dict[str, Any], language: str, **usage: Any) -> list[str]:
    """The sentences of one usage, 20 units in January unless it says otherwise, by the latest version."""
    read = document.parse(text)
    prices = book.of_documents([read])
    row = {
        "usage_id": 1,
        "tariff_version_id": len(read.versions),
        "quantity_milli": 20_000,
        "before_milli": 0,
        "persons": None,
        "period_from": JANUARY[0],
        "period_until": JANUARY[1],
        **usage,
    }
    known = {**columns.USAGE.columns, **columns.USAGE_MORE.columns}
    lines = engine.rate(pl.DataFrame([row], schema={name: known[name] for name in row}), prices)
    pairs = [
        (
            explain.Line.from_row({**found, "is_left_of_tiers": "tier_used_milli" in usage}),
            explain.component_text(
                version=prices.versions[found["tariff_version_id"]],
                component_no=found["component_no"],
                set_no=found["set_no"],
            ),
        )
        for found in lines.iter_rows(named=True)
    ]
    return [
        explain.sentence(line=line, component=pair[1], language=language)
        for line, pair in zip(explain.with_bases(pairs), pairs, strict=True)
    ]


def one(charge: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A tariff of one component."""
    own = {name: more.pop(name) for name in ("rounding", "share", "cap", "negotiable") if name in more}
    return documents.whole(documents.component("X", charge, name=WATER, **own), **more)


VOLUME = one({"kind": "VOLUME_TIERS", "tiers": [{"until": "100", "price": "2.07"}, {"price": "4.07"}]})
TIER_FEE = one({"kind": "TIER_FEE", "tiers": [{"until": "100", "price": "10"}, {"price": "30"}]})
EQUAL_FEES = one(
    {
        "kind": "GRADUATED_TIERS",
        "tiers": [{"until": "5", "price": "2", "fee": "2"}, {"price": "3", "fee": "3"}],
    }
)
HALF_FEES = one({"kind": "GRADUATED_TIERS", "tiers": [{"price": "3", "fee": "3"}]}, share="50")
FEES = one(
    {
        "kind": "GRADUATED_TIERS",
        "tiers": [{"until": "5", "price": "1.5", "fee": "27"}, {"price": "2", "fee": "12"}],
    }
)
SWITCHING = one(
    {
        "kind": "SWITCHING_TIERS",
        "tables": [
            {"until": "50", "tiers": [{"until": "10", "price": "1"}, {"price": "2.35"}]},
            {"tiers": [{"until": "40", "price": "4.7"}, {"price": "6.3"}]},
        ],
    },
    **POWER,
)
BAND_PRICES = {"PEAK": "0.9", "VALLEY": "0.3"}
BAND_TIERS = [{"until": "15", "prices": BAND_PRICES}, {"prices": {"PEAK": "1", "VALLEY": "0.4"}}]
BAND_NAMES = [
    {"code": "PEAK", "name": {"zh": "峰", "en": "Peak"}},
    {"code": "VALLEY", "name": {"zh": "谷", "en": "Valley"}},
]
BANDS = {"band_1_milli": 13_000, "band_2_milli": 7_000}
HEIGHT = {"over": "3.2", "step": "0.1", "add": "3", "begun": True, "at_most": "50"}
QUOTA = {
    "kind": "OVER_QUOTA",
    "within_price": "4",
    "tiers": [{"until_percent": "20", "price": "8"}, {"price": "12"}],
}
CALIBRES = [{"calibre": 15, "price": "3"}, {"calibre": 20, "price": "5"}]
TWO_MONTHS = {"period_until": dt.date(2025, 3, 1)}

CASES = {
    "tiers, a part taken back": (
        one(documents.TIERS),
        {"quantity_milli": -20_000, "before_milli": 190_000},
        [
            "第1阶梯 0–180 m³：-10 m³ × 2.07 元 = -20.70 元",
            "第2阶梯 180–260 m³：-10 m³ × 4.07 元 = -40.70 元",
        ],
        [
            "Tier 1, 0–180 m³: -10 m³ × 2.07 yuan = -20.70 yuan",
            "Tier 2, 180–260 m³: -10 m³ × 4.07 yuan = -40.70 yuan",
        ],
    ),
    "tiers refilled": (
        one(documents.TIERS),
        {"quantity_milli": 100_000, "tier_used_milli": [100_000, 20_000, 0]},
        [
            "第1阶梯余量 0–80 m³：80 m³ × 2.07 元 = 165.60 元",
            "第2阶梯余量 80–140 m³：20 m³ × 4.07 元 = 81.40 元",
        ],
        [
            "What is left of tier 1, 0–80 m³: 80 m³ × 2.07 yuan = 165.60 yuan",
            "What is left of tier 2, 80–140 m³: 20 m³ × 4.07 yuan = 81.40 yuan",
        ],
    ),
    "tiers with a fee": (
        FEES,
        {},
        [
            "进入阶梯的固定费，第1阶梯 0–5 m³：27.00 元",
            "第1阶梯 0–5 m³：5 m³ × 1.50 元 = 7.50 元",
            "进入阶梯的固定费，第2阶梯 5 m³ 以上：12.00 元",
            "第2阶梯 5 m³ 以上：15 m³ × 2.00 元 = 30.00 元",
        ],
        [
            "Fee for entering tier 1, 0–5 m³: 27.00 yuan",
            "Tier 1, 0–5 m³: 5 m³ × 1.50 yuan = 7.50 yuan",
            "Fee for entering tier 2, above 5 m³: 12.00 yuan",
            "Tier 2, above 5 m³: 15 m³ × 2.00 yuan = 30.00 yuan",
        ],
    ),
    "one unit at the price of its fee": (
        EQUAL_FEES,
        {"quantity_milli": 6_000},
        [
            "进入阶梯的固定费，第1阶梯 0–5 m³：2.00 元",
            "第1阶梯 0–5 m³：5 m³ × 2.00 元 = 10.00 元",
            "进入阶梯的固定费，第2阶梯 5 m³ 以上：3.00 元",
            "第2阶梯 5 m³ 以上：1 m³ × 3.00 元 = 3.00 元",
        ],
        [
            "Fee for entering tier 1, 0–5 m³: 2.00 yuan",
            "Tier 1, 0–5 m³: 5 m³ × 2.00 yuan = 10.00 yuan",
            "Fee for entering tier 2, above 5 m³: 3.00 yuan",
            "Tier 2, above 5 m³: 1 m³ × 3.00 yuan = 3.00 yuan",
        ],
    ),
    "one unit at the price of a fee paid before": (
        EQUAL_FEES,
        {"quantity_milli": 1_000, "before_milli": 6_000},
        ["第2阶梯 5 m³ 以上：1 m³ × 3.00 元 = 3.00 元"],
        ["Tier 2, above 5 m³: 1 m³ × 3.00 yuan = 3.00 yuan"],
    ),
    "half of one unit's price beside a fee": (
        HALF_FEES,
        {"quantity_milli": 1_000},
        ["进入阶梯的固定费，第1阶梯：3.00 元", "第1阶梯：1 m³ × 3.00 元 × 50% = 1.50 元"],
        ["Fee for entering tier 1: 3.00 yuan", "Tier 1: 1 m³ × 3.00 yuan × 50 % = 1.50 yuan"],
    ),
    "one unit given back without its fee": (
        EQUAL_FEES,
        {"quantity_milli": -1_000, "before_milli": 7_000},
        ["第2阶梯 5 m³ 以上：-1 m³ × 3.00 元 = -3.00 元"],
        ["Tier 2, above 5 m³: -1 m³ × 3.00 yuan = -3.00 yuan"],
    ),
    "one unit given back with its fee": (
        EQUAL_FEES,
        {"quantity_milli": -1_000, "before_milli": 6_000},
        [
            "退回进入阶梯的固定费，第2阶梯 5 m³ 以上：-1 × 3.00 元 = -3.00 元",
            "第2阶梯 5 m³ 以上：-1 m³ × 3.00 元 = -3.00 元",
        ],
        [
            "Fee for entering tier 2, above 5 m³, given back: -1 × 3.00 yuan = -3.00 yuan",
            "Tier 2, above 5 m³: -1 m³ × 3.00 yuan = -3.00 yuan",
        ],
    ),
    "a fee given back": (
        FEES,
        {"quantity_milli": -2_500, "before_milli": 6_500},
        [
            "第1阶梯 0–5 m³：-1 m³ × 1.50 元 = -1.50 元",
            "退回进入阶梯的固定费，第2阶梯 5 m³ 以上：-1 × 12.00 元 = -12.00 元",
            "第2阶梯 5 m³ 以上：-1.5 m³ × 2.00 元 = -3.00 元",
        ],
        [
            "Tier 1, 0–5 m³: -1 m³ × 1.50 yuan = -1.50 yuan",
            "Fee for entering tier 2, above 5 m³, given back: -1 × 12.00 yuan = -12.00 yuan",
            "Tier 2, above 5 m³: -1.5 m³ × 2.00 yuan = -3.00 yuan",
        ],
    ),
    "volume tiers": (
        VOLUME,
        {"before_milli": 20_000},
        ["第1阶梯 0–100 m³：20 m³ × 2.07 元 = 41.40 元"],
        ["Tier 1, 0–100 m³: 20 m³ × 2.07 yuan = 41.40 yuan"],
    ),
    "volume tiers, into another tier": (
        VOLUME,
        {"before_milli": 90_000},
        [
            "冲回此前已计，第1阶梯 0–100 m³：-90 m³ × 2.07 元 = -186.30 元",
            "第2阶梯 100 m³ 以上，累计全部按此价：110 m³ × 4.07 元 = 447.70 元",
        ],
        [
            "Taken back from tier 1, 0–100 m³: -90 m³ × 2.07 yuan = -186.30 yuan",
            "Tier 2, above 100 m³, all counted so far at this price: 110 m³ × 4.07 yuan = 447.70 yuan",
        ],
    ),
    "switching tables": (
        SWITCHING,
        {"before_milli": 49_000},
        [
            "第1档价表（总量 0–50 kWh），冲回此前已计，第1阶梯 0–10 kWh：-10 kWh × 1.00 元 = -10.00 元",
            "第1档价表（总量 0–50 kWh），冲回此前已计，第2阶梯 10 kWh 以上：-39 kWh × 2.35 元 = -91.65 元",
            "第2档价表（总量 50 kWh 以上），第1阶梯 0–40 kWh：40 kWh × 4.70 元 = 188.00 元",
            "第2档价表（总量 50 kWh 以上），第2阶梯 40 kWh 以上：29 kWh × 6.30 元 = 182.70 元",
        ],
        [
            "Table 1 (total 0–50 kWh), taken back from tier 1, 0–10 kWh: -10 kWh × 1.00 yuan = -10.00 yuan",
            "Table 1 (total 0–50 kWh), taken back from tier 2, above 10 kWh: -39 kWh × 2.35 yuan = -91.65 yuan",  # noqa: E501 - one sentence
            "Table 2 (total above 50 kWh), tier 1, 0–40 kWh: 40 kWh × 4.70 yuan = 188.00 yuan",
            "Table 2 (total above 50 kWh), tier 2, above 40 kWh: 29 kWh × 6.30 yuan = 182.70 yuan",
        ],
    ),
    "tier fee": (
        TIER_FEE,
        {"before_milli": 90_000},
        [
            "减去已收，第1阶梯 0–100 m³：-1 × 10.00 元 = -10.00 元",
            "总量在第2阶梯 100 m³ 以上：30.00 元",
        ],
        [
            "Less what tier 1, 0–100 m³ had cost: -1 × 10.00 yuan = -10.00 yuan",
            "Total in tier 2, above 100 m³: 30.00 yuan",
        ],
    ),
    "packages": (
        one({"kind": "PACKAGE", "price": "25", "size": "10"}),
        {"quantity_milli": 25_000},
        ["新开始的 10 m³ 包数：3 × 25.00 元 = 75.00 元"],
        ["Packages of 10 m³ begun: 3 × 25.00 yuan = 75.00 yuan"],
    ),
    "per period": (
        one({"kind": "PER_PERIOD", "price": "4.505"}),
        {},
        ["每期固定收费：4.505 元，四舍五入为 4.51 元"],
        ["Fixed for the period: 4.505 yuan, rounded half up to 4.51 yuan"],
    ),
    "per month and household": (
        one({"kind": "PER_MONTH", "price": "5", "times": "HOUSEHOLDS"}),
        {"households": 3, **TWO_MONTHS},
        ["3 户 × 5.00 元 × 2 个月 = 30.00 元"],
        ["3 households × 5.00 yuan × 2 months = 30.00 yuan"],
    ),
    "per month by days": (
        one({"kind": "PER_MONTH", "price": "5", "by_days": True}),
        TWO_MONTHS,
        ["5.00 元 × 59 天 × 12/365 = 9.698630… 元，四舍五入为 9.70 元"],
        ["5.00 yuan × 59 days × 12/365 = 9.698630… yuan, rounded half up to 9.70 yuan"],
    ),
    "per day and person": (
        one({"kind": "PER_DAY", "price": "0.5", "times": "PERSONS"}),
        {"persons": 1},
        ["1 人 × 0.50 元 × 31 天 = 15.50 元"],
        ["1 person × 0.50 yuan × 31 days = 15.50 yuan"],
    ),
    "by meter size": (
        one({"kind": "PER_MONTH", "by_calibre": CALIBRES}),
        {"calibre_mm": 20},
        ["口径 20 mm：5.00 元 × 1 个月 = 5.00 元"],
        ["Meter size 20 mm: 5.00 yuan × 1 month = 5.00 yuan"],
    ),
    "capacity": (
        one({"kind": "CAPACITY", "price": "23"}, **POWER),
        {"capacity_milli": 315_000},
        ["容量：315 kVA × 23.00 元 × 1 个月 = 7,245.00 元"],
        ["Capacity: 315 kVA × 23.00 yuan × 1 month = 7,245.00 yuan"],
    ),
    "demand, in another unit": (
        one({"kind": "DEMAND", "price": "38.5", "per": "PERIOD"}),
        {"demand_milli": 200_500},
        ["最大需量：200.5 × 38.50 元 = 7,719.25 元"],
        ["Highest demand: 200.5 × 38.50 yuan = 7,719.25 yuan"],
    ),
    "bands": (
        one({"kind": "TIME_OF_USE", "prices": BAND_PRICES}, bands=BAND_NAMES, **POWER),
        BANDS,
        ["峰：13 kWh × 0.90 元 = 11.70 元", "谷：7 kWh × 0.30 元 = 2.10 元"],
        ["Peak: 13 kWh × 0.90 yuan = 11.70 yuan", "Valley: 7 kWh × 0.30 yuan = 2.10 yuan"],
    ),
    "bands with tiers": (
        one({"kind": "TIME_OF_USE_TIERS", "tiers": BAND_TIERS}, bands=BAND_NAMES, **POWER),
        {"quantity_milli": 10_000, "band_1_milli": 7_500, "band_2_milli": 2_500},
        [
            "峰，第1阶梯 0–15 kWh：7.5 kWh × 0.90 元 = 6.75 元",
            "谷，第1阶梯 0–15 kWh：2.5 kWh × 0.30 元 = 0.75 元",
        ],
        [
            "Peak, tier 1, 0–15 kWh: 7.5 kWh × 0.90 yuan = 6.75 yuan",
            "Valley, tier 1, 0–15 kWh: 2.5 kWh × 0.30 yuan = 0.75 yuan",
        ],
    ),
    # 3.5 m is three steps of 0.1 m above 3.2 m: 9 % on top of 0.82
    "area for a season, building and height": (
        one(
            {"kind": "AREA", "price": "26", "per": "SEASON", "factors": {"HIGH": "0.82"}, "height": HEIGHT},
            **HEAT,
        ),
        {"area_milli": 88_500, "area_class": "HIGH", "height_milli": 3_500},
        ["面积：88.5 m² × 26.00 元 × 系数 0.8938 = 2,056.6338 元，四舍五入为 2,056.63 元"],
        ["Area: 88.5 m² × 26.00 yuan × factor 0.8938 = 2,056.6338 yuan, rounded half up to 2,056.63 yuan"],
    ),
    "area of a high room": (
        one({"kind": "AREA", "price": "26", "per": "SEASON", "height": HEIGHT}, **HEAT),
        {"area_milli": 100_000, "height_milli": 3_450},
        ["面积：100 m² × 26.00 元 × 层高系数 1.09 = 2,834.00 元"],
        ["Area: 100 m² × 26.00 yuan × height factor 1.09 = 2,834.00 yuan"],
    ),
    "area in a high-rise": (
        one({"kind": "AREA", "price": "26", "per": "SEASON", "factors": {"HIGH": "0.82"}}, **HEAT),
        {"area_milli": 100_000, "area_class": "HIGH"},
        ["面积：100 m² × 26.00 元 × 房屋类别系数 0.82 = 2,132.00 元"],
        ["Area: 100 m² × 26.00 yuan × building factor 0.82 = 2,132.00 yuan"],
    ),
    "area for days of a season": (
        one({"kind": "AREA", "price": "26", "per": "SEASON", "part_season": "DAYS"}, **HEAT),
        {"area_milli": 88_500},
        ["面积：88.5 m² × 26.00 元 × 31 天/120 天 = 594.425 元，四舍五入为 594.43 元"],
        ["Area: 88.5 m² × 26.00 yuan × 31 days/120 days = 594.425 yuan, rounded half up to 594.43 yuan"],
    ),
    "area for months of a season": (
        one({"kind": "AREA", "price": "26", "per": "SEASON", "part_season": "MONTHS"}, **HEAT),
        {"area_milli": 88_500},
        ["面积：88.5 m² × 26.00 元 × 1 个月/4 个月 = 575.25 元"],
        ["Area: 88.5 m² × 26.00 yuan × 1 month/4 months = 575.25 yuan"],
    ),
    "area for months": (
        one({"kind": "AREA", "price": "5.8", "per": "MONTH"}, **HEAT),
        {"area_milli": 100_000, "months": 4},
        ["面积：100 m² × 5.80 元 × 4 个月 = 2,320.00 元"],
        ["Area: 100 m² × 5.80 yuan × 4 months = 2,320.00 yuan"],
    ),
    "area for days": (
        one({"kind": "AREA", "price": "0.19", "per": "DAY"}, **HEAT),
        {"area_milli": 100_000, "period_from": dt.date(2024, 11, 15), "period_until": dt.date(2025, 3, 15)},
        ["面积：100 m² × 0.19 元 × 120 天 = 2,280.00 元"],
        ["Area: 100 m² × 0.19 yuan × 120 days = 2,280.00 yuan"],
    ),
    "over a quota": (
        one(QUOTA),
        {"quota_milli": 10_000},
        [
            "定额内 0–10 m³：10 m³ × 4.00 元 = 40.00 元",
            "超定额第1级 10–12 m³：2 m³ × 8.00 元 = 16.00 元",
            "超定额第2级 12 m³ 以上：8 m³ × 12.00 元 = 96.00 元",
        ],
        [
            "Within the quota, 0–10 m³: 10 m³ × 4.00 yuan = 40.00 yuan",
            "Over quota, step 1, 10–12 m³: 2 m³ × 8.00 yuan = 16.00 yuan",
            "Over quota, step 2, above 12 m³: 8 m³ × 12.00 yuan = 96.00 yuan",
        ],
    ),
    "a share as a factor": (
        one({"kind": "PER_UNIT", "price": "1.7"}, share="90"),
        {},
        ["20 m³ × 1.70 元 × 90% = 30.60 元"],
        ["20 m³ × 1.70 yuan × 90 % = 30.60 yuan"],
    ),
    # 90 % of 16, half up to whole units: 14.4 is 14
    "a rounded share up to a cap": (
        one({"kind": "PER_UNIT", "price": "1.7", "share_round_to": "1"}, share="90", cap="16"),
        {},
        ["最多计 16 m³，用量的 90%，取整到 1 m³：14 m³ × 1.70 元 = 23.80 元"],
        ["At most 16 m³ counted, 90 % of the quantity, rounded to 1 m³: 14 m³ × 1.70 yuan = 23.80 yuan"],
    ),
    "an agreed price": (
        one({"kind": "PER_UNIT", "price": "3.2"}, negotiable={"below": "5", "above": "20"}),
        {"negotiated_micro": 3_100_000},
        ["协议价（公布价 3.20 元）：20 m³ × 3.10 元 = 62.00 元"],
        ["Agreed price (published 3.20 yuan): 20 m³ × 3.10 yuan = 62.00 yuan"],
    ),
    "rounded to the jiao": (
        one({"kind": "PER_UNIT", "price": "0.4883"}, rounding="JIAO_TRUNCATE"),
        {},
        ["20 m³ × 0.4883 元 = 9.766 元，按 0.10 元舍去尾数为 9.70 元"],
        ["20 m³ × 0.4883 yuan = 9.766 yuan, cut in steps of 0.10 yuan to 9.70 yuan"],
    ),
}


@pytest.mark.parametrize(("text", "usage", "chinese", "english"), CASES.values(), ids=CASES)
def test_each_kind_of_charge(
    text: dict[str, Any], usage: dict[str, Any], chinese: list[str], english: list[str]
) -> None:
    assert explained(text, "zh", **usage) == chinese
    assert explained(text, "en", **usage) == english
