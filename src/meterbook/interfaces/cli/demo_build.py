"""Builds the demo company: `python -m meterbook.interfaces.cli.demo_build --accounts N --data DIR`.

Each step is done once however often the module is run, so a build that was killed is simply run again.
Lines on standard output say how far it is (`120/2000 words`).
"""

import argparse
import datetime
import json
import os
import secrets
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meterbook.application.actor import Actor
    from meterbook.application.found_company import CompanyFounded, CompanyPlan

IDENTITY = "cli:demo"
DEFAULT_ACCOUNTS = 2000
COMPANY, BRANCH = "1", "11"
STATIONS = (("111", "城东营业所", "111"), ("112", "柳荫营业所", "112"))
PASSWORD_BYTES = 9


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in. `unit` is the code of their unit."""

    username: str
    name: str
    role: str
    unit: str


PEOPLE = (
    Person("clerk", "刘芳", "CLERK", "111"),
    Person("clerk2", "周敏", "CLERK", "112"),
    Person("reader", "赵大勇", "READER", "111"),
    Person("reader2", "钱海", "READER", "112"),
    Person("supervisor", "陈建国", "SUPERVISOR", "11"),
    Person("chief", "王秀兰", "SUPERVISOR", "111"),
    Person("chief2", "李志强", "SUPERVISOR", "112"),
    Person("accountant", "孙丽", "ACCOUNTANT", "11"),
    Person("manager", "马国强", "MANAGER", "1"),
    Person("admin", "何涛", "ADMIN", "1"),
)


WritePast = Callable[..., None]


class Told:
    """Tells on standard output how much is done."""

    def __init__(self) -> None:
        self._done = 0
        self._total = 0
        self._lock = threading.Lock()

    def begin(self, *, total: int) -> None:
        """Say how many steps there are."""
        self._done, self._total = 0, total

    def step(self, text: str) -> None:
        """Say that one step more is done. Threads may call it."""
        with self._lock:
            self._done += 1
            sys.stdout.write(f"{self._done}/{self._total} {text}\n")
            sys.stdout.flush()


def build(*, accounts: int, data_dir: Path, told: Told, write_past: WritePast) -> bool:
    """Build or finish the demo company; False, and nothing done, when a company is ready already.

    `write_past` is demo_past.here or demo_past.in_children. Needs Django set up as the job role.
    """
    from meterbook.application import actor as actors
    from meterbook.application import company, found_company, write_supplies
    from meterbook.interfaces import clock
    from meterbook.interfaces.cli import demo_history, demo_past, demo_records

    today = clock.today()
    founded_at = demo_history.at(demo_history.first_reading_on(today=today))
    if company.use_company().ready_at is not None:
        return False
    founded = found_company.found_company(plan=_plan(data_dir=data_dir), now=founded_at, identity=IDENTITY)
    system = actors.of_system(identity=IDENTITY)
    tariff_ids = load_tariffs(system=system, now=founded_at)
    write_people(
        system=system,
        accounts=accounts,
        founded=founded,
        tariff_ids=tariff_ids,
        now=founded_at,
    )
    write_supplies.refresh_statistics()
    demo_records.company_lists(system=system, now=founded_at)
    codes = [code for code, _name, _prefix in STATIONS]
    told.begin(total=demo_past.step_count(codes=codes, today=today))
    write_past(codes=codes, today=today, step=told.step)
    # a year was written in a minute: what is asked of all of it must not be planned for empty tables
    write_supplies.refresh_statistics()
    people = demo_past.actors_by_role()
    demo_records.company_end(
        system=system,
        admin=people["ADMIN", ""],
        clerks=[people["CLERK", code] for code in codes],
        today=today,
        now=clock.now(),
    )
    found_company.mark_company_ready(now=clock.now(), identity=IDENTITY)
    return True


def load_tariffs(*, system: "Actor", now: datetime.datetime) -> dict[str, int]:
    """Load every tariff that is shipped; returns code -> id."""
    from meterbook.application import load_tariff
    from meterbook.interfaces.cli import tariff_files

    ids = {}
    for path in sorted(tariff_files.library_folder().rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        loaded = load_tariff.load_tariff(actor=system, text=text, now=now)
        ids[loaded.code] = loaded.tariff_id
    return ids


def write_people(
    *,
    system: "Actor",
    accounts: int,
    founded: "CompanyFounded",
    tariff_ids: dict[str, int],
    now: datetime.datetime,
) -> None:
    """Write all customers with their meters in one transaction, unless they are there."""
    from meterbook.application import transaction, write_supplies
    from meterbook.domain.agreements import bulk as agreements
    from meterbook.domain.metering import bulk as metering
    from meterbook.interfaces.cli import demo_people

    station_ids = [founded.station_ids[code] for code, _name, _prefix in STATIONS]
    stations = tuple(
        demo_people.Station(station_id=station_id, place=place)
        for place, station_id in enumerate(station_ids)
    )
    with transaction.writing(actor=system):
        if any(agreements.account_ids(station_id=station_id) for station_id in station_ids):
            return
        supplies = demo_people.supplies(
            count=accounts, stations=stations, tariff_ids=tariff_ids, from_on=now.date()
        )
        write_supplies.write_supplies(supplies=supplies, recorded_at=now)
        readers = {
            founded.station_ids[p.unit]: founded.staff_ids[p.username] for p in PEOPLE if p.role == "READER"
        }
        for station_id, code in supplies.select("station_id", "book_code").unique().iter_rows():
            name = demo_people.book_name(code)
            metering.describe_book(station_id=station_id, code=code, name=name, reader_id=readers[station_id])


def _plan(*, data_dir: Path) -> "CompanyPlan":
    """What to found; the log-ins are kept in the data folder before they are used."""
    from meterbook.application import found_company
    from meterbook.domain.access import rules
    from meterbook.interfaces.cli import folder

    known = {login["username"]: login["password"] for login in folder.read_logins(data_dir)}
    passwords = {
        person.username: known.get(person.username) or secrets.token_urlsafe(PASSWORD_BYTES)
        for person in PEOPLE
    }
    _keep_logins(
        data_dir,
        logins=[
            {
                "role": person.role,
                "role_name": rules.STANDARD_ROLES[person.role][0],
                "username": person.username,
                "password": passwords[person.username],
            }
            for person in PEOPLE
        ],
    )
    return found_company.CompanyPlan(
        code=COMPANY,
        name="城东公用",
        branch_code=BRANCH,
        branch_name="城东分公司",
        stations=tuple(
            found_company.StationPlan(code=code, name=name, receipt_prefix=prefix)
            for code, name, prefix in STATIONS
        ),
        staff=tuple(
            found_company.StaffPlan(
                username=person.username,
                name=person.name,
                role_code=person.role,
                unit_code=person.unit,
                password=passwords[person.username],
            )
            for person in PEOPLE
        ),
    )


def _keep_logins(data_dir: Path, *, logins: list[dict[str, str]]) -> None:
    half = data_dir / "logins.half"
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        json.dump(logins, file, ensure_ascii=False, indent=2)
        file.flush()
        os.fsync(file.fileno())
    half.replace(data_dir / "logins.json")


def main() -> None:
    """Run as a module, started by `up` or `demo` with everything else in the environment."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=DEFAULT_ACCOUNTS)
    parser.add_argument("--data", type=Path)
    arguments = parser.parse_args()
    if arguments.data is not None:
        os.environ["METERBOOK_DATA"] = str(arguments.data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meterbook.config.settings")
    # Many small frames: handing each to a pool of threads would cost more than the work.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    import django

    django.setup()
    from meterbook.interfaces.cli import demo_past

    build(
        accounts=arguments.accounts,
        data_dir=Path(os.environ["METERBOOK_DATA"]),
        told=Told(),
        write_past=demo_past.in_children,
    )


if __name__ == "__main__":
    main()
