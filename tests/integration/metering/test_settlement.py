"""An account settled on a day: what is left is read and billed at once, and the next usage begins there."""

import datetime
import uuid
from typing import Any

import pytest

from meterbook.application import settle_account
from meterbook.domain.access import models as access
from meterbook.domain.access import rules as access_rules
from meterbook.domain.billing import models as billing
from meterbook.domain.metering import models, rules_changes
from meterbook.reporting import ledger_proof
from tests.builders import metering as build
from tests.builders import records

day = datetime.date
SEPTEMBER, OCTOBER, NOVEMBER = day(2026, 9, 20), day(2026, 10, 20), day(2026, 11, 20)
SETTLED_ON = day(2026, 10, 10)
Fault = rules_changes.ChangeFault


@pytest.fixture
def supply(db: None) -> records.Supply:
    world = records.world()
    return records.supply(
        station_id=world.station_a,
        tariff_id=records.tariff(),
        initial_milli=100_000,
        installed_on=SEPTEMBER,
    )


def settle(
    supply: records.Supply,
    *,
    value_milli: int | None = 109_000,
    on: day = SETTLED_ON,
    actor: Any = None,
    key: uuid.UUID | None = None,
    **more: Any,
) -> settle_account.Settlement:
    command = settle_account.SettleAccount(
        request_key=key or uuid.uuid4(),
        account_id=supply.account_id,
        settled_on=on,
        readings_milli={} if value_milli is None else {supply.register_id: value_milli},
        reason=more.pop("reason", "Moves out"),
        **more,
    )
    return settle_account.settle(
        actor=actor or records.system(), command=command, now=build.noon(NOVEMBER), today=NOVEMBER
    )


def assert_proved() -> None:
    proof = ledger_proof.prove()
    assert proof.is_right, [finding for finding in proof.findings if not finding.is_right]


def test_what_is_left_is_read_and_billed_at_once(supply: records.Supply) -> None:
    made = settle(supply)

    (one,) = made.agreements
    assert one.quantity_milli == 9_000
    bill = billing.Bill.objects.get()
    assert bill.pk == one.bill_id
    assert (bill.account_id, bill.quantity_milli, bill.amount_minor) == (
        supply.account_id,
        9_000,
        made.amount_minor,
    )
    assert made.amount_minor == 45_00
    assert (bill.issued_on, bill.due_on) == (NOVEMBER, NOVEMBER)
    assert (bill.period_from, bill.period_until) == (SEPTEMBER, SETTLED_ON)
    reading = models.Reading.objects.get(register_id=supply.register_id, read_on=SETTLED_ON)
    assert (reading.source, reading.value_milli) == (models.Source.FINAL, 109_000)
    act = access.AuditEntry.objects.get(act="ACCOUNT_SETTLED")
    assert (act.subject_id, act.reason) == (str(supply.account_id), "Moves out")
    assert_proved()


def test_the_same_request_settles_once(supply: records.Supply) -> None:
    key = uuid.uuid4()
    first, second = settle(supply, key=key), settle(supply, key=key)
    assert (first.is_repeat, second.is_repeat) == (False, True)
    assert second.agreements == first.agreements
    assert billing.Bill.objects.count() == 1
    assert access.AuditEntry.objects.filter(act="ACCOUNT_SETTLED").count() == 1


def test_the_next_round_begins_at_the_settlement(supply: records.Supply) -> None:
    """Also one that was open before: its empty entry is made anew. Both rounds are of the same month."""
    round_id = build.open_round(book_id=supply.book_id, day=OCTOBER).round_id
    settle(supply)

    entry = models.RoundEntry.objects.get(round_id=round_id)
    assert (entry.previous_on, entry.previous_milli) == (SETTLED_ON, 109_000)
    build.enter(round_id=round_id, values_milli={supply.register_id: 111_000}, day=OCTOBER)
    build.accept(round_id=round_id, day=OCTOBER)
    usage = models.Usage.objects.get(round_id=round_id)
    assert (usage.quantity_milli, usage.period_from) == (2_000, SETTLED_ON)


