"""`meterbook bill-run`: preview or issue the bills of one book, or of all whose readings are accepted."""

import datetime
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli import console

if TYPE_CHECKING:
    from meterbook.application import bill_run as use_case
    from meterbook.application.actor import Actor
    from meterbook.reporting import bill_runs

app = typer.Typer()
DUE_DAYS = 15


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one book. `error` is empty when it went well."""

    station: str
    book: str
    round_id: int
    run_id: int | None = None
    state: str = ""
    bills: int = 0
    parked: int = 0
    amount_minor: int = 0
    is_repeat: bool = False
    error: str = ""


@app.command()
def bill_run(
    *,
    period: Annotated[str, typer.Option(help="The billing month, like 2026-11.")],
    book: Annotated[str, typer.Option(help="Code of the book.")] = "",
    station: Annotated[str, typer.Option(help="Code of the station, where two have such a book.")] = "",
    is_all: Annotated[bool, typer.Option("--all", help="Every book of the month.")] = False,
    is_issue: Annotated[
        bool, typer.Option("--issue/--preview", help="Issue the bills, or only show what would be.")
    ] = False,
    issue_on: Annotated[str, typer.Option(help="Date of the bills, default today.")] = "",
    due_on: Annotated[str, typer.Option(help=f"Default {DUE_DAYS} days later.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON instead of a table.")] = False,
) -> None:
    """Bill a book's accepted readings. Each book is one transaction and is billed once."""
    month = _month(period)
    if bool(book) == is_all:
        raise console.CommandError("Say --book CODE or --all.", exit_code=console.WRONG_USE)
    console.django_setup(role="job")
    from meterbook.application import actor as actors
    from meterbook.application import company

    company.use_company()
    dates = _dates(issue_on, due_on)
    actor = actors.of_system(identity="cli:bill-run")
    rounds = _rounds(actor, month=month, book=book, station=station)
    outcomes = _run_all(actor, rounds=rounds, dates=dates, is_issue=is_issue)
    if as_json:
        console.print_json(_as_plain(outcomes, period=period))
    else:
        _show(outcomes)
    if any(outcome.error for outcome in outcomes):
        raise SystemExit(console.FAILED)


def _month(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise console.CommandError(
            f"{text} is not a month.", fix="--period 2026-11", exit_code=console.WRONG_USE
        ) from error


def _day(text: str, *, default: datetime.date) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text) if text else default
    except ValueError as error:
        raise console.CommandError(f"{text} is not a day.", exit_code=console.WRONG_USE) from error


def _dates(issue_on: str, due_on: str) -> "use_case.Dates":
    from meterbook.application import bill_run as use_case
    from meterbook.interfaces import clock

    issued = _day(issue_on, default=clock.today())
    due = _day(due_on, default=issued + datetime.timedelta(days=DUE_DAYS))
    if due < issued:
        raise console.CommandError(f"{due} is before {issued}.", exit_code=console.WRONG_USE)
    return use_case.Dates(issue_on=issued, due_on=due)


def _rounds(
    actor: "Actor", *, month: datetime.date, book: str, station: str
) -> "Sequence[bill_runs.RoundRow]":
    """The rounds meant; with --all those whose readings are accepted."""
    from meterbook.application import transaction
    from meterbook.reporting import bill_runs

    asked = bill_runs.RoundFilter(period=month, book_code=book or None, station_code=station or None)
    with transaction.reading(actor=actor):
        found = bill_runs.rounds(asked=asked)
    if not book:
        return [row for row in found if row.stage is not bill_runs.Stage.READING]
    if not found:
        raise console.CommandError(f"Book {book} has no round of {month:%Y-%m}.", exit_code=console.WRONG_USE)
    if len(found) > 1:
        stations = ", ".join(row.station_code for row in found)
        raise console.CommandError(
            f"Several stations have a book {book}.",
            fix=f"Say --station, one of {stations}.",
            exit_code=console.WRONG_USE,
        )
    return found


def _run_all(
    actor: "Actor", *, rounds: "Sequence[bill_runs.RoundRow]", dates: "use_case.Dates", is_issue: bool
) -> list[Outcome]:
    """Book after book; what is wrong with one does not stop the others. Issued ones only tell so."""
    from meterbook.application import bill_books
    from meterbook.application import bill_run as use_case
    from meterbook.interfaces import clock
    from meterbook.reporting import bill_runs

    by_id = {row.pk: row for row in rounds}
    outcomes: dict[int, Outcome] = {}
    for row in rounds:
        if row.stage is bill_runs.Stage.ISSUED and row.run_id is not None:
            result = use_case.issue(actor=actor, run_id=row.run_id, now=clock.now())
            outcomes[row.pk] = _outcome(row, result=result, is_issued=True)
    waiting = [row.pk for row in rounds if row.pk not in outcomes]
    with console.progress() as progress:
        task = progress.add_task("bill-run", total=len(waiting))
        for done in bill_books.bill_books(
            actor=actor, round_ids=waiting, dates=dates, is_issue=is_issue, now=clock.now
        ):
            row = by_id[done.round_id]
            if done.result is not None:
                outcomes[row.pk] = _outcome(row, result=done.result, is_issued=is_issue)
            else:
                outcomes[row.pk] = replace(_outcome(row), error=str(done.refusal))
            progress.advance(task)
    return [outcomes[row.pk] for row in rounds]


def _outcome(
    row: "bill_runs.RoundRow", *, result: "use_case.RunResult | None" = None, is_issued: bool = False
) -> Outcome:
    base = Outcome(station=row.station_code, book=row.book_code, round_id=row.pk)
    if result is None:
        return base
    return replace(
        base,
        run_id=result.run_id,
        state="ISSUED" if is_issued else "PREVIEWED",
        bills=result.totals.bill_count,
        parked=result.totals.parked_count,
        amount_minor=result.totals.amount_minor,
        is_repeat=result.is_repeat,
    )


def _as_plain(outcomes: list[Outcome], *, period: str) -> dict[str, object]:
    return {
        "period": period,
        "books": len(outcomes),
        "bills": sum(outcome.bills for outcome in outcomes),
        "parked": sum(outcome.parked for outcome in outcomes),
        "amount_minor": sum(outcome.amount_minor for outcome in outcomes),
        "failed": sum(bool(outcome.error) for outcome in outcomes),
        "runs": [asdict(outcome) for outcome in outcomes],
    }


def _show(outcomes: list[Outcome]) -> None:
    from django.utils.translation import gettext as _
    from rich.table import Table

    from meterbook.kernel import money

    words = {"ISSUED": _("Issued"), "PREVIEWED": _("Previewed"), "": ""}
    table = Table(_("Station"), _("Book"))
    for heading in (_("Bills"), _("Parked"), _("Amount")):
        table.add_column(heading, justify="right")
    table.add_column(_("State"))
    for outcome in outcomes:
        state = outcome.error or words[outcome.state]
        if outcome.is_repeat:
            state = _("Issued before")
        amount = money.format_minor(outcome.amount_minor)
        cells = (outcome.station, outcome.book, f"{outcome.bills:,}", f"{outcome.parked:,}", amount, state)
        table.add_row(*cells, style="bold red" if outcome.error else "")
    table.add_section()
    sums = (sum(o.bills for o in outcomes), sum(o.parked for o in outcomes))
    total = money.format_minor(sum(o.amount_minor for o in outcomes))
    table.add_row(_("Total"), str(len(outcomes)), f"{sums[0]:,}", f"{sums[1]:,}", total, "", style="bold")
    console.out().print(table)
