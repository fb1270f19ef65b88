"""Fees on the pages: said before the act, waived by who may, taken back, and the company's list of them."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from meterbook.application import charge_fee, company
from meterbook.domain.access import models as access
from meterbook.domain.agreements import models
from meterbook.domain.billing import models as billing
from meterbook.domain.companies import models as companies
from meterbook.domain.devices.rules import MoveReason
from meterbook.domain.premises import models as premises
from tests.builders import records

ON = "2026-03-01"
Occasion = billing.FeeOccasion
STOPPED, ACTIVE = int(models.AccountState.STOPPED), int(models.AccountState.ACTIVE)


@pytest.fixture
def supply(db: None) -> records.Supply:
    """A supplied account; resuming costs 30.00, opening 50.00, a usage change 8.00, taking off 15.00."""
    world = records.world()
    company.use_schema("public")
    companies.Company.objects.update(ready_at=records.NOW)
    company.use_schema("main")
    for code, amount_minor, occasions in (
        ("RECONNECT", 30_00, None),
        ("OPENING", 50_00, (Occasion.OPENED, Occasion.SUPPLY_ADDED)),
        ("CHANGE", 8_00, (Occasion.USAGE_CHANGED,)),
        ("MATERIAL", 15_00, None),
    ):
        set_fee(code=code, amount_minor=amount_minor, occasions=occasions)
    return records.supply(station_id=world.station_a, tariff_id=records.tariff())


def set_fee(*, code: str, amount_minor: int, occasions: Any = None) -> None:
    charge_fee.set_fee_type(
        actor=records.system(),
        code=code,
        name=f"{code.title()} fee",
        amount_minor=amount_minor,
        is_offered=True,
        now=records.NOW,
        occasions=occasions,
    )


def browser(supply: records.Supply, *, role: str, unit_id: int | None = None) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    staff_id = records.actor(role=role, unit_id=unit_id or supply.station_id).staff_id
    staff = access.Staff.objects.get(pk=staff_id or 0)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def stop(client: Client, supply: records.Supply) -> None:
    sent = step(client, supply, wanted=STOPPED)
    assert sent.status_code == 303


def step(client: Client, supply: records.Supply, **said: Any) -> Any:
    """Another state, `wanted`."""
    facts = {"request_key": str(uuid.uuid4()), "on": ON, "reason": "欠费", **said}
    return client.post(reverse("account_state", args=[supply.account_no]), facts)


def charged() -> list[tuple[str, int, str]]:
    return list(billing.Fee.objects.order_by("id").values_list("fee_type__code", "amount_minor", "reason"))


def test_who_may_waive_sees_a_box_and_gives_a_reason(supply: records.Supply) -> None:
    client = browser(supply, role="SUPERVISOR")
    stop(client, supply)
    page = client.get(reverse("account_state", args=[supply.account_no])).text
    seen = hidden(page, "fees_seen")
    assert seen == f"{int(Occasion.RECONNECTED)}:RECONNECT:3000"
    box = f"fees_{int(Occasion.RECONNECTED)}_RECONNECT"
    assert f'name="{box}"' in page
    resumed = {"wanted": ACTIVE, "fees_seen": seen}
    refused = step(client, supply, **resumed, **{box: "0"})
    assert refused.status_code == 422
    assert "Say why another fee is asked for." in refused.text
    assert charged() == []
    done = step(client, supply, **resumed, **{box: "12.50", "fees_reason": "自行修复"})
    assert done.status_code == 303
    assert charged() == [("RECONNECT", 12_50, "自行修复")]


def test_a_fee_that_changed_meanwhile_is_shown_before_it_is_charged(supply: records.Supply) -> None:
    client = browser(supply, role="SUPERVISOR")
    stop(client, supply)
    box = f"fees_{int(Occasion.RECONNECTED)}_RECONNECT"
    page = client.get(reverse("account_state", args=[supply.account_no])).text
    said = {"wanted": ACTIVE, "fees_seen": hidden(page, "fees_seen"), box: "30.00"}
    set_fee(code="RECONNECT", amount_minor=45_00)
    refused = step(client, supply, **said)
    assert refused.status_code == 422
    assert "others now" in refused.text
    assert hidden(refused.text, "fees_seen").endswith(":RECONNECT:4500")
    assert 'value="45.00"' in refused.text
    assert charged() == []
    again = step(client, supply, **{**said, "fees_seen": hidden(refused.text, "fees_seen"), box: "45.00"})
    assert again.status_code == 303
    assert charged() == [("RECONNECT", 45_00, "")]


@pytest.mark.parametrize("tampered", ["", "x", "8:RECONNECT", "8:RECONNECT:1", "1:RECONNECT:3000 ::"])
def test_nothing_is_charged_unseen(supply: records.Supply, tampered: str) -> None:
    client = browser(supply, role="SUPERVISOR")
    stop(client, supply)
    refused = step(client, supply, wanted=ACTIVE, fees_seen=tampered)
    assert refused.status_code == 422
    assert charged() == []


def test_a_clerk_opening_an_account_is_told_what_it_costs(supply: records.Supply) -> None:
    client = browser(supply, role="CLERK")
    flat = premises.Premise.objects.create(station_id=supply.station_id, address="新苑9幢901室")
    address = reverse("account_open", args=[flat.pk])
    page = client.get(address).text
    assert "Opening fee 50.00" in page
    assert 'name="fees_1_OPENING"' not in page
    facts = {
        "request_key": str(uuid.uuid4()),
        "name": "赵新户",
        "customer_class": "1",
        "utility": str(supply.utility),
        "tariff_id": str(models.AgreementTariff.objects.values_list("tariff_id", flat=True)[0]),
        "from_on": ON,
        "fees_seen": hidden(page, "fees_seen"),
        # a clerk has no box for it
        "fees_1_OPENING": "0",
    }
    assert client.post(address, facts).status_code == 303
    assert charged() == [("OPENING", 50_00, "")]
    account = models.Account.objects.latest("id")
    more = reverse("account_supply_add", args=[account.account_no, flat.pk])
    page = client.get(more).text
    facts |= {
        "request_key": str(uuid.uuid4()),
        "is_further_meter": "on",
        "fees_seen": hidden(page, "fees_seen"),
    }
    assert client.post(more, facts).status_code == 303
    assert charged()[1:] == [("OPENING", 50_00, "")]


def test_a_usage_change_costs_what_was_shown(supply: records.Supply) -> None:
    client = browser(supply, role="CLERK")
    address = reverse("account_usage", args=[supply.account_no])
    page = client.get(address).text
    assert "Change fee 8.00" in page
    other = records.tariff(file="cn/shanghai/water-residential.yaml")
    facts = {
        "request_key": str(uuid.uuid4()),
        "agreement_id": str(supply.agreement_id),
        "tariff_id": str(other),
        "on": ON,
        "fees_seen": hidden(page, "fees_seen"),
    }
    for _ in range(2):
        assert client.post(address, facts).status_code == 303
    assert charged() == [("CHANGE", 8_00, "")]
    back = models.AgreementTariff.objects.order_by("id").values_list("tariff_id", flat=True)[0]
    mended = facts | {"request_key": str(uuid.uuid4()), "tariff_id": str(back), "is_correction": "on"}
    supervisor = browser(supply, role="SUPERVISOR")
    assert supervisor.post(address, mended | {"reason": "选错了"}).status_code == 303
    assert charged() == [("CHANGE", 8_00, "")]


def test_taking_a_meter_off_names_the_fee_and_charges_it_for_arrears_alone(supply: records.Supply) -> None:
    client = browser(supply, role="SUPERVISOR")
    address = reverse("meter_fitting", args=[supply.service_point_id, "remove"])
    page = client.get(address).text
    box = f"fees_{int(Occasion.TAKEN_OFF_FOR_ARREARS)}_MATERIAL"
    assert f'name="{box}"' in page
    facts = {
        "request_key": str(uuid.uuid4()),
        "changed_on": ON,
        "closing_0": "100",
        "counting": "",
        "reason": str(int(MoveReason.ARREARS)),
        "fees_seen": hidden(page, "fees_seen"),
        box: "5.00",
        "is_confirmed": "on",
    }
    shown = client.post(address, facts)
    assert shown.status_code == 200, shown.text
    facts["seen"] = hidden(shown.text, "seen")
    refused = client.post(address, facts)
    assert refused.status_code == 422
    assert "Say why another fee is asked for." in refused.text
    facts["fees_reason"] = "材料可再用"
    assert client.post(address, facts).status_code == 303
    assert charged() == [("MATERIAL", 5_00, "材料可再用")]


def test_a_fee_is_taken_back_from_its_bill_while_nobody_paid_it(supply: records.Supply) -> None:
    supervisor, clerk = browser(supply, role="SUPERVISOR"), browser(supply, role="CLERK")
    stop(supervisor, supply)
    page = supervisor.get(reverse("account_state", args=[supply.account_no])).text
    step(supervisor, supply, wanted=ACTIVE, fees_seen=hidden(page, "fees_seen"))
    fee = billing.Fee.objects.get()
    bill = reverse("bill", args=[fee.bill_id])
    back = reverse("account_fee_take_back", args=[supply.account_no, fee.pk])
    assert back in supervisor.get(bill).text
    assert back not in clerk.get(bill).text
    assert clerk.get(back).status_code == 403
    assert "Reconnect fee 30.00" in supervisor.get(back).text
    nobodys = reverse("account_fee_take_back", args=[supply.account_no, fee.pk + 1])
    assert supervisor.get(nobodys).status_code == 404
    assert supervisor.post(nobodys, {"request_key": str(uuid.uuid4()), "reason": "x"}).status_code == 404
    assert supervisor.post(back, {"request_key": str(uuid.uuid4()), "reason": ""}).status_code == 422
    done = supervisor.post(back, {"request_key": str(uuid.uuid4()), "reason": "收错户"})
    assert done.status_code == 303
    after = supervisor.get(bill).text
    assert back not in after
    mirror = billing.FeeTakenBack.objects.get().mirror_bill_id
    assert reverse("bill", args=[mirror]) in after
    shown = supervisor.get(reverse("bill", args=[mirror])).text
    assert bill in shown
    assert "收错户" in shown
    listed = supervisor.get(reverse("bills"), {"state": "TAKEN_BACK"}).text
    assert bill in listed
    paper = supervisor.get(reverse("bill_print", args=[fee.bill_id])).text
    assert "Taken back" in paper
    assert ">Paid<" not in paper


def test_the_list_is_changed_by_the_company_and_keeps_names_that_are_translated(
    supply: records.Supply,
) -> None:
    set_fee(code="TRANSFER", amount_minor=20_00)
    unit = access.OrgUnit.objects.get(parent=None)
    client = browser(supply, role="ADMIN", unit_id=unit.pk)
    client.cookies["django_language"] = "zh-hans"
    page = client.get(reverse("account_settings"), {"fee": "TRANSFER"}).text
    assert 'value="过户费"' in page
    facts = {
        "code": "TRANSFER",
        "name": "过户费",
        "amount_minor": "25",
        "is_offered": "on",
        "occasions": ["3", "4"],
    }
    address = reverse("account_fee_type")
    assert client.post(address, facts).status_code == 303
    kind = billing.FeeType.objects.get(code="TRANSFER")
    assert (kind.name, kind.amount_minor, kind.occasions) == ("Transfer fee", 25_00, [3, 4])
    assert client.post(address, facts | {"occasions": ["99"]}).status_code == 422
    act = access.AuditEntry.objects.filter(act="FEE_TYPE_SET").latest("id")
    assert act.after is not None
    assert act.after["fee_occasions"] == ["TRANSFERRED", "CLOSED"]
    entry = client.get(reverse("audit_entry", args=[act.pk])).text
    assert "销户" in entry
