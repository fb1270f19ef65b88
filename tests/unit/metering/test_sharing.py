"""Main and sub-meters: the parts sum to the main meter."""

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.domain.metering import rules_quantities, rules_sharing
from meterbook.domain.metering.rules_sharing import SharingFault, SharingRule, Sub, Uplift

YIBIN = Uplift(share_micro=100_000, small_milli=10_000, small_adds_milli=1_000)
SHARED = [SharingRule.EQUAL, SharingRule.BY_VOLUME, SharingRule.BY_AREA]


def subs(*quantities_milli: int, area_milli: int = 80_000) -> list[Sub]:
    return [
        Sub(sub_id=number, quantity_milli=quantity, area_milli=area_milli)
        for number, quantity in enumerate(quantities_milli, start=1)
    ]


def added(shared: rules_sharing.SharedLoss) -> list[int]:
    return [share.added_milli for share in shared.shares]


def code_of(
    *, main_milli: int = 0, given_subs: Sequence[Sub], rule: SharingRule = SharingRule.EQUAL
) -> SharingFault:
    with pytest.raises(rules_sharing.SharingError) as caught:
        rules_sharing.share_loss(main_milli=main_milli, subs=given_subs, rule=rule)
    return caught.value.code


@pytest.mark.parametrize(
    ("quantity_milli", "adds"),
    [(15_000, 1_500), (10_000, 1_000), (9_999, 1_000), (0, 1_000), (10_005, 1_001)],
)
def test_yibin_adds_one_below_ten_and_a_tenth_above(quantity_milli: int, adds: int) -> None:
    shared = rules_sharing.add_uplift(main_milli=20_000, subs=subs(quantity_milli), uplift=YIBIN)
    assert added(shared) == [adds]
    assert shared.shares[0].billed_milli == quantity_milli + adds
    assert shared.rest_milli == 20_000 - quantity_milli - adds


def test_the_bound_of_small_subs_belongs_to_the_larger() -> None:
    uplift = Uplift(share_micro=50_000, small_milli=10_000, small_adds_milli=2_000)
    shared = rules_sharing.add_uplift(main_milli=20_000, subs=subs(9_999, 10_000), uplift=uplift)
    assert added(shared) == [2_000, 500]


def test_a_fixed_uplift_leaves_its_rest_with_the_supplier() -> None:
    shared = rules_sharing.add_uplift(
        main_milli=100_000, subs=subs(60_000, 35_000), uplift=Uplift(share_micro=80_000)
    )
    assert added(shared) == [4_800, 2_800]
    assert (shared.loss_milli, shared.rest_milli, shared.rule) == (5_000, -2_600, SharingRule.UPLIFT)
    whole = rules_quantities.QuantityRounding(step_milli=1000)
    rounded = rules_sharing.add_uplift(
        main_milli=100_000, subs=subs(60_000, 35_000), uplift=Uplift(share_micro=80_000), rounding_rule=whole
    )
    assert added(rounded) == [5_000, 3_000]


def test_equal_by_volume_and_by_area() -> None:
    behind = [
        Sub(sub_id=1, quantity_milli=10_000, area_milli=120_000, households=1),
        Sub(sub_id=2, quantity_milli=20_000, area_milli=60_000, households=1),
        Sub(sub_id=3, quantity_milli=60_000, area_milli=60_000, households=2),
    ]
    found = {rule: rules_sharing.share_loss(main_milli=99_000, subs=behind, rule=rule) for rule in SHARED}
    assert added(found[SharingRule.EQUAL]) == [2_250, 2_250, 4_500]
    assert added(found[SharingRule.BY_VOLUME]) == [1_000, 2_000, 6_000]
    assert added(found[SharingRule.BY_AREA]) == [4_500, 2_250, 2_250]
    by_area = found[SharingRule.BY_AREA]
    assert [share.weight for share in by_area.shares] == [120_000, 60_000, 60_000]
    assert (by_area.main_milli, by_area.loss_milli, by_area.rest_milli) == (99_000, 9_000, 0)


def test_what_is_left_over_goes_to_the_largest_remainder_then_to_the_lower_number() -> None:
    third = rules_sharing.share_loss(main_milli=10, subs=subs(0, 0, 0), rule=SharingRule.EQUAL)
    assert added(third) == [4, 3, 3]
    turned = rules_sharing.share_loss(main_milli=10, subs=subs(0, 0, 0)[::-1], rule=SharingRule.EQUAL)
    assert {share.sub.sub_id: share.added_milli for share in turned.shares} == {1: 4, 2: 3, 3: 3}
    assert [share.sub.sub_id for share in turned.shares] == [3, 2, 1]


def test_a_main_meter_that_shows_less_takes_off() -> None:
    shared = rules_sharing.share_loss(
        main_milli=90_000, subs=subs(40_000, 60_000), rule=SharingRule.BY_VOLUME
    )
    assert added(shared) == [-4_000, -6_000]
    assert shared.loss_milli == -10_000


def test_no_sub_is_billed_less_than_nothing() -> None:
    assert code_of(main_milli=90_000, given_subs=subs(1_000, 99_000)) is SharingFault.BELOW_ZERO
    zero = rules_sharing.share_loss(main_milli=90_000, subs=subs(5_000, 95_000), rule=SharingRule.EQUAL)
    assert [share.billed_milli for share in zero.shares] == [0, 90_000]


