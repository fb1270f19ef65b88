"""Customers are registered, changed, reached and known by papers: rights, scope, double sends, the trail."""

import dataclasses
import datetime
import uuid
from collections.abc import Callable

import pytest

from meterbook.application import actor as actors
from meterbook.application import customer_contacts, customer_standing, customers_admin
from meterbook.domain.customers import models, queries, queries_records, queries_standing, rules_identity
from tests.builders import customers as builders
from tests.integration.customers.conftest import Office

TODAY, NOW = builders.TODAY, builders.NOW
PHONE = models.ContactPoint.Kind.PHONE
RESIDENT_ID = rules_identity.DocumentKind.RESIDENT_ID


def new(office: Office, **changes: object) -> customers_admin.NewCustomer:
    return customers_admin.NewCustomer(
        request_key=uuid.uuid4(), station_id=office.world.station_a, details=builders.details(**changes)
    )


def add_phone(office: Office, value: str, *, is_preferred: bool = False) -> int:
    contact = customer_contacts.NewContact(kind=PHONE, value=value, is_preferred=is_preferred)
    return customer_contacts.add_contact(
        actor=office.clerk, now=NOW, today=TODAY, customer_id=office.customer_id, contact=contact
    )


def add_document(office: Office, number: str, **changes: datetime.date) -> None:
    customer_contacts.add_document(
        actor=office.clerk,
        now=NOW,
        today=TODAY,
        customer_id=office.customer_id,
        document=customer_contacts.NewDocument(kind=RESIDENT_ID, number=number, **changes),
    )


def test_a_new_customer_is_found_by_name_and_pinyin_and_is_in_the_trail(office: Office) -> None:
    wanted = new(office, name="曾国藩", remark="大户", reader_remark="有狗")
    customer_id = customers_admin.register(actor=office.clerk, now=NOW, wanted=wanted)
    record = queries_records.customer_record(customer_id=customer_id)
    assert record.details == wanted.details
    assert customer_id in queries.customer_ids_by_pinyin(letters="zgf", most=5)
    (act,) = office.acts(customer_id=customer_id)
    assert (act.act, act.actor_name, act.station_id) == (
        "CUSTOMER_REGISTERED",
        "王小明",
        office.world.station_a,
    )
    assert act.after is not None
    assert (act.after["name"], act.after["reader_remark"]) == ("曾国藩", "有狗")


def test_a_form_sent_twice_registers_once(office: Office) -> None:
    wanted = new(office)
    first = customers_admin.register(actor=office.clerk, now=NOW, wanted=wanted)
    second = customers_admin.register(actor=office.clerk, now=NOW, wanted=wanted)
    assert first == second
    assert len(office.acts(customer_id=first)) == 1


def test_who_is_registered_needs_a_name_a_station_and_a_known_industry(office: Office) -> None:
    before = models.Customer.objects.count()
    for wanted, error in (
        (new(office, name="  "), customers_admin.NameMissingError),
        (new(office, industry_id=10**6), customers_admin.IndustryNotFoundError),
        (
            dataclasses.replace(new(office), station_id=office.world.station_b),
            customers_admin.StationNotFoundError,
        ),
        (
            dataclasses.replace(new(office), station_id=office.world.company_unit_id),
            customers_admin.StationNotFoundError,
        ),
    ):
        with pytest.raises(error):
            customers_admin.register(actor=office.clerk, now=NOW, wanted=wanted)
    assert models.Customer.objects.count() == before


def test_a_change_keeps_before_and_after_of_what_changed_only(office: Office) -> None:
    record = queries_records.customer_record(customer_id=office.customer_id)
    industry = queries_records.industries()[0]
    details = dataclasses.replace(record.details, name="李秀英", industry_id=industry.pk)
    for _twice in range(2):
        customers_admin.change(
            actor=office.clerk,
            now=NOW,
            customer_id=office.customer_id,
            version=record.version,
            details=details,
        )
    (act,) = office.acts()
    assert act.before == {"name": "李秀兰", "industry": ""}
    assert act.after == {"name": "李秀英", "industry": f"INDUSTRY_{industry.code}"}
    assert office.customer_id in queries.customer_ids_by_pinyin(letters="lixiuying", most=5)


