"""The pages of changes of many records as a browser without any script gets them."""

import datetime
import io
import re
import uuid
from html import unescape
from typing import Any

import pytest
import python_calamine
import xlsxwriter
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meterbook.application import company, transaction
from meterbook.domain.access import models as access
from meterbook.domain.agreements import models as agreements
from meterbook.domain.companies import models as companies
from meterbook.domain.customers import models as customers
from meterbook.domain.edits import models, queries
from meterbook.interfaces.web.views import edit_many_forms, edit_many_words
from tests.integration.edits.conftest import TODAY, Office, outcomes

BACKEND = "django.contrib.auth.backends.ModelBackend"
LISTS = {
    "customers": "customers",
    "customer_records": "customer_list",
    "premises": "premises",
    "meters": "meters",
}


@pytest.fixture
def browser(office: Office, settings: LazySettings) -> Client:
    """The supervisor's browser."""
    settings.METERBOOK_FIXED_TODAY = TODAY
    company.use_schema("public")
    companies.Company.objects.update(ready_at=timezone.now())
    company.use_schema("main")
    staff = access.Staff.objects.get(name=office.supervisor.name)
    staff.roles.set([access.Role.objects.get(code="SUPERVISOR")])
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(staff, backend=BACKEND)
    return browser


def _get(browser: Client, route: str, /, *args: object, **query: Any) -> str:
    answer = browser.get(reverse(route, args=args), query)
    assert answer.status_code == 200, (route, answer.status_code)
    return unescape(answer.content.decode())


def _choose(browser: Client, list_name: str, act: str, **fields: Any) -> str:
    answer = browser.post(reverse("many_choose", args=[list_name]), {"act": act, **fields})
    assert answer.status_code == 200, answer.headers
    return unescape(answer.content.decode())


def _ask(browser: Client, list_name: str, act: str, ids: list[int], **fields: Any) -> int:
    sent = {
        "act": act,
        "ids": ",".join(str(key) for key in ids),
        "reason": "整改",
        "request_key": str(uuid.uuid4()),
        **fields,
    }
    answer = browser.post(reverse("many_ask", args=[list_name]), sent)
    assert answer.status_code == 303, unescape(answer.content.decode())[-3000:]
    found = re.search(r"/many/(\d+)/", answer.headers["location"])
    assert found
    return int(found[1])


def _yes(browser: Client, edit_id: int) -> None:
    page = _get(browser, "many_edit", edit_id)
    found = re.search(r'name="fingerprint" value="([0-9a-f]{64})"', page)
    assert found
    answer = browser.post(reverse("many_apply", args=[edit_id]), {"fingerprint": found[1]})
    assert answer.status_code == 303


def test_ticked_rows_are_tried_changed_told_and_taken_back(office: Office, browser: Client) -> None:
    page = _get(browser, "customer_list")
    for key in office.customer_ids:
        assert f'name="row" value="{key}" form="change-many-form"' in page
    ticked = office.customer_ids[:2]
    form = _choose(browser, "customer_records", "REMARK", row=ticked, which="ticked")
    assert f'name="ids" value="{ticked[0]},{ticked[1]}"' in form
    edit_id = _ask(browser, "customer_records", "REMARK", ticked, to="拆迁范围内")
    seen = _get(browser, "many_edit", edit_id)
    assert seen.count("Will change</span>") == 2
    assert "Change 2 rows" in seen
    assert not customers.Customer.objects.filter(remark="拆迁范围内").exists()
    _yes(browser, edit_id)
    assert set(customers.Customer.objects.filter(remark="拆迁范围内").values_list("pk", flat=True)) == set(
        ticked
    )
    told = _get(browser, "many_edit", edit_id)
    assert told.count("Changed</span>") == 3, "the change and its two rows"
    rows = _rows(browser.get(reverse("many_rows", args=[edit_id])))
    assert [row[4:6] for row in rows[1:]] == [["拆迁范围内", "Changed"]] * 2
    why = {"reason": "撤回", "request_key": str(uuid.uuid4())}
    answer = browser.post(reverse("many_undo", args=[edit_id]), why)
    undo_id = int(answer.headers["location"].strip("/").split("/")[-1])
    _yes(browser, undo_id)
    assert not customers.Customer.objects.filter(remark="拆迁范围内").exists()
    assert "This change was taken back." in _get(browser, "many_edit", edit_id)
    assert "Take it back" not in _get(browser, "many_edit", edit_id)
    assert _get(browser, "many_edits").count('class="record"') == 2


