"""Shifts: one's own till to count, the station's tills to take over."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meterbook.application import actor as actors
from meterbook.application import shifts, till, transaction
from meterbook.domain.payments import models, operations, queries
from meterbook.interfaces import clock
from meterbook.interfaces.web import cells, context, fields, lists, page
from meterbook.interfaces.web.views import till_words
from meterbook.kernel import money
from meterbook.reporting import takings

UNPROCESSABLE = 422


class CountForm(forms.Form):
    """What was counted of each tender; a reason where the books expect something else."""

    def __init__(self, data: Any = None, *, sums: Sequence[queries.TenderSum]) -> None:
        super().__init__(data)
        for found in sums:
            is_unused = found.payment_count == 0 and found.expected_minor == 0
            word = till_words.tender_word(found.tender)
            counted = fields.MoneyField(label=word, initial=0 if is_unused else None)
            reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=200)
            # The table's heads say what is typed where; those who don't see them are told in each field.
            counted.widget.attrs["aria-label"] = f"{word} – {_('Counted')}"
            reason.widget.attrs["aria-label"] = f"{word} – {_('Reason')}"
            self.fields[f"counted_{found.tender.value}"] = counted
            self.fields[f"reason_{found.tender.value}"] = reason

    def counts(self, *, sums: Sequence[queries.TenderSum]) -> list[operations.TenderCount]:
        """The counts of a valid form."""
        said = self.cleaned_data
        return [
            operations.TenderCount(
                tender=found.tender,
                counted_minor=said[f"counted_{found.tender.value}"],
                reason=said[f"reason_{found.tender.value}"].strip(),
            )
            for found in sums
        ]


@page.page(right="payments.view")
def shift(request: page.PageRequest, shift_id: int) -> HttpResponseBase:
    """A shift: what was taken, what is expected, what was counted."""
    facts = _facts(request, shift_id=shift_id)
    return _page(request, facts=facts, form=CountForm(sums=facts.sums))


@page.page(right="payments.take", methods=("POST",))
def count(request: page.PageRequest, shift_id: int) -> HttpResponseBase:
    """Count the own till and close it."""
    with transaction.reading(actor=request.actor):
        facts = _facts(request, shift_id=shift_id)
    form = CountForm(request.POST, sums=facts.sums)
    problem = ""
    if form.is_valid():
        try:
            done = shifts.count_shift(
                actor=request.actor,
                shift_id=shift_id,
                counts=form.counts(sums=facts.sums),
                now=clock.now(),
            )
        except till_words.SHIFT_ERRORS as error:
            problem = till_words.refusal(error)
        else:
            return page.redirect(request, "shift", shift_id, notice=_counted(done))
    with transaction.reading(actor=request.actor):
        facts = _facts(request, shift_id=shift_id)
        return _page(request, facts=facts, form=form, problem=problem).render()


@page.page(right="shifts.take_over", methods=("POST",))
def take_over(request: page.PageRequest, shift_id: int) -> HttpResponseBase:
    """Take over a counted till of somebody else."""
    try:
        done = shifts.take_over_shift(actor=request.actor, shift_id=shift_id, now=clock.now())
    except queries.ShiftNotFoundError as error:
        raise Http404 from error
    except till_words.SHIFT_ERRORS as error:
        notice = context.Notice(text=till_words.refusal(error), kind="bad")
        return page.redirect(request, "shift", shift_id, notice=notice)
    text = _("Shift taken over: %(amount)s.") % {"amount": money.format_minor(done.amount_minor)}
    return page.redirect(request, "shift", shift_id, notice=context.Notice(text=text))


@page.page(right="payments.view")
def listing(request: page.PageRequest) -> HttpResponseBase:
    """The shifts of the scope; one's own only without the right to see all."""
    return lists.respond(request, listing=SHIFTS)


def waiting(actor: actors.Actor) -> int:
    """How many counted shifts wait for this person to take them over."""
    if actor.staff_id is None or not actor.may("shifts.take_over"):
        return 0
    return takings.waiting_shifts(not_of_staff_id=actor.staff_id)


def _facts(request: page.PageRequest, *, shift_id: int) -> till.ShiftPage:
    try:
        return till.shift_page(actor=request.actor, shift_id=shift_id)
    except queries.ShiftNotFoundError as error:
        raise Http404 from error