@pytest.mark.parametrize(
    ("main_milli", "is_plausible"),
    [(100_000, True), (110_000, True), (112_000, False), (91_000, True), (90_909, False)],
)
def test_a_loss_within_a_tenth_of_the_main_meter_is_plausible(main_milli: int, is_plausible: bool) -> None:  # noqa: FBT001 -- a table's column
    for shared in (
        rules_sharing.share_loss(main_milli=main_milli, subs=subs(100_000), rule=SharingRule.EQUAL),
        rules_sharing.add_uplift(main_milli=main_milli, subs=subs(100_000), uplift=YIBIN),
    ):
        assert shared.is_plausible is is_plausible
    strict = rules_sharing.share_loss(
        main_milli=main_milli, subs=subs(100_000), rule=SharingRule.EQUAL, plausible_micro=0
    )
    assert strict.is_plausible is (main_milli == 100_000)


def test_the_main_meters_amount_as_a_price_for_the_subs() -> None:
    shared = rules_sharing.share_amount(main_minor=41_580, subs=subs(15_000, 30_000, 45_000))
    assert shared.unit_price_micro == 4_620_000
    assert shared.parts_minor == {1: 6_930, 2: 13_860, 3: 20_790}
    assert (shared.main_minor, shared.subs_milli) == (41_580, 90_000)
    yen = rules_sharing.share_amount(main_minor=1_000, subs=subs(3_000), exponent=0)
    assert (yen.unit_price_micro, yen.parts_minor) == (333_333_333, {1: 1_000})


@pytest.mark.parametrize(
    ("main_milli", "given_subs", "rule", "code"),
    [
        (0, [], SharingRule.EQUAL, SharingFault.NO_SUBS),
        (0, [*subs(1), *subs(1)], SharingRule.EQUAL, SharingFault.DUPLICATE_SUB),
        (-1, subs(1), SharingRule.EQUAL, SharingFault.NEGATIVE_QUANTITY),
        (0, subs(-1), SharingRule.EQUAL, SharingFault.NEGATIVE_QUANTITY),
        (0, subs(0, area_milli=-1), SharingRule.EQUAL, SharingFault.NEGATIVE_QUANTITY),
        (
            0,
            [Sub(sub_id=1, quantity_milli=1, households=-1)],
            SharingRule.EQUAL,
            SharingFault.NEGATIVE_QUANTITY,
        ),
        (5, subs(0, 0), SharingRule.BY_VOLUME, SharingFault.NOTHING_TO_SHARE_BY),
        (5, subs(1, area_milli=0), SharingRule.BY_AREA, SharingFault.NOTHING_TO_SHARE_BY),
    ],
)
def test_losses_that_cannot_be_shared(
    main_milli: int, given_subs: list[Sub], rule: SharingRule, code: SharingFault
) -> None:
    assert code_of(main_milli=main_milli, given_subs=given_subs, rule=rule) is code


def test_the_odd_fen_goes_to_the_lower_number() -> None:
    shared = rules_sharing.share_amount(main_minor=10, subs=subs(1, 1, 1)[::-1])
    assert shared.parts_minor == {1: 4, 2: 3, 3: 3}


def test_an_amount_without_any_usage_cannot_be_shared() -> None:
    with pytest.raises(rules_sharing.SharingError, match="NOTHING_TO_SHARE_BY"):
        rules_sharing.share_amount(main_minor=5, subs=subs(0, 0))


SUBS = st.lists(
    st.builds(
        Sub,
        sub_id=st.integers(-(2**40), 2**40),
        quantity_milli=st.integers(1, 10**6),
        area_milli=st.integers(1, 10**6),
        households=st.integers(1, 40),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda sub: sub.sub_id,
)


@given(behind=SUBS, more=st.integers(0, 10**6), rule=st.sampled_from(SHARED))
def test_the_parts_sum_to_the_main_meter(behind: list[Sub], more: int, rule: SharingRule) -> None:
    main = sum(sub.quantity_milli for sub in behind) + more
    shared = rules_sharing.share_loss(main_milli=main, subs=behind, rule=rule)
    assert sum(share.billed_milli for share in shared.shares) == main
    assert shared.rest_milli == 0
    weights = sum(share.weight for share in shared.shares)
    assert all(abs(share.added_milli - Fraction(more * share.weight, weights)) < 1 for share in shared.shares)
    turned = rules_sharing.share_loss(main_milli=main, subs=behind[::-1], rule=rule)
    assert {share.sub.sub_id: share.added_milli for share in turned.shares} == {
        share.sub.sub_id: share.added_milli for share in shared.shares
    }


@given(behind=SUBS, less=st.integers(0, 100))
def test_taking_off_by_volume_never_goes_below_zero(behind: list[Sub], less: int) -> None:
    total = sum(sub.quantity_milli for sub in behind)
    shared = rules_sharing.share_loss(
        main_milli=total * (100 - less) // 100, subs=behind, rule=SharingRule.BY_VOLUME
    )
    assert sum(share.billed_milli for share in shared.shares) == shared.main_milli
    assert all(share.billed_milli >= 0 for share in shared.shares)


@given(behind=SUBS, amount=st.integers(-(10**9), 10**9))
def test_the_parts_of_an_amount_sum_to_it(behind: list[Sub], amount: int) -> None:
    shared = rules_sharing.share_amount(main_minor=amount, subs=behind)
    assert sum(shared.parts_minor.values()) == amount
    for sub in behind:
        exact = Fraction(amount * sub.quantity_milli, shared.subs_milli)
        assert abs(shared.parts_minor[sub.sub_id] - exact) < 1
    assert abs(Fraction(amount * 10**7, shared.subs_milli) - shared.unit_price_micro) <= Fraction(1, 2)
