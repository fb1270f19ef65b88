"""A round becomes a preview, bills, receivables and journals, once."""

import dataclasses
import datetime
import json

import pytest
import yaml

from meterbook.application import bill_run, load_tariff
from meterbook.domain.access import models as access
from meterbook.domain.access import rules as rights
from meterbook.domain.agreements import models as agreements
from meterbook.domain.billing import models
from meterbook.domain.devices import models as devices
from meterbook.domain.ledger import models as ledger
from meterbook.domain.ledger import queries as books
from meterbook.domain.ledger import rules as chart
from meterbook.domain.metering import models as metering
from tests.builders import billing, records
from tests.builders import metering as meters

DAY = datetime.date
pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def world() -> records.World:
    return records.world()


@pytest.fixture
def supply(world: records.World) -> records.Supply:
    return records.supply(station_id=world.station_a, tariff_id=records.tariff())


def november(supply: records.Supply, *, quantity: int = 20) -> metering.Usage:
    return billing.usage(
        supply=supply,
        quantity=quantity,
        period_from=DAY(2026, 10, 28),
        period_until=DAY(2026, 11, 28),
    )


def preview_of(usage: metering.Usage) -> bill_run.RunResult:
    return billing.previewed_run(round_id=usage.round_id or 0, issue_on=DAY(2026, 11, 30))


def issue_of(usage: metering.Usage) -> bill_run.RunResult:
    return billing.issued_run(round_id=usage.round_id or 0, issue_on=DAY(2026, 11, 30))


def parked_codes(run_id: int) -> list[str]:
    return list(models.ParkedUsage.objects.filter(run_id=run_id).values_list("code", flat=True))


def test_preview_bills_nobody(supply: records.Supply) -> None:
    result = preview_of(november(supply))
    # 20 m3 x (2.07 + 1.57 + 1.36)
    assert result.totals == bill_run.RunTotals(1, 0, 20_000, 100_00)
    assert not models.Bill.objects.exists()
    assert not ledger.Journal.objects.exists()
    assert models.BillRun.objects.get().state == models.RunState.PREVIEWED


def test_issue_writes_bill_lines_receivable_and_journal(supply: records.Supply) -> None:
    usage = november(supply)
    result = issue_of(usage)
    bill = models.Bill.objects.get()
    assert (bill.usage_id, bill.account_id, bill.run_id) == (usage.pk, supply.account_id, result.run_id)
    assert (bill.amount_minor, bill.quantity_milli, bill.revision) == (100_00, 20_000, 1)
    assert (bill.issued_on, bill.due_on) == (DAY(2026, 11, 30), DAY(2026, 12, 15))
    lines = models.BillLine.objects.order_by("line_no").values_list("line_no", "tier", "amount_minor")
    assert list(lines) == [(1, 1, 41_40), (2, 0, 31_40), (3, 0, 27_20)]
    owed = models.Receivable.objects.get()
    assert (owed.bill_id, owed.amount_minor, owed.open_minor) == (bill.id, 100_00, 100_00)
    entries = ledger.LedgerEntry.objects.order_by("line_no").values_list(
        "ledger_account_id", "subject_id", "amount_minor"
    )
    assert list(entries) == [
        (chart.Chart.RECEIVABLE, supply.account_id, 100_00),
        (chart.Chart.COLLECTED_FOR_OTHERS, None, -58_60),
        (chart.Chart.REVENUE_WATER, None, -41_40),
    ]
    assert books.balance_minor(account=chart.Chart.RECEIVABLE, subject_id=supply.account_id) == 100_00
    audited = access.AuditEntry.objects.filter(act="BILL_RUN_ISSUED").get()
    assert audited.station_id == supply.station_id
    assert (audited.after or {})["amount_minor"] == 100_00


def test_issuing_again_returns_the_first_result(supply: records.Supply) -> None:
    first = issue_of(november(supply))
    again = bill_run.issue(actor=records.system(), run_id=first.run_id, now=billing.ISSUED_AT)
    assert again.is_repeat
    assert (again.run_id, again.totals, again.fingerprint) == (first.run_id, first.totals, first.fingerprint)
    assert models.Bill.objects.count() == ledger.Journal.objects.count() == 1
    assert access.AuditEntry.objects.filter(act="BILL_RUN_ISSUED").count() == 1


