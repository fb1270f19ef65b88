"""Books and their rounds: the list, a book, opening and accepting a round."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from meterbook.application import accept_round, open_rounds
from meterbook.application import actor as actors
from meterbook.domain.metering import models
from meterbook.domain.metering import operations as metering
from meterbook.domain.metering import queries as metering_queries
from meterbook.interfaces import clock, reading_reasons
from meterbook.interfaces.web import cells, context, lists, page
from meterbook.interfaces.web.views import links, reading_words
from meterbook.kernel import period as periods
from meterbook.reporting import reading_rounds

_STATES = {
    "none": gettext_lazy("No round yet"),
    "open": pgettext_lazy("round", "Open"),
    "held": gettext_lazy("With held readings"),
    "ready": gettext_lazy("Ready to accept"),
    "accepted": gettext_lazy("Accepted"),
}


class BookFilters(forms.Form):
    """Filters of the list of books."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("All")), *_STATES.items()],
    )
    text = forms.CharField(label=gettext_lazy("Book or station"), required=False, max_length=60)


class BookSource:
    """Books are few: they are read whole, with the progress of their latest rounds.

    The actor's scope is the transaction's.
    """

    def __init__(self, actor: actors.Actor) -> None:  # noqa: ARG002 # what lists call every source with
        self._books: list[reading_rounds.BookRow] | None = None

    def count(self, *, filters: Mapping[str, Any]) -> int:
        """How many books fit."""
        return len(self._fitting(filters))

    def rows(
        self, *, filters: Mapping[str, Any], sort: lists.Sort, offset: int, limit: int
    ) -> Sequence[reading_rounds.BookRow]:
        """Books in the order asked for, by station and code within it."""
        keys = {
            "code": lambda book: book.code,
            "station": lambda book: book.station,
            "period": lambda book: book.period or datetime.date.min,
            "held": lambda book: book.progress.held if book.progress else 0,
        }
        found = sorted(self._fitting(filters), key=keys[sort.key], reverse=sort.is_descending)
        return found[offset : offset + limit]

    def totals(self, *, filters: Mapping[str, Any]) -> Mapping[str, int]:
        """Sums over the books that fit."""
        found = self._fitting(filters)
        progress = [book.progress for book in found if book.progress]
        return {
            "places": sum(book.places for book in found),
            "entered": sum(p.entered for p in progress),
            "held": sum(p.held for p in progress),
            "empty": sum(p.empty for p in progress),
        }

    def _fitting(self, filters: Mapping[str, Any]) -> list[reading_rounds.BookRow]:
        if self._books is None:
            self._books = reading_rounds.books()
        text, state = filters.get("text", "").casefold(), filters.get("state")
        return [
            book
            for book in self._books
            if text in f"{book.code} {book.name} {book.station}".casefold()
            and (not state or state in _states_of(book))
        ]


def _states_of(book: reading_rounds.BookRow) -> set[str]:
    """Under which choices of the state filter a book is found."""
    if book.progress is None:
        return {"none"}
    if book.state is models.RoundState.ACCEPTED:
        return {"accepted"}
    return (
        {"open"}
        | ({"held"} if book.progress.held else set())
        | ({"ready"} if book.progress.is_ready else set())
    )


def _state_tag(book: reading_rounds.BookRow) -> cells.Tag:
    if book.state is None or book.progress is None:
        return reading_words.NO_ROUND
    if book.state is models.RoundState.OPEN and book.progress.is_ready:
        return cells.Tag(text=gettext_lazy("Ready to accept"), kind="warn")
    return reading_words.ROUND_STATES[book.state]


def _book_url(book: reading_rounds.BookRow) -> str:
    if book.round_id is not None and book.state is models.RoundState.OPEN:
        return reverse("round", args=[book.round_id])
    return reverse("book", args=[book.book_id])


def _count(name: str) -> Any:
    return lambda book: getattr(book.progress, name) if book.progress else None


BOOKS = lists.Listing(
    name="books",
    title=gettext_lazy("Reading books"),
    default_sort=lists.Sort(key="station"),
    columns=(
        lists.Column(key="code", label=gettext_lazy("Book"), is_sortable=True),
        lists.Column(key="name", label=pgettext_lazy("of a thing", "Name"), is_shown=False),
        lists.Column(key="station", label=gettext_lazy("Station"), is_sortable=True),
        lists.Column(key="reader", label=gettext_lazy("Reader")),
        lists.Column(
            key="period",
            label=gettext_lazy("Latest round"),
            value=lambda book: f"{book.period:%Y-%m}" if book.period else "",
            is_sortable=True,
        ),
        lists.Column(key="places", label=gettext_lazy("Places"), kind=cells.Kind.NUMBER, has_total=True),
        lists.Column(
            key="entered",
            label=gettext_lazy("Entered"),
            kind=cells.Kind.NUMBER,
            value=_count("entered"),
            has_total=True,
        ),
        lists.Column(
            key="held",
            label=gettext_lazy("Held"),
            kind=cells.Kind.NUMBER,
            value=_count("held"),
            is_sortable=True,
            has_total=True,
        ),
        lists.Column(
            key="empty",
            label=gettext_lazy("Empty"),
            kind=cells.Kind.NUMBER,
            value=_count("empty"),
            has_total=True,
        ),
        lists.Column(key="state", label=gettext_lazy("State"), kind=cells.Kind.TAG, value=_state_tag),
    ),
    source=BookSource,
    filters=BookFilters,
    row_url=_book_url,
    row_key=lambda book: book.book_id,
    page_size=100,
    template="readings/books.html",
    empty_text=gettext_lazy("Books come with the import of customers."),
)


