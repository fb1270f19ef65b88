"""Files and moments that try to break the import: nothing half-done, nothing twice, refusals in words."""

import datetime
import io
import os
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.urls import reverse

from meterbook.application import actor as actors
from meterbook.application import company, customer_columns, import_customers, import_work, spreadsheets
from meterbook.domain.agreements import models as agreements
from meterbook.domain.devices import models as devices
from meterbook.domain.imports import models, queries
from meterbook.interfaces import import_words
from tests.builders import records
from tests.integration.imports import workbooks
from tests.support import server as server_module

TODAY = datetime.date(2026, 1, 15)
MANY = 60_000


def founded() -> records.World:
    world = records.world()
    records.tariff()
    return world


def dry_run(content: bytes) -> list[tuple[int, str, str]]:
    """What is wrong with a file: row, column, code."""
    checked = import_customers.dry_run(actor=records.system(), content=content, today=TODAY)
    return list(checked.errors.select("row", "column", "code").iter_rows())


@pytest.mark.usefixtures("db")
def test_a_last_row_that_is_wrong_stops_sixty_thousand_before_it() -> None:
    founded()
    keys = [key for key in workbooks.ROW if key != "sequence"]
    lines = [",".join(keys)]
    for number in range(MANY):
        row = workbooks.row(number, community=f"新城{number // 200}里", book=f"B{number // 300:03d}")
        if number == MANY - 1:
            row["initial_milli"] = "#REF!"
        lines.append(",".join(str(row[key]) for key in keys))
    kept = import_customers.check_file(
        actor=records.system(),
        name="旧.csv",
        content="\n".join(lines).encode("gb18030"),
        now=records.NOW,
        today=TODAY,
    )
    assert (kept.row_count, kept.error_count, kept.state) == (MANY, 1, models.ImportState.REJECTED)
    (error,) = queries.errors_of(import_id=kept.import_id)
    assert (error.row, error.column, error.value) == (MANY + 1, "initial_milli", "#REF!")
    done = import_customers.apply_file(
        actor=records.system(), import_id=kept.import_id, now=records.NOW, today=TODAY
    )
    assert (done.state, devices.Meter.objects.count()) == (models.ImportState.REJECTED, 0)


Change = Callable[[Any, dict[str, int]], None]


def changed(change: Change, *, rows: int = 3) -> bytes:
    """A workbook of good rows to which somebody did something more; `places` are columns by key."""
    content = [workbooks.row(number) for number in range(1, rows + 1)]
    places = {key: place for place, key in enumerate(workbooks.ROW)}
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, [customer_columns.BY_KEY[key].zh for key in places])
        for y, row in enumerate(content, start=1):
            page.write_row(y, 0, [row[key] for key in places])
        change(page, places)
    return buffer.getvalue()


def merge_names(page: Any, places: dict[str, int]) -> None:
    page.merge_range(1, places["name"], 2, places["name"], "李秀兰")


def merge_below(page: Any, places: dict[str, int]) -> None:
    page.merge_range(9, 0, 9, places["tariff"], "")


def broken_formula(page: Any, places: dict[str, int]) -> None:
    page.write_formula(2, places["initial_milli"], "=A99/0", value="#DIV/0!")


def formula_with_value(page: Any, places: dict[str, int]) -> None:
    page.write_formula(2, places["initial_milli"], "=10+2.5", value=12.5)


def broken_beside(page: Any, places: dict[str, int]) -> None:
    page.write_string(0, len(places), "# 备注")
    page.write_formula(2, len(places), "=A99/0", value="#DIV/0!")


def blanks_behind(page: Any, places: dict[str, int]) -> None:
    for y in range(1, 4):
        page.write_string(y, places["serial_no"], f" W000000{y} \u3000")
        page.write_string(y, places["station"], f"{records.STATION_A} ")
    for y in range(4, 400):
        page.write_row(y, 0, ["", "  ", "\u3000"])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (merge_names, [(2, "name", "MERGED_CELL"), (3, "name", "MERGED_CELL")]),
        (merge_below, []),
        (broken_formula, [(3, "initial_milli", "FORMULA")]),
        (formula_with_value, [(3, "initial_milli", "FORMULA")]),
        (broken_beside, []),
        (blanks_behind, []),
    ],
)
@pytest.mark.usefixtures("db")
def test_what_people_do_to_sheets_is_named_or_does_no_harm(
    change: Change, expected: Sequence[tuple[int, str, str]]
) -> None:
    founded()
    assert dry_run(changed(change)) == list(expected)


