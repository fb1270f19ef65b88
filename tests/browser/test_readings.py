"""The keyed page as a reader's hands meet it."""

import datetime
import os
import pathlib
import re

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, Page, expect

from meterbook.domain.metering import models
from tests.browser import conftest
from tests.builders import metering as build
from tests.builders import records

TODAY = datetime.date(2026, 11, 20)
MONTHS = [datetime.date(2026, month, 20) for month in (8, 9, 10)]
State = models.EntryState
# A folder to look at the pages in, for whoever works on them.
PICTURES = os.environ.get("PICTURES_OF_PAGES")


@pytest.fixture
def book(site_settings: LazySettings, site_url: str) -> list[records.Supply]:
    """Twenty meters read for three months; the November round is open."""
    site_settings.METERBOOK_FIXED_TODAY = TODAY
    world = records.world()
    names = ["张建国", "李秀兰", "欧阳娜娜", "王磊", "赵一"] * 4
    supplies = records.supplies(
        count=20,
        station_id=world.station_a,
        tariff_id=records.tariff(),
        name=names,
        initial_milli=[100_000 + 7_000 * number for number in range(20)],
        installed_on=datetime.date(2026, 7, 20),
        from_on=datetime.date(2026, 7, 20),
    )
    for number, day in enumerate(MONTHS, start=1):
        values = {s.register_id: 100_000 + 7_000 * i + number * 9_500 for i, s in enumerate(supplies)}
        build.read_book(book_id=supplies[0].book_id, day=day, values_milli=values)
    build.open_round(book_id=supplies[0].book_id, day=TODAY)
    records.staff(
        role="SUPERVISOR",
        unit_id=world.station_a,
        username="super",
        name="陈主管",
        password=conftest.PASSWORD,
    )
    return supplies


@pytest.fixture
def keyed(open_page: conftest.OpenPage, book: list[records.Supply]) -> Page:
    """The keyed page, opened by the supervisor from the list of books."""
    page = open_page(language="en")
    conftest.log_in(page, username="super")
    page.goto("/books/")
    picture(page, "books")
    conftest.click_through(page.locator("tbody a.record").first)
    expect(page.locator("input[data-value]")).to_have_count(20)
    return page


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=pathlib.Path(PICTURES) / f"{name}.png")


def entry(book: list[records.Supply], place: int) -> models.RoundEntry:
    round_id = models.Round.objects.get(state=models.RoundState.OPEN).pk
    return build.entry(round_id=round_id, register_id=book[place].register_id)


def test_a_book_is_keyed_with_enter_alone(keyed: Page, book: list[records.Supply]) -> None:
    expect(keyed.locator("input[data-value]").first).to_be_focused()
    conftest.keyed(keyed, "138.5")
    expect(keyed.locator("tr[data-entry] [data-usage]").first).to_have_text("10")  # previewed while typing
    conftest.press(keyed, "Enter")
    expect(keyed.locator("input[data-value]").nth(1)).to_be_focused()
    expect(keyed.locator("tr[data-entry]").first).to_have_class("is-ok")

    conftest.keyed(keyed, "90")  # lower than before: Enter stays once for a second look
    conftest.press(keyed, "Enter")
    expect(keyed.locator("input[data-value]").nth(1)).to_be_focused()
    expect(keyed.locator("tr[data-entry] [data-state]").nth(1)).to_contain_text("Look again")
    conftest.press(keyed, "Enter")
    expect(keyed.locator("tr[data-entry]").nth(1)).to_have_class("is-bad")
    expect(keyed.locator("tr[data-entry] [data-state]").nth(1)).to_contain_text("Lower than before")
    expect(keyed.locator("#round-progress")).to_contain_text("2 / 20")

    conftest.press(keyed, "ArrowUp")
    expect(keyed.locator("input[data-value]").nth(1)).to_be_focused()
    conftest.keyed(keyed, "147")
    conftest.press(keyed, "ArrowDown")
    expect(keyed.locator("tr[data-entry]").nth(1)).to_have_class("is-ok")
    assert (entry(book, 0).value_milli, entry(book, 1).value_milli) == (138_500, 147_000)
    conftest.keyed(keyed, "1")
    conftest.press(keyed, "Enter")
    conftest.press(keyed, "Enter")
    expect(keyed.locator("tr[data-entry]").nth(2)).to_have_class("is-bad")
    picture(keyed, "round")

    conftest.press(keyed, "F9")
    expect(keyed.locator("#accept")).to_be_visible()
    conftest.press_through(keyed, "F9")
    keyed.wait_for_url(re.compile("show=obstacles"))
    expect(keyed.locator("tr[data-entry]")).to_have_count(18)
    picture(keyed, "obstacles")


