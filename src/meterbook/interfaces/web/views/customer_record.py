"""The page of one customer: who, how to reach them, papers, accounts, credit, and everything that changed."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise

from meterbook.application import actor as actors
from meterbook.domain.access import models as access
from meterbook.domain.customers import models, queries_records, queries_standing
from meterbook.domain.customers.rules_credit import Fact, Part
from meterbook.interfaces import clock
from meterbook.interfaces.web import lists, page
from meterbook.interfaces.web.views import act_words, customer_list, links
from meterbook.interfaces.web.views import customer_pages as pages
from meterbook.interfaces.web.views import customer_words as words
from meterbook.interfaces.web.views import words as common_words
from meterbook.kernel import identifiers, money
from meterbook.reporting import customer_accounts, timeline

MOST_ACTS = 30
_SCORES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact as the page writes it; a merged record's may be closed, not preferred."""

    line: queries_records.ContactLine
    kind: str | Promise
    icon: str
    label: str | Promise
    value: str
    may_act: bool
    may_prefer: bool


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as the page writes it."""

    line: queries_records.Document
    kind: str | Promise
    number: str
    is_expired: bool
    may_act: bool


@dataclass(frozen=True, slots=True)
class PartRow:
    """One factor of a score in words: what was found, and its points of the weight."""

    name: str | Promise
    value: str
    points: int | None
    weight: int


@page.page(right="customers.view")
def customer(request: page.PageRequest, customer_id: int) -> HttpResponseBase:
    """One customer."""
    record = pages.record_or_404(customer_id=customer_id)
    today = clock.today()
    ids = queries_records.customer_with_merged(customer_id=customer_id)
    actor = request.actor
    is_own = record.merged_into_id is None
    facts = {
        "record": record,
        "details": record.details,
        "kind": words.KINDS[record.details.kind],
        "customer_class": words.CLASSES[record.details.customer_class],
        "payment_method": words.PAYMENT_METHODS[record.details.payment_method],
        "language": words.LANGUAGES.get(record.details.language, record.details.language),
        "industry": _industry(record.details.industry_id),
        "today": today,
        "accounts": _accounts(ids, today=today),
        "sees_money": actor.may("billing.view"),
        "may_edit": is_own and actor.may("customers.edit"),
        "may_rate": is_own and actor.may("customers.rate"),
        "may_open": is_own and actor.may("accounts.open"),
        "may_merge": actor.may("customers.merge"),
        "files_url": links.to("files", "CUSTOMER", customer_id) if actor.may("files.view") else "",
        **_reach(ids, customer_id=customer_id, actor=actor, today=today),
        **_standing(ids, customer_id=customer_id),
        "neighbours": lists.neighbours(
            request, listing=customer_list.LISTING, key=customer_id, list_url=reverse("customer_list")
        ),
        "merges": queries_records.merges_of(customer_ids=ids),
        "acts": _acts(ids) if actor.may("audit.view") else None,
    }
    return TemplateResponse(request, "customer_records/record.html", facts)


def _industry(industry_id: int | None) -> str:
    rows = queries_records.industries() if industry_id is not None else []
    return next((words.industry(code=row.code, name=row.name) for row in rows if row.pk == industry_id), "")


def _accounts(ids: Sequence[int], *, today: datetime.date) -> dict[str, Any]:
    found = customer_accounts.accounts_of(customer_ids=ids, today=today)

    def drawn(line: customer_accounts.AccountLine) -> tuple[customer_accounts.AccountLine, Any, list[str]]:
        utilities = [common_words.utility_code(utility) for utility in line.utilities]
        return line, common_words.ACCOUNT_STATES[line.state], utilities

    return {
        "sums": found,
        "present": [drawn(line) for line in found.present],
        "former": [drawn(line) for line in found.former],
    }


def _reach(
    ids: Sequence[int], *, customer_id: int, actor: actors.Actor, today: datetime.date
) -> dict[str, Any]:
    """Contacts, documents and invoice details; numbers are masked for who may not see them."""
    shows = actor.may("personal_data.view")
    contacts = [
        ContactRow(
            line=line,
            kind=words.CONTACT_KINDS[line.kind],
            icon=words.CONTACT_ICONS[line.kind],
            label="" if line.label == models.ContactPoint.Label.UNSAID else words.CONTACT_LABELS[line.label],
            value=line.value if shows else identifiers.masked(line.value, head=3, tail=4),
            may_act=line.valid_until is None,
            may_prefer=line.customer_id == customer_id and not line.is_preferred,
        )
        for line in queries_records.contact_lines(customer_ids=ids)
    ]
    documents = [
        DocumentRow(
            line=line,
            kind=words.DOCUMENT_KINDS[line.kind],
            number=line.number if shows else identifiers.masked(line.number),
            is_expired=line.expires_on is not None and line.expires_on < today,
            may_act=line.valid_until is None,
        )
        for line in queries_records.documents_of(customer_ids=ids)
    ]
    invoices = queries_records.invoice_lines(customer_ids=ids)
    return {
        "contacts": contacts,
        "documents": documents,
        "invoices": [(line, words.INVOICE_KINDS[line.invoicing.kind]) for line in invoices],
        "invoice_facts": _invoice_facts(invoices, shows=shows, today=today),
    }


def _invoice_facts(
    lines: Sequence[queries_records.InvoiceLine], *, shows: bool, today: datetime.date
) -> list[tuple[str | Promise, str]]:
    """The fields of the details in force (or, when none is yet, the next), filled ones only."""
    line = next((one for one in lines if one.from_on <= today), lines[-1] if lines else None)
    if line is None:
        return []
    hidden = {"tax_no": (4, 4), "bank_account": (0, 4), "phone": (3, 4), "delivery_phone": (3, 4)}
    found: list[tuple[str | Promise, str]] = []
    for name, label in words.INVOICE_FIELDS.items():
        value = getattr(line.invoicing, name)
        if value and name in hidden and not shows:
            head, tail = hidden[name]
            value = identifiers.masked(value, head=head, tail=tail)
        if value:
            found.append((label, value))
    return found


def _standing(ids: Sequence[int], *, customer_id: int) -> dict[str, Any]:
    scores = queries_standing.scores_of(customer_id=customer_id, most=_SCORES_SHOWN)
    entries = queries_standing.list_lines(customer_ids=ids)
    return {
        "tags": queries_standing.tags_of(customer_ids=ids),
        "known_tags": queries_standing.tags(),
        "lists": [(entry, words.LISTS[entry.kind], entry.until_on is None) for entry in entries],
        "present_lists": [words.LISTS[entry.kind] for entry in entries if entry.until_on is None],
        "scores": scores,
        "score": scores[0] if scores else None,
        "grade_kind": words.GRADE_KINDS.get(scores[0].grade, "") if scores else "",
        "parts": [_part(part) for part in scores[0].parts] if scores else [],
    }


def _part(part: Part) -> PartRow:
    value = "–" if part.value is None else str(part.value)
    if part.fact is Fact.OVERDUE_MINOR and part.value is not None:
        value = money.format_minor(part.value)
    return PartRow(name=words.FACTS[part.fact], value=value, points=part.points, weight=part.weight)


def _acts(ids: Sequence[int]) -> list[act_words.ActLine]:
    """What was done to these records, newest first; a merge stands on both and is shown once."""
    found = access.AuditEntry.objects.filter(
        subject_kind="CUSTOMER", subject_id__in=[str(customer_id) for customer_id in ids]
    ).order_by("-at", "-id")[:MOST_ACTS]
    seen: set[tuple[Any, ...]] = set()
    lines = []
    for entry in found:
        key = (entry.at, entry.act, str(entry.after), str(entry.before))
        if key not in seen:
            seen.add(key)
            lines.append(act_words.line(timeline.act_of(entry)))
    return lines
