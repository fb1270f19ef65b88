"""Builders of what a customer's record holds: papers, contacts, invoice details, marks, credit, merges."""

import datetime
import uuid
from dataclasses import dataclass

from meterbook.domain.customers import (
    models,
    operations,
    operations_contacts,
    operations_standing,
    queries_records,
    rules_credit,
    rules_identity,
)

TODAY = datetime.date(2026, 10, 20)
NOW = datetime.datetime(2026, 10, 20, 2, 0, tzinfo=datetime.UTC)
ID_CARD = "11010519491231002X"
CREDIT_CODE = "91350100M000100Y43"


@dataclass(frozen=True, slots=True)
class Records:
    """The ids of one customer's records."""

    customer_id: int
    contact_id: int
    document_id: int
    tag_id: int
    list_entry_id: int
    merge_id: int
    merged_id: int


def details(**changes: object) -> queries_records.Details:
    """A resident's details, with changes."""
    values: dict[str, object] = {
        "name": "李秀兰",
        "customer_class": models.CustomerClass.RESIDENTIAL,
        "kind": models.CustomerKind.PERSON,
    }
    return queries_records.Details(**{**values, **changes})  # type: ignore[arg-type]  # fields by name


def customer(*, station_id: int, **changes: object) -> models.Customer:
    """A customer without any account."""
    return operations.register_customer(
        station_id=station_id, details=details(**changes), request_key=uuid.uuid4(), at=NOW
    )[0]


def whole_record(*, customer_id: int, mark: str) -> Records:
    """Every kind of record for one customer, and a second customer merged into it."""
    kept = models.Customer.objects.get(pk=customer_id)
    contact, _new = operations_contacts.add_contact(
        customer=kept,
        contact=operations_contacts.NewContact(
            kind=models.ContactPoint.Kind.EMAIL, value=f"{mark}@example.cn"
        ),
        today=TODAY,
    )
    document = operations_contacts.add_document(
        customer=kept,
        document=operations_contacts.NewDocument(
            kind=rules_identity.DocumentKind.RESIDENT_ID, number=ID_CARD
        ),
        today=TODAY,
    ).document
    operations_contacts.set_invoicing(
        customer=kept,
        invoicing=queries_records.Invoicing(
            kind=models.InvoiceProfile.Kind.ORDINARY, title=f"{mark}贸易", tax_no=CREDIT_CODE
        ),
        from_on=TODAY,
    )
    tag, _new_tag = operations_standing.make_tag(name=f"{mark}标")
    operations_standing.give_tag(customer=kept, tag_id=tag.pk, today=TODAY, by_id=None)
    entry, _new_entry = operations_standing.put_on_list(
        customer=kept, kind=models.ListKind.CARE, reason="独居老人", today=TODAY, by_id=None
    )
    scheme = rules_credit.read_scheme(rules_credit.STANDARD)
    scored = operations_standing.Scored(
        customer_id=kept.pk, station_id=kept.station_id, score=rules_credit.score(scheme=scheme, facts={})
    )
    operations_standing.set_scheme(document=rules_credit.STANDARD, at=NOW, by_id=None)
    operations_standing.keep_scores(scored=[scored], scheme_version=1, scored_on=TODAY)
    other = customer(station_id=kept.station_id, name=f"司徒{mark}")
    merge = operations.merge_customer(
        kept=kept, merged=other, account_ids=[], reason="同一个人", at=NOW, by_id=None
    )
    return Records(
        customer_id=kept.pk,
        contact_id=contact.pk,
        document_id=document.pk,
        tag_id=tag.pk,
        list_entry_id=entry.pk,
        merge_id=merge.pk,
        merged_id=other.pk,
    )
