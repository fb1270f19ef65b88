"""Tariffs are taken as published: versions are added, corrections counted, nothing edited."""

import datetime

import pytest
from django.db import DatabaseError, transaction

from meterbook.application import load_tariff
from meterbook.domain.access import models as access
from meterbook.domain.access import rules as rights
from meterbook.domain.billing import postings
from meterbook.domain.ledger import rules as chart
from meterbook.domain.tariffs import bulk, models, queries
from meterbook.rating.charges import kinds
from tests.builders import billing, records

DAY = datetime.date

TEXT = """
format: 1
code: X-WATER
names: {zh: 水, en: Water}
utility: WATER
customer_class: RESIDENTIAL
region: X
currency: CNY
unit: m3
default_persons: 4
source: ["https://example.org"]
grade: K
versions:
  - effective_from: 2020-01-01
    components:
      - {code: WATER, name: {zh: 水费, en: Water}, kind: PER_UNIT,
         price: "2.00", revenue: WATER, tax_rate: "9"}
"""
SECOND = """
  - effective_from: 2021-01-01
    components:
      - {code: WATER, name: {zh: 水费, en: Water}, kind: PER_UNIT,
         price: "3.00", revenue: WATER, tax_rate: "9"}
"""
ENDED = TEXT.replace(
    "effective_from: 2020-01-01", "effective_from: 2020-01-01\n    effective_until: 2021-01-01"
)


@pytest.fixture(autouse=True)
def _world(db: None) -> None:
    records.world()


def load(text: str, *, revise: bool = False) -> load_tariff.LoadedTariff:
    return load_tariff.load_tariff(actor=records.system(), text=text, now=records.NOW, revise=revise)


def test_a_tariff_is_stored_with_versions_components_and_an_audit_row() -> None:
    loaded = load(TEXT)
    assert [version.outcome for version in loaded.versions] == [load_tariff.Outcome.ADDED]
    entry = queries.tariff_by_code(code="X-WATER")
    assert (entry.unit, entry.name("zh-hans"), entry.name("en")) == ("m3", "水", "Water")
    component = models.TariffComponent.objects.get(version__tariff_id=loaded.tariff_id)
    assert (component.component_no, component.revenue_code, component.name_zh) == (1, "WATER", "水费")
    assert access.AuditEntry.objects.filter(act="TARIFF_LOADED", subject_id="X-WATER").count() == 1


def test_the_same_again_changes_nothing() -> None:
    first = load(TEXT)
    # spaces, comments and the order of keys are not content
    again = load("# seen again\n" + TEXT.replace("grade: K\n", "").replace("unit: m3", "grade: K\nunit: m3"))
    assert [v.outcome for v in again.versions] == [load_tariff.Outcome.UNCHANGED]
    assert again.versions[0].version_id == first.versions[0].version_id
    assert models.TariffVersion.objects.filter(tariff_id=first.tariff_id).count() == 1
    assert access.AuditEntry.objects.filter(act="TARIFF_LOADED").count() == 1


def test_a_later_version_is_added_and_the_first_stays_as_it_is() -> None:
    first = load(TEXT)
    loaded = load(ENDED + SECOND)
    assert [v.outcome for v in loaded.versions] == [load_tariff.Outcome.REVISED, load_tariff.Outcome.ADDED]
    on = {
        day: queries.version_in_force(tariff_id=first.tariff_id, day=day)
        for day in (DAY(2019, 12, 31), DAY(2020, 1, 1), DAY(2020, 12, 31), DAY(2021, 1, 1))
    }
    assert list(on.values()) == [
        None,
        loaded.versions[0].version_id,
        loaded.versions[0].version_id,
        loaded.versions[1].version_id,
    ]


def test_a_version_that_ended_is_not_in_force() -> None:
    loaded = load(ENDED)
    assert queries.version_in_force(tariff_id=loaded.tariff_id, day=DAY(2020, 12, 31)) is not None
    assert queries.version_in_force(tariff_id=loaded.tariff_id, day=DAY(2021, 1, 1)) is None


