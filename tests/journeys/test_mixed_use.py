"""One meter with three prices: a house with a shop and a car wash, from the meter to the proved books."""

import datetime
import json

import pytest

from meterbook.application import account_facts, load_tariff
from meterbook.domain.agreements import rules
from meterbook.domain.payments import models as payments
from meterbook.reporting import ledger_proof
from tests.builders import records
from tests.journeys import story
from tests.unit.rating import samples

day = datetime.date
pytestmark = pytest.mark.usefixtures("db")
FLAT, TIERS = "PER_UNIT", [{"until": "100", "price": "2.00"}, {"price": "3.00"}]


def tariff(code: str, **charge: object) -> int:
    content = samples.tariff_document(
        samples.component("WATER", {"revenue": "WATER", **charge}), tier_period="CALENDAR_YEAR"
    )
    text = json.dumps(content | {"code": code})
    return load_tariff.load_tariff(actor=records.system(), text=text, now=records.NOW).tariff_id


def test_one_meter_with_three_prices() -> None:
    world = records.world()
    home, shop = tariff("HOME", kind="GRADUATED_TIERS", tiers=TIERS), tariff("SHOP", kind=FLAT, price="4.00")
    wash = tariff("WASH", kind=FLAT, price="6.00")
    supply = records.supply(station_id=world.station_a, tariff_id=home, installed_on=day(2026, 1, 5))
    by = story.people(unit_id=world.station_a)
    account_facts.change_shares(
        actor=by.clerk,
        when=account_facts.When(supply.agreement_id, day(2026, 1, 5), "门店、洗车定比定量"),
        shares=[
            rules.Share(shop, rules.FIXED, 10_000),
            rules.Share(wash, rules.SHARE, 200_000),
            rules.Share(home, rules.REST),
        ],
        now=story.at(day(2026, 1, 6)),
    )
    owed = []
    for on, value in ((day(2026, 2, 5), 60), (day(2026, 3, 5), 170)):
        round_id = story.read_book(
            by=by, book_id=supply.book_id, period=on.replace(day=1), on=on, values={supply.serial_no: value}
        )
        owed.append(story.bill_book(by=by, round_id=round_id, on=on)[supply.account_id])
    assert [line[2:] for line in story.lines(owed[0])] == [
        (10_000, 4_000_000, 40_00),
        (10_000, 6_000_000, 60_00),
        (40_000, 2_000_000, 80_00),
    ]
    assert [line[2:] for line in story.lines(owed[1])] == [
        (10_000, 4_000_000, 40_00),
        (20_000, 6_000_000, 120_00),
        (60_000, 2_000_000, 120_00),
        (20_000, 3_000_000, 60_00),
    ]
    shift_id = story.open_till(by=by, on=day(2026, 3, 6))
    story.pay(by=by, account_id=supply.account_id, bills=owed, tendered_minor=520_00, on=day(2026, 3, 6))
    story.close_day(by=by, shift_id=shift_id, counted={payments.Tender.CASH: 520_00}, on=day(2026, 3, 6))
    proof = ledger_proof.prove()
    assert proof.is_right, [finding for finding in proof.findings if not finding.is_right]
