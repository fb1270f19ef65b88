"""One household, imported twice under two numbers: found, merged, billed and paid as one, parted again."""

import datetime

from meterbook.application import customer_contacts, merge_customers, rate_credit
from meterbook.domain.agreements import models as agreements
from meterbook.domain.agreements import queries as agreement_queries
from meterbook.domain.customers import queries_records, queries_standing, rules_identity
from meterbook.domain.payments import models as payments
from meterbook.reporting import customer_accounts, duplicates, ledger_proof, search, timeline
from tests.builders import records
from tests.journeys import story

day = datetime.date
READ_ON, PAID_ON, LATER = day(2026, 11, 6), day(2026, 11, 10), day(2027, 2, 20)


def test_a_household_kept_twice(db: None) -> None:
    world = records.world()
    flat, shop = records.supplies(
        count=2,
        station_id=world.station_a,
        tariff_id=records.tariff(),
        installed_on=day(2026, 10, 1),
        name=["欧阳春", "欧阳春"],
    )
    by = story.people(unit_id=world.station_a)
    for supply, number in ((flat, "11010519491231002X"), (shop, "110105491231002")):
        customer_contacts.add_document(
            actor=by.clerk,
            now=story.at(READ_ON),
            today=READ_ON,
            customer_id=supply.customer_id,
            document=customer_contacts.NewDocument(
                kind=rules_identity.DocumentKind.RESIDENT_ID, number=number
            ),
        )
    round_id = story.read_book(
        by=by,
        book_id=flat.book_id,
        period=READ_ON.replace(day=1),
        on=READ_ON,
        values={flat.serial_no: 12, shop.serial_no: 20},
    )
    bills = story.bill_book(by=by, round_id=round_id, on=READ_ON)

    # The clerk sees them together in the list of duplicates, and the supervisor merges them.
    (group,) = duplicates.duplicate_groups(most=10)
    assert group.sameness is duplicates.Sameness.IDENTITY
    kept, merged = (candidate.customer_id for candidate in group.candidates)
    done = merge_customers.merge(
        actor=by.supervisor, now=story.at(READ_ON), kept_id=kept, merged_id=merged, reason="证件相同"
    )
    assert len(done.account_ids) == 1

    # Both accounts stand under one customer and owe what they owed: 12 and 20 m³ at 5 yuan, tier 1.
    owed = customer_accounts.accounts_of(customer_ids=[kept], today=READ_ON)
    assert sorted(line.owed_minor for line in owed.present) == [60_00, 100_00]
    assert owed.owed_minor == 160_00
    names = {found.head.customer_id for found in search.find(text="欧阳春", most=5)}
    assert names == {kept}, "the search leads to the kept record only"

    # Each account is paid as before, the books stay proved.
    shift_id = story.open_till(by=by, on=PAID_ON)
    for supply in (flat, shop):
        bill = bills[supply.account_id]
        story.pay(
            by=by, account_id=supply.account_id, bills=[bill], tendered_minor=bill.amount_minor, on=PAID_ON
        )
    story.close_day(by=by, shift_id=shift_id, counted={payments.Tender.CASH: 160_00}, on=PAID_ON)
    assert ledger_proof.prove().is_right
    assert customer_accounts.accounts_of(customer_ids=[kept], today=PAID_ON).owed_minor == 0

    # The moved account's own history is whole: its bill and payment, and the merge in the holder's.
    moved = agreement_queries.account_head(account_id=done.account_ids[0])
    happened = timeline.timeline(account_id=moved.account_id, customer_id=kept)
    kinds = {event.kind for event in happened.events}
    assert {timeline.Happening.BILL, timeline.Happening.PAYMENT, timeline.Happening.ACT} <= kinds
    papers = queries_records.documents_of(customer_ids=queries_records.customer_with_merged(customer_id=kept))
    assert {paper.number for paper in papers} == {"11010519491231002X", "110105491231002"}

    # In spring the credit is that of one customer who pays on time.
    rate_credit.rate_one(actor=by.supervisor, today=LATER, customer_id=kept)
    (score,) = queries_standing.scores_of(customer_id=kept)
    assert score.grade == "A"

    # It turns out the shop belongs to the son of the same name: parted, with its bill and payment.
    merge_customers.undo(actor=by.supervisor, now=story.at(LATER), merge_id=done.merge_id, reason="父子同名")
    holders = dict(agreements.Account.objects.values_list("id", "customer_id"))
    assert holders[done.account_ids[0]] == merged
    assert len(customer_accounts.accounts_of(customer_ids=[kept], today=LATER).present) == 1
    assert duplicates.duplicate_groups(most=10) == [group], "they are proposed again: nobody hid it"
    assert ledger_proof.prove().is_right
