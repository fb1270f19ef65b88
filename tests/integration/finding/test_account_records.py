"""The account's list, records and timeline say what the books say."""

import datetime

from meterbook.domain.agreements import queries as agreements
from meterbook.reporting import account_records, accounts, timeline, today
from tests.builders import payments, records

TODAY = datetime.date(2026, 10, 20)


def test_money_facts_come_from_the_ledger(db: None) -> None:
    world = records.world()
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff())
    nothing = account_records.account_money(account_id=supply.account_id, today=TODAY)
    assert (nothing.owed_minor, nothing.prepaid_minor, nothing.last_paid_minor) == (0, 0, None)
    late = payments.bill(supply=supply, amount_minor=60_00, due_on=datetime.date(2026, 10, 15))
    payments.bill(supply=supply, amount_minor=25_00, due_on=datetime.date(2026, 11, 15))
    till = payments.till(station_id=world.station_a)
    payments.take(till=till, command=payments.command(supply=supply, bill_ids=(late,), tendered_minor=10_00))

    money = account_records.account_money(account_id=supply.account_id, today=TODAY)

    assert money.owed_minor == 75_00
    assert money.overdue_minor == 50_00
    assert money.open_bills == 2
    assert money.oldest_due_on == datetime.date(2026, 10, 15)
    assert (money.last_paid_minor, money.last_paid_on) == (10_00, payments.TODAY)
    assert (
        sum(b.open_minor for b in account_records.bills_of(account_id=supply.account_id, only_open=True))
        == 75_00
    )


def test_the_list_counts_and_sums_what_it_shows(db: None) -> None:
    world = records.world()
    tariff_id = records.tariff()
    a = records.supplies(count=3, station_id=world.station_a, tariff_id=tariff_id, community="甲园")
    records.supplies(
        count=2, station_id=world.station_a, tariff_id=tariff_id, book_code="0102", community="乙园"
    )
    payments.bill(supply=a[0], amount_minor=60_00)
    payments.bill(supply=a[1], amount_minor=30_00)
    wants = {
        accounts.AccountFilter(): (5, 90_00),
        accounts.AccountFilter(owing=True): (2, 90_00),
        accounts.AccountFilter(owing=False): (3, 0),
        accounts.AccountFilter(community="甲园"): (3, 90_00),
        accounts.AccountFilter(book_id=a[0].book_id): (3, 90_00),
        accounts.AccountFilter(utility=2): (0, 0),
        accounts.AccountFilter(customer_class=1, state=1): (5, 90_00),
    }
    for wanted, (count, owed_minor) in wants.items():
        sums = accounts.account_sums(wanted=wanted)
        rows = accounts.account_rows(
            wanted=wanted, sort="account_no", is_descending=False, offset=0, limit=50
        )
        assert (sums.accounts, sums.owed_minor) == (count, owed_minor), wanted
        assert (len(rows), sum(row.owed_minor for row in rows)) == (count, owed_minor), wanted


def test_pages_of_every_sort_never_overlap(db: None) -> None:
    world = records.world()
    records.supplies(count=7, station_id=world.station_a, tariff_id=records.tariff())
    for sort in accounts.SORTS:
        for is_descending in (False, True):
            pages = [
                accounts.account_rows(
                    wanted=accounts.AccountFilter(),
                    sort=sort,
                    is_descending=is_descending,
                    offset=offset,
                    limit=3,
                )
                for offset in (0, 3, 6)
            ]
            ids = [row.account_id for page in pages for row in page]
            assert len(ids) == len(set(ids)) == 7, sort


def test_the_timeline_holds_everything_newest_first(db: None) -> None:
    world = records.world()
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff())
    bill_id = payments.bill(supply=supply, amount_minor=60_00)
    till = payments.till(station_id=world.station_a)
    payments.take(
        till=till, command=payments.command(supply=supply, bill_ids=(bill_id,), tendered_minor=60_00)
    )

    page = timeline.timeline(account_id=supply.account_id, customer_id=supply.customer_id)

    assert [event.kind for event in page.events] == ["PAYMENT", "BILL", "READING"]
    assert [event.at for event in page.events] == sorted((event.at for event in page.events), reverse=True)
    assert not page.has_older
    first = timeline.timeline(account_id=supply.account_id, customer_id=supply.customer_id, size=2)
    second = timeline.timeline(account_id=supply.account_id, customer_id=supply.customer_id, size=2, page=2)
    assert first.has_older
    assert not second.has_older
    assert (*first.events, *second.events) == page.events
    only = timeline.timeline(
        account_id=supply.account_id,
        customer_id=supply.customer_id,
        kinds=frozenset({timeline.Happening.READING}),
    )
    assert [event.kind for event in only.events] == ["READING"]


def test_supplies_show_what_is_in_force_on_the_day(db: None) -> None:
    world = records.world()
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff(), persons=5)
    (line,) = agreements.supplies_of(account_id=supply.account_id, on=TODAY)
    assert (line.serial_no, line.persons, line.tariff_code) == (supply.serial_no, 5, records.BEIJING_WATER)
    (before,) = agreements.supplies_of(account_id=supply.account_id, on=datetime.date(2025, 1, 1))
    assert (before.serial_no, before.persons, before.tariff_code) == ("", None, "")


def test_the_figures_of_the_day(db: None) -> None:
    world = records.world()
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff())
    bill_id = payments.bill(supply=supply, amount_minor=60_00, due_on=datetime.date(2026, 10, 1))
    till = payments.till(station_id=world.station_a)
    payments.take(
        till=till, command=payments.command(supply=supply, bill_ids=(bill_id,), tendered_minor=20_00)
    )

    figures = today.figures(today=payments.TODAY)

    assert (figures.accounts, figures.owing_accounts, figures.owed_minor, figures.overdue_minor) == (
        1,
        1,
        40_00,
        40_00,
    )
    assert (figures.taken_minor, figures.payments, figures.open_shifts) == (20_00, 1, 1)
    assert today.figures(today=TODAY).taken_minor == 0