def test_a_changed_usage_makes_the_preview_stale(supply: records.Supply) -> None:
    usage = november(supply)
    previewed = preview_of(usage)
    billing.usage(
        supply=supply,
        quantity=21,
        period_from=usage.period_from,
        period_until=usage.period_until,
        revision=2,
    )
    with pytest.raises(bill_run.PreviewStaleError):
        bill_run.issue(actor=records.system(), run_id=previewed.run_id, now=billing.ISSUED_AT)
    assert not models.Bill.objects.exists()


def test_another_preview_than_the_one_seen_is_refused(supply: records.Supply) -> None:
    usage = november(supply)
    seen = preview_of(usage)
    billing.previewed_run(round_id=usage.round_id or 0, issue_on=DAY(2026, 12, 1))
    with pytest.raises(bill_run.PreviewStaleError):
        bill_run.issue(
            actor=records.system(), run_id=seen.run_id, now=billing.ISSUED_AT, seen=seen.fingerprint
        )


def test_an_issued_run_takes_no_preview(supply: records.Supply) -> None:
    usage = november(supply)
    issue_of(usage)
    with pytest.raises(bill_run.RunIssuedError):
        preview_of(usage)


def test_an_open_round_is_not_billed(supply: records.Supply) -> None:
    open_round = metering.Round.objects.create(
        station_id=supply.station_id,
        book_id=supply.book_id,
        period=DAY(2026, 11, 1),
        opened_on=DAY(2026, 11, 1),
    )
    with pytest.raises(bill_run.RoundNotAcceptedError):
        billing.previewed_run(round_id=open_round.pk, issue_on=DAY(2026, 11, 30))


def test_tiers_accumulate_over_the_year_and_start_again(supply: records.Supply) -> None:
    months = [(DAY(2026, 10, 28), DAY(2026, 11, 28)), (DAY(2026, 11, 28), DAY(2026, 12, 28))]
    months += [(DAY(2026, 12, 28), DAY(2027, 1, 28))]
    for period_from, period_until in months:
        usage = billing.usage(supply=supply, quantity=100, period_from=period_from, period_until=period_until)
        issue_of(usage)
    tiered = models.BillLine.objects.filter(component_no=1).order_by("bill_id", "line_no")
    assert list(tiered.values_list("tier", "before_milli", "quantity_milli")) == [
        (1, 0, 100_000),
        (1, 100_000, 80_000),
        (2, 100_000, 20_000),
        (1, 0, 100_000),
    ]


def test_persons_widen_the_tiers_from_their_day_on(world: records.World) -> None:
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff(), persons=6)
    issue_of(november(supply, quantity=200))
    assert list(
        models.BillLine.objects.filter(component_no=1).values_list("tier_until_milli", flat=True)
    ) == [210_000]


def test_a_usage_of_zero_has_a_bill_and_no_journal(supply: records.Supply) -> None:
    result = issue_of(november(supply, quantity=0))
    assert result.totals == bill_run.RunTotals(1, 0, 0, 0)
    assert models.BillLine.objects.count() == 3
    assert not models.Receivable.objects.exists()
    assert not ledger.Journal.objects.exists()


def test_what_cannot_be_billed_is_parked_and_the_others_go_out(world: records.World) -> None:
    tariff_id = records.tariff()
    good, bad = records.supplies(count=2, station_id=world.station_a, tariff_id=tariff_id)
    agreements.AgreementTariff.objects.filter(agreement_id=bad.agreement_id).delete()
    november(good)
    result = issue_of(november(bad))
    assert (result.totals.bill_count, result.totals.parked_count) == (1, 1)
    assert parked_codes(result.run_id) == [bill_run.ParkCode.NO_TARIFF]
    assert models.Bill.objects.get().account_id == good.account_id


def test_parked_usage_is_billed_later_when_its_tariff_is_there(world: records.World) -> None:
    tariff_id = records.tariff()
    supply = records.supply(station_id=world.station_a, tariff_id=tariff_id)
    kept = agreements.AgreementTariff.objects.get(agreement_id=supply.agreement_id)
    kept.delete()
    run = issue_of(november(supply))
    agreements.AgreementTariff.objects.create(
        station_id=supply.station_id,
        agreement_id=supply.agreement_id,
        tariff_id=tariff_id,
        from_on=kept.from_on,
    )
    for added_bills in (1, 0):
        added = bill_run.issue_rest(
            actor=records.system(),
            run_id=run.run_id,
            issue_on=DAY(2026, 12, 5),
            due_on=DAY(2026, 12, 20),
            now=billing.ISSUED_AT,
        )
        assert added.bill_count == added_bills
    assert parked_codes(run.run_id) == []
    stored = models.BillRun.objects.get()
    assert (stored.bill_count, stored.parked_count, stored.amount_minor) == (1, 0, 100_00)


