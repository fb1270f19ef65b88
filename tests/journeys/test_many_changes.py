"""A company changes many records: a street is renamed, a round divided anew, shops are priced as shops."""

import datetime
import uuid
from collections import Counter
from collections.abc import Sequence

import pytest

from meterbook.application import edit_many
from meterbook.domain import tables
from meterbook.domain.agreements import models as agreements
from meterbook.domain.billing import models as billing
from meterbook.domain.edits import models, queries
from meterbook.domain.metering import models as metering
from meterbook.domain.premises import models as premises
from meterbook.domain.premises import queries as premise_queries
from meterbook.domain.tariffs import models as tariffs
from meterbook.reporting import ledger_proof
from tests.builders import metering as build
from tests.builders import records
from tests.journeys import story

day = datetime.date
pytestmark = pytest.mark.usefixtures("db")
WATER = str(tables.Utility.WATER.value)
INSTALLED = day(2026, 1, 5)
SHOPS = "cn/beijing/water-non-residential.yaml"


class Town:
    """One station with its people."""

    def __init__(self) -> None:
        self.world = records.world()
        self.by = story.people(unit_id=self.world.station_a)
        self.tariff_id = records.tariff()

    def supplies(self, count: int, **facts: object) -> list[records.Supply]:
        return records.supplies(
            count=count,
            station_id=self.world.station_a,
            tariff_id=self.tariff_id,
            **({"installed_on": INSTALLED} | facts),
        )

    def change(
        self, act: str, value: str, *, ids: Sequence[int], on: datetime.date, about: str = ""
    ) -> list[queries.Row]:
        """The supervisor asks, looks, says yes; the rows as they ended."""
        edit_id = edit_many.ask_for_all(
            actor=self.by.supervisor,
            question=edit_many.Question(
                request_key=uuid.uuid4(),
                subject=edit_many.ACTS[act].subject,
                act=act,
                reason="公司通知第7号",
                on=on,
            ),
            about=about,
            value=value,
            subject_ids=ids,
            now=story.at(on),
        )
        return self.go(edit_id, on=on)

    def undo(self, edit_id: int, *, on: datetime.date) -> list[queries.Row]:
        """The supervisor takes a change back."""
        undo_id = edit_many.ask_to_undo(
            actor=self.by.supervisor,
            edit_id=edit_id,
            request_key=uuid.uuid4(),
            reason="通知作废",
            now=story.at(on),
        )
        return self.go(undo_id, on=on)

    def go(self, edit_id: int, *, on: datetime.date) -> list[queries.Row]:
        who = self.by.supervisor
        edit_many.look(actor=who, edit_id=edit_id, today=on, clock=lambda: story.at(on))
        seen = queries.edit(edit_id=edit_id).fingerprint
        edit_many.start(actor=who, edit_id=edit_id, fingerprint=seen, now=story.at(on), defer=lambda: None)
        edit_many.apply(actor=who, edit_id=edit_id, today=on, clock=lambda: story.at(on))
        return queries.rows(edit_id=edit_id)


def fates(rows: list[queries.Row]) -> Counter[str]:
    """How many rows ended how."""
    return Counter(
        row.plan_code or row.outcome_code or (row.outcome.name if row.outcome else row.plan.name)
        for row in rows
    )


def test_a_street_is_renamed_for_the_doors_that_lie_in_it() -> None:
    town = Town()
    renamed = town.supplies(12, street="柳荫街")
    other = town.supplies(3, street="东关路", community="东关小区")
    ids = [supply.premise_id for supply in [*renamed, *other[:1]]]
    found = premises.Premise.objects.filter(pk__in=ids, street="柳荫街").values_list("pk", flat=True)
    rows = town.change("ADDRESS_PART", "解放大街", ids=sorted(found), on=day(2026, 3, 2), about="street")
    assert fates(rows) == {"DONE": 12}
    streets = Counter(premises.Premise.objects.values_list("street", flat=True))
    assert streets == {"解放大街": 12, "东关路": 3}
    former = premises.PremiseAlias.objects.filter(kind=premises.AliasKind.FORMER)
    assert former.values("premise").distinct().count() in {0, 12}, "where the street is part of what is read"
    assert premise_queries.premise_ids_by_address(text=renamed[0].address, most=5) == [renamed[0].premise_id]


