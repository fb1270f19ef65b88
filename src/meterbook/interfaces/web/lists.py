"""List pages: declare columns, filters and a source; get filtering, sorting, pages, totals, a column
chooser, an Excel file of exactly what is shown, and previous/next inside the list.

The whole state of a list is its address, so it can be sent, saved and gone back to.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from meterbook.application import actor as actors
from meterbook.interfaces.web import cells, list_export, list_many, list_rows, list_views, page

MOST_EXPORTED = 100_000
_PAGE_SIZES = (50, 100, 200, 1000)
_COOKIE_SECONDS = 365 * 24 * 3600
# Parameters that are the list's own; all others are filters.
_OWN = frozenset({"sort", "page", "size", "columns", "export"})


@dataclass(frozen=True, slots=True)
class Sort:
    """By which column key, and which way."""

    key: str
    is_descending: bool = False

    @property
    def text(self) -> str:
        """As it stands in the address: "due_on" or "-due_on"."""
        return f"-{self.key}" if self.is_descending else self.key


class Source(Protocol):
    """Where a list's rows come from: a thin object over a subject's queries, made for one actor."""

    def count(self, *, filters: Mapping[str, Any]) -> int:
        """How many rows fit the filters."""

    def rows(self, *, filters: Mapping[str, Any], sort: Sort, offset: int, limit: int) -> Sequence[Any]:
        """Those rows, in the order asked for with a unique tie-break, so that pages never overlap."""

    def totals(self, *, filters: Mapping[str, Any]) -> Mapping[str, int]:
        """Sums over all rows that fit, for the columns that have one: column key -> scaled integer."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Its value is the row's attribute `key`, or what `value` makes of the row."""

    key: str
    label: str | Promise
    kind: cells.Kind = cells.Kind.TEXT
    value: Callable[[Any], Any] | None = None
    is_shown: bool = True
    is_sortable: bool = False
    has_total: bool = False


class NoFilters(forms.Form):
    """For a list that can't be filtered."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list page. `name` names its cookie and its Excel file; `row_url` gives the page a row opens.

    `subject`: what a row is to who changes many at once ("": rows aren't ticked), `subject_id` which one.
    """

    name: str
    title: str | Promise
    columns: tuple[Column, ...]
    source: Callable[[actors.Actor], Source]
    default_sort: Sort
    filters: type[forms.Form] = NoFilters
    row_url: Callable[[Any], str] | None = None
    row_key: Callable[[Any], object] = field(default=operator.attrgetter("pk"))
    page_size: int = 50
    template: str = "lists/list.html"
    empty_text: str | Promise = ""
    subject: str = ""
    subject_id: Callable[[Any], int] = field(default=operator.attrgetter("pk"))

    @property
    def cookie(self) -> str:
        """Where the chosen columns are kept."""
        return f"columns-{self.name}"


