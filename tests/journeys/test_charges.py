"""Tariffs with more than a price a unit, from the meter to the proved books. Figures by pencil."""

import datetime
import json
from collections.abc import Sequence
from typing import Any

from meterbook.application import load_tariff
from meterbook.domain.billing import models as billing
from meterbook.domain.ledger import models as ledger
from meterbook.domain.ledger import rules
from meterbook.reporting import bills as bill_pages
from meterbook.reporting import ledger_proof
from tests.builders import records
from tests.journeys import story

day = datetime.date


def component(code: str, zh: str, en: str, **charge: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name": {"zh": zh, "en": en},
        "revenue": "SEWAGE" if code == "SEWAGE" else "WATER",
        "tax_rate": "exempt" if code == "SEWAGE" else "9",
        **charge,
    }


def loaded(*versions: dict[str, Any], **more: Any) -> int:
    """Load a tariff of these versions through the product's own reader; its id."""
    text = {
        "format": 1,
        "code": "CN-LINHE-WATER",
        "names": {"zh": "临河居民用水", "en": "Linhe water, residential"},
        "utility": "WATER",
        "customer_class": "RESIDENTIAL",
        "region": "CN-LINHE",
        "currency": "CNY",
        "unit": "m3",
        "default_persons": 4,
        "source": ["临河市发改委〔2026〕17号"],
        "grade": "A",
        "versions": list(versions),
        **more,
    }
    found = load_tariff.load_tariff(actor=records.system(), text=json.dumps(text), now=records.NOW)
    return found.tariff_id


def sentences(bill: billing.Bill, language: str) -> list[str]:
    return [line.sentence(language) for line in bill_pages.bill_lines(bill_id=bill.pk)]


def booked(bill: billing.Bill) -> dict[rules.Chart, int]:
    """What the bill's journal says, by ledger account."""
    journal = ledger.Journal.objects.get(kind=rules.JournalKind.BILL, source_id=bill.pk)
    entries = ledger.LedgerEntry.objects.filter(journal_id=journal.pk)
    return {
        rules.Chart(account): amount
        for account, amount in entries.values_list("ledger_account_id", "amount_minor")
    }


def assert_proved() -> None:
    proof = ledger_proof.prove()
    assert proof.is_right, [finding for finding in proof.findings if not finding.is_right]
    assert proof.looked_at > 0


def prices(first: str, second: str, sewage: str, service: str) -> Sequence[dict[str, Any]]:
    return [
        component(
            "WATER",
            "水费",
            "Water",
            kind="GRADUATED_TIERS",
            tiers=[{"until": "180", "price": first}, {"price": second}],
        ),
        component("SEWAGE", "污水处理费", "Sewage", kind="PER_UNIT", price=sewage, share="90"),
        component("SERVICE", "服务费", "Service", kind="PER_MONTH", price=service),
    ]


def test_a_price_that_changes_in_the_middle_of_a_period(db: None) -> None:
    """New prices from 11 November: 10 of the 30 days of [1 Nov, 1 Dec) are at the old ones.

    31 m3 x 10 / 30 are 10.33, in whole m3 10 at the old prices and 21 at the new ones. 175 m3 were counted
    in the year before, so 5 of the 10 are still in the first tier.
    """
    world = records.world()
    tariff_id = loaded(
        {
            "effective_from": "2026-01-01",
            "effective_until": "2026-11-11",
            "components": prices("2.00", "3.00", "1.00", "6.00"),
        },
        {
            "effective_from": "2026-11-11",
            "price_change": {"split": "DAYS", "round_to": "1"},
            "components": prices("2.20", "3.30", "1.10", "7.00"),
        },
        tier_period="CALENDAR_YEAR",
    )
    supply = records.supply(station_id=world.station_a, tariff_id=tariff_id, installed_on=day(2026, 10, 1))
    by = story.people(unit_id=world.station_a)
    for month, value in ((11, 175), (12, 206)):
        round_id = story.read_book(
            by=by,
            book_id=supply.book_id,
            period=day(2026, month, 1),
            on=day(2026, month, 1),
            values={supply.serial_no: value},
        )
        bill = story.bill_book(by=by, round_id=round_id, on=day(2026, month, 2))[supply.account_id]

    assert sentences(bill, "en") == [
        "Tier 1, 0–180 m³: 5 m³ × 2.00 yuan = 10.00 yuan",
        "Tier 2, above 180 m³: 5 m³ × 3.00 yuan = 15.00 yuan",
        "10 m³ × 1.00 yuan × 90 % = 9.00 yuan",
        "6.00 yuan × 1 month × 10 days/30 days = 2.00 yuan",
        "Tier 2, above 180 m³: 21 m³ × 3.30 yuan = 69.30 yuan",
        "21 m³ × 1.10 yuan × 90 % = 20.79 yuan",
        "7.00 yuan × 1 month × 20 days/30 days = 4.666666… yuan, rounded half up to 4.67 yuan",
    ]
    assert sentences(bill, "zh")[-1] == ("7.00 元 × 1 个月 × 20 天/30 天 = 4.666666… 元，四舍五入为 4.67 元")
    old, new = bill_pages.sections(bill_pages.bill_lines(bill_id=bill.pk))
    assert old.days("zh") == "2026年11月1日 至 2026年11月10日，10 天"
    assert new.days("en") == "2026-11-11 to 2026-11-30, 20 days"
    assert bill.amount_minor == 130_76
    assert booked(bill) == {
        rules.Chart.RECEIVABLE: 130_76,
        rules.Chart.COLLECTED_FOR_OTHERS: -29_79,
        rules.Chart.REVENUE_WATER: -100_97,
    }
    # 9 % inside 69.30: 69.30 x 9 / 109 = 5.72
    assert new.lines[0].tax("en") == "includes 9 % VAT 5.72 yuan"
    assert_proved()


