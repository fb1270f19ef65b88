import datetime as dt
from typing import Any

import polars as pl
import pytest

from meterbook.kernel import frames, period, rounding
from meterbook.rating import late_fee_policy, late_fees
from meterbook.rating.late_fee_policy import CountsFrom, DayCount, LateFeePolicy, LaterRate, YearEnd
from tests.unit.rating import late_fee_samples as samples
from tests.unit.rating.late_fee_samples import Debt

PLAIN = LateFeePolicy(rate_micro=2000, cap_micro=None)
DAYS, FLOOR, CAP = late_fees.LineKind
# 1 to 7 May 2025 are off, Sunday 27 April is worked instead.
MAY = late_fee_policy.WorkCalendar(
    covers=period.Period(from_=dt.date(2025, 4, 21), until=dt.date(2025, 5, 12)),
    days_off=frozenset(
        {dt.date(2025, 4, 26), *(dt.date(2025, 5, day) for day in (1, 2, 3, 4, 5, 6, 7, 10, 11))}
    ),
)


def lines(
    *debts: Debt, policy: LateFeePolicy = PLAIN, calendar: late_fee_policy.WorkCalendar | None = None
) -> list[dict[str, Any]]:
    frame = samples.debts_frame(debts)
    return late_fees.LINES.check(
        late_fees.charge(debts=frame, policies={1: policy}, calendar=calendar)
    ).to_dicts()


def amounts(
    *debts: Debt, policy: LateFeePolicy = PLAIN, calendar: late_fee_policy.WorkCalendar | None = None
) -> list[int]:
    return [line["amount_minor"] for line in lines(*debts, policy=policy, calendar=calendar)]


def code(
    *debts: Debt, policy: LateFeePolicy = PLAIN, calendar: late_fee_policy.WorkCalendar | None = None
) -> list[tuple[Any, ...]]:
    found = late_fees.unchargeable(debts=samples.debts_frame(debts), policies={1: policy}, calendar=calendar)
    return late_fees.UNCHARGEABLE.check(found).rows()


def test_a_line_says_all_that_a_pencil_needs() -> None:
    assert lines(Debt(paid_on=dt.date(2000, 12, 18))) == [
        {
            "debt_id": 1,
            "line_no": 1,
            "policy_id": 1,
            "kind": DAYS,
            "principal_minor": 200_000,
            "period_from": dt.date(2000, 12, 16),
            "period_until": dt.date(2000, 12, 19),
            "days": 3,
            "rate_micro": 2000,
            "limit_minor": None,
            "amount_minor": 1200,
            "rounding": rounding.Rounding.FEN_HALF_UP,
        }
    ]


@pytest.mark.parametrize("paid_on", [dt.date(1999, 1, 1), dt.date(2000, 12, 15)])
def test_paid_in_time_costs_nothing(paid_on: dt.date) -> None:
    assert lines(Debt(paid_on=paid_on)) == []


@pytest.mark.parametrize(
    ("rule", "fees"),
    [
        (YearEnd.SPLIT, [6400, 10800, 1800]),
        (YearEnd.CARRIED, [20400, 1800]),
        (YearEnd.NEW_YEAR_ONLY, [10800, 1800]),
    ],
)
def test_three_rules_for_the_end_of_the_year(rule: YearEnd, fees: list[int]) -> None:
    policy = LateFeePolicy(rate_micro=2000, later=LaterRate(rate_micro=3000, rule=rule))
    december = Debt(paid_on=dt.date(2001, 1, 18))
    january = Debt(
        paid_on=dt.date(2001, 1, 18), due_on=dt.date(2001, 1, 15), principal_minor=300_000, debt_id=2
    )
    assert amounts(december, january, policy=policy) == fees


@pytest.mark.parametrize(
    ("rule", "until"),
    [
        (
            YearEnd.SPLIT,
            [(dt.date(2000, 12, 16), dt.date(2001, 1, 1)), (dt.date(2001, 1, 1), dt.date(2003, 1, 2))],
        ),
        (YearEnd.CARRIED, [(dt.date(2000, 12, 16), dt.date(2003, 1, 2))]),
        (YearEnd.NEW_YEAR_ONLY, [(dt.date(2001, 1, 1), dt.date(2003, 1, 2))]),
    ],
)
def test_only_the_first_end_of_a_year_changes_the_rate(
    rule: YearEnd, until: list[tuple[dt.date, dt.date]]
) -> None:
    policy = LateFeePolicy(rate_micro=2000, later=LaterRate(rate_micro=3000, rule=rule))
    found = lines(Debt(paid_on=dt.date(2003, 1, 1)), policy=policy)
    kinds = [line for line in found if line["kind"] == DAYS]
    assert [(line["period_from"], line["period_until"]) for line in kinds] == until
    assert kinds[-1]["rate_micro"] == 3000


