"""Books, readings and usages as columns."""

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from django.db import connection

from meterbook.domain import columns
from meterbook.domain.metering import models, rules

# The average of a register is that of its last usages, at most so many.
AVERAGE_OF = 6

# `sequence` is null where the place comes behind the last one of its book.
PLACES = {
    "station_id": pl.Int64,
    "book_code": pl.String,
    "service_point_id": pl.Int64,
    "sequence": pl.Int32,
}
INITIAL_READINGS = {
    "station_id": pl.Int64,
    "register_id": pl.Int64,
    "read_on": pl.Date,
    "value_milli": pl.Int64,
    "recorded_at": pl.Datetime("us", "UTC"),
}

_BOOKS = """
SELECT id, station_id, code FROM metering_book WHERE station_id = ANY(%(station_ids)s) ORDER BY id FOR UPDATE
"""
_BOOKS_SCHEMA = {"book_id": pl.Int64, "station_id": pl.Int64, "book_code": pl.String}
_TAKEN = """
SELECT b.station_id, b.code, p.sequence
FROM metering_bookplace p JOIN metering_book b ON b.id = p.book_id
WHERE b.station_id = ANY(%(station_ids)s) AND b.code = ANY(%(book_codes)s)
"""
_TAKEN_SCHEMA = {"station_id": pl.Int64, "book_code": pl.String, "sequence": pl.Int32}


def taken_places(*, station_ids: list[int], book_codes: list[str]) -> pl.DataFrame:
    """The places of these books that are in use: station_id, book_code, sequence."""
    return columns.fetch(
        statement=_TAKEN,
        parameters={"station_ids": station_ids, "book_codes": book_codes},
        schema=_TAKEN_SCHEMA,
    )


def write_books_and_places(*, places: pl.DataFrame) -> pl.DataFrame:
    """Put service points into books, making the books that are missing (named by their code).

    `places` has columns PLACES; further columns are carried along. Returns it in its order with
    `book_id` and every `sequence` filled. The books stay locked until the transaction ends. Two places
    with the same sequence are refused by the database when it does.
    """
    books = places.select("station_id", "book_code").unique(maintain_order=True)
    models.Book.objects.bulk_create(
        (
            models.Book(station_id=row["station_id"], code=row["book_code"], name=row["book_code"])
            for row in books.iter_rows(named=True)
        ),
        ignore_conflicts=True,
    )
    station_ids = books["station_id"].unique().to_list()
    known = columns.fetch(statement=_BOOKS, parameters={"station_ids": station_ids}, schema=_BOOKS_SCHEMA)
    taken = taken_places(station_ids=station_ids, book_codes=books["book_code"].unique().to_list())
    keys = ["station_id", "book_code"]
    last = (
        pl.concat([taken, places.select(*keys, "sequence").drop_nulls()])
        .group_by(keys)
        .agg(pl.col("sequence").max().alias("last"))
    )
    behind = pl.col("last").fill_null(0) + pl.col("sequence").is_null().cast(pl.Int32).cum_sum().over(keys)
    filled = (
        places.join(known, on=keys, how="left", maintain_order="left")
        .join(last, on=keys, how="left", maintain_order="left")
        .with_columns(pl.coalesce(pl.col("sequence"), behind).cast(pl.Int32).alias("sequence"))
        .drop("last")
    )
    columns.copy_in(
        frame=filled.select("station_id", "book_id", "service_point_id", "sequence"), table=models.BookPlace
    )
    return filled


def describe_book(*, station_id: int, code: str, name: str, reader_id: int | None) -> None:
    """Name a book and say who reads it."""
    models.Book.objects.filter(station_id=station_id, code=code).update(name=name, reader_id=reader_id)


def write_initial_readings(*, readings: pl.DataFrame) -> None:
    """Write the readings from which registers begin. `readings` has columns INITIAL_READINGS."""
    columns.copy_in(
        table=models.Reading,
        frame=readings.sort("register_id").select(
            "register_id",
            "read_on",
            pl.lit(1, dtype=pl.Int16).alias("revision"),
            "value_milli",
            pl.lit(models.Source.INITIAL.value, dtype=pl.Int16).alias("source"),
            pl.col("station_id").cast(pl.Int32),
            "recorded_at",
        ),
    )


