"""A run taken apart, when its bills hold old and new prices and charges that count nothing."""

import datetime

import pytest

from meterbook.domain.tariffs import queries
from meterbook.reporting import run_summary
from tests.builders import billing, records
from tests.journeys import test_charges

DAY = datetime.date
pytestmark = pytest.mark.usefixtures("db")


def test_a_bill_over_a_change_of_price_is_counted_once() -> None:
    """31 m3, 10 of the 30 days at the old price: 10 and 21 m3."""
    world = records.world()
    tariff_id = test_charges.loaded(
        {
            "effective_from": "2026-01-01",
            "effective_until": "2026-11-11",
            "components": test_charges.prices("2.00", "3.00", "1.00", "6.00"),
        },
        {
            "effective_from": "2026-11-11",
            "price_change": {"split": "DAYS", "round_to": "1"},
            "components": test_charges.prices("2.20", "3.30", "1.10", "7.00"),
        },
    )
    old, new = (
        queries.version_in_force(tariff_id=tariff_id, day=day) or 0
        for day in (DAY(2026, 1, 1), DAY(2026, 12, 1))
    )
    supply = records.supply(station_id=world.station_a, tariff_id=tariff_id)
    usage = billing.usage(
        supply=supply, quantity=31, period_from=DAY(2026, 11, 1), period_until=DAY(2026, 12, 1)
    )
    round_id = usage.round_id or 0
    run = billing.previewed_run(round_id=round_id, issue_on=DAY(2026, 12, 2))
    before = run_summary.of_preview(round_id=round_id)
    billing.issued_run(round_id=round_id, issue_on=DAY(2026, 12, 2))
    after = run_summary.of_issued(round_id=round_id, run_id=run.run_id)
    for summary in (before, after):
        # water 20.00 + 46.20, sewage 9.00 + 20.79, service 2.00 + 4.67
        assert [(g.key, g.bills, g.amount_minor) for g in summary.by_version] == [(new, 1, 102_66)]
        assert [
            (g.version_id, g.component_no, g.tier, g.quantity_milli, g.amount_minor) for g in summary.by_tier
        ] == [
            (old, 1, 1, 10_000, 20_00),
            (old, 2, 0, 10_000, 9_00),
            (old, 3, 0, 0, 2_00),
            (new, 1, 1, 21_000, 46_20),
            (new, 2, 0, 21_000, 20_79),
            (new, 3, 0, 0, 4_67),
        ]


def test_fees_and_percentages_count_no_quantity() -> None:
    world = records.world()
    component = test_charges.component
    fees = [{"until": "10", "price": "1", "fee": "27"}, {"price": "2"}]
    tariff_id = test_charges.loaded(
        {
            "effective_from": "2026-01-01",
            "components": [
                component("WATER", "水费", "Water", kind="GRADUATED_TIERS", tiers=fees),
                component("BLOCKS", "包", "Blocks", kind="PACKAGE", price="5", size="10"),
                component("LEVY", "附加费", "Levy", kind="PERCENTAGE", rate="5", of=["WATER"]),
            ],
        }
    )
    supply = records.supply(station_id=world.station_a, tariff_id=tariff_id)
    usage = billing.usage(
        supply=supply, quantity=31, period_from=DAY(2026, 11, 1), period_until=DAY(2026, 12, 1)
    )
    summary = run_summary.of_preview(round_id=usage.round_id or 0)
    # water 27 + 10 + 42 = 79, four blocks begun, 5 % of 79
    assert [(g.component_no, g.tier, g.quantity_milli, g.amount_minor) for g in summary.by_tier] == [
        (1, 1, 10_000, 37_00),
        (1, 2, 21_000, 42_00),
        (2, 0, 0, 20_00),
        (3, 0, 0, 3_95),
    ]


@pytest.mark.parametrize(("quantity", "counted"), [(31, 10_000), (1, 1_000)])
def test_a_fee_of_the_price_of_a_unit_hides_no_quantity(db: None, quantity: int, counted: int) -> None:
    world = records.world()
    fees = [{"until": "10", "price": "3", "fee": "3"}, {"price": "2"}]
    tariff_id = test_charges.loaded(
        {
            "effective_from": "2026-01-01",
            "components": [
                test_charges.component("WATER", "水费", "Water", kind="GRADUATED_TIERS", tiers=fees)
            ],
        }
    )
    supply = records.supply(station_id=world.station_a, tariff_id=tariff_id)
    usage = billing.usage(
        supply=supply, quantity=quantity, period_from=DAY(2026, 11, 1), period_until=DAY(2026, 12, 1)
    )
    first = run_summary.of_preview(round_id=usage.round_id or 0).by_tier[0]
    assert (first.tier, first.quantity_milli, first.amount_minor) == (1, counted, 3_00 + 3 * counted // 10)
