"""The pages of a customer's record as a browser without any script gets them."""

import re
import uuid
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meterbook.application import company
from meterbook.domain.access import models as access
from meterbook.domain.companies import models as companies
from meterbook.domain.customers import models, queries_records, queries_standing
from tests.builders import customers as builders
from tests.integration.customers.conftest import Office

BACKEND = "django.contrib.auth.backends.ModelBackend"
PHONE = str(models.ContactPoint.Kind.PHONE.value)


@dataclass(frozen=True, slots=True)
class Desk:
    """The supervisor's browser and whose record lies before it."""

    browser: Client
    office: Office

    @property
    def customer_id(self) -> int:
        return self.office.customer_id

    def get(self, route: str, /, *args: object) -> str:
        answer = self.browser.get(reverse(route, args=args))
        assert answer.status_code == 200, (route, answer.status_code)
        return unescape(answer.content.decode())

    def post(self, route: str, /, *args: object, status: int = 303, **fields: object) -> str:
        answer = self.browser.post(reverse(route, args=args), fields)
        assert answer.status_code == status, (route, answer.status_code, answer.content.decode()[-3000:])
        return unescape(answer.content.decode())


@pytest.fixture
def desk(office: Office) -> Desk:
    company.use_schema("public")
    companies.Company.objects.update(ready_at=timezone.now())
    company.use_schema("main")
    return Desk(browser=browser_of(office, role="SUPERVISOR"), office=office)


def browser_of(office: Office, *, role: str) -> Client:
    """The clerk's log-in with the rights of a role."""
    staff = access.Staff.objects.get(name=office.clerk.name)
    staff.roles.set([access.Role.objects.get(code=role)])
    browser = Client()
    browser.force_login(staff, backend=BACKEND)
    browser.cookies["django_language"] = "en"
    return browser


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found[1]


DETAILS: dict[str, Any] = {
    "name": "曾国藩",
    "kind": "1",
    "customer_class": "1",
    "payment_method": "2",
    "language": "en",
}


def test_a_customer_is_registered_once_with_a_phone(desk: Desk) -> None:
    page = desk.get("customer_new")
    fields: dict[str, Any] = {
        **DETAILS,
        "request_key": hidden(page, "request_key"),
        "station_id": desk.office.world.station_a,
        "phone": "138 0000 0001",
    }
    for _twice in range(2):
        desk.post("customer_new", **fields)
    found = models.Customer.objects.get(name="曾国藩")
    record = desk.get("customer", found.pk)
    for text in ("曾国藩", "13800000001", "Bank direct debit", "English", "No account yet"):
        assert text in record


def test_a_wrong_phone_registers_nobody_and_keeps_what_was_keyed(desk: Desk) -> None:
    page = desk.post(
        "customer_new",
        status=422,
        **DETAILS,
        request_key=uuid.uuid4(),
        station_id=desk.office.world.station_a,
        phone="12",
    )
    assert "This is no phone number." in page
    assert "曾国藩" in page
    assert not models.Customer.objects.filter(name="曾国藩").exists()


def test_a_change_made_meanwhile_comes_back_to_be_looked_at(desk: Desk) -> None:
    version = hidden(desk.get("customer_change", desk.customer_id), "version")
    desk.post("customer_change", desk.customer_id, **DETAILS, version=version)
    late = {**DETAILS, "name": "曾国荃", "version": version}
    page = desk.post("customer_change", desk.customer_id, status=422, **late)
    assert "Somebody else changed this customer meanwhile" in page
    desk.post("customer_change", desk.customer_id, **{**late, "version": hidden(page, "version")})
    assert queries_records.customer_record(customer_id=desk.customer_id).details.name == "曾国荃"


