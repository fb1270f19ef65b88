"""The books beside what an older system had: page and workbook."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from meterbook.application import check_customers, company, spreadsheets
from meterbook.domain.imports import queries
from meterbook.domain.tables import Utility
from meterbook.interfaces import audit_words, audit_workbook, clock
from meterbook.interfaces.web import fields, page
from meterbook.interfaces.web.views import imports
from meterbook.reporting import migration_audit

SHOWN_DIFFERENCES = 200
MOST_PIECES = 10**9


class TotalsForm(forms.Form):
    """The totals of the older system's own report; what is left empty isn't compared."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        exponent = company.currency_exponent()
        for key, label in audit_words.LABELS.items():
            options: dict[str, Any] = {"label": label, "required": False}
            match audit_words.UNITS.get(key, audit_words.Unit.MONEY):
                case audit_words.Unit.PIECES:
                    self.fields[key] = forms.IntegerField(min_value=0, max_value=MOST_PIECES, **options)
                case audit_words.Unit.QUANTITY:
                    self.fields[key] = fields.QuantityField(**options)
                case audit_words.Unit.MONEY:
                    self.fields[key] = fields.MoneyField(exponent=exponent, **options)

    def entered(self) -> dict[str, int]:
        """The totals that were given, by key, in units of audit_words; none while one of them is wrong."""
        if not self.is_valid():
            return {}
        return {key: value for key, value in self.cleaned_data.items() if value is not None}


@page.page(right="customers.import")
def audit(request: page.PageRequest, import_id: int) -> HttpResponseBase:
    """What differs, the older system's own totals, and both sides by station."""
    form = TotalsForm(request.GET) if request.GET else TotalsForm()
    entered = form.entered() if form.is_bound else {}
    found = _compared(request, import_id=import_id)
    shown = found.differences[:SHOWN_DIFFERENCES]
    return TemplateResponse(
        request,
        "imports/audit.html",
        {
            "entry": imports.entry_of(import_id),
            "form": form,
            "reported": audit_words.reported(found.whole, entered=entered),
            "agrees": found.agrees and audit_words.all_agree(found.whole, entered=entered),
            "totals": [
                (total.station, Utility(total.utility).name, audit_words.figures(total))
                for total in found.totals
            ],
            "differences": [(one, audit_words.difference(one)) for one in shown],
            "difference_count": len(found.differences),
            "difference_rest": len(found.differences) - len(shown),
            "asked": request.GET.urlencode(),
        },
        status=422 if form.errors else 200,
    )


@page.page(right="customers.import")
def workbook(request: page.PageRequest, import_id: int) -> HttpResponse:
    """The comparison whole, with every account."""
    content = audit_workbook.workbook(
        audit=_compared(request, import_id=import_id), entered=TotalsForm(request.GET).entered()
    )
    return imports.download(content, name=f"comparison-{import_id}.xlsx")


def _compared(request: page.PageRequest, *, import_id: int) -> migration_audit.Audit:
    imports.entry_of(import_id)
    content = queries.content_of(import_id=import_id)
    if content is None:
        raise Http404
    today = clock.today()
    old = check_customers.old_balances(
        sheet=spreadsheets.read_sheet(content=content), actor=request.actor, today=today
    )
    return migration_audit.compare(old=old, today=today)
