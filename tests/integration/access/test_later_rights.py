"""A company founded by an older release gets the rights that came since, once."""

import importlib
import subprocess
import sys

import psycopg
import pytest

from meterbook.domain.access import models, operations, rules
from tests.support import server as server_module

MIGRATION = importlib.import_module("meterbook.domain.access.migrations.0005_rights_of_fees")
NAME = "0005_rights_of_fees"


def rights_of(code: str) -> set[str]:
    return set(models.RoleRight.objects.filter(role__code=code).values_list("right", flat=True))


def bring_up(*, server: server_module.Server, database: str) -> None:
    """What the command of a new release does, as the tables' owner."""
    subprocess.run(
        [sys.executable, "-m", "meterbook.config.provision"],
        check=True,
        env=server.environment(database=database),
        stdout=subprocess.DEVNULL,
    )


@pytest.fixture
def older(postgres_server: server_module.Server, own_database: str) -> str:
    """The tables of a company before there were fees: a role of its own, one less, one right taken away."""
    operations.found_standard_roles()
    models.Role.objects.get(code="MANAGER").delete()
    models.RoleRight.objects.filter(right__in=MIGRATION.RIGHTS).delete()
    models.RoleRight.objects.filter(role__code="CLERK", right="receipts.reprint").delete()
    own = models.Role.objects.create(code="WINDOW3", name="三号窗口")
    models.RoleRight.objects.create(role=own, right="payments.take")
    url = postgres_server.url(role="postgres", database=own_database)
    with psycopg.connect(url, autocommit=True) as superuser:
        done = superuser.execute(
            "DELETE FROM main.django_migrations WHERE app = 'access' AND name = %s", [NAME]
        )
        assert done.rowcount == 1
    return own_database


def test_it_names_rights_and_roles_there_are() -> None:
    assert set(MIGRATION.RIGHTS) <= set(rules.RIGHTS)
    assert {code for codes in MIGRATION.RIGHTS.values() for code in codes} <= set(rules.STANDARD_ROLES)


def test_standard_roles_get_the_later_rights_and_nothing_else(
    postgres_server: server_module.Server, older: str
) -> None:
    before = {code: rights_of(code) for code in [*rules.STANDARD_ROLES, "WINDOW3"]}
    assert not before["CLERK"] & set(MIGRATION.RIGHTS)
    bring_up(server=postgres_server, database=older)
    given = {code: rights_of(code) - rights for code, rights in before.items()}
    assert {code: rights for code, rights in given.items() if rights} == {
        "CLERK": {"fees.charge"},
        "SUPERVISOR": {"fees.charge", "fees.waive"},
    }
    assert "receipts.reprint" not in rights_of("CLERK"), "what a company took away stays away"
    assert not models.Role.objects.filter(code="MANAGER").exists()


def test_a_right_taken_away_afterwards_stays_away(postgres_server: server_module.Server, older: str) -> None:
    models.RoleRight.objects.create(role=models.Role.objects.get(code="SUPERVISOR"), right="fees.waive")
    bring_up(server=postgres_server, database=older)
    assert {"fees.charge", "fees.waive"} <= rights_of("SUPERVISOR"), "one it had already is no trouble"
    models.RoleRight.objects.filter(role__code="CLERK", right="fees.charge").delete()
    bring_up(server=postgres_server, database=older)
    assert "fees.charge" not in rights_of("CLERK")
