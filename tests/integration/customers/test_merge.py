"""Two records of one customer become one and two again; duplicates are found."""

import dataclasses

import pytest

from meterbook.application import actor as actors
from meterbook.application import customer_contacts, customer_standing, merge_customers
from meterbook.domain.agreements import models as agreements
from meterbook.domain.customers import models, queries_records, queries_standing, rules_identity
from meterbook.reporting import account_records, duplicates
from tests.builders import customers as builders
from tests.builders import payments, records
from tests.integration.customers.conftest import Office

TODAY, NOW = builders.TODAY, builders.NOW
Sameness = duplicates.Sameness


@dataclasses.dataclass(frozen=True)
class Twins:
    """One customer kept twice, with an account and an unpaid bill on each."""

    kept: records.Supply
    merged: records.Supply


@pytest.fixture
def twins(office: Office) -> Twins:
    other = records.supply(
        station_id=office.world.station_a, tariff_id=office.tariff_id, name="李秀兰", book_code="0102"
    )
    payments.bill(supply=office.supply, amount_minor=60_00)
    payments.bill(supply=other, amount_minor=25_00)
    return Twins(kept=office.supply, merged=other)


def merge(office: Office, twins: Twins, *, reason: str = "同一个人") -> merge_customers.Merged:
    return merge_customers.merge(
        actor=office.supervisor,
        now=NOW,
        kept_id=twins.kept.customer_id,
        merged_id=twins.merged.customer_id,
        reason=reason,
    )


def holder_of(account_id: int) -> int:
    return agreements.Account.objects.get(pk=account_id).customer_id


def present_holder_of(account_id: int) -> list[int]:
    rows = agreements.AccountHolder.objects.filter(account_id=account_id, until_on__isnull=True)
    return list(rows.values_list("customer_id", flat=True))


def owed_minor(supply: records.Supply) -> int:
    return account_records.account_money(account_id=supply.account_id, today=TODAY).owed_minor


def test_accounts_go_to_the_kept_record_and_their_bills_with_them(office: Office, twins: Twins) -> None:
    builders.whole_record(customer_id=twins.merged.customer_id, mark="丙")
    done = merge(office, twins)
    kept_id, merged_id = twins.kept.customer_id, twins.merged.customer_id
    assert done.account_ids == (twins.merged.account_id,)
    assert holder_of(twins.merged.account_id) == kept_id
    assert present_holder_of(twins.merged.account_id) == [kept_id]
    assert (owed_minor(twins.kept), owed_minor(twins.merged)) == (60_00, 25_00)
    record = queries_records.customer_record(customer_id=merged_id)
    assert record.merged_into_id == kept_id, "the old record says where it went"
    together = queries_records.customer_with_merged(customer_id=kept_id)
    assert {kept_id, merged_id} <= set(together)
    numbers = [d.number for d in queries_records.documents_of(customer_ids=together)]
    assert numbers == [builders.ID_CARD], "papers stay on their rows and are shown together"
    for customer_id in (kept_id, merged_id):
        act = office.acts(customer_id=customer_id)[-1]
        assert (act.act, act.reason) == ("CUSTOMERS_MERGED", "同一个人")


def test_the_same_merge_again_gives_the_first_result(office: Office, twins: Twins) -> None:
    first, second = merge(office, twins), merge(office, twins)
    assert (first.is_new, second.is_new) == (True, False)
    assert dataclasses.replace(second, is_new=True) == first
    assert models.CustomerMerge.objects.count() == 1


def test_undoing_gives_back_what_moved_and_is_still_there(office: Office, twins: Twins) -> None:
    done = merge(office, twins)
    undone = merge_customers.undo(
        actor=office.supervisor, now=NOW, merge_id=done.merge_id, reason="两个人同名"
    )
    assert undone.account_ids == (twins.merged.account_id,)
    assert holder_of(twins.merged.account_id) == twins.merged.customer_id
    assert holder_of(twins.kept.account_id) == twins.kept.customer_id
    record = queries_records.customer_record(customer_id=twins.merged.customer_id)
    assert record.merged_into_id is None
    lines = queries_records.merges_of(customer_ids=[twins.kept.customer_id])
    assert [(line.undoes_id, line.is_undone) for line in lines] == [(done.merge_id, False), (None, True)]
    with pytest.raises(merge_customers.MergeUndoneError):
        merge_customers.undo(actor=office.supervisor, now=NOW, merge_id=done.merge_id, reason="再来")
    again = merge(office, twins)
    assert again.is_new
    assert again.merge_id != done.merge_id


def test_what_came_with_a_merged_record_can_still_be_ended(office: Office, twins: Twins) -> None:
    came = builders.whole_record(customer_id=twins.merged.customer_id, mark="丙")
    merge(office, twins)
    kept_id = twins.kept.customer_id
    customer_contacts.close_contact(
        actor=office.clerk, now=NOW, today=TODAY, customer_id=kept_id, contact_id=came.contact_id
    )
    customer_contacts.close_document(
        actor=office.clerk,
        now=NOW,
        today=TODAY,
        customer_id=kept_id,
        document_id=came.document_id,
        reason="已换新证",
    )
    customer_standing.untag(actor=office.clerk, now=NOW, today=TODAY, customer_id=kept_id, tag_id=came.tag_id)
    customer_standing.take_off_list(
        actor=office.supervisor,
        now=NOW,
        today=TODAY,
        customer_id=kept_id,
        entry_id=came.list_entry_id,
        reason="已搬走",
    )
    together = queries_records.customer_with_merged(customer_id=kept_id)
    lines = queries_records.contact_lines(customer_ids=together)
    assert [line.valid_until for line in lines if line.contact_id == came.contact_id] == [TODAY]
    assert [d.valid_until for d in queries_records.documents_of(customer_ids=together)] == [TODAY]
    assert queries_standing.tags_of(customer_ids=together) == []
    assert [entry.until_on for entry in queries_standing.list_lines(customer_ids=together)] == [TODAY]


