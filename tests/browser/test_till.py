"""The till by hand: keys only, printed once, paid once whatever is pressed, scanned or gone back to."""

import re
import uuid

import pytest
from django.utils import translation
from playwright.sync_api import Browser, Page, expect

from meterbook.domain.documents import models as documents
from meterbook.domain.payments import models
from tests.browser import conftest, looks, test_shell, till_world
from tests.builders import payments

PRINTING = """
window.print = () => {
    sessionStorage.setItem("times-printed", 1 + Number(sessionStorage.getItem("times-printed")));
};
"""


@pytest.fixture
def world(own_database: str) -> till_world.TillWorld:
    with translation.override("en"):
        return till_world.made()


@pytest.fixture
def page(world: till_world.TillWorld, open_page: conftest.OpenPage) -> Page:
    """The clerk, logged in, before the customer's page."""
    opened = open_page(language="en")
    opened.add_init_script(PRINTING)
    conftest.log_in(opened, username=till_world.USERNAME, password=till_world.PASSWORD)
    opened.goto(f"/till/{world.supply.account_no}/")
    return opened


def times_printed(page: Page) -> int:
    return int(page.evaluate("Number(sessionStorage.getItem('times-printed'))"))


def out(page: Page, name: str) -> str:
    return page.locator(f"[data-out={name}]").first.inner_text()


def test_a_payment_and_its_cancellation_by_keys_alone(page: Page, world: till_world.TillWorld) -> None:
    # 79.20 + 82.80 + 75.60 + 206.79 + 83.75 = 528.14, less 36.50 of balance
    assert (out(page, "due"), out(page, "prepaid"), out(page, "to-pay")) == ("528.14", "36.50", "491.64")
    conftest.press(page, "ArrowDown")
    conftest.press(page, "Space")  # the second bill, 82.80, stays open
    assert out(page, "to-pay") == "408.84"
    conftest.press(page, "F4")
    conftest.keyed(page, "500")
    assert out(page, "change") == "91.16"
    conftest.press(page, "F6")
    assert out(page, "change-word") == "Kept on account"
    conftest.press(page, "F6")
    conftest.press_through(page, "F9")
    page.wait_for_url("**/receipts/*/")  # the mark to print has left the address
    expect(page.locator(".receipt-change b")).to_have_text("¥91.16")
    expect(page.locator(".slip")).to_contain_text("人民币肆佰零捌元捌角肆分")
    assert times_printed(page) == 1
    assert [payments.open_minor(bill) for bill in world.bills] == [0, 8280, 0, 0, 0]

    conftest.press_through(page, "Alt+c")
    page.wait_for_url("**/cancel")
    conftest.keyed(page, "Wrong amount")
    conftest.press_through(page, "F9")
    page.wait_for_url("**/receipts/*/")
    expect(page.locator(".copy-mark")).to_have_text("Cancelled")
    assert [payments.open_minor(bill) for bill in world.bills] == [7920, 8280, 7560, 20679, 8375]
    assert times_printed(page) == 1


def test_f9_twice_back_and_reload_pay_once(page: Page, world: till_world.TillWorld) -> None:
    before = models.Payment.objects.count()
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    with conftest.next_page(page):
        conftest.press_at_once(page, "F9", times=3)
    page.wait_for_url("**/receipts/*/")
    assert models.Payment.objects.count() == before + 1
    page.reload()
    page.go_back()
    expect(page.get_by_text("All bills are paid")).to_be_visible()
    conftest.press(page, "F9")
    page.goto(f"/till/{world.supply.account_no}/")
    expect(page.get_by_text("All bills are paid")).to_be_visible()
    assert len(posts) == 1, "there is nothing left to send"
    assert models.Payment.objects.count() == before + 1
    assert documents.Receipt.objects.count() == before + 1
    assert times_printed(page) == 1


def test_the_same_form_sent_by_two_tabs_pays_once(page: Page) -> None:
    before = models.Payment.objects.count()
    sent = page.evaluate(
        """async () => {
            const form = document.getElementById("pay");
            const body = new URLSearchParams(new FormData(form));
            const send = () => fetch(form.action, {method: "POST", body});
            const answers = await Promise.all(Array.from({length: 8}, send));
            return answers.map((answer) => new URL(answer.url).pathname);
        }"""
    )
    assert len(set(sent)) == 1
    assert re.fullmatch(r"/receipts/A\d{8}/", sent[0])
    assert models.Payment.objects.count() == before + 1