def test_a_change_made_meanwhile_is_not_overwritten(office: Office) -> None:
    record = queries_records.customer_record(customer_id=office.customer_id)
    for name, is_late in (("李一", False), ("李二", True)):
        details = dataclasses.replace(record.details, name=name)

        def save(details: queries_records.Details = details) -> None:
            customers_admin.change(
                actor=office.clerk,
                now=NOW,
                customer_id=office.customer_id,
                version=record.version,
                details=details,
            )

        if is_late:
            with pytest.raises(customers_admin.ChangedMeanwhileError):
                save()
        else:
            save()
    assert queries_records.customer_record(customer_id=office.customer_id).details.name == "李一"


def test_several_phones_are_current_and_the_preferred_one_comes_first(office: Office) -> None:
    imported = queries.phones_of(customer_ids=[office.customer_id])[office.customer_id]
    add_phone(office, "138 0000 0001")
    assert queries.phones_of(customer_ids=[office.customer_id]) == {office.customer_id: imported}
    contact_id = add_phone(office, "13800000002", is_preferred=True)
    assert queries.phones_of(customer_ids=[office.customer_id]) == {office.customer_id: "13800000002"}
    shown = queries.contacts_of(customer_id=office.customer_id, on=TODAY)
    assert shown[0].value == "13800000002"
    assert len(shown) == 3
    for tail in ("0001", "0002"):
        assert office.customer_id in queries.customer_ids_by_phone_tail(digits=tail, most=5)
    customer_contacts.close_contact(
        actor=office.clerk, now=NOW, today=TODAY, customer_id=office.customer_id, contact_id=contact_id
    )
    assert queries.phones_of(customer_ids=[office.customer_id]) == {office.customer_id: imported}
    assert office.customer_id not in queries.customer_ids_by_phone_tail(digits="0002", most=5)
    closed = models.ContactPoint.objects.get(pk=contact_id)
    assert (closed.value, closed.valid_until) == ("13800000002", TODAY), "history stays"


def test_another_contact_can_be_preferred_and_the_same_again_is_no_act(office: Office) -> None:
    contact_id = add_phone(office, "13800000001")
    for _twice in range(2):
        customer_contacts.prefer_contact(
            actor=office.clerk, now=NOW, customer_id=office.customer_id, contact_id=contact_id
        )
    assert queries.phones_of(customer_ids=[office.customer_id]) == {office.customer_id: "13800000001"}
    assert [act.act for act in office.acts()] == ["CONTACT_ADDED", "CONTACT_PREFERRED"]


def test_the_same_contact_sent_twice_is_added_once_and_masked_in_the_trail(office: Office) -> None:
    assert add_phone(office, "13800000001") == add_phone(office, " 138-0000 0001".replace("-", ""))
    (act,) = office.acts()
    assert act.after is not None
    assert act.after["value"] == "138****0001"
    assert "13800000001" not in str(act.after)


def test_a_contact_of_another_customer_is_not_closed(office: Office) -> None:
    contact_id = add_phone(office, "13800000001")
    other = builders.customer(station_id=office.world.station_a)
    with pytest.raises(customer_contacts.ContactNotFoundError):
        customer_contacts.close_contact(
            actor=office.clerk, now=NOW, today=TODAY, customer_id=other.pk, contact_id=contact_id
        )


def test_a_paper_replaces_the_one_of_its_kind_and_history_stays(office: Office) -> None:
    add_document(office, "440301200002291237")
    add_document(office, builders.ID_CARD)
    add_document(office, builders.ID_CARD)
    documents = queries_records.documents_of(customer_ids=[office.customer_id])
    assert [(d.number, d.valid_until) for d in documents] == [
        (builders.ID_CARD, None),
        ("440301200002291237", TODAY),
    ]
    acts = office.acts()
    assert len(acts) == 2
    assert acts[1].before is not None
    assert acts[1].after is not None
    assert acts[1].after["number"] == "1101**********002X"
    assert acts[1].before["number"] == "4403**********1237"


def test_customers_are_found_by_the_tail_and_by_the_whole_number(office: Office) -> None:
    add_document(office, "110105491231002")
    assert queries.customer_ids_by_identity_tail(digits="002x", most=5) == [office.customer_id]
    assert queries.customer_ids_by_identity_tail(digits="0021", most=5) == []
    for number in (builders.ID_CARD, "110105491231002", "１１０１０５ 19491231 002x"):
        assert queries.customer_ids_by_identity_number(number=number, most=5) == [office.customer_id]


