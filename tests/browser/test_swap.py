"""A meter is swapped in a browser, from the account to the signed sheet, and the swap is taken back."""

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, expect

from meterbook.application import company
from meterbook.domain.devices import models as devices
from meterbook.domain.devices import rules as meter_rules
from meterbook.domain.metering import models as metering
from tests.browser import conftest, looks, records_world

HUMAN_MS = 60  # faster would be a scanner
CLOSING = "128"
COUNTED = "13"  # from 115 on


@pytest.fixture
def world(site_settings: LazySettings, site_url: str) -> records_world.RecordsWorld:
    site_settings.METERBOOK_FIXED_TODAY = records_world.TODAY
    return records_world.made()


@pytest.fixture
def page(world: records_world.RecordsWorld, open_page: conftest.OpenPage) -> Page:
    """The page of the place, reached from the account: the tool beside its meter, then F9."""
    window = open_page(language="en")
    window.set_default_timeout(15_000)
    conftest.log_in(window, username=records_world.CHIEF)
    window.goto(f"/accounts/{world.supply.account_no}/")
    window.get_by_role("link", name="Install, swap, remove").focus()
    conftest.press_through(window, "Enter")
    expect(window.locator("h1")).to_have_text(records_world.ADDRESS)
    return window


def keyed(page: Page, label: str, text: str) -> None:
    """A field found by its label and keyed."""
    box = page.get_by_label(label, exact=True)
    box.focus()
    conftest.press(page, "Control+a")
    conftest.keyed(page, text, delay=HUMAN_MS)


def fill(page: Page, *, closing: str = CLOSING) -> None:
    """The form of a swap, down to the reason."""
    keyed(page, "Old meter shows", closing)
    keyed(page, "New meter", records_world.NEW_METER)
    keyed(page, "New meter shows", "2")
    keyed(page, "Seal of the new meter", "F0001")
    page.get_by_label("Cause", exact=True).select_option(str(int(meter_rules.MoveReason.OVER_AGE)))


def test_a_swap_is_previewed_done_printed_and_taken_back(
    page: Page, world: records_world.RecordsWorld
) -> None:
    conftest.press_through(page, "F9")
    expect(page.get_by_label("Old meter shows", exact=True)).to_be_focused()
    fill(page)
    conftest.press_through(page, "F9")
    preview = page.locator("main .card", has_text="What the old meter counted")
    expect(preview.locator("b").first).to_have_text(COUNTED)
    expect(preview).to_contain_text("115 (2026-10-20) → 128")
    company.use_schema("main")
    assert not metering.MeterChange.objects.exists(), "nothing is written before it was seen"

    conftest.press_through(page, "F9")
    page.wait_for_url("**/meters/changes/*/")
    for text in (world.supply.serial_no, records_world.NEW_METER, "128", COUNTED, "F0001"):
        expect(page.locator("main")).to_contain_text(text)
    carried = metering.CarriedUsage.objects.get()
    assert (carried.opening_milli, carried.closing_milli, carried.quantity_milli) == (
        115_000,
        128_000,
        13_000,
    )
    change_url = page.url

    conftest.press_through(page, "F7")
    expect(page.locator("body")).to_contain_text("Meter change sheet")
    for text in (world.supply.serial_no, records_world.NEW_METER, records_world.ADDRESS, "Fitter"):
        expect(page.locator("body")).to_contain_text(text)

    page.goto(f"/accounts/{world.supply.account_no}/?tab=timeline")
    expect(page.locator("#tab")).to_contain_text("Meter swapped")
    expect(page.locator("main")).to_contain_text(records_world.NEW_METER)

    page.goto(change_url)
    keyed(page, "Reason", "换错户")
    conftest.press(page, "Tab")
    conftest.press_through(page, "Enter")
    page.wait_for_url("**/meters/changes/*/")
    expect(page.locator("body")).to_contain_text("The change is taken back.")
    hung = devices.Installation.objects.get(
        service_point_id=world.supply.service_point_id, removed_on__isnull=True
    )
    assert hung.meter.serial_no == world.supply.serial_no


def test_a_value_that_cannot_be_is_named_at_its_field_and_nothing_is_lost(page: Page) -> None:
    conftest.press_through(page, "F9")
    fill(page, closing="90")
    conftest.press_through(page, "F9")
    expect(page.locator("main")).to_contain_text("rolled over")
    expect(page.get_by_label("Old meter shows", exact=True)).to_have_value("90")
    expect(page.get_by_label("New meter", exact=True)).to_have_value(records_world.NEW_METER)
    company.use_schema("main")
    assert not metering.MeterChange.objects.exists()


def test_a_scanned_number_fills_the_new_meter_of_its_place(
    page: Page, world: records_world.RecordsWorld
) -> None:
    page.goto(f"/meters/places/{world.supply.service_point_id}/swap?meter={records_world.NEW_METER}")
    expect(page.get_by_label("New meter", exact=True)).to_have_value(records_world.NEW_METER)
    assert looks.serious_faults(page) == []
