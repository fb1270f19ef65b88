"""The documented columns of a file of readings. One row is one meter. docs/guide/readings.md explains."""

import polars as pl

from meterbook.application import sheet_columns
from meterbook.application.sheet_columns import Column
from meterbook.kernel import quantity

COLUMNS = (
    Column(
        key="serial_no",
        zh="表号",
        en="Meter no.",
        read=sheet_columns.identifier(longest=40),
        dtype=pl.String,
        is_required=True,
        aliases=("meter number", "serial no.", "meter"),
    ),
    Column(
        key="value_milli",
        zh="本期读数",
        en="Reading",
        read=sheet_columns.milli(least=0, most=quantity.LARGEST_QUANTITY_MILLI),
        dtype=pl.Int64,
        is_required=True,
        aliases=("读数", "止码", "value"),
    ),
    Column(
        key="read_on",
        zh="抄表日期",
        en="Read on",
        read=sheet_columns.date,
        dtype=pl.Date,
        is_required=True,
        aliases=("日期", "date"),
    ),
    Column(
        key="book",
        zh="册号",
        en="Book",
        read=sheet_columns.identifier(longest=20),
        dtype=pl.String,
        aliases=("抄表册", "book code"),
    ),
)
BY_KEY = {column.key: column for column in COLUMNS}
