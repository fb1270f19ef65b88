"""The pages of the acts: shown by right, refused with words beside the field, done."""

import datetime
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from meterbook.application import company
from meterbook.domain.access import models as access
from meterbook.domain.agreements import models, queries_numbers, rules
from meterbook.domain.billing import models as receivables
from meterbook.domain.companies import models as companies
from meterbook.domain.customers import models as customers
from meterbook.domain.premises import models as premises
from tests.builders import agreements as build
from tests.builders import billing, records
from tests.builders import payments as till_builders

D = datetime.date


@pytest.fixture
def supply(db: None) -> records.Supply:
    world = records.world()
    company.use_schema("public")
    companies.Company.objects.update(ready_at=records.NOW)
    company.use_schema("main")
    return records.supply(station_id=world.station_a, tariff_id=records.tariff(), persons=4)


def browser(supply: records.Supply, role: str = "SUPERVISOR") -> Client:
    client = Client()
    staff_id = records.actor(role=role, unit_id=supply.station_id).staff_id
    staff = access.Staff.objects.get(pk=staff_id or 0)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def send(client: Client, supply: records.Supply, act: str, /, **said: Any) -> Any:
    facts = {
        "request_key": str(uuid.uuid4()),
        "agreement_id": str(supply.agreement_id),
        "on": "2026-03-01",
        "reason": "",
        **said,
    }
    return client.post(reverse(act, args=[supply.account_no]), facts)


@pytest.mark.parametrize(
    "name",
    ["state", "household", "usage", "area", "concession", "shares", "external", "contract", "certificate"],
)
def test_each_act_has_a_page_its_form_and_its_right(supply: records.Supply, name: str) -> None:
    address = reverse(f"account_{name}", args=[supply.account_no])
    shown = browser(supply).get(address)
    assert shown.status_code == 200
    assert supply.name in shown.content.decode()
    empty = browser(supply).post(address, {})
    assert empty.status_code == 422
    if name != "state":
        assert browser(supply, "READER").get(address).status_code == 403


def test_the_menu_shows_what_the_person_may_do_and_each_address_works(supply: records.Supply) -> None:
    page = browser(supply).get(reverse("account", args=[supply.account_no]))
    urls = [entry.url for entry in page.context["acts"]]
    assert len(urls) == len({entry.key for entry in page.context["acts"]}) >= 9
    client = browser(supply)
    assert {client.get(url).status_code for url in urls} == {200}
    reader = browser(supply, "READER").get(reverse("account", args=[supply.account_no]))
    assert reader.context["acts"] == []


def test_a_clerk_sees_on_the_timeline_what_was_done_and_a_supervisor_what_was_before(
    supply: records.Supply,
) -> None:
    assert send(browser(supply), supply, "account_state", wanted="2", reason="旅行在外").status_code == 303
    address = reverse("account", args=[supply.account_no]) + "?tab=timeline"
    clerk = browser(supply, "CLERK").get(address).content.decode()
    assert "旅行在外" in clerk
    former = '<s class="muted">'
    assert former not in clerk
    assert former in browser(supply).get(address).content.decode()


def test_a_household_is_changed_and_shown_with_its_history(supply: records.Supply) -> None:
    client = browser(supply)
    answer = send(client, supply, "account_household", persons="6", source="2", proof="户口本")
    assert answer.status_code == 303
    page = client.get(answer["Location"] + "?tab=facts")
    present = [line.text for line in page.context["facts"] if str(line.kind) and line.is_present]
    assert "6" in present
    assert "户口本" in page.content.decode()


def test_what_is_billed_is_named_and_corrected_only_by_who_may(supply: records.Supply) -> None:
    billing.usage(supply=supply, quantity=20, period_from=records.INSTALLED_ON, period_until=D(2026, 3, 1))
    round_id = billing.accepted_round(book_id=supply.book_id, period=D(2026, 3, 1)).pk
    billing.issued_run(round_id=round_id, issue_on=D(2026, 3, 5))
    facts = {"persons": "6", "source": "1", "on": "2026-02-01", "reason": "漏登"}
    refused = send(browser(supply, "CLERK"), supply, "account_household", **facts, is_correction="on")
    assert refused.status_code == 422
    (touched,) = refused.context["touched"]
    assert touched[0].amount_minor == billing.bill_of(account_id=supply.account_id).amount_minor
    done = send(browser(supply), supply, "account_household", **facts, is_correction="on")
    assert done.status_code == 303


