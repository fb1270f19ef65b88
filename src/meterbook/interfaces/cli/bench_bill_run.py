"""`meterbook bench bill-run`: how long billing takes, beside a plain COPY of the very same rows."""

import contextlib
import datetime
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterbook.interfaces.cli import bench_report, bench_world, console
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from meterbook.application.actor import Actor
    from meterbook.config.environment import Environment

app = typer.Typer()

DEFAULT_ACCOUNTS = 20_000
PER_BOOK = 300
CHUNK_BYTES = 1 << 20
# The tables a run writes a row per account (or more) into; the trigger's balances are rows like others.
TABLES = (
    "billing_bill",
    "billing_billline",
    "billing_receivable",
    "ledger_journal",
    "ledger_ledgerentry",
    "ledger_ledgerbalance",
)


@app.command()
def bill_run(
    *,
    accounts: Annotated[int, typer.Option(min=1, help="How many accounts to bill.")] = DEFAULT_ACCOUNTS,
    per_book: Annotated[int, typer.Option(min=1, help="Accounts in a book.")] = PER_BOOK,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Preview and issue all books of a scratch company; COPY the same rows into tables of the same shape."""
    watch = bench_report.Stopwatch()
    with contextlib.ExitStack() as stack:
        with watch.stage("make_database"):
            settings = stack.enter_context(bench_world.scratch_database())
        with console.progress() as progress:
            task = progress.add_task(_("accounts"), total=accounts)
            with watch.stage("make_accounts"):
                actor, round_ids = bench_world.build(
                    accounts=accounts,
                    per_book=per_book,
                    progress=lambda done, _total: progress.update(task, completed=done),
                )
        with watch.stage("analyze"):
            bench_world.analyze(settings)
        bills, amount_minor = _run(actor, round_ids=round_ids, watch=watch)
        peak_mb = bench_report.peak_mb()
        rows = _baseline(settings, watch=watch)
        proof = _prove(actor)
    found = bench_report.report(
        name="bill-run",
        n=accounts,
        work_stage="bill_run",
        baseline=_("plain COPY of the same rows into tables with the same columns, keys and indexes"),
        stopwatch=watch,
        facts={
            "books": len(round_ids),
            "bills": bills,
            "rows_written": rows,
            "amount_minor": amount_minor,
            "peak_mb_before_baseline": peak_mb,
            "ledger_proved_over": proof,
        },
    )
    bench_report.show(found, as_json=as_json)


def _run(actor: "Actor", *, round_ids: list[int], watch: bench_report.Stopwatch) -> tuple[int, int]:
    """Every book through the product's own use case; returns bills and their sum."""
    from meterbook.application import bill_books
    from meterbook.application import bill_run as use_case

    dates = use_case.Dates(issue_on=datetime.date(2026, 11, 30), due_on=datetime.date(2026, 12, 15))
    bills = amount_minor = 0
    with _watched(watch), watch.stage("bill_run"):
        for outcome in bill_books.bill_books(
            actor=actor, round_ids=round_ids, dates=dates, is_issue=True, now=lambda: bench_world.NOW
        ):
            if outcome.result is None:
                raise console.CommandError(f"round {outcome.round_id}: {outcome.refusal}")
            bills += outcome.result.totals.bill_count
            amount_minor += outcome.result.totals.amount_minor
    return bills, amount_minor


@contextlib.contextmanager
def _watched(watch: bench_report.Stopwatch) -> Iterator[None]:
    """Time the stages inside the product's own code, from outside: it knows nothing of benches."""
    from django.db import connection

    from meterbook.domain.billing import bulk, operations, rules
    from meterbook.domain.ledger import bulk as ledger
    from meterbook.rating import engine

    places: tuple[tuple[Any, str, str], ...] = (
        (operations, "preview_runs", "of_it_preview"),
        (operations, "issue_runs", "of_it_issue"),
        (bulk, "usage_frame", "load_usage"),
        (engine, "rate", "rate"),
        (rules, "fingerprints", "fingerprint"),
        (bulk, "write_bills", "write_bills"),
        (ledger, "post", "post"),
        (bulk, "check_bills", "check_bills"),
        (connection, "commit", "commit"),
    )
    before = [(owner, name, getattr(owner, name)) for owner, name, _stage in places]
    for owner, name, stage in places:
        setattr(owner, name, _timed(getattr(owner, name), stage=stage, watch=watch))
    try:
        yield
    finally:
        for owner, name, function in before:
            setattr(owner, name, function)


def _timed(function: Callable[..., Any], *, stage: str, watch: bench_report.Stopwatch) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:
        with watch.stage(stage):
            return function(*args, **kwargs)

    return timed


def _baseline(settings: "Environment", *, watch: bench_report.Stopwatch) -> int:
    """COPY what the run wrote to files and, timed, into empty tables of the same shape. Returns the rows."""
    import psycopg
    from psycopg import sql

    rows = 0
    with psycopg.connect(settings.database_owner_url, options="-c search_path=main,public") as connection:
        files = []
        for table in TABLES:
            name, twin = sql.Identifier(table), sql.Identifier(f"bench_{table}")
            connection.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(twin, name))
            file = settings.data_dir / f"{table}.copy"
            query = sql.SQL("COPY (SELECT * FROM {} ORDER BY 1, 2) TO STDOUT (FORMAT BINARY)").format(name)
            with file.open("wb") as out, connection.cursor().copy(query) as copy:
                for data in copy:
                    out.write(data)
            files.append((file, twin))
        connection.commit()
        with watch.stage("baseline"):
            for file, twin in files:
                rows += _copy(
                    connection,
                    file=file,
                    statement=sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(twin),
                )
            connection.commit()
    return rows


def _copy(connection: Any, *, file: Path, statement: Any) -> int:
    cursor = connection.cursor()
    with file.open("rb") as data, cursor.copy(statement) as copy:
        while chunk := data.read(CHUNK_BYTES):
            copy.write(chunk)
    return int(cursor.rowcount)


def _prove(actor: "Actor") -> int:
    """A fast run that is wrong is worth nothing: every check of the ledger. Returns the rows looked at."""
    from meterbook.application import transaction
    from meterbook.reporting import ledger_proof

    with transaction.reading(actor=actor):
        proof = ledger_proof.prove()
    if not proof.is_right:
        raise console.CommandError("The ledger is not proved after the run.")
    return proof.looked_at
