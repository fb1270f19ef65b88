"""An account changes hands in mid-year, and another one is closed: from the meter to the proved books."""

import dataclasses
import datetime
import json
import uuid

import pytest

from meterbook.application import (
    account_close,
    account_open,
    account_states,
    account_transfer,
    load_tariff,
    settle_account,
)
from meterbook.application import actor as actors
from meterbook.domain.agreements import models, queries, queries_facts
from meterbook.domain.billing import models as billing
from meterbook.domain.payments import models as payments
from meterbook.reporting import account_records, ledger_proof, timeline
from tests.builders import payments as tills
from tests.builders import records
from tests.journeys import story
from tests.unit.rating import samples

day = datetime.date
Counter = account_transfer.Counter
pytestmark = pytest.mark.usefixtures("db")
START, MOVED = day(2026, 1, 5), day(2026, 6, 15)
TIERS = [{"until": "100", "price": "2.00"}, {"price": "3.00"}]
NEW = account_open.NewCustomer("周敏", 1, "13912345678")


def residential(**changes: object) -> int:
    content = samples.tariff_document(
        samples.component("WATER", {"revenue": "WATER", "kind": "GRADUATED_TIERS", "tiers": TIERS}),
        tier_period="CALENDAR_YEAR",
        **changes,
    )
    return load_tariff.load_tariff(
        actor=records.system(), text=json.dumps(content), now=records.NOW
    ).tariff_id


class Town:
    """A station, its people, and one account that used 80 of its 100 cheap units."""

    def __init__(self) -> None:
        world = records.world()
        self.supply = records.supply(station_id=world.station_a, tariff_id=residential(), installed_on=START)
        self.by = story.people(unit_id=world.station_a)
        self.read(day(2026, 5, 5), 80)

    def read(self, on: datetime.date, value: int) -> billing.Bill:
        round_id = story.read_book(
            by=self.by,
            book_id=self.supply.book_id,
            period=on.replace(day=1),
            on=on,
            values={self.supply.serial_no: value},
        )
        return story.bill_book(by=self.by, round_id=round_id, on=on)[self.supply.account_id]

    def open_bills(self) -> list[billing.Bill]:
        ids = billing.Receivable.objects.filter(account_id=self.supply.account_id, open_minor__gt=0)
        return list(billing.Bill.objects.filter(pk__in=ids.values("bill_id")).order_by("pk"))

    def transfer(self, counter: Counter, **changes: object) -> account_transfer.Transferred:
        facts: dict[str, object] = {
            "request_key": uuid.uuid4(),
            "account_id": self.supply.account_id,
            "customer": NEW,
            "on": MOVED,
            "readings_milli": {self.supply.register_id: 90_000},
            "reason": "房屋买卖",
            "counter": counter,
            "takes_debt": True,
        }
        wanted = account_transfer.TransferAccount(**(facts | changes))  # type: ignore[arg-type]  # facts by name
        return account_transfer.transfer(actor=self.by.clerk, wanted=wanted, now=story.at(MOVED), today=MOVED)

    def close(self, **changes: object) -> account_close.Closed:
        facts: dict[str, object] = {
            "request_key": uuid.uuid4(),
            "account_id": self.supply.account_id,
            "on": MOVED,
            "readings_milli": {self.supply.register_id: 90_000},
            "reason": "房屋拆除",
        }
        wanted = account_close.CloseAccount(**(facts | changes))  # type: ignore[arg-type]  # facts by name
        actor = changes.pop("actor", None) or self.supervisor
        assert isinstance(actor, actors.Actor)
        return account_close.close(actor=actor, wanted=wanted, now=story.at(MOVED), today=MOVED)

    @property
    def supervisor(self) -> actors.Actor:
        return self.by.supervisor


def assert_proved() -> None:
    proof = ledger_proof.prove()
    assert proof.is_right, [finding for finding in proof.findings if not finding.is_right]


@pytest.mark.parametrize(
    ("counter", "expected"),
    [
        (Counter.KEEP, [(10_000, 2_000_000, 20_00), (20_000, 3_000_000, 60_00)]),
        (Counter.RESTART, [(30_000, 2_000_000, 60_00)]),
    ],
)
def test_a_transfer_in_mid_year_with_tiers(counter: Counter, expected: list[tuple[int, int, int]]) -> None:
    """80 until May and 10 until the day belong to the former holder; the next 30 to the new one."""
    town = Town()
    key = uuid.uuid4()
    done = town.transfer(counter, request_key=key)
    assert (done.final_minor, done.is_repeat) == (20_00, False)
    assert town.transfer(counter, request_key=key).is_repeat
    head = queries.account_head(account_id=town.supply.account_id)
    assert (head.name, head.account_no) == ("周敏", town.supply.account_no)
    holders = queries_facts.holders_of(account_id=town.supply.account_id)
    assert [(holder.name, holder.from_on, holder.until_on) for holder in holders] == [
        ("周敏", MOVED, None),
        (town.supply.name, START, MOVED),
    ]
    first = town.read(day(2026, 7, 5), 120)
    assert (first.period_from, first.agreement_id) == (MOVED, done.agreement_ids[0])
    assert [line[2:] for line in story.lines(first)] == expected
    on = day(2026, 7, 6)
    former = [bill.former_holder for bill in account_records.bills_of(account_id=town.supply.account_id)]
    assert former == ["", town.supply.name, town.supply.name], "newest first"
    acts = timeline.acts_on_account(account_id=town.supply.account_id, customer_id=head.customer_id)
    assert {"ACCOUNT_TRANSFERRED", "ACCOUNT_SETTLED"} <= {act.act for act in acts}
    shift_id = story.open_till(by=town.by, on=on)
    bills = town.open_bills()
    total = sum(bill.amount_minor for bill in bills)
    assert total == 160_00 + 20_00 + first.amount_minor
    story.pay(by=town.by, account_id=town.supply.account_id, bills=bills, tendered_minor=total, on=on)
    story.close_day(by=town.by, shift_id=shift_id, counted={payments.Tender.CASH: total}, on=on)
    assert_proved()


