"""A page that is one form begins in it, so that nobody walks past the menu to type."""

from playwright.sync_api import expect

from meterbook.domain.access import models as access
from tests.browser import conftest


def test_a_form_page_begins_at_its_first_field_and_escape_leaves_it(
    clerk: access.Staff, open_page: conftest.OpenPage
) -> None:
    page = open_page(language="en")
    conftest.log_in(page)
    page.goto("/customers/new")
    expect(page.locator("input[name=name]")).to_be_focused()
    conftest.press_through(page, "Escape")
    page.wait_for_url("**/customers/records/**")


def test_it_begins_at_the_field_that_is_wrong(clerk: access.Staff, open_page: conftest.OpenPage) -> None:
    page = open_page(language="en")
    conftest.log_in(page)
    page.goto("/customers/new")
    page.locator("input[name=name]").fill("魏杰")
    conftest.press_through(page, "F9")  # a company without a station: there is none to choose
    wrong = page.locator("main [aria-invalid=true]")
    expect(wrong).to_have_attribute("name", "station_id")
    expect(wrong).to_be_focused()


def test_on_a_phone_its_keyboard_does_not_cover_the_page(
    clerk: access.Staff, open_page: conftest.OpenPage
) -> None:
    page = open_page(width=390, language="en")
    conftest.log_in(page)
    page.goto("/customers/new")
    expect(page.locator("input[name=name]")).to_be_visible()
    expect(page.locator("input[name=name]")).not_to_be_focused()
