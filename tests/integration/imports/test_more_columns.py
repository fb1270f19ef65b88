"""What an older system may know besides: each fact arrives, half of one is refused, the same is nothing."""

import datetime
from collections.abc import Sequence
from typing import Any

import pytest

from meterbook.application import import_customers
from meterbook.domain.access import models as access
from meterbook.domain.agreements import models as agreements
from meterbook.domain.agreements import operations_numbers
from meterbook.domain.customers import models as customers
from meterbook.domain.devices import models as devices
from meterbook.domain.imports import models as imports
from tests.builders import records
from tests.integration.imports import workbooks

TODAY = datetime.date(2026, 1, 15)
ID_CARD = "11010519491231002X"
WHOLE: dict[str, Any] = {
    "customer_kind": "个人",
    "document_kind": "身份证",
    "document_no": ID_CARD,
    "contact_name": "李明",
    "second_phone": "13700000002",
    "language": "英文",
    "reader_remark": "狗凶",
    "invoice_title": "李秀兰",
    "tax_no": ID_CARD,
    "old_no": "0038-11420",
    "bank_no": "B7",
    "joint_no": "J7",
    "usage_type": "RES",
    "area_milli": "89.5",
    "nominal_diameter": "20",
    "manufactured_on": "2025-09-01",
    "verified_on": "2025-10-15",
    "barcode": "690001",
    "seal_no": "F-1",
    "owed_milli": "86.40",
    "owed_due_on": "2025-11-30",
    "prepaid_milli": "0",
    "counted_milli": "132.5",
}
pytestmark = pytest.mark.usefixtures("db", "_founded")


@pytest.fixture
def _founded() -> None:
    records.world()
    records.tariff()
    operations_numbers.add_usage_type(code="RES", name="居民生活", utility=1)
    operations_numbers.add_usage_type(code="GAS", name="居民用气", utility=2)


def check(rows: Sequence[dict[str, Any]], *, language: str = "zh") -> import_customers.ImportResult:
    return import_customers.check_file(
        actor=records.system(),
        name="客户.xlsx",
        content=workbooks.workbook(rows, language=language),
        now=records.NOW,
        today=TODAY,
    )


def bring(rows: Sequence[dict[str, Any]], *, language: str = "zh") -> import_customers.ImportResult:
    return import_customers.apply_file(
        actor=records.system(),
        import_id=check(rows, language=language).import_id,
        now=records.NOW,
        today=TODAY,
    )


