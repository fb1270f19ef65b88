"""The customers' workbook: dry run, errors by row, all or nothing, once."""

import datetime
from collections.abc import Sequence
from typing import Any

import pytest

from meterbook.application import actor as actors
from meterbook.application import import_customers
from meterbook.domain.access import models as access_models
from meterbook.domain.agreements import models as agreements
from meterbook.domain.customers import models as customers
from meterbook.domain.devices import models as devices
from meterbook.domain.imports import models as imports
from meterbook.domain.imports import queries
from meterbook.domain.metering import models as metering
from meterbook.domain.premises import models as premises
from tests.builders import records
from tests.integration.imports import workbooks

TODAY = datetime.date(2026, 1, 15)
pytestmark = pytest.mark.usefixtures("db", "_founded")


@pytest.fixture
def _founded() -> None:
    records.world()
    records.tariff()


def supervisor(*, unit: str = "station_a") -> actors.Actor:
    return records.actor(role="SUPERVISOR", unit_id=getattr(records.world(), unit))


def check(content: bytes, *, actor: actors.Actor | None = None) -> import_customers.ImportResult:
    return import_customers.check_file(
        actor=actor or records.system(), name="客户.xlsx", content=content, now=records.NOW, today=TODAY
    )


def apply(import_id: int, *, actor: actors.Actor | None = None) -> import_customers.ImportResult:
    return import_customers.apply_file(
        actor=actor or records.system(), import_id=import_id, now=records.NOW, today=TODAY
    )


def faults(rows: Sequence[dict[str, Any]]) -> list[tuple[int, str, str, str]]:
    """What a dry run says: (row, column, code, fact)."""
    checked = import_customers.dry_run(actor=records.system(), content=workbooks.workbook(rows), today=TODAY)
    assert checked.supplies.is_empty() == bool(checked.errors.height)
    return [(e["row"], e["column"], e["code"], e["fact"]) for e in checked.errors.iter_rows(named=True)]


def counts() -> tuple[int, ...]:
    tables = (
        customers.Customer, agreements.Account, agreements.SupplyAgreement, premises.Premise, devices.Meter,
        metering.Reading, metering.BookPlace,
    )  # fmt: skip
    return tuple(table.objects.count() for table in tables)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_good_file_is_checked_then_written_with_every_fact(language: str) -> None:
    rows = [
        workbooks.row(1, persons="6", sequence="20", account_no="A-77", multiplier_milli="1.5"),
        workbooks.row(2, customer_class="non-residential", phone=None),
    ]
    checked = check(workbooks.workbook(rows, language=language))
    assert (checked.state, checked.row_count, checked.account_count) == (imports.ImportState.CHECKED, 2, 2)
    assert counts() == (0,) * 7
    assert apply(checked.import_id).state == imports.ImportState.APPLIED
    assert counts() == (2,) * 7
    account = agreements.Account.objects.get(account_no="A-77")
    assert account.customer.contact_points.get().value == "13900000001"
    agreement = account.agreements.get()
    assert agreement.service_point.premise.address == "柳荫小区1幢2单元501室"
    register = devices.Register.objects.get(meter__serial_no="W0000001")
    assert (register.digits, register.multiplier_milli) == (5, 1500)
    reading = metering.Reading.objects.get(register_id=register.pk)
    assert (reading.value_milli, reading.read_on) == (12_500, datetime.date(2025, 12, 1))
    assert agreement.service_point.book_place.sequence == 20
    other = agreements.Account.objects.exclude(pk=account.pk).get()
    assert other.account_no.startswith("2")
    assert other.agreements.get().service_point.book_place.sequence == 21
    audit = access_models.AuditEntry.objects.get(act="CUSTOMERS_IMPORTED")
    assert audit.after is not None
    assert audit.after["accounts"] == 2


