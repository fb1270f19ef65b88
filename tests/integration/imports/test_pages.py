"""The import's pages and workbooks, through Django's test client."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from meterbook.application import customer_columns, import_work, progress, sheet_columns, spreadsheets
from meterbook.domain.access import models as access_models
from meterbook.domain.agreements import models as agreements
from meterbook.domain.imports import models as imports
from meterbook.interfaces import import_words
from tests.builders import records
from tests.integration.imports import workbooks

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def client() -> Client:
    world = records.world()
    records.tariff()
    browser = Client(headers={"accept-language": "zh-hans"})
    browser.force_login(records.staff(role="SUPERVISOR", unit_id=world.station_a))
    return browser


def upload(client: Client, content: bytes, *, name: str = "客户.xlsx") -> str:
    """Upload a file; returns the address of its page."""
    response = client.post(reverse("imports"), {"file": SimpleUploadedFile(name, content)})
    assert response.status_code == 303, response.content.decode()[-2000:]
    return str(response["Location"])


def test_upload_check_apply_and_again(client: Client) -> None:
    content = workbooks.workbook([workbooks.row(n) for n in range(1, 4)])
    page = upload(client, content)
    shown = client.get(page).content.decode()
    assert "客户.xlsx" in shown
    assert agreements.Account.objects.count() == 0
    for _press in range(2):
        assert client.post(f"{page}apply").status_code == 303
    assert agreements.Account.objects.count() == 3
    assert access_models.AuditEntry.objects.filter(act="CUSTOMERS_IMPORTED").count() == 1
    assert upload(client, content) == page
    listed = client.get(reverse("imports")).content.decode()
    assert page in listed


def test_a_file_with_errors_offers_them_as_a_workbook_that_can_be_mended_and_sent_again(
    client: Client,
) -> None:
    rows = [workbooks.row(1), workbooks.row(2, digits="abc"), workbooks.row(3, phone="x")]
    page = upload(client, workbooks.workbook(rows))
    shown = client.get(page).content.decode()
    assert "abc" in shown
    response = client.get(f"{page}errors.xlsx")
    mended = spreadsheets.read_sheet(content=response.content)
    assert len(mended.rows) == 2
    assert mended.headings[0].startswith("#")
    parsed = sheet_columns.parse(sheet=mended, columns=customer_columns.COLUMNS)
    assert parsed.missing == ()
    assert parsed.errors["code"].to_list() == ["NOT_A_NUMBER", "NOT_A_PHONE"]
    assert upload(client, response.content) != page


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_template_is_read_by_the_import_itself(client: Client, language: str) -> None:
    content = client.get(reverse("import_template"), headers={"accept-language": language}).content
    sheet = spreadsheets.read_sheet(content=content)
    parsed = sheet_columns.parse(sheet=sheet, columns=customer_columns.COLUMNS)
    assert (parsed.missing, parsed.unknown, parsed.repeated) == ((), (), ())
    assert len(sheet.headings) == len(customer_columns.COLUMNS)
    assert records.STATION_B.encode() not in _lists(content)
    assert records.STATION_A.encode() in _lists(content)


def test_what_is_no_table_is_answered_on_the_form(client: Client) -> None:
    for name, content in (("a.xls", b"\xd0\xcf\x11\xe0rest"), ("a.xlsx", b"PK\x03\x04broken")):
        response = client.post(reverse("imports"), {"file": SimpleUploadedFile(name, content)})
        assert response.status_code == 422
    large = b"\xd0\xcf\x11\xe0" * import_work.AT_ONCE_BYTES
    assert client.post(reverse("imports"), {"file": SimpleUploadedFile("b.xls", large)}).status_code == 422
    assert client.post(reverse("imports"), {}).status_code == 422
    assert imports.ImportFile.objects.count() == 0


def test_a_clerk_gets_403_and_another_station_404(client: Client) -> None:
    world = records.world()
    page = upload(client, workbooks.workbook([workbooks.row(1)]))
    other = Client()
    other.force_login(records.staff(role="CLERK", unit_id=world.station_a))
    assert other.get(page).status_code == 403
    assert client.get(reverse("import", args=[10**9])).status_code == 404


def test_work_on_a_file_is_for_those_who_may_import_and_see_it(client: Client) -> None:
    world = records.world()
    page = upload(client, workbooks.workbook([workbooks.row(1)]))
    clerk = Client()
    clerk.force_login(records.staff(role="CLERK", unit_id=world.station_a))
    for act in ("check", "cancel", "apply", "audit/again"):
        assert clerk.post(f"{page}{act}").status_code == 403
        assert client.get(f"{page}{act}").status_code == 405
        assert client.post(f"{reverse('import', args=[10**9])}{act}").status_code == 404
    assert imports.ImportWork.objects.count() == 0
    assert client.post(f"{page}check").status_code == 303
    assert imports.ImportWork.objects.get().state == imports.WorkState.WAITING
    assert client.post(f"{page}cancel").status_code == 303
    assert imports.ImportWork.objects.get().state == imports.WorkState.CANCELLED


def test_every_end_of_work_has_words() -> None:
    assert set(import_words.STAGES) == {"", *progress.Stage}
    assert set(import_words.ACTS) == set(imports.WorkAct)


def test_every_fault_has_words() -> None:
    from meterbook.application import check_customers

    codes = {fault.value for fault in (*sheet_columns.Fault, *check_customers.Fault)}
    assert codes <= set(import_words.REASONS)
    assert set(spreadsheets.Refusal) == set(import_words.REFUSALS)


def _lists(content: bytes) -> bytes:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("xl/sharedStrings.xml")
