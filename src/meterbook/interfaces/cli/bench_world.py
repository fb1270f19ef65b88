"""A scratch database of a bench's own, and a company in it with books read and accepted.

The server is an embedded one in a temporary folder with the settings of production (durable commits); server
and folder go when the bench ends, and what a killed bench left goes when the next one starts.
"""

import contextlib
import datetime
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from meterbook.interfaces.cli import folder as folders

if TYPE_CHECKING:
    import polars as pl

    from meterbook.application.actor import Actor
    from meterbook.config.environment import Environment

PREFIX = "meterbook-bench-"
LOCK = "bench.lock"
ELSEWHERE = ("DATABASE_URL", "DATABASE_APP_URL", "DATABASE_JOB_URL", "METERBOOK_CONFIG")
NOW = datetime.datetime(2026, 12, 1, 8, 0, tzinfo=datetime.UTC)
STARTED_ON = datetime.date(2026, 9, 28)
READ_ON = (datetime.date(2026, 10, 28), datetime.date(2026, 11, 28))
SUPPLIES_AT_ONCE = 20_000
_NAMES = ("李秀兰", "王建国", "张伟", "刘洋", "陈静", "杨军", "赵敏", "黄磊")


@contextlib.contextmanager
def scratch_database() -> "Iterator[Environment]":
    """A migrated database on a server of its own; Django is ready for it in role job."""
    _clear_remains()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    with contextlib.ExitStack() as stack:
        stack.callback(_remove, folder)
        stack.enter_context(folders.locked(folder / LOCK))
        for name in ELSEWHERE:
            os.environ.pop(name, None)
        os.environ["METERBOOK_DATA"] = str(folder)
        os.environ.setdefault("METERBOOK_LOG_LEVEL", "WARNING")
        yield _started(folder)


def _started(folder: Path) -> "Environment":
    from meterbook.config import environment
    from meterbook.interfaces.cli import database

    folders.prepare(folder)
    database.start(environment.load(os.environ, data_dir=folder))
    subprocess.run(
        [sys.executable, "-m", "meterbook.config.provision"], check=True, stdout=subprocess.DEVNULL
    )
    os.environ["METERBOOK_DATABASE_ROLE"] = "job"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meterbook.config.settings")
    import django

    django.setup()
    return environment.load(os.environ, data_dir=folder)


def _remove(folder: Path) -> None:
    from meterbook.config import environment
    from meterbook.interfaces.cli import database

    if "django.db" in sys.modules:
        from django.db import connections

        connections.close_all()
    database.server_of(environment.load(os.environ, data_dir=folder)).stop()
    shutil.rmtree(folder, ignore_errors=True)


