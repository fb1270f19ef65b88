"""The demo's customers as people change them: papers, contacts, kept twice and merged, lists, a company.

Every act is done once: it is passed over where what it makes is there.
"""

import datetime

from meterbook.application import (
    account_open,
    customer_contacts,
    customer_standing,
    customers_admin,
    merge_customers,
    transaction,
)
from meterbook.domain import tables
from meterbook.domain.customers import models, queries_records, rules_identity
from meterbook.interfaces.cli import demo_history, demo_numbers
from meterbook.interfaces.cli.demo_town import Home, Town

_KIND, _LABEL = models.ContactPoint.Kind, models.ContactPoint.Label
_PAPER = rules_identity.DocumentKind
HEAT_TARIFF = "CN-BEIJING-HEAT-RESIDENTIAL"


def papers_shown(town: Town, home: Home, *, on: datetime.date) -> None:
    """Somebody shows an identity card, leaves a mail address, and is given a tag."""
    now = demo_history.at(on, hour=11)
    number = demo_numbers.resident_id(int(town.mark) + home.customer_id)
    customer_contacts.add_document(
        actor=town.clerk,
        now=now,
        today=on,
        customer_id=home.customer_id,
        document=customer_contacts.NewDocument(kind=_PAPER.RESIDENT_ID, number=number),
    )
    mail = customer_contacts.NewContact(kind=_KIND.EMAIL, value=f"home{home.customer_id}@example.com")
    customer_contacts.add_contact(
        actor=town.clerk, now=now, today=on, customer_id=home.customer_id, contact=mail
    )
    customer_standing.tag(actor=town.clerk, now=now, today=on, customer_id=home.customer_id, name="电子账单")


def moved_phone(town: Town, home: Home, *, on: datetime.date) -> None:
    """A new telephone number, the old one ended, the daughter's beside it; what the reader should know."""
    now = demo_history.at(on, hour=14)
    with transaction.reading(actor=town.clerk):
        lines = queries_records.contact_lines(customer_ids=[home.customer_id])
        record = queries_records.customer_record(customer_id=home.customer_id)
    new = (
        (demo_numbers.phone(home.customer_id), _LABEL.OWNER, "", True),
        (demo_numbers.phone(5000 + home.customer_id % 5000), _LABEL.FAMILY, "女儿", False),
    )
    for value, label, who, is_preferred in new:
        contact = customer_contacts.NewContact(
            kind=_KIND.PHONE, value=value, label=label, contact_name=who, is_preferred=is_preferred
        )
        customer_contacts.add_contact(
            actor=town.clerk, now=now, today=on, customer_id=home.customer_id, contact=contact
        )
    kept = {value for value, *_more in new}
    for line in lines:
        if line.kind == _KIND.PHONE and line.valid_until is None and line.value not in kept:
            customer_contacts.close_contact(
                actor=town.clerk,
                now=now,
                today=on,
                customer_id=home.customer_id,
                contact_id=line.contact_id,
            )
    details = {name: getattr(record.details, name) for name in record.details.__slots__}
    details |= {"reader_remark": "老人耳背，请多敲几下门。", "remark": "代缴人为女儿，账单同时告知。"}
    customers_admin.change(
        actor=town.clerk,
        now=now,
        customer_id=home.customer_id,
        version=record.version,
        details=queries_records.Details(**details),
    )


def put_on_list(town: Town, home: Home, *, kind: models.ListKind, reason: str, on: datetime.date) -> None:
    """A customer comes onto the watch or the care list."""
    customer_standing.put_on_list(
        actor=town.chief,
        now=demo_history.at(on, hour=15),
        today=on,
        customer_id=home.customer_id,
        kind=kind,
        reason=reason,
    )


