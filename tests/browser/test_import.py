"""Taking customers in as a clerk does it: template, errors, mending, the bar to watch, the outcome."""

import os
import pathlib
import re
import threading
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.db import connections
from playwright.sync_api import Page, expect

from meterbook.application import actor as actors
from meterbook.application import company, customer_columns, import_work, progress, spreadsheets
from meterbook.domain.access import models as access
from meterbook.domain.agreements import models as agreements
from meterbook.domain.imports import models
from meterbook.interfaces import clock
from tests.browser import conftest, looks
from tests.builders import records
from tests.integration.imports import workbooks

ROWS = 700
# A folder to look at the pages in, for whoever works on them, and the language to see them in.
PICTURES = os.environ.get("PICTURES_OF_PAGES")
LANGUAGE = os.environ.get("LANGUAGE_OF_PICTURES", "zh-hans")


@pytest.fixture
def supervisor(site_settings: LazySettings, site_url: str) -> access.Staff:
    """Somebody who may import into station A."""
    world = records.world()
    records.tariff()
    return records.staff(
        role="SUPERVISOR",
        unit_id=world.station_a,
        username="super",
        name="陈主管",
        password=conftest.PASSWORD,
    )


class Worker:
    """The worker, a thread that stops at each stage until it is let go on."""

    def __init__(self, *, staff: access.Staff) -> None:
        self.actor = actors.of_staff(staff=staff, remote_address="")
        self.at: list[progress.Stage] = []
        self.arrived, self.may_go_on = threading.Semaphore(0), threading.Semaphore(0)
        self.thread: threading.Thread | None = None
        self.asked: list[int] = []

    def begin(self, import_id: int) -> None:
        """Begin what waits, up to the first stage."""
        self.at = []
        self.thread = threading.Thread(target=self._work, args=(import_id,), daemon=True)
        self.thread.start()
        assert self.arrived.acquire(timeout=30)

    def go_on(self) -> None:
        """Go on to the next stage."""
        self.may_go_on.release()
        assert self.arrived.acquire(timeout=60)

    def finish(self) -> None:
        """Go on to the end."""
        for _stage in progress.Stage:
            self.may_go_on.release()
        assert self.thread is not None
        self.thread.join(timeout=60)
        assert not self.thread.is_alive()
        self.arrived, self.may_go_on = threading.Semaphore(0), threading.Semaphore(0)

    def stop(self, stage: progress.Stage) -> None:
        """Called by the work whenever it told something."""
        if stage not in self.at:
            self.at.append(stage)
            self.arrived.release()
            assert self.may_go_on.acquire(timeout=120)

    def _work(self, import_id: int) -> None:
        company.use_schema("main")
        try:
            import_work.work(
                actor=self.actor,
                import_id=import_id,
                now=clock.now,
                today=clock.today(),
                defer=self.asked.append,
            )
        finally:
            connections.close_all()


