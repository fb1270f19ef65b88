"""Writes of rounds. Locks go from the book to the round to its entries, entries by ascending id."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db.models import F

from meterbook.domain.metering import bulk, models, operations_carried, queries, rules


class MeteringError(Exception):
    """A refused act on a round. `code` names the reason; subclasses carry its facts."""

    code = "REFUSED"


class UnknownRoundError(MeteringError):
    """No such book, round or entry, or it lies outside the actor's stations."""

    code = "ROUND_UNKNOWN"


class RoundAcceptedError(MeteringError):
    """The round has been accepted: its readings are facts now."""

    code = "ROUND_ACCEPTED"


class RoundOrderError(MeteringError):
    """Rounds of a book follow each other: `period` is that of the round in the way, open or later."""

    def __init__(self, *, code: str, period: datetime.date) -> None:
        super().__init__(f"{code}: {period:%Y-%m}")
        self.code = code  # EARLIER_ROUND_OPEN or LATER_ROUND_EXISTS
        self.period = period


class NotReadyError(MeteringError):
    """The round can't be accepted; `obstacles` names every entry in the way."""

    code = "ROUND_NOT_READY"

    def __init__(self, *, obstacles: tuple[queries.Obstacle, ...]) -> None:
        super().__init__(f"{len(obstacles)} entries")
        self.obstacles = obstacles


