"""Usages cut into segments where a price or a season changes inside their period.

Quantities are cut in proportion to days: what lies before a cut is rounded half up to the step of the rule,
and the last segment takes the rest.
"""

import datetime as dt
from collections.abc import Sequence

import polars as pl

from meterbook.kernel import frames
from meterbook.rating import book as books
from meterbook.rating import tariff
from meterbook.rating.steps import bands, calendar_cuts, months, usages

PIECES = frames.FrameSchema(
    name="pieces",
    columns={
        "tariff_version_id": pl.Int32(),
        "period_from": pl.Date(),
        "period_until": pl.Date(),
        "reading_no": pl.Int16(),
        "segment_no": pl.Int16(),
        "version_id": pl.Int32(),
        "season_no": pl.Int16(),
        "from_": pl.Date(),
        "until": pl.Date(),
        "step_milli": pl.Int64(),
        "is_restarted": pl.Boolean(),
        "is_prorated": pl.Boolean(),
        "is_last": pl.Boolean(),
    },
    nullable=frozenset({"reading_no"}),
)
_KEYS = ["tariff_version_id", "period_from", "period_until", "reading_no"]
# What a segmented frame has beyond the usages' columns.
ADDED = {
    "season_no": pl.Int16(),
    "is_last": pl.Boolean(),
    "cut_usage": pl.UInt32(),
    "segment_no": pl.Int16(),
    "restart_no": pl.Int32(),
    "last_version_id": pl.Int32(),
    "usage_from": pl.Date(),
    "usage_until": pl.Date(),
    "segment_days": pl.Int64(),
    "usage_days": pl.Int64(),
    "is_prorated": pl.Boolean(),
}

_WHILE_CUTTING = ("version_id", "from_", "until", "step_milli", "is_restarted", "days_until")


def cut(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """Segments with columns ADDED; the frame as it is where nothing has to be cut and no seasons exist."""
    is_asked = _is_asked(book)
    if is_asked is None:
        return frame
    asked = frame.filter(is_asked)
    if asked.is_empty():
        return frame
    asked = asked.with_columns(reading_no=usages.column(frame, "reading_no"), months=_months(asked, book))
    pieces = _pieces(asked.select(_KEYS).unique(), book)
    segments = asked.with_row_index("cut_usage").join(pieces, on=_KEYS, nulls_equal=True)
    segments = _quantities(segments.sort("cut_usage", "segment_no"))
    rest = frame.filter(~is_asked)
    return pl.concat([rest, segments], how="diagonal") if rest.height else segments


def _is_asked(book: books.TariffBook) -> pl.Expr | None:
    """Usages that began before their version, or whose version is split by seasons or counts readings; None
    where nothing in the book could ask for it.
    """
    always = [
        version_id
        for version_id, version in book.versions.items()
        if (version.season_change is not None and version.season_change.split is tariff.SplitRule.DAYS)
        or (version.change is not None and version.change.split is tariff.SplitRule.READING_NUMBER)
    ]
    starts = {
        version_id: book.versions[version_id].effective_from
        for version_id in book.previous
        if book.versions[version_id].change is not None
    }
    if not always and not starts:
        return None
    version_id = pl.col("tariff_version_id")
    begins = version_id.replace_strict(starts, default=None, return_dtype=pl.Date)
    return version_id.is_in(always) | (pl.col("period_from") < begins).fill_null(value=False)


def _months(frame: pl.DataFrame, book: books.TariffBook) -> pl.Expr:
    """Months of the whole usage, kept before its period is cut."""
    is_stated = "months" in frame.columns
    started = [i for i, v in book.versions.items() if v.month_count is tariff.MonthCount.STARTED]
    found = (
        pl.when(pl.col("tariff_version_id").is_in(started))
        .then(months.months(is_stated=is_stated, month_count=tariff.MonthCount.STARTED))
        .otherwise(months.months(is_stated=is_stated, month_count=tariff.MonthCount.NEAREST))
    )
    return found.cast(pl.Int16)


def _pieces(asked: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """The pieces of every distinct period: few, whatever the number of usages."""
    versions = calendar_cuts.Versions(by_id=book.versions, previous=book.previous)
    rows: list[tuple[object, ...]] = []
    for version_id, from_, until, reading_no in asked.iter_rows():
        found = versions.pieces(version_id=version_id, from_=from_, until=until, reading_no=reading_no)
        rows.extend((version_id, from_, until, reading_no, *row) for row in _piece_rows(found))
    return pl.DataFrame(rows, schema=dict(PIECES.columns), orient="row")


def _piece_rows(
    pieces: Sequence[calendar_cuts.Piece],
) -> list[tuple[int, int, int, dt.date, dt.date, int, bool, bool, bool]]:
    """A segment is rounded by the rule of the cut at its end; any cut that prorates does so for all."""
    rows = []
    is_prorated = any(piece.cut and piece.cut.counter is tariff.Counter.PRORATED for piece in pieces)
    for place, piece in enumerate(pieces):
        is_last = place == len(pieces) - 1
        cut_after = None if is_last else pieces[place + 1].cut
        step = 1 if cut_after is None else cut_after.round_to_milli
        restarts = piece.cut is not None and piece.cut.counter is not tariff.Counter.CONTINUES
        dates = (piece.from_, piece.until)
        rows.append((place, piece.version_id, piece.season_no, *dates, step, restarts, is_prorated, is_last))
    return rows


def _quantities(segments: pl.DataFrame) -> pl.DataFrame:
    """Cut quantities; replace version and period by the segment's."""
    segments = segments.with_columns(
        usage_days=usages.days(), days_until=(pl.col("until") - pl.col("period_from")).dt.total_days()
    )
    upto = _before_end()
    segments = bands.cut(segments.with_columns(_upto=upto), whole="quantity_milli", key="cut_usage")
    return segments.with_columns(
        usage_from="period_from",
        usage_until="period_until",
        last_version_id=pl.col("version_id").last().over("cut_usage"),
        segment_days=(pl.col("until") - pl.col("from_")).dt.total_days(),
        restart_no=pl.col("is_restarted").cast(pl.Int32).cum_sum().over("cut_usage"),
        tariff_version_id="version_id",
        period_from="from_",
        period_until="until",
    ).drop(*_WHILE_CUTTING, strict=False)


def _before_end() -> pl.Expr:
    """How much of the quantity (its size) lies before the end of each segment."""
    size = pl.col("quantity_milli").cast(pl.Int128).abs()
    step = pl.col("step_milli").cast(pl.Int128)
    all_days = pl.col("usage_days").cast(pl.Int128) * step
    rounded = (size * pl.col("days_until") * 2 + all_days) // (all_days * 2) * step
    # rounding up must not take more than there is, nor more than a later cut leaves
    # before the end of the last one, whose step is one, lies all of it
    return pl.min_horizontal(rounded, size).cum_max().over("cut_usage")
