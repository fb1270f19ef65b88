"""The rows of a list as HTML, written as text: a page of 1,000 rows must stay under 30 ms."""

import operator
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from meterbook.interfaces.web import cells, list_many


class Column(Protocol):
    """What is to be known of a column."""

    @property
    def key(self) -> str:
        """The row's attribute."""

    @property
    def label(self) -> str | Promise:
        """The heading."""

    @property
    def kind(self) -> cells.Kind:
        """What it holds."""

    @property
    def value(self) -> Callable[[Any], Any] | None:
        """What makes the value of the row, None for its attribute."""


def getter(column: Column) -> Callable[[Any], Any]:
    """From a row to the column's value."""
    return operator.attrgetter(column.key) if column.value is None else column.value


def table_rows(
    *, columns: Sequence[Column], rows: Sequence[Any], urls: Sequence[str], ticks: Sequence[int]
) -> list[SafeString]:
    """A line for each row. `urls`: what each opens ("": nothing); `ticks`: ids of the boxes, [] for none."""
    writers = [(_opening_tag(column), getter(column), cells.html_writer(column.kind)) for column in columns]
    label = escape(_("Choose"))
    lines = []
    for index, row in enumerate(rows):
        url = escape(urls[index])
        parts = [f'<tr data-href="{url}">' if url else "<tr>"]
        if ticks:
            parts.append(
                f'<td class="tick"><label><input type="checkbox" name="{list_many.FIELD}"'
                f' value="{ticks[index]}" form="{list_many.FORM}" aria-label="{label}"></label></td>'
            )
        for number, (opening, get, write) in enumerate(writers):
            value = get(row)
            text = "" if value is None else write(value)
            if number == 0 and url:
                text = f'<a class="record" href="{url}">{text}</a>'
            parts.append(f"{opening}{text}</td>")
        parts.append("</tr>")
        lines.append(SafeString("".join(parts)))
    return lines


def _opening_tag(column: Column) -> str:
    look = (
        "is-number"
        if column.kind in cells.NUMERIC
        else "is-wrap"
        if column.kind is cells.Kind.LONG_TEXT
        else ""
    )
    css = f' class="{look}"' if look else ""
    return f'<td{css} data-label="{escape(str(column.label))}">'
