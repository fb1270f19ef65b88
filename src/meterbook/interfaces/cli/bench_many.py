"""`meterbook bench many`: many records changed at once, to the end and taken back, in a scratch company."""

import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterbook.interfaces.cli import bench_report, bench_world, console
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from meterbook.application.actor import Actor
    from meterbook.config.environment import Environment

app = typer.Typer()

DEFAULT_ROWS = 2_000
BOOKS = 10
REASON = "bench"
# Every row by itself, as somebody would write it who knows no more than the tables.
_PLAIN_CHANGE = "UPDATE main.customers_customer SET remark = %s, version = version + 1 WHERE id = %s"
_PLAIN_AUDIT = """
INSERT INTO main.access_auditentry (at, actor_name, is_system, remote_address, act, subject_kind,
    subject_id, station_id, reason, before, after)
VALUES (now(), 'bench', true, '', 'CUSTOMER_CHANGED', 'CUSTOMER', %s, 1, %s,
    '{"remark": ""}', '{"remark": "plain"}')
"""


@dataclass(frozen=True, slots=True)
class _Case:
    """An act as it is asked for; `ids` of the records in question."""

    act: str
    about: str
    value: str
    ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class _World:
    """The scratch company: who changes, and its first records."""

    actor: "Actor"
    account_ids: list[int]
    customer_ids: list[int]
    book_id: int