def _page(
    request: page.PageRequest, *, facts: till.ShiftPage, form: CountForm, problem: str = ""
) -> TemplateResponse:
    is_own = facts.shift.staff_id == request.actor.staff_id
    is_open = facts.shift.state is models.ShiftState.OPEN
    rows = [
        (
            found,
            *till_words.TENDERS[found.tender],
            form[f"counted_{found.tender.value}"],
            form[f"reason_{found.tender.value}"],
        )
        for found in facts.sums
    ]
    return TemplateResponse(
        request,
        "shifts/shift.html",
        {
            "shift": facts.shift,
            "state": till_words.SHIFT_STATES[facts.shift.state],
            "rows": rows,
            "expected_minor": sum(found.expected_minor for found in facts.sums),
            "counted_minor": None if is_open else sum(found.counted_minor or 0 for found in facts.sums),
            "difference_minor": sum(found.difference_minor for found in facts.sums),
            "payments": [(row, till_words.tender_word(row.tender)) for row in facts.payments],
            "problem": problem,
            "may_count": is_own and is_open and request.actor.may("payments.take"),
            "may_take_over": not is_own
            and facts.shift.state is models.ShiftState.COUNTED
            and request.actor.may("shifts.take_over"),
        },
        status=UNPROCESSABLE if form.is_bound else 200,
    )


def _counted(done: shifts.ShiftCounted) -> context.Notice:
    if done.difference_minor == 0:
        return context.Notice(text=_("Shift counted and closed."))
    return context.Notice(
        text=_("Shift counted and closed. Difference: %(amount)s.")
        % {"amount": money.format_minor(done.difference_minor)},
        kind="warn",
    )


class ShiftFilters(forms.Form):
    """Filters of the list, in its address."""

    from_on = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until_on = forms.DateField(
        label=gettext_lazy("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", gettext_lazy("All")),
            *((str(state.value), tag.text) for state, tag in till_words.SHIFT_STATES.items()),
        ],
    )


class ShiftSource:
    """The list's rows for one person."""

    def __init__(self, actor: actors.Actor) -> None:
        self.actor = actor

    def count(self, *, filters: Mapping[str, Any]) -> int:
        """How many shifts fit."""
        return takings.shift_sums(wanted=self._wanted(filters))[0]

    def rows(
        self, *, filters: Mapping[str, Any], sort: lists.Sort, offset: int, limit: int
    ) -> Sequence[takings.ShiftLine]:
        """One page."""
        return takings.shift_lines(
            wanted=self._wanted(filters),
            sort=sort.key,
            is_descending=sort.is_descending,
            offset=offset,
            limit=limit,
        )

    def totals(self, *, filters: Mapping[str, Any]) -> Mapping[str, int]:
        """What they received together."""
        return {"received_minor": takings.shift_sums(wanted=self._wanted(filters))[1]}

    def _wanted(self, filters: Mapping[str, Any]) -> takings.ShiftFilter:
        state = filters.get("state")
        return takings.ShiftFilter(
            from_on=filters.get("from_on"),
            until_on=filters.get("until_on"),
            state=int(state) if state else None,
            staff_id=None if self.actor.may("shifts.view") else (self.actor.staff_id or 0),
        )


SHIFTS = lists.Listing(
    name="shifts",
    title=gettext_lazy("Day close"),
    default_sort=lists.Sort(key="business_on", is_descending=True),
    columns=(
        lists.Column(
            key="business_on", label=gettext_lazy("Business day"), kind=cells.Kind.DAY, is_sortable=True
        ),
        lists.Column(key="clerk", label=gettext_lazy("Clerk"), is_sortable=True),
        lists.Column(key="station", label=gettext_lazy("Station")),
        lists.Column(key="payment_count", label=gettext_lazy("Payments"), kind=cells.Kind.NUMBER),
        lists.Column(
            key="received_minor",
            label=gettext_lazy("Received"),
            kind=cells.Kind.MONEY,
            is_sortable=True,
            has_total=True,
        ),
        lists.Column(key="difference_minor", label=gettext_lazy("Difference"), kind=cells.Kind.MONEY),
        lists.Column(
            key="state",
            label=gettext_lazy("State"),
            kind=cells.Kind.TAG,
            value=lambda row: till_words.SHIFT_STATES[models.ShiftState(row.state)],
        ),
        lists.Column(
            key="opened_at", label=gettext_lazy("Shift opened"), kind=cells.Kind.MOMENT, is_shown=False
        ),
        lists.Column(key="counted_at", label=gettext_lazy("Counted"), kind=cells.Kind.MOMENT),
        lists.Column(key="taken_over_by", label=gettext_lazy("Taken over by")),
    ),
    source=ShiftSource,
    filters=ShiftFilters,
    row_url=lambda row: reverse("shift", args=[row.shift_id]),
    row_key=lambda row: row.shift_id,
)
