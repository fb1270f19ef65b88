"""Writes of how customers are reached, by which papers they are known and what their invoices say.

Nothing is overwritten: what changes is closed and the new is added beside it. The caller holds the lock on
the customer's row (operations.lock_customer) and the transaction.
"""

import datetime
from dataclasses import asdict, dataclass

from meterbook.domain.customers import models, queries_records, rules, rules_identity
from meterbook.kernel import identifiers


class ContactNotFoundError(Exception):
    """The customer has no such contact, document or invoice details, or they ended before."""


class BeforeItBeganError(Exception):
    """What is there begins on `from_on`: it can't end, nor can something else begin, before that."""

    def __init__(self, *, from_on: datetime.date) -> None:
        super().__init__(from_on.isoformat())
        self.from_on = from_on


@dataclass(frozen=True, slots=True)
class NewContact:
    """A way to reach a customer as somebody gave it."""

    kind: models.ContactPoint.Kind
    value: str
    label: models.ContactPoint.Label = models.ContactPoint.Label.UNSAID
    contact_name: str = ""
    is_preferred: bool = False


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A paper as somebody showed it."""

    kind: rules_identity.DocumentKind
    number: str
    expires_on: datetime.date | None = None


def add_contact(
    *, customer: models.Customer, contact: NewContact, today: datetime.date
) -> tuple[models.ContactPoint, bool]:
    """Add a way to reach the customer; one that is there already is kept. Returns it, and if it is new.

    The first of its kind is the preferred one; a new preferred one takes the mark over. Raises
    rules.ContactError.
    """
    value = rules.contact_value(kind=contact.kind.name, value=contact.value)
    current = models.ContactPoint.objects.filter(
        customer=customer, kind=contact.kind, valid_until__isnull=True
    )
    same = current.filter(value=value).first()
    if same is not None:
        return same, False
    is_preferred = contact.is_preferred or not current.exists()
    if is_preferred:
        current.update(is_preferred=False)
    made = models.ContactPoint.objects.create(
        station_id=customer.station_id,
        customer=customer,
        kind=contact.kind,
        label=contact.label,
        contact_name=contact.contact_name,
        value=value,
        value_reversed=rules.reversed_key(value),
        is_preferred=is_preferred,
        valid_from=today,
    )
    return made, True


def close_contact(*, customer: models.Customer, contact_id: int, today: datetime.date) -> models.ContactPoint:
    """End a contact today; the next of its kind is preferred then. Raises ContactNotFoundError.

    A contact of a record that was merged into the customer may be ended too: nobody else could.
    """
    together = queries_records.customer_with_merged(customer_id=customer.pk)
    found = models.ContactPoint.objects.filter(
        pk=contact_id, customer_id__in=together, valid_until__isnull=True
    ).first()
    if found is None:
        raise ContactNotFoundError
    was_preferred = found.is_preferred
    found.valid_until = max(today, found.valid_from)
    found.is_preferred = False
    found.save(update_fields=["valid_until", "is_preferred"])
    following = (
        models.ContactPoint.objects.filter(
            customer_id=found.customer_id, kind=found.kind, valid_until__isnull=True
        )
        .order_by("id")
        .first()
    )
    if was_preferred and following is not None:
        following.is_preferred = True
        following.save(update_fields=["is_preferred"])
    return found


def prefer_contact(*, customer: models.Customer, contact_id: int) -> models.ContactPoint:
    """Let a present contact be the one of its kind that is tried first. Raises ContactNotFoundError."""
    current = models.ContactPoint.objects.filter(customer=customer, valid_until__isnull=True)
    found = current.filter(pk=contact_id).first()
    if found is None:
        raise ContactNotFoundError
    current.filter(kind=found.kind).update(is_preferred=False)
    found.is_preferred = True
    found.save(update_fields=["is_preferred"])
    return found


@dataclass(frozen=True, slots=True)
class DocumentAdded:
    """What adding a paper did: `closed` is the earlier one of its kind; not new when it was there already."""

    document: models.IdentityDocument
    closed: models.IdentityDocument | None
    is_new: bool
    warnings: tuple[identifiers.IdentifierWarning, ...]


def add_document(*, customer: models.Customer, document: NewDocument, today: datetime.date) -> DocumentAdded:
    """Add a paper; the present one of its kind ends. Raises rules_identity.DocumentError."""
    checked = rules_identity.check_number(kind=document.kind, number=document.number, today=today)
    if document.expires_on is not None and document.expires_on < today:
        raise rules_identity.DocumentError(code=rules_identity.DocumentFault.EXPIRED)
    present = models.IdentityDocument.objects.filter(
        customer=customer, kind=document.kind, valid_until__isnull=True
    ).first()
    if present is not None:
        if (present.number, present.expires_on) == (checked.number, document.expires_on):
            return DocumentAdded(document=present, closed=None, is_new=False, warnings=checked.warnings)
        present.valid_until = max(today, present.valid_from)
        present.save(update_fields=["valid_until"])
    made = models.IdentityDocument.objects.create(
        station_id=customer.station_id,
        customer=customer,
        kind=document.kind,
        number=checked.number,
        number_key=checked.key,
        number_reversed=rules.reversed_key(checked.key),
        expires_on=document.expires_on,
        valid_from=today,
    )
    return DocumentAdded(document=made, closed=present, is_new=True, warnings=checked.warnings)


def close_document(
    *, customer: models.Customer, document_id: int, today: datetime.date
) -> models.IdentityDocument:
    """End a paper today, also of a record merged into the customer. Raises ContactNotFoundError."""
    together = queries_records.customer_with_merged(customer_id=customer.pk)
    found = models.IdentityDocument.objects.filter(
        pk=document_id, customer_id__in=together, valid_until__isnull=True
    ).first()
    if found is None:
        raise ContactNotFoundError
    found.valid_until = max(today, found.valid_from)
    found.save(update_fields=["valid_until"])
    return found


def set_invoicing(
    *, customer: models.Customer, invoicing: queries_records.Invoicing, from_on: datetime.date
) -> tuple[models.InvoiceProfile, models.InvoiceProfile | None]:
    """Invoice details from a day on; what holds then ends there. Returns them and what they replaced.

    The same again from the same day on is no change. Raises BeforeItBeganError.
    """
    latest = models.InvoiceProfile.objects.filter(customer=customer).order_by("-from_on").first()
    if latest is not None and queries_records.invoicing_of(latest) == invoicing and latest.until_on is None:
        return latest, None
    if latest is not None and from_on < max(latest.from_on, latest.until_on or latest.from_on):
        raise BeforeItBeganError(from_on=latest.until_on or latest.from_on)
    if latest is not None and latest.until_on is None:
        # Begun and replaced on one day: the period is empty and hinders nobody.
        latest.until_on = from_on
        latest.save(update_fields=["until_on"])
    made = models.InvoiceProfile.objects.create(
        station_id=customer.station_id, customer=customer, from_on=from_on, **asdict(invoicing)
    )
    return made, latest