@pytest.mark.parametrize("rule", YearEnd)
def test_the_last_day_of_the_year_is_still_the_old_year(rule: YearEnd) -> None:
    policy = LateFeePolicy(rate_micro=2000, later=LaterRate(rate_micro=3000, rule=rule))
    (line,) = lines(Debt(paid_on=dt.date(2000, 12, 31)), policy=policy)
    assert (line["rate_micro"], line["days"]) == (2000, 16)
    last = lines(Debt(paid_on=dt.date(2001, 1, 1)), policy=policy)[-1]
    assert last["rate_micro"] == 3000


def test_a_debt_due_on_the_last_day_has_only_days_of_the_new_year() -> None:
    policy = LateFeePolicy(rate_micro=2000, later=LaterRate(rate_micro=3000, rule=YearEnd.SPLIT))
    (line,) = lines(Debt(due_on=dt.date(2000, 12, 31), paid_on=dt.date(2001, 1, 2)), policy=policy)
    assert (line["rate_micro"], line["days"]) == (3000, 2)


@pytest.mark.parametrize(
    ("counts_from", "paid_day", "days"),
    [
        (CountsFrom.DUE_DAY, 10, None),
        (CountsFrom.DUE_DAY, 11, 11),
        (CountsFrom.GRACE_END, 10, None),
        (CountsFrom.GRACE_END, 11, 1),
    ],
)
def test_grace(counts_from: CountsFrom, paid_day: int, days: int | None) -> None:
    policy = LateFeePolicy(rate_micro=2000, grace_days=10, counts_from=counts_from)
    found = lines(Debt(paid_on=samples.DUE + dt.timedelta(days=paid_day)), policy=policy)
    assert [line["days"] for line in found] == ([] if days is None else [days])