def test_what_a_removed_meter_counted_is_settled_without_one(supply: records.Supply) -> None:
    build.change(
        kind=models.ChangeKind.REMOVE,
        service_point_id=supply.service_point_id,
        day=day(2026, 10, 5),
        closing_milli=107_000,
    )
    made = settle(supply, value_milli=None)
    assert made.agreements[0].quantity_milli == 7_000
    bill = billing.Bill.objects.get()
    assert bill.period_until == day(2026, 10, 5)
    usage = models.Usage.objects.get()
    (part,) = models.UsagePart.objects.filter(usage_id=usage.pk)
    assert (part.quantity_milli, part.opening_milli, part.closing_milli) == (7_000, 100_000, 107_000)
    assert usage.closing_reading_id == part.closing_reading_id
    assert_proved()


def test_old_and_new_meter_are_settled_together(supply: records.Supply) -> None:
    build.stock_meter(station_id=supply.station_id, serial_no="NEW-1")
    build.change(
        kind=models.ChangeKind.SWAP,
        service_point_id=supply.service_point_id,
        day=SETTLED_ON,
        closing_milli=107_000,
        new_serial_no="NEW-1",
    )
    # On the very day of the swap nothing more needs to be read.
    made = settle(supply, value_milli=None)
    assert made.agreements[0].quantity_milli == 7_000
    assert_proved()


def test_with_nothing_used_since_the_reading_of_the_day_nothing_is_billed(supply: records.Supply) -> None:
    build.read_book(book_id=supply.book_id, day=OCTOBER, values_milli={supply.register_id: 112_000})
    made = settle(supply, on=OCTOBER, value_milli=112_000)
    assert [(row.round_id, row.bill_id) for row in made.agreements] == [(None, None)]
    assert made.amount_minor == 0


def test_a_usage_far_above_average_is_looked_at_first(supply: records.Supply) -> None:
    """Then a first bill of that size goes out as well."""
    with pytest.raises(rules_changes.ChangeError) as refused:
        settle(supply, value_milli=3_100_000)
    assert refused.value.code == Fault.FAR_ABOVE_AVERAGE
    made = settle(supply, value_milli=3_100_000, is_confirmed=True)
    assert made.agreements[0].quantity_milli == 3_000_000
    assert_proved()


def test_what_the_run_would_park_is_refused_and_nothing_of_it_is_kept(supply: records.Supply) -> None:
    with pytest.raises(settle_account.SettlementParkedError) as refused:
        settle(_forgotten(supply))
    assert list(refused.value.codes.values()) == ["PERIOD_OUT_OF_RANGE"]
    assert not models.Usage.objects.exists()
    assert not billing.Bill.objects.exists()


def _forgotten(supply: records.Supply) -> records.Supply:
    """A supply that nobody read for more years than a tariff prices at once."""
    return records.supply(
        station_id=supply.station_id,
        tariff_id=records.tariff(),
        initial_milli=100_000,
        installed_on=day(1990, 1, 1),
        book_code="0102",
    )


@pytest.mark.parametrize(
    ("value_milli", "on", "reason", "code"),
    [
        (99_000, SETTLED_ON, "x", Fault.ROLL_OVER_NOT_STATED),
        (None, SETTLED_ON, "x", Fault.VALUE_MISSING),
        (109_000, day(2026, 9, 19), "x", None),
        (109_000, day(2026, 12, 1), "x", Fault.IN_FUTURE),
        (109_000, SETTLED_ON, " ", Fault.REASON_MISSING),
    ],
)
def test_what_cannot_be_settled_is_refused(
    supply: records.Supply, value_milli: int | None, on: day, reason: str, code: Any
) -> None:
    if code is None:  # before the agreement begins there is nothing to settle
        assert settle(supply, value_milli=value_milli, on=on, reason=reason).agreements == ()
        return
    with pytest.raises(rules_changes.ChangeError) as refused:
        settle(supply, value_milli=value_milli, on=on, reason=reason)
    assert refused.value.code == code


def test_who_may_not_accept_and_issue_may_not_settle(supply: records.Supply) -> None:
    clerk = records.actor(role="CLERK", unit_id=supply.station_id)
    with pytest.raises(access_rules.NotAllowedError):
        settle(supply, actor=clerk)
