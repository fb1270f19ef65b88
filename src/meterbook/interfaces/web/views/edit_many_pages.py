"""What the page of a change of many records shows, and the same as a workbook."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from meterbook.application import edit_many as use_case
from meterbook.domain.agreements import queries as agreements
from meterbook.domain.edits import models, queries, rules
from meterbook.interfaces.web import cells, page
from meterbook.interfaces.web.views import edit_many_forms, edit_many_words

SHOWN_EDITS = 50
ROWS_A_PAGE = 100
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BUSY = frozenset({models.EditState.LOOKING, models.EditState.APPLYING})


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the rows: those of a plan or an outcome."""

    key: str
    label: str | Promise
    plan: models.RowPlan | None = None
    outcome: models.RowOutcome | None = None


PARTS = (
    Part("all", gettext_lazy("All rows")),
    Part("changes", gettext_lazy("Will change"), plan=models.RowPlan.CHANGES),
    Part("same", gettext_lazy("Is so already"), plan=models.RowPlan.SAME),
    Part("cannot", gettext_lazy("Can't be changed"), plan=models.RowPlan.REFUSED),
    Part("done", gettext_lazy("Changed rows"), outcome=models.RowOutcome.DONE),
    Part("meanwhile", gettext_lazy("Was so meanwhile"), outcome=models.RowOutcome.SAME),
    Part("refused", gettext_lazy("Refused"), outcome=models.RowOutcome.REFUSED),
)


@dataclass(frozen=True, slots=True)
class RowLine:
    """A row in words."""

    row: queries.Row
    act: str
    before: str
    after: str
    state: cells.Tag
    reason: str
    url: str


def require_sight(request: page.PageRequest) -> None:
    """Who changes many may see the records; for the company's lists alone the right is enough elsewhere."""
    request.actor.require("customers.view")


def line(edit: queries.Edit) -> dict[str, Any]:
    """A change in the list of changes."""
    return {
        "edit": edit,
        "title": edit_many_words.act_title(edit.act),
        "state": edit_many_words.STATES[edit.state],
        "subject": edit_many_words.SUBJECTS[edit.subject],
    }


