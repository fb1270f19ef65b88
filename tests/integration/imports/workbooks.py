"""Workbooks as people make them, for the import's tests."""

import datetime
import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from meterbook.application import customer_columns
from tests.builders import records

ROW: dict[str, Any] = {
    "station": records.STATION_A,
    "name": "李秀兰",
    "customer_class": "居民",
    "phone": "13912345678",
    "district": "城东区",
    "street": "柳荫街",
    "community": "柳荫小区",
    "building": "3",
    "entrance": "2",
    "floor": "5",
    "flat_no": "501",
    "utility": "水",
    "serial_no": "W0001",
    "maker": "城东仪表",
    "model_name": "LXS-20",
    "digits": "5",
    "initial_milli": "12.5",
    "installed_on": "2025-12-01",
    "book": "0101",
    "tariff": records.BEIJING_WATER,
}


def row(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A valid row; `number` makes what must be unique unique. A change to None leaves the cell empty."""
    own = {"building": str(number), "serial_no": f"W{number:07d}", "phone": f"139{number:08d}"}
    return {**ROW, **own, **changes}


def workbook(rows: Sequence[dict[str, Any]], *, language: str = "zh", keys: Sequence[str] = ()) -> bytes:
    """An .xlsx file with the given rows under headings of one language, in the order of `keys`."""
    chosen = list(keys) or [c.key for c in customer_columns.COLUMNS if any(c.key in r for r in rows)]
    headings = [getattr(customer_columns.BY_KEY[key], language) for key in chosen]
    return sheet([headings, *([r.get(key) for key in chosen] for r in rows)])


def sheet(table: Sequence[Sequence[Any]]) -> bytes:
    """An .xlsx file with these cells: str as text, int and float as numbers, dates as dates."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"constant_memory": True})
    page = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for y, cells in enumerate(table):
        for x, cell in enumerate(cells):
            if isinstance(cell, datetime.date):
                page.write_datetime(y, x, datetime.datetime.combine(cell, datetime.time()), day)
            elif isinstance(cell, int | float):
                page.write_number(y, x, cell)
            elif cell is not None:
                page.write_string(y, x, cell)
    book.close()
    return buffer.getvalue()
