"""The shell in a real browser: keys, scanner, search, palette, lists, forms, both languages and themes."""

import re
import time
from collections.abc import Iterator

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, Dialog, Page, Route, expect

from meterbook.application import actor as actors
from meterbook.interfaces.web import palette
from tests.browser import conftest as site
from tests.browser import looks
from tests.unit.web import demo_urls

pytestmark = pytest.mark.usefixtures("demo_pages", "clerk")

PAGES = (
    "/",
    "/bills",
    "/bills?least_minor=x",
    "/bills/5",
    "/note",
    "/password",
    "/search?q=0210",
    "/nowhere",
)
SIZES = ((390, 844), (1366, 768), (1440, 900))
HEAVIEST_PAGE_BYTES = 60_000
BARCODE = "690123456789"


@pytest.fixture(autouse=True)
def _search(monkeypatch: pytest.MonkeyPatch) -> None:
    """One search over the demo bills, by the end of the account number or the holder."""

    def search(actor: actors.Actor, text: str, limit: int) -> list[palette.Hit]:
        assert actor.may("billing.view")
        wanted = text.replace(" ", "")
        return [
            palette.Hit(
                title=bill.holder,
                number=bill.account_no,
                detail="柳荫小区 3 幢",
                url=f"/bills/{bill.pk}",
                state="open",
                state_kind="warn",
                is_exact=bill.account_no == wanted,
            )
            for bill in demo_urls.BILLS
            if wanted in {bill.account_no, bill.account_no[-4:], bill.account_no[:4], bill.holder}
        ][:limit]

    monkeypatch.setattr(palette, "_searches", [search])


@pytest.fixture
def till(open_page: site.OpenPage) -> Page:
    """The form page, logged in, in English."""
    page = open_page(language="en")
    site.log_in(page)
    page.goto("/note")
    return page


# A burst of a scanner is over before any timer rings, however long the keys take to come here one by one.
HOLD_TIMERS = """() => {
  const [start, stop, held] = [window.setTimeout, window.clearTimeout, new Map()];
  window.setTimeout = (...call) => { held.set(-held.size - 1, call); return -held.size; };
  window.clearTimeout = (id) => { if (held.has(id)) held.set(id, null); else stop(id); };
  window.letTimersGo = () => {
    [window.setTimeout, window.clearTimeout] = [start, stop];
    for (const call of held.values()) if (call) start(...call);
  };
}"""


def type_like_a_scanner(page: Page, code: str, *, end: str = "") -> None:
    """Keys struck 5 ms apart, as a keyboard wedge does; the times are told, so a busy machine is fine.

    Timers rest during the burst, and go on after it when nothing ends the code: the keys come from here one
    by one, and on a busy machine the page's wait for the end of a code would ring in the middle.
    """
    site.listening(page)
    page.evaluate(HOLD_TIMERS)
    wedge = page.context.new_cdp_session(page)
    struck = time.time()
    for place, character in enumerate([*code, *([end] if end else [])]):
        key = {
            "key": character,
            "code": character if character == end else f"Digit{character}",
            "windowsVirtualKeyCode": {"Enter": 13, "Tab": 9}.get(character, ord(character[0])),
            "timestamp": struck + place * 0.005,
        }
        text = "\r" if character == "Enter" else "" if character == "Tab" else character
        wedge.send("Input.dispatchKeyEvent", {"type": "keyDown", **key, **({"text": text} if text else {})})
        wedge.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})
    if not end:
        page.evaluate("letTimersGo()")


@pytest.mark.parametrize(("language", "theme"), [("zh-hans", "light"), ("en", "dark")])
def test_axe_finds_nothing_serious(open_page: site.OpenPage, language: str, theme: str) -> None:
    looked_at = 0
    for width, height in SIZES:
        page = open_page(width=width, height=height, language=language, theme=theme)
        page.goto("/login")
        assert looks.serious_faults(page) == []
        site.log_in(page)
        for address in PAGES:
            page.goto(address)
            assert looks.serious_faults(page) == [], (address, width, language, theme)
            looked_at += 1
    assert looked_at == len(PAGES) * len(SIZES)


