"""One account supplied at two meters of a premise and at another premise; one supply ends, the rest go on."""

import datetime
import uuid

import pytest

from meterbook.application import account_open, account_supplies, begin_supply, fit_meters
from meterbook.application import actor as actors
from meterbook.domain.access import models as access
from meterbook.domain.agreements import models, queries
from meterbook.domain.billing import models as billing
from meterbook.domain.customers import models as customers
from meterbook.domain.devices import models as devices
from meterbook.domain.devices.rules import MoveReason
from meterbook.domain.metering import models as metering
from meterbook.domain.premises import models as premises
from meterbook.reporting import account_records, duplicates, ledger_proof, timeline
from tests.builders import metering as build
from tests.builders import records
from tests.journeys import story
from tests.journeys.test_account_life import START, residential

day = datetime.date
pytestmark = pytest.mark.usefixtures("db")
ADDED, FITTED, READ, ENDED = day(2026, 2, 2), day(2026, 2, 10), day(2026, 3, 5), day(2026, 3, 20)
State = models.AccountState


class Town:
    """A station, its people, and one account with one meter."""

    def __init__(self) -> None:
        self.world = records.world()
        self.tariff_id = residential()
        self.supply = records.supply(
            station_id=self.world.station_a, tariff_id=self.tariff_id, installed_on=START
        )
        self.by = story.people(unit_id=self.world.station_a)

    def wanted(self, **changes: object) -> begin_supply.WantedSupply:
        facts: dict[str, object] = {
            "premise_id": self.supply.premise_id,
            "utility": 1,
            "tariff_id": self.tariff_id,
            "from_on": ADDED,
            "book_id": self.supply.book_id,
            "is_further_meter": True,
        }
        return begin_supply.WantedSupply(**(facts | changes))  # type: ignore[arg-type]  # facts by name

    def add(
        self, *, key: uuid.UUID | None = None, actor: actors.Actor | None = None, **changes: object
    ) -> account_supplies.SupplyAdded:
        return account_supplies.add_supply(
            actor=actor or self.by.supervisor,
            account_id=self.supply.account_id,
            wanted=self.wanted(**changes),
            request_key=key or uuid.uuid4(),
            today=ADDED,
            now=story.at(ADDED),
        )

    def fit(self, *, agreement_id: int, serial_no: str, on: day = FITTED) -> tuple[int, int]:
        """Hang a meter at the point of an agreement; the change and the register."""
        build.stock_meter(station_id=self.world.station_a, serial_no=serial_no)
        point = models.SupplyAgreement.objects.get(pk=agreement_id).service_point_id
        made = fit_meters.change(
            actor=self.by.supervisor,
            change=fit_meters.Change(
                request_key=uuid.uuid4(),
                kind=metering.ChangeKind.INSTALL,
                service_point_id=point,
                changed_on=on,
                reason=int(MoveReason.NONE),
                closings={},
                openings={0: 5_000},
                new_serial_no=serial_no,
            ),
            now=story.at(on),
            today=on,
        )
        register = devices.Register.objects.get(meter_id=made.new_meter_id or 0)
        return made.change_id, register.pk

    def end(
        self, *, agreement_id: int, readings_milli: dict[int, int], key: uuid.UUID
    ) -> account_supplies.SupplyEnded:
        return account_supplies.end_supply(
            actor=self.by.supervisor,
            wanted=account_supplies.EndSupply(
                request_key=key,
                agreement_id=agreement_id,
                on=ENDED,
                readings_milli=readings_milli,
                reason="花园停用",
            ),
            now=story.at(ENDED),
            today=ENDED,
        )


def test_a_garden_meter_is_added_read_billed_and_ended_while_the_house_goes_on() -> None:
    town = Town()
    key = uuid.uuid4()
    garden = town.add(key=key)
    assert (garden.has_meter, town.add(key=key).is_repeat) == (False, True)
    points = premises.ServicePoint.objects.filter(premise_id=town.supply.premise_id)
    assert list(points.order_by("position").values_list("position", flat=True)) == [1, 2]
    _, register = town.fit(agreement_id=garden.agreement_id, serial_no="GARDEN-1")

    round_id = story.read_book(
        by=town.by,
        book_id=town.supply.book_id,
        period=day(2026, 3, 1),
        on=READ,
        values={town.supply.serial_no: 30, "GARDEN-1": 12},
    )
    story.bill_book(by=town.by, round_id=round_id, on=READ)
    bills = billing.Bill.objects.filter(account_id=town.supply.account_id)
    assert sorted(bills.values_list("agreement_id", "amount_minor")) == sorted(
        [(models.SupplyAgreement.objects.earliest("id").pk, 60_00), (garden.agreement_id, 14_00)]
    ), "30 x 2.00 and (12 - 5) x 2.00"

    ending = uuid.uuid4()
    done = town.end(agreement_id=garden.agreement_id, readings_milli={register: 15_000}, key=ending)
    assert (done.final_minor, done.is_repeat) == (6_00, False)
    again = town.end(agreement_id=garden.agreement_id, readings_milli={register: 15_000}, key=ending)
    assert (again.final_minor, again.is_repeat) == (6_00, True)
    running = models.SupplyAgreement.objects.filter(until_on__isnull=True)
    assert [a.service_point_id for a in running] == [town.supply.service_point_id]
    assert models.Account.objects.get(pk=town.supply.account_id).state == State.ACTIVE
    with pytest.raises(account_supplies.LastSupplyError):
        town.end(agreement_id=running[0].pk, readings_milli={}, key=uuid.uuid4())
    acts = timeline.acts_on_account(account_id=town.supply.account_id, customer_id=town.supply.customer_id)
    assert {"SUPPLY_ADDED", "SUPPLY_ENDED"} <= {act.act for act in acts}
    money = account_records.account_money(account_id=town.supply.account_id, today=ENDED)
    assert money.owed_minor == 80_00
    assert ledger_proof.prove().is_right


