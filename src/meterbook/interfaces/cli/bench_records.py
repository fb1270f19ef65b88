"""`meterbook bench records`: finding an account among very many, and opening one with ten years behind it."""

import contextlib
import datetime
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterbook.interfaces.cli import bench_report, bench_world, console
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    import polars as pl

    from meterbook.application.actor import Actor
    from meterbook.config.environment import Environment

app = typer.Typer()

DEFAULT_ACCOUNTS = 1_000_000
QUESTIONS = 200  # of each kind
HISTORY_ACCOUNTS, HISTORY_MONTHS = 20, 120
FIRST_MONTH = datetime.date(2016, 10, 1)
HISTORY_FROM = datetime.date(2016, 9, 20)
SEED = 20_261_122
# What a clerk asks; each is answered by the product's own search, under row-level security.
KINDS = (
    "account_no",
    "meter_no",
    "name",
    "name_part",
    "initials",
    "phone_tail",
    "address",
    "address_parts",
    "mistyped_name",
    "nothing",
)


@app.command()
def records(
    *,
    accounts: Annotated[int, typer.Option(min=1000, help="How many accounts there are.")] = DEFAULT_ACCOUNTS,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Search among very many accounts and open the page of one with ten years behind it."""
    watch = bench_report.Stopwatch()
    with contextlib.ExitStack() as stack:
        with watch.stage("make_database"):
            settings = stack.enter_context(bench_world.scratch_database())
        with console.progress() as progress, watch.stage("make_accounts"):
            task = progress.add_task(_("accounts"), total=accounts + HISTORY_ACCOUNTS * HISTORY_MONTHS)
            world = _build(accounts=accounts, advance=lambda done: progress.update(task, advance=done))
        with watch.stage("analyze"):
            bench_world.analyze(settings)
        _become_web(settings)
        found = _search(world, watch=watch)
        opened = _open_pages(world)
    report = bench_report.report(
        name="records",
        n=len(KINDS) * QUESTIONS,
        work_stage="search",
        baseline=_("one look into the unique index of account numbers each, same connection and policies"),
        stopwatch=watch,
        facts={"accounts": accounts, **found, **opened},
    )
    bench_report.show(report, as_json=as_json)


class _World:
    """What the questions are about. `rows` has account_no, name, phone, address, serial_no of a sample."""

    def __init__(self, *, clerk: "Actor", rows: "pl.DataFrame", old_accounts: list[str]) -> None:
        self.clerk = clerk
        self.rows = rows
        self.old_accounts = old_accounts


def _build(*, accounts: int, advance: Callable[[int], None]) -> _World:
    import polars as pl

    from meterbook.application import actor as actors
    from meterbook.application import company, transaction, write_supplies
    from meterbook.domain.access import models as access

    company.use_company()
    founded = bench_world.found(
        stations=("S", "H"),
        staff=(("bench.clerk", "CLERK", "S"), ("bench.old", "CLERK", "H"), ("bench.boss", "SUPERVISOR", "C")),
    )
    system = actors.of_system(identity="bench:records")
    sample: list[pl.DataFrame] = []
    for first in range(0, accounts, bench_world.SUPPLIES_AT_ONCE):
        count = min(bench_world.SUPPLIES_AT_ONCE, accounts - first)
        rows = _supplies(
            first=first, count=count, station_id=founded.station_ids["S"], tariff_id=founded.water_id
        )
        with transaction.writing(actor=system):
            written = write_supplies.write_supplies(supplies=rows, recorded_at=bench_world.NOW).rows
        sample.append(
            written.select("account_no", "name", "phone", "address", "serial_no").sample(20, seed=SEED)
        )
        advance(count)
    people = {
        name: actors.of_staff(staff=access.Staff.objects.get(username=name), remote_address="")
        for name in ("bench.clerk", "bench.old", "bench.boss")
    }
    old = _live_ten_years(founded=founded, people=people, advance=advance)
    return _World(clerk=people["bench.clerk"], rows=pl.concat(sample), old_accounts=old)


def _supplies(*, first: int, count: int, station_id: int, tariff_id: int) -> "pl.DataFrame":
    """Invented people behind invented doors: as many names alike as a city has."""
    import polars as pl

    from meterbook.interfaces.cli import demo_people

    dice = random.Random(SEED + first)  # noqa: S311 # play data
    rows = bench_world.supplies(
        first=first, count=count, per_book=300, station_id=station_id, tariff_ids=[tariff_id]
    )
    numbers = range(first, first + count)
    return rows.with_columns(
        name=pl.Series([demo_people.person(dice) for _number in numbers]),
        phone=pl.Series(
            [f"1{dice.choice((38, 39, 58))}0000{dice.randrange(10_000):04d}" for _number in numbers]
        ),
        community=pl.Series([f"{_community(n)}小区" for n in numbers]),
        address=pl.Series([_address(n) for n in numbers]),
        utility=pl.lit(1, dtype=pl.Int16),
    )


def _address(number: int) -> str:
    """A door of its own for each number: sixty buildings of two entrances in a community."""
    building, entrance, flat = number // 48 % 60 + 1, number // 24 % 2 + 1, number % 24 + 101
    return f"{_community(number)}小区{building}幢{entrance}单元{number // 2880}-{flat}室"


def _community(number: int) -> str:
    """One of four hundred communities; each name has two or three signs."""
    streets, ends = "东西南北新老春秋金银河湖山海柳荷桂兰竹梅", "苑园庭里村府城湾坊居岸景华安宁和乐康泰祥"
    place = number // 2500 % 400
    return streets[place // 20] + ends[place % 20]


def _live_ten_years(
    *, founded: "bench_world.Founded", people: "dict[str, Actor]", advance: Callable[[int], None]
) -> list[str]:
    """A book whose accounts were read, billed and mostly paid every month for ten years."""
    import polars as pl

    from meterbook.application import transaction, write_supplies
    from meterbook.interfaces.cli import demo_history
    from meterbook.kernel import period

    station_id = founded.station_ids["H"]
    rows = bench_world.supplies(
        first=50_000_000,
        count=HISTORY_ACCOUNTS,
        per_book=10**9,
        station_id=station_id,
        tariff_ids=[founded.water_id],
    ).with_columns(
        installed_on=pl.lit(HISTORY_FROM), from_on=pl.lit(HISTORY_FROM), persons=pl.lit(None, dtype=pl.Int16)
    )
    boss, clerk = people["bench.boss"], people["bench.old"]
    with transaction.writing(actor=boss):
        written = write_supplies.write_supplies(supplies=rows, recorded_at=bench_world.NOW).rows
    account_ids = written["account_id"].to_list()
    book_id = written["book_id"][0]
    for number in range(HISTORY_MONTHS):
        month = demo_history.Month(first=period.add_months(FIRST_MONTH, number))
        demo_history.read_book(actor=boss, book_id=book_id, month=month)
        demo_history.bill_month(actor=boss, station_code="H", month=month)
        demo_history.pay_month(clerk=clerk, supervisor=boss, account_ids=account_ids, month=month)
        advance(HISTORY_ACCOUNTS)
    return [str(account_no) for account_no in written["account_no"]]


def _become_web(settings: "Environment") -> None:
    """From here on as the web server does: its log-in, row-level security, a person's scope."""
    from django.db import connections

    from meterbook.application import company
    from meterbook.config import environment

    connections.close_all()
    as_web = environment.django_database(url=settings.database_url("app"), pool_size=None)
    for name in ("USER", "PASSWORD"):
        connections.settings["default"][name] = as_web[name]
        connections["default"].settings_dict[name] = as_web[name]
    company.use_company()


def _search(world: _World, *, watch: bench_report.Stopwatch) -> dict[str, object]:
    from meterbook.application import transaction
    from meterbook.domain.agreements import queries as agreements
    from meterbook.reporting import search

    seconds: list[float] = []
    facts: dict[str, object] = {}
    for kind in KINDS:
        taken, hits = [], 0
        for text in _questions(world, kind=kind):
            started = time.perf_counter()
            with watch.stage("search"), transaction.reading(actor=world.clerk):
                hits += bool(search.find(text=text, most=20))
            taken.append(time.perf_counter() - started)
        seconds += taken
        facts[f"{kind}_p95_ms"] = _percentile_ms(taken, 95)
        facts[f"{kind}_found"] = f"{hits}/{len(taken)}"
    numbers = [str(number) for number in world.rows["account_no"].head(len(KINDS) * QUESTIONS)]
    for place in range(len(KINDS) * QUESTIONS):
        with watch.stage("baseline"), transaction.reading(actor=world.clerk):
            agreements.account_ids_by_no(account_no=numbers[place % len(numbers)])
    return {
        "search_median_ms": _percentile_ms(seconds, 50),
        "search_p95_ms": _percentile_ms(seconds, 95),
        "search_worst_ms": _percentile_ms(seconds, 100),
        **facts,
    }


def _questions(world: _World, *, kind: str) -> Iterator[str]:
    dice = random.Random(SEED)  # noqa: S311 # play data
    for row in world.rows.sample(QUESTIONS, seed=SEED, with_replacement=True).iter_rows(named=True):
        yield _ASKED[kind](row, dice)


def _initials(row: dict[str, Any], _dice: random.Random) -> str:
    from meterbook.domain.customers import rules

    return rules.search_keys(row["name"]).initials


def _mistyped(row: dict[str, Any], dice: random.Random) -> str:
    place = dice.randrange(len(row["name"]))
    return str(row["name"][:place] + dice.choice("丰凡贝皮齐") + row["name"][place + 1 :])


_ASKED: dict[str, Callable[[dict[str, Any], random.Random], str]] = {
    "account_no": lambda row, _dice: row["account_no"],
    "meter_no": lambda row, _dice: row["serial_no"],
    "name": lambda row, _dice: row["name"],
    "name_part": lambda row, _dice: row["name"][1:],
    "initials": _initials,
    "phone_tail": lambda row, _dice: row["phone"][-6:],
    "address": lambda row, _dice: row["address"],
    "address_parts": lambda row, _dice: f"{row['address'][:4]} {row['address'].rpartition('元')[2]}",
    "mistyped_name": _mistyped,
    "nothing": lambda _row, dice: f"查无此人{dice.randrange(10**6)}",
}


def _open_pages(world: _World) -> dict[str, object]:
    """Server time of the account page and each of its tabs, ten years of history behind them."""
    from django.conf import settings as django_settings
    from django.test import Client

    from meterbook.domain.access import models as access

    django_settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    boss = access.Staff.objects.get(username="bench.boss")
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    facts: dict[str, object] = {}
    for tab in ("", "timeline", "bills", "payments", "readings", "changes"):
        taken = []
        for account_no in world.old_accounts:
            for _again in range(3):
                started = time.perf_counter()
                answer = client.get(f"/accounts/{account_no}/" + (f"?tab={tab}" if tab else ""))
                taken.append(time.perf_counter() - started)
                if answer.status_code != 200:  # noqa: PLR2004 # HTTP OK
                    raise console.CommandError(f"account page {tab}: {answer.status_code}")
        facts[f"page_{tab or 'first'}_p95_ms"] = _percentile_ms(taken[3:], 95)
    return facts


def _percentile_ms(seconds: Sequence[float], percent: int) -> float:
    ordered = sorted(seconds)
    place = min(len(ordered) - 1, len(ordered) * percent // 100)
    return round(ordered[place] * 1000, 1)