def test_another_tariff_inside_the_period_is_not_guessed(world: records.World) -> None:
    first = records.tariff()
    supply = records.supply(station_id=world.station_a, tariff_id=first)
    standing = agreements.AgreementTariff.objects.get(agreement_id=supply.agreement_id)
    standing.until_on = DAY(2026, 11, 10)
    standing.save()
    agreements.AgreementTariff.objects.create(
        station_id=supply.station_id,
        agreement_id=supply.agreement_id,
        tariff_id=records.tariff(file="cn/beijing/water-non-residential.yaml"),
        from_on=DAY(2026, 11, 10),
    )
    result = preview_of(november(supply))
    assert parked_codes(result.run_id) == [bill_run.ParkCode.TARIFF_CHANGE_IN_PERIOD]


def test_a_new_price_from_the_reading_day_leaves_the_period_alone(world: records.World) -> None:
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff())
    standing = agreements.AgreementTariff.objects.get(agreement_id=supply.agreement_id)
    standing.until_on = DAY(2026, 11, 28)
    standing.save()
    assert preview_of(november(supply)).totals.bill_count == 1


@pytest.mark.parametrize(
    ("effective_from", "parts"),
    [(DAY(2026, 11, 28), [20_000]), (DAY(2026, 11, 27), [19_000, 1_000])],
    ids=["that day", "before"],
)
def test_a_price_that_starts_on_the_reading_day_is_for_the_next_period(
    world: records.World, effective_from: datetime.date, parts: list[int]
) -> None:
    """Supply of [28 Oct, 28 Nov) ends on the 27th; only a price that starts by then touches it."""
    text = (records.ROOT / "tariffs/cn/beijing/water-residential.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    old = content["versions"][-1]
    content["versions"].append({**old, "effective_from": effective_from})
    old["effective_until"] = effective_from
    loaded = load_tariff.load_tariff(
        actor=records.system(), text=json.dumps(content, default=str), now=records.NOW
    )
    supply = records.supply(station_id=world.station_a, tariff_id=loaded.tariff_id)
    issue_of(november(supply))
    # 30 of 31 days of 20 m3 are 19.35, in whole m3
    lines = models.BillLine.objects.filter(component_no=1).order_by("line_no")
    assert list(lines.values_list("quantity_milli", flat=True)) == parts


def test_a_usage_outside_its_agreement_is_parked(world: records.World) -> None:
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff())
    agreements.SupplyAgreement.objects.filter(pk=supply.agreement_id).update(until_on=DAY(2026, 11, 1))
    assert parked_codes(preview_of(november(supply)).run_id) == [bill_run.ParkCode.NO_AGREEMENT]


def test_a_bill_far_above_history_waits_for_a_person(world: records.World) -> None:
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff())
    billing.usage(supply=supply, quantity=10, period_from=DAY(2026, 9, 28), period_until=DAY(2026, 10, 28))
    usage = november(supply, quantity=150)
    run = issue_of(usage)
    assert parked_codes(run.run_id) == [bill_run.ParkCode.FAR_ABOVE_HISTORY]
    with pytest.raises(bill_run.ReasonMissingError):
        bill_run.release(actor=records.system(), usage_id=usage.pk, reason=" ", now=billing.ISSUED_AT)
    person = records.actor(role="SUPERVISOR", unit_id=world.company_unit_id)
    bill_run.release(actor=person, usage_id=usage.pk, reason="Pool filled", now=billing.ISSUED_AT)
    added = bill_run.issue_rest(
        actor=person,
        run_id=run.run_id,
        issue_on=DAY(2026, 12, 5),
        due_on=DAY(2026, 12, 20),
        now=billing.ISSUED_AT,
    )
    assert (added.bill_count, added.parked_count) == (1, 0)
    kept = models.ParkedUsage.objects.get()
    assert (kept.released_by_id, kept.release_reason) == (person.staff_id, "Pool filled")


