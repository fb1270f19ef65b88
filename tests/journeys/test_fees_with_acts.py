"""Fees that come by themselves with an act: due, waived, changed meanwhile, and taken back with the act."""

import datetime
import uuid

import pytest

from meterbook.application import (
    account_acts,
    account_close,
    account_facts,
    account_open,
    account_states,
    account_supplies,
    account_transfer,
    act_fees,
    begin_supply,
    charge_fee,
    fit_meters,
    settle_account,
)
from meterbook.application import actor as actors
from meterbook.domain.access import models as access
from meterbook.domain.agreements import models as agreements
from meterbook.domain.billing import models
from meterbook.domain.devices.rules import MoveReason
from meterbook.domain.documents import queries as documents
from meterbook.domain.documents import rules
from meterbook.domain.ledger import queries as ledger
from meterbook.domain.ledger import rules as chart
from meterbook.domain.metering import models as metering
from meterbook.domain.metering import rules_changes
from meterbook.domain.premises import models as premises
from meterbook.reporting import bills, ledger_proof, reinstalls
from tests.builders import metering as build
from tests.builders import records
from tests.journeys import story
from tests.journeys.test_account_life import MOVED, NEW, Town, residential

day = datetime.date
pytestmark = pytest.mark.usefixtures("db")
State = agreements.AccountState
Occasion = models.FeeOccasion
ON = day(2026, 6, 16)
Counter = account_transfer.Counter


@pytest.fixture
def town() -> Town:
    """An account with one bill of 160.00. Nothing costs anything yet."""
    return Town()


def costs(code: str, amount_minor: int, *occasions: models.FeeOccasion, is_offered: bool = True) -> None:
    """The company's list: what a fee usually is and which acts charge it."""
    charge_fee.set_fee_type(
        actor=records.system(),
        code=code,
        name=code,
        amount_minor=amount_minor,
        is_offered=is_offered,
        now=story.at(ON),
        occasions=occasions or None,
    )


def charged() -> list[tuple[str, int]]:
    """What fees were charged, whether taken back since or not."""
    return list(models.Fee.objects.order_by("id").values_list("fee_type__code", "amount_minor"))


def owed(town: Town) -> int:
    return ledger.balance_minor(account=chart.Chart.RECEIVABLE, subject_id=town.supply.account_id)


def step(town: Town, wanted: State, *, actor: actors.Actor | None = None, **more: object) -> State:
    facts: dict[str, object] = {
        "account_id": town.supply.account_id,
        "on": ON,
        "reason": "欠费",
        "request_key": uuid.uuid4(),
        "today": ON,
        "now": story.at(ON),
    }
    return account_states.change_state(actor=actor or town.supervisor, wanted=wanted, **(facts | more))  # type: ignore[arg-type]  # facts by name


def assert_proved() -> None:
    proof = ledger_proof.prove()
    assert proof.is_right, [finding for finding in proof.findings if not finding.is_right]


def test_a_new_companys_list_ties_fees_to_acts_but_charges_nothing(town: Town) -> None:
    tied = dict(models.FeeType.objects.values_list("code", "occasions"))
    assert tied == {
        "CERTIFICATE": [],
        "MATERIAL": [Occasion.TAKEN_OFF_FOR_ARREARS],
        "METER_TEST": [],
        "OPENING": [Occasion.OPENED],
        "RECONNECT": [Occasion.RECONNECTED],
        "REINSTALL": [Occasion.TAKEN_OFF_FOR_ARREARS],
        "TRANSFER": [Occasion.TRANSFERRED],
    }
    town.transfer(Counter.RESTART)
    step(town, State.STOPPED)
    step(town, State.ACTIVE)
    assert charged() == []


