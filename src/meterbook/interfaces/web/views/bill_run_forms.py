"""The forms of bill runs: filters of the list, dates of the bills, the reason of a release."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meterbook.interfaces import clock
from meterbook.interfaces.web.views import bill_words
from meterbook.reporting import bill_runs

DUE_DAYS = 15
_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class RunFilters(forms.Form):
    """Filters of the list, in its address."""

    period = forms.ChoiceField(label=gettext_lazy("Month"), required=False)
    stage = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    station_code = forms.ChoiceField(label=gettext_lazy("Station"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        months = [(f"{month:%Y-%m-%d}", f"{month:%Y-%m}") for month in bill_runs.periods()]
        self._choose("period", months)
        self._choose("stage", [(stage.value, tag.text) for stage, tag in bill_words.STAGES.items()])
        self._choose("station_code", bill_runs.stations())

    @classmethod
    def chosen(cls, data: Mapping[str, Any]) -> dict[str, Any] | None:
        """What a form carries along of the list's filters; None when it is not understood."""
        period, station = data.get("period", ""), data.get("station_code", "")
        try:
            datetime.date.fromisoformat(period or "2000-01-01")
        except ValueError:
            return None
        return {name: value for name, value in (("period", period), ("station_code", station)) if value}

    def _choose(self, name: str, options: Sequence[tuple[str, Any]]) -> None:
        chooser = self.fields[name]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = [("", _("All")), *options]


def asked(filters: Mapping[str, Any]) -> bill_runs.RoundFilter:
    """The filters as the query takes them."""
    period, stage = filters.get("period"), filters.get("stage")
    return bill_runs.RoundFilter(
        period=datetime.date.fromisoformat(period) if period else None,
        stage=bill_runs.Stage(stage) if stage else None,
        station_code=filters.get("station_code"),
    )


class DatesForm(forms.Form):
    """The two dates on the bills."""

    issue_on = forms.DateField(label=gettext_lazy("Issued on"), widget=_DATE)
    due_on = forms.DateField(label=gettext_lazy("Due on"), widget=_DATE)

    def clean(self) -> dict[str, Any]:
        """Due is not before issued."""
        dates = super().clean() or {}
        if {"issue_on", "due_on"} <= dates.keys() and dates["due_on"] < dates["issue_on"]:
            self.add_error("due_on", _("This is before the day of issue."))
        return dates


def proposed_dates(row: bill_runs.RoundRow | None = None) -> DatesForm:
    """The dates of a preview, or today and `DUE_DAYS` later."""
    is_open = row is not None and row.stage is bill_runs.Stage.PREVIEWED
    issued = row.issue_on if row is not None and is_open and row.issue_on else clock.today()
    due = row.due_on if row is not None and is_open and row.due_on else issued + datetime.timedelta(DUE_DAYS)
    return DatesForm(initial={"issue_on": issued, "due_on": due})


class ReasonForm(forms.Form):
    """Why a held usage may go out."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
