"""The comparison with an older system as a workbook: totals, differences, every account."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from meterbook.application import company
from meterbook.interfaces import audit_words
from meterbook.kernel import money
from meterbook.reporting import migration_accounts, migration_audit

if TYPE_CHECKING:
    import xlsxwriter

_WIDTH = 16
_UNITS = {
    migration_audit.Difference.REGISTER: audit_words.Unit.QUANTITY,
    migration_audit.Difference.OWED: audit_words.Unit.MONEY,
    migration_audit.Difference.PREPAID: audit_words.Unit.MONEY,
}
Cell = str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Figures as numbers of cells; `exponent` is the currency's."""

    exponent: int

    def one(self, unit: audit_words.Unit, value: int | None) -> Cell:
        if value is None or unit is audit_words.Unit.PIECES:
            return value
        if unit is audit_words.Unit.QUANTITY:
            return Decimal(value).scaleb(-3)
        return money.to_decimal(value, exponent=self.exponent)

    def both(self, unit: audit_words.Unit, old: int, ours: int) -> tuple[Cell, Cell, Cell]:
        return self.one(unit, old), self.one(unit, ours), self.one(unit, ours - old)


def workbook(*, audit: migration_audit.Audit, entered: Mapping[str, int]) -> bytes:
    """The whole comparison. `entered`: totals of the older system's own report, by key of audit_words."""
    import xlsxwriter  # only a process that writes workbooks has to load it

    numbers = _Numbers(exponent=company.currency_exponent())
    totals = _totals(audit, entered=entered, numbers=numbers)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as book:
        _write(book, name=_("Totals"), headings=_total_headings(), rows=totals)
        _write(
            book, name=_("Differences"), headings=_difference_headings(), rows=_differences(audit, numbers)
        )
        _write(book, name=_("Accounts"), headings=_account_headings(), rows=_accounts(audit, numbers))
    return buffer.getvalue()


def _sides() -> tuple[str, str, str]:
    return _("Older system"), _("Books"), _("Difference")


def _total_headings() -> tuple[str, ...]:
    return _("Station"), _("Utility"), _("Total"), _("Older system's report"), *_sides()


def _difference_headings() -> tuple[str, ...]:
    return _("Row"), _("Station"), _("Meter no."), _("Account no."), _("What differs"), *_sides()


def _account_headings() -> tuple[str, ...]:
    labels = (_("Meters"), _("Sum of last registers"), _("Owed"), _("Prepaid balance"))
    figures = [f"{label}: {side}" for label in labels for side in _sides()]
    return _("Row"), _("Station"), _("Account no."), *figures


def _totals(
    audit: migration_audit.Audit, *, entered: Mapping[str, int], numbers: _Numbers
) -> Iterator[Sequence[Cell]]:
    for total in (audit.whole, *audit.totals):
        is_whole = total is audit.whole
        place = (_("All"), "") if is_whole else (total.station, audit_words.utility(total.utility))
        for line in audit_words.lines(total):
            told = entered.get(line.key) if is_whole else None
            yield (
                *place,
                line.label,
                numbers.one(line.unit, told),
                *numbers.both(line.unit, line.old, line.ours),
            )


def _differences(audit: migration_audit.Audit, numbers: _Numbers) -> Iterator[Sequence[Cell]]:
    for found in audit.differences:
        where = (found.row, found.station, found.serial_no, found.account_no)
        what = str(audit_words.KINDS[found.kind])
        unit = _UNITS.get(found.kind)
        if unit is None:
            yield (*where, what, _text(found.old), _text(found.ours), None)
        else:
            yield (*where, what, *numbers.both(unit, int(found.old or 0), int(found.ours or 0)))


def _accounts(audit: migration_audit.Audit, numbers: _Numbers) -> Iterator[Sequence[Cell]]:
    unit = audit_words.Unit
    units = dict(
        zip(
            migration_accounts.COMPARED,
            (unit.PIECES, unit.QUANTITY, unit.MONEY, unit.MONEY),
            strict=True,
        )
    )
    for row in audit.accounts.iter_rows(named=True):
        figures = [
            cell
            for name, of in units.items()
            for cell in numbers.both(of, row[f"{name}_old"], row[f"{name}_ours"])
        ]
        yield (row["row"], row["station"], row["account_no"], *figures)


def _text(value: int | str | None) -> str:
    return "" if value is None else str(value)


def _write(
    book: "xlsxwriter.Workbook", *, name: str, headings: Sequence[str], rows: Iterator[Sequence[Cell]]
) -> None:
    page = book.add_worksheet(name)
    head = book.add_format({"bold": True, "bg_color": "#DCE9EF", "text_wrap": True})
    page.freeze_panes(1, 0)
    page.set_column(0, len(headings) - 1, _WIDTH)
    for x, heading in enumerate(headings):
        page.write_string(0, x, heading, head)
    for y, row in enumerate(rows, start=1):
        for x, cell in enumerate(row):
            if isinstance(cell, str):
                page.write_string(y, x, cell)
            elif cell is not None:
                page.write_number(y, x, cell)