def test_sixty_accounts_go_to_another_book_in_the_middle_of_its_round() -> None:
    """Twenty are read already and stay until that is accepted; forty go, with what is to be read of them."""
    town = Town()
    supplies = town.supplies(60, book_code="0101")
    held = town.supplies(2, book_code="0202")
    old, new, today = supplies[0].book_id, held[0].book_id, day(2026, 2, 6)
    first = build.open_round(book_id=old, day=today, actor=town.by.supervisor).round_id
    second = build.open_round(book_id=new, day=today, actor=town.by.supervisor).round_id
    read = {supply.register_id: 9_000 for supply in supplies[:20]}
    build.enter(round_id=first, values_milli=read, day=today, actor=town.by.reader)
    ids = [supply.account_id for supply in supplies]
    rows = town.change("READING_BOOK", str(new), ids=ids, on=today, about=WATER)
    assert fates(rows) == {"Place:READ_ALREADY": 20, "DONE": 40}
    entries = metering.RoundEntry.objects
    assert entries.filter(round_id=first).count() == 20
    assert entries.filter(round_id=second).count() == 42, "nobody is left out and nobody read twice"
    assert entries.values("register").distinct().count() == 62
    places = metering.BookPlace.objects.filter(book_id=new).order_by("sequence")
    assert list(places.values_list("service_point_id", flat=True)) == [
        *(supply.service_point_id for supply in held),
        *(supply.service_point_id for supply in supplies[20:]),
    ], "in the order in which they were read"
    build.accept(round_id=first, day=today, actor=town.by.supervisor)
    late = town.change("READING_BOOK", str(new), ids=ids[:20], on=today, about=WATER)
    assert fates(late) == {"DONE": 20}
    assert entries.filter(round_id=second).count() == 42, "they were read this month"


def test_moved_by_mistake_they_go_back_to_where_they_were() -> None:
    town = Town()
    supplies = town.supplies(6, book_code="0101")
    other = town.supplies(1, book_code="0202")[0]
    before = dict(metering.BookPlace.objects.values_list("service_point_id", "sequence"))
    today = day(2026, 2, 6)
    first = build.open_round(book_id=supplies[0].book_id, day=today, actor=town.by.supervisor).round_id
    ids = [supply.account_id for supply in supplies]
    rows = town.change("READING_BOOK", str(other.book_id), ids=ids, on=today, about=WATER)
    assert metering.RoundEntry.objects.filter(round_id=first).count() == 0
    edit_id = models.BulkEditRow.objects.values_list("edit_id", flat=True).get(pk=rows[0].row_id)
    assert fates(town.undo(edit_id, on=today)) == {"DONE": 6}
    assert dict(metering.BookPlace.objects.values_list("service_point_id", "sequence")) == before
    assert metering.RoundEntry.objects.filter(round_id=first).count() == 6, "they are in the round again"


def test_a_row_of_shops_is_priced_as_shops_and_the_next_bill_follows() -> None:
    """Forward from the day after the last bill; who asks for a day already billed is refused row by row."""
    town = Town()
    supplies = town.supplies(4)
    book_id = supplies[0].book_id
    tariff_id = records.tariff(file=SHOPS)
    usage_type = agreements.UsageType.objects.create(code="SHOP", name="商铺用水")

    def bill(on: datetime.date, total: int) -> dict[int, billing.Bill]:
        values = {supply.serial_no: total for supply in supplies}
        round_id = story.read_book(
            by=town.by, book_id=book_id, period=on.replace(day=1), on=on, values=values
        )
        return story.bill_book(by=town.by, round_id=round_id, on=on)

    bill(day(2026, 2, 5), 10)
    shops = [supply.account_id for supply in supplies[:3]]
    value, price = f"{usage_type.pk}:{tariff_id}", agreements.AgreementTariff.objects
    too_early = town.change("USAGE_TYPE", value, ids=shops, on=day(2026, 1, 20), about=WATER)
    assert fates(too_early) == {"BillsTouched": 3}
    assert not price.filter(tariff_id=tariff_id).exists()
    rows = town.change("USAGE_TYPE", value, ids=shops, on=day(2026, 2, 5), about=WATER)
    assert fates(rows) == {"DONE": 3}
    bills = bill(day(2026, 3, 5), 20)
    versions = dict(tariffs.TariffVersion.objects.values_list("pk", "tariff_id"))
    priced = {
        account_id: {
            versions[version_id]
            for version_id in billing.BillLine.objects.filter(bill_id=made.pk).values_list(
                "tariff_version_id", flat=True
            )
        }
        for account_id, made in bills.items()
    }
    assert priced == {
        **{account_id: {tariff_id} for account_id in shops},
        supplies[3].account_id: {town.tariff_id},
    }
    assert len({bills[account_id].amount_minor for account_id in shops}) == 1
    assert bills[shops[0]].amount_minor > bills[supplies[3].account_id].amount_minor
    assert ledger_proof.prove().is_right