def test_a_wrong_or_expired_paper_is_refused_and_the_old_one_stays(office: Office) -> None:
    add_document(office, builders.ID_CARD)
    for number, changes, code in (
        ("110105194912310021", {}, "WRONG_CHECK_DIGIT"),
        ("440301200002291237", {"expires_on": datetime.date(2026, 10, 19)}, "EXPIRED"),
    ):
        with pytest.raises(customer_contacts.DocumentError) as refused:
            add_document(office, number, **changes)
        assert refused.value.code.value == code
    assert queries.customer_ids_by_identity_number(number=builders.ID_CARD, most=5) == [office.customer_id]
    (document,) = queries_records.documents_of(customer_ids=[office.customer_id])
    assert document.valid_until is None


def test_a_paper_ends_only_with_a_reason(office: Office) -> None:
    add_document(office, builders.ID_CARD)
    (document,) = queries_records.documents_of(customer_ids=[office.customer_id])

    def close(reason: str) -> None:
        customer_contacts.close_document(
            actor=office.clerk,
            now=NOW,
            today=TODAY,
            customer_id=office.customer_id,
            document_id=document.document_id,
            reason=reason,
        )

    with pytest.raises(customer_contacts.ReasonMissingError):
        close(" ")
    close("登记错误")
    with pytest.raises(customer_contacts.ContactNotFoundError):
        close("登记错误")
    assert office.acts()[-1].reason == "登记错误"
    assert queries.customer_ids_by_identity_tail(digits="002X", most=5) == []


def set_invoicing(office: Office, *, from_on: datetime.date = TODAY, **changes: object) -> None:
    values: dict[str, object] = {"kind": models.InvoiceProfile.Kind.ORDINARY, "title": "柳荫餐饮"}
    customer_contacts.set_invoicing(
        actor=office.clerk,
        now=NOW,
        customer_id=office.customer_id,
        invoicing=queries_records.Invoicing(**{**values, **changes}),  # type: ignore[arg-type]  # by name
        from_on=from_on,
    )


def test_invoice_details_follow_each_other_without_a_gap(office: Office) -> None:
    later = TODAY + datetime.timedelta(days=30)
    set_invoicing(office)
    set_invoicing(office)
    set_invoicing(office, title="柳荫餐饮有限公司", tax_no="9135 0100 m000100y43", from_on=later)
    lines = queries_records.invoice_lines(customer_ids=[office.customer_id])
    assert [(line.invoicing.title, line.from_on, line.until_on) for line in lines] == [
        ("柳荫餐饮有限公司", later, None),
        ("柳荫餐饮", TODAY, later),
    ]
    assert lines[0].invoicing.tax_no == builders.CREDIT_CODE
    assert len(office.acts()) == 2
    with pytest.raises(customer_contacts.BeforeItBeganError):
        set_invoicing(office, title="更早", from_on=TODAY)


def test_a_special_invoice_needs_all_of_it_and_bank_accounts_are_masked(office: Office) -> None:
    special = models.InvoiceProfile.Kind.SPECIAL
    with pytest.raises(customer_contacts.SpecialInvoiceIncompleteError) as refused:
        set_invoicing(office, kind=special, tax_no=builders.CREDIT_CODE, bank="工商银行")
    assert refused.value.missing == ("address", "phone", "bank_account")
    with pytest.raises(customer_contacts.TaxNumberError):
        set_invoicing(office, tax_no="91350100M000100Y44")
    set_invoicing(
        office,
        kind=special,
        tax_no=builders.CREDIT_CODE,
        address="北京",
        phone="01065521234",
        bank="工商银行",
        bank_account="6222020000000000000",
    )
    (act,) = office.acts()
    assert "6222020000000000000" not in str(act.after)
    assert builders.CREDIT_CODE not in str(act.after)
    assert act.after is not None
    assert act.after["bank_account"].endswith("0000")


def test_tags_are_given_once_and_taken_away(office: Office) -> None:
    for name in ("拆迁区", " 拆迁区 "):
        customer_standing.tag(
            actor=office.clerk, now=NOW, today=TODAY, customer_id=office.customer_id, name=name
        )
    (line,) = queries_standing.tags_of(customer_ids=[office.customer_id])
    assert (line.name, line.since_on) == ("拆迁区", TODAY)
    for _twice in range(2):
        customer_standing.untag(
            actor=office.clerk, now=NOW, today=TODAY, customer_id=office.customer_id, tag_id=line.tag_id
        )
    assert queries_standing.tags_of(customer_ids=[office.customer_id]) == []
    assert [act.act for act in office.acts()] == ["CUSTOMER_TAGGED", "CUSTOMER_UNTAGGED"]
    for name in ("", " ", "长" * 31):
        with pytest.raises(customer_standing.TagNameError):
            customer_standing.tag(
                actor=office.clerk, now=NOW, today=TODAY, customer_id=office.customer_id, name=name
            )