# Carried usages that no usage took in, and that were not taken back.
PENDING = """
    FROM metering_carriedusage carried JOIN devices_register was ON was.id = carried.register_id
    WHERE carried.cancels_id IS NULL
        AND NOT EXISTS (SELECT FROM metering_carriedusage back WHERE back.cancels_id = carried.id)
        AND NOT EXISTS (SELECT FROM metering_usagepart part WHERE part.carried_id = carried.id)
"""
# The reading that stands as a register's latest: of a day the highest revision, unless it was withdrawn.
LATEST_READING = """
    SELECT reading.id, reading.read_on, reading.value_milli
    FROM metering_reading reading WHERE reading.register_id = register.id AND reading.source <> 6
        AND NOT EXISTS (
            SELECT FROM metering_reading newer WHERE newer.register_id = reading.register_id
                AND newer.read_on = reading.read_on AND newer.revision > reading.revision)
    ORDER BY reading.read_on DESC, reading.revision DESC LIMIT 1
"""
OPEN_ENTRIES = f"""
INSERT INTO metering_roundentry (
    station_id, round_id, sequence, agreement_id, register_id, previous_reading_id, previous_on,
    previous_milli, previous_usage_milli, average_milli, carried_milli, carried_from_on, unmetered_days,
    state, checks, reason)
SELECT place.station_id, %(round_id)s, place.sequence, agreement.id, register.id, previous.id,
    previous.read_on, previous.value_milli, history.last_milli, history.average_milli,
    coalesce(pending.milli, 0), pending.from_on, coalesce(pending.unmetered, 0), %(empty)s, '{{}}', ''
FROM metering_bookplace place
JOIN agreements_supplyagreement agreement ON agreement.service_point_id = place.service_point_id
    AND agreement.from_on <= %(day)s AND (agreement.until_on IS NULL OR agreement.until_on > %(day)s)
JOIN devices_installation installation ON installation.service_point_id = place.service_point_id
    AND installation.installed_on <= %(day)s
    AND (installation.removed_on IS NULL OR installation.removed_on > %(day)s)
JOIN devices_register register ON register.meter_id = installation.meter_id
CROSS JOIN LATERAL ({LATEST_READING}) previous
CROSS JOIN LATERAL (
    SELECT div(sum(recent.quantity_milli) * %(average_days)s, sum(recent.days))::bigint AS average_milli,
        (array_agg(recent.quantity_milli ORDER BY recent.period_until DESC))[1] AS last_milli
    FROM (
        SELECT DISTINCT ON (usage.period_until)
            usage.period_until, usage.quantity_milli, usage.period_until - usage.period_from AS days
        FROM metering_usage usage
        WHERE usage.agreement_id = agreement.id AND (usage.register_id = register.id OR EXISTS (
            SELECT FROM devices_register was WHERE was.id = usage.register_id AND was.band = register.band))
        ORDER BY usage.period_until DESC, usage.revision DESC LIMIT %(average_of)s
    ) recent
) history
CROSS JOIN LATERAL (
    SELECT sum(carried.quantity_milli)::bigint AS milli, min(carried.period_from) AS from_on,
        sum(carried.period_until - carried.period_from)
            FILTER (WHERE carried.quantity_milli IS NULL)::integer AS unmetered
    {PENDING} AND carried.agreement_id = agreement.id AND was.band = register.band
) pending
WHERE place.book_id = %(book_id)s AND previous.read_on >= agreement.from_on
    AND (%(service_point_id)s::bigint IS NULL OR place.service_point_id = %(service_point_id)s)
ORDER BY place.sequence, register.band
ON CONFLICT (round_id, register_id) DO NOTHING
"""  # noqa: S608 # constants of this subject

