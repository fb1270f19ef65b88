"""F2 in a browser: every way people name a household leads to it, and nothing found says so."""

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, expect

from tests.browser import conftest, records_world

HUMAN_MS = 60  # faster would be a scanner


@pytest.fixture
def world(site_settings: LazySettings, site_url: str) -> records_world.RecordsWorld:
    site_settings.METERBOOK_FIXED_TODAY = records_world.TODAY
    return records_world.made()


@pytest.fixture
def page(world: records_world.RecordsWorld, open_page: conftest.OpenPage) -> Page:
    """A window of the clerk."""
    window = open_page(language="en")
    window.set_default_timeout(15_000)
    conftest.log_in(window, username=records_world.CLERK)
    return window


def find(page: Page, text: str) -> None:
    """F2 and what one says, keyed as a person does. From the till the same leads to the till's page."""
    page.goto("/bills/")
    conftest.press(page, "F2")
    conftest.keyed(page, text, delay=HUMAN_MS)


def test_every_way_of_naming_a_household_finds_it(page: Page, world: records_world.RecordsWorld) -> None:
    ways = {
        "account number": world.supply.account_no,
        "external number": records_world.OLD_NO,
        "meter number": world.supply.serial_no,
        "barcode": records_world.BARCODE,
        "receipt": world.receipt_no,
        "name": records_world.NAME,
        "part of the name": "明月",
        "pinyin": "ouyangmingyue",
        "pinyin initials": "oymy",
        "phone": records_world.PHONE,
        "tail of the phone": records_world.PHONE[-4:],
        "tail of the identity number": records_world.IDENTITY_NO[-4:],
        "fragment of the address": "春晓花园 501",
        "a wrong sign in the name": "欧阳名月",
        "a sound misheard": "ouyanminyue",
    }
    missed = []
    for way, text in ways.items():
        find(page, text)
        hits = page.locator("#find-hits [role=option]")
        try:
            expect(hits).to_have_count(1, timeout=5_000)
            expect(hits.first).to_contain_text(records_world.NAME, timeout=5_000)
        except AssertionError:
            missed.append((way, text, hits.all_inner_texts()))
    assert missed == []


@pytest.mark.parametrize("way", ["account_no", "name", "barcode", "phone tail"])
def test_one_hit_opens_it(page: Page, world: records_world.RecordsWorld, way: str) -> None:
    texts = {
        "account_no": world.supply.account_no,
        "name": records_world.NAME,
        "barcode": records_world.BARCODE,
        "phone tail": records_world.PHONE[-4:],
    }
    find(page, texts[way])
    conftest.press_through(page, "Enter")
    page.wait_for_url(f"**/accounts/{world.supply.account_no}/**")
    expect(page.locator("h1")).to_have_text(records_world.NAME)


def test_several_hits_are_chosen_from_by_arrows(page: Page, world: records_world.RecordsWorld) -> None:
    # Both numbers begin alike.
    start = world.supply.account_no[:6]
    assert world.neighbour.account_no.startswith(start)
    page.goto("/bills/")
    conftest.press(page, "F2")
    page.keyboard.insert_text(start)  # at once: while one is still keying the hits change below the arrows
    hits = page.locator("#find-hits [role=option]")
    expect(hits).to_have_count(2)
    second = hits.nth(1).inner_text()
    conftest.press(page, "ArrowDown")
    conftest.press(page, "ArrowDown")
    conftest.press_through(page, "Enter")
    page.wait_for_url("**/accounts/*/**")
    assert page.locator("h1").inner_text() in second


def test_nothing_found_says_so_and_what_else_to_try(page: Page) -> None:
    find(page, "没有这个人")
    expect(page.locator("#find-hits")).to_contain_text("Nothing found for “没有这个人”")
    conftest.press_through(page, "Enter")
    page.wait_for_url("**/search?**")
    expect(page.locator("main")).to_contain_text("the last four digits of the phone")


def test_who_has_no_account_is_found_by_name(page: Page, world: records_world.RecordsWorld) -> None:
    """Somebody only registered, as after a call: the search leads to the customer."""
    page.goto("/customers/new")
    page.get_by_label("Name", exact=False).first.fill("上官婉儿")
    conftest.press_through(page, "F9")
    page.wait_for_url("**/customers/*/**")
    find(page, "上官婉儿")
    hit = page.locator("#find-hits [role=option]")
    expect(hit).to_contain_text("no account")
    conftest.press_through(page, "Enter")
    page.wait_for_url("**/customers/*/**")
    expect(page.locator("h1")).to_have_text("上官婉儿")
