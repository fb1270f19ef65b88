"""Opening, states and facts as acts: rights, reasons, before and after, repeats, and what is refused."""

import dataclasses
import datetime
import uuid

import pytest

from meterbook.application import account_acts, account_facts, account_open, account_states
from meterbook.application import actor as actors
from meterbook.domain import tables
from meterbook.domain.access import models as access
from meterbook.domain.agreements import models, queries, rules
from meterbook.domain.customers import models as customers
from meterbook.domain.metering import models as metering
from meterbook.domain.premises import models as premises
from meterbook.reporting import timeline
from tests.builders import agreements as build
from tests.builders import billing, records

D = datetime.date
S = models.AccountState
RESIDENTIAL = customers.CustomerClass.RESIDENTIAL.value
TODAY = D(2026, 3, 10)
NOW = datetime.datetime(2026, 3, 10, 3, 0, tzinfo=datetime.UTC)


@dataclasses.dataclass(frozen=True)
class Office:
    world: records.World
    tariff_id: int
    supply: records.Supply
    clerk: actors.Actor
    supervisor: actors.Actor
    reader: actors.Actor
    elsewhere: actors.Actor

    def wanted(self, **changes: object) -> account_open.OpenAccount:
        premise = premises.Premise.objects.create(
            station_id=self.world.station_a, community="新苑", address=f"新苑{uuid.uuid4().hex[:6]}"
        )
        wanted = account_open.OpenAccount(
            request_key=uuid.uuid4(),
            customer=account_open.NewCustomer(
                "周敏", customers.CustomerClass.RESIDENTIAL.value, "13912345678"
            ),
            premise_id=premise.pk,
            utility=tables.Utility.WATER.value,
            tariff_id=self.tariff_id,
            from_on=TODAY,
            persons=3,
        )
        return dataclasses.replace(wanted, **changes)  # type: ignore[arg-type]  # facts by name

    def open(self, wanted: account_open.OpenAccount) -> account_open.AccountOpened:
        return account_open.open_account(actor=self.clerk, wanted=wanted, today=TODAY, now=NOW)

    def state(self, wanted: S, **changes: object) -> S:
        facts = {
            "actor": self.supervisor,
            "account_id": self.supply.account_id,
            "on": TODAY,
            "reason": "欠费",
            "request_key": uuid.uuid4(),
            "today": TODAY,
            "now": NOW,
        }
        return account_states.change_state(wanted=wanted, **(facts | changes))  # type: ignore[arg-type]  # facts by name


@pytest.fixture
def office(db: None) -> Office:
    world = records.world()
    tariff_id = records.tariff()
    return Office(
        world=world,
        tariff_id=tariff_id,
        supply=records.supply(station_id=world.station_a, tariff_id=tariff_id, persons=4),
        clerk=records.actor(role="CLERK", unit_id=world.station_a),
        supervisor=records.actor(role="SUPERVISOR", unit_id=world.station_a),
        reader=records.actor(role="READER", unit_id=world.station_a),
        elsewhere=records.actor(role="SUPERVISOR", unit_id=world.station_b),
    )


def latest_act(account_id: int) -> timeline.Act:
    acts = access.AuditEntry.objects.filter(subject_kind="ACCOUNT", subject_id=str(account_id))
    return timeline.act_of(acts.latest("id"))


def test_a_new_customer_gets_an_account_a_point_a_price_and_a_household(office: Office) -> None:
    made = office.open(office.wanted())
    assert not made.has_meter
    account = models.Account.objects.get(pk=made.account_id)
    assert (account.state, account.customer.name) == (S.NEW, "周敏")
    (supply,) = queries.supplies_of(account_id=made.account_id, on=TODAY)
    assert (supply.tariff_code, supply.persons, supply.meter_id) == (records.BEIJING_WATER, 3, None)
    act = latest_act(made.account_id)
    assert (act.act, act.after["account_no"]) == ("ACCOUNT_OPENED", made.account_no)


def test_the_same_form_sent_twice_opens_one_account(office: Office) -> None:
    wanted = office.wanted()
    first, again = office.open(wanted), office.open(wanted)
    assert (again.account_id, again.is_repeat) == (first.account_id, True)
    assert models.Account.objects.count() == 2