def test_parts_paid_in_the_grace_are_free_and_the_rest_counts_from_the_due_day() -> None:
    policy = LateFeePolicy(rate_micro=1000, grace_days=15)
    parts = [
        Debt(principal_minor=40_000, debt_minor=100_000, paid_on=samples.DUE + dt.timedelta(days=9)),
        Debt(principal_minor=60_000, debt_minor=100_000, paid_on=samples.DUE + dt.timedelta(days=39)),
    ]
    assert amounts(*parts, policy=policy) == [60_000 * 39 // 1000]


def test_a_payment_taken_back_counts_from_that_day() -> None:
    bounced = Debt(from_on=dt.date(2000, 12, 20), paid_on=dt.date(2000, 12, 25))
    (line,) = lines(bounced)
    assert (line["period_from"], line["days"]) == (dt.date(2000, 12, 21), 5)
    assert lines(Debt(from_on=dt.date(2000, 12, 20), paid_on=dt.date(2000, 12, 20))) == []
    early = Debt(from_on=dt.date(2000, 1, 1), paid_on=dt.date(2000, 12, 16))
    assert [line["days"] for line in lines(early)] == [1]


def test_working_days_and_a_due_day_that_moves() -> None:
    due = Debt(due_on=dt.date(2025, 4, 26), paid_on=dt.date(2025, 5, 9))
    stays = LateFeePolicy(rate_micro=2000, day_count=DayCount.WORKDAYS)
    moves = LateFeePolicy(rate_micro=2000, moves_due_day=True)
    both = LateFeePolicy(rate_micro=2000, moves_due_day=True, day_count=DayCount.WORKDAYS)
    # 27, 28, 29, 30 April, 8 and 9 May are worked
    assert [line["days"] for line in lines(due, policy=stays, calendar=MAY)] == [6]
    assert [line["days"] for line in lines(due, policy=moves, calendar=MAY)] == [12]
    assert [line["days"] for line in lines(due, policy=both, calendar=MAY)] == [5]


def test_a_due_day_in_a_row_of_days_off_moves_behind_them() -> None:
    assert MAY.next_workdays()[dt.date(2025, 5, 1)] == dt.date(2025, 5, 8)
    policy = LateFeePolicy(rate_micro=2000, moves_due_day=True)
    due = dt.date(2025, 5, 1)
    assert lines(Debt(due_on=due, paid_on=dt.date(2025, 5, 8)), policy=policy, calendar=MAY) == []
    (line,) = lines(Debt(due_on=due, paid_on=dt.date(2025, 5, 9)), policy=policy, calendar=MAY)
    assert (line["period_from"], line["days"]) == (dt.date(2025, 5, 9), 1)


def test_overdue_days_that_are_all_days_off_cost_nothing_not_even_the_floor() -> None:
    policy = LateFeePolicy(rate_micro=2000, day_count=DayCount.WORKDAYS, floor_minor=100)
    holiday = Debt(due_on=dt.date(2025, 4, 30), paid_on=dt.date(2025, 5, 7))
    assert lines(holiday, policy=policy, calendar=MAY) == []
    assert (
        len(
            lines(Debt(due_on=dt.date(2025, 4, 30), paid_on=dt.date(2025, 5, 8)), policy=policy, calendar=MAY)
        )
        == 1
    )


def test_the_floor_raises_a_small_sum_once_for_the_debt() -> None:
    policy = LateFeePolicy(rate_micro=1000, floor_minor=100)
    parts = [
        Debt(principal_minor=1000, debt_minor=3000, paid_on=samples.DUE + dt.timedelta(days=day))
        for day in (3, 4, 5)
    ]
    found = lines(*parts, policy=policy)
    assert [(line["kind"], line["line_no"], line["amount_minor"]) for line in found] == [
        (DAYS, 1, 3), (DAYS, 2, 4), (DAYS, 3, 5), (FLOOR, 4, 88),
    ]  # fmt: skip
    assert found[-1] == {
        "debt_id": 1,
        "line_no": 4,
        "policy_id": 1,
        "kind": FLOOR,
        "principal_minor": None,
        "period_from": None,
        "period_until": None,
        "days": None,
        "rate_micro": None,
        "limit_minor": 100,
        "amount_minor": 88,
        "rounding": rounding.Rounding.FEN_HALF_UP,
    }


def test_a_sum_at_the_floor_has_no_line_of_it() -> None:
    policy = LateFeePolicy(rate_micro=1000, floor_minor=100)
    at_floor = Debt(principal_minor=100_000, paid_on=samples.DUE + dt.timedelta(days=1))
    assert amounts(at_floor, policy=policy) == [100]


def test_a_fee_that_rounds_to_nothing_is_still_a_fee() -> None:
    small = Debt(principal_minor=10, paid_on=samples.DUE + dt.timedelta(days=1))
    assert amounts(small, policy=LateFeePolicy(rate_micro=1000)) == [0]
    assert amounts(small, policy=LateFeePolicy(rate_micro=1000, floor_minor=5)) == [0, 5]
    assert amounts(small, policy=LateFeePolicy(rate_micro=0, floor_minor=5)) == [0]


def test_a_debt_of_nothing_has_no_line() -> None:
    assert lines(Debt(principal_minor=0, paid_on=dt.date(2001, 1, 1))) == []


def test_the_cap_is_a_share_of_the_whole_debt() -> None:
    policy = LateFeePolicy(rate_micro=5000, cap_micro=300_000)
    parts = [
        Debt(principal_minor=10_000, debt_minor=17_000, paid_on=samples.DUE + dt.timedelta(days=100)),
        Debt(principal_minor=7_000, debt_minor=17_000, paid_on=samples.DUE + dt.timedelta(days=200)),
    ]
    found = lines(*parts, policy=policy)
    assert [line["amount_minor"] for line in found] == [5000, 7000, -6900]
    cap = found[-1]
    assert (cap["kind"], cap["principal_minor"], cap["rate_micro"], cap["limit_minor"]) == (
        CAP,
        17_000,
        300_000,
        5100,
    )


@pytest.mark.parametrize(
    ("cap_micro", "fees"), [(None, [1020]), (1_000_000, [1020, -20]), (1_020_000, [1020])]
)
def test_cap_none_the_principal_or_just_reached(cap_micro: int | None, fees: list[int]) -> None:
    policy = LateFeePolicy(rate_micro=10_000, cap_micro=cap_micro)
    assert (
        amounts(Debt(principal_minor=1000, paid_on=samples.DUE + dt.timedelta(days=102)), policy=policy)
        == fees
    )


def test_the_cap_has_the_last_word_and_stays_on_the_step() -> None:
    debt = Debt(principal_minor=57, paid_on=samples.DUE + dt.timedelta(days=1))
    policy = LateFeePolicy(
        rate_micro=10_000, floor_minor=100, cap_micro=900_000, rounding_rule=rounding.Rounding.JIAO_HALF_UP
    )
    assert amounts(debt, policy=policy) == [0, 100, -50]  # 90 % of 0.57 is 0.513, at most 0.50


@pytest.mark.parametrize(
    ("rule", "fee"),
    [
        (rounding.Rounding.FEN_HALF_UP, 1243),
        (rounding.Rounding.FEN_HALF_EVEN, 1242),
        (rounding.Rounding.FEN_TRUNCATE, 1242),
        (rounding.Rounding.JIAO_HALF_UP, 1240),
        (rounding.Rounding.YUAN_HALF_UP, 1200),
    ],
)
def test_each_line_is_rounded_once_by_the_rule(rule: rounding.Rounding, fee: int) -> None:
    policy = LateFeePolicy(rate_micro=500, rounding_rule=rule)
    debt = Debt(principal_minor=497_000, paid_on=samples.DUE + dt.timedelta(days=5))  # 12.425
    assert amounts(debt, policy=policy) == [fee]


def test_nothing_overflows_at_the_limits() -> None:
    most = late_fee_policy.LARGEST_AMOUNT_MINOR
    policy = LateFeePolicy(rate_micro=1_000_000, cap_micro=None)
    longest = Debt(
        principal_minor=most, paid_on=samples.DUE + dt.timedelta(days=late_fee_policy.LONGEST_DAYS)
    )
    assert amounts(longest, policy=policy) == [most * late_fee_policy.LONGEST_DAYS]


def test_a_frame_without_rows() -> None:
    assert late_fees.charge(debts=late_fees.DEBTS.empty(), policies={}).equals(late_fees.LINES.empty())


@pytest.mark.parametrize(
    ("debts", "expected"),
    [
        ([Debt(paid_on=samples.DUE, policy_id=2)], "UNKNOWN_POLICY"),
        (
            [Debt(paid_on=samples.DUE), Debt(paid_on=samples.DUE, due_on=dt.date(2000, 12, 14))],
            "DIFFERENT_TERMS",
        ),
        ([Debt(paid_on=samples.DUE), Debt(paid_on=samples.DUE, debt_minor=300_000)], "DIFFERENT_TERMS"),
        ([Debt(paid_on=samples.DUE), Debt(paid_on=samples.DUE, policy_id=3)], "UNKNOWN_POLICY"),
        ([Debt(paid_on=samples.DUE, principal_minor=-1, debt_minor=0)], "AMOUNT_OUT_OF_RANGE"),
        ([Debt(paid_on=samples.DUE, principal_minor=11, debt_minor=10)], "AMOUNT_OUT_OF_RANGE"),
        ([Debt(paid_on=samples.DUE, principal_minor=10**13 + 1)], "AMOUNT_OUT_OF_RANGE"),
        ([Debt(paid_on=samples.DUE, debt_minor=10**13 + 1)], "AMOUNT_OUT_OF_RANGE"),
        ([Debt(paid_on=samples.DUE, principal_minor=6 * 10**12)] * 2, "AMOUNT_OUT_OF_RANGE"),
        ([Debt(paid_on=samples.DUE, from_on=dt.date(2000, 12, 16))], "DAYS_OUT_OF_RANGE"),
        ([Debt(paid_on=samples.DUE + dt.timedelta(days=36_526))], "DAYS_OUT_OF_RANGE"),
    ],
)
def test_debts_that_cannot_be_charged(debts: list[Debt], expected: str) -> None:
    assert code(*debts) == [(1, expected)]


def test_different_policies_of_one_debt() -> None:
    frame = samples.debts_frame([Debt(paid_on=samples.DUE), Debt(paid_on=samples.DUE, policy_id=2)])
    found = late_fees.unchargeable(debts=frame, policies={1: PLAIN, 2: PLAIN})
    assert found.rows() == [(1, "DIFFERENT_TERMS")]


@pytest.mark.parametrize(
    ("due_on", "paid_on", "is_known"),
    [
        (dt.date(2025, 4, 21), dt.date(2025, 5, 11), True),
        (dt.date(2025, 4, 20), dt.date(2025, 5, 1), False),
        (dt.date(2025, 4, 21), dt.date(2025, 5, 12), False),
        (dt.date(2025, 5, 9), dt.date(2025, 4, 1), True),
        (dt.date(2025, 5, 10), dt.date(2025, 5, 10), False),  # moves to a day nobody knows
    ],
)
def test_days_outside_the_calendar_are_not_guessed(due_on: dt.date, paid_on: dt.date, is_known: bool) -> None:  # noqa: FBT001 -- a table's column
    policy = LateFeePolicy(rate_micro=2000, moves_due_day=True)
    expected = [] if is_known else [(1, "OUTSIDE_CALENDAR")]
    assert code(Debt(due_on=due_on, paid_on=paid_on), policy=policy, calendar=MAY) == expected


@pytest.mark.parametrize("change", [{"moves_due_day": True}, {"day_count": DayCount.WORKDAYS}])
def test_without_a_calendar_no_working_day_is_known(change: dict[str, Any]) -> None:
    policy = LateFeePolicy(rate_micro=2000, **change)
    assert code(Debt(paid_on=dt.date(2000, 12, 18)), policy=policy) == [(1, "OUTSIDE_CALENDAR")]
    assert code(Debt(paid_on=dt.date(2000, 12, 18))) == []


def test_charge_refuses_what_unchargeable_finds() -> None:
    frame = samples.debts_frame(
        [Debt(paid_on=samples.DUE, debt_id=7, policy_id=9), Debt(paid_on=samples.DUE, debt_id=3, policy_id=9)]
    )
    with pytest.raises(
        late_fees.LateFeeError, match="2 debts can't be charged, first 3: UNKNOWN_POLICY"
    ) as caught:
        late_fees.charge(debts=frame, policies={1: PLAIN})
    assert caught.value.unchargeable["debt_id"].to_list() == [3, 7]


def test_wrong_columns_are_refused() -> None:
    frame = samples.debts_frame([Debt(paid_on=samples.DUE)])
    with pytest.raises(frames.FrameError, match="debts_frame: column paid_on is missing"):
        late_fees.charge(debts=frame.drop("paid_on"), policies={1: PLAIN})
    with pytest.raises(frames.FrameError, match="column due_on holds 1 nulls"):
        late_fees.unchargeable(
            debts=frame.with_columns(due_on=pl.lit(None, dtype=pl.Date)), policies={1: PLAIN}
        )


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"rate_micro": -1}, "rate_micro"),
        ({"rate_micro": 1_000_001}, "rate_micro"),
        ({"later": LaterRate(rate_micro=-1, rule=YearEnd.SPLIT)}, "later.rate_micro"),
        ({"grace_days": -1}, "grace_days"),
        ({"cap_micro": -1}, "cap_micro"),
        ({"floor_minor": -1}, "floor_minor"),
    ],
)
def test_policies_that_make_no_sense(change: dict[str, Any], name: str) -> None:
    with pytest.raises(late_fee_policy.PolicyError, match=f"^{name} "):
        LateFeePolicy(**{"rate_micro": 1000} | change)


