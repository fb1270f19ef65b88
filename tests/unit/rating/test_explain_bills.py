"""Lines that depend on others, on dates or on the tariff, explained."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from meterbook.rating import document, explain
from meterbook.rating.charges import kinds
from tests.unit.rating import documents, test_explain_kinds

WATER = documents.component(
    "WATER", {"kind": "PER_UNIT", "price": "8.49"}, name={"zh": "水费", "en": "Water"}
)
PERIOD = (dt.date(2025, 1, 1), dt.date(2025, 2, 1))


def derived(code: str, charge: dict[str, Any], **more: Any) -> dict[str, Any]:
    return documents.component(code, charge, name={"zh": "项", "en": "Item"}, **more)


MONEY_OFF = derived("OFF", {"kind": "MONEY_OFF", "price": "20"})
MINIMUM = derived("MINIMUM", {"kind": "MINIMUM", "price": "180"})
MAXIMUM = derived("MAXIMUM", {"kind": "MAXIMUM", "price": "100"})
LEVY = derived("LEVY", {"kind": "PERCENTAGE", "rate": "5"})
PERCENT_OFF = derived("OFF", {"kind": "PERCENT_OFF", "rate": "10"})
FREE = derived("FREE", {"kind": "FREE_QUANTITY", "quantity": "6", "per": "MONTH"})
ROUNDING = derived("ROUNDING", {"kind": "BILL_ROUNDING"}, rounding="JIAO_HALF_UP")


@pytest.mark.parametrize(
    ("components", "chinese", "english"),
    [
        (
            (WATER, LEVY),
            ["20 m³ × 8.49 元 = 169.80 元", "水费：169.80 元 × 5% = 8.49 元"],
            ["20 m³ × 8.49 yuan = 169.80 yuan", "Water: 5 % of 169.80 yuan = 8.49 yuan"],
        ),
        (
            (WATER, PERCENT_OFF),
            ["20 m³ × 8.49 元 = 169.80 元", "减免，水费：-169.80 元 × 10% = -16.98 元"],
            ["20 m³ × 8.49 yuan = 169.80 yuan", "Discount, Water: 10 % of -169.80 yuan = -16.98 yuan"],
        ),
        (
            (WATER, MONEY_OFF, MINIMUM),
            [
                "20 m³ × 8.49 元 = 169.80 元",
                "减免：-20.00 元",
                "补足到最低收费 180.00 元：180.00 元 − 149.80 元 = 30.20 元",
            ],
            [
                "20 m³ × 8.49 yuan = 169.80 yuan",
                "Taken off: -20.00 yuan",
                "Brought up to the minimum of 180.00 yuan: 180.00 yuan − 149.80 yuan = 30.20 yuan",
            ],
        ),
        (
            (WATER, MAXIMUM),
            ["20 m³ × 8.49 元 = 169.80 元", "按最高收费封顶于 100.00 元：100.00 元 − 169.80 元 = -69.80 元"],
            [
                "20 m³ × 8.49 yuan = 169.80 yuan",
                "Held at the maximum of 100.00 yuan: 100.00 yuan − 169.80 yuan = -69.80 yuan",
            ],
        ),
        (
            (WATER, FREE),
            ["14 m³ × 8.49 元 = 118.86 元", "免费用量：6 m³ × 0.00 元 = 0.00 元"],
            ["14 m³ × 8.49 yuan = 118.86 yuan", "Free quantity: 6 m³ × 0.00 yuan = 0.00 yuan"],
        ),
        (
            (WATER, LEVY, ROUNDING),
            [
                "20 m³ × 8.49 元 = 169.80 元",
                "水费：169.80 元 × 5% = 8.49 元",
                "整单按 0.10 元四舍五入：178.30 元 − 178.29 元 = 0.01 元",
            ],
            [
                "20 m³ × 8.49 yuan = 169.80 yuan",
                "Water: 5 % of 169.80 yuan = 8.49 yuan",
                "Bill rounded half up in steps of 0.10 yuan: 178.30 yuan − 178.29 yuan = 0.01 yuan",
            ],
        ),
    ],
)
def test_lines_of_other_lines(
    components: tuple[dict[str, Any], ...], chinese: list[str], english: list[str]
) -> None:
    text = documents.whole(*components)
    assert test_explain_kinds.explained(text, "zh") == chinese
    assert test_explain_kinds.explained(text, "en") == english


def test_a_discount_that_takes_all() -> None:
    text = documents.whole(WATER, derived("OFF", {"kind": "MONEY_OFF", "price": "200"}))
    assert test_explain_kinds.explained(text, "en")[1] == "Taken off, at most what was due: -169.80 yuan"
    assert test_explain_kinds.explained(text, "zh")[1] == "减免，以应缴为限：-169.80 元"


def test_many_charges_are_counted_not_named() -> None:
    items = [documents.component(f"C{number}", documents.PER_UNIT) for number in range(5)]
    text = documents.whole(*items, derived("LEVY", {"kind": "PERCENTAGE", "rate": "10"}))
    assert (
        test_explain_kinds.explained(text, "en")[-1] == "Sum of 5 charges: 10 % of 157.00 yuan = 15.70 yuan"
    )


# Half of January at 8, half at 9: 15 days of 31 are 9.677 of 20 units, rounded to 10.
TWO_PRICES = documents.whole(WATER) | {
    "versions": [
        {
            "effective_from": "2020-01-01",
            "effective_until": "2025-01-16",
            "components": [
                documents.component("WATER", {"kind": "PER_UNIT", "price": "8"}),
                documents.component("CARE", {"kind": "PER_MONTH", "price": "10"}),
                documents.component("FIXED", {"kind": "PER_PERIOD", "price": "4.5"}),
            ],
        },
        {
            "effective_from": "2025-01-16",
            "price_change": {"split": "DAYS"},
            "components": [
                documents.component("WATER", {"kind": "PER_UNIT", "price": "9"}),
                documents.component("CARE", {"kind": "PER_MONTH", "price": "12"}),
                documents.component("FIXED", {"kind": "PER_PERIOD", "price": "5.5"}),
            ],
        },
    ]
}


def test_a_price_change_cuts_fixed_charges_by_days() -> None:
    assert test_explain_kinds.explained(TWO_PRICES, "en") == [
        "10 m³ × 8.00 yuan = 80.00 yuan",
        "10.00 yuan × 1 month × 15 days/31 days = 4.838709… yuan, rounded half up to 4.84 yuan",
        "Fixed for the period: 4.50 yuan × 15 days/31 days = 2.177419… yuan, rounded half up to 2.18 yuan",
        "10 m³ × 9.00 yuan = 90.00 yuan",
        "12.00 yuan × 1 month × 16 days/31 days = 6.193548… yuan, rounded half up to 6.19 yuan",
        "Fixed for the period: 5.50 yuan × 16 days/31 days = 2.838709… yuan, rounded half up to 2.84 yuan",
    ]
    assert test_explain_kinds.explained(TWO_PRICES, "zh")[1] == (
        "10.00 元 × 1 个月 × 15 天/31 天 = 4.838709… 元，四舍五入为 4.84 元"
    )


def line_of(component: dict[str, Any], **more: Any) -> tuple[explain.Line, explain.ComponentText]:
    """A line of 169.80 with the tax of 9 % inside it, for the one component of a tariff."""
    found = explain.Line(
        tier=0,
        tier_from_milli=None,
        tier_until_milli=None,
        before_milli=0,
        quantity_milli=20_000,
        unit_price_micro=8_490_000,
        amount_minor=16_980,
        rounding=11,
        tax_minor=1402,
        tax_basis_points=900,
        period_from=PERIOD[0],
        period_until=PERIOD[1],
    )
    version = documents.version(component)
    return dataclasses.replace(found, **more), explain.component_text(version=version, component_no=1)


@pytest.mark.parametrize(
    ("component", "more", "chinese", "english"),
    [
        (WATER, {}, "含 9% 增值税 14.02 元", "includes 9 % VAT 14.02 yuan"),
        (WATER, {"tax_minor": None}, "含 9% 增值税", "includes 9 % VAT"),
        (WATER | {"tax_rate": "exempt"}, {}, "免征增值税", "exempt from VAT"),
        (WATER | {"tax_rate": "not_subject"}, {}, "不征增值税", "not subject to VAT"),
        (WATER | {"revenue": "TAX"}, {}, "本行为税额", "this line is tax"),
        (
            WATER | {"tax_rate": [{"until": "2025-01-31", "rate": "exempt"}, {"rate": "9"}]},
            {},
            "含 9% 增值税 14.02 元",
            "includes 9 % VAT 14.02 yuan",
        ),
        (
            WATER | {"tax_rate": [{"until": "2025-02-01", "rate": "exempt"}, {"rate": "9"}]},
            {},
            "免征增值税",
            "exempt from VAT",
        ),
        (
            WATER | {"tax_rate": [{"until": "2025-02-01", "rate": "exempt"}, {"rate": "9"}]},
            {"period_until": None},
            "含 9% 增值税 14.02 元",
            "includes 9 % VAT 14.02 yuan",
        ),
    ],
)
def test_tax(component: dict[str, Any], more: dict[str, Any], chinese: str, english: str) -> None:
    line, text = line_of(component, **more)
    assert explain.tax_sentence(line=line, component=text, language="zh-hans") == chinese
    assert explain.tax_sentence(line=line, component=text, language="en") == english


def test_tax_needs_the_tariff() -> None:
    line, text = line_of(WATER)
    with pytest.raises(LookupError):
        explain.tax_sentence(line=line, component=dataclasses.replace(text, component=None), language="en")


def test_the_version_says_since_when_and_where() -> None:
    old, new = document.parse(TWO_PRICES).versions
    assert (
        explain.version_sentence(version=new, sources=["gazette 7", "gazette 8"], language="en")
        == "Price in force from 2025-01-16; source: gazette 7, gazette 8"
    )
    assert (
        explain.version_sentence(version=old, sources=[], language="en")
        == "Price in force from 2020-01-01 to 2025-01-15"
    )
    assert (
        explain.version_sentence(version=old, sources=["公报"], language="zh")
        == "价格自 2020年1月1日 起执行，至 2025年1月15日 止；来源：公报"
    )
    assert explain.version_sentence(version=new, sources=[], language="zh") == "价格自 2025年1月16日 起执行"


def test_a_period_by_its_days() -> None:
    found = {
        language: explain.period_sentence(period_from=PERIOD[0], period_until=PERIOD[1], language=language)
        for language in ("zh", "en")
    }
    assert found == {
        "zh": "2025年1月1日 至 2025年1月31日，31 天",
        "en": "2025-01-01 to 2025-01-31, 31 days",
    }


def test_seasons_and_programmes_have_names() -> None:
    version = documents.version(
        WATER,
        seasons=[season | {"name": {"zh": "夏", "en": season["code"]}} for season in documents.SEASONS],
        programmes=[
            {"code": "LOW", "name": {"zh": "低保户", "en": "Low income"}, "prices": {"WATER": {"price": "1"}}}
        ],
    )
    assert explain.set_text(version=version, set_no=1, language="en") == "SUMMER"
    assert explain.set_text(version=version, set_no=101, language="zh") == "夏，低保户"
    assert explain.set_text(version=version, set_no=102, language="en") == "WINTER, Low income"
    assert explain.set_text(version=documents.version(WATER), set_no=0, language="en") == ""
    winter = explain.component_text(version=version, component_no=1, set_no=102)
    assert winter.component is not None
    assert winter.component.charge.price_rows(version.household)[0].price_micro == 1_000_000
    with pytest.raises(LookupError, match="no price set 3"):
        explain.component_text(version=version, component_no=1, set_no=3)


def test_lines_of_older_bills_are_explained_without_the_newer_columns() -> None:
    row = {
        "tier": 0,
        "tier_from_milli": None,
        "tier_until_milli": None,
        "before_milli": 0,
        "quantity_milli": 20_000,
        "unit_price_micro": 8_490_000,
        "amount_minor": 16_980,
        "rounding": 11,
        "tax_minor": None,
        "period_from": None,
    }
    line = explain.Line.from_row(row)
    assert (line.factor_ppm, line.tax_minor, line.period_from, line.days) == (1_000_000, None, None, None)
    text = explain.component_text(version=documents.version(WATER), component_no=1)
    assert explain.sentence(line=line, component=text, language="en") == "20 m³ × 8.49 yuan = 169.80 yuan"


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (kinds.ChargeKind.MINIMUM, "Brought up to the minimum: 169.80 yuan"),
        (kinds.ChargeKind.MAXIMUM, "Held at the maximum: 169.80 yuan"),
        (kinds.ChargeKind.BILL_ROUNDING, "Bill rounded half up: 169.80 yuan"),
        (kinds.ChargeKind.PERCENTAGE, "849 % of 20.00 yuan = 169.80 yuan"),
        (kinds.ChargeKind.TIME_OF_USE, "20 m³ × 8.49 yuan = 169.80 yuan"),
        (kinds.ChargeKind.PER_DAY, "20 × 8.49 yuan = 169.80 yuan"),
    ],
)
def test_without_the_tariff_there_are_still_the_numbers(kind: kinds.ChargeKind, found: str) -> None:
    line, _ = line_of(WATER)
    bare = explain.ComponentText(kind=kind, unit="m3", currency="CNY")
    assert explain.sentence(line=line, component=bare, language="en") == found


def test_a_length_of_time_without_the_tariff() -> None:
    line, _ = line_of(WATER, time_numerator=1, time_denominator=3, amount_minor=5660)
    bare = explain.ComponentText(kind=kinds.ChargeKind.PER_UNIT, unit="m3", currency="CNY")
    found = explain.sentence(line=line, component=bare, language="en")
    assert found == "20 m³ × 8.49 yuan × 1/3 = 56.60 yuan"


def test_months_of_a_segment_whose_days_are_not_known() -> None:
    line, text = line_of(
        documents.component("CARE", {"kind": "PER_MONTH", "price": "8.49"}),
        quantity_milli=1000,
        time_numerator=30,
        time_denominator=61,
        amount_minor=418,
        period_from=None,
    )
    found = explain.sentence(line=line, component=text, language="en")
    assert found == "8.49 yuan × 30/61 = 4.175409… yuan, rounded half up to 4.18 yuan"


def test_months_of_a_season_in_a_segment() -> None:
    """One of four months, and 15 of 31 days of it."""
    area = {"kind": "AREA", "price": "26", "per": "SEASON", "part_season": "MONTHS"}
    line, _ = line_of(
        WATER, unit_price_micro=26_000_000, time_numerator=15, time_denominator=124, amount_minor=6290
    )
    version = documents.version(
        documents.component("A", area), heating_season=documents.HEATING_SEASON, unit="m2"
    )
    text = explain.component_text(version=version, component_no=1)
    found = explain.sentence(line=line, component=text, language="en")
    assert found == "Area: 20 m² × 26.00 yuan × 15/124 = 62.903225… yuan, rounded half up to 62.90 yuan"


def test_a_negotiable_price_that_nobody_changed_is_the_published_one() -> None:
    line, text = line_of(WATER | {"negotiable": {"below": "5", "above": "20"}})
    assert explain.sentence(line=line, component=text, language="en") == "20 m³ × 8.49 yuan = 169.80 yuan"


def test_two_discounts_follow_one_another() -> None:
    """20.00 off 169.80 leaves 149.80, of which the second takes all: it is not taken off twice."""
    other = derived("MORE", {"kind": "MONEY_OFF", "price": "200"})
    found = test_explain_kinds.explained(documents.whole(WATER, MONEY_OFF, other), "en")
    assert found[1:] == ["Taken off: -20.00 yuan", "Taken off, at most what was due: -149.80 yuan"]
