"""A usage file becomes the engine's usage frame: cells are read, versions chosen, every fault is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from meterbook.interfaces.cli import console, tariff_choice, usage_files, usage_files_cells
from meterbook.interfaces.cli import usage_files_columns as known
from meterbook.interfaces.cli import usage_files_faults as faults
from meterbook.interfaces.cli.tongue import Tongue
from meterbook.rating import columns, engine

Code = faults.FaultCode
_SPLITS_WITH_VALUE = (columns.Split.FIXED.value, columns.Split.SHARE.value)
# What identifies the usage that several rows are parts of.
_WHOLE = (known.ACCOUNT, "period_from", "period_until")


@dataclass(frozen=True)
class Cells:
    """The cells of a file as values: `row`, and by the target of its column what the file has.

    `raw` are the names of the columns the file has; values of wrong cells are null, and named in `faults`.
    """

    frame: pl.DataFrame
    raw: frozenset[str]
    faults: pl.DataFrame

    def renamed(self, codes: Mapping[str, str]) -> "Cells":
        """The same cells with other codes of tariffs."""
        return replace(self, frame=self.frame.with_columns(pl.col(known.TARIFF).replace(codes)))


@dataclass(frozen=True)
class Usages:
    """columns.USAGE, of USAGE_MORE what the file has, and beside them row, account, class, tariff.

    Ready for the engine where `faults` is empty.
    """

    frame: pl.DataFrame
    faults: pl.DataFrame


def read(path: Path, *, tariffs: Sequence[tariff_choice.Tariffs], tongue: Tongue) -> Cells:
    """Read a file for these tariffs; CommandError for columns that are unknown, missing or there twice."""
    table = usage_files.read(path, tongue=tongue)
    codes = tuple(dict.fromkeys(band for each in tariffs for band in each.bands))
    _check_headings(table, path=path, bands=codes, tongue=tongue)
    cells = table.cells
    found = [table.faults]
    series = [cells[known.ROW].alias("row")]
    raw = [name for name in cells.columns if name != known.ROW]
    for name in raw:
        column = known.of_heading(name, bands=codes)
        assert column is not None, name
        if column.form is known.Form.SPLIT_VALUE:
            continue
        read_column = usage_files_cells.read(cells, column)
        series.append(read_column.values)
        found.append(read_column.faults)
        if column.is_full:
            found.append(_missing(cells, name))
    frame = pl.DataFrame(series)
    if "choices" in raw:
        known_codes = tuple(dict.fromkeys(code for each in tariffs for code in each.choices))
        found.append(_unknown_choices(frame, known_codes))
    if "part" in raw or "split" in raw:
        frame, split_faults = _with_split_values(frame, cells)
        found.append(split_faults)
    return Cells(frame=frame, raw=frozenset(raw), faults=pl.concat(found))


def usages(cells: Cells, tariffs: tariff_choice.Tariffs) -> Usages:
    """The usages under these tariffs, each under the version in force on its last day of supply.

    Only where everything could be read, the engine is asked what it would refuse.
    """
    frame, tariff_faults = _with_versions(cells, tariffs)
    frame, band_faults = _with_bands(frame, cells, tariffs)
    frame, quantity_faults = _with_quantity(frame, cells)
    frame = _with_usage_ids(frame)
    found = pl.concat([cells.faults, tariff_faults, band_faults, quantity_faults])
    # what is no value is not also missing
    found = found.unique(["row", "column"], keep="first", maintain_order=True)
    if found.is_empty():
        found = _refused(frame, tariffs)
    return Usages(frame=frame, faults=found)


def rows_refused(frame: pl.DataFrame, refused: pl.DataFrame) -> pl.DataFrame:
    """Faults of the rows of usages the engine refused (usage_id, code)."""
    rows = frame.group_by("usage_id").agg(pl.col("row").min())
    return refused.join(rows, on="usage_id").select(
        "row", column=pl.lit(""), value=pl.lit(""), code="code", fact=pl.lit("")
    )


def _refused(frame: pl.DataFrame, tariffs: tariff_choice.Tariffs) -> pl.DataFrame:
    return rows_refused(frame, engine.unratable(frame, tariffs.book))


def _check_headings(
    table: usage_files.TextTable, *, path: Path, bands: tuple[str, ...], tongue: Tongue
) -> None:
    _ = tongue.gettext
    wrong: list[str] = []
    named = [name for name in table.headings if name and not name.startswith("#")]
    for name in dict.fromkeys(named):
        if named.count(name) > 1:
            wrong.append(_("column {name} stands there twice").format(name=name))
        elif known.of_heading(name, bands=bands) is None:
            near = known.nearest(name, bands=bands)
            unknown = _("no column is called {name}; put # before it to have it ignored")
            alike = _("no column is called {name}; is it {near}?")
            wrong.append((alike if near else unknown).format(name=name, near=near))
    if not wrong:
        missing = [c.name for c in known.COLUMNS if c.is_required and c.name not in named]
        wrong.extend(_("column {name} is missing").format(name=name) for name in missing)
    if wrong:
        raise console.CommandError("\n".join([f"{path}:", *(f"  {words}" for words in wrong)]), exit_code=2)


def _missing(cells: pl.DataFrame, name: str, *, where: pl.Expr | None = None) -> pl.DataFrame:
    """A fault for each row whose cell is empty."""
    is_empty = pl.col(name).is_null()
    return _of_rows(cells.filter(is_empty if where is None else is_empty & where), name, Code.MISSING)


def _of_rows(rows: pl.DataFrame, column: str, code: Code, *, fact: str = "", value: str = "") -> pl.DataFrame:
    """The same fault for each of `rows`; `fact` and `value` name columns of theirs."""
    row = known.ROW if known.ROW in rows.columns else "row"
    return rows.select(
        row=pl.col(row),
        column=pl.lit(column),
        value=pl.col(value).cast(pl.String) if value else pl.lit(""),
        code=pl.lit(code.value),
        fact=pl.col(fact).cast(pl.String) if fact else pl.lit(""),
    )


def _unknown_choices(frame: pl.DataFrame, codes: Sequence[str]) -> pl.DataFrame:
    """Codes no tariff knows: more likely misspelt than meant to change nothing."""
    odd = (
        frame.select("row", "choices")
        .drop_nulls()
        .explode("choices")
        .filter(~pl.col("choices").is_in(list(codes)))
        .unique("row", keep="first", maintain_order=True)
        .with_columns(_fact=pl.lit(", ".join(codes)))
    )
    return _of_rows(odd, "choices", Code.UNKNOWN_CHOICE, fact="_fact", value="choices")


def _with_split_values(frame: pl.DataFrame, cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """split_value: a quantity where the split is FIXED, a percentage where it is SHARE."""
    name = "split_value"
    texts = cells.select(
        known.ROW,
        pl.col(name) if name in cells.columns else pl.lit(None, dtype=pl.String).alias(name),
        split=frame["split"] if "split" in frame.columns else pl.lit(None, dtype=pl.Int8),
        part=frame["part_no"] if "part_no" in frame.columns else pl.lit(None, dtype=pl.Int16),
    )
    found = [
        _of_rows(
            texts.filter(pl.col("split").is_not_null() & pl.col("part").is_null()),
            "split",
            Code.SPLIT_WITHOUT_PART,
        ),
        _missing(texts, name, where=pl.col("split").is_in(_SPLITS_WITH_VALUE)),
        _of_rows(
            texts.filter(
                pl.col(name).is_not_null() & ~pl.col("split").is_in(_SPLITS_WITH_VALUE).fill_null(value=False)
            ),
            name,
            Code.SPLIT_VALUE_UNASKED,
            value=name,
        ),
    ]
    values = pl.lit(None, dtype=pl.Int64)
    read_values = []
    for split, column in (
        (columns.Split.FIXED, known.FIXED_VALUE),
        (columns.Split.SHARE, known.SHARE_VALUE),
    ):
        own = texts.with_columns(pl.when(pl.col("split") == split.value).then(name).alias(name))
        read_column = usage_files_cells.number(own, column)
        found.append(read_column.faults)
        read_values.append(read_column.values.rename(f"{name}_{split.name}"))
    both = pl.DataFrame(read_values)
    values = pl.coalesce(pl.all())
    return frame.with_columns(both.select(values.alias(name))), pl.concat(found)


def _with_versions(cells: Cells, tariffs: tariff_choice.Tariffs) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Adds tariff, tariff_version_id and is_metered; faults where a row has no version."""
    frame = cells.frame
    codes = tariffs.codes
    if known.TARIFF not in frame.columns:
        frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(known.TARIFF))
    found = []
    if len(codes) == 1:
        frame = frame.with_columns(pl.col(known.TARIFF).fill_null(codes[0]))
    else:
        found.append(_missing(frame, known.TARIFF))
    foreign = frame.filter(~pl.col(known.TARIFF).is_in(list(codes))).with_columns(
        _fact=pl.lit(", ".join(codes))
    )
    found.append(_of_rows(foreign, known.TARIFF, Code.UNKNOWN_TARIFF, fact="_fact", value=known.TARIFF))
    keyed = frame.with_columns(_last=pl.col("period_until").dt.offset_by("-1d")).with_row_index("_place")
    versions = (
        keyed.filter(pl.col("_last").is_not_null() & pl.col(known.TARIFF).is_not_null())
        .sort("_last")
        .join_asof(
            tariffs.frame(),
            left_on="_last",
            right_on="effective_from",
            by=known.TARIFF,
            strategy="backward",
            check_sortedness=False,
        )
        .filter((pl.col("_last") < pl.col("effective_until")).fill_null(value=True))
        .select("_place", "tariff_version_id", "is_metered")
    )
    joined = keyed.join(versions, on="_place", how="left", maintain_order="left").drop("_place")
    without = joined.filter(
        pl.col("tariff_version_id").is_null()
        & pl.col(known.TARIFF).is_in(list(codes))
        & pl.col("_last").is_not_null()
    )
    found.append(
        _of_rows(without, "period_until", Code.TARIFF_NOT_IN_FORCE, fact=known.TARIFF, value="period_until")
    )
    return joined.drop("_last"), pl.concat(found)


