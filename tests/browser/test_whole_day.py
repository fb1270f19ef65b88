"""The whole day by the keyboard alone: a meter is read, billed, paid, receipted, and the till handed over."""

import datetime

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, expect

from meterbook.application import company
from meterbook.domain.billing import models as billing
from meterbook.domain.documents import models as documents
from meterbook.domain.payments import models as payments
from meterbook.reporting import ledger_proof
from tests.browser import conftest
from tests.builders import records

HUMAN_MS = 50  # faster would be a scanner
TODAY = datetime.date(2026, 11, 20)
ROLES = {"READER": "reader", "SUPERVISOR": "supervisor", "ACCOUNTANT": "accountant", "CLERK": "clerk1"}


@pytest.fixture
def street(site_settings: LazySettings, site_url: str) -> list[records.Supply]:
    """Three homes in one book, never read before, and one person of each role."""
    site_settings.METERBOOK_FIXED_TODAY = TODAY
    world = records.world()
    for role, username in ROLES.items():
        records.staff(role=role, unit_id=world.station_a, username=username, password=conftest.PASSWORD)
    return records.supplies(
        count=3,
        station_id=world.station_a,
        tariff_id=records.tariff(),
        name=["张建国", "李秀兰", "王磊"],
        installed_on=datetime.date(2026, 10, 20),
    )


def person(open_page: conftest.OpenPage, role: str) -> Page:
    """A window with that person logged in."""
    page = open_page(language="en")
    page.set_default_timeout(15_000)
    conftest.log_in(page, username=ROLES[role])
    return page


def go(page: Page, place: str) -> None:
    """Ctrl+K, the name of a place, Enter."""
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.type(place, delay=HUMAN_MS)
    expect(page.locator("#palette [role=option]").first).to_contain_text(place)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def press(page: Page, key: str) -> None:
    """A key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def open_first_row(page: Page) -> None:
    page.locator("table[data-rows] tbody tr").first.focus()
    press(page, "Enter")


def read(*, supervisor: Page, reader: Page) -> None:
    """The supervisor opens the round, the reader keys down the page, the supervisor accepts."""
    go(supervisor, "Readings")
    open_first_row(supervisor)
    press(supervisor, "F9")
    reader.reload()
    open_first_row(reader)
    for value in ("12", "18", "25"):
        reader.keyboard.type(value, delay=HUMAN_MS)
        reader.keyboard.press("Enter")
    expect(reader.locator("main")).to_contain_text("3 / 3")
    supervisor.reload()
    supervisor.keyboard.press("F9")
    expect(supervisor.locator("#accept")).to_be_visible()
    press(supervisor, "F9")
    expect(supervisor.locator("main")).to_contain_text("Accepted")


def bill(accountant: Page) -> None:
    """Preview, look, issue. 55 m³ at 5.00 all in."""
    go(accountant, "Bill runs")
    open_first_row(accountant)
    press(accountant, "F8")
    expect(accountant.locator("main")).to_contain_text("275.00")
    accountant.keyboard.press("F9")
    accountant.wait_for_load_state()
    expect(accountant.locator("main")).to_contain_text("Issued")


def take(clerk: Page, *, account_no: str) -> None:
    """Open the shift, find by account number, 100 for 60, receipt with the change."""
    press(clerk, "F9")
    clerk.keyboard.press("F2")
    clerk.keyboard.type(account_no, delay=HUMAN_MS)
    expect(clerk.locator("[role=listbox] [role=option]").first).to_be_visible()
    press(clerk, "Enter")
    expect(clerk.locator("[data-out=to-pay]").first).to_have_text("60.00")
    clerk.keyboard.press("F4")
    clerk.keyboard.type("100", delay=HUMAN_MS)
    press(clerk, "F9")
    clerk.wait_for_url("**/receipts/**")
    expect(clerk.locator(".slip")).to_contain_text("40.00")


def hand_over(*, clerk: Page, supervisor: Page) -> None:
    """The clerk counts, another person takes over."""
    go(clerk, "Day close")
    open_first_row(clerk)
    clerk.locator(".count-field input").first.focus()
    clerk.keyboard.type("60", delay=HUMAN_MS)
    press(clerk, "F9")
    go(supervisor, "Day close")
    open_first_row(supervisor)
    press(supervisor, "F9")
    expect(supervisor.locator("main")).to_contain_text("Taken over")


def test_the_whole_day(open_page: conftest.OpenPage, street: list[records.Supply]) -> None:
    supervisor, clerk = person(open_page, "SUPERVISOR"), person(open_page, "CLERK")
    read(supervisor=supervisor, reader=person(open_page, "READER"))
    bill(person(open_page, "ACCOUNTANT"))
    take(clerk, account_no=street[0].account_no)
    hand_over(clerk=clerk, supervisor=supervisor)

    company.use_schema("main")
    assert payments.Payment.objects.values_list("cleared_minor", flat=True).get() == 60_00
    assert payments.Shift.objects.get().state == payments.ShiftState.TAKEN_OVER
    assert documents.Receipt.objects.count() == 1
    assert sorted(billing.Bill.objects.values_list("amount_minor", flat=True)) == [60_00, 90_00, 125_00]
    assert ledger_proof.prove().is_right