def test_axe_finds_a_planted_fault(till: Page) -> None:
    till.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button>')")
    assert [fault["id"] for fault in looks.serious_faults(till)] == ["button-name"]


def test_axe_on_open_dialogs_and_menu(till: Page) -> None:
    site.press(till, "Control+k")
    expect(till.locator("#palette .choice").first).to_be_visible()
    assert looks.serious_faults(till) == []
    site.press(till, "Escape")
    till.click("details.menu > summary")
    assert looks.serious_faults(till) == []
    till.fill("#find", "0210")
    expect(till.locator("#find-hits .hit").first).to_be_visible()
    assert looks.serious_faults(till) == []


@pytest.mark.parametrize("address", ["/bills", "/bills/5", "/note"])
def test_a_page_is_light(open_page: site.OpenPage, address: str) -> None:
    page = open_page()
    site.log_in(page)
    looks.without_cache(page)
    page.goto(address)
    weight = looks.weight(page)
    assert 10_000 < weight <= HEAVIEST_PAGE_BYTES, "styles and scripts are counted, and the whole is light"
    print(f"{address}: {weight} bytes")  # noqa: T201 a figure for whoever runs with -s


def test_f2_finds_and_enter_opens_the_only_hit(till: Page) -> None:
    till.focus("#id_amount")
    site.press(till, "F2")
    expect(till.locator("#find")).to_be_focused()
    site.keyed(till, "1142", delay=60)
    expect(till.locator("#find-hits .hit")).to_have_count(1)
    site.press(till, "ArrowDown")
    site.press_through(till, "Enter")
    till.wait_for_url("**/bills/1142")


def test_search_without_a_choice_opens_an_exact_number(till: Page) -> None:
    site.press(till, "F2")
    site.keyed(till, "0210 0000 1142", delay=60)
    site.press_through(till, "Enter")
    till.wait_for_url("**/bills/1142")


def test_the_palette_goes_to_places_and_records(till: Page) -> None:
    till.focus("#id_amount")
    site.press(till, "Control+k")
    expect(till.locator("#palette .choice").first).to_be_visible()
    site.keyed(till, "bill", delay=60)
    site.press_through(till, "Enter")
    till.wait_for_url("**/bills")
    site.press(till, "Control+k")
    expect(till.locator("#palette .choice").first).to_be_visible()
    site.keyed(till, "欧阳娜娜")
    expect(till.locator("#palette .hit").first).to_be_visible()
    site.press_through(till, "Enter")
    till.wait_for_url(re.compile(r"/bills/\d+$"))


