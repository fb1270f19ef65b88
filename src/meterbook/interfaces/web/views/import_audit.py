"""The books beside what an older system had: page and workbook, as they were last worked out."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from meterbook.application import company, import_comparison, import_work
from meterbook.domain.imports import models, queries
from meterbook.domain.tables import Utility
from meterbook.interfaces import audit_words, audit_workbook, clock, import_words
from meterbook.interfaces.web import context, fields, page
from meterbook.interfaces.web.views import imports

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
    """What differed, the older system's own totals, and both sides by station; or how far that is."""
    entry = imports.entry_of(import_id)
    work = queries.work_of(import_id=import_id)
    if work is not None and work.is_active:
        return imports.progress(request, entry=entry, work=work, route="import_audit")
    if getattr(request, "htmx", False):
        return HttpResponse(headers={"HX-Refresh": "true"})
    found = import_comparison.latest(actor=request.actor, import_id=import_id)
    broken = None
    if work is not None and work.act == models.WorkAct.COMPARE:
        broken = import_words.ended(work)
    if found is None:
        return TemplateResponse(request, "imports/audit_none.html", {"entry": entry, "broken": broken})
    form = TotalsForm(request.GET) if request.GET else TotalsForm()
    shown = found.shown
    entered = form.entered() if form.is_bound else {}
    return TemplateResponse(
        request,
        "imports/audit.html",
        {
            "entry": entry,
            "found": found,
            "broken": broken,
            "form": form,
            "reported": audit_words.reported(shown.whole, entered=entered),
            "agrees": shown.agrees and audit_words.all_agree(shown.whole, entered=entered),
            "totals": [
                (total.station, Utility(total.utility).name, audit_words.figures(total))
                for total in shown.totals
            ],
            "differences": [(one, audit_words.difference(one)) for one in shown.differences],
            "difference_rest": shown.difference_count - len(shown.differences),
            "asked": request.GET.urlencode(),
        },
        status=422 if form.errors else 200,
    )


@page.page(right="customers.import", methods=("POST",))
def again(request: page.PageRequest, import_id: int) -> HttpResponseBase:
    """Work the comparison out: a small file at once, a larger one in the background."""
    entry = imports.entry_alone(request, import_id=import_id)
    is_read = entry.state != models.ImportState.UPLOADED
    if not is_read or entry.row_count > import_work.AT_ONCE_ROWS:
        import_work.ask(
            actor=request.actor,
            import_id=import_id,
            act=import_work.Act.COMPARE,
            now=clock.now(),
            defer=imports.queue(request),
        )
        return page.redirect(request, "import_audit", import_id)
    import_comparison.work_out(actor=request.actor, import_id=import_id, now=clock.now, today=clock.today())
    notice = context.Notice(text=_("Compared with the books as they stand now."))
    return page.redirect(request, "import_audit", import_id, notice=notice)


@page.page(right="customers.import")
def workbook(request: page.PageRequest, import_id: int) -> HttpResponse:
    """The comparison whole, with every account."""
    imports.entry_of(import_id)
    found = import_comparison.latest(actor=request.actor, import_id=import_id)
    if found is None:
        raise Http404
    content = audit_workbook.workbook(
        audit=import_comparison.whole(comparison=found), entered=TotalsForm(request.GET).entered()
    )
    return imports.download(content, name=f"comparison-{import_id}.xlsx")
