"""`meterbook readings`: open rounds, take readings in from a file, accept rounds."""

import datetime
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterbook.interfaces.cli import console
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from meterbook.application import check_readings, import_readings, sheet_files
    from meterbook.application.actor import Actor

app = typer.Typer(no_args_is_help=True, help=_("Rounds and readings."))
IDENTITY = "cli:readings"
SHOWN_ERRORS = 20

Book = Annotated[str, typer.Option(help=_("Code of the book."))]
Period = Annotated[str, typer.Option(help=_("The billing month, like 2026-11."))]
Station = Annotated[str, typer.Option(help=_("Code of the station, where two have such a book."))]
Json = Annotated[bool, typer.Option("--json", help=_("One line of JSON instead of words."))]


@app.command(name="open")
def open_round(*, book: Book, period: Period, station: Station = "", as_json: Json = False) -> None:
    """Open the book's round of a month, or complete the open one."""
    month = _month(period)
    actor = _ready()
    from meterbook.application import open_rounds
    from meterbook.domain.metering import operations as metering
    from meterbook.interfaces import clock, reading_reasons

    book_id = _book_id(actor, code=book, station=station)
    try:
        opened = open_rounds.open_round(
            actor=actor, book_id=book_id, period=month, today=clock.today(), now=clock.now()
        )
    except metering.RoundAcceptedError as refusal:
        raise console.CommandError(_("This round has been accepted.")) from refusal
    except metering.RoundOrderError as refusal:
        known = {
            "EARLIER_ROUND_OPEN": _("The round of {period} is still open."),
            "LATER_ROUND_EXISTS": _("The later round of {period} exists already."),
        }
        message = known[refusal.code].format(period=f"{refusal.period:%Y-%m}")
        raise console.CommandError(message) from refusal
    left_out = [[left.code, left.account_no, left.serial_no] for left in opened.left_out]
    if as_json:
        found = {"round_id": opened.round_id, "entries": opened.entry_count, "added": opened.added}
        console.print_json({**found, "left_out": left_out})
        return
    words = _("{book} {period}: {entries} to read, {added} new.")
    said = words.format(book=book, period=period, entries=opened.entry_count, added=opened.added)
    console.out().print(said)
    for left in opened.left_out:
        why = reading_reasons.LEFT_OUT[left.code]
        console.err().print(f"{left.sequence} {left.account_no} {left.serial_no}: {why}", markup=False)


@app.command(name="accept")
def accept_round(*, book: Book, period: Period, station: Station = "", as_json: Json = False) -> None:
    """Accept the book's round, once; its readings become usage. Exit code 1 when something is in the way."""
    month = _month(period)
    actor = _ready()
    from meterbook.application import accept_round as use_case
    from meterbook.domain.metering import operations as metering
    from meterbook.interfaces import clock, reading_reasons
    from meterbook.kernel import quantity

    round_id = _round_id(actor, code=book, station=station, month=month)
    try:
        accepted = use_case.accept_round(actor=actor, round_id=round_id, today=clock.today(), now=clock.now())
    except metering.NotReadyError as refusal:
        found = [[o.sequence, o.code, o.account_no, o.serial_no] for o in refusal.obstacles]
        if as_json:
            console.print_json({"round_id": round_id, "accepted": False, "obstacles": found})
        for o in refusal.obstacles[:SHOWN_ERRORS]:
            why = reading_reasons.OBSTACLES[o.code]
            console.err().print(f"{o.sequence} {o.account_no} {o.serial_no}: {why}", markup=False)
        message = _("{number} readings are in the way.").format(number=len(found))
        raise console.CommandError(message) from refusal
    totals = accepted.totals
    if as_json:
        figures = {"readings": totals.reading_count, "not_read": totals.not_read_count}
        state = {"round_id": round_id, "accepted": True, "is_repeat": accepted.is_repeat}
        console.print_json({**state, **figures, "quantity_milli": totals.quantity_milli})
        return
    usage = quantity.format_milli(totals.quantity_milli)
    words = _("{book} {period}: {number} readings accepted, usage {usage}.")
    console.out().print(words.format(book=book, period=period, number=totals.reading_count, usage=usage))


@app.command(name="limit")
def set_limit(
    *,
    utility: Annotated[str, typer.Option(help=_("WATER, GAS, ELECTRICITY or HEAT."))],
    times: Annotated[int, typer.Option(min=1, max=100, help=_("Times the average."))],
    floor: Annotated[str, typer.Option(help=_("Smaller usages are never held: m³, kWh or GJ."))],
) -> None:
    """Set from where on a usage is held as far above average."""
    actor = _ready()
    from meterbook.application import reading_limits
    from meterbook.domain.tables import Utility
    from meterbook.interfaces import clock
    from meterbook.kernel import quantity

    try:
        chosen, floor_milli = Utility[utility.upper()], quantity.parse_milli(floor)
    except (KeyError, quantity.QuantityError) as error:
        message = _("{utility} or {floor} is not understood.").format(utility=utility, floor=floor)
        fix = "--utility WATER --times 3 --floor 20"
        raise console.CommandError(message, fix=fix, exit_code=console.WRONG_USE) from error
    limit = reading_limits.Limit(times_average=times, floor_milli=max(floor_milli, 0))
    reading_limits.set_limit(actor=actor, utility=chosen, limit=limit, now=clock.now())
    console.out().print(f"{chosen.name}: {times} x, {quantity.format_milli(limit.floor_milli)}")


