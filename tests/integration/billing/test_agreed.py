"""What an agreement agreed on beside a price reaches the bill: parts, brought counters, areas, choices."""

import datetime
import itertools
import json
from typing import Any

import pytest

from meterbook.application import bill_run, load_tariff
from meterbook.domain.agreements import models as agreements
from meterbook.domain.agreements import operations as agreement_operations
from meterbook.domain.agreements import operations_facts, rules
from meterbook.domain.billing import models
from meterbook.domain.metering import models as metering
from tests.builders import agreements as build
from tests.builders import billing, records
from tests.unit.rating import samples

DAY = datetime.date
JANUARY, MARCH, MAY, JULY = DAY(2026, 1, 1), DAY(2026, 3, 1), DAY(2026, 5, 1), DAY(2026, 7, 1)
TIERS = [{"until": "100", "price": "2.00"}, {"price": "3.00"}]
pytestmark = pytest.mark.usefixtures("db")
_codes = itertools.count(1)


def tariff(*components: dict[str, Any], **more: Any) -> int:
    """Load a tariff of the sample document's shape."""
    content = samples.tariff_document(
        *(samples.component(f"C{n}", {"revenue": "WATER", **charge}) for n, charge in enumerate(components)),
        **more,
    )
    content["code"] = f"T{next(_codes)}"
    loaded = load_tariff.load_tariff(actor=records.system(), text=json.dumps(content), now=records.NOW)
    return loaded.tariff_id


def residential(tier_period: str = "CALENDAR_YEAR") -> int:
    return tariff({"kind": "GRADUATED_TIERS", "tiers": TIERS}, tier_period=tier_period)


def flat(price: str) -> int:
    return tariff({"kind": "PER_UNIT", "price": price})


@pytest.fixture
def world() -> records.World:
    return records.world()


def supplied(world: records.World, tariff_id: int) -> records.Supply:
    return records.supply(station_id=world.station_a, tariff_id=tariff_id, installed_on=JANUARY)


def read(supply: records.Supply, quantity: int, *days: datetime.date) -> metering.Usage:
    return billing.usage(supply=supply, quantity=quantity, period_from=days[0], period_until=days[1])


def issue(usage: metering.Usage) -> bill_run.RunResult:
    return billing.issued_run(round_id=usage.round_id or 0, issue_on=usage.period_until)


def lines(usage: metering.Usage) -> list[tuple[int, int, int, int]]:
    """Issue the usage's round: (part, tier, quantity in thousandths, fen) of its bill's lines."""
    issue(usage)
    bill = models.Bill.objects.get(usage_id=usage.pk)
    found = models.BillLine.objects.filter(bill_id=bill.pk).order_by("line_no")
    rows = list(found.values_list("part_no", "tier", "quantity_milli", "amount_minor"))
    assert bill.amount_minor == sum(row[-1] for row in rows)
    assert bill.quantity_milli == sum(row[2] for row in rows) == usage.quantity_milli
    return rows


def parked(usage: metering.Usage) -> str:
    issue(usage)
    return models.ParkedUsage.objects.get(usage_id=usage.pk).code


def share_out(supply: records.Supply, on: datetime.date, *shares: rules.Share) -> None:
    operations_facts.set_shares(agreement=build.agreement(supply), on=on, shares=shares)


def test_one_meter_with_three_prices_counts_tiers_for_the_dwelling_only(world: records.World) -> None:
    home, shop, wash = residential(), flat("4.00"), flat("6.00")
    supply, plain = supplied(world, home), supplied(world, home)
    share_out(
        supply,
        JANUARY,
        rules.Share(shop, rules.FIXED, 10_000),
        rules.Share(wash, rules.SHARE, 200_000),
        rules.Share(home, rules.REST),
    )
    beside = read(plain, 120, JANUARY, MARCH)
    assert lines(read(supply, 60, JANUARY, MARCH)) == [
        (1, 0, 10_000, 40_00),
        (2, 0, 10_000, 60_00),
        (3, 1, 40_000, 80_00),
    ]
    alone = models.Bill.objects.get(usage_id=beside.pk)
    assert alone.amount_minor == 100 * 2_00 + 20 * 3_00, "who shares nothing out is rated as ever"
    assert lines(read(supply, 110, MARCH, MAY)) == [
        (1, 0, 10_000, 40_00),
        (2, 0, 20_000, 120_00),
        (3, 1, 60_000, 120_00),
        (3, 2, 20_000, 60_00),
    ]
    share_out(supply, MAY)
    assert lines(read(supply, 30, MAY, JULY)) == [(1, 2, 30_000, 90_00)], "the dwelling used 120 before"


def test_the_dearest_use_counts_for_all_of_it(world: records.World) -> None:
    home, shop = residential(), flat("2.50")
    supply = supplied(world, home)
    share_out(supply, JANUARY, rules.Share(home, rules.HIGHEST), rules.Share(shop, rules.HIGHEST))
    assert lines(read(supply, 60, JANUARY, MARCH)) == [(2, 0, 60_000, 150_00)]
    assert lines(read(supply, 150, MARCH, MAY)) == [(1, 1, 40_000, 80_00), (1, 2, 110_000, 330_00)]


