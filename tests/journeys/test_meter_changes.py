"""Meters that are swapped, die, are taken off and come back, and an account settled: to the proved books.

Figures by pencil. The tariff is 2.00 yuan up to 10 November and 2.20 from the 11th on.
"""

import datetime
import uuid

import pytest

from meterbook.application import fit_meters, settle_account
from meterbook.domain.access import models as access
from meterbook.domain.agreements import models as agreements
from meterbook.domain.billing import models as billing
from meterbook.domain.devices import models as devices
from meterbook.domain.devices.rules import MoveReason
from meterbook.domain.metering import models as metering
from meterbook.domain.metering import operations_changes, rules_changes
from meterbook.reporting import bills as bill_pages
from meterbook.reporting import ledger_proof, meter_history, usage_parts
from tests.builders import metering as build
from tests.builders import records
from tests.journeys import story, test_charges

day = datetime.date
Kind = metering.ChangeKind
OCTOBER, NOVEMBER, DECEMBER = day(2026, 10, 1), day(2026, 11, 1), day(2026, 12, 1)


@pytest.fixture
def tariff_id(db: None) -> int:
    records.world()

    def version(price: str) -> dict[str, object]:
        return {
            "components": [test_charges.component("WATER", "水费", "Water", kind="PER_UNIT", price=price)]
        }

    return test_charges.loaded(
        {"effective_from": "2026-01-01", "effective_until": "2026-11-11", **version("2.00")},
        {
            "effective_from": "2026-11-11",
            "price_change": {"split": "DAYS", "round_to": "1"},
            **version("2.20"),
        },
    )


@pytest.fixture
def supply(tariff_id: int) -> records.Supply:
    """A meter of four digits at 9800 on 1 October; three new ones in the store."""
    station_id = access.OrgUnit.objects.get(code=records.STATION_A).pk
    build.stock_meter(station_id=station_id, serial_no="NEW-1")
    build.stock_meter(station_id=station_id, serial_no="NEW-2")
    return records.supply(
        station_id=station_id,
        tariff_id=tariff_id,
        initial_milli=9_800_000,
        digits=4,
        installed_on=OCTOBER,
    )


def change(
    supply: records.Supply,
    *,
    kind: Kind,
    on: day,
    closing: rules_changes.Closing | None = None,
    opening: int = 0,
    new: str = "",
    by: story.People,
) -> operations_changes.Changed:
    asked = fit_meters.Change(
        request_key=uuid.uuid4(),
        kind=kind,
        service_point_id=supply.service_point_id,
        changed_on=on,
        reason=int(MoveReason.OVER_AGE),
        closings={} if closing is None else {0: closing},
        openings={} if kind == Kind.REMOVE else {0: opening * 1000},
        new_serial_no=new,
        is_confirmed=True,
    )
    seen = fit_meters.preview(actor=by.supervisor, change=asked, today=on)
    done = fit_meters.change(actor=by.supervisor, change=asked, now=story.at(on), today=on)
    counted = {row.band: row.quantity_milli for row in seen if row.quantity_milli != 0}
    assert counted == dict(done.quantity_milli)
    return done


def shows(value: int, *, is_rolled_over: bool = False) -> rules_changes.Closing:
    return rules_changes.Closing(value_milli=value * 1000, is_rolled_over=is_rolled_over)


def billed(supply: records.Supply, *, by: story.People, on: day, serial_no: str, value: int) -> billing.Bill:
    round_id = story.read_book(
        by=by, book_id=supply.book_id, period=on.replace(day=1), on=on, values={serial_no: value}
    )
    return story.bill_book(by=by, round_id=round_id, on=on)[supply.account_id]


def sentences(bill: billing.Bill) -> list[str]:
    return [line.sentence("en") for line in bill_pages.bill_lines(bill_id=bill.pk)]


def assert_proved() -> None:
    proof = ledger_proof.prove()
    assert proof.is_right, [finding for finding in proof.findings if not finding.is_right]


def test_a_swap_with_a_roll_over_in_the_month_of_a_price_change(supply: records.Supply) -> None:
    """9875 to 0078 is 203, 7 on the new meter: 210 m3, a third of the days at the old price."""
    by = story.people(unit_id=supply.station_id)
    billed(supply, by=by, on=NOVEMBER, serial_no=supply.serial_no, value=9_875)
    change(
        supply,
        kind=Kind.SWAP,
        on=day(2026, 11, 16),
        closing=shows(78, is_rolled_over=True),
        new="NEW-1",
        by=by,
    )

    bill = billed(supply, by=by, on=DECEMBER, serial_no="NEW-1", value=7)

    assert sentences(bill) == [
        "70 m³ × 2.00 yuan = 140.00 yuan",
        "140 m³ × 2.20 yuan = 308.00 yuan",
    ]
    assert (bill.period_from, bill.period_until, bill.quantity_milli) == (NOVEMBER, DECEMBER, 210_000)
    assert billing.Bill.objects.filter(account_id=supply.account_id).count() == 2
    assert_proved()