class EntryError(MeteringError):
    """An act on one entry is refused.

    `code`: CHANGED (by somebody else meanwhile), NOT_HELD, NOT_CONFIRMABLE (only a new value helps),
    ROLL_OVER_NOT_STATED or REASON_MISSING.
    """

    def __init__(self, *, code: str, entry_id: int) -> None:
        super().__init__(f"{code}: entry {entry_id}")
        self.code = code
        self.entry_id = entry_id


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRound:
    """`added` entries are new, `entry_count` there are altogether; `left_out` has what can't be read."""

    round_id: int
    book_id: int
    station_id: int
    is_new: bool
    added: int
    entry_count: int
    left_out: tuple[queries.LeftOut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewValue:
    """What was read at a register; no `value_milli` empties the entry again.

    `version` is the one the reader saw; without it (files) whatever stands there is replaced.
    """

    entry_id: int
    value_milli: int | None
    read_on: datetime.date
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An entry after the act, and the value and state it had before. Quantities in thousandths."""

    entry_id: int
    station_id: int
    state: models.EntryState
    checks: tuple[rules.Check, ...]
    value_milli: int | None
    read_on: datetime.date | None
    quantity_milli: int | None
    version: int
    before_value_milli: int | None
    before_state: models.EntryState


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A value that was not taken. `code`: ENTRY_UNKNOWN, CHANGED, NOT_AFTER_PREVIOUS or IN_FUTURE."""

    entry_id: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What became of the values given: `outcomes` were written, `refusals` not, `unchanged` stood already."""

    station_id: int
    outcomes: tuple[Outcome, ...]
    refusals: tuple[Refusal, ...]
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedRound:
    """The accepted round; `is_repeat` when it had been accepted before."""

    round_id: int
    station_id: int
    totals: queries.RoundTotals
    is_repeat: bool


def set_reading_limit(*, utility: int, limit: rules.Limit) -> None:
    """Set the company's own high limit of a utility; entries judged from now on follow it."""
    models.ReadingLimit.objects.update_or_create(
        utility=utility, defaults={"times_average": limit.times_average, "floor_milli": limit.floor_milli}
    )


def open_round(*, book_id: int, period: datetime.date, opened_on: datetime.date) -> OpenedRound:
    """Open the book's round of `period` (first day of a month) with an entry per register, or complete it.

    An open round gets entries for what has come into the book since. Raises UnknownRoundError,
    RoundAcceptedError, or RoundOrderError when another round of the book is open or a later one exists.
    """
    book = models.Book.objects.select_for_update(no_key=True).filter(pk=book_id).first()
    if book is None:
        raise UnknownRoundError
    others = models.Round.objects.filter(book=book, kind=models.RoundKind.REGULAR).exclude(period=period)
    if (still_open := others.filter(state=models.RoundState.OPEN).first()) is not None:
        raise RoundOrderError(code="EARLIER_ROUND_OPEN", period=still_open.period)
    if (later := others.filter(period__gt=period).first()) is not None:
        raise RoundOrderError(code="LATER_ROUND_EXISTS", period=later.period)
    found, is_new = models.Round.objects.get_or_create(
        book=book,
        period=period,
        kind=models.RoundKind.REGULAR,
        defaults={"station_id": book.station_id, "opened_on": opened_on},
    )
    if found.state == models.RoundState.ACCEPTED:
        raise RoundAcceptedError
    added = bulk.open_entries(round_id=found.pk, book_id=book_id, day=opened_on)
    return OpenedRound(
        round_id=found.pk,
        book_id=book_id,
        station_id=book.station_id,
        is_new=is_new,
        added=added,
        entry_count=found.entries.count(),
        left_out=queries.registers_left_out(book_id=book_id, day=opened_on),
    )


def enter_values(
    *,
    round_id: int,
    values: Sequence[NewValue],
    source: models.Source,
    staff_id: int | None,
    today: datetime.date,
    at: datetime.datetime,
) -> Entered:
    """Write values into an open round: each passes the checks or is held, replacing what stood there.

    What can't be taken is returned as a refusal; the rest is written. Raises UnknownRoundError or
    RoundAcceptedError. An entry named twice takes the last value.
    """
    found = _lock_open_round(round_id)
    by_id = {value.entry_id: value for value in values}
    before = _lock_entries(round_id=round_id, entry_ids=sorted(by_id))
    stood = {row["entry_id"]: row for row in before.iter_rows(named=True)}
    refusals, kept, unchanged = [], [], 0
    for value in by_id.values():
        row = stood.get(value.entry_id)
        code = "ENTRY_UNKNOWN" if row is None else _refusal(value, row=row, today=today)
        if row is not None and _is_unchanged(value, row=row):
            unchanged += 1
        elif code:
            refusals.append(Refusal(entry_id=value.entry_id, code=code))
        else:
            kept.append(value)
    outcomes: tuple[Outcome, ...] = ()
    if kept:
        outcomes = _write(round_id, before=before, kept=kept, source=source, staff_id=staff_id, at=at)
    return Entered(
        station_id=found.station_id, outcomes=outcomes, refusals=tuple(refusals), unchanged=unchanged
    )


def confirm_held(*, entry_id: int, version: int, reason: str, is_rolled_over: bool) -> Outcome:
    """Let a held value stand, with the reason. Usage then counts across the roll-over, where there is one.

    A value lower than before needs `is_rolled_over`: saying so is what makes it a usage. Raises EntryError.
    """
    row = _lock_entry(entry_id=entry_id, version=version)
    finding = _judge(row).row(0, named=True)
    if row["state"][0] != models.EntryState.HELD:
        raise EntryError(code="NOT_HELD", entry_id=entry_id)
    if not reason.strip():
        raise EntryError(code="REASON_MISSING", entry_id=entry_id)
    checks = row["checks"].to_list()[0]
    if not rules.is_confirmable(checks=checks, quantity_milli=finding["quantity_milli"]):
        raise EntryError(code="NOT_CONFIRMABLE", entry_id=entry_id)
    if rules.Check.LOWER_THAN_BEFORE in checks and not is_rolled_over:
        raise EntryError(code="ROLL_OVER_NOT_STATED", entry_id=entry_id)
    models.RoundEntry.objects.filter(pk=entry_id).update(
        state=models.EntryState.CONFIRMED, reason=reason.strip(), version=F("version") + 1
    )
    stands = row.row(0, named=True)
    after = stands | {"quantity_milli": finding["quantity_milli"]}
    return _outcome(stands, state=models.EntryState.CONFIRMED, after=after)


def mark_not_read(
    *, entry_id: int, version: int, reason: str, staff_id: int | None, at: datetime.datetime
) -> Outcome:
    """Leave a register out of the round, with the reason: its next reading covers both periods."""
    row = _lock_entry(entry_id=entry_id, version=version)
    if not reason.strip():
        raise EntryError(code="REASON_MISSING", entry_id=entry_id)
    models.RoundEntry.objects.filter(pk=entry_id).update(
        state=models.EntryState.NOT_READ,
        value_milli=None,
        read_on=None,
        source=None,
        checks=[],
        reason=reason.strip(),
        entered_by_id=staff_id,
        entered_at=at,
        version=F("version") + 1,
    )
    return _outcome(row.row(0, named=True), state=models.EntryState.NOT_READ)


def accept_round(
    *, round_id: int, staff_id: int | None, accepted_on: datetime.date, at: datetime.datetime
) -> AcceptedRound:
    """Turn a round's values into readings and usages, once; a repeat gives the first result.

    Raises NotReadyError while an entry is empty, held or contradicted by the facts; UnknownRoundError.
    """
    found = _lock_round(round_id)
    is_repeat = found.state == models.RoundState.ACCEPTED
    if not is_repeat:
        if in_the_way := queries.obstacles(round_id=round_id):
            raise NotReadyError(obstacles=in_the_way)
        entries = bulk.entries(round_id=round_id).filter(pl.col("value_milli").is_not_null())
        findings = rules.judged(facts=entries, limits=queries.reading_limits())
        operations_carried.write_accepted(
            round_id=round_id, accepted=entries.with_columns(findings["quantity_milli"]), at=at
        )
        models.Round.objects.filter(pk=round_id).update(
            state=models.RoundState.ACCEPTED, accepted_on=accepted_on, accepted_by_id=staff_id
        )
    return AcceptedRound(
        round_id=round_id,
        station_id=found.station_id,
        totals=queries.round_totals(round_id=round_id),
        is_repeat=is_repeat,
    )


def _lock_round(round_id: int) -> models.Round:
    found = models.Round.objects.select_for_update(no_key=True).filter(pk=round_id).first()
    if found is None:
        raise UnknownRoundError
    return found


def _lock_open_round(round_id: int) -> models.Round:
    found = _lock_round(round_id)
    if found.state == models.RoundState.ACCEPTED:
        raise RoundAcceptedError
    return found


def _lock_entries(*, round_id: int, entry_ids: list[int]) -> pl.DataFrame:
    rows = models.RoundEntry.objects.filter(round_id=round_id, pk__in=entry_ids).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))
    return bulk.entries(round_id=round_id, entry_ids=entry_ids)