def test_resuming_after_a_forced_stop_costs_the_reconnection_fee_and_undoing_it_takes_it_back(
    town: Town,
) -> None:
    costs("RECONNECT", 30_00)
    step(town, State.SUSPENDED)
    step(town, State.ACTIVE)
    assert charged() == []
    step(town, State.STOPPED)
    key = uuid.uuid4()
    for _ in range(2):
        step(town, State.ACTIVE, request_key=key)
    assert charged() == [("RECONNECT", 30_00)]
    assert owed(town) == 190_00
    fee = models.Fee.objects.get()
    assert (fee.occasion, fee.act_key) == (Occasion.RECONNECTED, key)
    change = agreements.AccountStateChange.objects.order_by("-id")[0]
    account_states.undo_change(
        actor=town.supervisor,
        account_id=town.supply.account_id,
        change_id=change.pk,
        reason="点错了",
        today=ON,
        now=story.at(ON),
    )
    assert owed(town) == 160_00
    fee_bill, mirror = (bills.bill(bill_id=i, today=ON) for i in (fee.bill_id or 0, _mirror(fee)))
    assert (fee_bill.state(ON), mirror.state(ON)) == (bills.BillState.TAKEN_BACK,) * 2
    assert (fee_bill.open_minor, mirror.amount_minor, mirror.mirrors_id) == (0, -30_00, fee.bill_id)
    asked = bills.BillFilter(today=ON, state=bills.BillState.TAKEN_BACK)
    assert bills.sums(asked=asked) == bills.BillSums(bills=2, amount_minor=0, open_minor=0)
    assert [bill.amount_minor for bill in town.open_bills()] == [160_00]
    assert_proved()
    step(town, State.ACTIVE)
    assert charged() == [("RECONNECT", 30_00)] * 2
    assert owed(town) == 190_00
    assert_proved()


def _mirror(fee: models.Fee) -> int:
    return models.FeeTakenBack.objects.get(fee=fee).mirror_bill_id


def test_what_was_paid_is_not_taken_back_before_the_payment(town: Town) -> None:
    costs("RECONNECT", 30_00)
    step(town, State.STOPPED)
    step(town, State.ACTIVE)
    change = agreements.AccountStateChange.objects.order_by("-id")[0]
    story.open_till(by=town.by, on=ON)
    story.pay(
        by=town.by,
        account_id=town.supply.account_id,
        bills=town.open_bills(),
        tendered_minor=190_00,
        on=ON,
    )
    with pytest.raises(act_fees.FeePaidError) as refused:
        account_states.undo_change(
            actor=town.supervisor,
            account_id=town.supply.account_id,
            change_id=change.pk,
            reason="点错了",
            today=ON,
            now=story.at(ON),
        )
    assert refused.value.paid_minor == 30_00
    account = agreements.Account.objects.get(pk=town.supply.account_id)
    assert account.state == State.ACTIVE
    assert_proved()


def test_who_may_waive_gives_a_reason_and_who_may_not_pays_the_usual(town: Town) -> None:
    costs("TRANSFER", 20_00)
    waived = act_fees.Decided(seen={"TRANSFER": 20_00}, asked={"TRANSFER": 0})
    with pytest.raises(actors.NotAllowedError):
        town.transfer(Counter.RESTART, fees=waived)
    supervisor = {"actor": town.supervisor}
    with pytest.raises(act_fees.FeeReasonMissingError):
        _transfer(town, fees=waived, **supervisor)
    assert agreements.AccountHolder.objects.filter(account_id=town.supply.account_id).count() == 1
    _transfer(town, fees=act_fees.Decided(asked={"TRANSFER": 0}, reason="继承"), **supervisor)
    kept = models.Fee.objects.get()
    assert (kept.amount_minor, kept.standard_minor, kept.bill_id, kept.reason) == (0, 20_00, None, "继承")
    assert access.AuditEntry.objects.filter(act="FEE_WAIVED").count() == 1
    assert_proved()


def _transfer(town: Town, *, actor: actors.Actor, fees: act_fees.Decided) -> None:
    wanted = account_transfer.TransferAccount(
        request_key=uuid.uuid4(),
        account_id=town.supply.account_id,
        customer=NEW,
        on=MOVED,
        readings_milli={town.supply.register_id: 90_000},
        reason="房屋买卖",
        counter=Counter.RESTART,
        takes_debt=True,
        fees=fees,
    )
    account_transfer.transfer(actor=actor, wanted=wanted, now=story.at(MOVED), today=MOVED)


def test_fees_that_changed_after_the_clerk_saw_them_are_shown_again(town: Town) -> None:
    costs("TRANSFER", 20_00)
    with pytest.raises(act_fees.FeesChangedError):
        town.transfer(Counter.RESTART, fees=act_fees.Decided(seen={"TRANSFER": 15_00}))
    with pytest.raises(act_fees.FeesChangedError):
        town.transfer(Counter.RESTART, fees=act_fees.Decided(seen={}))
    assert charged() == []
    town.transfer(Counter.RESTART, fees=act_fees.Decided(seen={"TRANSFER": 20_00}))
    assert charged() == [("TRANSFER", 20_00)]
    holder = agreements.Account.objects.get(pk=town.supply.account_id).customer
    assert holder.name == NEW.name
    assert_proved()


