"""What happened to the demo's records, month by month: each story is acted by the product's own use cases.

Every story is done once however often it is asked for, so a build that was cut short is simply run again. A
station with fewer households has fewer stories.
"""

import datetime
from collections.abc import Callable

from meterbook.application import api_access, rate_credit, saved_views
from meterbook.application.actor import Actor
from meterbook.domain.agreements import models as agreements
from meterbook.domain.customers import models as customers
from meterbook.domain.tariffs import models as tariffs
from meterbook.interfaces.cli import (
    demo_history,
    demo_people,
    demo_records_accounts,
    demo_records_fees,
    demo_records_files,
    demo_records_meters,
    demo_records_people,
    demo_records_places,
    demo_town,
)
from meterbook.interfaces.cli.demo_town import Home, Town
from meterbook.kernel import period

HOUSEHOLDS = 12
# Which household each story is about; the first is the one with a bit of everything.
RICH, DEAD_METER, SOLD, AWAY, GONE, MISTAKEN, SHOP_BELOW, HELPED, STOPPED, TWICE, PAIR, OLD = range(
    HOUSEHOLDS
)
# How many months ago a story happened.
_BOX, _DEAD, _SOLD, _BUILT, _SWAPPED, _SHOPS, _MIXED = 6, 5, 4, 4, 3, 3, 2
KEY_PER_MINUTE = 60
_STATE = agreements.AccountState


def before_month(town: Town, *, months_ago: int, month: demo_history.Month) -> None:
    """What happened to the station's records in the weeks before the books of a month were read."""
    eighth = month.first.replace(day=8)
    if months_ago == _BOX:
        demo_records_meters.received(town, on=month.first.replace(day=3))
        _for(town, RICH, lambda home: demo_records_places.old_house(town, home, on=eighth))
    if months_ago == _DEAD:
        _for(town, DEAD_METER, lambda home: demo_records_meters.dead(town, home, number=1, on=eighth))
    if months_ago == _BUILT:
        demo_records_places.new_buildings(town, on=month.first.replace(day=6))
    if months_ago == _SOLD:
        _for(town, SOLD, lambda home: demo_records_accounts.transferred(town, home, on=eighth))
    if months_ago == _SWAPPED:
        _for(town, RICH, lambda home: demo_records_meters.swapped(town, home, number=0, on=eighth))
        _shops(town, on=eighth)
    if months_ago == _MIXED:
        began_on = period.add_months(month.read_on, -1)
        shop_id = _tariff(demo_people.TARIFFS[demo_people.WATER, demo_people.BUSINESS])
        _for(
            town,
            SHOP_BELOW,
            lambda home: demo_records_accounts.mixed_use(town, home, shop_tariff_id=shop_id, on=began_on),
        )


def lately(town: Town, *, today: datetime.date) -> None:
    """What happened since the last pay day; it is all done before this month's books are opened."""
    last = period.add_months(today.replace(day=1), -1)
    first, second, third = (last.replace(day=day) for day in (26, 27, 28))
    _papers(town, today=today, on=first)
    _customers(town, on=first)
    _states(town, on=first)
    leaving = [home for home in map(town.home, (GONE, MISTAKEN)) if home is not None]
    leaving = [home for home in leaving if not demo_records_accounts.was_closed(town, home)]
    if leaving:
        with demo_town.till_of(town.chief, taken_over_by=town.supervisor, on=second):
            for home in leaving:
                demo_records_accounts.closed(town, home, reason="房屋拆迁，申请销户", on=second)
    _for(town, MISTAKEN, lambda home: demo_records_accounts.reopened(town, home, on=third))


def _shops(town: Town, *, on: datetime.date) -> None:
    """A property company takes over the shops of the new building: accounts, meters, supply."""
    doors = demo_records_places.new_buildings(town, on=on)
    customer_id = demo_records_people.company(town, on=on)
    tariff_id = _tariff(demo_people.TARIFFS[demo_people.WATER, demo_people.BUSINESS])
    for number, premise_id in enumerate(doors, start=2):
        opened, point_id = demo_records_accounts.shop_opened(
            town, customer_id=customer_id, premise_id=premise_id, tariff_id=tariff_id, on=on
        )
        demo_records_meters.fitted(town, service_point_id=point_id, number=number, on=on)
        demo_records_accounts.supplied(town, account_id=opened.account_id, on=on)


