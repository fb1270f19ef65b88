"""Held readings of all books in scope: one queue, corrected or confirmed where they stand."""

from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy

from meterbook.application import actor as actors
from meterbook.domain.metering import models, rules
from meterbook.interfaces import clock
from meterbook.interfaces.web import page
from meterbook.interfaces.web.views import reading_rows, reading_words, words
from meterbook.reporting import reading_rounds

PAGE_SIZE = 50


class HeldFilters(forms.Form):
    """Filters of the queue, in its address."""

    book_id = forms.ChoiceField(label=gettext_lazy("Book"), required=False)
    utility = forms.ChoiceField(
        label=gettext_lazy("Utility"), required=False, choices=words.choices(words.UTILITIES)
    )
    check = forms.ChoiceField(
        label=gettext_lazy("Reason"), required=False, choices=words.choices(reading_words.CHECKS)
    )
    text = forms.CharField(
        label=gettext_lazy("Account, meter, name or address"), required=False, max_length=60
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = models.Book.objects.filter(rounds__entries__state=models.EntryState.HELD).distinct()
        chooser = self.fields["book_id"]
        assert isinstance(chooser, forms.ChoiceField)
        named = rows.order_by("station_id", "code").values_list("id", "code", "name")
        chooser.choices = [
            ("", gettext_lazy("All")),
            *((str(book_id), name if name == code else f"{code} {name}") for book_id, code, name in named),
        ]


@page.page(right="readings.view")
def held(request: page.PageRequest) -> HttpResponseBase:
    """The queue, by station, book and sequence."""
    form = HeldFilters(request.GET)
    given = form.cleaned_data if form.is_valid() else {}
    wanted = reading_rounds.HeldFilter(
        book_id=_number(given.get("book_id")),
        utility=_number(given.get("utility")),
        check=_number(given.get("check")),
        text=given.get("text") or None,
    )
    count = reading_rounds.held_count(wanted=wanted)
    last = max(1, -(-count // PAGE_SIZE))
    number = min(_number(request.GET.get("page")) or 1, last)
    entries = reading_rounds.held_entries(
        wanted=wanted, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE, today=clock.today()
    )
    return TemplateResponse(
        request,
        "readings/held.html",
        {
            "form": form,
            "is_filtered": any(given.values()),
            "count": count,
            "page_number": number,
            "page_last": last,
            "lines": [
                (
                    reading_rows.line_of(entry),
                    rules.is_confirmable(checks=list(entry.checks), quantity_milli=entry.quantity_milli),
                    rules.Check.LOWER_THAN_BEFORE in entry.checks,
                )
                for entry in entries
            ],
            "address": request.get_full_path(),
            "query": _without_page(request),
            "may_enter": request.actor.may("readings.enter"),
            "may_confirm": request.actor.may("readings.confirm"),
        },
    )


def waiting(actor: actors.Actor) -> int:
    """The number beside the place in the menu: only for those who may settle them."""
    return reading_rounds.waiting_count() if actor.may("readings.confirm") else 0


def _number(text: str | None) -> int | None:
    longest = 9
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= longest else None


def _without_page(request: page.PageRequest) -> str:
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()