def test_nobody_opens_where_somebody_is_supplied_or_where_they_may_not(office: Office) -> None:
    taken = office.wanted(premise_id=office.supply.premise_id)
    with pytest.raises(account_open.PointSuppliedError) as refused:
        office.open(taken)
    assert refused.value.account_no == office.supply.account_no
    with pytest.raises(actors.NotAllowedError):
        account_open.open_account(actor=office.reader, wanted=office.wanted(), today=TODAY, now=NOW)
    with pytest.raises(account_acts.InTheFutureError):
        office.open(office.wanted(from_on=D(2026, 3, 11)))
    with pytest.raises(account_open.TariffNotInForceError):
        office.open(office.wanted(utility=tables.Utility.GAS.value))
    with pytest.raises(account_open.CustomerNotFoundError):
        office.open(office.wanted(customer=10**9))
    assert models.Account.objects.count() == 1


def test_a_premise_of_another_station_is_not_there(office: Office, as_web_role: None) -> None:
    with pytest.raises(account_open.PremiseNotFoundError):
        account_open.open_account(
            actor=office.elsewhere,
            wanted=dataclasses.replace(
                account_open.OpenAccount(
                    uuid.uuid4(),
                    office.supply.customer_id,
                    office.supply.premise_id,
                    1,
                    office.tariff_id,
                    TODAY,
                )
            ),
            today=TODAY,
            now=NOW,
        )


def test_a_meter_in_place_needs_its_reading_of_the_first_day(office: Office) -> None:
    supplied = build.agreement(office.supply)
    supplied.until_on = D(2026, 2, 1)
    supplied.save()
    wanted = office.wanted(
        premise_id=office.supply.premise_id, customer=office.supply.customer_id, book_id=office.supply.book_id
    )
    register = office.supply.register_id
    with pytest.raises(account_open.OpeningReadingError):
        office.open(wanted)
    with pytest.raises(account_open.OpeningReadingError):
        office.open(dataclasses.replace(wanted, opening_milli={register: -1}))
    made = office.open(dataclasses.replace(wanted, opening_milli={register: 12_000}))
    assert made.has_meter
    assert models.Account.objects.get(pk=made.account_id).state == S.ACTIVE
    last = metering.Reading.objects.filter(register_id=register).latest("read_on")
    assert (last.read_on, last.value_milli, last.source) == (TODAY, 12_000, metering.Source.INITIAL)


def test_a_state_changes_with_right_reason_and_record_and_is_taken_back(office: Office) -> None:
    with pytest.raises(actors.NotAllowedError):
        office.state(S.SUSPENDED, actor=office.clerk)
    with pytest.raises(account_acts.ReasonMissingError):
        office.state(S.SUSPENDED, reason="  ")
    with pytest.raises(account_states.NotAStepError):
        office.state(S.CLOSED)
    key = uuid.uuid4()
    office.state(S.SUSPENDED, request_key=key)
    office.state(S.SUSPENDED, request_key=key)
    account = build.account(office.supply)
    assert account.state == S.SUSPENDED
    change = account.state_changes.get()
    act = latest_act(account.pk)
    assert (act.act, act.reason) == ("ACCOUNT_SUSPENDED", "欠费")
    assert (act.before, act.after) == ({"account_state": 1}, {"account_state": 2, "on": "2026-03-10"})
    back = account_states.undo_change(
        actor=office.supervisor,
        account_id=account.pk,
        change_id=change.pk,
        reason="点错了",
        today=TODAY,
        now=NOW,
    )
    assert back == S.ACTIVE
    with pytest.raises(account_states.NothingToUndoError):
        account_states.undo_change(
            actor=office.supervisor,
            account_id=account.pk,
            change_id=change.pk,
            reason="再来",
            today=TODAY,
            now=NOW,
        )
    office.state(S.STOPPED)
    office.state(S.ACTIVE, reason="")


def test_an_account_of_another_station_is_not_there(office: Office, as_web_role: None) -> None:
    with pytest.raises(queries.AccountNotFoundError):
        office.state(S.SUSPENDED, actor=office.elsewhere)


