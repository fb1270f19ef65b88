"""The database and the three roles Meterbook logs in with.

`meterbook_owner` owns the tables and migrates; `meterbook_app` serves people under row-level security;
`meterbook_job` serves a whole company. None is a superuser, none may make roles or databases.
"""

from collections.abc import Mapping

import psycopg
from psycopg import sql

from meterbook.adapters.postgres import errors

DATABASE = "meterbook"
OWNER = "meterbook_owner"
APP = "meterbook_app"
JOB = "meterbook_job"
# Serialises two starts: made from the project's name so that nobody else's advisory lock is met by chance.
ADVISORY_LOCK = 0x6D62_726F_6C65


def make_database(*, superuser_url: str, passwords: Mapping[str, str]) -> None:
    """Make the roles and the database on a server we own; doing it again changes nothing.

    Args:
        superuser_url: The superuser's address of the embedded server, database `postgres`.
        passwords: Role name -> password, for OWNER, APP and JOB; set again at every start, so a restored
            secrets file and the server agree.

    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (ADVISORY_LOCK,))
        for role in (OWNER, APP, JOB):
            _make_role(connection, role=role, password=passwords[role])
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(APP), sql.Identifier(JOB)))
        # Its policies let it see the whole company anyway; without them in the way it may COPY straight in.
        connection.execute(sql.SQL("ALTER ROLE {} BYPASSRLS").format(sql.Identifier(JOB)))
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
        if found is None:
            statement = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(statement.format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(DATABASE)))
        for role in (APP, JOB):
            statement = sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}")
            connection.execute(statement.format(sql.Identifier(DATABASE), sql.Identifier(role)))


def make_roles_as_owner(*, owner_url: str, passwords: Mapping[str, str]) -> None:
    """Make APP and JOB on somebody else's server (DATABASE_URL), where we are told only the owner.

    Raises:
        RolesMissingError: the owner may not make roles; its fix is the SQL a DBA has to run.

    """
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (ADVISORY_LOCK,))
        try:
            for role in (APP, JOB):
                _make_role(connection, role=role, password=passwords[role])
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(APP), sql.Identifier(JOB)))
            for role in (APP, JOB):
                statement = sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}")
                database = sql.Identifier(connection.info.dbname)
                connection.execute(statement.format(database, sql.Identifier(role)))
        except psycopg.errors.InsufficientPrivilege as refused:
            raise errors.RolesMissingError(
                f"The role {connection.info.user} of DATABASE_URL may not make the roles {APP} and {JOB}.",
                fix=by_hand(owner=connection.info.user, database=connection.info.dbname),
            ) from refused


def by_hand(*, owner: str, database: str) -> str:
    """Return what a DBA runs once, and what to set afterwards."""
    return (
        "Ask the DBA to run, with passwords of his choice:\n"
        f"  CREATE ROLE {APP} LOGIN PASSWORD '...';\n"
        f"  CREATE ROLE {JOB} LOGIN PASSWORD '...';\n"
        f"  GRANT {APP} TO {JOB};\n"
        f"  GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {APP}, {JOB};\n"
        f"(the owner {owner} needs CREATE on the database), then set DATABASE_APP_URL and DATABASE_JOB_URL."
    )


def _make_role(connection: psycopg.Connection, *, role: str, password: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    # A new role has no other right; naming them in ALTER would itself need a superuser.
    statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}" if found else "CREATE ROLE {} LOGIN PASSWORD {}")
    connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))