@pytest.mark.usefixtures("db")
def test_fifty_megabytes_and_a_bomb_are_refused_on_the_form_and_not_kept() -> None:
    world = founded()
    client = Client(headers={"accept-language": "en"})
    client.force_login(records.staff(role="SUPERVISOR", unit_id=world.station_a))
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 300_000_000)
    for content, words in (
        (b"PK\x03\x04" + bytes(50_000_000), "The file is too large."),
        (bomb.getvalue(), "unpacks to far more"),
    ):
        answer = client.post(reverse("imports"), {"file": SimpleUploadedFile("a.xlsx", content)})
        assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not models.ImportFile.objects.exists()


@pytest.mark.usefixtures("db")
def test_an_account_of_a_station_one_may_not_see_is_in_the_way_and_nothing_of_it_is_told(
    request: pytest.FixtureRequest,
) -> None:
    world = founded()
    theirs, mine = (
        records.actor(role="SUPERVISOR", unit_id=unit) for unit in (world.station_b, world.station_a)
    )
    first = kept(theirs, workbooks.row(1, station=records.STATION_B, account_no="K1", name="外所客户"))
    import_customers.apply_file(actor=theirs, import_id=first.import_id, now=records.NOW, today=TODAY)
    # a job sees the whole company, and says no more than that the number is taken
    found = queries.errors_of(import_id=kept(mine, workbooks.row(2, account_no="K1")).import_id)
    assert [(error.column, error.code, error.fact) for error in found] == [
        ("account_no", "ACCOUNT_EXISTS", "")
    ]
    request.getfixturevalue("as_web_role")
    mended = kept(mine, workbooks.row(3, account_no="K1"))
    assert mended.state == models.ImportState.CHECKED
    with pytest.raises(import_customers.ImportConflictError) as conflict:
        import_customers.apply_file(actor=mine, import_id=mended.import_id, now=records.NOW, today=TODAY)
    assert conflict.value.constraint in import_words.CONFLICTS
    assert "外所客户" not in import_words.conflict(conflict.value.constraint)


def kept(by: actors.Actor, row: dict[str, Any]) -> import_customers.ImportResult:
    return import_customers.check_file(
        actor=by, name="客户.xlsx", content=workbooks.workbook([row]), now=records.NOW, today=TODAY
    )