def test_places_that_come_late_leave_the_records_that_were_found(till: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    till.route("**/palette.json", hold)
    till.focus("#id_amount")
    site.press(till, "Control+k")
    expect(till.locator("#palette input")).to_be_focused()
    site.keyed(till, "欧阳娜娜")
    expect(till.locator("#palette .hit").first).to_be_visible()
    with till.expect_response("**/palette.json") as places:
        held[0].continue_()
    places.value.finished()
    till.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert till.locator("#palette .hit").count() > 0


def test_the_list_of_all_keys(till: Page) -> None:
    till.focus("#id_name")
    site.keyed(till, "?")
    expect(till.locator("#all-keys")).not_to_be_visible()
    assert till.input_value("#id_name") == "?"
    till.evaluate("document.activeElement.blur()")
    site.press(till, "?")
    expect(till.locator("#all-keys")).to_be_visible()
    shown = till.locator("[data-all-keys]").inner_text()
    assert "F2" in shown
    assert "F9" in shown
    assert "Print" in shown
    before = till.url
    site.press(till, "F9")
    assert till.url == before, "keys of the page rest while a dialog is open"
    site.press(till, "Escape")
    expect(till.locator("#all-keys")).not_to_be_visible()


def test_no_key_is_taken_while_an_input_method_composes(till: Page) -> None:
    till.focus("#id_name")
    till.evaluate(
        """() => { window.sent = 0;
          document.querySelector("form[data-once]").addEventListener("submit",
            (e) => { e.preventDefault(); window.sent += 1; });
          const press = (extra) => document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", { key: "F9", bubbles: true, cancelable: true, ...extra }));
          press({ isComposing: true }); press({ keyCode: 229 }); }"""
    )
    assert till.evaluate("window.sent") == 0
    till.fill("#id_name", "x")
    till.fill("#id_amount", "1")
    site.press(till, "F9")
    assert till.evaluate("window.sent") == 1


PLACES = ("#id_name", "#id_amount", "input[name=tick]", "main form button", "#find", "body", "a.mark")
WATCH = """() => {
  const note = (kind) => { sessionStorage.pressed += kind; };
  document.querySelector("main form").addEventListener("submit", () => note("submit"));
  for (const element of document.querySelectorAll("main button, nav a")) {
    element.addEventListener("click", () => note("click"));
  }
  const value = (where) => document.querySelector(where).value;
  sessionStorage.pressed = "";
  document.addEventListener("scan", () => {
    sessionStorage.amount = value("#id_amount");
    sessionStorage.named = value("#id_name");
    sessionStorage.ticked = document.querySelector("input[name=tick]").checked;
  });
}"""
# Without the guards the same keys do press and stay: the test can fail.
KEPT = "['pressed', 'amount', 'named', 'ticked'].map((key) => sessionStorage[key])"


@pytest.mark.parametrize("end", ["Enter", "Tab"])
def test_a_scan_goes_to_the_search_from_anywhere(till: Page, end: str) -> None:
    for where in PLACES:
        till.goto("/note")
        till.evaluate(WATCH)
        till.fill("#id_name", "张")
        till.fill("#id_amount", "700.00")
        if where == "body":
            till.evaluate("document.activeElement.blur()")
        else:
            till.focus(where)
        type_like_a_scanner(till, BARCODE, end=end)
        till.wait_for_url(f"**/search?q={BARCODE}")
        assert till.evaluate(KEPT) == ["", "700.00", "张", "false"], where


def test_a_scan_without_an_end_never_stays_in_an_amount(till: Page) -> None:
    till.fill("#id_amount", "12.00")
    type_like_a_scanner(till, BARCODE)
    till.wait_for_url(f"**/search?q={BARCODE}")


def test_a_person_typing_is_not_a_scan(till: Page) -> None:
    till.focus("#id_name")
    site.keyed(till, "123456789012", delay=90)
    site.press(till, "Enter")
    expect(till.locator("#id_amount")).to_be_focused()
    assert till.input_value("#id_name") == "123456789012"


def test_enter_goes_on_and_a_double_key_sends_once(till: Page) -> None:
    posts: list[str] = []
    till.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    till.focus("#id_name")
    site.keyed(till, "Li", delay=50)
    site.press(till, "Enter")
    site.keyed(till, "12.50", delay=50)
    with site.next_page(till):
        site.press_at_once(till, "F9", times=2)
    expect(till.locator(".toast")).to_contain_text("Li 1250")
    assert len(posts) == 1
    till.go_back()
    till.reload()
    expect(till.locator("h1")).to_have_text("Note")
    assert len(posts) == 1, "neither Back nor reload sends again"


def test_leaving_with_changes_asks(till: Page) -> None:
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    till.on("dialog", leave)
    till.click("#id_name")
    site.keyed(till, "half", delay=50)
    till.goto("/bills")
    assert asked == ["beforeunload"]


def test_an_ended_session_keeps_the_typed_form(till: Page) -> None:
    till.fill("#id_name", '欧阳"娜娜')
    till.fill("#id_amount", "88.80")
    Session.objects.all().delete()
    site.press_through(till, "F9")
    expect(till.locator(".notice")).to_contain_text("what you typed is kept")
    till.fill("input[name=username]", "clerk")
    till.fill("input[name=password]", site.PASSWORD)
    site.press_through(till, "Enter")
    till.wait_for_url("**/resume")
    site.press_through(till, "Enter")
    expect(till.locator(".toast")).to_contain_text('欧阳"娜娜 8880')


def test_a_search_after_the_session_ended_offers_the_log_in(till: Page) -> None:
    till.fill("#id_amount", "88.80")
    Session.objects.all().delete()
    site.press(till, "F2")
    site.keyed(till, "1142", delay=60)
    expect(till.locator("#logged-out")).to_be_visible()
    assert till.input_value("#id_amount") == "88.80"


def test_lists_by_keyboard(open_page: site.OpenPage) -> None:
    page = open_page(language="en")
    site.log_in(page)
    page.goto("/bills?utility=GAS")
    site.press(page, "ArrowDown")
    site.press(page, "ArrowDown")
    site.press_through(page, "Enter")
    page.wait_for_url(re.compile(r"/bills/5\?"))
    site.press_through(page, "Alt+ArrowDown")
    page.wait_for_url(re.compile(r"/bills/9\?"))
    expect(page.locator("a[rel=next]")).to_be_visible()
    page.goto("/bills")
    site.press(page, "ArrowDown")
    site.press_through(page, "PageDown")
    page.wait_for_url("**/bills?page=2")


def test_columns_are_chosen_in_a_dialog(open_page: site.OpenPage) -> None:
    page = open_page(language="en")
    site.log_in(page)
    page.goto("/bills?utility=GAS")
    page.click("text=Columns")
    page.uncheck("#column-chooser input[value=holder]")
    site.click_through(page.locator("#column-chooser button.is-primary"))
    page.wait_for_url(re.compile("columns="))
    assert "utility=GAS" in page.url
    expect(page.locator("thead th")).to_have_count(6)


def test_a_filter_applies_itself(open_page: site.OpenPage) -> None:
    page = open_page(language="en")
    site.log_in(page)
    page.goto("/bills")
    with site.next_page(page):
        page.select_option("select[name=utility]", "GAS")
    page.wait_for_url(re.compile("utility=GAS"))
    expect(page.locator(".page-head .tag")).to_have_text("300")


def test_theme_and_language_switch_and_stay(open_page: site.OpenPage) -> None:
    page = open_page(language="en")
    site.log_in(page)
    page.goto("/bills?utility=GAS")
    page.click("details.menu > summary")
    site.click_through(page.locator("text=Dark"))
    assert page.url.endswith("/bills?utility=GAS")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.click("details.menu > summary")
    site.click_through(page.locator("text=简体中文"))
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"


def test_nothing_is_wider_than_a_phone(open_page: site.OpenPage) -> None:
    page = open_page(width=390, height=844)
    site.log_in(page)
    for address in PAGES:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address


@pytest.fixture
def without_script(browser: Browser, site_url: str) -> Iterator[Page]:
    window = browser.new_context(java_script_enabled=False, base_url=site_url)
    yield window.new_page()
    window.close()


def test_everything_works_as_an_ordinary_page(without_script: Page) -> None:
    page = without_script
    site.log_in(page)
    page.fill("#find", "1142")
    site.press_through(page, "Enter")
    page.wait_for_url("**/bills/1142")
    page.goto("/bills")
    page.select_option("select[name=utility]", "GAS")
    site.click_through(page.locator(".filters button"))
    page.wait_for_url(re.compile("utility=GAS"))
    site.click_through(page.locator("tbody a.record").first)
    page.wait_for_url(re.compile(r"/bills/1\?"))


def test_money_in_the_browser_is_whole_cents(till: Page) -> None:
    module = till.evaluate("document.querySelector('script[type=module]').src").replace("shell", "money")
    till.evaluate("async (address) => { window.money = await import(address); }", module)
    typed = ["12.5", "1,234.50", "１２．５", "0.1", "-0.05", "1.005", "abc", "", "1e3", "0.29"]
    parsed = till.evaluate("(typed) => typed.map((text) => money.parse(text))", typed)
    assert parsed == [1250, 123450, 1250, 10, -5, None, None, None, None, 29]
    written = till.evaluate("[123450, 5, -5, 0, 100000000].map((c) => money.format(c))")
    assert written == ["1,234.50", "0.05", "-0.05", "0.00", "1,000,000.00"]