def test_a_household_changes_forward_and_back_only_as_a_correction(office: Office) -> None:
    """A bill for January and February stands: a change from February on would have changed it."""
    billing.usage(
        supply=office.supply, quantity=20, period_from=records.INSTALLED_ON, period_until=D(2026, 3, 1)
    )
    round_id = billing.accepted_round(book_id=office.supply.book_id, period=D(2026, 3, 1)).pk
    billing.issued_run(round_id=round_id, issue_on=D(2026, 3, 5))
    bill = billing.bill_of(account_id=office.supply.account_id)
    six = account_facts.Household(6, models.HouseholdSource.APPROVED, "户口本", D(2027, 3, 1))

    def change(actor: actors.Actor, on: D, **more: object) -> account_facts.Changed:
        when = account_facts.When(office.supply.agreement_id, on, **more)  # type: ignore[arg-type]  # facts by name
        return account_facts.change_household(actor=actor, when=when, household=six, now=NOW)

    with pytest.raises(account_facts.BillsTouchedError) as refused:
        change(office.clerk, D(2026, 2, 1))
    assert [touched.bill_id for touched in refused.value.bills] == [bill.pk]
    with pytest.raises(actors.NotAllowedError):
        change(office.clerk, D(2026, 2, 1), is_correction=True, reason="漏登")
    with pytest.raises(account_acts.ReasonMissingError):
        change(office.supervisor, D(2026, 2, 1), is_correction=True)
    assert change(office.clerk, D(2026, 3, 1)) == account_facts.Changed(is_changed=True)
    assert not change(office.clerk, D(2026, 3, 2)).is_changed
    act = latest_act(office.supply.account_id)
    assert (act.before["persons"], act.after["persons"], act.after["on"]) == (4, 6, "2026-03-01")
    made = change(office.supervisor, D(2026, 2, 1), is_correction=True, reason="漏登")
    assert [touched.bill_id for touched in made.bills] == [bill.pk]
    assert latest_act(office.supply.account_id).after["bills"] == 1


def test_a_usage_type_changes_with_its_price(office: Office) -> None:
    shop = models.UsageType.objects.create(code="SHOP", name="商业")
    other = records.tariff(file="cn/shanghai/water-residential.yaml")
    when = account_facts.When(office.supply.agreement_id, TODAY)
    account_facts.change_usage(actor=office.clerk, when=when, usage_type_id=shop.pk, tariff_id=other, now=NOW)
    (supply,) = queries.supplies_of(account_id=office.supply.account_id, on=TODAY)
    assert supply.tariff_code == "CN-SHANGHAI-WATER-RESIDENTIAL"
    act = latest_act(office.supply.account_id)
    assert (act.before, act.after["usage_type"]) == ({"tariff": records.BEIJING_WATER}, "商业")


def test_area_concession_and_shares_are_kept_with_before_and_after(office: Office) -> None:
    when = account_facts.When(office.supply.agreement_id, TODAY)
    area = account_facts.Area(89_500, models.AreaKind.BUILDING, 3_300)
    account_facts.change_area(actor=office.clerk, when=when, area=area, now=NOW)
    account_facts.change_concession(
        actor=office.clerk, when=when, code="LOW_INCOME", proof="低保证", expires_on=None, now=NOW
    )
    other = records.tariff(file="cn/shanghai/water-residential.yaml")
    shares = [rules.Share(other, rules.FIXED, 5000), rules.Share(office.tariff_id, rules.REST)]
    account_facts.change_shares(actor=office.clerk, when=when, shares=shares, now=NOW)
    act = latest_act(office.supply.account_id)
    assert act.before == {"parts": []}
    assert [part["split"] for part in act.after["parts"]] == ["FIXED", "REST"]
    with pytest.raises(account_facts.SharesError):
        account_facts.change_shares(actor=office.clerk, when=when, shares=shares[:1], now=NOW)
    with pytest.raises(actors.NotAllowedError):
        account_facts.change_shares(actor=office.reader, when=when, shares=[], now=NOW)
