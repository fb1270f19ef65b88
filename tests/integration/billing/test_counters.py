"""Tier counters and changes of price on real usages: counted where they can be, parked where they can't."""

import datetime
import itertools
import json
from typing import Any

import pytest

from meterbook.application import bill_run, load_tariff
from meterbook.domain.billing import models
from meterbook.domain.metering import models as metering
from meterbook.domain.tariffs import queries
from tests.builders import billing, records
from tests.unit.rating import samples

DAY = datetime.date
TIERS = {
    "kind": "GRADUATED_TIERS",
    "tiers": [{"until": "100", "price": "2.00"}, {"price": "3.00"}],
    "revenue": "WATER",
}
pytestmark = pytest.mark.usefixtures("db")
_codes = iter(range(1, 100))


@pytest.fixture
def world() -> records.World:
    return records.world()


def component(charge: dict[str, Any] = TIERS, code: str = "WATER") -> dict[str, Any]:
    return samples.component(code, {"revenue": "WATER", **charge})


def tariff(*components: dict[str, Any], versions: Any = None, **more: Any) -> int:
    """Load a tariff; `versions` are (first day, what it says beside its components), each until the next."""
    content = samples.tariff_document(*(components or [component()]), **more)
    content["code"] = f"T{next(_codes)}"
    if versions is not None:
        (plain,) = content["versions"]
        content["versions"] = [plain | {"effective_from": str(day)} | says for day, says in versions]
        for earlier, later in zip(content["versions"], content["versions"][1:], strict=False):
            earlier["effective_until"] = later["effective_from"]
    loaded = load_tariff.load_tariff(actor=records.system(), text=json.dumps(content), now=records.NOW)
    return loaded.tariff_id


def read(supply: records.Supply, quantity: int, *days: datetime.date) -> metering.Usage:
    return billing.usage(supply=supply, quantity=quantity, period_from=days[0], period_until=days[1])


def issue(usage: metering.Usage) -> bill_run.RunResult:
    return billing.issued_run(round_id=usage.round_id or 0, issue_on=usage.period_until)


def parked(usage: metering.Usage) -> str:
    issue(usage)
    return models.ParkedUsage.objects.get(usage_id=usage.pk).code


def counted(usage: metering.Usage) -> list[tuple[int, int, int]]:
    """Tier, counter before, quantity of the usage's lines of its first component."""
    issue(usage)
    bill = models.Bill.objects.get(usage_id=usage.pk)
    lines = models.BillLine.objects.filter(bill_id=bill.pk, component_no=1).order_by("line_no")
    return list(lines.values_list("tier", "before_milli", "quantity_milli"))


def supplied(world: records.World, tariff_id: int) -> records.Supply:
    return records.supply(station_id=world.station_a, tariff_id=tariff_id)


def test_two_months_count_from_the_odd_month_on(world: records.World) -> None:
    supply = supplied(world, tariff(tier_period="TWO_MONTHS"))
    months = [DAY(2026, month, 15) for month in (3, 4, 5, 6, 7)]
    found = [counted(read(supply, 60, *pair)) for pair in itertools.pairwise(months)]
    # April ends March's pair (nobody billed March); May starts one, June ends it, July starts the next
    assert found == [
        [(1, 0, 60_000)],
        [(1, 0, 60_000)],
        [(1, 60_000, 40_000), (2, 60_000, 20_000)],
        [(1, 0, 60_000)],
    ]


def test_a_heating_season_counts_from_its_start_on(world: records.World) -> None:
    tariff_id = tariff(tier_period="HEATING_SEASON", heating_season={"from": "11-15", "until": "03-15"})
    supply = supplied(world, tariff_id)
    days = [DAY(2026, 10, 14), DAY(2026, 11, 14), DAY(2026, 12, 14), DAY(2027, 1, 14)]
    found = [counted(read(supply, 60, *pair)) for pair in itertools.pairwise(days)]
    assert found == [
        [(1, 0, 60_000)],
        [(1, 0, 60_000)],
        [(1, 60_000, 40_000), (2, 60_000, 20_000)],
    ]


def test_only_the_latest_revision_counts_there_too(world: records.World) -> None:
    supply = supplied(world, tariff(tier_period="TWO_MONTHS"))
    may = (DAY(2026, 4, 15), DAY(2026, 5, 15))
    billing.usage(supply=supply, quantity=99, period_from=may[0], period_until=may[1])
    billing.usage(supply=supply, quantity=30, period_from=may[0], period_until=may[1], revision=2)
    assert counted(read(supply, 10, DAY(2026, 5, 15), DAY(2026, 6, 15))) == [(1, 30_000, 10_000)]


def test_an_anniversary_year_is_parked(world: records.World) -> None:
    supply = supplied(world, tariff(tier_period="ANNIVERSARY_YEAR"))
    usage = read(supply, 10, DAY(2026, 5, 15), DAY(2026, 6, 15))
    assert parked(usage) == bill_run.ParkCode.TIER_TOTAL_UNKNOWN


