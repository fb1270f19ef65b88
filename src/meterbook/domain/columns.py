"""Columns in and out of PostgreSQL: what every `bulk` module is built on.

Frames go in by binary COPY on the caller's connection, so they belong to the caller's transaction
(platform.md: 1.2-1.5 million rows/s against 0.08 for row-wise inserts).
"""

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

import pgpq
import polars as pl
from django.db import connection, models
from psycopg import sql

# Batches keep the encoder's memory small beside the frame.
BATCH_ROWS = 65_536
# MAINTAIN is known from PostgreSQL 17 on; before, only a table's owner could gather its statistics.
_GROWN = """
SELECT c.relname
FROM unnest(%(tables)s::text[]) AS asked(name)
JOIN pg_class c ON c.oid = to_regclass(asked.name)
JOIN pg_stat_all_tables s ON s.relid = c.oid
WHERE s.n_mod_since_analyze >= greatest(%(least)s, c.reltuples / 2)
AND CASE WHEN current_setting('server_version_num')::int >= 170000
    THEN has_table_privilege(c.oid, 'MAINTAIN') ELSE pg_has_role(c.relowner, 'USAGE') END
"""


def copy_in(*, frame: pl.DataFrame, table: type[models.Model]) -> int:
    """COPY a frame into a table; its columns are named and typed like the table's. Returns the rows written.

    Nothing is converted: an Int32 column for a bigint table column is refused by PostgreSQL. Only JSON and
    UUID columns are given as text, because Arrow has no such types. Columns of the table that the frame
    leaves out take their database default or null.
    """
    target = sql.Identifier(table._meta.db_table)  # Django's documented Meta API
    names = [sql.Identifier(name) for name in frame.columns]
    spelt = {
        field.column
        for field in table._meta.local_concrete_fields
        if isinstance(field, models.UUIDField | models.JSONField)
    } & set(frame.columns)
    if not spelt and not _is_row_security_active(table):
        _copy(frame=frame, target=target, names=sql.SQL(", ").join(names))
        return frame.height
    # PostgreSQL refuses COPY into a table with row-level security; INSERT..SELECT lets its policies check.
    incoming = sql.Identifier(f"incoming_{table._meta.db_table}")
    taken = [
        sql.SQL("{}::text AS {}").format(name, name) if column in spelt else name
        for column, name in zip(frame.columns, names, strict=True)
    ]
    _execute(
        sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
            incoming, sql.SQL(", ").join(taken), target
        )
    )
    _copy(frame=frame, target=incoming, names=sql.SQL(", ").join(names))
    given = [
        sql.SQL("{}::{}").format(name, sql.SQL(_type_of(table, column))) if column in spelt else name
        for column, name in zip(frame.columns, names, strict=True)
    ]
    _execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(
            target, sql.SQL(", ").join(names), sql.SQL(", ").join(given), incoming
        ),
        sql.SQL("DROP TABLE {}").format(incoming),
    )
    return frame.height


def _type_of(table: type[models.Model], column: str) -> LiteralString:
    field = next(field for field in table._meta.local_concrete_fields if field.column == column)
    return "uuid" if isinstance(field, models.UUIDField) else "jsonb"


def _is_row_security_active(table: type[models.Model]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_security_active(%s::regclass)", [table._meta.db_table])
        return bool(cursor.fetchone()[0])


def _copy(*, frame: pl.DataFrame, target: sql.Identifier, names: sql.Composable) -> None:
    arrow = frame.to_arrow()
    encoder = pgpq.ArrowToPostgresBinaryEncoder(arrow.schema)
    statement = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT BINARY)").format(target, names)
    # The raw cursor's errors become Django's, as everywhere else.
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.cursor.copy(statement) as copy,
    ):
        copy.write(encoder.write_header())
        for batch in arrow.to_batches(max_chunksize=BATCH_ROWS):
            copy.write(encoder.write_batch(batch))
        copy.write(encoder.finish())


def _execute(*statements: sql.Composable) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.as_string(cursor.connection))


def fetch(
    *, statement: str, parameters: Mapping[str, Any], schema: Mapping[str, pl.DataType | type[pl.DataType]]
) -> pl.DataFrame:
    """The rows of a SELECT as a frame of the given schema (names and types), in the statement's order.

    `statement` is a constant of the calling module with %(name)s parameters.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(parameters))
        rows = cursor.fetchall()
    return pl.DataFrame(rows, schema=dict(schema), orient="row")


def next_ids(*, table: type[models.Model], count: int) -> list[int]:
    """Take `count` ascending numbers from a table's id sequence. Gaps stay when the transaction fails."""
    column = table._meta.pk
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [table._meta.db_table, column.column, count],
        )
        return sorted(row[0] for row in cursor.fetchall())


def refresh_statistics(*, tables: Sequence[type[models.Model]]) -> None:
    """Tell the planner what the tables hold now, after rows by the thousand went in: outside a transaction.

    Tables somebody else is working on that way are left out, and so are those the role may not maintain.
    """
    names = sql.SQL(", ").join(sql.Identifier(table._meta.db_table) for table in tables)
    _execute(sql.SQL("ANALYZE (SKIP_LOCKED) {}").format(names))


def grown_tables(*, tables: Sequence[type[models.Model]], least: int) -> tuple[type[models.Model], ...]:
    """Those of which the planner doesn't know half of what was written, by `least` rows or more, and that
    this role may tell it of. Outside a transaction.
    """
    with connection.cursor() as cursor:
        # what this session wrote itself is counted by the next statement, not up to a second later
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(_GROWN, {"tables": [table._meta.db_table for table in tables], "least": least})
        grown = {row[0] for row in cursor.fetchall()}
    return tuple(table for table in tables if table._meta.db_table in grown)


def completed(frame: pl.DataFrame, *, schema: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    """`frame` with those columns of `schema` it doesn't have, all null: what a caller left untold."""
    missing = {name: dtype for name, dtype in schema.items() if name not in frame.columns}
    return frame.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in missing.items())
