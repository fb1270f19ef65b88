"""A stopped account is resumed in a browser: its fee is said, paid at the till, named on the receipt."""

import uuid

import pytest
from playwright.sync_api import Page, expect

from meterbook.application import account_states, charge_fee, shifts
from meterbook.application import actor as actors
from meterbook.domain.agreements import models as agreements
from meterbook.domain.billing import models as billing
from meterbook.interfaces import clock
from meterbook.reporting import ledger_proof
from tests.browser import conftest, looks, till_world
from tests.builders import records

ACTIVE = str(int(agreements.AccountState.ACTIVE))


@pytest.fixture
def world(site_url: str) -> till_world.TillWorld:
    """A customer stopped by force who owes nothing; resuming costs 30.00, a meter test 25.00."""
    made = till_world.made(with_shift=False, with_bills=False)
    for code, name, amount_minor in (
        ("RECONNECT", "Reconnection fee", 30_00),
        ("METER_TEST", "Meter test fee", 25_00),
    ):
        charge_fee.set_fee_type(
            actor=records.system(),
            code=code,
            name=name,
            amount_minor=amount_minor,
            is_offered=True,
            now=clock.now(),
        )
    chief = records.staff(
        role="SUPERVISOR",
        unit_id=made.station_id,
        username="chief",
        name="陈主管",
        password=conftest.PASSWORD,
    )
    actor = actors.of_staff(staff=chief, remote_address="")
    shifts.open_shift(actor=actor, business_on=clock.today(), now=clock.now())
    account_states.change_state(
        actor=actor,
        account_id=made.supply.account_id,
        wanted=agreements.AccountState.STOPPED,
        on=clock.today(),
        reason="欠费",
        request_key=uuid.uuid4(),
        today=clock.today(),
        now=clock.now(),
    )
    return made


@pytest.fixture
def page(world: till_world.TillWorld, open_page: conftest.OpenPage) -> Page:
    window = open_page(language="en")
    window.set_default_timeout(15_000)
    conftest.log_in(window, username="chief")
    return window


def test_a_reconnection_is_charged_paid_and_receipted(page: Page, world: till_world.TillWorld) -> None:
    page.goto(f"/accounts/{world.supply.account_no}/state")
    page.get_by_label("New state").select_option(ACTIVE)
    box = page.get_by_label("Reconnection fee · Resumed after a forced stop")
    expect(box).to_have_value("30.00")
    box.fill("10")
    conftest.press_through(page, "F9")
    expect(page.get_by_text("Say why another fee is asked for.")).to_be_visible()
    assert looks.serious_faults(page) == []
    page.get_by_label("Why another fee").fill("自行修复管线")
    conftest.press_through(page, "F9")
    page.wait_for_url(f"**/accounts/{world.supply.account_no}/")

    page.goto(f"/till/{world.supply.account_no}/")
    expect(page.locator("[data-bill]")).to_have_count(1)
    expect(page.locator("[data-bill]")).to_contain_text("Reconnection fee")
    conftest.press_through(page, "F9")
    page.wait_for_url("**/receipts/*/")
    expect(page.locator(".slip")).to_contain_text("Reconnection fee")
    expect(page.locator(".slip")).not_to_contain_text("Water")
    assert looks.serious_faults(page) == []
    assert ledger_proof.prove().is_right


def test_a_wrong_fee_is_charged_and_taken_back(page: Page, world: till_world.TillWorld) -> None:
    page.goto(f"/accounts/{world.supply.account_no}/fee")
    page.get_by_label("Fee", exact=True).select_option("METER_TEST")
    conftest.press_through(page, "F9")
    page.goto(f"/accounts/{world.supply.account_no}/?tab=bills")
    conftest.click_through(page.locator("tbody a.record").first)
    conftest.click_through(page.get_by_role("link", name="Take the fee back"))
    expect(page.locator("h1")).to_have_text("Take the fee back: Meter test fee 25.00")
    page.get_by_label("Reason").fill("收错户")
    assert looks.serious_faults(page) == []
    conftest.press_through(page, "F9")
    page.wait_for_url(f"**/accounts/{world.supply.account_no}/")
    expect(page.locator(".toast")).to_contain_text("25.00")
    page.goto(f"/accounts/{world.supply.account_no}/?tab=bills")
    expect(page.get_by_text("Taken back")).to_have_count(2)
    assert billing.FeeTakenBack.objects.count() == 1
    assert ledger_proof.prove().is_right
