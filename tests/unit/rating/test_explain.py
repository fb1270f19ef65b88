from typing import Any

import pytest

from meterbook.kernel import rounding
from meterbook.rating import book, engine, explain
from meterbook.rating.charges import kinds
from tests.unit.rating import samples

TIERED = explain.ComponentText(kind=kinds.ChargeKind.GRADUATED_TIERS, unit="m3", currency="CNY")
FLAT = explain.ComponentText(kind=kinds.ChargeKind.PER_UNIT, unit="kWh", currency="USD")
FIXED = explain.ComponentText(kind=kinds.ChargeKind.PER_PERIOD, unit="m3", currency="CNY")


def line(
    *,
    tier: int = 0,
    bounds: tuple[int | None, int | None] = (None, None),
    quantity_milli: int = 20_000,
    price_micro: int = 4_070_000,
    amount_minor: int = 8140,
    rule: rounding.Rounding = rounding.Rounding.FEN_HALF_UP,
) -> explain.Line:
    return explain.Line(
        tier=tier,
        tier_from_milli=bounds[0],
        tier_until_milli=bounds[1],
        before_milli=170_500,
        quantity_milli=quantity_milli,
        unit_price_micro=price_micro,
        amount_minor=amount_minor,
        rounding=rule,
    )


SECOND = line(tier=2, bounds=(180_000, 260_000))
LAST = line(tier=3, bounds=(260_000, None))
ONLY = line(tier=1, bounds=(0, None))
ROUNDED = line(price_micro=488_300, amount_minor=977)


@pytest.mark.parametrize(
    ("found", "component", "chinese", "english"),
    [
        (
            SECOND,
            TIERED,
            "第2阶梯 180–260 m³：20 m³ × 4.07 元 = 81.40 元",
            "Tier 2, 180–260 m³: 20 m³ × 4.07 yuan = 81.40 yuan",
        ),
        (
            LAST,
            TIERED,
            "第3阶梯 260 m³ 以上：20 m³ × 4.07 元 = 81.40 元",
            "Tier 3, above 260 m³: 20 m³ × 4.07 yuan = 81.40 yuan",
        ),
        (ONLY, TIERED, "第1阶梯：20 m³ × 4.07 元 = 81.40 元", "Tier 1: 20 m³ × 4.07 yuan = 81.40 yuan"),
        (
            ROUNDED,
            FLAT,
            "20 kWh × 0.4883 USD = 9.766 USD，四舍五入为 9.77 USD",
            "20 kWh × 0.4883 USD = 9.766 USD, rounded half up to 9.77 USD",
        ),
        (
            line(price_micro=488_300, amount_minor=970, rule=rounding.Rounding.JIAO_TRUNCATE),
            FLAT,
            "20 kWh × 0.4883 USD = 9.766 USD，按 0.10 USD舍去尾数为 9.70 USD",
            "20 kWh × 0.4883 USD = 9.766 USD, cut in steps of 0.10 USD to 9.70 USD",
        ),
        (
            line(price_micro=488_300, amount_minor=980, rule=rounding.Rounding.JIAO_HALF_EVEN),
            FLAT,
            "20 kWh × 0.4883 USD = 9.766 USD，按 0.10 USD四舍六入五成双为 9.80 USD",
            "20 kWh × 0.4883 USD = 9.766 USD, rounded half even in steps of 0.10 USD to 9.80 USD",
        ),
        (
            line(quantity_milli=0, amount_minor=0),
            FLAT,
            "0 kWh × 4.07 USD = 0.00 USD",
            "0 kWh × 4.07 USD = 0.00 USD",
        ),
        (
            line(quantity_milli=1000, price_micro=4_500_000, amount_minor=450),
            FIXED,
            "每期固定收费：4.50 元",
            "Fixed for the period: 4.50 yuan",
        ),
    ],
)
def test_sentences(found: explain.Line, component: explain.ComponentText, chinese: str, english: str) -> None:
    for language in ("zh", "zh-hans", "ZH-CN"):
        assert explain.sentence(line=found, component=component, language=language) == chinese
    for language in ("en", "en-gb", "fr"):
        assert explain.sentence(line=found, component=component, language=language) == english