@pytest.mark.parametrize("first", [None, JANUARY])
def test_parts_that_change_within_a_usage_wait_for_a_person(
    world: records.World, first: datetime.date | None
) -> None:
    home, shop = residential(), flat("4.00")
    supply = supplied(world, home)
    if first is not None:
        share_out(supply, first, rules.Share(shop, rules.FIXED, 10_000), rules.Share(home, rules.REST))
    share_out(supply, MARCH, rules.Share(shop, rules.FIXED, 20_000), rules.Share(home, rules.REST))
    assert parked(read(supply, 60, JANUARY, MAY)) == "TARIFF_CHANGE_IN_PERIOD"


def test_a_part_without_a_price_parks_the_whole_once(world: records.World) -> None:
    home = residential()
    late = tariff({"kind": "PER_UNIT", "price": "4.00"})
    supply = supplied(world, home)
    share_out(supply, JANUARY, rules.Share(late, rules.FIXED, 10_000), rules.Share(home, rules.REST))
    usage = read(supply, 60, DAY(2019, 12, 1), DAY(2019, 12, 31))
    agreements.SupplyAgreement.objects.filter(pk=supply.agreement_id).update(from_on=DAY(2019, 1, 1))
    agreements.AgreementTariff.objects.filter(agreement_id=supply.agreement_id).update(
        from_on=DAY(2019, 1, 1)
    )
    agreements.PriceShare.objects.filter(agreement_id=supply.agreement_id).update(from_on=DAY(2019, 1, 1))
    assert parked(usage) == "NO_TARIFF"


def opening(supply: records.Supply, starts_on: datetime.date, quantity: int) -> None:
    agreement_operations.record_opening_counter(
        agreement=build.agreement(supply),
        starts_on=starts_on,
        as_of=JULY,
        quantity_milli=quantity * 1000,
        at=records.NOW,
    )


def test_a_counter_brought_along_goes_on_in_its_own_tier_period_only(world: records.World) -> None:
    home = residential()
    supply, other = (
        records.supply(station_id=world.station_a, tariff_id=home, installed_on=JULY) for _ in range(2)
    )
    opening(supply, JANUARY, 90)
    opening(other, JULY, 90)
    assert lines(read(other, 20, JULY, DAY(2026, 8, 20))) == [(1, 1, 20_000, 40_00)], "of another period"
    assert lines(read(supply, 20, JULY, DAY(2026, 9, 1))) == [(1, 1, 10_000, 20_00), (1, 2, 10_000, 30_00)]
    assert lines(read(supply, 5, DAY(2026, 9, 1), DAY(2026, 10, 1))) == [(1, 2, 5_000, 15_00)]
    assert lines(read(supply, 5, DAY(2026, 10, 1), DAY(2027, 1, 9))) == [(1, 1, 5_000, 10_00)], "a new year"


def test_a_monthly_counter_is_the_month_s(world: records.World) -> None:
    supply = records.supply(station_id=world.station_a, tariff_id=residential("MONTH"), installed_on=JULY)
    opening(supply, JULY, 90)
    assert lines(read(supply, 20, JULY, DAY(2026, 7, 31))) == [(1, 1, 10_000, 20_00), (1, 2, 10_000, 30_00)]
    assert lines(read(supply, 20, DAY(2026, 7, 31), DAY(2026, 8, 31))) == [(1, 1, 20_000, 40_00)]


def test_area_height_and_choices_reach_the_price(world: records.World) -> None:
    by_area = tariff(
        {"kind": "AREA", "price": "2", "per": "MONTH"},
        {"kind": "PER_UNIT", "price": "1.05", "choice": "PUMP"},
    )
    supply, without = supplied(world, by_area), supplied(world, by_area)
    agreement = build.agreement(supply)
    area = {
        "area_milli": 89_500,
        "kind": agreements.AreaKind.BUILDING,
        "height_milli": None,
        "area_class": "",
    }
    operations_facts.set_area(agreement=agreement, on=JANUARY, values=area)
    proof = {"proof": "", "expires_on": None}
    operations_facts.set_concession(agreement=agreement, on=JANUARY, code="PUMP", values=proof)
    usage, bare = read(supply, 10, JANUARY, MARCH), read(without, 10, JANUARY, MARCH)
    issue(usage)
    bill = models.Bill.objects.get(usage_id=usage.pk)
    assert bill.amount_minor == 2 * 2_00 * 895 // 10 + 10_50
    assert models.ParkedUsage.objects.get(usage_id=bare.pk).code == "AREA_MISSING"


def test_free_units_of_a_concession_nobody_counts_are_not_guessed(world: records.World) -> None:
    granted = tariff(
        {"kind": "GRADUATED_TIERS", "tiers": TIERS},
        {"kind": "FREE_QUANTITY", "quantity": "6", "per": "MONTH", "choice": "LOW_INCOME"},
        tier_period="CALENDAR_YEAR",
    )
    supply, other = supplied(world, granted), supplied(world, granted)
    operations_facts.set_concession(
        agreement=build.agreement(supply),
        on=JANUARY,
        code="LOW_INCOME",
        values={"proof": "", "expires_on": None},
    )
    usage, plain = read(supply, 10, JANUARY, MARCH), read(other, 10, JANUARY, MARCH)
    assert parked(usage) == "FREE_QUANTITY_UNKNOWN"
    assert models.Bill.objects.get(usage_id=plain.pk).amount_minor == 20_00
