"""What a customer reads beside a line: how it was worked out, for which days, at which published price."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from meterbook.interfaces.cli import tariff_choice
from meterbook.interfaces.cli.tongue import Language, Tongue
from meterbook.rating import explain

if TYPE_CHECKING:
    from meterbook.rating import tariff

_BETWEEN = {Language.ZH: "；", Language.EN: ". "}
_Row = Mapping[str, Any]


def sentences(lines: pl.DataFrame, *, tariffs: tariff_choice.Tariffs, tongue: Tongue) -> Iterator[str]:
    """One text for each line, in their order. `lines` has columns.LINES and `row`, lines of a row together.

    The line's own days stand in line_from and line_until; `has_tier_used` where its row said what was used
    of each tier. Each line is priced by its own version, which may be an earlier one than its row's.
    """
    known: dict[tuple[int, int, int], explain.ComponentText] = {}

    def component(row: _Row) -> explain.ComponentText:
        version_id, component_no, set_no = key = _key(row)
        if key not in known:
            version = tariffs.entry(version_id).version
            known[key] = explain.component_text(version=version, component_no=component_no, set_no=set_no)
        return known[key]

    for row, line, text in _explained(lines, component):
        entry = tariffs.entry(row["tariff_version_id"])
        said = _said(row, line=line, text=text, entry=entry, language=tongue.language.value)
        yield _BETWEEN[tongue.language].join(part[:1].upper() + part[1:] for part in said if part)


def sums(lines: pl.DataFrame, *, version: "tariff.TariffVersion", tongue: Tongue) -> list[str]:
    """Only how each line of one usage was worked out, all of them under `version`; columns as above."""

    def component(row: _Row) -> explain.ComponentText:
        _version_id, component_no, set_no = _key(row)
        return explain.component_text(version=version, component_no=component_no, set_no=set_no)

    language = tongue.language.value
    return [
        explain.sentence(line=line, component=text, language=language)
        for _row, line, text in _explained(lines, component)
    ]


def _explained(
    lines: pl.DataFrame, component: Callable[[_Row], explain.ComponentText]
) -> Iterator[tuple[_Row, explain.Line, explain.ComponentText]]:
    """Every line with what its sentence needs; derived ones know what they are of."""
    for _number, group in itertools.groupby(lines.iter_rows(named=True), key=lambda line: line["row"]):
        rows = list(group)
        parts = [(_line(row), component(row)) for row in rows]
        based = explain.with_bases(parts)
        yield from ((row, line, text) for row, line, (_, text) in zip(rows, based, parts, strict=True))


def _said(
    row: _Row,
    *,
    line: explain.Line,
    text: explain.ComponentText,
    entry: tariff_choice.Entry,
    language: str,
) -> Iterator[str]:
    """How it was worked out, what was counted before, the tax, season and programme, days, price."""
    version = entry.version
    yield explain.sentence(line=line, component=text, language=language)
    if row["tier"] and row["before_milli"]:
        yield explain.running_total_sentence(line=line, component=text, language=language)
    yield explain.tax_sentence(line=line, component=text, language=language)
    yield explain.set_text(version=version, set_no=row["set_no"], language=language)
    yield explain.period_sentence(
        period_from=row["line_from"], period_until=row["line_until"], language=language
    )
    yield explain.version_sentence(version=version, sources=entry.document.source, language=language)


def _key(row: _Row) -> tuple[int, int, int]:
    return row["tariff_version_id"], row["component_no"], row["set_no"]


def _line(row: _Row) -> explain.Line:
    dated = {"period_from": row["line_from"], "period_until": row["line_until"]}
    return explain.Line.from_row({**row, **dated, "is_left_of_tiers": row.get("has_tier_used")})