def _rows(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200
    content = answer.content if not answer.streaming else b"".join(answer.streaming_content)
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [[str(cell) for cell in row] for row in book.get_sheet_by_index(0).to_python()]


def test_all_that_fit_the_filters_are_meant_and_no_other(
    office: Office, browser: Client, as_web_role: None
) -> None:
    first = office.supplies[0]
    with transaction.writing(actor=office.supervisor):
        found = agreements.Account.objects.filter(pk=first.account_id)
        found.update(state=agreements.AccountState.SUSPENDED)
    suspended = f"state={agreements.AccountState.SUSPENDED.value}"
    form = _choose(browser, "customers", "ACCOUNT_STATE", which="all", list=suspended)
    assert f'name="ids" value="{first.account_id}"' in form
    form = _choose(browser, "customers", "ACCOUNT_STATE", which="page", list="")
    assert all(str(key) in form for key in office.account_ids)
    assert str(office.foreign.account_id) not in re.findall(r'name="ids" value="([^"]*)"', form)[0].split(",")


def test_from_accounts_the_holders_are_meant_each_once(office: Office, browser: Client) -> None:
    first, second, _third = office.supplies
    agreements.Account.objects.filter(pk=second.account_id).update(customer_id=first.customer_id)
    ticked = [first.account_id, second.account_id]
    form = _choose(browser, "customers", "PAYMENT_METHOD", row=ticked, which="ticked")
    assert f'name="ids" value="{first.customer_id}"' in form


@pytest.mark.parametrize("list_name", LISTS)
def test_every_act_of_a_list_has_its_form(office: Office, browser: Client, list_name: str) -> None:
    page = _get(browser, LISTS[list_name])
    acts = re.findall(r'<option value="([A-Z_]{2,})">', page)
    assert acts
    assert set(acts) <= set(edit_many_forms.FORMS) <= set(edit_many_words.ACTS)
    ids = {
        "customers": office.account_ids,
        "customer_records": office.customer_ids,
        "premises": [supply.premise_id for supply in office.supplies],
        "meters": [supply.meter_id for supply in office.supplies],
    }[list_name]
    for act in acts:
        form = _choose(browser, list_name, act, row=ids, which="ticked")
        assert edit_many_words.act_title(act) in form
        answer = browser.post(reverse("many_ask", args=[list_name]), {"act": act, "ids": str(ids[0])})
        assert answer.status_code == 422, "nothing was filled in"


def test_who_may_not_change_many_is_offered_nothing(office: Office, browser: Client) -> None:
    staff = access.Staff.objects.get(name=office.supervisor.name)
    staff.roles.set([access.Role.objects.get(code="CLERK")])
    page = _get(browser, "customers")
    assert 'name="row"' not in page
    assert "Change many" not in page
    assert browser.get(reverse("many_edits")).status_code == 403


def test_who_may_not_see_customers_sees_none_of_them_here(office: Office, browser: Client) -> None:
    """A role may hold the right for the company's lists alone."""
    edit_id = _ask(browser, "customer_records", "REMARK", office.customer_ids, to="注意")
    access.RoleRight.objects.filter(role__code="SUPERVISOR", right="customers.view").delete()
    for address in (
        reverse("many_edits"),
        reverse("many_edit", args=[edit_id]),
        reverse("many_rows", args=[edit_id]),
        reverse("many_sheet", args=["customer_records"]),
        reverse("many_upload", args=["customer_records"]),
    ):
        assert browser.get(address).status_code == 403, address


def test_an_act_one_lacks_the_right_for_is_not_offered(office: Office, browser: Client) -> None:
    staff = access.Staff.objects.get(name=office.supervisor.name)
    access.RoleRight.objects.filter(role__code="SUPERVISOR", right="accounts.suspend").delete()
    assert staff.roles.count() == 1
    assert 'value="ACCOUNT_STATE"' not in _get(browser, "customers")
    answer = browser.post(
        reverse("many_choose", args=["customers"]),
        {"act": "ACCOUNT_STATE", "which": "ticked", "row": office.account_ids},
    )
    assert answer.status_code == 303
    assert not models.BulkEdit.objects.exists()


def _workbook(rows: list[list[str]]) -> SimpleUploadedFile:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                sheet.write_string(y, x, cell)
    return SimpleUploadedFile("list.xlsx", target.getvalue())


def _upload(browser: Client, list_name: str, rows: list[list[str]]) -> Any:
    sent = {
        "file": _workbook(rows),
        "reason": "表格",
        "on": TODAY.isoformat(),
        "request_key": str(uuid.uuid4()),
    }
    return browser.post(reverse("many_upload", args=[list_name]), sent)


def _edited(rows: list[list[str]], *, row: int, column: str, value: str) -> None:
    rows[row][rows[0].index(column)] = value


@pytest.mark.parametrize("list_name", LISTS)
def test_a_list_taken_out_and_in_again_changes_nothing(
    office: Office, browser: Client, list_name: str
) -> None:
    rows = _rows(browser.get(reverse("many_sheet", args=[list_name])))
    assert len(rows) == 4
    answer = _upload(browser, list_name, rows)
    assert answer.status_code == 303
    assert not models.BulkEdit.objects.exists()


def test_only_what_was_edited_in_the_spreadsheet_is_changed(office: Office, browser: Client) -> None:
    rows = _rows(browser.get(reverse("many_sheet", args=["customer_records"])))
    by_key = {row[0]: row_no for row_no, row in enumerate(rows)}
    first, second, _third = (str(key) for key in office.customer_ids)
    _edited(rows, row=by_key[first], column="Remark for the clerk", value="注意")
    _edited(rows, row=by_key[second], column="Payment method", value="Bank transfer")
    _edited(rows, row=by_key[second], column="Care list", value="是")
    answer = _upload(browser, "customer_records", rows)
    edit_id = int(answer.headers["location"].strip("/").split("/")[-1])
    found = {(row.act, row.subject_id, row.row_no) for row in queries.rows(edit_id=edit_id)}
    assert found == {
        ("REMARK", int(first), by_key[first] + 1),
        ("PAYMENT_METHOD", int(second), by_key[second] + 1),
        ("CUSTOMER_LIST", int(second), by_key[second] + 1),
    }
    _yes(browser, edit_id)
    assert [outcome for outcome, _code in outcomes(edit_id)] == [models.RowOutcome.DONE] * 3
    assert customers.Customer.objects.get(pk=int(second)).payment_method == customers.PaymentMethod.TRANSFER


def test_account_facts_go_both_ways(office: Office, browser: Client) -> None:
    rows = _rows(browser.get(reverse("many_sheet", args=["customers"])))
    book = office.supplies[0]
    keys = [row[0] for row in rows]
    at = keys.index(book.account_no)
    _edited(rows, row=at, column="Household size (Water)", value="7")
    _edited(rows, row=at, column="Reading book (Water)", value="0101/90")
    _edited(rows, row=at, column="Tariff (Water)", value="CN-SHANGHAI-WATER-RESIDENTIAL")
    answer = _upload(browser, "customers", rows)
    edit_id = int(answer.headers["location"].strip("/").split("/")[-1])
    assert {row.after for row in queries.rows(edit_id=edit_id)} == {
        "7|1||",
        f"{book.book_id}:90",
        f":{office.other_tariff_id}",
    }


def test_what_a_workbook_has_wrong_is_named_by_row_and_keeps_nothing(office: Office, browser: Client) -> None:
    rows = _rows(browser.get(reverse("many_sheet", args=["customer_records"])))
    _edited(rows, row=1, column="Payment method", value="Shells")
    rows.append([rows[1][0], *rows[1][1:]])
    rows.append([str(office.foreign.customer_id), *[""] * (len(rows[0]) - 1)])
    rows.append(["", *[""] * (len(rows[0]) - 2), "x"])
    answer = _upload(browser, "customer_records", rows)
    assert answer.status_code == 422
    text = unescape(answer.content.decode())
    for said in (
        "must be one of: At the counter",
        "stands already in row 2",
        "you have no record with this key",
        "must be filled in",
    ):
        assert said in text
    assert office.foreign.name not in text.replace(office.supplies[0].name, "")
    unknown = _upload(browser, "customer_records", [[rows[0][0], "Shoe size"], [rows[1][0], "42"]])
    assert "no column that may be changed is called so" in unescape(unknown.content.decode())
    keyless = _upload(browser, "customer_records", [["Remark for the clerk"], ["x"]])
    assert "the column of keys is missing" in unescape(keyless.content.decode())
    assert not models.BulkEdit.objects.exists()


def test_a_day_before_the_supply_is_refused_row_by_row(office: Office, browser: Client) -> None:
    before = datetime.date(2025, 11, 1)
    edit_id = _ask(
        browser,
        "customers",
        "HOUSEHOLD",
        office.account_ids,
        what="1",
        to="",
        persons="5",
        on=before.isoformat(),
    )
    page = _get(browser, "many_edit", edit_id)
    assert page.count("isn't supplied with it on that day") == 3
    assert "There is nothing to change." in page