def test_the_scanner_never_fills_the_amount(page: Page) -> None:
    page.evaluate("document.addEventListener('scan', (event) => event.preventDefault())")
    conftest.press(page, "F4")
    conftest.keyed(page, "50")
    page.wait_for_timeout(300)
    test_shell.type_like_a_scanner(page, "6228480402564890018", end="Enter")
    expect(page.locator("#tendered")).to_have_value("50")
    assert "/till/" in page.url
    assert models.Payment.objects.count() == 1


def test_other_tenders_keep_what_is_over(page: Page) -> None:
    conftest.press(page, "Alt+2")
    conftest.press(page, "F4")
    conftest.keyed(page, "500")
    assert (out(page, "change-word"), out(page, "change")) == ("Kept on account", "8.36")
    expect(page.locator("#note")).to_be_visible()
    conftest.press(page, "Alt+1")
    assert out(page, "change-word") == "Change to give"
    conftest.press(page, "F4")
    conftest.keyed(page, "100")
    assert (out(page, "change-word"), out(page, "change")) == ("Stays open", "391.64")


def test_the_till_works_without_script(world: till_world.TillWorld, browser: Browser, site_url: str) -> None:
    window = browser.new_context(base_url=site_url, java_script_enabled=False, locale="en")
    window.add_cookies([{"name": "django_language", "value": "en", "url": site_url}])
    page = window.new_page()
    conftest.log_in(page, username=till_world.USERNAME, password=till_world.PASSWORD)
    page.goto(f"/till/{world.supply.account_no}/")
    page.get_by_label("Gas 2026-09").uncheck()
    page.fill("#tendered", "450")
    conftest.click_through(page.locator("#take"))
    expect(page.locator(".slip")).to_contain_text("Change given")
    # 528.14 - 83.75 - 36.50 = 407.89
    expect(page.locator(".slip")).to_contain_text("407.89")
    assert payments.open_minor(world.bills[4]) == 8375
    window.close()


def test_counting_shows_the_difference_and_asks_why(page: Page) -> None:
    conftest.press_through(page, "F9")
    page.wait_for_url("**/receipts/*/")
    page.goto("/till/")
    conftest.press_through(page, "F7")
    page.wait_for_url("**/shifts/*/")
    conftest.keyed(page, "491")
    expect(page.locator("[data-difference]").first).to_have_text("-0.64")
    conftest.press(page, "Enter")  # to the reason, because it differs
    conftest.keyed(page, "64 fen short")
    conftest.press_through(page, "F9")
    expect(page.get_by_text("Shift counted and closed. Difference: -0.64.")).to_be_visible()
    assert models.Shift.objects.latest("id").state == models.ShiftState.COUNTED


def test_a_key_used_by_another_page_shows_the_way_to_its_receipt(
    page: Page, world: till_world.TillWorld
) -> None:
    key = page.locator("input[name=request_key]").input_value()
    uuid.UUID(key)
    page.evaluate(
        """async () => {
            const form = document.getElementById("pay");
            await fetch(form.action, {method: "POST", body: new URLSearchParams(new FormData(form))});
        }"""
    )
    conftest.press(page, "F4")
    conftest.keyed(page, "999")
    conftest.press_through(page, "F9")
    expect(page.locator("#problem")).to_contain_text("used already")
    expect(page.locator("#problem a")).to_have_attribute("href", "/receipts/A00000002/")
    assert world.supply.account_no in page.url
    assert models.Payment.objects.count() == 2


@pytest.mark.parametrize(("language", "theme", "width"), [("zh-hans", "light", 1366), ("en", "dark", 390)])
def test_axe_finds_nothing_serious_at_the_till(
    world: till_world.TillWorld, open_page: conftest.OpenPage, language: str, theme: str, width: int
) -> None:
    page = open_page(width=width, height=768, language=language, theme=theme)
    page.add_init_script(PRINTING)
    conftest.log_in(page, username=till_world.USERNAME, password=till_world.PASSWORD)
    addresses = ["/till/", f"/till/{world.supply.account_no}/", "/payments/", "/shifts/", "/shifts/2/"]
    for address in addresses:
        page.goto(address)
        assert looks.serious_faults(page) == [], address
    page.goto(f"/till/{world.supply.account_no}/")
    page.fill("#tendered", "100")
    assert looks.serious_faults(page) == []
    conftest.click_through(page.locator("#take"))
    page.wait_for_url("**/receipts/*/")
    assert looks.serious_faults(page) == []
    conftest.press_through(page, "Alt+c")
    page.wait_for_url("**/cancel")
    assert looks.serious_faults(page) == []
