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
    conftest.press(page, "Control+k")
    expect(page.locator("#palette [role=option]").first).to_be_visible()
    conftest.keyed(page, place, delay=HUMAN_MS)
    expect(page.locator("#palette [role=option]").first).to_contain_text(place)
    conftest.press_through(page, "Enter")


def open_first_row(page: Page) -> None:
    page.locator("table[data-rows] tbody tr").first.focus()
    conftest.press_through(page, "Enter")


def read(*, supervisor: Page, reader: Page) -> None:
    """The supervisor opens the round, the reader keys down the page, the supervisor accepts."""
    go(supervisor, "Readings")
    open_first_row(supervisor)
    conftest.press_through(supervisor, "F9")
    reader.reload()
    open_first_row(reader)
    for value in ("12", "18", "25"):
        conftest.keyed(reader, value, delay=HUMAN_MS)
        conftest.press(reader, "Enter")
    expect(reader.locator("main")).to_contain_text("3 / 3")
    supervisor.reload()
    conftest.press(supervisor, "F9")
    expect(supervisor.locator("#accept")).to_be_visible()
    conftest.press_through(supervisor, "F9")
    expect(supervisor.locator("main")).to_contain_text("Accepted")


def bill(accountant: Page) -> None:
    """Preview, look, issue. 55 m³ at 5.00 all in."""
    go(accountant, "Bill runs")
    open_first_row(accountant)
    conftest.press_through(accountant, "F8")
    expect(accountant.locator("main")).to_contain_text("275.00")
    conftest.press_through(accountant, "F9")
    expect(accountant.locator("main")).to_contain_text("Issued")


def take(clerk: Page, *, account_no: str) -> None:
    """Open the shift, find by account number, 100 for 60, receipt with the change."""
    conftest.press_through(clerk, "F9")
    conftest.press(clerk, "F2")
    conftest.keyed(clerk, account_no, delay=HUMAN_MS)
    expect(clerk.locator("[role=listbox] [role=option]").first).to_be_visible()
    conftest.press_through(clerk, "Enter")
    expect(clerk.locator("[data-out=to-pay]").first).to_have_text("60.00")
    conftest.press(clerk, "F4")
    conftest.keyed(clerk, "100", delay=HUMAN_MS)
    conftest.press_through(clerk, "F9")
    clerk.wait_for_url("**/receipts/**")
    expect(clerk.locator(".slip")).to_contain_text("40.00")


def hand_over(*, clerk: Page, supervisor: Page) -> None:
    """The clerk counts, another person takes over."""
    go(clerk, "Day close")
    open_first_row(clerk)
    clerk.locator(".count-field input").first.focus()
    conftest.keyed(clerk, "60", delay=HUMAN_MS)
    conftest.press_through(clerk, "F9")
    go(supervisor, "Day close")
    open_first_row(supervisor)
    conftest.press_through(supervisor, "F9")
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