def _clear_remains() -> None:
    """End what benches left that were killed: their lock is free."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        # a folder without a lock file is being made this moment
        if folder.stat().st_uid != os.getuid() or not (folder / LOCK).exists():
            continue
        with contextlib.suppress(folders.BusyError):
            with folders.locked(folder / LOCK):
                pass
            _remove(folder)


def build(*, accounts: int, per_book: int, progress: Callable[[int, int], None]) -> tuple["Actor", list[int]]:
    """A company with `accounts` water and gas customers whose last two months are read and accepted.

    `progress` is told how many of how many accounts stand. Returns who bills and the rounds of the latest
    month, in the order of the books.
    """
    from meterbook.application import actor as actors
    from meterbook.application import company

    company.use_company()
    founded = found()
    station_id, tariff_ids = founded.station_ids["S"], [founded.water_id, founded.gas_id]
    actor = actors.of_system(identity="bench:bill-run")
    book_ids: list[int] = []
    for first in range(0, accounts, SUPPLIES_AT_ONCE):
        count = min(SUPPLIES_AT_ONCE, accounts - first)
        rows = supplies(
            first=first, count=count, per_book=per_book, station_id=station_id, tariff_ids=tariff_ids
        )
        book_ids += _supply(actor, rows)
        progress(min(accounts, first + count), accounts)
    unique_books = list(dict.fromkeys(book_ids))
    round_ids = []
    for month, read_on in enumerate(READ_ON):
        round_ids = [_read(actor, book_id=book_id, read_on=read_on, month=month) for book_id in unique_books]
    return actor, round_ids


@dataclass(frozen=True, slots=True)
class Founded:
    """A scratch company: its stations by code, and a price of water and one of gas."""

    station_ids: dict[str, int]
    water_id: int
    gas_id: int


def analyze(settings: "Environment") -> None:
    """Give the planner the statistics a company's own autovacuum would have long gathered."""
    import psycopg

    with psycopg.connect(settings.database_owner_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def found(*, stations: Sequence[str] = ("S",), staff: Sequence[tuple[str, str, str]] = ()) -> Founded:
    """Found a company with stations and people (user name, role, code of the unit; C is the company)."""
    from meterbook.application import actor as actors
    from meterbook.application import found_company, load_tariff
    from meterbook.interfaces.cli import tariff_files

    founded = found_company.found_company(
        plan=found_company.CompanyPlan(
            code="C",
            name="Bench",
            branch_code="B",
            branch_name="Bench",
            stations=tuple(
                found_company.StationPlan(code=code, name=f"Bench {code}", receipt_prefix=code)
                for code in stations
            ),
            staff=tuple(
                found_company.StaffPlan(
                    username=username,
                    name=username,
                    role_code=role,
                    unit_code=unit,
                    password=secrets.token_urlsafe(12),
                    must_change_password=False,
                )
                for username, role, unit in staff
            ),
        ),
        now=NOW,
        identity="bench:bill-run",
    )
    library = tariff_files.library_folder()
    actor = actors.of_system(identity="bench:bill-run")
    files = ("cn/beijing/water-residential.yaml", "cn/wuhan/gas-residential.yaml")
    loaded = [
        load_tariff.load_tariff(actor=actor, text=(library / file).read_text(encoding="utf-8"), now=NOW)
        for file in files
    ]
    found_company.mark_company_ready(now=NOW, identity="bench:bill-run")
    water, gas = (tariff.tariff_id for tariff in loaded)
    return Founded(station_ids=dict(founded.station_ids), water_id=water, gas_id=gas)


def supplies(
    *, first: int, count: int, per_book: int, station_id: int, tariff_ids: Sequence[int]
) -> "pl.DataFrame":
    """Made-up supplies, half water, half gas; the same every time."""
    import polars as pl

    from meterbook.application import write_supplies

    number = pl.lit(pl.int_range(first, first + count, dtype=pl.Int64, eager=True))
    kind = number % len(tariff_ids)
    values: dict[str, pl.Expr] = {
        "station_id": pl.lit(station_id, dtype=pl.Int64),
        "account_key": number,
        "account_no": pl.lit(None, dtype=pl.String),
        "name": pl.lit(pl.Series(_NAMES)).gather(number % len(_NAMES)),
        "customer_class": pl.lit(1, dtype=pl.Int16),
        "phone": pl.lit("139") + (number % 100_000_000).cast(pl.String).str.zfill(8),
        "address": pl.format("柳荫小区{}幢501室", number),
        "community": pl.lit("柳荫小区"),
        "persons": (number % 5 + 2).cast(pl.Int16),
        "utility": (kind + 1).cast(pl.Int16),
        "tariff_id": pl.lit(pl.Series(list(tariff_ids), dtype=pl.Int64)).gather(kind),
        "serial_no": pl.format("B{}", number.cast(pl.String).str.zfill(9)),
        "maker": pl.lit(""),
        "model_name": pl.lit("Bench"),
        "digits": pl.lit(5, dtype=pl.Int16),
        "multiplier_milli": pl.lit(1000, dtype=pl.Int32),
        "initial_milli": pl.lit(0, dtype=pl.Int64),
        "installed_on": pl.lit(STARTED_ON),
        "from_on": pl.lit(STARTED_ON),
        "book_code": pl.format("{}", (number // per_book).cast(pl.String).str.zfill(6)),
        "sequence": pl.lit(None, dtype=pl.Int32),
    }
    blank = {name: pl.lit("", dtype=pl.String) for name in write_supplies.SUPPLIES if name not in values}
    every = values | blank
    return pl.DataFrame().select(every[name].alias(name) for name in write_supplies.SUPPLIES)


def _supply(actor: "Actor", rows: "pl.DataFrame") -> list[int]:
    from meterbook.application import transaction, write_supplies

    with transaction.writing(actor=actor):
        written = write_supplies.write_supplies(supplies=rows, recorded_at=NOW)
    return [int(book_id) for book_id in written.rows["book_id"].unique(maintain_order=True)]


def _read(actor: "Actor", *, book_id: int, read_on: datetime.date, month: int) -> int:
    """Open, read and accept one round; usages between 5 and 45 units by register."""
    import polars as pl

    from meterbook.application import accept_round, open_rounds, transaction
    from meterbook.domain.metering import bulk as metering
    from meterbook.domain.metering import models

    opened = open_rounds.open_round(actor=actor, book_id=book_id, period=read_on, today=read_on, now=NOW)
    with transaction.writing(actor=actor):
        entries = metering.entries(round_id=opened.round_id)
        usage_milli = (pl.col("register_id") * 7919 + month * 104_729) % 40_000 + 5_000
        values = entries.with_columns(
            value_milli=pl.col("previous_milli") + usage_milli,
            read_on=pl.lit(read_on),
            source=pl.lit(models.Source.FILE.value, dtype=pl.Int16),
            state=pl.lit(models.EntryState.PASSED.value, dtype=pl.Int16),
            reason=pl.lit(""),
        )
        metering.write_values(round_id=opened.round_id, values=values, staff_id=None, at=NOW)
    accept_round.accept_round(actor=actor, round_id=opened.round_id, today=read_on, now=NOW)
    return opened.round_id