@pytest.mark.parametrize(("band", "expected"), [(0, [bill_run.ParkCode.FAR_ABOVE_HISTORY]), (1, [])])
def test_the_meter_that_hung_there_before_is_history_too(
    world: records.World, band: int, expected: list[bill_run.ParkCode]
) -> None:
    """10 m³ a month on the old meter, 150 on the new one; a register of another band says nothing."""
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff())
    old = meters.stock_meter(station_id=world.station_a, serial_no="FORMER", bands=(band,))
    former = dataclasses.replace(supply, register_id=devices.Register.objects.get(meter=old).pk)
    billing.usage(supply=former, quantity=10, period_from=DAY(2026, 9, 28), period_until=DAY(2026, 10, 28))
    run = issue_of(november(supply, quantity=150))
    assert parked_codes(run.run_id) == expected


def test_only_the_latest_revision_of_a_usage_is_billed_and_counted(supply: records.Supply) -> None:
    for revision, quantity in ((1, 100), (2, 60)):
        billing.usage(
            supply=supply,
            quantity=quantity,
            period_from=DAY(2026, 9, 28),
            period_until=DAY(2026, 10, 28),
            revision=revision,
        )
    issue_of(november(supply))
    assert models.BillLine.objects.filter(component_no=1).get().before_milli == 60_000


@pytest.mark.parametrize(("role", "may_issue"), [("CLERK", False), ("SUPERVISOR", True)])
def test_issuing_needs_the_right(world: records.World, *, role: str, may_issue: bool) -> None:
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff())
    run = preview_of(november(supply))
    person = records.actor(role=role, unit_id=world.station_a)
    if may_issue:
        issued = bill_run.issue(actor=person, run_id=run.run_id, now=billing.ISSUED_AT)
        assert models.BillRun.objects.get().issued_by_id == person.staff_id
        assert issued.totals == run.totals
    else:
        with pytest.raises(rights.NotAllowedError):
            bill_run.issue(actor=person, run_id=run.run_id, now=billing.ISSUED_AT)


def test_a_person_of_another_station_finds_no_round(
    world: records.World, request: pytest.FixtureRequest
) -> None:
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff())
    usage = november(supply)
    stranger = records.actor(role="SUPERVISOR", unit_id=world.station_b)
    insider = records.actor(role="SUPERVISOR", unit_id=world.station_a)
    request.getfixturevalue("as_web_role")

    def preview_by(person: rights.Actor) -> bill_run.RunResult:
        return bill_run.preview(
            actor=person,
            round_id=usage.round_id or 0,
            issue_on=DAY(2026, 11, 30),
            due_on=DAY(2026, 12, 15),
            now=billing.ISSUED_AT,
        )

    with pytest.raises(bill_run.RoundUnknownError):
        preview_by(stranger)
    run = preview_by(insider)
    with pytest.raises(bill_run.RunUnknownError):
        bill_run.issue(actor=stranger, run_id=run.run_id, now=billing.ISSUED_AT)
    issued = bill_run.issue(actor=insider, run_id=run.run_id, now=billing.ISSUED_AT)
    assert issued.totals.amount_minor == 100_00


def test_several_books_together_come_to_the_same_as_one_by_one(world: records.World) -> None:
    tariff_id = records.tariff()
    rounds = []
    for book, quantity in (("0101", 20), ("0102", 200), ("0103", 0)):
        supply = records.supply(station_id=world.station_a, tariff_id=tariff_id, book_code=book)
        rounds.append(november(supply, quantity=quantity).round_id or 0)
    dates = bill_run.Dates(issue_on=DAY(2026, 11, 30), due_on=DAY(2026, 12, 15))
    alone = [billing.previewed_run(round_id=round_id, issue_on=dates.issue_on) for round_id in rounds]
    together = bill_run.preview_many(
        actor=records.system(), round_ids=rounds, dates=dates, now=billing.ISSUED_AT
    )
    assert [together[round_id] for round_id in rounds] == alone
    stale = {result.run_id: result.fingerprint for result in alone} | {alone[1].run_id: "other"}
    issued = bill_run.issue_many(actor=records.system(), seen=stale, now=billing.ISSUED_AT)
    assert isinstance(issued[alone[1].run_id], bill_run.PreviewStaleError)
    assert [issued[alone[i].run_id] for i in (0, 2)] == [alone[0], alone[2]]
    assert models.Bill.objects.count() == 2
    assert set(models.Bill.objects.values_list("run_id", flat=True)) == {alone[0].run_id, alone[2].run_id}