def test_a_state_is_changed_and_taken_back_on_the_page(supply: records.Supply) -> None:
    client = browser(supply)
    assert send(client, supply, "account_state", wanted="2").status_code == 422, "a reason is missing"
    assert send(client, supply, "account_state", wanted="5", reason="x").status_code == 422
    assert send(client, supply, "account_state", wanted="2", reason="长期无人").status_code == 303
    account = build.account(supply)
    assert account.state == models.AccountState.SUSPENDED
    page = client.get(reverse("account_state_undo", args=[supply.account_no]))
    change_id = page.context["form"].initial["change_id"]
    undone = send(client, supply, "account_state_undo", change_id=change_id, reason="点错了")
    assert undone.status_code == 303
    account.refresh_from_db()
    assert account.state == models.AccountState.ACTIVE


def test_three_parts_are_keyed_in_units_and_per_cent(supply: records.Supply) -> None:
    home = models.AgreementTariff.objects.get(agreement_id=supply.agreement_id).tariff_id
    shop = records.tariff(file="cn/shanghai/water-residential.yaml")
    client = browser(supply)
    parts = {"tariff_1": shop, "split_1": "1", "value_1": "10", "tariff_2": home, "split_2": "0"}
    assert send(client, supply, "account_shares", **parts).status_code == 303
    rows = models.PriceShare.objects.filter(agreement_id=supply.agreement_id, until_on__isnull=True)
    assert list(rows.order_by("part_no").values_list("tariff_id", "split", "split_value")) == [
        (shop, 1, 10_000),
        (home, 0, None),
    ]
    shares = parts | {"split_1": "2", "value_1": "12.5"}
    assert send(client, supply, "account_shares", **shares, on="2026-04-01").status_code == 303
    assert rows.get(part_no=1).split_value == 125_000
    alone = {"tariff_1": shop, "split_1": "0"}
    assert send(client, supply, "account_shares", **alone).status_code == 422


def test_papers_and_numbers_are_added_printed_and_ended(supply: records.Supply) -> None:
    client = browser(supply)
    number = {"kind": "1", "number": "0755-881"}
    assert send(client, supply, "account_external", **number).status_code == 303
    assert send(client, supply, "account_external", **number).status_code == 422
    contract = {
        "contract_no": "HT-1",
        "signed_on": "2026-03-01",
        "from_on": "2026-03-01",
        "until_on": "2027-03-01",
        "notice_days": "30",
    }
    assert send(client, supply, "account_contract", **contract).status_code == 303
    key = str(uuid.uuid4())
    for _ in range(2):
        assert send(client, supply, "account_certificate", fee="10", request_key=key).status_code == 303
    assert models.UsageCertificate.objects.count() == 1
    assert send(client, supply, "account_certificate", fee="20").status_code == 422, "a reason is missing"
    assert send(client, supply, "account_certificate", fee="20", reason="遗失").status_code == 303
    first, second = models.UsageCertificate.objects.order_by("id")
    assert (second.serial, second.replaces_id) == (first.serial + 1, first.pk)
    page = client.get(reverse("account", args=[supply.account_no]) + "?tab=papers").content.decode()
    assert all(text in page for text in ("0755-881", "HT-1", first.certificate_no, second.certificate_no))
    paper = client.get(reverse("account_certificate_print", args=[supply.account_no, first.pk]))
    assert second.certificate_no in paper.content.decode(), "an old one says what made it void"
    external = models.ExternalNumber.objects.get()
    ended = client.post(reverse("account_external_end", args=[supply.account_no, external.pk]))
    assert ended.status_code == 303
    end = {"contract_id": models.Contract.objects.get().pk, "on": "2026-06-01", "reason": "搬走"}
    assert send(client, supply, "account_contract_end", **end).status_code == 303


def test_an_account_is_opened_where_the_address_was_found(supply: records.Supply) -> None:
    premise = premises.Premise.objects.create(
        station_id=supply.station_id, community="新苑", address="新苑8幢101室"
    )
    client = browser(supply, "CLERK")
    found = client.get(reverse("account_find_place"), {"q": "新苑8幢"})
    address = reverse("account_open", args=[premise.pk])
    assert address in found.content.decode()
    facts = {
        "request_key": str(uuid.uuid4()),
        "name": "周敏",
        "customer_class": "1",
        "phone": "13912345678",
        "utility": "1",
        "tariff_id": models.AgreementTariff.objects.get(agreement_id=supply.agreement_id).tariff_id,
        "from_on": "2026-03-01",
        "persons": "3",
    }
    assert client.post(address, facts | {"name": ""}).status_code == 422
    assert client.post(address, facts | {"utility": "2"}).status_code == 422
    shown = client.get(address)
    answer = client.post(address, facts)
    assert answer.status_code == 303
    made = models.Account.objects.get(customer__name="周敏")
    assert made.account_no in shown.content.decode().replace(" ", ""), "the page showed the next number"
    assert client.get(answer["Location"]).status_code == 200
    assert client.post(address, facts | {"request_key": str(uuid.uuid4())}).status_code == 422, "supplied"