def test_the_same_bytes_again_change_nothing() -> None:
    content = workbooks.workbook([workbooks.row(1)])
    first = check(content)
    apply(first.import_id)
    before = counts()
    again = check(content)
    assert (again.import_id, again.state, again.is_repeat) == (
        first.import_id,
        imports.ImportState.APPLIED,
        True,
    )
    assert apply(first.import_id).is_repeat
    assert counts() == before
    assert access_models.AuditEntry.objects.filter(act="CUSTOMERS_IMPORTED").count() == 1


def test_checking_twice_keeps_the_file_once() -> None:
    content = workbooks.workbook([workbooks.row(1)])
    assert check(content).import_id == check(content).import_id
    assert imports.ImportFile.objects.count() == 1


def test_one_bad_row_and_nothing_is_written() -> None:
    rows = [workbooks.row(n) for n in range(1, 6)]
    rows[3]["digits"] = "abc"
    result = check(workbooks.workbook(rows))
    assert (result.state, result.error_count) == (imports.ImportState.REJECTED, 1)
    error = queries.errors_of(import_id=result.import_id)[0]
    assert (error.row, error.column, error.value, error.code) == (5, "digits", "abc", "NOT_A_NUMBER")
    assert apply(result.import_id).state == imports.ImportState.REJECTED
    assert counts() == (0,) * 7


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": None}, ("name", "MISSING", "")),
        ({"name": "   "}, ("name", "MISSING", "")),
        ({"name": "王\u200b五"}, ("name", "INVISIBLE_SIGN", "")),
        ({"name": "王" * 121}, ("name", "TOO_LONG", "120")),
        ({"station": "S99"}, ("station", "UNKNOWN_STATION", "")),
        ({"customer_class": "贵宾"}, ("customer_class", "NOT_A_CHOICE", None)),
        ({"phone": "139-1234-5678/138"}, ("phone", "NOT_A_PHONE", "")),
        ({"phone": "1.39E+10"}, ("phone", "DIGITS_LOST", "")),
        ({"persons": "51"}, ("persons", "OUT_OF_RANGE", "1-50")),
        ({"persons": "3.5"}, ("persons", "NOT_WHOLE", "")),
        ({"utility": "煤"}, ("utility", "NOT_A_CHOICE", None)),
        ({"serial_no": 12345678901234567}, ("serial_no", "DIGITS_LOST", "")),
        ({"serial_no": 12.5}, ("serial_no", "DIGITS_LOST", "")),
        ({"serial_no": "W 1"}, ("serial_no", "NOT_AN_IDENTIFIER", "")),
        ({"digits": "2"}, ("digits", "OUT_OF_RANGE", "3-12")),
        ({"multiplier_milli": "0"}, ("multiplier_milli", "OUT_OF_RANGE", "0.001-100,000")),
        ({"initial_milli": "-1"}, ("initial_milli", "OUT_OF_RANGE", None)),
        ({"initial_milli": "1.2345"}, ("initial_milli", "TOO_PRECISE", "")),
        ({"initial_milli": "12,5"}, ("initial_milli", "NOT_A_NUMBER", "")),
        ({"initial_milli": "一百"}, ("initial_milli", "NOT_A_NUMBER", "")),
        ({"initial_milli": None}, ("initial_milli", "MISSING", "")),
        ({"initial_milli": "100000"}, ("initial_milli", "BEYOND_DIGITS", "5")),
        ({"installed_on": "01/12/2025"}, ("installed_on", "NOT_A_DATE", "")),
        ({"installed_on": "2025-02-30"}, ("installed_on", "NOT_A_DATE", "")),
        ({"installed_on": 45992}, ("installed_on", "NOT_A_DATE", "")),
        ({"installed_on": "2026-01-16"}, ("installed_on", "IN_FUTURE", "")),
        ({"installed_on": "1949-12-31"}, ("installed_on", "TOO_OLD", "")),
        ({"from_on": "2025-11-30"}, ("from_on", "BEFORE_INSTALLATION", "")),
        ({"from_on": "2026-02-01"}, ("from_on", "IN_FUTURE", "")),
        ({"installed_on": "2013-12-31"}, ("tariff", "TARIFF_NOT_IN_FORCE", "2014-01-01")),
        ({"tariff": "CN-NOWHERE"}, ("tariff", "UNKNOWN_TARIFF", "")),
        ({"utility": "燃气"}, ("tariff", "TARIFF_OTHER_UTILITY", "")),
        ({"book": None}, ("book", "MISSING", "")),
        ({"sequence": "0"}, ("sequence", "OUT_OF_RANGE", None)),
    ],
)
def test_each_wrong_cell_is_named_with_row_column_and_reason(
    changes: dict[str, Any], expected: tuple[str, str, str | None]
) -> None:
    found = faults([workbooks.row(1), workbooks.row(2, **changes)])
    column, code, fact = expected
    assert [(row, where, why) for row, where, why, _ in found] == [(3, column, code)]
    assert fact is None or found[0][3] == fact


