"""The ledger: its accounts with balances, and the proof."""

from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import get_language

from meterbook.application import actor as actors
from meterbook.domain.access import queries as access
from meterbook.domain.ledger import queries
from meterbook.interfaces.web import page
from meterbook.reporting import ledger_proof


@page.page(right="ledger.view")
def accounts(request: page.PageRequest) -> HttpResponseBase:
    """The chart of accounts with debits, credits and balances of the person's scope."""
    language = get_language() or "en"
    totals = queries.account_totals()
    facts = {
        "accounts": [(total, total.name(language)) for total in totals],
        "debit_minor": sum(total.debit_minor for total in totals),
        "credit_minor": sum(total.credit_minor for total in totals),
        "may_prove": _sees_everything(request.actor),
    }
    return TemplateResponse(request, "ledger/accounts.html", facts)


@page.page(right="ledger.view")
def proof(request: page.PageRequest) -> HttpResponseBase:
    """Every check, run now. It needs the whole company in sight: customers pay at any station."""
    if not _sees_everything(request.actor):
        return TemplateResponse(request, "ledger/proof.html", {"proof": None}, status=403)
    return TemplateResponse(request, "ledger/proof.html", {"proof": ledger_proof.prove()})


def _sees_everything(actor: actors.Actor) -> bool:
    return access.root_unit_id() in actor.unit_ids
