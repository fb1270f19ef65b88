"""What the one search (F2, scanner, palette) finds: accounts, the record meant, and who or what has none."""

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from meterbook.application import actor as actors
from meterbook.interfaces.web import palette
from meterbook.interfaces.web.views import links, words
from meterbook.reporting import search, search_rest

_KINDS = {
    search.Reason.METER_NO: "meter",
    search.Reason.BILL_NO: "bill",
    search.Reason.RECEIPT_NO: "payment",
}
_FOUND_BY: dict[search.Reason, str | Promise] = {
    search.Reason.METER_NO: _("Meter no."),
    search.Reason.BILL_NO: _("Bill no."),
    search.Reason.RECEIPT_NO: _("Receipt no."),
    search.Reason.PHONE: _("Phone"),
    search.Reason.EXTERNAL_NO: _("External no."),
    search.Reason.IDENTITY: _("Identity no."),
    search.Reason.SOUND: _("Similar name"),
}
_RIGHT_FOR = {
    search.Reason.BILL_NO: "billing.view",
    search.Reason.RECEIPT_NO: "payments.view",
}


def hits(actor: actors.Actor, text: str, limit: int) -> list[palette.Hit]:
    """The accounts in the actor's scope that `text` can mean; none for who may not see customers."""
    if not actor.may("customers.view"):
        return []
    found = search.find(text=text, most=limit)
    hits = [_hit(one) for one in found if one.reason not in _RIGHT_FOR or actor.may(_RIGHT_FOR[one.reason])]
    if any(one.is_exact for one in found):
        return hits
    return [*hits, *_without_account(text, limit - len(found))]


def _without_account(text: str, most: int) -> list[palette.Hit]:
    """Customers who have no account yet and vacant premises, as far as there is room for them."""
    if most <= 0:
        return []
    people = [
        palette.Hit(
            title=person.name,
            number="",
            detail=" · ".join(part for part in (person.phone, gettext("no account")) if part),
            url=reverse("customer", args=[person.customer_id]),
            kind="customer",
        )
        for person in search_rest.people(text=text, most=most)
    ]
    places = [
        palette.Hit(
            title=place.address,
            number="",
            detail=gettext("Nobody is supplied here"),
            url=reverse("premise", args=[place.premise_id]),
            kind="premise",
        )
        for place in search_rest.places(text=text, most=most)
    ]
    return [*people, *places][:most]


def _hit(found: search.Found) -> palette.Hit:
    head = found.head
    state = words.ACCOUNT_STATES[head.state]
    return palette.Hit(
        title=head.name,
        number=head.account_no,
        detail=_detail(found),
        url=_page_of(found) or reverse("account", args=[head.account_no]),
        kind=_KINDS.get(found.reason, "account"),
        state=str(state.text),
        state_kind=state.kind,
        is_exact=found.is_exact,
        # A receipt that is scanned at the till is looked at, not paid again.
        till_url=""
        if found.reason is search.Reason.RECEIPT_NO
        else links.to("till_account", head.account_no),
    )


def _detail(found: search.Found) -> str:
    if found.reason in _FOUND_BY:
        return f"{found.head.address} · {_FOUND_BY[found.reason]}"
    return found.head.address


def _page_of(found: search.Found) -> str:
    if found.reason is search.Reason.BILL_NO:
        return links.to("bill", int(found.record))
    if found.reason is search.Reason.RECEIPT_NO:
        return links.to("receipt", found.record)
    return ""
