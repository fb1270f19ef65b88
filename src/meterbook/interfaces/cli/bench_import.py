"""`meterbook bench import`: a made-up customers' workbook read, checked and written in a scratch company."""

import contextlib
import datetime
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli import bench_report, bench_world, console
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from meterbook.application import import_customers, spreadsheets

app = typer.Typer()

DEFAULT_ROWS = 20_000
PER_BOOK = 300
TODAY = datetime.date(2026, 12, 1)
_NAMES = ("李秀兰", "王建国", "张伟", "刘洋", "陈静", "杨军", "赵敏", "黄磊")
_HEADINGS = (
    "station", "name", "customer_class", "phone", "district", "street", "community", "building", "entrance",
    "flat_no", "persons", "utility", "serial_no", "maker", "model_name", "digits", "initial_milli",
    "installed_on", "book", "tariff", "old_no", "verified_on", "owed_milli", "owed_due_on", "counted_milli",
)  # fmt: skip


@app.command()
def import_(
    *,
    rows: Annotated[int, typer.Option(min=1, help="How many rows.")] = DEFAULT_ROWS,
    bad: Annotated[int, typer.Option(min=0, help="How many rows of the first file are wrong.")] = 137,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Check a workbook with wrong rows, then import the mended one; COPY of nothing but text beside it."""
    watch = bench_report.Stopwatch()
    with contextlib.ExitStack() as stack:
        with watch.stage("make_database"):
            stack.enter_context(bench_world.scratch_database())
        from meterbook.application import company

        company.use_company()
        bench_world.found()
        with watch.stage("make_workbook"):
            wrong, good = _workbook(rows, bad=bad), _workbook(rows, bad=0)
            other = _workbook(rows, bad=0, remark="2")
        with watch.stage("dry_run"):
            refused = _run(wrong, watch=watch, stage="of_it_read", is_dry=True)
        with watch.stage("baseline"):
            _read(good)
        with watch.stage("import"):
            done = _run(good, watch=watch, stage="import_of_it_read", is_dry=False)
        with watch.stage("same_rows_again"):
            again = _run(other, watch=watch, stage="again_of_it_read", is_dry=True)
        peak_mb = bench_report.peak_mb()
    found = bench_report.report(
        name="import",
        n=rows,
        work_stage="import",
        baseline=_("opening the same workbook and reading its cells as text"),
        stopwatch=watch,
        facts={
            "workbook_mb": len(good) // (1 << 20),
            "wrong_rows_found": refused.error_count,
            "accounts": done.account_count,
            "unchanged_rows": again.unchanged_count,
            "peak_mb_of_parent": peak_mb,
        },
    )
    bench_report.show(found, as_json=as_json)


def _run(
    content: bytes, *, watch: bench_report.Stopwatch, stage: str, is_dry: bool
) -> "import_customers.ImportResult":
    from meterbook.application import actor as actors
    from meterbook.application import import_customers

    with watch.stage(stage):
        sheet = _read(content)
    with console.progress() as bar:
        task = bar.add_task(_("per cent"), total=100)
        file = import_customers.NewFile(
            name="bench.xlsx",
            content=content,
            sheet=sheet,
            tell=lambda _stage, percent: bar.update(task, completed=percent),
        )
        done, _checked = import_customers.import_now(
            actor=actors.of_system(identity="bench:import"),
            file=file,
            now=bench_world.NOW,
            today=TODAY,
            is_dry=is_dry,
        )
    return done


def _read(content: bytes) -> "spreadsheets.Sheet":
    from meterbook.application import spreadsheets

    return spreadsheets.read_sheet(content=content)


def _workbook(rows: int, *, bad: int, remark: str = "") -> bytes:
    """The workbook; of the `bad` rows every second one has no number of digits, the others a wrong date."""
    import xlsxwriter

    every = rows // bad if bad else 0
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as book:
        page = book.add_worksheet()
        for x, heading in enumerate((*_HEADINGS, f"# {remark}")):
            page.write_string(0, x, heading)
        wrong = 0
        for y, cells in enumerate(_rows(rows)):
            if every and wrong < bad and y % every == 0:
                cells[_HEADINGS.index("digits" if wrong % 2 else "installed_on")] = "x"
                wrong += 1
            for x, cell in enumerate(cells):
                page.write_string(y + 1, x, cell)
    return buffer.getvalue()


def _rows(count: int) -> Iterator[list[str]]:
    for n in range(count):
        yield [
            "S", _NAMES[n % 8], "居民", f"139{n:08d}", "城东区", f"{n % 40}号街", f"柳荫{n // 2_000}里",
            str(n % 2_000 // 60 + 1), str(n % 60 // 20 + 1), str(n % 20 + 101), str(n % 6 + 2), "水",
            f"B{n:09d}", "城东仪表", "LXS-20E", "5", "12.5", "2026-09-28", f"{n // PER_BOOK:06d}",
            "CN-BEIJING-WATER-RESIDENTIAL", f"OLD-{n:09d}", "2026-08-01",
            f"{n % 90}.40" if n % 10 == 0 else "", "2026-11-30" if n % 10 == 0 else "", str(n % 150),
        ]  # fmt: skip
