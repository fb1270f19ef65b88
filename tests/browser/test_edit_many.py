"""Many records changed at once by a supervisor: tick, see what would change, say yes, see the results."""

import datetime
import io
import os
import pathlib
import re

import pytest
import xlsxwriter
from django.conf import LazySettings
from playwright.sync_api import Page, expect

from meterbook.domain.agreements import models as agreements
from meterbook.domain.customers import models as customers
from tests.browser import conftest, looks
from tests.builders import records

TODAY = datetime.date(2026, 11, 20)
NAMES = ["张建国", "李秀兰", "欧阳娜娜", "王磊", "赵一", "周敏"]
# A folder to look at the pages in, for whoever works on them.
PICTURES = os.environ.get("PICTURES_OF_PAGES")


@pytest.fixture
def supplies(site_settings: LazySettings, site_url: str) -> list[records.Supply]:
    """Six customers with water; one of them is suspended already."""
    site_settings.METERBOOK_FIXED_TODAY = TODAY
    world = records.world()
    made = records.supplies(count=6, station_id=world.station_a, tariff_id=records.tariff(), name=NAMES)
    suspended = agreements.Account.objects.filter(pk=made[1].account_id)
    suspended.update(state=agreements.AccountState.SUSPENDED)
    records.staff(
        role="SUPERVISOR",
        unit_id=world.station_a,
        username="super",
        name="陈主管",
        password=conftest.PASSWORD,
    )
    return made


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=pathlib.Path(PICTURES) / f"{name}.png")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_three_ticked_rows_are_suspended_and_one_stays_as_it_is(
    open_page: conftest.OpenPage, supplies: list[records.Supply], language: str
) -> None:
    page = open_page(language=language)
    conftest.log_in(page, username="super")
    page.goto("/customers/")
    for supply in supplies[:3]:
        page.locator(f"td.tick input[value='{supply.account_id}']").check()
    picture(page, f"many-list-{language}")
    page.locator("[data-opens=change-many]").click()
    expect(page.locator("[data-ticked]")).to_have_text("3")
    page.locator("#many-act").select_option("ACCOUNT_STATE")
    picture(page, f"many-dialog-{language}")
    conftest.click_through(page.locator("#change-many .acts-foot button"))
    page.locator("select[name=to]").select_option(str(agreements.AccountState.SUSPENDED.value))
    page.locator("input[name=reason]").fill("管网改造停水")
    picture(page, f"many-form-{language}")
    assert looks.serious_faults(page) == []
    conftest.press_through(page, "F9")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tbody .tag.is-brand")).to_have_count(2)
    picture(page, f"many-seen-{language}")
    assert looks.serious_faults(page) == []
    states = agreements.Account.objects.filter(state=agreements.AccountState.SUSPENDED)
    assert states.count() == 1, "nothing is changed yet"
    conftest.press_through(page, "F9")
    expect(page.locator("tbody .tag.is-ok")).to_have_count(2)
    picture(page, f"many-done-{language}")
    assert looks.serious_faults(page) == []
    assert states.count() == 3


def test_the_box_at_the_head_ticks_the_page_and_a_row_still_opens(
    open_page: conftest.OpenPage, supplies: list[records.Supply]
) -> None:
    page = open_page(language="en")
    conftest.log_in(page, username="super")
    page.goto("/customers/records/")
    page.locator("[data-tick-all]").check()
    expect(page.locator("td.tick input:checked")).to_have_count(6)
    page.locator("td.tick input").first.uncheck()
    expect(page.locator("[data-tick-all]")).not_to_be_checked()
    expect(page.locator("[data-ticked]")).to_have_text("5")
    assert looks.serious_faults(page) == []
    conftest.click_through(page.locator("tbody tr td").nth(2))
    expect(page).to_have_url(re.compile("/customers/[0-9]+/"))
    assert customers.Customer.objects.count() == 6


def test_the_dialog_begins_with_the_ticked_rows_or_with_the_page_where_nothing_is_ticked(
    open_page: conftest.OpenPage, supplies: list[records.Supply]
) -> None:
    page = open_page(language="en")
    conftest.log_in(page, username="super")
    page.goto("/customers/")
    ticked, whole, everything = (
        page.locator(f"#change-many input[value={value}]") for value in ("ticked", "page", "all")
    )
    page.locator("[data-opens=change-many]").click()
    expect(whole).to_be_checked()
    expect(ticked).to_be_disabled()
    conftest.press(page, "Escape")
    page.locator("td.tick input").first.check()
    page.locator("[data-opens=change-many]").click()
    expect(ticked).to_be_checked()
    everything.check()
    conftest.press(page, "Escape")
    page.locator("td.tick input").nth(1).check()
    page.locator("[data-opens=change-many]").click()
    expect(everything).to_be_checked()


def _workbook(rows: list[list[str]]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        for y, row in enumerate(rows):
            sheet.write_row(y, 0, row)
    return target.getvalue()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_an_edited_workbook_is_seen_before_it_is_taken(
    open_page: conftest.OpenPage, supplies: list[records.Supply], language: str
) -> None:
    page = open_page(language=language)
    conftest.log_in(page, username="super")
    page.goto("/many/customer_records/upload")
    assert looks.serious_faults(page) == []
    first, second = (str(supply.customer_id) for supply in supplies[:2])
    heads = ["Key (don't change)", "Payment method", "Remark for the clerk"]
    good = [[first, "Bank transfer", "拆迁范围内"], [second, "At the counter", "有狗"]]
    for number, rows in enumerate(([heads, *good, [first, "Shells", ""]], [heads, *good])):
        file = {"name": "list.xlsx", "mimeType": "application/octet-stream", "buffer": _workbook(rows)}
        page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]  # a file of its own making
        page.locator("input[name=reason]").fill("资料整理")
        conftest.press_through(page, "F9")
        expect(page.locator("tbody tr")).to_have_count(1 if number == 0 else 3)
        picture(page, f"many-sheet-{number}-{language}")
        assert looks.serious_faults(page) == []
    expect(page.locator("tbody .tag.is-brand")).to_have_count(3)
    assert not customers.Customer.objects.filter(remark="有狗").exists()