def test_an_account_transferred_since_is_not_given_back(office: Office, twins: Twins) -> None:
    done = merge(office, twins)
    third = builders.customer(station_id=office.world.station_a, name="新户主")
    agreements.Account.objects.filter(pk=twins.merged.account_id).update(customer_id=third.pk)
    undone = merge_customers.undo(actor=office.supervisor, now=NOW, merge_id=done.merge_id, reason="错")
    assert undone.account_ids == ()
    assert holder_of(twins.merged.account_id) == third.pk


def test_merges_are_undone_from_the_outside_in(office: Office, twins: Twins) -> None:
    inner = merge(office, twins)
    third = builders.customer(station_id=office.world.station_a)
    merge_customers.merge(
        actor=office.supervisor,
        now=NOW,
        kept_id=third.pk,
        merged_id=twins.kept.customer_id,
        reason="还是同一个人",
    )
    together = queries_records.customer_with_merged(customer_id=third.pk)
    assert {third.pk, twins.kept.customer_id, twins.merged.customer_id} == set(together)
    with pytest.raises(merge_customers.KeptMergedAwayError):
        merge_customers.undo(actor=office.supervisor, now=NOW, merge_id=inner.merge_id, reason="错")


def test_what_can_not_be_merged(office: Office, twins: Twins) -> None:
    kept_id = twins.kept.customer_id
    foreign = builders.customer(station_id=office.world.station_b)
    company = dataclasses.replace(
        office.supervisor, unit_ids=(office.world.station_a, office.world.station_b)
    )
    for merged_id, error in (
        (kept_id, merge_customers.SameCustomerError),
        (foreign.pk, merge_customers.OtherStationError),
        (10**9, merge_customers.CustomerNotFoundError),
    ):
        with pytest.raises(error):
            merge_customers.merge(
                actor=company, now=NOW, kept_id=kept_id, merged_id=merged_id, reason="同一个人"
            )
    with pytest.raises(merge_customers.ReasonMissingError):
        merge(office, twins, reason="  ")
    with pytest.raises(actors.NotAllowedError):
        merge_customers.merge(
            actor=office.clerk,
            now=NOW,
            kept_id=kept_id,
            merged_id=twins.merged.customer_id,
            reason="同一个人",
        )
    merge(office, twins)
    with pytest.raises(merge_customers.MergedAwayError):
        merge_customers.merge(
            actor=office.supervisor,
            now=NOW,
            kept_id=twins.merged.customer_id,
            merged_id=builders.customer(station_id=office.world.station_a).pk,
            reason="链",
        )


def test_a_merge_of_another_station_is_not_found(office: Office, twins: Twins, as_web_role: None) -> None:
    done = merge(office, twins)
    with pytest.raises(merge_customers.MergeNotFoundError):
        merge_customers.undo(actor=office.stranger, now=NOW, merge_id=done.merge_id, reason="错")


def add_paper(office: Office, customer_id: int, number: str) -> None:
    customer_contacts.add_document(
        actor=office.clerk,
        now=NOW,
        today=TODAY,
        customer_id=customer_id,
        document=customer_contacts.NewDocument(kind=rules_identity.DocumentKind.RESIDENT_ID, number=number),
    )


def groups() -> dict[frozenset[int], Sameness]:
    found = duplicates.duplicate_groups(most=50)
    return {frozenset(c.customer_id for c in group.candidates): group.sameness for group in found}


def test_duplicates_are_found_by_number_phone_and_name_with_address(office: Office) -> None:
    by_number = [builders.customer(station_id=office.world.station_a).pk for _ in range(2)]
    add_paper(office, by_number[0], builders.ID_CARD)
    add_paper(office, by_number[1], "110105491231002")
    phones = records.supplies(
        count=2,
        station_id=office.world.station_a,
        tariff_id=office.tariff_id,
        name=["甲一", "甲二"],
        phone="13900001111",
        book_code="0103",
    )
    crowd = records.supplies(
        count=duplicates.MOST_OF_ONE_PHONE + 1,
        station_id=office.world.station_a,
        tariff_id=office.tariff_id,
        name=[f"乙{n}" for n in range(duplicates.MOST_OF_ONE_PHONE + 1)],
        phone="13900002222",
        book_code="0104",
    )
    found = groups()
    assert found[frozenset(by_number)] is Sameness.IDENTITY, "the old form of a number is the same number"
    assert found[frozenset(s.customer_id for s in phones)] is Sameness.PHONE
    assert not any({s.customer_id for s in crowd} & ids for ids in found), "a shared phone says nothing"


def test_the_same_name_at_the_same_door_is_a_duplicate(office: Office) -> None:
    second = records.supply(
        station_id=office.world.station_a,
        tariff_id=office.tariff_id,
        utility=2,
        building="1",
        address=office.supply.address,
        phone="13900003333",
        book_code="0105",
    )
    pair = frozenset((office.supply.customer_id, second.customer_id))
    assert groups()[pair] is Sameness.NAME_AND_ADDRESS
    merge(office, Twins(kept=office.supply, merged=second))
    assert pair not in groups(), "what is merged is no duplicate any more"


def test_customers_of_two_stations_are_not_compared(office: Office) -> None:
    for station_id in (office.world.station_a, office.world.station_b):
        records.supply(
            station_id=station_id, tariff_id=office.tariff_id, phone="13900004444", book_code="0106"
        )
    assert groups() == {}
