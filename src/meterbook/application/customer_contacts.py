"""How customers are reached, the papers they are known by, and what their invoices say.

Nothing is overwritten. In the audit trail phone numbers, identity numbers and bank accounts are masked: who
may read the trail may still not read those.
"""

import datetime
from dataclasses import asdict
from typing import Any

from meterbook.application import customers_admin, transaction
from meterbook.application.actor import Actor
from meterbook.domain.customers import (
    models,
    operations,
    operations_contacts,
    queries_records,
    rules,
    rules_identity,
)
from meterbook.kernel import identifiers

RIGHT = "customers.edit"

ContactError = rules.ContactError
ContactNotFoundError = operations_contacts.ContactNotFoundError
DocumentError = rules_identity.DocumentError
BeforeItBeganError = operations_contacts.BeforeItBeganError
NewContact = operations_contacts.NewContact
NewDocument = operations_contacts.NewDocument


class SpecialInvoiceIncompleteError(Exception):
    """A special VAT invoice needs all of it; `missing` are the fields without a value."""

    def __init__(self, *, missing: tuple[str, ...]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


class TaxNumberError(Exception):
    """The tax number is neither a right unified social credit code nor a right identity number."""


class ReasonMissingError(Exception):
    """Say why."""


def check_contact(*, contact: NewContact) -> None:
    """Whether a contact could be added, before anything else is done. Raises ContactError."""
    rules.contact_value(kind=contact.kind.name, value=contact.value)


def add_contact(
    *, actor: Actor, now: datetime.datetime, today: datetime.date, customer_id: int, contact: NewContact
) -> int:
    """Add a way to reach the customer; one that is there is kept. Returns its id. Raises ContactError."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        customer = operations.lock_customer(customer_id=customer_id)
        row, is_new = operations_contacts.add_contact(customer=customer, contact=contact, today=today)
        if is_new:
            customers_admin.record(
                actor=actor, now=now, act="CONTACT_ADDED", customer=customer, after=_told_contact(row)
            )
    return row.pk


def close_contact(
    *, actor: Actor, now: datetime.datetime, today: datetime.date, customer_id: int, contact_id: int
) -> None:
    """End a contact today; adding it again is the way back. Raises ContactNotFoundError."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        customer = operations.lock_customer(customer_id=customer_id)
        row = operations_contacts.close_contact(customer=customer, contact_id=contact_id, today=today)
        customers_admin.record(
            actor=actor, now=now, act="CONTACT_CLOSED", customer=customer, before=_told_contact(row)
        )


def prefer_contact(*, actor: Actor, now: datetime.datetime, customer_id: int, contact_id: int) -> None:
    """Let a contact be tried first; the same again is no act. Raises ContactNotFoundError."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        customer = operations.lock_customer(customer_id=customer_id)
        lines = queries_records.contact_lines(customer_ids=[customer_id])
        if any(line.contact_id == contact_id and line.is_preferred for line in lines):
            return
        row = operations_contacts.prefer_contact(customer=customer, contact_id=contact_id)
        customers_admin.record(
            actor=actor, now=now, act="CONTACT_PREFERRED", customer=customer, after=_told_contact(row)
        )


def add_document(
    *, actor: Actor, now: datetime.datetime, today: datetime.date, customer_id: int, document: NewDocument
) -> operations_contacts.DocumentAdded:
    """Add a paper; the present one of its kind ends. Raises DocumentError."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        customer = operations.lock_customer(customer_id=customer_id)
        added = operations_contacts.add_document(customer=customer, document=document, today=today)
        if added.is_new:
            customers_admin.record(
                actor=actor,
                now=now,
                act="DOCUMENT_ADDED",
                customer=customer,
                before=None if added.closed is None else _told_document(added.closed),
                after=_told_document(added.document),
            )
    return added


def close_document(
    *,
    actor: Actor,
    now: datetime.datetime,
    today: datetime.date,
    customer_id: int,
    document_id: int,
    reason: str,
) -> None:
    """End a paper today, with a reason. Raises ContactNotFoundError, ReasonMissingError."""
    actor.require(RIGHT)
    if not reason.strip():
        raise ReasonMissingError
    with transaction.writing(actor=actor):
        customer = operations.lock_customer(customer_id=customer_id)
        row = operations_contacts.close_document(customer=customer, document_id=document_id, today=today)
        customers_admin.record(
            actor=actor,
            now=now,
            act="DOCUMENT_CLOSED",
            customer=customer,
            reason=reason.strip(),
            before=_told_document(row),
        )


def set_invoicing(
    *,
    actor: Actor,
    now: datetime.datetime,
    customer_id: int,
    invoicing: queries_records.Invoicing,
    from_on: datetime.date,
) -> None:
    """Invoice details from a day on; the same again is no act.

    Raises SpecialInvoiceIncompleteError, TaxNumberError, BeforeItBeganError.
    """
    actor.require(RIGHT)
    checked = _checked(invoicing)
    with transaction.writing(actor=actor):
        customer = operations.lock_customer(customer_id=customer_id)
        latest = queries_records.invoice_lines(customer_ids=[customer_id])[:1]
        if latest and latest[0].invoicing == checked and latest[0].until_on is None:
            return
        made, replaced = operations_contacts.set_invoicing(
            customer=customer, invoicing=checked, from_on=from_on
        )
        customers_admin.record(
            actor=actor,
            now=now,
            act="INVOICING_SET",
            customer=customer,
            before=None if replaced is None else _told_invoicing(queries_records.invoicing_of(replaced)),
            after={**_told_invoicing(checked), "from_on": made.from_on.isoformat()},
        )


def _checked(invoicing: queries_records.Invoicing) -> queries_records.Invoicing:
    values: dict[str, Any] = {
        name: value.strip() if isinstance(value, str) else value for name, value in asdict(invoicing).items()
    }
    if values["tax_no"]:
        values["tax_no"] = _tax_number(values["tax_no"])
    if not values["title"]:
        raise SpecialInvoiceIncompleteError(missing=("title",))
    if invoicing.kind is models.InvoiceProfile.Kind.SPECIAL:
        needed = ("tax_no", "address", "phone", "bank", "bank_account")
        missing = tuple(name for name in needed if not values[name])
        if missing:
            raise SpecialInvoiceIncompleteError(missing=missing)
    return queries_records.Invoicing(**values)


def _tax_number(text: str) -> str:
    """A unified social credit code; sole traders and persons have their identity number instead."""
    try:
        return identifiers.parse_credit_code(text)
    except identifiers.IdentifierError:
        try:
            return identifiers.parse_resident_id(text).number
        except identifiers.IdentifierError as error:
            raise TaxNumberError from error


def _told_contact(row: models.ContactPoint) -> dict[str, Any]:
    value = row.value
    if row.kind == models.ContactPoint.Kind.PHONE:
        value = identifiers.masked(value, head=3, tail=4)
    return {
        "contact_kind": models.ContactPoint.Kind(row.kind).name,
        "value": value,
        **({"contact_label": models.ContactPoint.Label(row.label).name} if row.label else {}),
        **({"contact_name": row.contact_name} if row.contact_name else {}),
        "is_preferred": row.is_preferred,
    }


def _told_document(row: models.IdentityDocument) -> dict[str, Any]:
    return {
        "document_kind": rules_identity.DocumentKind(row.kind).name,
        "number": identifiers.masked(row.number),
        **({} if row.expires_on is None else {"expires_on": row.expires_on.isoformat()}),
    }


def _told_invoicing(invoicing: queries_records.Invoicing) -> dict[str, Any]:
    told = {name: value for name, value in asdict(invoicing).items() if name != "kind"}
    told["tax_no"] = identifiers.masked(invoicing.tax_no)
    told["bank_account"] = identifiers.masked(invoicing.bank_account, head=0)
    told["phone"] = identifiers.masked(invoicing.phone, head=3, tail=4)
    told["delivery_phone"] = identifiers.masked(invoicing.delivery_phone, head=3, tail=4)
    filled = {name: value for name, value in told.items() if value}
    return {"invoice_kind": models.InvoiceProfile.Kind(invoicing.kind).name, **filled}