def test_contacts_are_added_preferred_and_closed(desk: Desk) -> None:
    bad = desk.post("contact_add", desk.customer_id, status=422, kind="2", value="x", label="0")
    assert "This is no e-mail address." in bad
    desk.post(
        "contact_add", desk.customer_id, kind=PHONE, value="13800000001", label="2", contact_name="小李"
    )
    contact = models.ContactPoint.objects.get(value="13800000001")
    desk.post("contact_prefer", desk.customer_id, contact.pk)
    record = desk.get("customer", desk.customer_id)
    assert "Tenant" in record
    assert "小李" in record
    desk.post("contact_close", desk.customer_id, contact.pk)
    assert desk.browser.post(reverse("contact_close", args=[desk.customer_id, contact.pk])).status_code == 404


def test_documents_say_what_is_wrong_beside_the_field_and_warn(desk: Desk) -> None:
    bad = desk.post("document_add", desk.customer_id, status=422, kind="1", number="110105194912310021")
    assert "The check digit is wrong" in bad
    desk.post("document_add", desk.customer_id, kind="1", number="230306196304054513")
    record = desk.get("customer", desk.customer_id)
    assert "The region in the number is not known" in record
    assert "230306196304054513" in record
    (document,) = queries_records.documents_of(customer_ids=[desk.customer_id])
    desk.get("document_close", desk.customer_id, document.document_id)
    desk.post("document_close", desk.customer_id, document.document_id, status=422, reason="")
    desk.post("document_close", desk.customer_id, document.document_id, reason="登记错误")


def test_numbers_are_masked_for_who_may_not_see_them(desk: Desk) -> None:
    builders.whole_record(customer_id=desk.customer_id, mark="甲")
    phone = models.ContactPoint.objects.get(customer_id=desk.customer_id, kind=PHONE).value
    for role, sees in (("SUPERVISOR", True), ("READER", False)):
        browser = browser_of(desk.office, role=role)
        page = browser.get(reverse("customer", args=[desk.customer_id])).content.decode()
        for secret in (phone, builders.ID_CARD, builders.CREDIT_CODE):
            assert (secret in page) is sees, (role, secret)


def test_invoice_details_name_what_is_missing(desk: Desk) -> None:
    fields: dict[str, Any] = {"title": "柳荫餐饮", "tax_no": builders.CREDIT_CODE, "from_on": "2026-10-20"}
    bad = desk.post("customer_invoicing", desk.customer_id, status=422, **fields, kind="2")
    assert bad.count("A special VAT invoice needs this.") == 4
    wrong = {**fields, "tax_no": "91350100M000100Y44"}
    assert "The check digit is wrong" in desk.post(
        "customer_invoicing", desk.customer_id, status=422, **wrong, kind="1"
    )
    desk.post("customer_invoicing", desk.customer_id, **fields, kind="1")
    assert "柳荫餐饮" in desk.get("customer", desk.customer_id)
    earlier = {**fields, "title": "别的", "from_on": "2026-10-01"}
    assert "2026-10-20" in desk.post("customer_invoicing", desk.customer_id, status=422, **earlier, kind="1")


def test_tags_lists_and_credit(desk: Desk) -> None:
    desk.post("customer_tag", desk.customer_id, name="拆迁区")
    desk.post("customer_list_put", desk.customer_id, status=422, kind="1", reason="")
    desk.post("customer_list_put", desk.customer_id, kind="1", reason="多次欠费")
    desk.post("customer_rate", desk.customer_id)
    record = desk.get("customer", desk.customer_id)
    for text in ("拆迁区", "Watch list", "多次欠费", "Months in arrears"):
        assert text in record
    (entry,) = queries_standing.list_lines(customer_ids=[desk.customer_id])
    assert "多次欠费" in desk.get("customer_list_end", desk.customer_id, entry.entry_id)
    desk.post("customer_list_end", desk.customer_id, entry.entry_id, reason="已付清")
    (tag,) = queries_standing.tags_of(customer_ids=[desk.customer_id])
    desk.post("customer_untag", desk.customer_id, tag.tag_id)
    assert queries_standing.tags_of(customer_ids=[desk.customer_id]) == []