def test_a_second_premise_of_the_station_only_and_never_a_closed_account() -> None:
    town = Town()
    flat = premises.Premise.objects.create(
        station_id=town.world.station_a, community="新苑", address="新苑5幢101室"
    )
    anywhere = records.actor(role="SUPERVISOR", unit_id=access.OrgUnit.objects.get(parent=None).pk)
    far = premises.Premise.objects.create(
        station_id=town.world.station_b, community="远村", address="远村1幢101室"
    )
    town.add(premise_id=flat.pk, is_further_meter=False)
    found = queries.supplies_of(account_id=town.supply.account_id, on=ADDED)
    assert sorted(supply.address == "新苑5幢101室" for supply in found) == [False, True]
    with pytest.raises(begin_supply.PointSuppliedError):
        town.add(premise_id=flat.pk, is_further_meter=False)
    with pytest.raises(account_supplies.OtherStationError):
        town.add(premise_id=far.pk, actor=anywhere)
    with pytest.raises(actors.NotAllowedError):
        town.add(actor=town.by.reader)
    models.Account.objects.filter(pk=town.supply.account_id).update(state=State.CLOSED, closed_on=ADDED)
    with pytest.raises(account_supplies.AccountClosedError):
        town.add()
    assert models.SupplyAgreement.objects.count() == 2


def test_an_account_that_waits_for_its_meter_is_in_use_when_one_hangs_and_waits_again_without_it() -> None:
    town = Town()
    flat = premises.Premise.objects.create(
        station_id=town.world.station_a, community="新苑", address="新苑5幢102室"
    )
    opened = account_open.open_account(
        actor=town.by.supervisor,
        wanted=account_open.OpenAccount(
            request_key=uuid.uuid4(),
            customer=account_open.NewCustomer("周敏", 1, "13912345678"),
            premise_id=flat.pk,
            utility=1,
            tariff_id=town.tariff_id,
            from_on=ADDED,
            book_id=town.supply.book_id,
        ),
        today=ADDED,
        now=story.at(ADDED),
    )
    account = models.Account.objects.get(pk=opened.account_id)
    assert account.state == State.NEW
    agreement = models.SupplyAgreement.objects.get(account=account)
    change_id, _ = town.fit(agreement_id=agreement.pk, serial_no="FLAT-1")
    account.refresh_from_db()
    assert account.state == State.ACTIVE
    fit_meters.undo(
        actor=town.by.supervisor,
        change_id=change_id,
        remark="装错了",
        request_key=uuid.uuid4(),
        today=FITTED,
        now=story.at(FITTED),
    )
    account.refresh_from_db()
    assert account.state == State.NEW
    steps = models.AccountStateChange.objects.filter(account=account).order_by("id")
    assert [step.to_state for step in steps] == [State.NEW, State.ACTIVE, State.NEW]


def test_somebody_who_may_be_a_customer_already_is_found_by_phone_or_by_name_at_the_place() -> None:
    town = Town()

    def found(*, name: str = "无人", phone: str = "") -> list[int]:
        alike = duplicates.look_alikes(
            station_id=town.world.station_a, premise_id=town.supply.premise_id, name=name, phone=phone
        )
        return [one.customer_id for one in alike]

    phone = customers.ContactPoint.objects.get(customer_id=town.supply.customer_id).value
    assert found() == []
    assert found(phone=phone) == [town.supply.customer_id]
    assert found(name=town.supply.name) == [town.supply.customer_id]
    elsewhere = duplicates.look_alikes(
        station_id=town.world.station_b, premise_id=town.supply.premise_id, name=town.supply.name, phone=phone
    )
    assert elsewhere == []
