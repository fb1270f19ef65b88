"""The page of an account in a browser: reached by a key, tabs and acts by keys, all on one timeline."""

import re

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, Request, expect

from meterbook.domain.agreements import models as agreements
from tests.browser import conftest, looks, records_world

HUMAN_MS = 60  # faster would be a scanner


@pytest.fixture
def world(site_settings: LazySettings, site_url: str) -> records_world.RecordsWorld:
    site_settings.METERBOOK_FIXED_TODAY = records_world.TODAY
    return records_world.made()


def window(open_page: conftest.OpenPage, *, username: str, language: str = "en") -> Page:
    page = open_page(language=language)
    page.set_default_timeout(15_000)
    conftest.log_in(page, username=username)
    return page


def open_by_f2(page: Page, world: records_world.RecordsWorld) -> None:
    """F2, the number, Enter; not from the till, where the search leads to the till's page."""
    page.goto("/bills/")
    conftest.press(page, "F2")
    conftest.keyed(page, world.supply.account_no, delay=HUMAN_MS)
    conftest.press_through(page, "Enter")
    page.wait_for_url(f"**/accounts/{world.supply.account_no}/**")


def act(page: Page, name: str) -> None:
    """F8 and the act's key, as its button says."""
    conftest.press(page, "F8")
    dialog = page.locator("#acts")
    expect(dialog).to_be_visible()
    button = dialog.get_by_role("link", name=name)
    key = button.locator("kbd").inner_text()
    conftest.press_through(page, key)


def test_a_clerk_reaches_everything_of_a_household_by_keys(
    open_page: conftest.OpenPage, world: records_world.RecordsWorld
) -> None:
    page = window(open_page, username=records_world.CLERK)
    open_by_f2(page, world)
    expect(page.locator("h1")).to_have_text(records_world.NAME)
    expect(page.locator("main")).to_contain_text("¥62.40")
    expect(page.locator(".rail [aria-current=page]")).to_have_text("Accounts")

    loaded: list[str] = []

    def note(request: Request) -> None:
        if "tab=" in request.url:
            loaded.append(request.url)

    page.on("request", note)
    tabs = page.locator("#tab .tabs a")
    seen = {}
    for number in range(1, tabs.count() + 1):
        name = tabs.nth(number - 1).inner_text()
        with page.expect_response(re.compile("tab=")):
            conftest.press(page, f"Alt+{number}")
        expect(tabs.nth(number - 1)).to_have_attribute("aria-current", "true")
        seen[name.split(" ")[0]] = page.locator("#tab").inner_text()
    assert len(loaded) == tabs.count(), "each tab is fetched when it is opened, and alone"
    assert world.receipt_no in seen["Payments"]
    assert "115" in seen["Readings"]
    assert records_world.OLD_NO in seen["Papers"]
    assert "出国探亲" in seen["Facts"]


def test_the_timeline_holds_every_kind_of_thing(
    open_page: conftest.OpenPage, world: records_world.RecordsWorld
) -> None:
    page = window(open_page, username=records_world.CHIEF)
    open_by_f2(page, world)
    conftest.press(page, "Alt+2")
    line = page.locator("#tab .timeline")
    for text in ("Bill issued", "62.40", "Payment taken", "75.00", "Meter read", "115"):
        expect(line).to_contain_text(text)
    for text in ("Supply suspended", "出国探亲", "Supply resumed", world.file_name):
        expect(line).to_contain_text(text)


def test_a_change_just_made_is_on_the_page_at_once(
    open_page: conftest.OpenPage, world: records_world.RecordsWorld
) -> None:
    page = window(open_page, username=records_world.CHIEF)
    open_by_f2(page, world)
    act(page, "Change household size")
    page.get_by_label("Household size", exact=True).fill("5")
    page.get_by_label("Reason", exact=True).fill("户口簿核定")
    conftest.press_through(page, "F9")
    expect(page.locator("#tab")).to_be_visible()
    conftest.press(page, "Alt+2")
    newest = page.locator("#tab .timeline > *").first
    expect(newest).to_contain_text("Household size changed")
    expect(newest).to_contain_text("户口簿核定")
    sizes = agreements.HouseholdSize.objects.filter(agreement_id=world.supply.agreement_id)
    assert sizes.latest("from_on").persons == 5


@pytest.mark.parametrize(("language", "theme", "width"), [("zh-hans", "light", 1366), ("en", "dark", 390)])
def test_every_tab_is_sound(
    open_page: conftest.OpenPage, world: records_world.RecordsWorld, language: str, theme: str, width: int
) -> None:
    page = open_page(width=width, language=language, theme=theme)
    conftest.log_in(page, username=records_world.CHIEF)
    for tab in ("open", "timeline", "facts", "papers", "bills", "payments", "readings", "changes"):
        page.goto(f"/accounts/{world.supply.account_no}/?tab={tab}")
        assert looks.serious_faults(page) == [], tab
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