@app.command(name="import")
def import_file(
    *,
    file: Annotated[Path, typer.Argument(help=_("The workbook (.xlsx) or table (.csv)."))],
    is_dry: Annotated[bool, typer.Option("--dry-run", help=_("Check only, write nothing."))] = False,
    errors: Annotated[Path | None, typer.Option(help=_("Write the wrong rows to this workbook."))] = None,
    as_json: Json = False,
) -> None:
    """Enter the readings of a file into the open rounds: all of it, or nothing and exit code 2."""
    actor = _ready()
    from meterbook.application import import_readings as use_case
    from meterbook.interfaces import clock, import_words

    try:
        content = file.read_bytes()
        done = None if is_dry else _enter(actor, name=file.name, content=content)
        if done is not None and done.state is use_case.State.APPLIED:
            _tell(_facts(done), shown=[], as_json=as_json)
            return
        checked = use_case.dry_run(actor=actor, content=content, today=clock.today())
    except OSError as reason:
        message = _("{file} can't be read: {reason}").format(file=file, reason=reason.strerror)
        raise console.CommandError(message, exit_code=console.WRONG_USE) from reason
    except use_case.FileRefusedError as refused:
        raise console.CommandError(import_words.refusal(refused), exit_code=console.WRONG_USE) from refused
    except use_case.RoundsChangedError as changed:
        message = _("The rounds changed meanwhile.")
        raise console.CommandError(message, fix=_("Run it again.")) from changed
    shown = _shown(checked)
    if shown and errors is not None:
        errors.write_bytes(_error_workbook(content, shown=shown))
    held = sum(total.held for total in checked.totals)
    facts = {"rows": checked.row_count, "errors": len(shown), "held": held}
    _tell({"state": "REJECTED" if shown else "CHECKED", **facts}, shown=shown, as_json=as_json)
    if shown:
        raise SystemExit(console.WRONG_USE)


def _enter(actor: "Actor", *, name: str, content: bytes) -> "import_readings.ImportResult":
    """Check the file and, when nothing is wrong with it, enter it; bytes entered before are left alone."""
    from meterbook.application import import_readings as use_case
    from meterbook.interfaces import clock

    now, today = clock.now(), clock.today()
    kept = use_case.check_file(actor=actor, name=name, content=content, now=now, today=today)
    if kept.state is not use_case.State.CHECKED:
        return kept
    return use_case.apply_file(actor=actor, import_id=kept.import_id, now=now, today=today)


def _facts(done: "import_readings.ImportResult") -> dict[str, Any]:
    counts = {"rows": done.row_count, "errors": 0, "held": done.held_count}
    return {"state": "APPLIED", **counts, "is_repeat": done.is_repeat}


def _shown(checked: "check_readings.CheckedReadings") -> "list[sheet_files.ShownError]":
    from meterbook.application import reading_columns
    from meterbook.domain.imports import rules
    from meterbook.interfaces import import_words

    rows = [rules.RowError(**row) for row in checked.errors.iter_rows(named=True)]
    return import_words.shown(rows, columns=reading_columns.BY_KEY)


def _error_workbook(content: bytes, *, shown: "list[sheet_files.ShownError]") -> bytes:
    from meterbook.application import reading_columns, sheet_files, spreadsheets
    from meterbook.interfaces import import_words

    return sheet_files.error_workbook(
        sheet=spreadsheets.read_sheet(content=content),
        columns=reading_columns.COLUMNS,
        errors=shown,
        words=import_words.error_words(),
    )


def _tell(facts: dict[str, Any], *, shown: "list[sheet_files.ShownError]", as_json: bool) -> None:
    first = [
        {"row": e.row, "column": e.column, "value": e.value, "reason": e.reason} for e in shown[:SHOWN_ERRORS]
    ]
    if as_json:
        console.print_json({**facts, "first_errors": first})
        return
    for error in first:
        console.err().print(_("Row {row}: {column} {value}: {reason}").format(**error), markup=False)
    words = _("{rows} rows, {errors} errors, {held} held.")
    (console.err() if shown else console.out()).print(words.format(**facts))


def _language() -> str:
    said = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh-hans" if said.startswith("zh") else "en"


def _ready() -> "Actor":
    console.django_setup(role="job")
    from django.utils import translation

    from meterbook.application import actor as actors
    from meterbook.application import company

    company.use_company()
    translation.activate(_language())
    return actors.of_system(identity=IDENTITY)


def _month(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(f"{text}-01")
    except ValueError as error:
        message = _("{text} is not a month.").format(text=text)
        raise console.CommandError(message, fix="--period 2026-11", exit_code=console.WRONG_USE) from error


def _book_id(actor: "Actor", *, code: str, station: str) -> int:
    from meterbook.application import transaction
    from meterbook.domain.metering import queries

    with transaction.reading(actor=actor):
        found = queries.books_of_code(code=code, station_code=station or None)
    if not found:
        raise console.CommandError(
            _("There is no book {code}.").format(code=code), exit_code=console.WRONG_USE
        )
    if len(found) > 1:
        stations = ", ".join(sorted(found.values()))
        raise console.CommandError(
            _("Several stations have a book {code}.").format(code=code),
            fix=_("Say --station, one of {stations}.").format(stations=stations),
            exit_code=console.WRONG_USE,
        )
    return next(iter(found))


def _round_id(actor: "Actor", *, code: str, station: str, month: datetime.date) -> int:
    from meterbook.application import transaction
    from meterbook.domain.metering import queries

    book_id = _book_id(actor, code=code, station=station)
    with transaction.reading(actor=actor):
        round_id = queries.round_of(book_id=book_id, period=month)
    if round_id is None:
        words = _("Book {code} has no round of {month}.")
        message = words.format(code=code, month=f"{month:%Y-%m}")
        raise console.CommandError(message, exit_code=console.WRONG_USE)
    return round_id