def test_what_is_typed_without_a_connection_is_saved_when_it_is_back(
    browser: Browser, site_url: str, book: list[records.Supply]
) -> None:
    window = browser.new_context(base_url=site_url, locale="en")
    page = window.new_page()
    conftest.log_in(page, username="super")
    page.goto(f"/books/rounds/{entry(book, 0).round_id}/")
    expect(page.locator("input[data-value]").first).to_be_focused()
    window.set_offline(True)
    conftest.keyed(page, "138.5")
    conftest.press(page, "Enter")
    expect(page.locator("[data-said]")).to_be_visible()
    expect(page.locator("tr[data-entry]").first).to_have_class(re.compile("is-unsaved"))
    assert entry(book, 0).value_milli is None

    window.set_offline(False)
    expect(page.locator("tr[data-entry]").first).to_have_class("is-ok", timeout=20_000)
    expect(page.locator("[data-said]")).to_be_hidden()
    assert entry(book, 0).value_milli == 138_500
    window.close()


def test_an_ended_session_keeps_the_form(keyed: Page, book: list[records.Supply]) -> None:
    keyed.context.clear_cookies(name="sessionid")
    conftest.keyed(keyed, "138.5")
    conftest.press(keyed, "Enter")
    expect(keyed.locator("[data-said]")).to_contain_text("Your session ended")
    conftest.press_through(keyed, "Control+S")
    keyed.locator("input[name=username]").fill("super")
    keyed.locator("input[name=password]").fill(conftest.PASSWORD)
    conftest.press_through(keyed, "Enter")
    conftest.click_through(keyed.locator("form[method=post] button.is-primary").first)
    expect(keyed.locator("input[data-value]").first).to_have_value("138.5")
    assert entry(book, 0).value_milli == 138_500


def test_the_page_works_without_scripts(browser: Browser, site_url: str, book: list[records.Supply]) -> None:
    window = browser.new_context(java_script_enabled=False, base_url=site_url)
    page = window.new_page()
    conftest.log_in(page, username="super")
    page.goto("/books/")
    conftest.click_through(page.locator("tbody a.record").first)
    page.locator("input[data-value]").first.fill("138.5")
    page.locator("input[data-value]").nth(1).fill("90")
    conftest.click_through(page.locator(".page-head button.button:not([type=button])"))
    assert (entry(book, 0).state, entry(book, 1).state) == (State.PASSED, State.HELD)
    window.close()


def test_held_readings_are_settled_in_their_queue(
    open_page: conftest.OpenPage, book: list[records.Supply]
) -> None:
    round_id = models.Round.objects.get(state=models.RoundState.OPEN).pk
    values: dict[int, int | None] = {
        book[0].register_id: 128_500,
        book[1].register_id: 90_000,
        book[2].register_id: 900_000,
        book[3].register_id: 100_000_000,
    }
    build.enter(round_id=round_id, values_milli=values, day=TODAY)
    page = open_page(language="en")
    conftest.log_in(page, username="super")
    page.goto("/held-readings/")
    picture(page, "held")
    expect(page.locator("tr[id^=e]")).to_have_count(4)
    expect(page.locator("input[name=reason]").first).to_be_focused()
    conftest.keyed(page, "Nobody lives here", delay=50)  # as fast as a person: a burst would be a scanner
    conftest.press_through(page, "Enter")
    expect(page.locator("tr[id^=e]")).to_have_count(3)
    assert entry(book, 0).state == State.CONFIRMED

    box = page.locator(f"input[name=value_{entry(book, 1).pk}]")
    box.fill("146")
    conftest.press_through(page, "Enter")
    expect(page.locator("tr[id^=e]")).to_have_count(2)
    assert entry(book, 1).state == State.PASSED
    conftest.click_through(page.locator("td a.record").first)
    expect(page.locator("h1")).to_contain_text("欧阳娜娜")
    picture(page, "entry")
    page.goto(f"/books/{book[0].book_id}/")
    picture(page, "book")
    page.goto("/books/import/")
    picture(page, "import")