def test_more_rows_than_a_file_may_have_are_refused_with_the_number() -> None:
    content = workbooks.workbook([workbooks.row(number) for number in range(1, 5)])
    assert len(spreadsheets.read_sheet(content=content, limits=spreadsheets.Limits(rows=5)).rows) == 4
    with pytest.raises(spreadsheets.FileRefusedError) as refused:
        spreadsheets.read_sheet(content=content, limits=spreadsheets.Limits(rows=4))
    assert (refused.value.code, refused.value.fact) == (spreadsheets.Refusal.TOO_MANY_ROWS, "3")
    assert spreadsheets.DEFAULT_LIMITS.rows == 200_000 + 1


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all of them at the same moment, each as a process of its own would."""
    gate = threading.Barrier(len(acts))

    def do(act: Callable[[], Any]) -> Any:
        company.use_schema("main")
        try:
            gate.wait(timeout=30)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=len(acts)) as pool:
        return list(pool.map(do, acts))


@pytest.mark.usefixtures("own_database")
def test_one_file_uploaded_by_two_of_one_unit_at_once_is_kept_and_checked_once() -> None:
    world = founded()
    content = workbooks.workbook([workbooks.row(number) for number in range(1, 40)])
    asked: list[int] = []

    def upload(by: actors.Actor) -> Callable[[], int]:
        return lambda: (
            import_work.upload(
                actor=by, name="客户.xlsx", content=content, now=records.NOW, defer=asked.append
            ).import_id
        )

    people = [records.actor(role="SUPERVISOR", unit_id=world.station_a) for _person in range(2)]
    for again in range(3):
        content += b" " * again  # another file: the zip's end is found all the same
        asked.clear()
        ids = at_once(*map(upload, people))
        assert (len(set(ids)), asked) == (1, ids[:1])


@pytest.mark.usefixtures("own_database")
def test_one_file_imported_by_two_units_at_once_is_written_once() -> None:
    world = founded()
    content = workbooks.workbook([workbooks.row(number) for number in range(1, 40)])
    people = [
        records.actor(role="SUPERVISOR", unit_id=unit) for unit in (world.station_a, world.company_unit_id)
    ]
    ids = []
    for by in people:
        kept = import_customers.check_file(
            actor=by, name="客户.xlsx", content=content, now=records.NOW, today=TODAY
        )
        ids.append(kept.import_id)
    assert len(set(ids)) == 2

    def press(by: actors.Actor, import_id: int) -> Callable[[], str]:
        def pressed() -> str:
            try:
                done = import_customers.apply_file(
                    actor=by, import_id=import_id, now=records.NOW, today=TODAY
                )
            except import_customers.ImportConflictError:
                return "conflict"
            return "repeat" if done.is_repeat else done.state.name

        return pressed

    ends = at_once(*(press(by, import_id) for by, import_id in zip(people, ids, strict=True)))
    assert ends.count("APPLIED") == 1
    assert set(ends) <= {"APPLIED", "conflict", "repeat", "REJECTED"}
    assert agreements.Account.objects.count() == 39
    assert models.ImportFile.objects.filter(state=models.ImportState.APPLIED).count() == 1


def test_a_worker_killed_while_it_writes_leaves_nothing_and_the_next_one_does_it_all(
    own_database: str, postgres_server: server_module.Server
) -> None:
    world = founded()
    by = records.actor(role="SUPERVISOR", unit_id=world.station_a)
    asked: list[int] = []
    content = workbooks.workbook([workbooks.row(number) for number in range(1, 301)])
    kept = import_customers.check_file(
        actor=by, name="客户.xlsx", content=content, now=records.NOW, today=TODAY
    )
    import_work.ask(
        actor=by, import_id=kept.import_id, act=import_work.Act.APPLY, now=records.NOW, defer=asked.append
    )
    assert killed_at("WRITING85", import_id=kept.import_id, by=by, server=postgres_server, name=own_database)
    work = queries.work_of(import_id=kept.import_id)
    assert work is not None
    assert (work.state, work.stage, work.percent) == (models.WorkState.RUNNING, "WRITING", 85)
    assert agreements.Account.objects.count() == devices.Meter.objects.count() == 0
    import_work.work(
        actor=by, import_id=kept.import_id, now=lambda: records.NOW, today=TODAY, defer=asked.append
    )
    assert agreements.Account.objects.count() == devices.Meter.objects.count() == 300
    assert models.ImportFile.objects.get().state == models.ImportState.APPLIED


def killed_at(
    moment: str, *, import_id: int, by: actors.Actor, server: server_module.Server, name: str
) -> bool:
    """Do the work in a process that is killed without a word at a stage and percent; whether it was."""
    code = f"""if True:
        import datetime, os, signal
        import django
        django.setup()
        from meterbook.application import actor, company, import_work
        from meterbook.domain.access import models
        company.use_schema("main")
        told = import_work._Channel.tell
        def tell(channel, stage, percent):
            told(channel, stage, percent)
            if f"{{stage.value}}{{percent}}" == {moment!r}:
                os.kill(os.getpid(), signal.SIGKILL)
        import_work._Channel.tell = tell
        by = actor.of_staff(staff=models.Staff.objects.get(pk={by.staff_id}), remote_address="")
        import_work.work(
            actor=by, import_id={import_id}, now=lambda: datetime.datetime.now(datetime.UTC),
            today=datetime.date({TODAY.year}, {TODAY.month}, {TODAY.day}), defer=int,
        )
    """
    environment = server.environment(database=name) | {
        "METERBOOK_DATABASE_ROLE": "job",
        "DJANGO_SETTINGS_MODULE": "meterbook.config.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return True