def faults(rows: Sequence[dict[str, Any]]) -> list[tuple[int, str, str]]:
    checked = import_customers.dry_run(actor=records.system(), content=workbooks.workbook(rows), today=TODAY)
    return [(e["row"], e["column"], e["code"]) for e in checked.errors.iter_rows(named=True)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_fact_arrives(language: str) -> None:
    assert bring([workbooks.row(1, **WHOLE)], language=language).state == imports.ImportState.APPLIED
    customer = customers.Customer.objects.get()
    assert (customer.kind, customer.language, customer.reader_remark) == (1, "en", "狗凶")
    paper = customer.documents.get()
    assert (paper.kind, paper.number, paper.number_key, paper.number_reversed) == (
        1,
        ID_CARD,
        ID_CARD,
        ID_CARD[::-1],
    )
    points = customer.contact_points.order_by("id").values_list("value", "contact_name", "is_preferred")
    assert list(points) == [("13900000001", "李明", True), ("13700000002", "", False)]
    profile = customer.invoice_profiles.get()
    assert (profile.title, profile.tax_no, profile.kind) == ("李秀兰", ID_CARD, 1)
    account = agreements.Account.objects.get()
    assert set(account.external_numbers.values_list("kind", "number")) == {
        (agreements.ExternalKind.OLD_SYSTEM, "0038-11420"),
        (agreements.ExternalKind.BANK_REFERENCE, "B7"),
        (agreements.ExternalKind.JOINT_COLLECTION, "J7"),
    }
    agreement = account.agreements.get()
    assert agreement.usage_types.get().usage_type.code == "RES"
    assert agreement.heated_areas.get().area_milli == 89_500
    meter = devices.Meter.objects.get()
    assert (meter.barcode, meter.manufactured_on, meter.verified_on, meter.model.nominal_diameter) == (
        "690001",
        datetime.date(2025, 9, 1),
        datetime.date(2025, 10, 15),
        20,
    )
    assert meter.verification_due_on is not None
    assert (meter.verification_due_on.month, meter.verification_due_on.day) == (10, 15)
    assert meter.seals.get().seal_no == "F-1"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"document_no": None}, ("document_no", "MISSING")),
        ({"document_kind": None}, ("document_kind", "MISSING")),
        ({"document_no": "110105194912310021"}, ("document_no", "NUMBER_WRONG")),
        ({"document_kind": "统一社会信用代码"}, ("document_no", "NUMBER_WRONG")),
        ({"document_kind": "驾照"}, ("document_kind", "NOT_A_CHOICE")),
        ({"invoice_title": None}, ("invoice_title", "MISSING")),
        ({"tax_no": "123456789012345"}, ("tax_no", "NUMBER_WRONG")),
        ({"usage_type": "XXX"}, ("usage_type", "UNKNOWN_USAGE_TYPE")),
        ({"usage_type": "GAS"}, ("usage_type", "USAGE_TYPE_OTHER_UTILITY")),
        ({"area_milli": "0"}, ("area_milli", "OUT_OF_RANGE")),
        ({"manufactured_on": "2025-12-02"}, ("manufactured_on", "AFTER_INSTALLATION")),
        ({"verified_on": "2026-01-16"}, ("verified_on", "IN_FUTURE")),
        ({"verified_on": "1949-01-01"}, ("verified_on", "TOO_OLD")),
        ({"language": "法文"}, ("language", "NOT_A_CHOICE")),
        ({"second_phone": "x"}, ("second_phone", "NOT_A_PHONE")),
    ],
)
def test_each_wrong_cell_is_named(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert faults([workbooks.row(1, **{**WHOLE, **changes})]) in (
        [(2, *expected)],
        [(2, *expected), (2, "document_no", "MISSING")],
    )


def test_numbers_of_papers_are_masked_in_what_is_kept_of_errors() -> None:
    wrong = "110105194912310021"
    result = check([workbooks.row(1, **{**WHOLE, "document_no": wrong})])
    kept = imports.ImportFile.objects.get(pk=result.import_id).errors
    assert [(e["column"], e["value"]) for e in kept] == [("document_no", "1101**********0021")]
    bring([workbooks.row(1, **WHOLE)])
    assert not [a for a in access.AuditEntry.objects.all() if ID_CARD in str((a.before, a.after))]


def test_numbers_stand_once_in_a_file_and_once_in_the_tables() -> None:
    one, two = workbooks.row(1, **WHOLE), workbooks.row(2, **WHOLE)
    expected = [
        (3, column, "REPEATED_IN_FILE") for column in ("barcode", "seal_no", "old_no", "bank_no", "joint_no")
    ]
    assert sorted(faults([one, two])) == sorted(expected)
    bring([one])
    taken = [(2, column, "NUMBER_TAKEN") for _row, column, _code in expected]
    assert sorted(faults([two])) == sorted(taken)


def test_a_model_has_one_calibre() -> None:
    rows = [workbooks.row(1, nominal_diameter="20"), workbooks.row(2, nominal_diameter="25")]
    assert faults(rows) == [(3, "nominal_diameter", "CALIBRE_DIFFERS")]
    bring([workbooks.row(1)])
    bring([workbooks.row(2, nominal_diameter="25")])
    assert devices.MeterModel.objects.get().nominal_diameter == 25
    assert faults([workbooks.row(3, nominal_diameter="20")]) == [(2, "nominal_diameter", "CALIBRE_DIFFERS")]


def test_a_tariff_without_tiers_over_time_takes_no_counter() -> None:
    records.tariff(file="cn/beijing/water-non-residential.yaml")
    found = faults(
        [
            workbooks.row(
                1, customer_class="非居民", tariff="CN-BEIJING-WATER-NON-RESIDENTIAL", counted_milli="5"
            )
        ]
    )
    assert found == [(2, "counted_milli", "COUNTS_NOTHING")]


def test_the_same_rows_in_another_file_are_unchanged_and_new_ones_are_written() -> None:
    rows = [workbooks.row(1, account_no="K1", sequence="5", **WHOLE), workbooks.row(2)]
    bring(rows)
    before = agreements.Account.objects.count()
    again = check([{**row, "group": "g1" if place else None} for place, row in enumerate(rows)])
    assert (again.state, again.row_count, again.account_count, again.unchanged_count) == (
        imports.ImportState.CHECKED,
        2,
        0,
        2,
    )
    done = bring([*rows, workbooks.row(3)])
    assert (done.state, done.account_count, done.unchanged_count) == (imports.ImportState.APPLIED, 1, 2)
    assert agreements.Account.objects.count() == before + 1


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"name": "别人"}, "name"),
        ({"phone": "13911111111"}, "phone"),
        ({"persons": "5"}, "persons"),
        ({"initial_milli": "13"}, "initial_milli"),
        ({"installed_on": "2025-11-30", "from_on": "2025-12-01"}, "installed_on"),
        ({"flat_no": "502"}, "community"),
        ({"book": "0102"}, "book"),
        ({"document_no": "440524188001010014"}, "document_no"),
        ({"old_no": "0038-11421"}, "old_no"),
        ({"seal_no": "F-2"}, "seal_no"),
        ({"owed_milli": "86.41"}, "owed_milli"),
        ({"counted_milli": "132"}, "counted_milli"),
        ({"verified_on": "2025-10-16"}, "verified_on"),
    ],
)
def test_what_stands_otherwise_is_named_and_never_overwritten(changes: dict[str, Any], column: str) -> None:
    bring([workbooks.row(1, **WHOLE)])
    assert faults([workbooks.row(1, **{**WHOLE, **changes})]) == [(2, column, "STANDS_OTHERWISE")]


def test_empty_cells_say_nothing_against_what_stands() -> None:
    bring([workbooks.row(1, **WHOLE)])
    assert check([workbooks.row(1)]).unchanged_count == 1