def facts(request: page.PageRequest, *, edit: queries.Edit) -> dict[str, Any]:
    """What the page of one change shows."""
    counts = queries.counts(edit_id=edit.edit_id)
    parts = _parts(edit=edit, counts=counts)
    part = next((found for found, _n in parts if found.key == request.GET.get("show")), PARTS[0])
    number = {found.key: n for found, n in parts}[part.key]
    last = max(1, -(-number // ROWS_A_PAGE))
    at = min(last, max(1, _whole(request.GET.get("page", ""))))
    rows = queries.rows(
        edit_id=edit.edit_id,
        plan=part.plan,
        outcome=part.outcome,
        offset=(at - 1) * ROWS_A_PAGE,
        limit=ROWS_A_PAGE,
    )
    lines = _lines(rows, subject=edit.subject)
    may_all = all(request.actor.may(use_case.ACTS[key].right) for key in queries.acts(edit_id=edit.edit_id))
    is_own = edit.asked_by_id == request.actor.staff_id
    undone_by = queries.undone_by(edit_id=edit.edit_id)
    is_ended = edit.state is models.EditState.APPLIED
    return {
        **line(edit),
        "counts": counts,
        "parts": [(found, n, found is part) for found, n in parts],
        "part": part,
        "tells_act": not edit.act or any(row.about for row in rows),
        "rows": lines,
        "tells_reason": any(one.reason for one in lines),
        "page_number": at,
        "page_last": last,
        "is_busy": edit.state in _BUSY,
        "percent": counts.percent_seen if edit.state is models.EditState.LOOKING else counts.percent_done,
        "day_matters": edit_many_words.day_matters(edit.act),
        "may_apply": may_all and is_own and edit.state is models.EditState.SEEN and counts.changes > 0,
        "may_go_on": may_all and is_own,
        "undone_by": undone_by,
        "may_undo": may_all and is_ended and edit.undoes_id is None and counts.done > 0 and not undone_by,
        "why_form": edit_many_forms.WhyForm(),
    }


def _parts(*, edit: queries.Edit, counts: rules.Counts) -> list[tuple[Part, int]]:
    """The parts that have rows, and all of them."""
    numbers = {
        "all": counts.rows,
        "changes": 0 if edit.state is models.EditState.APPLIED else counts.changes,
        "same": counts.same,
        "cannot": counts.refused,
        "done": counts.done,
        "meanwhile": counts.done_same,
        "refused": counts.done_refused,
    }
    return [(part, numbers[part.key]) for part in PARTS if numbers[part.key] or part.key == "all"]


def _lines(rows: list[queries.Row], *, subject: models.Subject) -> list[RowLine]:
    values = edit_many_words.Values()
    urls = _urls(rows, subject=subject)
    return [_line(row, values=values, url=urls.get(row.subject_id, "")) for row in rows]


def _line(row: queries.Row, *, values: edit_many_words.Values, url: str = "") -> RowLine:
    about = values.about(row.act, row.about)
    title = edit_many_words.act_title(row.act)
    state = edit_many_words.PLANS[row.plan] if row.outcome is None else edit_many_words.OUTCOMES[row.outcome]
    code, fact = (
        (row.plan_code, row.plan_fact) if row.outcome is None else (row.outcome_code, row.outcome_fact)
    )
    return RowLine(
        row=row,
        act=f"{title}: {about}" if about else title,
        before=values.value(row.act, row.about, row.before),
        after=values.value(row.act, row.about, row.after),
        state=state,
        reason=edit_many_words.reason(code=code, fact=fact) if code else "",
        url=url,
    )


def _urls(rows: list[queries.Row], *, subject: models.Subject) -> Mapping[int, str]:
    """Where the subjects' own pages are."""
    ids = [row.subject_id for row in rows]
    match subject:
        case models.Subject.ACCOUNT:
            heads = agreements.account_heads(account_ids=ids)
            return {key: reverse("account", args=[head.account_no]) for key, head in heads.items()}
        case models.Subject.CUSTOMER:
            return {key: reverse("customer", args=[key]) for key in ids}
        case models.Subject.PREMISE:
            return {key: reverse("premise", args=[key]) for key in ids}
        case models.Subject.METER:
            return {key: reverse("meter", args=[key]) for key in ids}


def _whole(text: str) -> int:
    longest = 6
    return int(text) if text.isascii() and text.isdigit() and len(text) <= longest else 1


@page.page(right=use_case.RIGHT)
def rows_file(request: page.PageRequest, edit_id: int) -> HttpResponseBase:
    """Every row with what it was, is to be, and became, as a workbook."""
    require_sight(request)
    try:
        found = queries.edit(edit_id=edit_id)
    except queries.EditUnknownError as missing:
        raise Http404 from missing
    headings = (
        _("Row"),
        pgettext("row", "Record"),
        _("What to change"),
        _("Before"),
        _("After"),
        _("Result"),
        _("Why not"),
    )
    content = text_workbook(
        title=edit_many_words.act_title(found.act), headings=headings, rows=_cells(found.edit_id)
    )
    return workbook_answer(content, name=f"changes-{edit_id}.xlsx")


def _cells(edit_id: int) -> Iterator[tuple[str, ...]]:
    values = edit_many_words.Values()
    for row in queries.rows(edit_id=edit_id):
        made = _line(row, values=values)
        yield (
            str(row.row_no),
            row.label,
            made.act,
            made.before,
            made.after,
            str(made.state.text),
            made.reason,
        )


def text_workbook(*, title: str, headings: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> bytes:
    """A workbook of text cells: nothing becomes a formula, no leading zero is lost."""
    import xlsxwriter  # only a process that writes workbooks has to load it

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        text, head = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
        sheet = book.add_worksheet("".join(sign for sign in title if sign not in "[]:*?/\\'")[:31])
        sheet.set_column(0, len(headings) - 1, 22, text)
        sheet.freeze_panes(1, 0)
        for x, heading in enumerate(headings):
            sheet.write_string(0, x, heading, head)
        for y, row in enumerate(rows, start=1):
            for x, cell in enumerate(row):
                sheet.write_string(y, x, cell, text)
    return target.getvalue()


def workbook_answer(content: bytes, *, name: str) -> HttpResponse:
    """A workbook to be kept."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=_XLSX, headers=headers)