CUT = {"split": "DAYS", "round_to": "1", "counter": "RESTARTS"}
OLD, NEW = DAY(2020, 1, 1), DAY(2026, 5, 1)


def test_tiers_that_start_again_with_a_new_price(world: records.World) -> None:
    """90 m3 until 21 April; 60 m3 over 30 days, 10 of them old: 20 and 40; then 70 from 21 May on."""
    supply = supplied(
        world, tariff(versions=[(OLD, {}), (NEW, {"price_change": CUT})], tier_period="CALENDAR_YEAR")
    )
    days = [DAY(2026, 3, 21), DAY(2026, 4, 21), DAY(2026, 5, 21), DAY(2026, 6, 21)]
    found = [
        counted(read(supply, quantity, *pair))
        for quantity, pair in zip((90, 60, 70), itertools.pairwise(days), strict=True)
    ]
    assert found == [
        [(1, 0, 90_000)],
        [(1, 90_000, 10_000), (2, 90_000, 10_000), (1, 0, 40_000)],
        [(1, 40_000, 60_000), (2, 40_000, 10_000)],
    ]


def test_tiers_that_start_again_with_the_season(world: records.World) -> None:
    """60 m3 over 30 days, 10 of them before the summer: 20 and 40; then 70 from 21 May on."""
    names = {"zh": "季", "en": "Season"}
    seasons = [
        {"code": "SUMMER", "name": names, "from": "05-01", "until": "11-01"},
        {"code": "WINTER", "name": names, "from": "11-01", "until": "05-01"},
    ]
    tariff_id = tariff(tier_period="CALENDAR_YEAR", seasons=seasons, season_change=CUT)
    supply = supplied(world, tariff_id)
    days = [DAY(2026, 3, 21), DAY(2026, 4, 21), DAY(2026, 5, 21), DAY(2026, 6, 21)]
    found = [
        counted(read(supply, quantity, *pair))
        for quantity, pair in zip((90, 60, 70), itertools.pairwise(days), strict=True)
    ]
    assert found == [
        [(1, 0, 90_000)],
        [(1, 90_000, 10_000), (2, 90_000, 10_000), (1, 0, 40_000)],
        [(1, 40_000, 60_000), (2, 40_000, 10_000)],
    ]


def test_bounds_that_shrank_with_a_new_price_are_parked_later(world: records.World) -> None:
    prorated = CUT | {"counter": "PRORATED"}
    supply = supplied(
        world, tariff(versions=[(OLD, {}), (NEW, {"price_change": prorated})], tier_period="CALENDAR_YEAR")
    )
    assert parked(read(supply, 10, DAY(2026, 5, 21), DAY(2026, 6, 21))) == "TIER_TOTAL_UNKNOWN"
    assert counted(read(supply, 10, DAY(2027, 5, 21), DAY(2027, 6, 21))) == [(1, 0, 10_000)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "PRICE_CHANGE_UNDECIDED"),
        ({"price_change": {"split": "READING_NUMBER", "reading": 3}}, ""),
        ({"price_change": {"split": "READING_DATE"}}, ""),
    ],
)
def test_a_change_of_price_by_its_rule(world: records.World, *, change: dict[str, Any], code: str) -> None:
    supply = supplied(world, tariff(versions=[(OLD, {}), (NEW, change)]))
    usage = read(supply, 10, DAY(2026, 4, 21), DAY(2026, 5, 21))
    if code:
        assert parked(usage) == code
        return
    assert counted(usage) == [(1, 0, 10_000)]
    version_id = models.BillLine.objects.get().tariff_version_id
    starts = queries.entries_of_versions(version_ids=[version_id])[version_id][1]
    # all at the price of the last day; or at the old one until the third reading
    assert starts == (NEW if change["price_change"]["split"] == "READING_DATE" else OLD)


def test_which_reading_after_a_change_it_is_nobody_knows(world: records.World) -> None:
    third = {"price_change": {"split": "READING_NUMBER", "reading": 3}}
    supply = supplied(world, tariff(versions=[(OLD, {}), (NEW, third)]))
    assert parked(read(supply, 10, DAY(2026, 5, 21), DAY(2026, 6, 21))) == "READING_NUMBER_MISSING"


def test_a_period_that_began_before_any_price_is_parked(world: records.World) -> None:
    by_days = {"price_change": {"split": "DAYS"}}
    supply = supplied(world, tariff(versions=[(NEW, by_days)]))
    assert parked(read(supply, 10, DAY(2026, 4, 21), DAY(2026, 5, 21))) == "NO_PRICE_BEFORE"


