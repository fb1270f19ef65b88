"""What must hold for every debt and policy, against a slow calculation written for this test alone."""

import datetime as dt
import decimal
import random
from collections import defaultdict
from decimal import Decimal

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from meterbook.kernel import period, rounding
from meterbook.rating import late_fee_policy, late_fees
from meterbook.rating.late_fee_policy import CountsFrom, DayCount, LateFeePolicy, LaterRate, YearEnd
from tests.unit.rating import late_fee_samples as samples
from tests.unit.rating.late_fee_samples import Debt

DAY = dt.timedelta(days=1)
FIRST = dt.date(2023, 9, 1)
MODES = {
    rounding.Mode.HALF_UP: decimal.ROUND_HALF_UP,
    rounding.Mode.TRUNCATE: decimal.ROUND_DOWN,
    rounding.Mode.HALF_EVEN: decimal.ROUND_HALF_EVEN,
}
DAYS = st.integers(0, 900).map(lambda days: FIRST + days * DAY)
RATES = st.sampled_from([0, 300, 500, 1000, 3000, 10_000]) | st.integers(0, 20_000)
POLICIES = st.builds(
    LateFeePolicy,
    rate_micro=RATES,
    later=st.none() | st.builds(LaterRate, rate_micro=RATES, rule=st.sampled_from(YearEnd)),
    grace_days=st.integers(0, 40),
    counts_from=st.sampled_from(CountsFrom),
    day_count=st.sampled_from(DayCount),
    moves_due_day=st.booleans(),
    cap_micro=st.none() | st.just(1_000_000) | st.integers(0, 500_000),
    floor_minor=st.sampled_from([0, 100]) | st.integers(0, 5000),
    rounding_rule=st.sampled_from(rounding.Rounding),
)
CALENDARS = st.builds(
    lambda singles, weekdays: late_fee_policy.WorkCalendar(
        covers=period.Period(from_=FIRST, until=FIRST + 1000 * DAY),
        days_off=frozenset(singles)
        | frozenset(FIRST + day * DAY for day in range(980) if (FIRST + day * DAY).weekday() in weekdays),
    ),
    st.lists(DAYS, max_size=20),
    st.sets(st.integers(0, 6), max_size=3),
)


@st.composite
def debts(draw: st.DrawFn, *, policies: int) -> list[Debt]:
    rows = []
    for debt_id in draw(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=5, unique=True)):
        due_on, policy_id = draw(DAYS), draw(st.integers(1, policies))
        parts = draw(
            st.lists(st.tuples(st.integers(0, 2_000_000), DAYS, DAYS, st.booleans()), min_size=1, max_size=4)
        )
        rows += [
            Debt(
                debt_id=debt_id,
                policy_id=policy_id,
                due_on=due_on,
                debt_minor=sum(part[0] for part in parts),
                principal_minor=principal,
                from_on=min(days) if has_from else None,
                paid_on=max(days),
            )
            for principal, *days, has_from in parts
        ]
    return rows


def rounded(exact: Decimal, rule: rounding.Rounding) -> int:
    return int((exact / rule.step_minor).quantize(Decimal(1), rounding=MODES[rule.mode])) * rule.step_minor


def late_rate(debt: Debt, due: dt.date, day: dt.date, later: LaterRate | None) -> bool | None:
    """Whether the day is charged at the later rate; None where it is dropped."""
    if later is None or debt.paid_on.year == due.year:
        return False
    is_new = day.year > due.year
    if later.rule is YearEnd.CARRIED:
        return True
    return None if later.rule is YearEnd.NEW_YEAR_ONLY and not is_new else is_new


def oracle_row(debt: Debt, policy: LateFeePolicy, days_off: frozenset[dt.date]) -> list[tuple[int, int, int]]:
    """(days, rate, amount) of one part, walking from day to day."""
    due = debt.due_on
    while policy.moves_due_day and due in days_off:
        due += DAY
    grace_end = due + policy.grace_days * DAY
    if debt.paid_on <= grace_end or not debt.principal_minor:
        return []
    start = grace_end if policy.counts_from is CountsFrom.GRACE_END else due
    counted: dict[bool, int] = defaultdict(int)
    for day in (start + number * DAY for number in range(1, (debt.paid_on - start).days + 1)):
        is_off = policy.day_count is DayCount.WORKDAYS and day in days_off
        is_before = debt.from_on is not None and day <= debt.from_on
        is_later = late_rate(debt, due, day, policy.later)
        if not is_off and not is_before and is_later is not None:
            counted[is_later] += 1
    lines = []
    for is_later, days in counted.items():
        rate = policy.later.rate_micro if is_later and policy.later else policy.rate_micro
        exact = debt.principal_minor * days * Decimal(rate).scaleb(-6)
        lines.append((days, rate, rounded(exact, policy.rounding_rule)))
    return lines


def oracle_fee(rows: list[Debt], policy: LateFeePolicy, days_off: frozenset[dt.date]) -> int:
    """The whole fee of one debt, floor and cap included."""
    found = [line for row in rows for line in oracle_row(row, policy, days_off)]
    fee = sum(amount for _, _, amount in found)
    if any(rate for _, rate, _ in found):
        fee = max(fee, policy.floor_minor)
    if policy.cap_micro is None:
        return fee
    step = policy.rounding_rule.step_minor
    most = Decimal(rows[0].debt_minor or 0) * policy.cap_micro / 10**6 / step
    return min(fee, int(most.to_integral_value(decimal.ROUND_FLOOR)) * step)