@pytest.mark.parametrize(
    "changes",
    [
        {"serial_no": "Ｗ０００７", "digits": "５", "initial_milli": "１２．５"},
        {"serial_no": 7001, "digits": 5, "initial_milli": 12.5},
        {"installed_on": datetime.date(2025, 12, 1)},
        {"installed_on": "2025/12/1"},
        {"installed_on": "2025年12月1日"},
        {"installed_on": 20251201},
        {"installed_on": "２０２５．１２．０１"},
        {"name": "  李秀兰\u3000"},
        {"phone": "139 1234 5678"},
        {"phone": 13912345678},
        {"customer_class": "Residential", "utility": "WATER"},
    ],
)
def test_what_can_be_read_without_guessing_is_read(changes: dict[str, Any]) -> None:
    result = check(workbooks.workbook([workbooks.row(1, **changes)]))
    assert apply(result.import_id).state == imports.ImportState.APPLIED
    customer = customers.Customer.objects.get()
    assert (customer.name, customer.customer_class) == ("李秀兰", 1)
    reading = metering.Reading.objects.get()
    assert (reading.value_milli, reading.read_on) == (12_500, datetime.date(2025, 12, 1))
    assert devices.Meter.objects.get().serial_no in {"W0007", "7001", "W0000001"}


def test_doubles_within_a_file_name_the_first_row() -> None:
    rows = [
        workbooks.row(1, sequence="5"),
        workbooks.row(2),
        workbooks.row(3),
        workbooks.row(4, sequence="5"),
    ]
    rows[1]["serial_no"] = rows[0]["serial_no"]
    rows[2]["building"] = rows[0]["building"]
    assert faults(rows) == [
        (3, "serial_no", "REPEATED_IN_FILE", "2"),
        (4, "community", "REPEATED_IN_FILE", "2"),
        (5, "sequence", "REPEATED_IN_FILE", "2"),
    ]


def test_rows_of_one_account_share_it_and_must_agree() -> None:
    shared = {"phone": "13900000000", "building": "9"}
    gas = {"utility": "气", "tariff": "CN-WUHAN-GAS-RESIDENTIAL"}
    records.tariff(file="cn/wuhan/gas-residential.yaml")
    rows = [
        workbooks.row(1, account_no="K1", **shared),
        workbooks.row(2, account_no="K1", **shared, **gas),
        workbooks.row(3, group="g", **{**shared, "building": "10"}),
        workbooks.row(4, group="g", **{**shared, "building": "10"}, **gas),
    ]
    result = check(workbooks.workbook(rows))
    assert (result.row_count, result.account_count) == (4, 2)
    apply(result.import_id)
    assert agreements.Account.objects.get(account_no="K1").agreements.count() == 2
    assert counts()[:3] == (2, 2, 4)
    rows[1]["name"] = "别人"
    assert (3, "name", "ACCOUNT_DIFFERS", "2") in faults(rows)