AREA = {"kind": "AREA", "price": "26", "per": "PERIOD"}
BANDS = [{"code": code, "name": {"zh": code, "en": code}} for code in ("PEAK", "VALLEY")]
FREE = {"kind": "FREE_QUANTITY", "quantity": "5", "per": "MONTH", "pooled": True, "of": ["WATER"]}
FALLING = {"kind": "VOLUME_TIERS", "tiers": [{"until": "100", "price": "5"}, {"price": "1"}]}


@pytest.mark.parametrize(
    ("components", "more", "code"),
    [
        ([component(AREA)], {}, "AREA_MISSING"),
        ([component({"kind": "CAPACITY", "price": "1"})], {}, "CAPACITY_MISSING"),
        ([component({"kind": "DEMAND", "price": "1"})], {}, "DEMAND_MISSING"),
        ([component({"kind": "OVER_QUOTA", "tiers": [{"price": "1"}]})], {}, "QUOTA_MISSING"),
        (
            [component({"kind": "TIME_OF_USE", "prices": {"PEAK": "2", "VALLEY": "1"}})],
            {"bands": BANDS},
            "BANDS_DO_NOT_SUM",
        ),
        (
            [component({"kind": "PER_MONTH", "by_calibre": [{"calibre": 15, "price": "1"}]})],
            {},
            "CALIBRE_WITHOUT_PRICE",
        ),
        (
            [component()],
            {"conversion": {"from_unit": "m3", "factor": "1", "calorific_value": "METERED"}},
            "CALORIFIC_VALUE_MISSING",
        ),
        (
            [component()],
            {"billed_quantity": {"round_to": "1", "rounding": "TRUNCATE", "carry": True}},
            "CARRIED_FRACTION_UNKNOWN",
        ),
        ([component(), component(FREE, "FREE")], {}, "FREE_QUANTITY_UNKNOWN"),
    ],
)
def test_what_a_tariff_asks_for_and_nobody_keeps_yet(
    world: records.World, *, components: list[dict[str, Any]], more: dict[str, Any], code: str
) -> None:
    supply = supplied(world, tariff(*components, **more))
    assert parked(read(supply, 10, DAY(2026, 5, 21), DAY(2026, 6, 21))) == code


def test_a_bill_that_would_pay_out_is_parked(world: records.World) -> None:
    """90 m3 at 5 were 450; 110 at 1 are 110: the second bill would come to -340."""
    supply = supplied(world, tariff(component(FALLING), tier_period="CALENDAR_YEAR"))
    assert counted(read(supply, 90, DAY(2026, 4, 21), DAY(2026, 5, 21))) == [(1, 0, 90_000)]
    assert parked(read(supply, 20, DAY(2026, 5, 21), DAY(2026, 6, 21))) == "NEGATIVE_AMOUNT"


def test_the_book_goes_back_only_as_far_as_it_must(world: records.World) -> None:
    del world
    days = [DAY(2020, 1, 1), DAY(2021, 1, 1), DAY(2022, 1, 1), DAY(2023, 1, 1)]
    tariff_id = tariff(versions=[(day, {}) for day in days])
    first, second, third, fourth = (
        queries.version_in_force(tariff_id=tariff_id, day=day) or 0 for day in days
    )
    found = {
        since: queries.tariff_book(version_ids=[fourth], since=since).previous
        for since in (None, DAY(2023, 1, 1), DAY(2022, 12, 31), DAY(2021, 12, 31), DAY(2000, 1, 1))
    }
    assert found == {
        None: {},
        DAY(2023, 1, 1): {},
        DAY(2022, 12, 31): {fourth: third},
        DAY(2021, 12, 31): {fourth: third, third: second},
        DAY(2000, 1, 1): {fourth: third, third: second, second: first},
    }


def test_the_book_takes_the_latest_revision_and_no_version_across_a_gap(world: records.World) -> None:
    del world
    old = samples.tariff_document(component())
    old["versions"][0] |= {"effective_until": "2021-01-01"}
    new = samples.tariff_document(component())
    new["versions"][0] |= {"effective_from": "2021-01-01"}
    late = samples.tariff_document(component())
    late["versions"][0] |= {"effective_from": "2022-01-01"}
    ended = samples.tariff_document(component(), note="ends early")
    ended["versions"][0] |= {"effective_from": "2021-01-01", "effective_until": "2021-07-01"}
    ids = [
        load_tariff.load_tariff(actor=records.system(), text=json.dumps(text), now=records.NOW)
        .versions[0]
        .version_id
        for text in (old, new, late)
    ]
    since = DAY(2020, 6, 1)
    book = queries.tariff_book(version_ids=[ids[2]], since=since)
    assert book.previous == {ids[2]: ids[1], ids[1]: ids[0]}
    revised = load_tariff.load_tariff(
        actor=records.system(), text=json.dumps(ended), now=records.NOW, revise=True
    )
    assert queries.tariff_book(version_ids=[ids[2]], since=since).previous == {}
    found = queries.tariff_book(version_ids=[revised.versions[0].version_id], since=since)
    assert found.previous == {revised.versions[0].version_id: ids[0]}