@given(data=st.data(), policies=st.lists(POLICIES, min_size=1, max_size=3), calendar=CALENDARS)
def test_fees_equal_the_slow_calculation(
    data: st.DataObject, policies: list[LateFeePolicy], calendar: late_fee_policy.WorkCalendar
) -> None:
    rows = data.draw(debts(policies=len(policies)))
    by_id = dict(enumerate(policies, start=1))
    frame = samples.debts_frame(rows)
    lines = late_fees.LINES.check(late_fees.charge(debts=frame, policies=by_id, calendar=calendar))
    by_day = lines.filter(pl.col("kind") == late_fees.LineKind.DAYS)
    for debt_id in {row.debt_id for row in rows}:
        own = [row for row in rows if row.debt_id == debt_id]
        policy = by_id[own[0].policy_id]
        expected = [line for row in own for line in oracle_row(row, policy, calendar.days_off)]
        found = by_day.filter(debt_id=debt_id).select("days", "rate_micro", "amount_minor").rows()
        assert sorted(found) == sorted(expected)
        fee = lines.filter(debt_id=debt_id)["amount_minor"].sum()
        assert fee == oracle_fee(own, policy, calendar.days_off)


@given(data=st.data(), policy=POLICIES, calendar=CALENDARS, seed=st.integers(0, 2**32))
def test_order_and_company_of_rows_change_nothing(
    data: st.DataObject, policy: LateFeePolicy, calendar: late_fee_policy.WorkCalendar, seed: int
) -> None:
    rows = data.draw(debts(policies=1))

    def charged(some: list[Debt]) -> pl.DataFrame:
        return late_fees.charge(debts=samples.debts_frame(some), policies={1: policy}, calendar=calendar)

    whole = charged(rows)
    shuffled = random.Random(seed).sample(rows, len(rows))  # noqa: S311 -- not a secret
    assert charged(shuffled).equals(whole)
    first = rows[0].debt_id
    alone = charged([row for row in rows if row.debt_id == first])
    assert alone.equals(whole.filter(debt_id=first))
    numbers = [
        number
        for _, count in sorted(whole.group_by("debt_id").len().rows())
        for number in range(1, count + 1)
    ]
    assert whole["line_no"].to_list() == numbers


@given(
    principal=st.integers(1, 10**9),
    rate=st.sampled_from([300, 1000, 3000]),
    first=st.integers(0, 300),
    second=st.integers(0, 300),
)
def test_a_stretch_may_be_cut_in_two(principal: int, rate: int, first: int, second: int) -> None:
    """The same principal in two stretches owes what it owes in one, but for one more rounding."""
    policy = LateFeePolicy(rate_micro=rate, later=LaterRate(rate_micro=2 * rate, rule=YearEnd.SPLIT))
    turn = samples.DUE + first * DAY
    end = turn + second * DAY
    whole = Debt(debt_id=1, principal_minor=principal, paid_on=end)
    parts = [
        Debt(debt_id=2, principal_minor=principal, paid_on=turn),
        Debt(debt_id=2, principal_minor=principal, from_on=turn, paid_on=end),
    ]
    lines = late_fees.charge(debts=samples.debts_frame([whole, *parts]), policies={1: policy}).filter(
        pl.col("kind") == late_fees.LineKind.DAYS
    )
    weighted = lines.with_columns(weight=pl.col("days") * pl.col("rate_micro"))
    one, two = (weighted.filter(debt_id=number) for number in (1, 2))
    assert one["weight"].sum() == two["weight"].sum()
    assert abs(int(one["amount_minor"].sum()) - int(two["amount_minor"].sum())) <= 2


@given(policy=POLICIES, calendar=CALENDARS, due_on=DAYS, paid_on=DAYS, principal=st.integers(1, 10**9))
def test_the_cap_is_never_passed_and_the_floor_only_by_the_cap(
    policy: LateFeePolicy,
    calendar: late_fee_policy.WorkCalendar,
    due_on: dt.date,
    paid_on: dt.date,
    principal: int,
) -> None:
    debt = Debt(principal_minor=principal, due_on=due_on, paid_on=paid_on)
    lines = late_fees.charge(debts=samples.debts_frame([debt]), policies={1: policy}, calendar=calendar)
    fee = lines["amount_minor"].sum()
    assert fee >= 0
    assert policy.cap_micro is None or fee * 10**6 <= principal * policy.cap_micro
    is_capped = (lines["kind"] == late_fees.LineKind.CAP).any()
    is_owed = ((lines["kind"] == late_fees.LineKind.DAYS) & (lines["rate_micro"] > 0)).any()
    assert fee >= policy.floor_minor or is_capped or not is_owed


@given(policy=POLICIES, calendar=CALENDARS, due_on=DAYS, paid_on=DAYS, later=st.integers(0, 60))
def test_paying_later_never_costs_less_unless_old_days_are_dropped(
    policy: LateFeePolicy,
    calendar: late_fee_policy.WorkCalendar,
    due_on: dt.date,
    paid_on: dt.date,
    later: int,
) -> None:
    if policy.later and (
        policy.later.rule is YearEnd.NEW_YEAR_ONLY or policy.later.rate_micro < policy.rate_micro
    ):
        return
    rows = [
        Debt(debt_id=1, due_on=due_on, paid_on=paid_on),
        Debt(debt_id=2, due_on=due_on, paid_on=paid_on + later * DAY),
    ]
    lines = late_fees.charge(debts=samples.debts_frame(rows), policies={1: policy}, calendar=calendar)
    sums = [lines.filter(debt_id=number)["amount_minor"].sum() for number in (1, 2)]
    assert sums[0] <= sums[1]
