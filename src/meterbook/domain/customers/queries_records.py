"""Reads of one customer's record: who it is, the papers, invoice details, tags, lists, credit, merges."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from meterbook.domain.customers import models, rules_identity


class CustomerNotFoundError(Exception):
    """No such customer, or outside the scope (the two look the same on purpose)."""

    def __init__(self, *, customer_id: int) -> None:
        super().__init__(customer_id)
        self.customer_id = customer_id


@dataclass(frozen=True, slots=True)
class Details:
    """What a clerk may change of a customer. `language` is a BCP 47 tag or "" (the company's own)."""

    name: str
    customer_class: models.CustomerClass
    kind: models.CustomerKind
    language: str = ""
    payment_method: models.PaymentMethod = models.PaymentMethod.COUNTER
    industry_id: int | None = None
    remark: str = ""
    reader_remark: str = ""


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A customer as kept. `version` goes back with a change; `merged_into_id`: look there instead."""

    customer_id: int
    station_id: int
    station: str
    details: Details
    industry: str
    merged_into_id: int | None
    version: int
    created_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class Document:
    """A paper in [valid_from, valid_until). `customer_id` may be a customer merged into the one asked for."""

    document_id: int
    customer_id: int
    kind: rules_identity.DocumentKind
    number: str
    expires_on: datetime.date | None
    valid_from: datetime.date
    valid_until: datetime.date | None

    def __repr__(self) -> str:
        """Keep the number out of tracebacks and logs."""
        return f"Document({self.document_id}, {self.kind.name})"


@dataclass(frozen=True, slots=True)
class ContactLine:
    """A way to reach the customer with its period, past ones included."""

    contact_id: int
    customer_id: int
    kind: models.ContactPoint.Kind
    label: models.ContactPoint.Label
    contact_name: str
    value: str
    is_preferred: bool
    valid_from: datetime.date
    valid_until: datetime.date | None


@dataclass(frozen=True, slots=True)
class Invoicing:
    """What stands on invoices and where they go; texts may be empty."""

    kind: models.InvoiceProfile.Kind
    title: str
    tax_no: str = ""
    address: str = ""
    phone: str = ""
    bank: str = ""
    bank_account: str = ""
    email: str = ""
    delivery_phone: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """Invoice details with their period [from_on, until_on)."""

    profile_id: int
    customer_id: int
    invoicing: Invoicing
    from_on: datetime.date
    until_on: datetime.date | None


@dataclass(frozen=True, slots=True)
class MergeLine:
    """A merge, or the undoing of one (`undoes_id`), as it happened."""

    merge_id: int
    kept_id: int
    kept_name: str
    merged_id: int
    merged_name: str
    account_ids: tuple[int, ...]
    reason: str
    at: datetime.datetime
    by: str
    undoes_id: int | None
    is_undone: bool


def customer_record(*, customer_id: int) -> CustomerRecord:
    """One customer in scope. Raises CustomerNotFoundError."""
    found = models.Customer.objects.filter(pk=customer_id).select_related("station", "industry").first()
    if found is None:
        raise CustomerNotFoundError(customer_id=customer_id)
    return CustomerRecord(
        customer_id=found.pk,
        station_id=found.station_id,
        station=found.station.name,
        details=details_of(found),
        industry="" if found.industry is None else str(found.industry),
        merged_into_id=found.merged_into_id,
        version=found.version,
        created_at=found.created_at,
    )


def details_of(customer: models.Customer) -> Details:
    """What a clerk may change of a customer, as it stands in the row."""
    return Details(
        name=customer.name,
        customer_class=models.CustomerClass(customer.customer_class),
        kind=models.CustomerKind(customer.kind),
        language=customer.language,
        payment_method=models.PaymentMethod(customer.payment_method),
        industry_id=customer.industry_id,
        remark=customer.remark,
        reader_remark=customer.reader_remark,
    )


def customer_with_merged(*, customer_id: int) -> list[int]:
    """The customer and all that were merged into it, also through others; ascending."""
    found, fresh = {customer_id}, {customer_id}
    while fresh:
        fresh = set(models.Customer.objects.filter(merged_into_id__in=fresh).values_list("id", flat=True))
        found |= fresh
    return sorted(found)


def industries() -> list[models.Industry]:
    """The company's list, by code. Small: read whole."""
    return list(models.Industry.objects.order_by("code"))


def contact_lines(*, customer_ids: Sequence[int]) -> list[ContactLine]:
    """Every way to reach these customers: present ones first, preferred before others, then by age."""
    found = models.ContactPoint.objects.filter(customer_id__in=customer_ids)
    lines = [
        ContactLine(
            contact_id=row.pk,
            customer_id=row.customer_id,
            kind=models.ContactPoint.Kind(row.kind),
            label=models.ContactPoint.Label(row.label),
            contact_name=row.contact_name,
            value=row.value,
            is_preferred=row.is_preferred,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )
        for row in found.order_by("kind", "-is_preferred", "-valid_from", "id")
    ]
    return sorted(lines, key=lambda line: line.valid_until is not None)


def documents_of(*, customer_ids: Sequence[int]) -> list[Document]:
    """Every paper of these customers, present ones first."""
    found = models.IdentityDocument.objects.filter(customer_id__in=customer_ids)
    lines = [
        Document(
            document_id=row.pk,
            customer_id=row.customer_id,
            kind=rules_identity.DocumentKind(row.kind),
            number=row.number,
            expires_on=row.expires_on,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )
        for row in found.order_by("kind", "-valid_from", "id")
    ]
    return sorted(lines, key=lambda line: line.valid_until is not None)


def invoice_lines(*, customer_ids: Sequence[int]) -> list[InvoiceLine]:
    """The invoice details of these customers, the latest first."""
    found = models.InvoiceProfile.objects.filter(customer_id__in=customer_ids).order_by("-from_on", "-id")
    return [
        InvoiceLine(
            profile_id=row.pk,
            customer_id=row.customer_id,
            invoicing=invoicing_of(row),
            from_on=row.from_on,
            until_on=row.until_on,
        )
        for row in found
    ]


def invoicing_of(row: models.InvoiceProfile) -> Invoicing:
    """The invoice details of a row."""
    return Invoicing(
        kind=models.InvoiceProfile.Kind(row.kind),
        title=row.title,
        tax_no=row.tax_no,
        address=row.address,
        phone=row.phone,
        bank=row.bank,
        bank_account=row.bank_account,
        email=row.email,
        delivery_phone=row.delivery_phone,
    )


def merges_of(*, customer_ids: Sequence[int]) -> list[MergeLine]:
    """What was merged into or out of these customers, the latest first."""
    either = models.CustomerMerge.objects.filter(kept_id__in=customer_ids) | (
        models.CustomerMerge.objects.filter(merged_id__in=customer_ids)
    )
    return [_merge_line(row) for row in _with_names(either).order_by("-id")]


def merge_line(*, merge_id: int) -> MergeLine | None:
    """One merge in scope, or None."""
    row = _with_names(models.CustomerMerge.objects.filter(pk=merge_id)).first()
    return None if row is None else _merge_line(row)


def _with_names(found: QuerySet[models.CustomerMerge]) -> QuerySet[models.CustomerMerge, Any]:
    return found.select_related("kept", "merged", "by", "undone_by")


def _merge_line(row: models.CustomerMerge) -> MergeLine:
    return MergeLine(
        merge_id=row.pk,
        kept_id=row.kept_id,
        kept_name=row.kept.name,
        merged_id=row.merged_id,
        merged_name=row.merged.name,
        account_ids=tuple(row.account_ids),
        reason=row.reason,
        at=row.at,
        by="" if row.by is None else row.by.name,
        undoes_id=row.undoes_id,
        is_undone=hasattr(row, "undone_by"),
    )