@dataclass(frozen=True, slots=True)
class Query:
    """One request to a list, understood: only known columns, sorts and sizes survive."""

    filters: Mapping[str, Any]
    form: forms.Form
    sort: Sort
    columns: tuple[Column, ...]
    page: int
    size: int

    @property
    def offset(self) -> int:
        """Rows before this page."""
        return (self.page - 1) * self.size


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where a record stands in the list it was opened from."""

    back_url: str
    position: int
    count: int
    previous_url: str = ""
    next_url: str = ""


def respond(
    request: page.PageRequest, *, listing: Listing, context: Mapping[str, Any] | None = None
) -> HttpResponseBase:
    """The list as a page, or as an Excel file when the address says `export=xlsx`."""
    query = read_query(request, listing=listing)
    source = listing.source(request.actor)
    if not query.form.is_valid():
        facts = {**_frame(request, listing=listing, query=query), **(context or {})}
        return TemplateResponse(request, listing.template, facts, status=422)
    count = source.count(filters=query.filters)
    if request.GET.get("export") == "xlsx" and count <= MOST_EXPORTED:
        return _export(request, listing=listing, query=query, source=source, count=count)
    query = replace(query, page=min(query.page, max(1, -(-count // query.size))))
    rows = source.rows(filters=query.filters, sort=query.sort, offset=query.offset, limit=query.size)
    many = list_many.offered(request.actor, subject=listing.subject)
    facts = {
        **_frame(request, listing=listing, query=query),
        "count": count,
        "is_too_long": request.GET.get("export") == "xlsx",
        "rows": _rows_html(request, listing=listing, query=query, rows=rows, is_ticked=bool(many)),
        "many": many,
        "many_form": list_many.FORM,
        "totals": _totals(query=query, sums=source.totals(filters=query.filters) if count else {}),
        "pages": _pages(request, query=query, count=count),
        **(context or {}),
    }
    response = TemplateResponse(request, listing.template, facts)
    if "columns" in request.GET:
        chosen = ".".join(column.key for column in query.columns)
        response.set_cookie(
            listing.cookie,
            chosen,
            max_age=_COOKIE_SECONDS,
            samesite="Lax",
            httponly=True,
            secure=request.is_secure(),
        )
    return response


def read_query(request: HttpRequest, *, listing: Listing, data: QueryDict | None = None) -> Query:
    """Understand an address. What is unknown falls back; a wrong filter makes the form invalid."""
    given = request.GET if data is None else data
    form = listing.filters(given if _has_filters(given) else None, initial={})
    filters: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        filters = {key: value for key, value in form.cleaned_data.items() if value not in (None, "", [])}
    elif not form.is_bound:
        form = listing.filters({})
        form.is_valid()
    return Query(
        filters=filters,
        form=form,
        sort=_sort(given, listing=listing),
        columns=_columns(given, kept=request.COOKIES.get(listing.cookie, ""), listing=listing),
        page=max(1, _whole(given.get("page"), fallback=1)),
        size=_size(given, listing=listing),
    )


def neighbours(
    request: page.PageRequest, *, listing: Listing, key: object, list_url: str
) -> Neighbours | None:
    """Previous and next of the record `key` in the list its address names; None when it was opened otherwise.

    The list is asked again, so what changed meanwhile shows; a record that has moved gives None.
    """
    if "at" not in request.GET or "list" not in request.GET:
        return None
    query = read_query(request, listing=listing, data=QueryDict(request.GET["list"]))
    if not query.form.is_valid():
        return None
    at = max(0, _whole(request.GET["at"], fallback=0))
    first = max(0, at - 1)
    source = listing.source(request.actor)
    near = source.rows(filters=query.filters, sort=query.sort, offset=first, limit=at - first + 2)
    here = at - first
    if here >= len(near) or listing.row_key(near[here]) != key:
        return None
    urls = [
        _record_url(listing, row, list_query=request.GET["list"], at=first + i) for i, row in enumerate(near)
    ]
    return Neighbours(
        back_url=f"{list_url}?{request.GET['list']}",
        position=at + 1,
        count=source.count(filters=query.filters),
        previous_url=urls[here - 1] if here else "",
        next_url=urls[here + 1] if here + 1 < len(urls) else "",
    )


def address(request: HttpRequest, **changes: str | None) -> str:
    """The list's query string with some parameters changed; None removes one."""
    query = request.GET.copy()
    query.pop("export", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return "?" + query.urlencode()


def subject_ids(
    actor: actors.Actor, *, listing: Listing, query: Query, most: int, only_page: bool = False
) -> list[int]:
    """The subjects of the list's rows, at most `most`: of the page, or of all that fit."""
    source = listing.source(actor)
    offset, limit = (query.offset, min(query.size, most)) if only_page else (0, most)
    rows = source.rows(filters=query.filters, sort=query.sort, offset=offset, limit=limit)
    return [listing.subject_id(row) for row in rows]


def _frame(request: page.PageRequest, *, listing: Listing, query: Query) -> dict[str, Any]:
    return {
        "listing": listing,
        "form": query.form,
        "is_filtered": bool(query.filters),
        "headers": [_header(request, column=column, query=query) for column in query.columns],
        "choices": [(column, column in query.columns) for column in listing.columns],
        "kept": [(key, value) for key, value in _pairs(request) if key not in {"columns", "export", "page"}],
        "kept_by_filters": [
            (key, value) for key, value in _pairs(request) if key in {"sort", "size", "columns"}
        ],
        "export_url": address(request, export="xlsx"),
        **list_views.offered(
            request.actor,
            list_name=listing.name,
            pairs=_pairs(request),
            columns=[column.key for column in query.columns],
        ),
        "most_exported": MOST_EXPORTED,
        "list_query": address(request).removeprefix("?"),
    }


def _pairs(request: HttpRequest) -> list[tuple[str, str]]:
    return [(key, str(value)) for key, values in request.GET.lists() for value in values]


def _header(request: HttpRequest, *, column: Column, query: Query) -> dict[str, Any]:
    is_sorted = query.sort.key == column.key
    flipped = Sort(key=column.key, is_descending=is_sorted and not query.sort.is_descending)
    return {
        "label": column.label,
        "is_numeric": column.kind in cells.NUMERIC,
        "sort_url": address(request, sort=flipped.text, page=None) if column.is_sortable else "",
        "direction": ("descending" if query.sort.is_descending else "ascending") if is_sorted else "",
    }


def _rows_html(
    request: HttpRequest, *, listing: Listing, query: Query, rows: Sequence[Any], is_ticked: bool
) -> list[SafeString]:
    own = {key: value for key, value in _pairs(request) if key in {"page", "size", "export", "columns"}}
    list_query = address(request, **dict.fromkeys(own)).removeprefix("?")
    return list_rows.table_rows(
        columns=query.columns,
        rows=rows,
        urls=[
            _record_url(listing, row, list_query=list_query, at=query.offset + index)
            for index, row in enumerate(rows)
        ],
        ticks=[listing.subject_id(row) for row in rows] if is_ticked else [],
    )


def _record_url(listing: Listing, row: Any, *, list_query: str, at: int) -> str:
    if listing.row_url is None:
        return ""
    return f"{listing.row_url(row)}?{urlencode({'list': list_query, 'at': at})}"


def _totals(*, query: Query, sums: Mapping[str, int]) -> list[dict[str, Any]]:
    if not any(column.has_total and column.key in sums for column in query.columns):
        return []
    return [
        {
            "text": cells.html_writer(column.kind)(sums[column.key])
            if column.has_total and column.key in sums
            else (_("Total") if number == 0 else ""),
            "label": column.label,
            "is_numeric": column.kind in cells.NUMERIC,
        }
        for number, column in enumerate(query.columns)
    ]


def _pages(request: HttpRequest, *, query: Query, count: int) -> dict[str, Any]:
    last = max(1, -(-count // query.size))
    return {
        "number": query.page,
        "last": last,
        "first_row": query.offset + 1 if count else 0,
        "last_row": min(count, query.offset + query.size),
        "previous_url": address(request, page=str(query.page - 1)) if query.page > 1 else "",
        "next_url": address(request, page=str(query.page + 1)) if query.page < last else "",
        "sizes": [
            (size, address(request, size=str(size), page=None), size == query.size) for size in _PAGE_SIZES
        ],
    }


def _export(
    request: HttpRequest, *, listing: Listing, query: Query, source: Source, count: int
) -> HttpResponseBase:
    return list_export.respond(
        name=listing.name,
        title=str(listing.title),
        columns=[
            list_export.SheetColumn(
                label=str(column.label), kind=column.kind, value=list_rows.getter(column), key=column.key
            )
            for column in query.columns
        ],
        chunks=lambda offset, limit: source.rows(
            filters=query.filters, sort=query.sort, offset=offset, limit=limit
        ),
        count=count,
        totals={
            column.key: total
            for column in query.columns
            if column.has_total
            and (total := source.totals(filters=query.filters).get(column.key)) is not None
        },
        address=request.get_full_path(),
    )


def _has_filters(given: QueryDict) -> bool:
    return any(key not in _OWN for key in given)


def _sort(given: QueryDict, *, listing: Listing) -> Sort:
    wanted = given.get("sort", "")
    key = wanted.removeprefix("-")
    if any(column.key == key and column.is_sortable for column in listing.columns):
        return Sort(key=key, is_descending=wanted.startswith("-"))
    return listing.default_sort


def _columns(given: QueryDict, *, kept: str, listing: Listing) -> tuple[Column, ...]:
    wanted = set(given.getlist("columns")) or set(filter(None, kept.split(".")))
    chosen = tuple(column for column in listing.columns if column.key in wanted)
    return chosen or tuple(column for column in listing.columns if column.is_shown)


def _size(given: QueryDict, *, listing: Listing) -> int:
    wanted = _whole(given.get("size"), fallback=listing.page_size)
    return wanted if wanted in _PAGE_SIZES else listing.page_size


def _whole(text: str | None, *, fallback: int) -> int:
    """A small whole number from an address; anything else is the fallback."""
    longest = 9
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= longest else fallback
