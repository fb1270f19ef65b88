"""Bills under example tariffs whose files say more than tiers, worked out with a pencil in the comments."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from meterbook.rating import book, columns, document, engine

LIBRARY = Path(__file__).parents[3] / "tariffs"
DAY = dt.date


def total_minor(file: str, first_day: dt.date, units: int, **more: Any) -> int:
    """What a month from `first_day` comes to, in minor units; `more` are further columns of the usage."""
    read = document.load_yaml((LIBRARY / file).read_text(encoding="utf-8"))
    usage = {
        "usage_id": 1,
        "tariff_version_id": read.versions.index(read.version_on(first_day)) + 1,
        "quantity_milli": units * 1000,
        "before_milli": 0,
        "period_from": first_day,
        "period_until": first_day + dt.timedelta(days=30),
        **more,
    }
    frame = pl.DataFrame([usage], schema=dict(columns.USAGE.columns) | dict(columns.USAGE_MORE.columns))
    return int(engine.rate(frame, book.of_documents([read]))["amount_minor"].sum())


LOW = {"choices": ["LOW_INCOME"]}
BILLS = [
    # 25 x 2.65: low incomes keep the old price
    ("cn/changsha/gas-residential.yaml", DAY(2023, 3, 1), 25, LOW, 66_25),
    # 6 of 25 are free: 19 x 2.992
    ("cn/changsha/gas-residential.yaml", DAY(2024, 12, 1), 25, LOW, 56_85),
    # five persons: 450 x 2.992 + 150 x 3.590 + 50 x 4.488; only the first bound moves
    ("cn/changsha/gas-residential.yaml", DAY(2025, 3, 1), 650, {"persons": 5}, 1346_40 + 538_50 + 224_40),
    # a year earlier nobody's bound moved: 390 x 2.992 + 210 x 3.590 + 50 x 4.488
    ("cn/changsha/gas-residential.yaml", DAY(2024, 12, 1), 650, {"persons": 5}, 1166_88 + 753_90 + 224_40),
    # 25 x 2.847
    ("cn/yiyang/gas-residential.yaml", DAY(2025, 6, 1), 25, LOW, 71_18),
    # all of 700 at 2.18
    ("cn/xian/gas-residential.yaml", DAY(2023, 8, 1), 700, LOW, 1526_00),
    # 600 x 1.96, winter as summer; others pay 500 x 2.13 + 100 x 2.30
    ("cn/chongqing/gas-residential.yaml", DAY(2021, 12, 1), 600, LOW, 1176_00),
    ("cn/chongqing/gas-residential.yaml", DAY(2021, 12, 1), 600, {}, 1065_00 + 230_00),
    # all of the year's 96 are there at once, 20 of them taken: 100 - 76 = 24 x 2.98
    ("cn/yangzhou/gas-residential.yaml", DAY(2024, 2, 1), 100, {**LOW, "free_before_milli": 20_000}, 71_52),
    # summer 30 x 3.41 + 5 x 3.91 + 5 x 5.16, winter 40 x 3.41, less 20
    ("cn/shenzhen/gas-residential.yaml", DAY(2024, 7, 1), 40, {}, 102_30 + 19_55 + 25_80),
    ("cn/shenzhen/gas-residential.yaml", DAY(2024, 12, 1), 40, LOW, 136_40 - 20_00),
    # 15 of 100 are free: 85 x 0.4883
    ("cn/beijing/electricity-residential.yaml", DAY(2020, 1, 1), 100, LOW, 41_51),
    # seven persons in winter: 300 x 0.6002 + 100 x 0.6502; six: 200 x 0.6002 + 200 x 0.6502
    ("cn/guangdong/electricity-residential.yaml", DAY(2020, 1, 1), 400, {"persons": 7}, 180_06 + 65_02),
    ("cn/guangdong/electricity-residential.yaml", DAY(2020, 1, 1), 400, {"persons": 6}, 120_04 + 130_04),
    # eight persons have no more than five: 3960 x 0.538 + 40 x 0.588
    ("cn/zhejiang/electricity-residential.yaml", DAY(2020, 1, 1), 4000, {"persons": 8}, 2130_48 + 23_52),
    # spring 180 x 0.588 + 170 x 0.638 + 50 x 0.888
    ("cn/hunan/electricity-residential.yaml", DAY(2020, 4, 1), 400, {}, 105_84 + 108_46 + 44_40),
    # 3120 of 4000 in tier 1, six tenths of each part are peak:
    # 1872 x 0.617, 528 x 0.677, 1248 x 0.307, 352 x 0.337
    (
        "cn/shanghai/electricity-residential-time-of-use.yaml",
        DAY(2022, 1, 1),
        4000,
        {"band_1_milli": 2_400_000, "band_2_milli": 1_600_000},
        1155_02 + 357_46 + 383_14 + 118_62,
    ),
    # 10 x 0.9903 + 20 x 0.6002 + 30 x 0.3001
    (
        "cn/guangdong/electricity-residential-time-of-use.yaml",
        DAY(2020, 1, 1),
        60,
        {"band_1_milli": 10_000, "band_2_milli": 20_000, "band_3_milli": 30_000},
        9_90 + 12_00 + 9_00,
    ),
    # agreed at 20 % above 4.30: 100 x 5.16
    (
        "cn/shenzhen/gas-commercial-industrial.yaml",
        DAY(2024, 4, 1),
        100,
        {"negotiated_micro": 5_160_000},
        516_00,
    ),
    # 2 x 6.00 is less than two minimum charges; 25 are 18.00 + 17 x 3.65 + 5 x 1.80
    ("us/sheffield/water-residential.yaml", DAY(2010, 1, 1), 2, {"households": 2}, 54_00),
    ("us/sheffield/water-residential.yaml", DAY(2010, 1, 1), 25, {}, 18_00 + 62_05 + 9_00),
    # fixed 23.24; water 7.92 + 10.24 + 47.28 + 44.80; sewer on 16 of 20: 94.88
    ("us/charlotte/water-residential.yaml", DAY(2023, 7, 1), 20, {}, 23_24 + 110_24 + 94_88),
    # 24.42 + 7 x 2.08 + 3 x 2.61
    ("us/canby/water-residential.yaml", DAY(2024, 5, 1), 10, {}, 24_42 + 14_56 + 7_83),
    # 100 m3 x 1.02264 x 39.3 / 3.6 = 1116.382 kWh x 0.0633, 30 days x 0.2982
    (
        "gb/great-britain/gas-residential-direct-debit.yaml",
        DAY(2025, 8, 1),
        100,
        {"calorific_micro": 39_300_000},
        70_67 + 8_95,
    ),
]


@pytest.mark.parametrize(("file", "first_day", "units", "more", "expected"), BILLS)
def test_a_bill_is_what_a_pencil_gives(
    file: str, first_day: dt.date, units: int, more: dict[str, Any], expected: int
) -> None:
    assert total_minor(file, first_day, units, **more) == expected


def test_an_agreed_price_beyond_the_band_is_refused() -> None:
    with pytest.raises(engine.RatingError, match="NEGOTIATED_PRICE_OUT_OF_BAND"):
        total_minor("cn/qingdao/gas-non-residential.yaml", DAY(2021, 3, 1), 100, negotiated_micro=3_249_999)