def _lock_entry(*, entry_id: int, version: int) -> pl.DataFrame:
    """One row of bulk.ENTRY, locked with its open round, in the version the actor saw."""
    round_id = models.RoundEntry.objects.filter(pk=entry_id).values_list("round_id", flat=True).first()
    if round_id is None:
        raise UnknownRoundError
    _lock_open_round(round_id)
    if (row := _lock_entries(round_id=round_id, entry_ids=[entry_id]))["version"][0] != version:
        raise EntryError(code="CHANGED", entry_id=entry_id)
    return row


def _judge(facts: pl.DataFrame) -> pl.DataFrame:
    return rules.judged(facts=facts, limits=queries.reading_limits())


def _is_unchanged(value: NewValue, *, row: dict[str, Any]) -> bool:
    if value.value_milli is None:
        return row["value_milli"] is None
    return (value.value_milli, value.read_on) == (row["value_milli"], row["read_on"])


def _refusal(value: NewValue, *, row: dict[str, Any], today: datetime.date) -> str:
    """Why a value for this entry is refused; empty when it is not."""
    if value.version is not None and value.version != row["version"]:
        return "CHANGED"
    if value.value_milli is not None and value.read_on > today:
        return "IN_FUTURE"
    # What earlier meters counted may be read on the very day this one was fitted.
    is_carried_only = row["since_on"] < row["previous_on"] == value.read_on and not row["unmetered_days"]
    is_early = value.read_on <= row["previous_on"] and not is_carried_only
    return "NOT_AFTER_PREVIOUS" if value.value_milli is not None and is_early else ""


def _write(
    round_id: int,
    *,
    before: pl.DataFrame,
    kept: list[NewValue],
    source: models.Source,
    staff_id: int | None,
    at: datetime.datetime,
) -> tuple[Outcome, ...]:
    new = pl.DataFrame(
        [(value.entry_id, value.value_milli, value.read_on) for value in kept],
        schema={"entry_id": pl.Int64, "value_milli": pl.Int64, "read_on": pl.Date},
        orient="row",
    )
    facts = before.drop("value_milli", "read_on", "checks").join(new, on="entry_id", how="inner")
    has_value = pl.col("value_milli").is_not_null()
    state = (
        pl.when(~has_value)
        .then(models.EntryState.EMPTY)
        .when(pl.col("checks").list.len() == 0)
        .then(models.EntryState.PASSED)
        .otherwise(models.EntryState.HELD)
    )
    values = (
        facts.join(_judge(facts), on="entry_id", how="inner", maintain_order="left")
        .rename({"state": "state_before"})
        .with_columns(
            state.cast(pl.Int16).alias("state"),
            pl.when(has_value).then(pl.lit(int(source), dtype=pl.Int16)).alias("source"),
            pl.when(has_value).then(pl.col("read_on")).alias("read_on"),
            pl.lit("").alias("reason"),
        )
    )
    bulk.write_values(round_id=round_id, values=values, staff_id=staff_id, at=at)
    stood = {row["entry_id"]: row for row in before.iter_rows(named=True)}
    return tuple(
        _outcome(stood[row["entry_id"]], state=models.EntryState(row["state"]), after=row)
        for row in values.iter_rows(named=True)
    )


def _outcome(
    before: Mapping[str, Any], *, state: models.EntryState, after: Mapping[str, Any] | None = None
) -> Outcome:
    """An entry's outcome from its row before and, where it has a value now, its row after."""
    given = after or {}
    return Outcome(
        entry_id=before["entry_id"],
        station_id=before["station_id"],
        state=state,
        checks=tuple(rules.Check(code) for code in given.get("checks", ())),
        value_milli=given.get("value_milli"),
        read_on=given.get("read_on"),
        quantity_milli=given.get("quantity_milli"),
        version=before["version"] + 1,
        before_value_milli=before["value_milli"],
        before_state=models.EntryState(before["state"]),
    )