def test_each_debt_is_named_once_with_the_first_fault() -> None:
    too_long = Debt(paid_on=samples.DUE, from_on=dt.date(2000, 12, 16))
    too_much = Debt(paid_on=samples.DUE, principal_minor=200_001, debt_minor=200_000)
    assert code(too_long, too_much) == [(1, "AMOUNT_OUT_OF_RANGE")]


def test_one_part_that_cannot_be_charged_stops_the_debt() -> None:
    in_time = Debt(paid_on=dt.date(2025, 5, 9), due_on=dt.date(2025, 5, 8))
    unknown = Debt(paid_on=dt.date(2025, 5, 12), due_on=dt.date(2025, 5, 8))
    policy = LateFeePolicy(rate_micro=2000, moves_due_day=True)
    assert code(in_time, unknown, policy=policy, calendar=MAY) == [(1, "OUTSIDE_CALENDAR")]
    endless = Debt(paid_on=dt.date(2125, 5, 12), due_on=dt.date(2025, 5, 8))
    assert code(in_time, endless) == [(1, "DAYS_OUT_OF_RANGE")]


def test_the_limit_of_amounts_is_each_debts_own() -> None:
    large = [Debt(paid_on=samples.DUE, principal_minor=6 * 10**12, debt_id=number) for number in (1, 2)]
    assert code(*large) == []


def test_a_due_day_moved_into_the_new_year_makes_a_debt_of_the_new_year() -> None:
    calendar = late_fee_policy.WorkCalendar(
        covers=period.Period(from_=dt.date(2000, 12, 1), until=dt.date(2001, 3, 1)),
        days_off=frozenset({dt.date(2000, 12, 31), dt.date(2001, 1, 1)}),
    )
    later = LaterRate(rate_micro=3000, rule=YearEnd.SPLIT)
    policy = LateFeePolicy(rate_micro=2000, later=later, moves_due_day=True)
    debt = Debt(due_on=dt.date(2000, 12, 31), paid_on=dt.date(2001, 1, 5))
    (line,) = lines(debt, policy=policy, calendar=calendar)
    assert (line["period_from"], line["days"], line["rate_micro"]) == (dt.date(2001, 1, 3), 3, 2000)