def test_two_swaps_in_a_month_are_one_bill(supply: records.Supply) -> None:
    by = story.people(unit_id=supply.station_id)
    change(supply, kind=Kind.SWAP, on=day(2026, 10, 9), closing=shows(9_812), new="NEW-1", by=by)
    change(supply, kind=Kind.SWAP, on=day(2026, 10, 22), closing=shows(5), new="NEW-2", opening=3, by=by)

    bill = billed(supply, by=by, on=NOVEMBER, serial_no="NEW-2", value=6)

    assert sentences(bill) == ["20 m³ × 2.00 yuan = 40.00 yuan"]
    (used,) = meter_history.usages_at_places(meter_id=devices.Meter.objects.get(serial_no="NEW-2").pk)
    assert (used.period_from, used.hung_on) == (OCTOBER, day(2026, 10, 22))
    parts = usage_parts.parts_of_bill(bill_id=bill.pk)
    assert [
        (part.serial_no, part.opening_milli, part.closing_milli, part.quantity_milli) for part in parts
    ] == [
        (supply.serial_no, 9_800_000, 9_812_000, 12_000),
        ("NEW-1", 0, 5_000, 5_000),
        ("NEW-2", 3_000, 6_000, 3_000),
    ]
    assert_proved()


def test_a_dead_meter_counts_by_the_mean_of_what_was_billed(supply: records.Supply) -> None:
    """October: 31 m3 in 31 days. The meter is dead by 16 November: 15 m3, then 12 on the new one."""
    by = story.people(unit_id=supply.station_id)
    billed(supply, by=by, on=NOVEMBER, serial_no=supply.serial_no, value=9_831)
    estimate = rules_changes.Estimate(rule=rules_changes.BY_LAST_USAGES)
    change(
        supply,
        kind=Kind.SWAP,
        on=day(2026, 11, 16),
        closing=rules_changes.Closing(value_milli=None, estimate=estimate),
        new="NEW-1",
        by=by,
    )

    bill = billed(supply, by=by, on=DECEMBER, serial_no="NEW-1", value=12)

    assert sentences(bill) == ["9 m³ × 2.00 yuan = 18.00 yuan", "18 m³ × 2.20 yuan = 39.60 yuan"]
    assert_proved()


def test_taken_off_for_arrears_and_back_after_two_months(supply: records.Supply) -> None:
    by = story.people(unit_id=supply.station_id)
    change(supply, kind=Kind.REMOVE, on=day(2026, 10, 11), closing=shows(9_806), by=by)
    november = story.read_book(by=by, book_id=supply.book_id, period=NOVEMBER, on=NOVEMBER, values={})
    assert story.bill_book(by=by, round_id=november, on=NOVEMBER) == {}
    change(supply, kind=Kind.INSTALL, on=day(2026, 11, 21), opening=9_806, new=supply.serial_no, by=by)

    bill = billed(supply, by=by, on=DECEMBER, serial_no=supply.serial_no, value=9_810)

    # 10 m3 over the 61 days since 1 October, 41 of them at the old price: 6.7, in whole m3 7.
    assert sentences(bill) == ["7 m³ × 2.00 yuan = 14.00 yuan", "3 m³ × 2.20 yuan = 6.60 yuan"]
    assert_proved()


def test_settled_in_mid_month_and_the_next_holder_begins_there(
    supply: records.Supply, tariff_id: int
) -> None:
    by = story.people(unit_id=supply.station_id)
    moved_on = day(2026, 10, 16)
    settled = settle_account.settle(
        actor=by.supervisor,
        command=settle_account.SettleAccount(
            request_key=uuid.uuid4(),
            account_id=supply.account_id,
            settled_on=moved_on,
            readings_milli={supply.register_id: 9_818_000},
            reason="过户",
        ),
        now=story.at(moved_on),
        today=moved_on,
    )
    assert settled.amount_minor == 36_00
    follower = _moves_in(supply, tariff_id=tariff_id, on=moved_on)

    round_id = story.read_book(
        by=by,
        book_id=supply.book_id,
        period=NOVEMBER,
        on=NOVEMBER,
        values={supply.serial_no: 9_825},
    )
    bills = story.bill_book(by=by, round_id=round_id, on=NOVEMBER)

    assert list(bills) == [follower]
    assert sentences(bills[follower]) == ["7 m³ × 2.00 yuan = 14.00 yuan"]
    assert bills[follower].period_from == moved_on
    shift_id = story.open_till(by=by, on=NOVEMBER)
    last = billing.Bill.objects.get(pk=settled.bill_ids[0])
    story.pay(by=by, account_id=supply.account_id, bills=[last], tendered_minor=36_00, on=NOVEMBER)
    assert shift_id
    assert_proved()


def _moves_in(supply: records.Supply, *, tariff_id: int, on: day) -> int:
    """Another account takes the supply over on a day; returns it."""
    other = records.supply(
        station_id=supply.station_id, tariff_id=tariff_id, installed_on=OCTOBER, book_code="0199"
    )
    agreements.SupplyAgreement.objects.filter(pk=supply.agreement_id).update(until_on=on)
    agreements.AgreementTariff.objects.filter(agreement_id=supply.agreement_id).update(until_on=on)
    begun = agreements.SupplyAgreement.objects.create(
        station_id=supply.station_id,
        account_id=other.account_id,
        service_point_id=supply.service_point_id,
        utility=supply.utility,
        from_on=on,
    )
    agreements.AgreementTariff.objects.create(
        station_id=supply.station_id, agreement=begun, tariff_id=tariff_id, from_on=on
    )
    return other.account_id