def test_somebody_like_a_customer_there_is_asks_who_is_meant(supply: records.Supply) -> None:
    premise = premises.Premise.objects.create(
        station_id=supply.station_id, community="新苑", address="新苑8幢102室"
    )
    client = browser(supply, "CLERK")
    address = reverse("account_open", args=[premise.pk])
    phone = customers.ContactPoint.objects.get(customer_id=supply.customer_id).value
    facts = {
        "request_key": str(uuid.uuid4()),
        "name": "周敏",
        "customer_class": "1",
        "phone": phone,
        "utility": "1",
        "tariff_id": models.AgreementTariff.objects.get(agreement_id=supply.agreement_id).tariff_id,
        "from_on": "2026-03-01",
    }
    assert client.post(address, facts | {"phone": "no number"}).status_code == 422
    asked = client.post(address, facts)
    assert asked.status_code == 422
    assert supply.name in asked.content.decode()
    assert models.Account.objects.count() == 1
    stranger = client.post(address, facts | {"same_as": "999999999"})
    assert stranger.status_code == 422
    assert client.post(address, facts | {"same_as": str(supply.customer_id)}).status_code == 303
    assert models.Account.objects.filter(customer_id=supply.customer_id).count() == 2
    other = premises.Premise.objects.create(
        station_id=supply.station_id, community="新苑", address="新苑8幢103室"
    )
    again = facts | {"request_key": str(uuid.uuid4()), "same_as": "NEW"}
    assert client.post(reverse("account_open", args=[other.pk]), again).status_code == 303
    assert models.Account.objects.filter(customer__name="周敏").count() == 1


def test_a_customer_without_account_gets_one_from_their_own_page(supply: records.Supply) -> None:
    client = browser(supply)
    own = client.get(reverse("customer", args=[supply.customer_id])).content.decode()
    find = f"{reverse('account_find_place')}?customer={supply.customer_id}"
    assert find in own
    premise = premises.Premise.objects.create(
        station_id=supply.station_id, community="新苑", address="新苑8幢104室"
    )
    address = f"{reverse('account_open', args=[premise.pk])}?customer={supply.customer_id}"
    assert address in client.get(f"{find}&q=8幢104").content.decode()
    assert f'value="{supply.customer_id}" selected' in client.get(address).content.decode()
    assert client.get(reverse("account_find_place"), {"customer": "0"}).status_code == 404


def test_a_supply_is_added_at_a_further_meter_and_ended_from_the_account(supply: records.Supply) -> None:
    client = browser(supply)
    find = reverse("account_supply_find", args=[supply.account_no])
    address = reverse("account_supply_add", args=[supply.account_no, supply.premise_id])
    place = premises.Premise.objects.get(pk=supply.premise_id)
    assert address in client.get(find, {"q": place.address}).content.decode()
    assert address in client.get(find).content.decode(), "where they are supplied already comes first"
    facts = {
        "request_key": str(uuid.uuid4()),
        "utility": "1",
        "tariff_id": models.AgreementTariff.objects.get(agreement_id=supply.agreement_id).tariff_id,
        "from_on": "2026-03-01",
    }
    assert client.post(address, facts).status_code == 422, "the point is taken"
    for _ in range(2):
        assert client.post(address, facts | {"is_further_meter": "on"}).status_code == 303
    added = models.SupplyAgreement.objects.exclude(pk=supply.agreement_id).get()
    end = {"agreement_id": str(added.pk), "reason": "停用"}
    assert send(client, supply, "account_supply_end", **end, on="2026-03-01").status_code == 303
    only = send(client, supply, "account_supply_end", reason="停用")
    assert only.status_code == 422
    assert browser(supply, "READER").get(address).status_code == 403