def test_a_transfer_is_refused_whole_and_leaves_nothing() -> None:
    town = Town()
    bills = billing.Bill.objects.count()
    with pytest.raises(account_transfer.OwesError) as owing:
        town.transfer(Counter.KEEP, takes_debt=False)
    assert owing.value.owed_minor == 180_00
    with pytest.raises(account_transfer.SameHolderError):
        town.transfer(Counter.KEEP, customer=town.supply.customer_id)
    with pytest.raises(actors.NotAllowedError):
        account_transfer.transfer(
            actor=town.by.reader,
            wanted=account_transfer.TransferAccount(
                request_key=uuid.uuid4(),
                account_id=town.supply.account_id,
                customer=NEW,
                on=MOVED,
                readings_milli={},
                reason="x",
                counter=Counter.KEEP,
            ),
            now=story.at(MOVED),
            today=MOVED,
        )
    assert billing.Bill.objects.count() == bills
    assert models.AccountHolder.objects.count() == 1


def test_an_account_is_closed_with_its_balance_given_back_and_opened_again() -> None:
    """180.00 owed and paid with 230.00: 50.00 goes back over the counter, the books prove it."""
    town = Town()
    with pytest.raises(account_close.OwesError):
        town.close()
    assert models.Account.objects.get(pk=town.supply.account_id).state == models.AccountState.ACTIVE
    settled = account_transfer.settle_first(
        actor=town.supervisor,
        command=settle_account.SettleAccount(
            request_key=uuid.uuid4(),
            account_id=town.supply.account_id,
            settled_on=MOVED,
            readings_milli={town.supply.register_id: 90_000},
            reason="房屋拆除",
        ),
        now=story.at(MOVED),
        today=MOVED,
    )
    assert settled.amount_minor == 20_00
    till = tills.till(station_id=town.supply.station_id, role="SUPERVISOR", business_on=MOVED)
    by = dataclasses.replace(town.by, clerk=till.actor)
    story.pay(
        by=by,
        account_id=town.supply.account_id,
        bills=town.open_bills(),
        tendered_minor=230_00,
        on=MOVED,
        keep_change=True,
    )
    with pytest.raises(account_close.BalanceLeftError) as left:
        town.close(readings_milli={})
    assert left.value.balance_minor == 50_00
    key = uuid.uuid4()
    closed = account_close.close(
        actor=till.actor,
        wanted=account_close.CloseAccount(
            request_key=key,
            account_id=town.supply.account_id,
            on=MOVED,
            readings_milli={},
            reason="房屋拆除",
            refund=payments.Tender.CASH,
        ),
        now=story.at(MOVED, hour=14),
        today=MOVED,
    )
    assert closed.refunded is not None
    assert closed.refunded.amount_minor == 50_00
    assert (tills.prepaid_minor(town.supply), tills.cash_minor(till)) == (0, 180_00)
    account = models.Account.objects.get(pk=town.supply.account_id)
    assert (account.state, account.closed_on) == (models.AccountState.CLOSED, MOVED)
    assert town.close(request_key=key).is_repeat
    assert_proved()
    with pytest.raises(account_states.NothingToUndoError):
        account_states.undo_change(
            actor=town.supervisor,
            account_id=account.pk,
            change_id=0,
            reason="x",
            today=MOVED,
            now=story.at(MOVED),
        )
    account_close.reopen(actor=town.supervisor, account_id=account.pk, reason="点错了", now=story.at(MOVED))
    account.refresh_from_db()
    assert (account.state, account.closed_on) == (models.AccountState.ACTIVE, None)
    assert [s.until_on for s in queries.supplies_of(account_id=account.pk, on=MOVED)] == [None]
    assert town.read(day(2026, 7, 5), 100).quantity_milli == 10_000
    story.close_day(by=by, shift_id=till.shift_id, counted={payments.Tender.CASH: 180_00}, on=MOVED)
    assert_proved()
