"""Where the money goes: by table, and by properties that hold for every offer."""

import datetime
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.domain.billing import operations as billing
from meterbook.domain.payments import models, rules

DAY = datetime.date(2026, 10, 1)
Tender = models.Tender


def bill(bill_id: int, open_minor: int, *, due: int = 0) -> billing.OpenBill:
    return billing.OpenBill(
        bill_id=bill_id,
        station_id=1,
        due_on=DAY + datetime.timedelta(days=due),
        amount_minor=open_minor,
        open_minor=open_minor,
    )


def offer(
    *bills: billing.OpenBill,
    tendered: int,
    tender: Tender = Tender.CASH,
    use_prepaid: bool = False,
    keep_change: bool = False,
    prepaid: int = 0,
) -> rules.Offer:
    return rules.Offer(
        bills=bills,
        tender=tender,
        tendered_minor=tendered,
        use_prepaid=use_prepaid,
        keep_change=keep_change,
        prepaid_available_minor=prepaid,
    )


def test_cash_above_the_due_gives_change() -> None:
    settled = rules.settle(offer=offer(bill(1, 7920), tendered=10000))
    assert (settled.received_minor, settled.change_minor, settled.cleared_minor) == (7920, 2080, 7920)


def test_change_is_kept_on_request() -> None:
    settled = rules.settle(offer=offer(bill(1, 7920), tendered=10000, keep_change=True))
    assert (settled.received_minor, settled.change_minor, settled.prepaid_added_minor) == (10000, 0, 2080)


def test_the_balance_pays_first_and_only_what_is_due() -> None:
    settled = rules.settle(offer=offer(bill(1, 67903), tendered=70000, use_prepaid=True, prepaid=3650))
    assert (settled.prepaid_used_minor, settled.change_minor) == (3650, 70000 - (67903 - 3650))
    all_of_it = rules.settle(offer=offer(bill(1, 500), tendered=0, use_prepaid=True, prepaid=3650))
    assert (all_of_it.prepaid_used_minor, all_of_it.tender) == (500, Tender.PREPAID_ONLY)


def test_a_part_payment_clears_the_oldest_due_first_then_the_lower_number() -> None:
    bills = (bill(3, 100, due=0), bill(1, 100, due=5), bill(2, 100, due=0))
    settled = rules.settle(offer=offer(*bills, tendered=250))
    assert settled.shares == (billing.Share(2, 100), billing.Share(3, 100), billing.Share(1, 50))


def test_money_without_bills_is_kept() -> None:
    settled = rules.settle(offer=offer(tendered=5000))
    assert (settled.prepaid_added_minor, settled.change_minor, settled.shares) == (5000, 0, ())


@pytest.mark.parametrize("tender", [Tender.QR_MANUAL, Tender.POS_MANUAL, Tender.TRANSFER])
def test_only_cash_gives_change(tender: Tender) -> None:
    with pytest.raises(rules.OfferRefusedError) as refused:
        rules.settle(offer=offer(bill(1, 7920), tendered=8000, tender=tender))
    assert refused.value.code is rules.RefusalCode.NO_CHANGE_FOR_THIS_TENDER
    assert refused.value.surplus_minor == 80
    kept = rules.settle(offer=offer(bill(1, 7920), tendered=8000, tender=tender, keep_change=True))
    assert kept.prepaid_added_minor == 80


@pytest.mark.parametrize(
    ("tendered", "code"),
    [
        (0, rules.RefusalCode.NOTHING_OFFERED),
        (-1, rules.RefusalCode.AMOUNT_IMPLAUSIBLE),
        (rules.LARGEST_TENDERED_MINOR + 1, rules.RefusalCode.AMOUNT_IMPLAUSIBLE),
        (2_100_038_11, rules.RefusalCode.AMOUNT_IMPLAUSIBLE),  # a scanned number in the amount
    ],
)
def test_implausible_offers_are_refused(tendered: int, code: rules.RefusalCode) -> None:
    with pytest.raises(rules.OfferRefusedError) as refused:
        rules.settle(offer=offer(bill(1, 7920), tendered=tendered))
    assert refused.value.code is code


def test_allocating_more_than_is_open_is_a_fault() -> None:
    with pytest.raises(ValueError, match="1 more"):
        rules.allocate(bills=(bill(1, 10),), amount_minor=11)


OPEN_BILLS = st.lists(st.tuples(st.integers(0, 500_000), st.integers(-60, 60)), min_size=0, max_size=8).map(
    lambda rows: tuple(bill(i, open_minor, due=due) for i, (open_minor, due) in enumerate(rows, start=1))
)


@given(
    bills=OPEN_BILLS,
    tendered=st.integers(0, 2_000_000),
    prepaid=st.integers(-500, 800_000),
    use_prepaid=st.booleans(),
    keep_change=st.booleans(),
    tender=st.sampled_from([Tender.CASH, Tender.QR_MANUAL]),
)
def test_every_fen_goes_somewhere(
    *,
    bills: tuple[billing.OpenBill, ...],
    tendered: int,
    prepaid: int,
    use_prepaid: bool,
    keep_change: bool,
    tender: Tender,
) -> None:
    try:
        settled = rules.settle(
            offer=offer(
                *bills,
                tendered=tendered,
                tender=tender,
                use_prepaid=use_prepaid,
                keep_change=keep_change,
                prepaid=prepaid,
            )
        )
    except rules.OfferRefusedError:
        return
    due = sum(found.open_minor for found in bills)
    opened = {found.bill_id: found.open_minor for found in bills}
    assert settled.received_minor + settled.prepaid_used_minor == (
        settled.cleared_minor + settled.prepaid_added_minor
    )
    assert settled.tendered_minor == tendered
    assert min(settled.change_minor, settled.prepaid_added_minor, settled.received_minor) >= 0
    assert 0 <= settled.prepaid_used_minor <= max(0, prepaid)
    assert settled.cleared_minor <= due
    assert settled.change_minor == 0 or (tender is Tender.CASH and not keep_change)
    assert all(0 < share.amount_minor <= opened[share.bill_id] for share in settled.shares)
    assert len({share.bill_id for share in settled.shares}) == len(settled.shares)
    if settled.cleared_minor < due:  # nothing is kept or given back while something is still owed
        assert settled.change_minor == settled.prepaid_added_minor == 0


@given(bills=OPEN_BILLS, part=st.integers(0, 100))
def test_a_bill_is_touched_only_when_all_older_ones_are_clear(
    bills: tuple[billing.OpenBill, ...], part: int
) -> None:
    amount = sum(found.open_minor for found in bills) * part // 100
    got = {share.bill_id: share.amount_minor for share in rules.allocate(bills=bills, amount_minor=amount)}
    assert sum(got.values()) == amount
    ordered = sorted(bills, key=lambda found: (found.due_on, found.bill_id))
    lefts = [found.open_minor - got.get(found.bill_id, 0) for found in ordered]
    first_open = next((i for i, left in enumerate(lefts) if left), len(lefts))
    assert all(found.bill_id not in got for found in ordered[first_open + 1 :])


def test_a_fingerprint_depends_on_every_fact() -> None:
    facts: dict[str, object] = {"key": uuid.UUID(int=1), "amount": 5}
    assert rules.fingerprint(facts=facts) == rules.fingerprint(facts=dict(reversed(facts.items())))
    assert rules.fingerprint(facts=facts) != rules.fingerprint(facts=facts | {"amount": 6})