def _with_bands(
    frame: pl.DataFrame, cells: Cells, tariffs: tariff_choice.Tariffs
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """quantity_PEAK and before_PEAK become the numbered bands of each row's version."""
    named = [
        (name, prefix, name.removeprefix(prefix))
        for name in sorted(cells.raw - known.BY_NAME.keys())
        for prefix in (known.QUANTITY_OF, known.BEFORE_OF)
        if name.startswith(prefix)
    ]
    found = [faults.frame()]
    cases: dict[str, list[pl.Expr]] = {}
    for name, prefix, code in named:
        number_of = {
            number: band.band_no
            for number, entry in enumerate(tariffs.entries, start=1)
            for band in entry.version.bands
            if band.code == code
        }
        band_no = pl.col("tariff_version_id").replace_strict(number_of, default=None, return_dtype=pl.Int16)
        value = pl.col(f"{name}_milli")
        is_known = pl.col("tariff_version_id").is_not_null()
        foreign = frame.filter(is_known & value.is_not_null() & band_no.is_null())
        found.append(_of_rows(foreign, name, Code.FOREIGN_BAND, fact=known.TARIFF))
        suffix = "_milli" if prefix == known.QUANTITY_OF else "_before_milli"
        for band in sorted(set(number_of.values())):
            cases.setdefault(f"band_{band}{suffix}", []).append(pl.when(band_no == band).then(value))
    banded = frame.with_columns(pl.coalesce(values).alias(name) for name, values in cases.items())
    return banded.drop(f"{name}_milli" for name, _, _ in named), pl.concat(found)


def _with_quantity(frame: pl.DataFrame, cells: Cells) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The quantity as written, else the sum of the bands, else nothing where nothing is charged by it.

    Without a column `before` every row starts its tier period.
    """
    name = "quantity_milli"
    if name not in frame.columns:
        frame = frame.with_columns(pl.lit(None, dtype=pl.Int64).alias(name))
    if "before_milli" not in frame.columns:
        frame = frame.with_columns(before_milli=pl.lit(0, dtype=pl.Int64))
    if "persons" not in frame.columns:
        frame = frame.with_columns(persons=pl.lit(None, dtype=pl.Int16))
    bands = [f"band_{band}_milli" for band in columns.BANDS if f"band_{band}_milli" in frame.columns]
    sums = [pl.col(name)]
    if bands:
        has_band = pl.any_horizontal(pl.col(band).is_not_null() for band in bands)
        sums.append(pl.when(has_band).then(pl.sum_horizontal(bands)))
    sums.append(pl.when(~pl.col("is_metered")).then(pl.lit(0, dtype=pl.Int64)))
    wrong = cells.faults.filter(pl.col("column") == "quantity")["row"]
    filled = frame.with_columns(pl.coalesce(sums).alias(name))
    empty = filled.filter(
        pl.col(name).is_null() & pl.col("is_metered").is_not_null() & ~pl.col("row").is_in(wrong.implode())
    )
    return filled.drop("is_metered"), _of_rows(empty, "quantity", Code.MISSING)


def _with_usage_ids(frame: pl.DataFrame) -> pl.DataFrame:
    """A row is a usage of its own, unless rows of one account and period say which part of it they are."""
    if "part_no" not in frame.columns:
        return frame.with_columns(usage_id="row")
    together = pl.col("row").min().over([*_WHOLE, pl.col("part_no").is_null()])
    return frame.with_columns(usage_id=pl.when(pl.col("part_no").is_null()).then("row").otherwise(together))