@app.command()
def many(
    *,
    rows: Annotated[
        int, typer.Option(min=BOOKS, max=20_000, help="How many rows of each change.")
    ] = DEFAULT_ROWS,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Five changes of many records: asked for, tried, done, taken back; plain SQL row by row beside it."""
    watch = bench_report.Stopwatch()
    with contextlib.ExitStack() as stack:
        with watch.stage("make_database"):
            settings = stack.enter_context(bench_world.scratch_database())
        with watch.stage("make_accounts"):
            world = _build(rows=rows)
        with watch.stage("analyze"):
            bench_world.analyze(settings)
        built_mb = bench_report.peak_mb()
        cases = _cases(world)
        facts: dict[str, object] = {}
        with console.progress() as progress:
            task = progress.add_task(_("rows"), total=4 * rows * len(cases))
            for case in cases:
                facts |= _measured(
                    world, case=case, watch=watch, tell=lambda: progress.update(task, advance=rows)
                )
        with watch.stage("baseline"):
            _change_plainly(settings, customer_ids=world.customer_ids, times=len(cases))
    report = bench_report.report(
        name="many",
        n=rows * len(cases),
        work_stage="change",
        baseline=_("each row by one UPDATE, one INSERT into the audit trail and a commit in plain SQL"),
        stopwatch=watch,
        facts={"rows_a_change": rows, "peak_mb_before_changes": built_mb, **facts},
    )
    bench_report.show(report, as_json=as_json)


def _build(*, rows: int) -> _World:
    from meterbook.application import actor as actors
    from meterbook.application import company, transaction, write_supplies
    from meterbook.domain.access import models as access
    from meterbook.domain.agreements import models as agreements
    from meterbook.domain.metering import models as metering

    company.use_company()
    founded = bench_world.found(staff=(("bench.boss", "SUPERVISOR", "C"),))
    station_id = founded.station_ids["S"]
    supplies = bench_world.supplies(
        first=0, count=rows, per_book=-(-rows // BOOKS), station_id=station_id, tariff_ids=[founded.water_id]
    )
    with transaction.writing(actor=actors.of_system(identity="bench:many")):
        write_supplies.write_supplies(supplies=supplies, recorded_at=bench_world.NOW)
    pairs = list(agreements.Account.objects.order_by("id").values_list("pk", "customer_id"))
    return _World(
        actor=actors.of_staff(staff=access.Staff.objects.get(username="bench.boss"), remote_address=""),
        account_ids=[account_id for account_id, _customer_id in pairs],
        customer_ids=[customer_id for _account_id, customer_id in pairs],
        book_id=metering.Book.objects.values_list("pk", flat=True).order_by("-pk")[0],
    )


def _cases(world: _World) -> list[_Case]:
    from meterbook.domain.agreements import models as agreements
    from meterbook.domain.customers import models as customers

    water = "1"
    return [
        _Case("CUSTOMER_TAG", "老旧小区", "1", world.customer_ids),
        _Case("PAYMENT_METHOD", "", str(customers.PaymentMethod.TRANSFER.value), world.customer_ids),
        _Case("HOUSEHOLD", water, "9|1||", world.account_ids),
        _Case("READING_BOOK", water, str(world.book_id), world.account_ids),
        _Case("ACCOUNT_STATE", "", str(agreements.AccountState.SUSPENDED.value), world.account_ids),
    ]


def _measured(
    world: _World, *, case: _Case, watch: bench_report.Stopwatch, tell: Callable[[], None]
) -> dict[str, object]:
    """One change there and back. Milliseconds and statements a row of each of the four passes."""
    from meterbook.application import edit_many
    from meterbook.interfaces import clock

    facts: dict[str, object] = {}
    with watch.stage("ask"):
        edit_id = edit_many.ask_for_all(
            actor=world.actor,
            question=edit_many.Question(
                request_key=uuid.uuid4(),
                subject=edit_many.ACTS[case.act].subject,
                act=case.act,
                reason=REASON,
                on=bench_world.NOW.date(),
            ),
            about=case.about,
            value=case.value,
            subject_ids=case.ids,
            now=clock.now(),
        )
    facts |= _done(world, case=case, edit_id=edit_id, name=case.act, stage="change", watch=watch, tell=tell)
    with watch.stage("ask"):
        undo_id = edit_many.ask_to_undo(
            actor=world.actor, edit_id=edit_id, request_key=uuid.uuid4(), reason=REASON, now=clock.now()
        )
    back = f"{case.act}_back"
    return facts | _done(world, case=case, edit_id=undo_id, name=back, stage="undo", watch=watch, tell=tell)


def _done(
    world: _World,
    *,
    case: _Case,
    edit_id: int,
    name: str,
    stage: str,
    watch: bench_report.Stopwatch,
    tell: Callable[[], None],
) -> dict[str, object]:
    """Try and do a change. A fast one that left a row out is worth nothing."""
    from meterbook.application import edit_many
    from meterbook.domain.edits import queries
    from meterbook.interfaces import clock

    today = bench_world.NOW.date()
    passes: tuple[tuple[str, Callable[..., None]], ...] = (
        ("dry_run", edit_many.look),
        (stage, edit_many.apply),
    )
    facts: dict[str, object] = {}
    for part, work in passes:
        if work is edit_many.apply:
            seen = queries.edit(edit_id=edit_id).fingerprint
            edit_many.start(
                actor=world.actor, edit_id=edit_id, fingerprint=seen, now=clock.now(), defer=lambda: None
            )
        before = watch.seconds.get(part, 0)
        with _counted() as statements, watch.stage(part):
            work(actor=world.actor, edit_id=edit_id, today=today, clock=clock.now)
        tell()
        short = "dry" if part == "dry_run" else "done"
        facts[f"{name}_{short}_ms_a_row"] = round(1000 * (watch.seconds[part] - before) / len(case.ids), 2)
        facts[f"{name}_{short}_statements_a_row"] = round(len(statements) / len(case.ids), 1)
    found = queries.counts(edit_id=edit_id)
    # Who is in the new book already stays there: not every row changes.
    if found.refused or found.done != found.changes or not found.done:
        raise console.CommandError(f"{name}: {found}")
    return facts


@contextlib.contextmanager
def _counted() -> Iterator[list[None]]:
    """A list that grows by one with every statement."""
    from django.db import connection

    statements: list[None] = []

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 # Django's own signature
        statements.append(None)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield statements


def _change_plainly(settings: "Environment", *, customer_ids: Sequence[int], times: int) -> None:
    import psycopg

    with psycopg.connect(settings.database_owner_url) as connection:
        for number in range(times):
            for customer_id in customer_ids:
                connection.execute(_PLAIN_CHANGE, [f"plain {number}", customer_id])
                connection.execute(_PLAIN_AUDIT, [str(customer_id), REASON])
                connection.commit()
