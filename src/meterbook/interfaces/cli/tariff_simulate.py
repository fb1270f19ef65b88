"""`meterbook tariff simulate`: what a change of prices would mean for the usages of a file."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli import console
from meterbook.interfaces.cli.tongue import Language, Tongue
from meterbook.interfaces.cli.tongue import of as speaking
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    import polars as pl

    from meterbook.interfaces.cli import tariff_choice, usage_files_check
    from meterbook.rating import simulation

app = typer.Typer()

CHUNK = 250_000
_Day = Annotated[str, typer.Option(help=_("Rate by the prices of this day, whatever the day of the usage."))]


@dataclass(frozen=True)
class Trial:
    """What was tried out: the tariffs before and after, and what it comes to.

    `old_on` and `new_on` are the days whose prices were taken; empty where each usage has its own.
    """

    old: "tariff_choice.Tariffs"
    new: "tariff_choice.Tariffs"
    old_on: str
    new_on: str
    outcome: "simulation.Simulation"

    @property
    def currency(self) -> str:
        """The currency of all of it."""
        return self.new.entries[0].version.currency

    @property
    def exponent(self) -> int:
        """The decimals of the currency."""
        return self.new.entries[0].version.exponent


@app.command()
def simulate(
    *,
    old: Annotated[
        list[Path], typer.Option("--from", help=_("Tariff file as it is; several where several change."))
    ],
    new: Annotated[
        list[Path], typer.Option("--to", help=_("Tariff file as it is to be; as many as --from."))
    ],
    usage: Annotated[Path, typer.Option(help=_("Usages: .csv, .json or .xlsx."))],
    on: _Day = "",
    from_on: Annotated[str, typer.Option(help=_("The same for the old tariff."))] = "",
    output: Annotated[Path | None, typer.Option(help=_("Write a report to this .xlsx."))] = None,
    chart: Annotated[Path | None, typer.Option(help=_("Draw a chart into this .svg."))] = None,
    language: Annotated[Language | None, typer.Option(help=_("zh or en; else the terminal's."))] = None,
) -> None:
    """Rate every usage under the old and the new tariff: revenue, who pays more, who less.

    --on is for the new tariff; the old one is rated by the last day of each usage, or with --from-on.
    Exit code 2 when any row is faulty; nothing is rated then.
    """
    tongue = speaking(language)
    before = _tariffs(old, day=from_on, tongue=tongue)
    after = _tariffs(new, day=on, tongue=tongue)
    outcome = _outcome(before, after, usage=usage, tongue=tongue)
    trial = Trial(old=before, new=after, old_on=from_on, new_on=on, outcome=outcome)
    if output is not None:
        from meterbook.interfaces.cli import tariff_simulate_workbook

        _written(output, tariff_simulate_workbook.workbook(trial, tongue=tongue), tongue=tongue)
    if chart is not None:
        from meterbook.interfaces.cli import tariff_simulate_chart

        _written(chart, tariff_simulate_chart.svg(trial, tongue=tongue).encode(), tongue=tongue)
    from meterbook.interfaces.cli import tariff_simulate_tables

    # last, so that files are there even if nobody reads on (`| head`)
    tariff_simulate_tables.show(trial, tongue=tongue)


def _tariffs(paths: list[Path], *, day: str, tongue: Tongue) -> "tariff_choice.Tariffs":
    from meterbook.interfaces.cli import tariff_choice

    found = tariff_choice.read(paths, tongue=tongue)
    if not day:
        return found
    try:
        parsed = dt.date.fromisoformat(day)
    except ValueError as error:
        message = tongue.gettext("{text} is not a day.").format(text=day)
        raise console.CommandError(message, fix="--on 2026-01-01", exit_code=console.WRONG_USE) from error
    return tariff_choice.on(found, parsed, tongue=tongue)


def _outcome(
    old: "tariff_choice.Tariffs", new: "tariff_choice.Tariffs", *, usage: Path, tongue: Tongue
) -> "simulation.Simulation":
    from meterbook.interfaces.cli import usage_files_check
    from meterbook.rating import simulation

    _check_comparable(old, new, tongue=tongue)
    cells = usage_files_check.read(usage, tariffs=[old, new], tongue=tongue)
    before, after = _usages(cells, old=old, new=new, tongue=tongue)
    return simulation.compare(
        usages=_keyed(before.frame),
        old=_side(before.frame, old, tongue=tongue),
        new=_side(after.frame, new, tongue=tongue),
    )


def _check_comparable(old: "tariff_choice.Tariffs", new: "tariff_choice.Tariffs", *, tongue: Tongue) -> None:
    """One currency in all of it, and a new tariff for every old one."""
    gettext = tongue.gettext
    currencies = {entry.version.currency for entry in (*old.entries, *new.entries)}
    if len(currencies) > 1:
        message = gettext("The tariffs have several currencies: {currencies}").format(
            currencies=", ".join(sorted(currencies))
        )
        raise console.CommandError(message, exit_code=console.WRONG_USE)
    is_pair = len(old.codes) == len(new.codes) == 1
    if not is_pair and set(old.codes) != set(new.codes):
        message = gettext(
            "Several tariffs are compared by their codes; these stand on one side only: {codes}"
        )
        odd = ", ".join(sorted(set(old.codes) ^ set(new.codes)))
        raise console.CommandError(message.format(codes=odd), exit_code=console.WRONG_USE)


def _usages(
    cells: "usage_files_check.Cells",
    *,
    old: "tariff_choice.Tariffs",
    new: "tariff_choice.Tariffs",
    tongue: Tongue,
) -> "tuple[usage_files_check.Usages, usage_files_check.Usages]":
    """The usages under both; a file for one tariff may name it by its old or its new code."""
    import polars as pl

    from meterbook.interfaces.cli import usage_files_check, usage_files_faults

    pair = (*old.codes, *new.codes)
    sides = []
    for tariffs in (old, new):
        own = cells
        if len(tariffs.codes) == 1 and "tariff" in cells.frame.columns:
            own = cells.renamed(dict.fromkeys(pair, tariffs.codes[0]))
        sides.append(usage_files_check.usages(own, tariffs))
    before, after = sides
    # what both refuse is one fault
    faulty = pl.concat([before.faults, after.faults]).unique(maintain_order=True)
    if faulty.height:
        raise usage_files_faults.refuse(faulty, tongue=tongue)
    return before, after


def _keyed(frame: "pl.DataFrame") -> "pl.DataFrame":
    """The usages as the simulation knows them."""
    import polars as pl

    part = pl.col("part_no").fill_null(1) if "part_no" in frame.columns else pl.lit(1, dtype=pl.Int16)
    of_class = pl.col("class") if "class" in frame.columns else pl.lit(None, dtype=pl.String)
    return frame.select("usage_id", "account", part_no=part, **{"class": of_class})


def _side(frame: "pl.DataFrame", tariffs: "tariff_choice.Tariffs", *, tongue: Tongue) -> "simulation.Side":
    """All usages rated, a chunk at a time so that their lines are never all there at once."""
    from meterbook.interfaces.cli import usage_files_check, usage_files_faults
    from meterbook.rating import engine, simulation

    try:
        return simulation.joined(
            simulation.side(engine.rate(chunk, tariffs.book), tariffs.book.versions)
            for chunk in _chunks(frame)
        )
    except engine.RatingError as error:
        refused = usage_files_check.rows_refused(frame, error.unratable)
        raise usage_files_faults.refuse(refused, tongue=tongue) from error


def _chunks(frame: "pl.DataFrame") -> "Iterator[pl.DataFrame]":
    """The usages in parts; all parts of one usage in the same."""
    ordered = frame if "part_no" not in frame.columns else frame.sort("usage_id")
    ids = ordered["usage_id"]
    start = 0
    while start < frame.height:
        end = min(start + CHUNK, frame.height)
        while end < frame.height and ids[end] == ids[end - 1]:
            end += 1
        yield ordered.slice(start, end - start)
        start = end


def _written(path: Path, content: bytes, *, tongue: Tongue) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        message = tongue.gettext("{path} can't be written: {reason}").format(path=path, reason=error.strerror)
        raise console.CommandError(message) from error
    console.err().print(tongue.gettext("Written: {file}").format(file=path), markup=False)
