"""The demo company's customers: invented people, shops and addresses, the same for the same number.

Every telephone number has 0000 in its middle, so that nobody's real one is among them.
"""

import datetime
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from meterbook.application import write_supplies
from meterbook.domain import tables
from meterbook.domain.customers import models as customers
from meterbook.domain.premises import rules as addresses

SEED = 20_260_101
WATER, GAS, ELECTRICITY = tables.Utility.WATER, tables.Utility.GAS, tables.Utility.ELECTRICITY
RESIDENTIAL, BUSINESS = customers.CustomerClass.RESIDENTIAL, customers.CustomerClass.NON_RESIDENTIAL
# (utility, class) -> the shipped example tariff
TARIFFS = {
    (WATER, RESIDENTIAL): "CN-BEIJING-WATER-RESIDENTIAL",
    (WATER, BUSINESS): "CN-BEIJING-WATER-NON-RESIDENTIAL",
    (GAS, RESIDENTIAL): "CN-BEIJING-GAS-RESIDENTIAL",
    (GAS, BUSINESS): "CN-SHANGHAI-GAS-NON-RESIDENTIAL",
    (ELECTRICITY, RESIDENTIAL): "CN-BEIJING-ELECTRICITY-RESIDENTIAL",
}
MODELS = {
    WATER: ("城东仪表", "LXS-20E"),
    GAS: ("恒源燃气表", "G2.5"),
    ELECTRICITY: ("安平电表", "DDS-220"),
}
LETTERS = {WATER: "S", GAS: "Q", ELECTRICITY: "D"}
PERCENT_WITH_GAS, PERCENT_WITH_ELECTRICITY, PERCENT_BUSINESS = 70, 10, 6
HOUSEHOLD_DIGITS, BUSINESS_DIGITS = 5, 6
ACCOUNTS_A_BOOK = 250
FLATS_A_BUILDING = 24

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任"
)
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉秀云建国春燕红文志海梅鑫宇浩然子涵雨欣思"
_COMMUNITIES = (
    ("城东区", "建设街", ("城东花园", "东苑小区", "建设里", "锦绣家园", "铁路新村")),
    ("柳荫区", "柳荫街", ("柳荫小区", "河畔人家", "绿柳苑", "学府佳园", "老街西巷")),
)
_SHOPS = (
    "面馆",
    "便民超市",
    "理发店",
    "大药房",
    "五金店",
    "洗衣店",
    "水果店",
    "早餐铺",
    "快捷酒店",
    "幼儿园",
    "诊所",
    "茶楼",
)


@dataclass(frozen=True, slots=True)
class Station:
    """A station of the demo: its id and its place in the list of communities."""

    station_id: int
    place: int


def supplies(
    *, count: int, stations: tuple[Station, ...], tariff_ids: Mapping[str, int], from_on: datetime.date
) -> pl.DataFrame:
    """`count` accounts with 1.8 meters each on average, as columns write_supplies.SUPPLIES."""
    dice = random.Random(SEED)  # noqa: S311 # play data
    rows: list[dict[str, Any]] = []
    for key in range(1, count + 1):
        station = stations[key % len(stations)]
        rows.extend(
            {**row, "tariff_id": tariff_ids[row.pop("tariff")], "from_on": from_on}
            for row in _account(dice, key=key, station=station, number=(key - 1) // len(stations))
        )
    return pl.DataFrame(rows, schema=write_supplies.SUPPLIES, strict=True)


def book_name(code: str) -> str:
    """What people call a book of the demo: 0102 is the second of the first station."""
    return f"{('城东', '柳荫')[int(code[:2]) - 1]}{int(code[2:])}册"


def _account(dice: random.Random, *, key: int, station: Station, number: int) -> Iterator[dict[str, Any]]:
    is_business = dice.randrange(100) < PERCENT_BUSINESS
    who = BUSINESS if is_business else RESIDENTIAL
    place = _place(station, number=number, is_business=is_business)
    persons = dice.choice((None, None, None, 2, 3, 3, 4, 5, 6, 7)) if who is RESIDENTIAL else None
    holder = {
        "station_id": station.station_id,
        "account_key": key,
        "account_no": None,
        "name": _shop(dice, place.community) if is_business else person(dice),
        "customer_class": who.value,
        "phone": f"1{dice.choice((38, 39, 58, 59, 86, 99))}0000{dice.randrange(10_000):04d}",
    }
    utilities = [WATER]
    if dice.randrange(100) < PERCENT_WITH_GAS:
        utilities.append(GAS)
    if who is RESIDENTIAL and dice.randrange(100) < PERCENT_WITH_ELECTRICITY:
        utilities.append(ELECTRICITY)
    for utility in utilities:
        maker, model = MODELS[utility]
        yield {
            **holder,
            **{name: getattr(place, name) for name in place.__slots__},
            "address": addresses.compose_address(place),
            "persons": persons,
            "utility": utility.value,
            "tariff": TARIFFS[utility, who],
            "serial_no": f"{LETTERS[utility]}{16 + key % 9}{key:07d}",
            "maker": maker,
            "model_name": model,
            "digits": BUSINESS_DIGITS if is_business else HOUSEHOLD_DIGITS,
            "multiplier_milli": 1000,
            "initial_milli": dice.randrange(100, 4000) * 1000,
            "installed_on": datetime.date(2016 + key % 9, 1 + key % 12, 1 + key % 28),
            "book_code": f"{station.place + 1:02d}{1 + number // ACCOUNTS_A_BOOK:02d}",
            "sequence": None,
        }


def _place(station: Station, *, number: int, is_business: bool) -> addresses.AddressParts:
    """The door of the account with this running number in its station; a walk goes from door to door."""
    district, street, communities = _COMMUNITIES[station.place]
    block = number // FLATS_A_BUILDING
    community = communities[block // 12 % len(communities)]
    building = block % 12 + 1 + 12 * (block // (12 * len(communities)))
    flat = number % FLATS_A_BUILDING
    floor = flat // 4 + 1
    return addresses.AddressParts(
        district=district,
        street=street,
        community=community,
        building=str(building),
        entrance="" if is_business else str(flat % 4 // 2 + 1),
        floor="" if is_business else str(floor),
        flat_no=f"底商{flat + 1}号" if is_business else f"{floor}0{flat % 2 + 1}",
    )


def person(dice: random.Random) -> str:
    """An invented person's name."""
    given = "".join(dice.choice(_GIVEN) for _ in range(dice.choice((1, 2, 2))))
    return dice.choice(_SURNAMES) + given


def _shop(dice: random.Random, community: str) -> str:
    return f"{community[:2]}{dice.choice(_SURNAMES)}记{dice.choice(_SHOPS)}"