def test_a_fee_that_is_not_offered_or_has_no_amount_charges_nothing(town: Town) -> None:
    costs("TRANSFER", 20_00, is_offered=False)
    costs("RECONNECT", 0)
    town.transfer(Counter.RESTART)
    step(town, State.STOPPED)
    step(town, State.ACTIVE)
    assert charged() == []


def test_opening_and_a_further_supply_cost_what_the_list_says(town: Town) -> None:
    costs("OPENING", 50_00, Occasion.OPENED, Occasion.SUPPLY_ADDED)
    costs("DEPOSIT", 12_34, Occasion.OPENED)
    flat = premises.Premise.objects.create(station_id=town.supply.station_id, address="城东区青石巷909室")
    tariff_id = agreements.AgreementTariff.objects.values_list("tariff_id", flat=True).get()
    key = uuid.uuid4()
    wanted = account_open.OpenAccount(
        request_key=key,
        customer=account_open.NewCustomer("赵新户", 1, ""),
        premise_id=flat.pk,
        utility=town.supply.utility,
        tariff_id=tariff_id,
        from_on=ON,
    )
    for _ in range(2):
        opened = account_open.open_account(actor=town.by.clerk, wanted=wanted, today=ON, now=story.at(ON))
    assert charged() == [("DEPOSIT", 12_34), ("OPENING", 50_00)]
    supply = begin_supply.WantedSupply(
        premise_id=flat.pk,
        utility=town.supply.utility,
        tariff_id=tariff_id,
        from_on=ON,
        is_further_meter=True,
    )
    account_supplies.add_supply(
        actor=town.by.clerk,
        account_id=opened.account_id,
        wanted=supply,
        request_key=uuid.uuid4(),
        today=ON,
        now=story.at(ON),
    )
    assert charged()[2:] == [("OPENING", 50_00)]
    due = ledger.balance_minor(account=chart.Chart.RECEIVABLE, subject_id=opened.account_id)
    assert due == 112_34
    assert_proved()


def test_a_usage_change_that_the_customer_asked_for_costs_its_fee_and_one_of_the_companys_does_not(
    town: Town,
) -> None:
    costs("CHANGE", 8_00, Occasion.USAGE_CHANGED)
    when = account_facts.When(agreement_id=town.supply.agreement_id, on=day(2026, 6, 1))
    own = agreements.AgreementTariff.objects.values_list("tariff_id", flat=True).get()
    other = residential(code="OTHER")
    account_facts.change_usage(
        actor=town.by.clerk, when=when, usage_type_id=None, tariff_id=other, now=story.at(ON)
    )
    assert charged() == []
    charging = act_fees.Charging(uuid.uuid4(), ON)
    for _ in range(2):
        account_facts.change_usage(
            actor=town.by.clerk,
            when=when,
            usage_type_id=None,
            tariff_id=own,
            now=story.at(ON),
            charging=charging,
        )
    assert charged() == [("CHANGE", 8_00)]


def test_the_fee_of_closing_is_asked_for_once_and_paid_before_the_account_closes(town: Town) -> None:
    costs("CLOSING", 15_00, Occasion.CLOSED)
    with pytest.raises(account_close.OwesError):
        town.close()
    assert charged() == []
    command = settle_account.SettleAccount(
        request_key=uuid.uuid4(),
        account_id=town.supply.account_id,
        settled_on=MOVED,
        readings_milli={town.supply.register_id: 90_000},
        reason="房屋拆除",
    )
    for _ in range(2):
        account_transfer.settle_first(
            actor=town.supervisor,
            command=command,
            now=story.at(MOVED),
            today=MOVED,
            closing=act_fees.Decided(seen={"CLOSING": 15_00}),
        )
    assert charged() == [("CLOSING", 15_00)]
    story.open_till(by=town.by, on=MOVED)
    story.pay(
        by=town.by,
        account_id=town.supply.account_id,
        bills=town.open_bills(),
        tendered_minor=owed(town),
        on=MOVED,
    )
    town.close()
    assert charged() == [("CLOSING", 15_00)]
    assert_proved()