def kept_twice(town: Town, home: Home, *, on: datetime.date) -> int:
    """Registered again at the counter under the same telephone number; returns the second record."""
    now = demo_history.at(on, hour=10)
    details = queries_records.Details(
        name=home.name,
        customer_class=models.CustomerClass.RESIDENTIAL,
        kind=models.CustomerKind.PERSON,
        remark="柜台登记，待核对。",
    )
    wanted = customers_admin.NewCustomer(
        request_key=town.key("twice", home.account_no), station_id=town.station_id, details=details
    )
    second_id = customers_admin.register(actor=town.clerk, now=now, wanted=wanted)
    with transaction.reading(actor=town.clerk):
        phones = [
            line.value
            for line in queries_records.contact_lines(customer_ids=[home.customer_id])
            if line.kind == _KIND.PHONE
        ]
    for value in phones[:1]:
        contact = customer_contacts.NewContact(kind=_KIND.PHONE, value=value)
        customer_contacts.add_contact(
            actor=town.clerk, now=now, today=on, customer_id=second_id, contact=contact
        )
    return second_id


def merged(town: Town, home: Home, *, tariff_id: int, on: datetime.date) -> account_open.AccountOpened:
    """The second record takes heat at the same door, and is then found to be the same person."""
    now = demo_history.at(on, hour=10)
    with transaction.reading(actor=town.clerk):
        key = town.key("twice", home.account_no)
        known = models.Customer.objects.filter(request_key=key).values_list("id", "merged_into_id").first()
    second_id = kept_twice(town, home, on=on) if known is None or known[1] is None else known[0]
    opened = account_open.open_account(
        actor=town.clerk,
        wanted=account_open.OpenAccount(
            request_key=town.key("heat", home.account_no),
            customer=second_id,
            premise_id=home.premise_id,
            utility=tables.Utility.HEAT,
            tariff_id=tariff_id,
            from_on=on,
        ),
        today=on,
        now=now,
    )
    merge_customers.merge(
        actor=town.chief,
        now=demo_history.at(on, hour=16),
        kept_id=home.customer_id,
        merged_id=second_id,
        reason="同一人，身份证号核对一致",
    )
    return opened


def company(town: Town, *, on: datetime.date) -> int:
    """A property company with everything its invoices need; returns the customer."""
    now = demo_history.at(on, hour=9)
    name = f"{town.place}物业管理有限公司"
    details = queries_records.Details(
        name=name,
        customer_class=models.CustomerClass.NON_RESIDENTIAL,
        kind=models.CustomerKind.ORGANISATION,
        payment_method=models.PaymentMethod.TRANSFER,
        remark="商铺水费由物业统一缴纳。",
    )
    wanted = customers_admin.NewCustomer(
        request_key=town.key("company"), station_id=town.station_id, details=details
    )
    customer_id = customers_admin.register(actor=town.clerk, now=now, wanted=wanted)
    code = demo_numbers.credit_code(int(town.mark))
    customer_contacts.add_document(
        actor=town.clerk,
        now=now,
        today=on,
        customer_id=customer_id,
        document=customer_contacts.NewDocument(kind=_PAPER.CREDIT_CODE, number=code),
    )
    office, finance = (demo_numbers.phone(int(town.mark) * 10 + place) for place in range(2))
    for contact in (
        customer_contacts.NewContact(kind=_KIND.PHONE, value=office, label=_LABEL.OFFICE),
        customer_contacts.NewContact(
            kind=_KIND.PHONE, value=finance, label=_LABEL.FINANCE, contact_name="李会计"
        ),
        customer_contacts.NewContact(
            kind=_KIND.EMAIL, value=f"finance{town.mark}@example.com", label=_LABEL.FINANCE
        ),
    ):
        customer_contacts.add_contact(
            actor=town.clerk, now=now, today=on, customer_id=customer_id, contact=contact
        )
    customer_contacts.set_invoicing(
        actor=town.clerk,
        now=now,
        customer_id=customer_id,
        invoicing=_invoicing(town, title=name, tax_no=code, phone=office),
        from_on=on,
    )
    return customer_id


def _invoicing(town: Town, *, title: str, tax_no: str, phone: str) -> queries_records.Invoicing:
    """What a special VAT invoice needs."""
    return queries_records.Invoicing(
        kind=models.InvoiceProfile.Kind.SPECIAL,
        title=title,
        tax_no=tax_no,
        address=f"{town.place}街1号",
        phone=phone,
        bank="城东农商银行营业部",
        bank_account=f"62000000000000{town.mark}",
        email=f"finance{town.mark}@example.com",
    )