ENTRIES = """
SELECT entry.id AS entry_id, agreement.utility, register.digits, register.multiplier_milli, entry.previous_on,
    entry.previous_milli, entry.previous_usage_milli, entry.average_milli,
    coalesce(entry.carried_from_on, entry.previous_on), entry.carried_milli, entry.unmetered_days,
    entry.read_on, entry.value_milli, entry.agreement_id, entry.register_id, entry.previous_reading_id,
    entry.station_id, entry.source, entry.state, entry.checks, entry.reason, entry.entered_by_id,
    entry.version, entry.carried_from_on
FROM metering_roundentry entry
JOIN agreements_supplyagreement agreement ON agreement.id = entry.agreement_id
JOIN devices_register register ON register.id = entry.register_id
WHERE entry.round_id = %(round_id)s AND (%(all)s OR entry.id = ANY(%(entry_ids)s))
ORDER BY entry.id
"""
ENTRY: dict[str, pl.DataType] = {
    **rules.FACTS.columns,
    "agreement_id": pl.Int64(),
    "register_id": pl.Int64(),
    "previous_reading_id": pl.Int64(),
    "station_id": pl.Int32(),
    "source": pl.Int16(),
    "state": pl.Int16(),
    "checks": pl.List(pl.Int16()),
    "reason": pl.String(),
    "entered_by_id": pl.Int64(),
    "version": pl.Int32(),
    "carried_from_on": pl.Date(),
}

_KNOWN_FACTS = frozenset(rules.FACTS.columns) - {"entry_id", "read_on", "value_milli"}
OPEN_ENTRIES_OF_METERS = """
SELECT meter.serial_no, entry.id, entry.round_id, book.code, agreement.utility, register.digits,
    register.multiplier_milli, entry.previous_on, entry.previous_milli, entry.previous_usage_milli,
    entry.average_milli, coalesce(entry.carried_from_on, entry.previous_on), entry.carried_milli,
    entry.unmetered_days, entry.value_milli
FROM devices_meter meter
JOIN devices_register register ON register.meter_id = meter.id
JOIN metering_roundentry entry ON entry.register_id = register.id
JOIN metering_round round ON round.id = entry.round_id AND round.state = %(open)s
JOIN metering_book book ON book.id = round.book_id
JOIN agreements_supplyagreement agreement ON agreement.id = entry.agreement_id
WHERE meter.serial_no = ANY(%(serial_nos)s)
ORDER BY entry.id
"""
# The facts of an entry without what is to be read, and where it is found. `stands_milli`: what is entered.
OPEN_ENTRY: dict[str, pl.DataType] = {
    "serial_no": pl.String(),
    "entry_id": pl.Int64(),
    "round_id": pl.Int64(),
    "book_code": pl.String(),
    **{name: kind for name, kind in rules.FACTS.columns.items() if name in _KNOWN_FACTS},
    "stands_milli": pl.Int64(),
}

WRITE_VALUES = """
UPDATE metering_roundentry entry
SET value_milli = new.value_milli, read_on = new.read_on, source = new.source, state = new.state,
    checks = new.checks, reason = new.reason, entered_by_id = %(staff_id)s, entered_at = %(at)s,
    version = entry.version + 1
FROM jsonb_to_recordset(%(rows)s) AS new(
    entry_id bigint, value_milli bigint, read_on date, source smallint, state smallint, checks smallint[],
    reason text)
WHERE entry.id = new.entry_id AND entry.round_id = %(round_id)s
"""
# What `write_values` takes, one row per entry; a row without a value has no source either.
VALUES = {
    "entry_id": pl.Int64(),
    "value_milli": pl.Int64(),
    "read_on": pl.Date(),
    "source": pl.Int16(),
    "state": pl.Int16(),
    "checks": pl.List(pl.Int16()),
    "reason": pl.String(),
}


def open_entries(
    *, round_id: int, book_id: int, day: datetime.date, service_point_id: int | None = None
) -> int:
    """Give the round an entry for every register in the book (or of one point) that supplies on `day`.

    Returns how many were added; entries the round already has stay as they are. A register whose
    latest reading is missing or older than the agreement gets none: `queries.registers_left_out`
    names it. The average is that of the last `AVERAGE_OF` usages by day, per AVERAGE_DAYS, cut off.
    """
    parameters = {
        "round_id": round_id,
        "book_id": book_id,
        "day": day,
        "service_point_id": service_point_id,
        "empty": models.EntryState.EMPTY,
        "average_days": rules.AVERAGE_DAYS,
        "average_of": AVERAGE_OF,
    }
    return _run(OPEN_ENTRIES, parameters)


def entries(*, round_id: int, entry_ids: Sequence[int] | None = None) -> pl.DataFrame:
    """A round's entries (all, or the named ones that belong to it) as columns ENTRY, by entry_id."""
    return columns.fetch(
        statement=ENTRIES,
        parameters={"round_id": round_id, "all": entry_ids is None, "entry_ids": list(entry_ids or ())},
        schema=ENTRY,
    )