def test_a_fee_without_a_usual_amount_is_never_waived_by_an_empty_field(supply: records.Supply) -> None:
    client = browser(supply)
    assert send(client, supply, "account_fee", fee_code="OPENING", amount="").status_code == 422
    assert send(client, supply, "account_fee", fee_code="OPENING", amount="50").status_code == 303
    bill_id = receivables.Fee.objects.get().bill_id
    page = client.get(reverse("bill", args=[bill_id])).content.decode()
    assert "50.00" in page
    office = {"code": "OPENING", "name": "开户费", "amount_minor": "30", "is_offered": "on"}
    boss = Client()
    company_id = access.OrgUnit.objects.get(parent=None).pk
    staff_id = records.actor(role="SUPERVISOR", unit_id=company_id).staff_id or 0
    boss.force_login(
        access.Staff.objects.get(pk=staff_id), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert client.post(reverse("account_fee_type"), office).status_code == 422, "for the company only"
    assert boss.post(reverse("account_fee_type"), office).status_code == 303
    assert send(client, supply, "account_fee", fee_code="OPENING", amount="").status_code == 303
    assert receivables.Fee.objects.latest("id").amount_minor == 30_00


def test_an_account_is_transferred_settled_closed_and_opened_again(supply: records.Supply) -> None:
    client = browser(supply)
    reading = {f"reading_{supply.register_id}": "10"}
    over = {"name": "周敏", "customer_class": "1", "counter": "KEEP", "reason": "房屋买卖", **reading}
    page = client.get(reverse("account_transfer", args=[supply.account_no]))
    assert supply.serial_no in page.content.decode()
    assert send(client, supply, "account_transfer", **(over | {"reason": ""})).status_code == 422
    assert send(client, supply, "account_transfer", **over).status_code == 422, "the final bill is owed"
    assert send(client, supply, "account_transfer", **over, takes_debt="on").status_code == 303
    account = build.account(supply)
    assert account.customer.name == "周敏"
    assert send(client, supply, "account_close", reason="拆除", on="2026-03-01").status_code == 422, "owed"
    settled = send(client, supply, "account_close", reason="拆除", on="2026-03-01", only_settles="on")
    assert settled.status_code == 303
    payments = till_builders.till(station_id=supply.station_id, business_on=D(2026, 3, 1))
    ids = receivables.Receivable.objects.filter(account_id=account.pk, open_minor__gt=0)
    command = till_builders.command(
        supply=supply,
        tendered_minor=sum(row.open_minor for row in ids),
        bill_ids=tuple(row.bill_id for row in ids),
    )
    till_builders.take(till=payments, command=command)
    assert send(client, supply, "account_close", reason="拆除", on="2026-03-01").status_code == 303
    account.refresh_from_db()
    assert account.state == models.AccountState.CLOSED
    menu = client.get(reverse("account", args=[supply.account_no])).context["acts"]
    reopening = reverse("account_reopen", args=[supply.account_no])
    assert reopening in [entry.url for entry in menu]
    assert send(client, supply, "account_reopen", reason="点错了").status_code == 303
    account.refresh_from_db()
    assert account.state == models.AccountState.ACTIVE


def test_numbering_and_usage_types_are_the_company_s(supply: records.Supply) -> None:
    station_s = browser(supply)
    rule = {"group": "1", "begins_with": "7", "digits": "5"}
    assert station_s.get(reverse("account_settings")).status_code == 200
    assert station_s.post(reverse("account_number_rule"), rule).status_code == 422
    company_id = build.account(supply).station.parent
    assert company_id is not None
    assert company_id.parent_id is not None
    admin = Client()
    staff = records.staff(role="ADMIN", unit_id=company_id.parent_id)
    admin.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    assert admin.post(reverse("account_number_rule"), rule | {"begins_with": "户"}).status_code == 422
    assert admin.post(reverse("account_number_rule"), rule).status_code == 303
    assert queries_numbers.number_rules()[0].form == rules.NumberFormat("7", 5, has_check_digit=False)
    shop = {"code": "SHOP", "name": "商业"}
    assert admin.post(reverse("account_usage_type"), shop).status_code == 303
    assert admin.post(reverse("account_usage_type"), shop).status_code == 422
    assert "商业" in admin.get(reverse("account_settings")).content.decode()


def test_what_runs_out_is_listed(supply: records.Supply) -> None:
    client = browser(supply)
    due = {"contract_no": "HT-9", "signed_on": "2020-01-01", "from_on": "2020-01-01", "notice_days": "30"}
    assert send(client, supply, "account_contract", **due, until_on="2021-01-01").status_code == 303
    far = due | {"contract_no": "HT-10", "until_on": "2999-01-01"}
    assert send(client, supply, "account_contract", **far).status_code == 303
    proof = {"persons": "6", "source": "2", "proof": "户口本", "expires_on": "2026-04-01"}
    assert send(client, supply, "account_household", **proof).status_code == 303
    text = client.get(reverse("accounts_due")).content.decode()
    assert "HT-9" in text
    assert "HT-10" not in text
    assert "户口本" in text


def test_the_account_page_asks_the_same_however_long_its_history(
    supply: records.Supply, django_assert_max_num_queries: Any
) -> None:
    client = browser(supply)
    address = reverse("account", args=[supply.account_no])
    with CaptureQueriesContext(connection) as young:
        client.get(address)
    for month in range(2, 12):
        billing.usage(
            supply=supply, quantity=5, period_from=D(2026, month - 1, 1), period_until=D(2026, month, 1)
        )
        round_id = billing.accepted_round(book_id=supply.book_id, period=D(2026, month, 1)).pk
        billing.issued_run(round_id=round_id, issue_on=D(2026, month, 2))
    with django_assert_max_num_queries(len(young.captured_queries) + 1):
        client.get(address)