def test_a_share_a_monthly_fee_a_minimum_a_levy_and_an_added_tax(db: None) -> None:
    """3 m3: 7.50 + 2.57 + 3.00 are 13.07, brought up to 20.00; the levy is 5 % of the 7.50, the tax 9 % of
    the 3.00. 40 m3 come to 137.20 and need no minimum.
    """
    world = records.world()
    tariff_id = loaded(
        {
            "effective_from": "2026-01-01",
            "components": [
                component("WATER", "水费", "Water", kind="PER_UNIT", price="2.50"),
                component("SEWAGE", "污水处理费", "Sewage", kind="PER_UNIT", price="0.95", share="90"),
                component("METER", "表具费", "Meter", kind="PER_MONTH", price="3.00", tax="ADDED"),
                component("MINIMUM", "最低收费", "Minimum", kind="MINIMUM", price="20", per="MONTH"),
                component("LEVY", "附加费", "Levy", kind="PERCENTAGE", rate="5", of=["WATER"]),
            ],
        }
    )
    small, large = records.supplies(
        count=2, station_id=world.station_a, tariff_id=tariff_id, installed_on=day(2026, 10, 1)
    )
    by = story.people(unit_id=world.station_a)
    round_id = story.read_book(
        by=by,
        book_id=small.book_id,
        period=day(2026, 11, 1),
        on=day(2026, 11, 1),
        values={small.serial_no: 3, large.serial_no: 40},
    )
    bills = story.bill_book(by=by, round_id=round_id, on=day(2026, 11, 2))

    assert sentences(bills[small.account_id], "en") == [
        "3 m³ × 2.50 yuan = 7.50 yuan",
        "3 m³ × 0.95 yuan × 90 % = 2.565 yuan, rounded half up to 2.57 yuan",
        "3.00 yuan × 1 month = 3.00 yuan",
        "Brought up to the minimum of 20.00 yuan: 20.00 yuan − 13.07 yuan = 6.93 yuan",
        "Water: 5 % of 7.50 yuan = 0.375 yuan, rounded half up to 0.38 yuan",
        "Meter: 9 % of 3.00 yuan = 0.27 yuan",
    ]
    assert bills[small.account_id].amount_minor == 20_65
    assert booked(bills[small.account_id]) == {
        rules.Chart.RECEIVABLE: 20_65,
        rules.Chart.TAX_PAYABLE: -27,
        rules.Chart.COLLECTED_FOR_OTHERS: -2_57,
        rules.Chart.REVENUE_WATER: -17_81,
    }
    assert sentences(bills[large.account_id], "zh") == [
        "40 m³ × 2.50 元 = 100.00 元",
        "40 m³ × 0.95 元 × 90% = 34.20 元",
        "3.00 元 × 1 个月 = 3.00 元",
        "水费：100.00 元 × 5% = 5.00 元",
        "表具费：3.00 元 × 9% = 0.27 元",
    ]
    assert bills[large.account_id].amount_minor == 142_47
    assert_proved()
