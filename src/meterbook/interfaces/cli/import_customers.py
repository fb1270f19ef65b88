"""`meterbook import FILE`: take customers with their meters in from a workbook."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli import console, import_audit
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from meterbook.application import check_customers, progress, sheet_files, spreadsheets
    from meterbook.application import import_customers as use_case
    from meterbook.application.actor import Actor

app = typer.Typer()
SHOWN_ERRORS = 20


@app.command()
def import_customers(
    file: Annotated[Path, typer.Argument(help=_("The workbook (.xlsx) or table (.csv)."))],
    *,
    is_dry: Annotated[bool, typer.Option("--dry-run", help=_("Check only, write nothing."))] = False,
    errors: Annotated[Path | None, typer.Option(help=_("Write the wrong rows to this workbook."))] = None,
    template: Annotated[
        bool, typer.Option("--template", help=_("Write an empty template to FILE instead."))
    ] = False,
    is_audit: Annotated[
        bool, typer.Option("--audit", help=_("Compare FILE with the books instead; write nothing."))
    ] = False,
    to: Annotated[
        Path | None, typer.Option("--to", help=_("With --audit: write the comparison to this workbook."))
    ] = None,
    totals: Annotated[
        list[str] | None,
        typer.Option("--total", help=_("With --audit: a total of the older system, like owed=1234.50.")),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("One line of JSON instead of a table."))] = False,
) -> None:
    """Import customers, all of the file or nothing. The same file again changes nothing.

    Exit code 2 when rows are wrong; with --audit, 1 when anything differs.
    """
    console.django_setup(role="job")
    from django.utils import translation

    from meterbook.application import actor as actors
    from meterbook.application import company

    company.use_company()
    actor = actors.of_system(identity="cli:import")
    with translation.override(_language()):
        if template:
            _write_template(actor, file=file)
        elif is_audit:
            import_audit.show(actor, content=_content(file), totals=totals or [], to=to, as_json=as_json)
        else:
            _import(actor, file=file, is_dry=is_dry, errors=errors, as_json=as_json)


def _import(actor: "Actor", *, file: Path, is_dry: bool, errors: Path | None, as_json: bool) -> None:
    content = _content(file)
    if _was_applied(actor, content=content, as_json=as_json):
        return
    with console.progress() as bar:
        task = bar.add_task(_("per cent"), total=100)
        done, checked, sheet = _do(
            actor,
            name=file.name,
            content=content,
            is_dry=is_dry,
            tell=lambda _stage, percent: bar.update(task, completed=percent),
        )
        bar.update(task, completed=100)
    if done.state == done.state.APPLIED:
        _tell_applied(done, as_json=as_json)
        return
    shown = _shown(checked)
    if shown and errors is not None:
        _write_errors(sheet, shown=shown, to=errors)
    _tell(checked, shown=shown, as_json=as_json, state=done.state.name)
    if shown:
        raise SystemExit(console.WRONG_USE)


def _do(
    actor: "Actor", *, name: str, content: bytes, is_dry: bool, tell: "progress.Tell"
) -> "tuple[use_case.ImportResult, check_customers.CheckedCustomers, spreadsheets.Sheet]":
    from meterbook.application import import_customers as use_case
    from meterbook.application import spreadsheets
    from meterbook.interfaces import clock, import_words

    try:
        sheet = spreadsheets.read_sheet(content=content)
        file = use_case.NewFile(name=name, content=content, sheet=sheet, tell=tell)
        done, checked = use_case.import_now(
            actor=actor, file=file, now=clock.now(), today=clock.today(), is_dry=is_dry
        )
    except use_case.FileRefusedError as refused:
        raise console.CommandError(import_words.refusal(refused), exit_code=console.WRONG_USE) from refused
    except use_case.ImportConflictError as conflict:
        raise console.CommandError(import_words.conflict(conflict.constraint)) from conflict
    return done, checked, sheet


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as reason:
        message = _("{file} can't be read: {reason}").format(file=file, reason=reason.strerror)
        raise console.CommandError(message, exit_code=console.WRONG_USE) from reason


def _language() -> str:
    said = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh-hans" if said.startswith("zh") else "en"


def _was_applied(actor: "Actor", *, content: bytes, as_json: bool) -> bool:
    from meterbook.application import import_customers as use_case

    before = use_case.applied_before(actor=actor, content=content)
    if before is not None:
        _tell_applied(before, as_json=as_json)
    return before is not None


def _tell_applied(done: "use_case.ImportResult", *, as_json: bool) -> None:
    if as_json:
        console.print_json(
            {
                "state": "APPLIED",
                "rows": done.row_count,
                "accounts": done.account_count,
                "unchanged": done.unchanged_count,
                "errors": 0,
                "is_repeat": done.is_repeat,
            }
        )
        return
    new, again = (
        _("Imported: {accounts} accounts, {rows} meters."),
        _("Already imported: {accounts} accounts."),
    )
    words = again if done.is_repeat else new
    fresh = done.row_count - done.unchanged_count
    console.out().print(words.format(accounts=done.account_count, rows=fresh))
    if done.unchanged_count:
        said = _("{rows} rows stand already as they are; nothing was written for them.")
        console.out().print(said.format(rows=done.unchanged_count))


def _shown(checked: "check_customers.CheckedCustomers") -> "list[sheet_files.ShownError]":
    from meterbook.application import customer_columns
    from meterbook.domain.imports import rules
    from meterbook.interfaces import import_words

    rows = [rules.RowError(**row) for row in checked.errors.iter_rows(named=True)]
    return import_words.shown(rows, columns=customer_columns.BY_KEY)


def _tell(
    checked: "check_customers.CheckedCustomers",
    *,
    shown: "list[sheet_files.ShownError]",
    as_json: bool,
    state: str,
) -> None:
    if as_json:
        console.print_json(
            {
                "state": state,
                "rows": checked.row_count,
                "accounts": checked.account_count,
                "unchanged": checked.unchanged_count,
                "errors": len(shown),
                "first_errors": [
                    {"row": e.row, "column": e.column, "value": e.value, "reason": e.reason}
                    for e in shown[:SHOWN_ERRORS]
                ],
            }
        )
        return
    from rich.table import Table

    if not shown:
        table = Table(_("Station"), _("Book"), _("Meters"), _("Accounts"))
        for total in checked.totals:
            table.add_row(total.station, total.book, str(total.meters), str(total.accounts))
        console.out().print(table)
    for error in shown[:SHOWN_ERRORS]:
        words = _("Row {row}: {column} {value}: {reason}")
        said = words.format(row=error.row, column=error.column, value=error.value, reason=error.reason)
        console.err().print(said, markup=False)
    summary = _("{rows} rows, {errors} errors.").format(rows=checked.row_count, errors=len(shown))
    (console.err() if shown else console.out()).print(summary)


def _write_errors(sheet: "spreadsheets.Sheet", *, shown: "list[sheet_files.ShownError]", to: Path) -> None:
    from meterbook.application import customer_columns, sheet_files
    from meterbook.interfaces import import_words

    book = sheet_files.error_workbook(
        sheet=sheet,
        columns=customer_columns.COLUMNS,
        errors=shown,
        words=import_words.error_words(),
    )
    to.write_bytes(book)


def _write_template(actor: "Actor", *, file: Path) -> None:
    from meterbook.application import import_customers as use_case
    from meterbook.interfaces import customer_template

    choices = use_case.template_choices(actor=actor)
    file.write_bytes(customer_template.workbook(stations=choices.stations, tariffs=choices.tariffs))
    console.out().print(_("Written: {file}").format(file=file))
