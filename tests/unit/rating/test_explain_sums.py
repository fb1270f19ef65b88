"""What a percentage names, what a tax added on top says, and money off by the month."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from meterbook.rating import explain
from tests.unit.rating import documents, test_explain_bills, test_explain_kinds

WATER, LEVY, MONEY_OFF = test_explain_bills.WATER, test_explain_bills.LEVY, test_explain_bills.MONEY_OFF
derived, line_of = test_explain_bills.derived, test_explain_bills.line_of
SERVICE = documents.component(
    "SERVICE", {"kind": "PER_PERIOD", "price": "30"}, name={"zh": "维护费", "en": "Care"}
)
FIRE = documents.component(
    "FIRE", {"kind": "PER_PERIOD", "price": "9"}, name={"zh": "消防", "en": "Fire"}, choice="FIRE"
)


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ([], "Water, Care: 5 % of 199.80 yuan = 9.99 yuan"),
        (["FIRE"], "Water, Care, Fire: 5 % of 208.80 yuan = 10.44 yuan"),
    ],
)
def test_a_percentage_names_what_is_on_the_bill(choices: list[str], named: str) -> None:
    text = documents.whole(WATER, SERVICE, FIRE, LEVY)
    assert test_explain_kinds.explained(text, "en", choices=choices)[-1] == named


def test_a_percentage_names_what_a_discount_took_off_before() -> None:
    """169.80 less 20.00 is 149.80: the names are those of the lines that sum to it."""
    found = test_explain_kinds.explained(documents.whole(WATER, MONEY_OFF, LEVY), "en")
    assert found[1:] == ["Taken off: -20.00 yuan", "Water, Item: 5 % of 149.80 yuan = 7.49 yuan"]


def test_a_percentage_of_nothing_on_the_bill_has_no_names() -> None:
    levy = derived("LEVY", {"kind": "PERCENTAGE", "rate": "5"}, of=["FIRE"])
    found = test_explain_kinds.explained(documents.whole(WATER, FIRE, levy), "en")
    assert found[-1] == "5 % of 0.00 yuan = 0.00 yuan"


def test_only_what_is_on_the_bill_is_counted() -> None:
    """Five charges and one that nobody chose."""
    items = [documents.component(f"C{number}", documents.PER_UNIT) for number in range(5)]
    text = documents.whole(*items, FIRE, derived("LEVY", {"kind": "PERCENTAGE", "rate": "10"}))
    found = test_explain_kinds.explained(text, "zh")[-1]
    assert found == "5 项之和：157.00 元 × 10% = 15.70 元"


@pytest.mark.parametrize(
    ("charge", "chinese", "english"),
    [
        (
            {"price": "8.832", "per": "MONTH"},
            "减免，每月 8.832 元：-17.66 元",
            "Taken off, 8.832 yuan a month: -17.66 yuan",
        ),
        ({"price": "8.832"}, "减免：-8.83 元", "Taken off: -8.83 yuan"),
        ({"price": "4", "per": "MONTH", "times": "HOUSEHOLDS"}, "减免：-8.00 元", "Taken off: -8.00 yuan"),
        (
            {"by_calibre": [{"calibre": 15, "price": "4"}], "per": "MONTH"},
            "减免：-8.00 元",
            "Taken off: -8.00 yuan",
        ),
    ],
)
def test_money_off_by_the_month_says_how_much_a_month(
    charge: dict[str, Any], chinese: str, english: str
) -> None:
    text = documents.whole(WATER, derived("OFF", {"kind": "MONEY_OFF", **charge}))
    usage = {"period_until": dt.date(2025, 3, 1), "calibre_mm": 15}
    assert test_explain_kinds.explained(text, "zh", **usage)[-1] == chinese
    assert test_explain_kinds.explained(text, "en", **usage)[-1] == english


@pytest.mark.parametrize(
    ("tax_rate", "english"),
    [
        ("10", "without tax, 10 % is added in a line of its own"),
        ("exempt", "exempt from VAT"),
        (
            [{"until": "2025-02-01", "rate": "7.5"}, {"rate": "10"}],
            "without tax, 7.5 % is added in a line of its own",
        ),
        ([{"until": "2025-02-01", "rate": "exempt"}, {"rate": "10"}], "exempt from VAT"),
        ([{"until": "2025-02-01", "rate": "not_subject"}, {"rate": "10"}], "not subject to VAT"),
        (
            [{"until": "2025-01-31", "rate": "7.5"}, {"rate": "10"}],
            "without tax, 10 % is added in a line of its own",
        ),
    ],
)
def test_a_tax_added_stands_in_its_own_line(tax_rate: object, english: str) -> None:
    line, text = line_of(WATER | {"tax_rate": tax_rate, "tax": "ADDED"})
    assert explain.tax_sentence(line=line, component=text, language="en") == english


def test_a_tax_added_on_a_line_without_days_is_the_latest() -> None:
    rates = [{"until": "2025-02-01", "rate": "7.5"}, {"rate": "10"}]
    line, text = line_of(WATER | {"tax_rate": rates, "tax": "ADDED"}, period_until=None)
    assert explain.tax_sentence(line=line, component=text, language="zh") == "不含税，10% 税额另列"


def test_a_tax_added_to_another_charge_is_not_this_ones() -> None:
    added = documents.component("CARE", {"kind": "PER_PERIOD", "price": "30"}, tax_rate="10", tax="ADDED")
    version = documents.version(WATER | {"tax_rate": "not_subject"}, added)
    line, _ = line_of(WATER)
    said = [
        explain.tax_sentence(
            line=line, component=explain.component_text(version=version, component_no=number), language="en"
        )
        for number in (1, 2, 3)
    ]
    assert said == [
        "not subject to VAT",
        "without tax, 10 % is added in a line of its own",
        "this line is tax",
    ]
    bare = dataclasses.replace(explain.component_text(version=version, component_no=2), version=None)
    assert explain.tax_sentence(line=line, component=bare, language="en") == "not subject to VAT"
