"""The pages of readings, asked as a browser without scripts would."""

import datetime
import re

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from meterbook.application import company
from meterbook.domain.companies import models as companies
from meterbook.domain.metering import models
from tests.builders import metering as build
from tests.builders import records

SEPTEMBER = datetime.date(2026, 9, 20)
OCTOBER = datetime.date(2026, 10, 20)
State = models.EntryState


@pytest.fixture
def book(db: None, settings: LazySettings) -> list[records.Supply]:
    """Three meters of one book of station A, from 100 m³ on; today is the day of the October round."""
    settings.METERBOOK_FIXED_TODAY = OCTOBER
    world = records.world()
    company.use_schema("public")
    companies.Company.objects.update(ready_at=build.noon(OCTOBER), name="城东公用")
    company.use_schema("main")
    return records.supplies(
        count=3,
        station_id=world.station_a,
        tariff_id=records.tariff(),
        initial_milli=100_000,
        installed_on=SEPTEMBER,
    )


def browser(*, role: str, unit_id: int) -> Client:
    """A browser in which a person of that role is logged in."""
    client = Client()
    client.force_login(
        records.staff(role=role, unit_id=unit_id), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


@pytest.fixture
def supervisor(book: list[records.Supply]) -> Client:
    return browser(role="SUPERVISOR", unit_id=book[0].station_id)


@pytest.fixture
def round_id(book: list[records.Supply]) -> int:
    return build.open_round(book_id=book[0].book_id, day=OCTOBER).round_id


def entry_of(book: list[records.Supply], round_id: int, place: int = 0) -> models.RoundEntry:
    return build.entry(round_id=round_id, register_id=book[place].register_id)


def box(entry: models.RoundEntry, value: str, *, before: str = "", version: int = 0) -> dict[str, str]:
    """What the browser sends for one box."""
    return {f"value_{entry.pk}": value, f"before_{entry.pk}": before, f"version_{entry.pk}": str(version)}


def test_the_list_of_books_shows_how_far_each_is(
    supervisor: Client, book: list[records.Supply], round_id: int
) -> None:
    build.enter(round_id=round_id, values_milli={book[0].register_id: 90_000}, day=OCTOBER)

    page = supervisor.get("/books/")

    assert page.status_code == 200
    cells = re.findall(r"<td[^>]*>(?:<[^>]+>)*([^<]*)", page.content.decode())
    assert "2026-10" in cells
    assert cells[cells.index("2026-10") + 1 :][:4] == ["3", "1", "1", "2"]  # places, entered, held, empty
    assert supervisor.get("/books/?state=accepted").content.count(b"data-href") == 0
    assert supervisor.get("/books/?state=held").content.count(b"data-href") == 1


def test_a_round_is_opened_keyed_settled_and_accepted_with_plain_forms(
    supervisor: Client, book: list[records.Supply]
) -> None:
    opened = supervisor.post(f"/books/{book[0].book_id}/open", {"period": "2026-10"}, follow=True)
    assert opened.status_code == 200
    url = opened.redirect_chain[-1][0]
    round_id = int(re.findall(r"\d+", url)[0])
    entries = [entry_of(book, round_id, place) for place in range(3)]

    typed = {"read_on": "2026-10-20"}
    for entry, value in zip(entries, ["112.5", "９０", ""], strict=True):
        typed |= box(entry, value)
    saved = supervisor.post(url, typed, follow=True)
    assert saved.redirect_chain[-1] == (url, 303)
    assert [entry_of(book, round_id, place).state for place in range(3)] == [
        State.PASSED,
        State.HELD,
        State.EMPTY,
    ]

    refused = supervisor.post(f"{url}accept", follow=True)
    assert refused.redirect_chain[-1][0] == f"{url}?show=obstacles"
    assert refused.content.count(b"data-entry=") == 2

    held = entry_of(book, round_id, 1)
    answer = supervisor.post(
        f"/books/entries/{held.pk}/confirm",
        {"version": held.version, "reason": "Meter seen", "is_rolled_over": "on", "next": "/held-readings/"},
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/held-readings/")
    empty = entry_of(book, round_id, 2)
    supervisor.post(
        f"/books/entries/{empty.pk}/leave-out", {"version": empty.version, "reason": "Nobody at home"}
    )
    accepted = supervisor.post(f"{url}accept", follow=True)
    assert accepted.redirect_chain[-1][0] == url
    assert models.Usage.objects.filter(round_id=round_id).count() == 2
    assert b"data-value" not in accepted.content  # nothing to type any more


def test_what_is_typed_is_never_lost(supervisor: Client, book: list[records.Supply], round_id: int) -> None:
    entries = [entry_of(book, round_id, place) for place in range(3)]
    typed = {"read_on": "2026-10-20"}
    for entry, value in zip(entries, ["112", "12o", "-5"], strict=True):
        typed |= box(entry, value)

    page = supervisor.post(f"/books/rounds/{round_id}/", typed)

    assert page.status_code == 422
    html = page.content.decode()
    assert 'value="12o"' in html
    assert 'value="-5"' in html
    assert html.count('aria-invalid="true"') == 2
    assert entry_of(book, round_id).value_milli == 112_000


def test_a_day_that_cannot_be_read_keeps_everything(
    supervisor: Client, book: list[records.Supply], round_id: int
) -> None:
    entry = entry_of(book, round_id)
    page = supervisor.post(f"/books/rounds/{round_id}/", {"read_on": "2026-13-01"} | box(entry, "112"))
    assert page.status_code == 422
    assert 'value="112"' in page.content.decode()
    assert entry_of(book, round_id).value_milli is None


def test_one_row_is_saved_on_its_own_and_comes_back_as_it_is(
    supervisor: Client, book: list[records.Supply], round_id: int
) -> None:
    entry = entry_of(book, round_id)
    url = f"/books/rounds/{round_id}/entries/{entry.pk}"

    answer = supervisor.post(url, {"read_on": "2026-10-20"} | box(entry, "90"))

    html = answer.content.decode()
    assert answer.status_code == 200
    assert html.count("<tr") == 1
    assert f'name="version_{entry.pk}" value="1"' in html
    assert 'id="round-progress"' in html
    assert entry_of(book, round_id).state == State.HELD


def test_a_row_somebody_else_changed_shows_both_values(
    supervisor: Client, book: list[records.Supply], round_id: int
) -> None:
    entry = entry_of(book, round_id)
    colleague = records.actor(role="READER", unit_id=book[0].station_id, name="赵抄表")
    build.enter(round_id=round_id, values_milli={book[0].register_id: 110_000}, day=OCTOBER, actor=colleague)

    url = f"/books/rounds/{round_id}/entries/{entry.pk}"
    answer = supervisor.post(url, {"read_on": "2026-10-20"} | box(entry, "111"))

    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="111"' in html
    assert "110 (赵抄表)" in html
    assert f'name="version_{entry.pk}" value="1"' in html  # saving again is a decision
    assert entry_of(book, round_id).value_milli == 110_000


def test_boxes_nobody_touched_overwrite_nothing(
    supervisor: Client, book: list[records.Supply], round_id: int
) -> None:
    """The whole form of a stale page is sent: a colleague's value stays, there is no conflict to answer."""
    entries = [entry_of(book, round_id, place) for place in range(2)]
    build.enter(round_id=round_id, values_milli={book[0].register_id: 110_000}, day=OCTOBER)

    typed = {"read_on": "2026-10-20"} | box(entries[0], "") | box(entries[1], "120")
    answer = supervisor.post(f"/books/rounds/{round_id}/", typed)

    assert answer.status_code == 303
    assert entry_of(book, round_id).value_milli == 110_000
    assert entry_of(book, round_id, 1).value_milli == 120_000


def test_the_queue_filters_and_corrects_in_place(
    supervisor: Client, book: list[records.Supply], round_id: int
) -> None:
    values_milli: dict[int, int | None] = {book[0].register_id: 90_000, book[1].register_id: 100_000}
    build.enter(round_id=round_id, values_milli=values_milli, day=OCTOBER)
    assert supervisor.get("/held-readings/").content.count(b'<tr id="e') == 2
    assert supervisor.get("/held-readings/?check=3").content.count(b'<tr id="e') == 1
    assert supervisor.get(f"/held-readings/?text={book[0].serial_no}").content.count(b'<tr id="e') == 1
    assert supervisor.get("/held-readings/?utility=2").content.count(b'<tr id="e') == 0

    held = entry_of(book, round_id)
    back = "/held-readings/?check=1"
    typed = {"read_on": "2026-10-20", "next": back} | box(held, "109", before="90", version=held.version)
    answer = supervisor.post(f"/books/rounds/{round_id}/", typed)
    assert (answer.status_code, answer.headers["Location"]) == (303, back)
    assert entry_of(book, round_id).state == State.PASSED


def test_next_never_leads_elsewhere(supervisor: Client, book: list[records.Supply], round_id: int) -> None:
    entry = entry_of(book, round_id)
    answer = supervisor.post(
        f"/books/entries/{entry.pk}/leave-out",
        {"version": 0, "reason": "x", "next": "https://evil.example/held-readings/"},
    )
    assert answer.headers["Location"] == f"/books/entries/{entry.pk}/"


def test_a_reader_keys_but_neither_accepts_nor_confirms(book: list[records.Supply], round_id: int) -> None:
    reader = browser(role="READER", unit_id=book[0].station_id)
    entry = entry_of(book, round_id)
    page = reader.get(f"/books/rounds/{round_id}/").content.decode()
    assert "data-value" in page
    assert 'data-opens="accept"' not in page
    assert reader.post(f"/books/rounds/{round_id}/accept").status_code == 403
    assert reader.post(f"/books/{book[0].book_id}/open", {"period": "2026-10"}).status_code == 403
    assert reader.post(f"/books/entries/{entry.pk}/confirm", {"version": 0, "reason": "x"}).status_code == 403


def test_a_clerk_sees_and_changes_nothing(book: list[records.Supply], round_id: int) -> None:
    clerk = browser(role="CLERK", unit_id=book[0].station_id)
    page = clerk.get(f"/books/rounds/{round_id}/").content.decode()
    assert "data-value" not in page
    entry = entry_of(book, round_id)
    sent = clerk.post(f"/books/rounds/{round_id}/", {"read_on": "2026-10-20"} | box(entry, "112"))
    assert sent.status_code == 403
    assert entry_of(book, round_id).value_milli is None


def test_another_stations_pages_are_not_there(book: list[records.Supply], round_id: int) -> None:
    outsider = browser(role="SUPERVISOR", unit_id=records.world().station_b)
    insider = browser(role="SUPERVISOR", unit_id=book[0].station_id)
    entry_id = entry_of(book, round_id).pk
    pages = [f"/books/{book[0].book_id}/", f"/books/rounds/{round_id}/", f"/books/entries/{entry_id}/"]
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE meterbook_app")
    try:
        assert [outsider.get(page).status_code for page in pages] == [404] * 3
        assert outsider.get("/books/").content.count(b"data-href") == 0
        assert outsider.post(f"/books/rounds/{round_id}/accept").status_code == 404
        assert outsider.post(f"/books/{book[0].book_id}/open", {"period": "2026-10"}).status_code == 404
        assert [insider.get(page).status_code for page in pages] == [200] * 3
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")


def test_a_file_is_uploaded_seen_and_applied_once(
    supervisor: Client, book: list[records.Supply], round_id: int
) -> None:
    content = f"表号,读数,抄表日期\n{book[0].serial_no},112,2026-10-20\n{book[1].serial_no},90,2026-10-20\n"
    file = SimpleUploadedFile("readings.csv", content.encode("gb18030"))

    seen = supervisor.post("/books/import/", {"file": file}, follow=True)
    url = seen.redirect_chain[-1][0]
    assert "readings.csv" in seen.content.decode()
    assert entry_of(book, round_id).value_milli is None
    for _ in range(2):
        assert supervisor.post(f"{url}apply").status_code == 303
    assert entry_of(book, round_id).value_milli == 112_000
    assert entry_of(book, round_id, 1).state == State.HELD
    assert entry_of(book, round_id).version == 1


def test_a_wrong_file_says_which_rows_and_gives_them_back(
    supervisor: Client, book: list[records.Supply], round_id: int
) -> None:
    file = SimpleUploadedFile("r.csv", b"meter,reading,date\nNOBODY,112,2026-10-20\n")
    page = supervisor.post("/books/import/", {"file": file}, follow=True)
    assert "NOBODY" in page.content.decode()
    url = page.redirect_chain[-1][0]
    assert supervisor.get(f"{url}errors.xlsx").content.startswith(b"PK")
    assert supervisor.post(f"{url}apply").status_code == 303
    assert models.RoundEntry.objects.filter(round_id=round_id, value_milli__isnull=False).count() == 0
    broken = SimpleUploadedFile("r.xlsx", b"PK\x03\x04 not a workbook")
    assert supervisor.post("/books/import/", {"file": broken}).status_code == 422
    assert supervisor.get("/books/import/template.xlsx").content.startswith(b"PK")


def test_a_large_book_asks_no_more_often_than_a_small_one(book: list[records.Supply]) -> None:
    """300 rows and 3: the same questions to the database, whatever a busy machine makes of the seconds."""
    rest = records.supplies(
        count=300,
        station_id=book[0].station_id,
        tariff_id=records.tariff(),
        initial_milli=100_000,
        installed_on=SEPTEMBER,
        book_code="0102",
    )
    client = browser(role="SUPERVISOR", unit_id=book[0].station_id)
    asked, rows = [], []
    for book_id in (book[0].book_id, rest[0].book_id):
        address = f"/books/rounds/{build.open_round(book_id=book_id, day=OCTOBER).round_id}/"
        client.get(address)  # what is looked up once per process
        with CaptureQueriesContext(connection) as captured:
            rows.append(client.get(address).content.count(b"data-entry="))
        asked.append(len(captured))
    assert rows == [3, 300]
    assert asked[0] == asked[1]