def test_what_the_tables_hold_already_is_said_with_its_row() -> None:
    apply(check(workbooks.workbook([workbooks.row(1, account_no="K1", sequence="5")])).import_id)
    same = workbooks.row(1, account_no="K1", sequence="5", serial_no="W9")
    assert [f[1:3] for f in faults([same])] == [
        ("account_no", "ACCOUNT_EXISTS"),
        ("community", "POINT_EXISTS"),
        ("sequence", "PLACE_TAKEN"),
    ]
    elsewhere = workbooks.row(2, building="1", utility="气", street="别街", tariff="CN-WUHAN-GAS-RESIDENTIAL")
    records.tariff(file="cn/wuhan/gas-residential.yaml")
    assert faults([elsewhere]) == [(2, "street", "ADDRESS_DIFFERS", "柳荫街")]


def test_a_second_utility_joins_the_premise_that_stands() -> None:
    records.tariff(file="cn/wuhan/gas-residential.yaml")
    apply(check(workbooks.workbook([workbooks.row(1)])).import_id)
    gas = workbooks.row(2, building="1", utility="气", tariff="CN-WUHAN-GAS-RESIDENTIAL")
    apply(check(workbooks.workbook([gas])).import_id)
    assert premises.Premise.objects.get().service_points.count() == 2


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ([["站点编码", "表号"], ["S01", "W1"]], {"HEADING_MISSING"}),
        ([[*workbooks.ROW, "倍卒"], [*workbooks.ROW.values(), "2"]], {"HEADING_UNKNOWN"}),
        ([[*workbooks.ROW, "户名"], [*workbooks.ROW.values(), "甲"]], {"HEADING_REPEATED"}),
        ([[*workbooks.ROW]], {"NO_ROWS"}),
    ],
)
def test_headings_must_be_known_complete_and_once(table: list[list[str]], expected: set[str]) -> None:
    checked = import_customers.dry_run(actor=records.system(), content=workbooks.sheet(table), today=TODAY)
    assert set(checked.errors["code"]) == expected
    assert set(checked.errors["row"]) == {1}


def test_columns_marked_with_a_hash_and_any_order_are_fine() -> None:
    keys = [*reversed(workbooks.ROW)]
    table = [["# 备注", *keys], ["x", *(workbooks.ROW[key] for key in keys)]]
    assert check(workbooks.sheet(table)).state == imports.ImportState.CHECKED


def test_a_clerk_may_not_import() -> None:
    clerk = records.actor(role="CLERK", unit_id=records.world().station_a)
    with pytest.raises(actors.NotAllowedError):
        check(workbooks.workbook([workbooks.row(1)]), actor=clerk)


def test_someone_of_station_a_can_not_name_station_b() -> None:
    result = check(workbooks.workbook([workbooks.row(1, station=records.STATION_B)]), actor=supervisor())
    errors = queries.errors_of(import_id=result.import_id)
    assert [(e.row, e.code) for e in errors] == [(2, "UNKNOWN_STATION")]


def test_a_job_that_sees_the_whole_company_tells_nobody_what_stands_at_other_stations() -> None:
    apply(check(workbooks.workbook([workbooks.row(1, station=records.STATION_B)])).import_id)
    content = workbooks.workbook([workbooks.row(1, name="别人")])
    told = [check(content, actor=supervisor()), check(content)]
    codes = [{e.code for e in queries.errors_of(import_id=one.import_id)} for one in told]
    assert codes == [{"METER_EXISTS"}, {"STANDS_OTHERWISE"}]


def test_under_the_web_role_the_import_works_and_what_others_hold_is_a_conflict(
    request: pytest.FixtureRequest,
) -> None:
    first, second = supervisor(), supervisor(unit="station_b")
    request.getfixturevalue("as_web_role")
    done = apply(check(workbooks.workbook([workbooks.row(1)]), actor=first).import_id, actor=first)
    assert done.state == imports.ImportState.APPLIED
    double = workbooks.row(2, station=records.STATION_B, serial_no="W0000001")
    kept = check(workbooks.workbook([double]), actor=second)
    assert kept.state == imports.ImportState.CHECKED
    with pytest.raises(import_customers.ImportConflictError) as conflict:
        apply(kept.import_id, actor=second)
    assert conflict.value.constraint == "meter_serial_once"
    with pytest.raises(import_customers.ImportUnknownError):
        apply(kept.import_id, actor=first)