def test_the_running_total_is_said_too() -> None:
    assert (
        explain.running_total_sentence(line=SECOND, component=TIERED, language="zh")
        == "本阶梯周期此前已计 170.5 m³"
    )
    assert (
        explain.running_total_sentence(line=SECOND, component=TIERED, language="en")
        == "Counted before in this tier period: 170.5 m³"
    )


def test_a_rated_line_is_explained_from_its_row() -> None:
    version = samples.version(
        samples.component("WATER", samples.TIERS), samples.component("SERVICE", samples.PER_PERIOD)
    )
    lines = engine.rate(samples.usage_frame([samples.Usage(1, 190_000)]), book.tariff_book({1: version}))
    sentences = [
        explain.sentence(
            line=explain.Line.from_row(row),
            component=explain.component_text(version=version, component_no=row["component_no"]),
            language="en",
        )
        for row in lines.iter_rows(named=True)
    ]
    assert sentences == [
        "Tier 1, 0–180 m³: 180 m³ × 2.07 yuan = 372.60 yuan",
        "Tier 2, 180–260 m³: 10 m³ × 4.07 yuan = 40.70 yuan",
        "Fixed for the period: 4.50 yuan",
    ]


@pytest.mark.parametrize("component_no", [0, 2, -1])
def test_a_component_that_is_not_there(component_no: int) -> None:
    version = samples.version(samples.component("WATER", samples.TIERS))
    with pytest.raises(LookupError):
        explain.component_text(version=version, component_no=component_no)


@pytest.mark.parametrize(
    ("charge", "expected"),
    [
        (samples.PER_UNIT, [True]),
        (samples.TIERS, [True, True]),
        ({"kind": "GRADUATED_TIERS", "tiers": [{"price": "2", "fee": "27"}]}, [False, True]),
        ({"kind": "FREE_QUANTITY", "quantity": "6", "per": "PERIOD"}, [True]),
        ({"kind": "PACKAGE", "price": "4", "size": "2.5"}, [False]),
        ({"kind": "TIER_FEE", "tiers": [{"until": "100", "price": "10"}, {"price": "30"}]}, [False]),
        (samples.PER_PERIOD, [False]),
        ({"kind": "CAPACITY", "price": "30"}, [False]),
        ({"kind": "MINIMUM", "price": "9999"}, [False]),
    ],
)
def test_only_what_a_meter_counted_is_a_metered_quantity(
    charge: dict[str, Any], expected: list[bool]
) -> None:
    """Fees, packages, months and limits have numbers in the same column that nobody may sum as volume."""
    version = samples.version(samples.component("WATER", samples.PER_UNIT), samples.component("X", charge))
    used = samples.Usage(1, 190_000, more={"capacity_milli": 1000})
    text = explain.component_text(version=version, component_no=2)
    lines = engine.rate(samples.usage_frame([used]), book.tariff_book({1: version}))
    found = [
        explain.is_metered(line=explain.Line.from_row(row), component=text)
        for row in lines.iter_rows(named=True)
        if row["component_no"] == 2
    ]
    assert found == expected


def test_without_its_tariff_no_line_is_called_metered_or_named() -> None:
    assert not explain.is_metered(line=SECOND, component=TIERED)
    with pytest.raises(LookupError):
        _ = TIERED.name


def test_a_component_has_its_own_name() -> None:
    version = samples.version(
        samples.component("WATER", samples.TIERS), samples.component("SERVICE", samples.PER_PERIOD)
    )
    text = explain.component_text(version=version, component_no=2)
    assert explain.name_text(text.name, language="en") == "SERVICE"


def test_a_percentage_alone_names_the_charges_of_the_tariff() -> None:
    """Without the other lines of its bill there is only the tariff to say what it is of."""
    percentage = {"kind": "PERCENTAGE", "rate": "10", "of": ["WATER"]}
    version = samples.version(
        samples.component("WATER", samples.PER_UNIT), samples.component("LEVY", percentage)
    )
    found = explain.sentence(
        line=line(quantity_milli=1_000_000, price_micro=100_000, amount_minor=1000),
        component=explain.component_text(version=version, component_no=2),
        language="en",
    )
    assert "WATER" in found
