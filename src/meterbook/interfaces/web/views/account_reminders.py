"""What an account desk has to look at: contracts that end soon, household sizes to be proved again."""

from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from meterbook.domain.agreements import queries_facts, queries_papers
from meterbook.interfaces import clock
from meterbook.interfaces.web import page


@page.page(right="contracts.edit")
def due(request: page.PageRequest) -> HttpResponseBase:
    """Contracts within their notice, and proofs that have run out; the earliest first."""
    today = clock.today()
    facts = {
        "contracts": queries_papers.contracts_due(today=today),
        "proofs": queries_facts.proofs_run_out(today=today),
        "today": today,
    }
    return TemplateResponse(request, "accounts/due.html", facts)