class OpenRoundForm(forms.Form):
    """Which month to open."""

    period = forms.DateField(
        label=gettext_lazy("Month"),
        input_formats=["%Y-%m"],
        widget=forms.DateInput(format="%Y-%m", attrs={"type": "month"}),
    )


@page.page(right="readings.view")
def books(request: page.PageRequest) -> HttpResponseBase:
    """The list of books with their progress."""
    facts = {"may_import": request.actor.may("readings.enter"), "import_url": links.to("import_readings")}
    return lists.respond(request, listing=BOOKS, context=facts)


@page.page(right="readings.view")
def book(request: page.PageRequest, book_id: int) -> HttpResponseBase:
    """One book: its rounds, and what in it can't be read."""
    found = reading_rounds.book(book_id=book_id)
    if found is None:
        raise Http404
    rounds = reading_rounds.rounds_of_book(book_id=book_id)
    return TemplateResponse(
        request,
        "readings/book.html",
        {
            "book": found,
            "rounds": [(row, reading_words.ROUND_STATES[row.state]) for row in rounds],
            "left_out": [
                (left, reading_reasons.LEFT_OUT[left.code])
                for left in metering_queries.registers_left_out(book_id=book_id, day=clock.today())
            ],
            "form": OpenRoundForm(initial={"period": _next_period(found)}),
            "may_open": request.actor.may("readings.accept"),
            "is_open": found.state is models.RoundState.OPEN,
        },
    )


def _next_period(book: reading_rounds.BookRow) -> datetime.date:
    """The month after the latest accepted round; the open round's own, or this month at first."""
    if book.period is None:
        return periods.month_of(clock.today()).from_
    return book.period if book.state is models.RoundState.OPEN else periods.add_months(book.period, 1)


@page.page(right="readings.accept", methods=("POST",))
def open_round(request: page.PageRequest, book_id: int) -> HttpResponseBase:
    """Open a round of the book, or complete the open one."""
    form = OpenRoundForm(request.POST)
    if not form.is_valid():
        notice = context.Notice(text=_("Choose a month, like 2026-11."), kind="bad")
        return page.redirect(request, "book", book_id, notice=notice)
    try:
        opened = open_rounds.open_round(
            actor=request.actor,
            book_id=book_id,
            period=form.cleaned_data["period"],
            today=clock.today(),
            now=clock.now(),
        )
    except metering.UnknownRoundError as unknown:
        raise Http404 from unknown
    except (metering.RoundOrderError, metering.RoundAcceptedError) as refusal:
        text = str(reading_words.REFUSALS[refusal.code])
        return page.redirect(request, "book", book_id, notice=context.Notice(text=text, kind="bad"))
    return page.redirect(request, "round", opened.round_id, notice=_opened_notice(opened))


def _opened_notice(opened: metering.OpenedRound) -> context.Notice:
    text = ngettext("%(count)d register to read.", "%(count)d registers to read.", opened.entry_count) % {
        "count": opened.entry_count
    }
    if not opened.left_out:
        return context.Notice(text=text)
    left = ngettext("%(count)d can't be read.", "%(count)d can't be read.", len(opened.left_out)) % {
        "count": len(opened.left_out)
    }
    url = reverse("book", args=[opened.book_id])
    return context.Notice(text=f"{text} {left}", kind="warn", url=url, url_text=_("See the list"))


@page.page(right="readings.accept", methods=("POST",))
def accept(request: page.PageRequest, round_id: int) -> HttpResponseBase:
    """Accept the round; what is in the way is shown on its page."""
    try:
        accepted = accept_round.accept_round(
            actor=request.actor, round_id=round_id, today=clock.today(), now=clock.now()
        )
    except metering.UnknownRoundError as unknown:
        raise Http404 from unknown
    except metering.NotReadyError as refusal:
        count = len(refusal.obstacles)
        text = ngettext(
            "Not accepted: %(count)d reading is in the way.",
            "Not accepted: %(count)d readings are in the way.",
            count,
        ) % {"count": count}
        url = f"{reverse('round', args=[round_id])}?show=obstacles"
        return page.redirect(request, url, notice=context.Notice(text=text, kind="bad"))
    count = accepted.totals.reading_count
    text = ngettext("%(count)d reading accepted.", "%(count)d readings accepted.", count) % {"count": count}
    return page.redirect(request, "round", round_id, notice=context.Notice(text=text))
