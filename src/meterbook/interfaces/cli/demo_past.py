"""The past of the demo's stations. They share nothing, so each may be written by a process of its own:

`python -m meterbook.interfaces.cli.demo_past --station CODE --today DAY` says on standard output, line by
line, which steps are done. Only one process at a time writes a station: another one waits.
"""

import argparse
import contextlib
import datetime
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meterbook.application.actor import Actor
    from meterbook.interfaces.cli import demo_town

IDENTITY = "cli:demo"
# Called with the month that a step belongs to.
Step = Callable[[str], None]


class ChildFailedError(Exception):
    """A process that wrote a station's past ended with another code than 0."""


def step_count(*, codes: Sequence[str], today: datetime.date) -> int:
    """How many steps the past of these stations has."""
    from meterbook.interfaces.cli import demo_history

    months = len(demo_history.past_months(today=today))
    return sum(months * (len(_book_ids(code=code)) + 2) + 2 for code in codes)


def in_children(*, codes: Sequence[str], today: datetime.date, step: Step) -> None:
    """Write the stations' past side by side. Raises ChildFailedError; the others are ended then."""
    children = [_start(code=code, today=today) for code in codes]
    try:
        with ThreadPoolExecutor(max_workers=len(children)) as pool:
            list(pool.map(lambda child: _follow(child, step=step), children))
    finally:
        for child in children:
            child.terminate()
            child.wait()


def here(*, codes: Sequence[str], today: datetime.date, step: Step) -> None:
    """Write the stations' past in this process, one after the other."""
    for code in codes:
        write_station(code=code, today=today, step=step)


def write_station(*, code: str, today: datetime.date, step: Step) -> None:
    """Read, bill and pay every month before this one, and leave this one as a working day finds it."""
    from meterbook.application import transaction, write_supplies
    from meterbook.domain.agreements import bulk as agreements
    from meterbook.interfaces.cli import demo_history, demo_records

    people = actors_by_role()
    supervisor = people["SUPERVISOR", ""]
    clerk = people["CLERK", code]
    books = _book_ids(code=code)
    with _alone(code=code):
        town = _town(code=code)
        months = demo_history.past_months(today=today)
        for number, month in enumerate(months):
            words = f"{month.first:%Y-%m}"
            demo_records.before_month(town, months_ago=len(months) - number, month=month)
            with transaction.reading(actor=supervisor):
                accounts = agreements.account_ids(station_id=clerk.home_unit_id)
            for book_id in books:
                demo_history.read_book(actor=supervisor, book_id=book_id, month=month)
                step(words)
            demo_history.bill_month(actor=supervisor, station_code=code, month=month)
            step(words)
            demo_history.pay_month(clerk=clerk, supervisor=supervisor, account_ids=accounts, month=month)
            step(words)
            if number == 0:
                write_supplies.refresh_statistics()
        demo_records.lately(town, today=today)
        step(f"{today:%Y-%m}")
        demo_history.open_this_month(actor=supervisor, book_ids=books, today=today)
        step(f"{today:%Y-%m}")


def _town(*, code: str) -> "demo_town.Town":
    """The station with its people and the households its stories are about."""
    from meterbook.interfaces.cli import demo_build, demo_records, demo_town

    people = actors_by_role()
    name = next(name for known, name, _prefix in demo_build.STATIONS if known == code)
    return demo_town.read_town(
        mark=code,
        place=name.removesuffix("营业所"),
        clerk=people["CLERK", code],
        chief=people["SUPERVISOR", code],
        supervisor=people["SUPERVISOR", ""],
        most=demo_records.HOUSEHOLDS,
    )


def _start(*, code: str, today: datetime.date) -> "subprocess.Popen[str]":
    words = ("-m", "meterbook.interfaces.cli.demo_past", "--station", code, "--today", today.isoformat())
    return subprocess.Popen(  # noqa: S603 # our own module, no shell
        [sys.executable, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )


def _follow(child: "subprocess.Popen[str]", *, step: Step) -> None:
    for line in child.stdout or ():
        step(line.strip())
    if child.wait() != 0:
        raise ChildFailedError(f"{child.args!r} ended with code {child.returncode}")


@contextlib.contextmanager
def _alone(*, code: str) -> Iterator[None]:
    """Hold the station against another build; whoever holds it and dies lets go."""
    from django.db import connection

    name = f"meterbook.demo.{code}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [name])


def _book_ids(*, code: str) -> list[int]:
    from meterbook.application import actor as actors
    from meterbook.application import transaction
    from meterbook.domain.access import queries as access
    from meterbook.reporting import reading_rounds

    with transaction.reading(actor=actors.of_system(identity=IDENTITY)):
        station_id = next(unit.unit_id for unit in access.units() if unit.code == code)
        return [book.book_id for book in reading_rounds.books() if book.station_id == station_id]


def actors_by_role() -> "dict[tuple[str, str], Actor]":
    """(Role, station or "" above the stations) -> the person who acts in the past."""
    from meterbook.application import actor as actors
    from meterbook.domain.access import models
    from meterbook.interfaces.cli import demo_build

    stations = {code for code, _name, _prefix in demo_build.STATIONS}
    staff: dict[str, Any] = {person.username: person for person in models.Staff.objects.all()}
    return {
        (person.role, person.unit if person.unit in stations else ""): actors.of_staff(
            staff=staff[person.username], remote_address=""
        )
        for person in demo_build.PEOPLE
    }


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Run as a module by `in_children`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--station", required=True)
    parser.add_argument("--today", required=True, type=datetime.date.fromisoformat)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meterbook.config.settings")
    import django

    django.setup()
    from meterbook.application import company

    company.use_company()
    write_station(code=arguments.station, today=arguments.today, step=_say)


if __name__ == "__main__":
    main()