@pytest.fixture
def worker(supervisor: access.Staff, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker that stops at each stage."""
    made = Worker(staff=supervisor)
    told = import_work._Channel.tell

    def tell(channel: import_work._Channel, stage: progress.Stage, percent: int) -> None:
        told(channel, stage, percent)
        made.stop(stage)

    monkeypatch.setattr(import_work._Channel, "tell", tell)
    yield made
    if made.thread is not None:
        made.thread.join(timeout=60)


def test_the_template_is_filled_in_and_wrong_rows_come_back_with_reasons(
    open_page: conftest.OpenPage, supervisor: access.Staff, tmp_path: pathlib.Path
) -> None:
    page = open_page(language=LANGUAGE)
    conftest.log_in(page, username="super")
    page.goto("/imports/")
    picture(page, "1-empty")
    template = downloaded(page, key="F7", to=tmp_path / "template.xlsx")
    headings = spreadsheets.read_sheet(content=template.read_bytes()).headings
    assert set(headings) == {getattr(column, spelling()) for column in customer_columns.COLUMNS}

    upload(page, file=made(tmp_path / "旧系统 三户.xlsx", rows=3, wrong={1: "digits", 2: "installed_on"}))
    picture(page, "2-errors")
    wrong = page.locator("section.card", has=page.locator("td.is-wrap")).locator("tbody tr")
    assert [row.inner_text().split("\t")[0] for row in wrong.all()] == ["3", "4"]
    assert agreements.Account.objects.count() == 0
    errors = downloaded(page, key="F9", to=tmp_path / "errors.xlsx")
    assert len(spreadsheets.read_sheet(content=errors.read_bytes()).rows) == 2
    assert looks.serious_faults(page) == []


def test_seven_hundred_households_come_in_and_are_compared(
    open_page: conftest.OpenPage, supervisor: access.Staff, worker: Worker, tmp_path: pathlib.Path
) -> None:
    page = open_page(language=LANGUAGE)
    conftest.log_in(page, username="super")
    file = made(tmp_path / "旧系统 城东.xlsx", rows=ROWS)
    upload(page, file=file)
    import_id = int(re.findall(r"[0-9]+", page.url)[-1])
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("value", "0")
    picture(page, "3-waiting")
    worker.begin(import_id)
    worker.go_on()
    expect(bar).not_to_have_attribute("value", re.compile("^[0-9]$"), timeout=10_000)
    picture(page, "4-checking")
    assert looks.serious_faults(page) == []
    worker.finish()
    outcome(page)
    picture(page, "5-ready")
    conftest.press_through(page, "F7")
    page.wait_for_url(re.compile("/audit/"))
    picture(page, "15-not-compared")
    assert looks.serious_faults(page) == []
    conftest.click_through(page.locator(".page-head .acts a").last)
    page.wait_for_url(re.compile(r"/imports/[0-9]+/$"))

    conftest.press_through(page, "F9")
    expect(bar).to_have_count(1)
    worker.begin(import_id)
    worker.go_on()
    worker.go_on()
    page.goto("/imports/")
    picture(page, "6-list-while-it-runs")
    conftest.click_through(page.locator("tbody a.record").first)
    expect(bar).to_have_attribute("value", re.compile("[5-9][0-9]"))
    picture(page, "7-importing")
    worker.finish()
    outcome(page)
    picture(page, "8-imported")
    assert agreements.Account.objects.count() == ROWS
    assert worker.asked == [import_id]
    compare(page, worker=worker, import_id=import_id, to=tmp_path / "comparison.xlsx")

    conftest.press_through(page, "F9")
    page.wait_for_url(re.compile("/accounts/|/customers/"))
    conftest.click_through(page.locator("tbody a.record").first)
    expect(page.locator("h1")).to_contain_text("李秀兰")
    picture(page, "9-account")

    upload(page, file=file)
    expect(page.locator(".toast")).to_be_visible()
    assert page.url.endswith(f"/imports/{import_id}/")
    picture(page, "10-again")
    assert agreements.Account.objects.count() == ROWS


def compare(page: Page, *, worker: Worker, import_id: int, to: pathlib.Path) -> None:
    """Put the older system's totals beside the books, one of them wrong; then back to the file."""
    conftest.press_through(page, "F7")
    page.wait_for_url(re.compile("/audit/"))
    expect(page.get_by_role("progressbar")).to_have_count(1)
    worker.begin(import_id)
    picture(page, "14-comparing")
    worker.finish()
    expect(page.locator(".page-head .tag.is-ok")).to_have_count(1, timeout=10_000)
    page.locator("input[name=accounts]").fill("701")
    page.locator("input[name=owed]").fill("60480")
    conftest.press_through(page, "F9")
    page.wait_for_url(re.compile("accounts=701"))
    expect(page.locator("td .tag.is-bad")).to_have_count(1)
    picture(page, "13-compared")
    assert looks.serious_faults(page) == []
    comparison = downloaded(page, key="F7", to=to)
    assert spreadsheets.read_sheet(content=comparison.read_bytes()).rows
    conftest.click_through(page.locator(".page-head .acts a").last)
    page.wait_for_url(re.compile(r"/imports/[0-9]+/$"))


def test_a_running_check_is_called_off_and_begun_again(
    open_page: conftest.OpenPage, supervisor: access.Staff, worker: Worker, tmp_path: pathlib.Path
) -> None:
    page = open_page(language=LANGUAGE)
    conftest.log_in(page, username="super")
    upload(page, file=made(tmp_path / "旧系统 城东.xlsx", rows=ROWS))
    import_id = int(re.findall(r"[0-9]+", page.url)[-1])
    worker.begin(import_id)
    conftest.press_through(page, "F8")
    expect(page.locator("kbd", has_text="F8")).to_have_count(0)
    picture(page, "11-being-called-off")
    worker.finish()
    expect(page.locator(".notice.is-warn")).to_be_visible(timeout=10_000)
    picture(page, "12-called-off")
    assert looks.serious_faults(page) == []
    assert agreements.Account.objects.count() == 0
    conftest.press_through(page, "F9")
    expect(page.get_by_role("progressbar")).to_have_count(1)
    worker.begin(import_id)
    worker.finish()
    outcome(page)
    expect(page.locator(".notice.is-warn")).to_have_count(0)
    assert models.ImportFile.objects.get().state == models.ImportState.CHECKED


def made(file: pathlib.Path, *, rows: int, wrong: dict[int, str] | None = None) -> pathlib.Path:
    """A workbook; `wrong` names a column that is spoilt by the number of its row, counted from 0."""
    content = [
        workbooks.row(n, community=f"新城{n // 100}里", book=f"B{n // 100:02d}", owed_milli="86.4")
        | {"owed_due_on": "2025-11-30"}
        for n in range(rows)
    ]
    for number, column in (wrong or {}).items():
        content[number][column] = "x9"
    file.write_bytes(workbooks.workbook(content))
    return file


def upload(page: Page, *, file: pathlib.Path) -> None:
    page.goto("/imports/")
    page.locator("input[type=file]").set_input_files(file)
    conftest.press_through(page, "F9")
    page.wait_for_url(re.compile("/imports/[0-9]+/"))


def outcome(page: Page) -> None:
    """Wait until the page with the bar has given way to the one that says what came of it."""
    expect(page.locator("[data-key=F7]")).to_be_visible(timeout=10_000)
    expect(page.get_by_role("progressbar")).to_have_count(0)


def downloaded(page: Page, *, key: str, to: pathlib.Path) -> pathlib.Path:
    with page.expect_download() as waiting:
        conftest.press(page, key)
    waiting.value.save_as(to)
    return to


def spelling() -> str:
    """Which headings the language of the page has."""
    return "zh" if LANGUAGE.startswith("zh") else "en"


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=pathlib.Path(PICTURES) / f"{name}-{LANGUAGE}.png")