def open_entries_of_meters(*, serial_nos: Sequence[str]) -> pl.DataFrame:
    """The entries of these meters in open rounds, as columns OPEN_ENTRY: one per register of a meter."""
    return columns.fetch(
        statement=OPEN_ENTRIES_OF_METERS,
        parameters={"serial_nos": list(serial_nos), "open": models.RoundState.OPEN.value},
        schema=OPEN_ENTRY,
    )


def write_values(*, round_id: int, values: pl.DataFrame, staff_id: int | None, at: datetime.datetime) -> None:
    """Store columns VALUES on the round's entries in one statement; each entry's version counts on."""
    rows = values.select(*VALUES).with_columns(pl.col("read_on").cast(pl.String)).to_dicts()
    parameters: dict[str, Any] = {
        "rows": json.dumps(rows),
        "round_id": round_id,
        "staff_id": staff_id,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE_VALUES, parameters)


_READING = (
    "id",
    "register_id",
    "read_on",
    "revision",
    "value_milli",
    "source",
    "round_id",
    "station_id",
    "reader_id",
    "recorded_at",
)


def write_readings_and_usages(
    *, round_id: int, accepted: pl.DataFrame, at: datetime.datetime
) -> pl.DataFrame:
    """COPY a round's accepted entries into the two lean tables; returns them with `usage_id`, `reading_id`.

    `accepted` has columns ENTRY and `quantity_milli`, no nulls in value and quantity. Rows go in by
    register and agreement in ascending order, so that the indexes grow at one end of each book. A row that
    closes with its previous reading (value and day the same: the meter is gone) gets no second one.
    """
    was_read = (pl.col("read_on") == pl.col("previous_on")) & (
        pl.col("value_milli") == pl.col("previous_milli")
    )
    ordered = accepted.sort("register_id")
    frame = ordered.with_columns(
        pl.Series("reading_id", columns.next_ids(table=models.Reading, count=ordered.height), dtype=pl.Int64),
        round_id=pl.lit(round_id, dtype=pl.Int64),
        recorded_at=pl.lit(at.astimezone(datetime.UTC), dtype=pl.Datetime("us", "UTC")),
        revision=pl.Series(_next_revisions(ordered), dtype=pl.Int16),
    )
    read = frame.filter(~was_read).with_columns(id="reading_id", reader_id="entered_by_id")
    columns.copy_in(frame=read.select(_READING), table=models.Reading)
    usages = frame.sort("agreement_id", "register_id").with_columns(
        pl.Series("usage_id", columns.next_ids(table=models.Usage, count=ordered.height), dtype=pl.Int64),
        reading_id=pl.when(was_read).then("previous_reading_id").otherwise("reading_id"),
    )
    columns.copy_in(
        frame=usages.select(
            pl.col("usage_id").alias("id"),
            "agreement_id",
            "register_id",
            "round_id",
            "station_id",
            pl.col("previous_reading_id").alias("opening_reading_id"),
            pl.col("reading_id").alias("closing_reading_id"),
            pl.col("since_on").alias("period_from"),
            pl.col("read_on").alias("period_until"),
            pl.col("previous_milli").alias("opening_milli"),
            pl.col("value_milli").alias("closing_milli"),
            "quantity_milli",
            pl.lit(1, dtype=pl.Int16).alias("revision"),
        ),
        table=models.Usage,
    )
    return usages


_REVISIONS = """
SELECT coalesce((SELECT max(reading.revision) FROM metering_reading reading
    WHERE reading.register_id = asked.register_id AND reading.read_on = asked.read_on), 0) + 1
FROM unnest(%(registers)s::bigint[], %(days)s::date[]) WITH ORDINALITY AS asked (register_id, read_on, place)
ORDER BY asked.place
"""


def _next_revisions(frame: pl.DataFrame) -> list[int]:
    """The revision of each row's reading: 1, or one more where the register was read that day before."""
    parameters = {"registers": frame["register_id"].to_list(), "days": frame["read_on"].to_list()}
    found = columns.fetch(statement=_REVISIONS, parameters=parameters, schema={"revision": pl.Int16})
    return found["revision"].to_list()


def _run(statement: str, parameters: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(parameters))
        return int(cursor.rowcount)