def test_lists_need_a_reason_on_the_way_in_and_out(office: Office) -> None:
    def put(reason: str) -> None:
        customer_standing.put_on_list(
            actor=office.supervisor,
            now=NOW,
            today=TODAY,
            customer_id=office.customer_id,
            kind=models.ListKind.CARE,
            reason=reason,
        )

    with pytest.raises(customer_standing.ReasonMissingError):
        put("")
    put("独居老人")
    put("再来一次")
    (line,) = queries_standing.list_lines(customer_ids=[office.customer_id])
    assert (line.reason, line.until_on, line.put_by) == ("独居老人", None, "王小明")
    for reason, error in (("", customer_standing.ReasonMissingError), ("搬走了", None)):
        if error is None:
            take_off(office, line.entry_id, reason)
        else:
            with pytest.raises(error):
                take_off(office, line.entry_id, reason)
    with pytest.raises(customer_standing.ListEntryNotFoundError):
        take_off(office, line.entry_id, "搬走了")
    (line,) = queries_standing.list_lines(customer_ids=[office.customer_id])
    assert (line.until_on, line.end_reason) == (TODAY, "搬走了")


def take_off(office: Office, entry_id: int, reason: str) -> None:
    customer_standing.take_off_list(
        actor=office.supervisor,
        now=NOW,
        today=TODAY,
        customer_id=office.customer_id,
        entry_id=entry_id,
        reason=reason,
    )


Act = Callable[[actors.Actor, int], object]
ACTS: dict[str, Act] = {
    "register": lambda actor, _customer_id: customers_admin.register(
        actor=actor,
        now=NOW,
        wanted=customers_admin.NewCustomer(
            request_key=uuid.uuid4(), station_id=actor.home_unit_id, details=builders.details()
        ),
    ),
    "change": lambda actor, customer_id: customers_admin.change(
        actor=actor,
        now=NOW,
        customer_id=customer_id,
        version=0,
        details=builders.details(name="改名"),
    ),
    "contact": lambda actor, customer_id: customer_contacts.add_contact(
        actor=actor,
        now=NOW,
        today=TODAY,
        customer_id=customer_id,
        contact=customer_contacts.NewContact(kind=PHONE, value="13800000001"),
    ),
    "document": lambda actor, customer_id: customer_contacts.add_document(
        actor=actor,
        now=NOW,
        today=TODAY,
        customer_id=customer_id,
        document=customer_contacts.NewDocument(kind=RESIDENT_ID, number=builders.ID_CARD),
    ),
    "invoicing": lambda actor, customer_id: customer_contacts.set_invoicing(
        actor=actor,
        now=NOW,
        customer_id=customer_id,
        invoicing=queries_records.Invoicing(kind=models.InvoiceProfile.Kind.ORDINARY, title="某店"),
        from_on=TODAY,
    ),
    "tag": lambda actor, customer_id: customer_standing.tag(
        actor=actor, now=NOW, today=TODAY, customer_id=customer_id, name="重点"
    ),
    "list": lambda actor, customer_id: customer_standing.put_on_list(
        actor=actor,
        now=NOW,
        today=TODAY,
        customer_id=customer_id,
        kind=models.ListKind.WATCH,
        reason="欠费",
    ),
}


@pytest.mark.parametrize("name", sorted(ACTS))
def test_without_the_right_nothing_happens(office: Office, name: str) -> None:
    with pytest.raises(actors.NotAllowedError):
        ACTS[name](office.reader, office.customer_id)
    assert office.acts() == []


@pytest.mark.parametrize("name", sorted(set(ACTS) - {"register"}))
def test_a_customer_of_another_station_is_not_found(office: Office, as_web_role: None, name: str) -> None:
    with pytest.raises(customers_admin.CustomerNotFoundError):
        ACTS[name](office.stranger, office.customer_id)


@pytest.mark.parametrize("name", sorted(set(ACTS) - {"register"}))
def test_nothing_is_done_to_a_record_that_was_merged_away(office: Office, name: str) -> None:
    kept = builders.customer(station_id=office.world.station_a)
    models.Customer.objects.filter(pk=office.customer_id).update(merged_into=kept)
    with pytest.raises(customers_admin.MergedAwayError) as refused:
        ACTS[name](office.supervisor, office.customer_id)
    assert refused.value.into_id == kept.pk