def test_a_meter_taken_off_for_arrears_is_charged_at_once_and_the_order_waits_for_all_of_it(
    town: Town,
) -> None:
    costs("MATERIAL", 30_00)
    costs("REINSTALL", 60_00)
    change_id = _take_off(town)
    assert charged() == [("MATERIAL", 30_00), ("REINSTALL", 60_00)]
    assert [(row.owed_minor, row.is_due) for row in reinstalls.waiting(most=9)] == [(250_00, False)]
    fit_meters.undo(
        actor=town.supervisor,
        change_id=change_id,
        remark="拆错户",
        request_key=uuid.uuid4(),
        today=ON,
        now=story.at(ON),
    )
    assert owed(town) == 160_00
    assert reinstalls.waiting(most=9) == []
    _take_off(town, fees=act_fees.Decided(asked={"MATERIAL": 0}, reason="材料可再用"))
    assert owed(town) == 220_00
    story.open_till(by=town.by, on=ON)
    story.pay(
        by=town.by,
        account_id=town.supply.account_id,
        bills=town.open_bills(),
        tendered_minor=220_00,
        on=ON,
    )
    assert [(row.owed_minor, row.is_due) for row in reinstalls.waiting(most=9)] == [(0, True)]
    build.stock_meter(station_id=town.supply.station_id, serial_no="AGAIN-1")
    assert_proved()


def _take_off(
    town: Town, *, reason: MoveReason = MoveReason.ARREARS, fees: act_fees.Decided = act_fees.USUAL
) -> int:
    asked = fit_meters.Change(
        request_key=uuid.uuid4(),
        kind=metering.ChangeKind.REMOVE,
        service_point_id=town.supply.service_point_id,
        changed_on=day(2026, 6, 15),
        reason=int(reason),
        closings={0: rules_changes.Closing(value_milli=90_000)},
    )
    done = fit_meters.change(actor=town.supervisor, change=asked, now=story.at(ON), today=ON, fees=fees)
    return done.change_id


def test_a_meter_taken_off_for_another_reason_costs_nothing(town: Town) -> None:
    costs("MATERIAL", 30_00)
    _take_off(town, reason=MoveReason.OVER_AGE)
    assert charged() == []


def test_a_wrong_fee_is_taken_back_by_who_may_waive_once_and_with_a_reason(town: Town) -> None:
    costs("METER_TEST", 25_00)
    wanted = charge_fee.ChargeFee(
        request_key=uuid.uuid4(),
        account_id=town.supply.account_id,
        fee_code="METER_TEST",
        amount_minor=25_00,
    )
    charge_fee.charge(actor=town.by.clerk, wanted=wanted, today=ON, now=story.at(ON))
    fee = models.Fee.objects.get()
    facts = {
        "account_id": town.supply.account_id,
        "fee_id": fee.pk,
        "reason": "收错户",
        "today": ON,
        "now": story.at(ON),
    }

    def back(actor: actors.Actor, **changes: object) -> int:
        return charge_fee.take_back(actor=actor, **(facts | changes))  # type: ignore[arg-type]  # facts by name

    with pytest.raises(actors.NotAllowedError):
        back(town.by.clerk)
    with pytest.raises(account_acts.ReasonMissingError):
        back(town.supervisor, reason=" ")
    with pytest.raises(charge_fee.FeeUnknownError):
        back(town.supervisor, fee_id=fee.pk + 1)
    assert [back(town.supervisor) for _ in range(2)] == [25_00, 25_00]
    assert models.FeeTakenBack.objects.count() == 1
    assert owed(town) == 160_00
    acts = access.AuditEntry.objects.filter(act="FEE_TAKEN_BACK")
    assert [(entry.reason, entry.before) for entry in acts] == [
        ("收错户", {"fee": "METER_TEST", "fee_minor": 25_00})
    ]
    assert_proved()


def test_a_fee_paid_at_the_till_is_named_on_the_receipt(town: Town) -> None:
    costs("RECONNECT", 30_00)
    step(town, State.STOPPED)
    step(town, State.ACTIVE)
    story.open_till(by=town.by, on=ON)
    bill = town.open_bills()[-1]
    taken = story.pay(
        by=town.by, account_id=town.supply.account_id, bills=[bill], tendered_minor=30_00, on=ON
    )
    receipt = documents.receipt_by_no(receipt_no=taken.receipt_no)
    assert [(line.fee, line.amount_minor) for line in receipt.content.lines] == [("RECONNECT", 30_00)]
    older = rules.to_json(content=receipt.content)
    older["lines"] = [{k: v for k, v in line.items() if k != "fee"} for line in older["lines"]]
    assert rules.from_json(stored=older).lines[0].fee == ""