def test_frames_find_the_same_versions_as_single_questions() -> None:
    import polars as pl

    loaded = load(TEXT + "")
    load(TEXT.replace('"2.00"', '"2.50"'))
    days = [DAY(2019, 12, 31), DAY(2020, 1, 1), DAY(2026, 6, 1), None]
    frame = pl.DataFrame(
        {"tariff_id": [loaded.tariff_id] * 4, "day": days}, schema={"tariff_id": pl.Int64, "day": pl.Date}
    )
    versions = bulk.version_frame(tariff_ids=frame["tariff_id"])
    found = bulk.with_version(frame, versions=versions, tariff="tariff_id", day="day", name="version_id")
    alone = [
        None if day is None else queries.version_in_force(tariff_id=loaded.tariff_id, day=day) for day in days
    ]
    assert found["version_id"].to_list() == alone
    assert alone[1] == alone[2] != loaded.versions[0].version_id


def test_a_correction_is_a_revision_and_old_content_is_refused() -> None:
    load(TEXT)
    corrected = load(TEXT.replace('"2.00"', '"2.50"'))
    assert [(v.revision, v.outcome) for v in corrected.versions] == [(2, load_tariff.Outcome.REVISED)]
    with pytest.raises(load_tariff.SupersededContentError) as refused:
        load(TEXT)
    assert refused.value.revision == 1


def test_what_bills_used_is_replaced_only_when_asked() -> None:
    loaded = load(TEXT)
    supply = records.supply(station_id=records.world().station_a, tariff_id=loaded.tariff_id)
    usage = billing.usage(
        supply=supply, quantity=20, period_from=DAY(2026, 10, 28), period_until=DAY(2026, 11, 28)
    )
    billing.issued_run(round_id=usage.round_id or 0, issue_on=DAY(2026, 11, 30))
    changed = TEXT.replace('"2.00"', '"2.50"')
    with pytest.raises(load_tariff.VersionBilledError):
        load(changed)
    assert models.TariffVersion.objects.filter(tariff_id=loaded.tariff_id).count() == 1
    assert load(changed, revise=True).versions[0].revision == 2


@pytest.mark.parametrize(
    ("was", "now", "error"),
    [
        ("unit: m3", "unit: t", load_tariff.TariffIdentityError),
        ("utility: WATER", "utility: GAS", load_tariff.TariffIdentityError),
        ("revenue: WATER", "revenue: NOWHERE", load_tariff.UnknownRevenueError),
        ('price: "2.00"', "price: 2.00", load_tariff.TariffError),
    ],
)
def test_what_makes_no_sense_is_refused_whole(was: str, now: str, error: type[Exception]) -> None:
    load(ENDED)
    with pytest.raises(error):
        load((ENDED + SECOND).replace(was, now))
    assert models.TariffVersion.objects.filter(tariff__code="X-WATER").count() == 1


def test_every_kind_of_charge_can_be_loaded_and_booked() -> None:
    """Each component has its row and its account, those of added taxes too."""
    loaded = load((records.ROOT / "tests/unit/rating/everything.yaml").read_text(encoding="utf-8"))
    version_id = loaded.versions[0].version_id
    version = queries.versions(version_ids=[version_id])[version_id]
    assert {component.charge.kind for component in version.components} > {
        kinds.ChargeKind.MINIMUM,
        kinds.ChargeKind.BILL_ROUNDING,
        kinds.ChargeKind.FREE_QUANTITY,
    }
    codes = queries.revenue_codes(version_ids=[version_id])
    assert len(codes) == len(version.components)
    booked = postings.revenue_frame(codes)["ledger_account_id"].to_list()
    assert chart.Chart.TAX_PAYABLE.value in booked


def test_all_tariffs_of_the_library_can_be_loaded() -> None:
    files = sorted((records.ROOT / "tariffs").rglob("*.yaml"))
    for file in files:
        load(file.read_text(encoding="utf-8"))
    assert models.Tariff.objects.count() == len(files) > 80


def test_loading_needs_the_right() -> None:
    clerk = records.actor(role="CLERK", unit_id=records.world().station_a)
    with pytest.raises(rights.NotAllowedError):
        load_tariff.load_tariff(actor=clerk, text=TEXT, now=records.NOW)


def test_nobody_edits_a_version() -> None:
    load(TEXT)
    with pytest.raises(DatabaseError), transaction.atomic():
        models.TariffVersion.objects.update(revision=9)
    with pytest.raises(DatabaseError), transaction.atomic():
        models.TariffComponent.objects.all().delete()


def test_the_book_is_kept_by_content() -> None:
    loaded = load(TEXT)
    ids = [loaded.versions[0].version_id]
    assert queries.tariff_book(version_ids=ids) is queries.tariff_book(version_ids=ids)
    with pytest.raises(queries.VersionUnknownError):
        queries.tariff_book(version_ids=[*ids, 0])
