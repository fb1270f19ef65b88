"""The report of a simulation as an Excel file: numbers as numbers, names as text, two charts."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from meterbook.interfaces.cli import number_text, sheet_rows
from meterbook.interfaces.cli import tariff_simulate_tables as tables
from meterbook.interfaces.cli.tongue import Tongue
from meterbook.kernel import money, quantity

if TYPE_CHECKING:
    import xlsxwriter

    from meterbook.interfaces.cli.tariff_simulate import Trial

Shape = tables.Shape
_PERCENT_DECIMALS = 4
_WIDTH, _WIDE = 16, 28
_CHART_SIZE = {"width": 720, "height": 360}
_BEFORE, _AFTER = "#7A8B99", "#0E5A78"
# Sheets with notes above the table begin lower.
_SUMMARY_TOP = 3
_PERCENT_FORMAT = "0.00%"


def workbook(trial: "Trial", *, tongue: Tongue) -> bytes:
    """Summary, classes, tiers, deciles, worst and best cases, all accounts as far as a sheet holds them."""
    import xlsxwriter

    _ = tongue.gettext
    shown = trial.outcome.cases.head(sheet_rows.MOST_ROWS - 1)
    sheets = tables.short_sheets(trial, tongue=tongue)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        formats = _formats(book, exponent=trial.exponent)
        pages = [book.add_worksheet(sheet.name) for sheet in sheets]
        for page, sheet in zip(pages, sheets, strict=True):
            top = _SUMMARY_TOP if page is pages[0] else 0
            _write(page, sheet, formats=formats, top=top, exponent=trial.exponent)
        for place, line in enumerate(tables.heads(trial, tongue=tongue)):
            pages[0].write_string(place, 0, line)
        _add_charts(book, sheets=sheets, page=pages[0], tongue=tongue)
        everyone = tables.cases(shown, name=_("All accounts"), tongue=tongue)
        if everyone.count < trial.outcome.cases.height:
            words = _(
                "All accounts: a sheet holds {shown} of the {all} accounts, those who pay most more first."
            )
            note = words.format(shown=f"{everyone.count:,}", all=f"{trial.outcome.cases.height:,}")
            pages[0].write_string(_SUMMARY_TOP + sheets[0].count + 2, 0, note)
        pattern = tables.cases(shown.head(1), name=everyone.name, tongue=tongue)
        page = book.add_worksheet(everyone.name)
        _write(page, pattern, formats=formats, top=0, exponent=trial.exponent)
        page.autofilter(0, 0, everyone.count, len(everyone.columns) - 1)
    cells = sheet_rows.Cells(
        frame=_texts(shown, exponent=trial.exponent),
        is_text=[column.shape is Shape.TEXT for column in everyone.columns],
    )
    return sheet_rows.filled(buffer.getvalue(), sheet_no=len(sheets) + 1, cells=cells)


def _formats(book: "xlsxwriter.Workbook", *, exponent: int) -> Mapping[Shape | None, object]:
    """A format for each shape, and for headings (None)."""
    decimals = "." + "0" * exponent if exponent else ""
    found = {
        Shape.TEXT: "@",
        Shape.COUNT: "#,##0",
        Shape.MONEY: f"#,##0{decimals}",
        Shape.QUANTITY: "#,##0.###",
        Shape.PERCENT: f"+{_PERCENT_FORMAT};-{_PERCENT_FORMAT};{_PERCENT_FORMAT}",
        Shape.SHARE: _PERCENT_FORMAT,
    }
    formats: dict[Shape | None, object] = {
        shape: book.add_format({"num_format": text}) for shape, text in found.items()
    }
    formats[None] = book.add_format({"bold": True, "bg_color": "#DCE9EF", "text_wrap": True})
    return formats


def _write(
    page: "xlsxwriter.worksheet.Worksheet",
    sheet: tables.Sheet,
    *,
    formats: Mapping[Shape | None, object],
    top: int,
    exponent: int,
) -> None:
    """Headings at row `top`, the rows below."""
    page.freeze_panes(top + 1, 0)
    for x, column in enumerate(sheet.columns):
        page.set_column(x, x, _WIDE if column.shape is Shape.TEXT else _WIDTH)
        page.write_string(top, x, column.heading, formats[None])
    for y, row in enumerate(sheet.rows(), start=top + 1):
        for x, (cell, column) in enumerate(zip(row, sheet.columns, strict=True)):
            form = formats[column.shape]
            if cell is None:
                page.write_blank(y, x, None, form)
            elif isinstance(cell, str):
                page.write_string(y, x, cell, form)
            else:
                page.write_number(y, x, _number(cell, shape=column.shape, exponent=exponent), form)


def _number(cell: int, *, shape: Shape, exponent: int) -> Any:
    """The number in whole units, exact."""
    if shape is Shape.MONEY:
        return money.to_decimal(cell, exponent=exponent)
    if shape is Shape.QUANTITY:
        return money.to_decimal(cell, exponent=quantity.MILLI_DECIMALS)
    if shape in {Shape.PERCENT, Shape.SHARE}:
        return money.to_decimal(cell, exponent=_PERCENT_DECIMALS)
    return cell


def _texts(cases: pl.DataFrame, *, exponent: int) -> pl.DataFrame:
    """The cases as the cells of the last sheet."""

    def money_text(name: str) -> pl.Expr:
        return number_text.decimal_text(pl.col(name), decimals=exponent).alias(name)

    return cases.select(
        "account",
        "class",
        pl.col("usages").cast(pl.String),
        money_text("old_minor"),
        money_text("new_minor"),
        money_text("change_minor"),
        number_text.decimal_text(pl.col("change_hundredths"), decimals=_PERCENT_DECIMALS).alias("percent"),
    )


def _add_charts(
    book: "xlsxwriter.Workbook",
    *,
    sheets: tuple[tables.Sheet, ...],
    page: "xlsxwriter.worksheet.Worksheet",
    tongue: Tongue,
) -> None:
    """Below the summary: revenue before and after by class, and the mean change of each decile."""
    _ = tongue.gettext
    top = _SUMMARY_TOP + sheets[0].count + 4
    classes, deciles = sheets[1], sheets[3]
    revenue = book.add_chart({"type": "column"})
    for heading, color in ((_("Amount before"), _BEFORE), (_("Amount after"), _AFTER)):
        revenue.add_series(_series(classes, heading=heading, color=color))
    revenue.set_title({"name": _("Revenue by class")})
    revenue.set_size(_CHART_SIZE)
    page.insert_chart(top, 0, revenue)
    change = book.add_chart({"type": "column"})
    change.add_series(_series(deciles, heading=_("Mean change"), color=_AFTER))
    change.set_title({"name": _("Mean change of the bill by decile")})
    change.set_legend({"none": True})
    change.set_size(_CHART_SIZE)
    page.insert_chart(top, 5, change)


def _series(sheet: tables.Sheet, *, heading: str, color: str) -> dict[str, object]:
    """A column of a sheet over its first one."""
    x = [column.heading for column in sheet.columns].index(heading)
    rows = (1, max(1, sheet.count))
    return {
        "name": heading,
        "categories": [sheet.name, rows[0], 0, rows[1], 0],
        "values": [sheet.name, rows[0], x, rows[1], x],
        "fill": {"color": color},
    }