def test_duplicates_are_compared_merged_and_parted(desk: Desk) -> None:
    twin = builders.customer(station_id=desk.office.world.station_a, name="李秀兰")
    for customer_id in (desk.customer_id, twin.pk):
        desk.post("document_add", customer_id, kind="1", number=builders.ID_CARD)
    listed = desk.get("customer_duplicates")
    assert "Same identity number" in listed
    assert reverse("customer_merge", args=[desk.customer_id, twin.pk]) in listed
    assert "Keep the other one" in desk.get("customer_merge", desk.customer_id, twin.pk)
    desk.post("customer_merge", desk.customer_id, twin.pk, status=422, reason="")
    desk.post("customer_merge", desk.customer_id, twin.pk, reason="同一个人")
    assert "Nobody is kept twice" in desk.get("customer_duplicates")
    assert "This record was merged into another one" in desk.get("customer", twin.pk)
    assert "was merged into this one" not in desk.get("customer", desk.customer_id)
    desk.post("contact_add", twin.pk, kind=PHONE, value="13800000009", label="0")
    assert "was merged into this one. Nothing was changed." in desk.get("customer", desk.customer_id)
    merge = models.CustomerMerge.objects.get()
    desk.get("customer_merge_undo", merge.pk)
    desk.post("customer_merge_undo", merge.pk, reason="两个人")
    assert "was merged" not in desk.get("customer", twin.pk)


def test_the_trail_is_in_words(desk: Desk) -> None:
    builders.whole_record(customer_id=desk.customer_id, mark="甲")
    desk.post("customer_tag", desk.customer_id, name="重点")
    desk.post("customer_change", desk.customer_id, **DETAILS, version="0", industry_id="")
    record = desk.get("customer", desk.customer_id)
    for text in ("Customer changed", "At the counter", "Bank direct debit", "Tag given"):
        assert text in record
    assert not re.search(r"\b(?:CUSTOMER|INDUSTRY|CONTACT)_[A-Z]+", re.sub(r'"[^"]*"', "", record))


def test_the_list_filters_and_opens_records(desk: Desk) -> None:
    builders.whole_record(customer_id=desk.customer_id, mark="甲")
    builders.customer(station_id=desk.office.world.station_a, name="没有户号")
    everybody = desk.get("customer_list")
    assert "没有户号" in everybody
    assert "司徒甲" not in everybody, "merged records are left out"
    tag = models.Tag.objects.get()
    grade = queries_standing.scores_of(customer_id=desk.customer_id)[0].grade
    asked: tuple[tuple[dict[str, Any], bool], ...] = (
        ({"tag_id": tag.pk}, True),
        ({"list_kind": 2}, True),
        ({"list_kind": 1}, False),
        ({"grade": grade}, True),
        ({"grade": "D"}, False),
        ({"kind": 2}, False),
        ({"has_account": "0"}, False),
        ({"has_account": "1"}, True),
        ({"customer_class": 1, "sort": "-created_at"}, True),
    )
    for query, is_there in asked:
        answer = desk.browser.get(reverse("customer_list"), query)
        assert answer.status_code == 200, query
        link = reverse("customer", args=[desk.customer_id])
        assert (link in answer.content.decode()) is is_there, query


def test_only_the_company_sets_how_credit_is_scored(desk: Desk) -> None:
    page = desk.get("customer_credit")
    assert "Paid on time, %" in page
    assert "Set anew" not in page
    assert desk.browser.post(reverse("customer_credit"), {"document": "{}"}).status_code == 403
    staff = access.Staff.objects.get(name=desk.office.clerk.name)
    staff.org_unit_id = desk.office.world.company_unit_id
    staff.save(update_fields=["org_unit_id"])
    assert "Set anew" in desk.get("customer_credit")
    assert "Line 1 can't be read." in desk.post("customer_credit", status=422, document="{")
    assert "factors: A field is unknown or missing." in desk.post(
        "customer_credit", status=422, document="{}"
    )


def test_everybody_is_scored_in_the_background(desk: Desk) -> None:
    desk.post("customer_rate_all")
    assert access.AuditEntry.objects.filter(act="CREDIT_RATING_STARTED").count() == 1