def _papers(town: Town, *, today: datetime.date, on: datetime.date) -> None:
    def rich(home: Home) -> None:
        demo_records_people.papers_shown(town, home, on=on)
        demo_records_accounts.large_household(town, home, on=on)
        demo_records_accounts.other_numbers(town, home, on=on)
        began_on = period.add_months(today, -12)
        ends_on = today + datetime.timedelta(days=20)
        demo_records_accounts.contract(town, home, number=1, on=began_on, until_on=ends_on)
        demo_records_accounts.certificate(town, home, on=on, is_lost_once=False)
        demo_records_meters.sealed(town, home, on=on)
        shown = demo_town.shown(service_point_id=home.service_point_id, agreement_id=home.agreement_id)
        demo_records_files.handed_in(
            town, home, meter_id=shown.meter_id, contract_no=f"CONTRACT {town.mark}-0001", on=on
        )
        station, area = ("E1", "DMA-01") if town.mark.endswith("1") else ("E2", "DMA-02")
        demo_records_places.classified(town, home, station_code=station, area_code=area, on=on)

    def helped(home: Home) -> None:
        demo_records_accounts.usage_and_concession(town, home, on=on)
        demo_records_accounts.certificate(town, home, on=on, is_lost_once=True)
        demo_records_fees.charged_by_mistake(town, home, on=on)

    _for(town, RICH, rich)
    _for(town, HELPED, helped)


def _customers(town: Town, *, on: datetime.date) -> None:
    def twice(home: Home) -> None:
        heat_id = _tariff(demo_records_people.HEAT_TARIFF)
        opened = demo_records_people.merged(town, home, tariff_id=heat_id, on=on)
        demo_records_accounts.heated_area(town, account_id=opened.account_id, on=on)

    _for(town, TWICE, twice)
    _for(town, PAIR, lambda home: demo_records_people.kept_twice(town, home, on=on))
    _for(town, OLD, lambda home: demo_records_people.moved_phone(town, home, on=on))
    for number, kind, reason in (
        (OLD, customers.ListKind.CARE, "独居老人，抄表前先电话联系"),
        (STOPPED, customers.ListKind.WATCH, "私接管线，整改未验收"),
    ):
        if (home := town.home(number)) is not None:
            demo_records_people.put_on_list(town, home, kind=kind, reason=reason, on=on)


def _states(town: Town, *, on: datetime.date) -> None:
    for number, wanted, reason in (
        (AWAY, _STATE.SUSPENDED, "长期外出，申请报停"),
        (STOPPED, _STATE.STOPPED, "私接管线，停水整改"),
    ):
        if (home := town.home(number)) is not None:
            demo_records_accounts.suspended(town, home, wanted=wanted, reason=reason, on=on)


def _for(town: Town, number: int, story: Callable[[Home], object]) -> None:
    """Tell a story about a household, where the town has so many."""
    home = town.home(number)
    if home is not None:
        story(home)


def _tariff(code: str) -> int:
    return tariffs.Tariff.objects.values_list("id", flat=True).get(code=code)


def company_lists(*, system: Actor, now: datetime.datetime) -> None:
    """What holds for all stations, before their stories begin: usage types, fees, classes of premises."""
    demo_records_accounts.company_usage_types(actor=system, now=now)
    demo_records_fees.company_fees(actor=system, now=now)
    demo_records_places.company_classes(actor=system, now=now)


def company_end(
    *, system: Actor, admin: Actor, clerks: list[Actor], today: datetime.date, now: datetime.datetime
) -> None:
    """What is done for all stations when their past is written: credit, shared views, a key for a partner."""
    for on in (period.add_months(today.replace(day=1), -3), today):
        for _chunk in rate_credit.rate_everybody(actor=system, today=on):
            pass
    for clerk in clerks:
        saved_views.save(
            actor=clerk,
            list_name="customers",
            name="欠费户",
            query="owing=1&sort=-owed_minor",
            is_shared=True,
        )
        saved_views.save(
            actor=clerk, list_name="customer_records", name="关怀名单", query="list_kind=2", is_shared=True
        )
    _partner(admin, now=now)


def _partner(admin: Actor, *, now: datetime.datetime) -> None:
    """A partner may read balances. Its secret is shown to nobody: who wants to try makes another key."""
    from meterbook.domain.access import models as access

    name = "政务服务平台（查询欠费）"
    if not access.ApiClient.objects.filter(name=name).exists():
        new = api_access.NewClient(
            name=name,
            unit_id=admin.home_unit_id,
            scopes=("accounts", "balances"),
            per_minute=KEY_PER_MINUTE,
            expires_on=period.add_months(now.date(), 12),
        )
        api_access.give(actor=admin, new=new, now=now)
