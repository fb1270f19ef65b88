"""What is held back, what a tier counter stood at, and what a preview's fingerprint notices."""

import datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterbook.domain.billing import postings, rules
from meterbook.domain.ledger import rules as ledger

DAY = datetime.date
DAYS_30 = {"period_from": DAY(2026, 11, 1), "period_until": DAY(2026, 12, 1)}


def one(**values: Any) -> pl.DataFrame:
    plain: dict[str, Any] = {
        "quantity_milli": 20_000,
        "amount_minor": 600_00,
        "history_milli": 0,
        "history_days": 0,
        "is_confirmed": False,
        "is_released": False,
        **DAYS_30,
    }
    return pl.DataFrame([plain | values])


def held(**values: Any) -> str | None:
    code: str | None = one(**values).select(rules.absurd(rules.STANDARD_LIMITS)).item()
    return code


@pytest.mark.parametrize(
    ("quantity_milli", "amount_minor", "is_held"),
    [
        (30_000, 900_00, False),  # exactly three times is not more
        (30_001, 900_00, True),
        (30_001, 500_00, False),  # exactly the floor is not above it
        (30_001, 500_01, True),
    ],
)
def test_far_above_history_needs_both_the_multiple_and_the_floor(
    *, quantity_milli: int, amount_minor: int, is_held: bool
) -> None:
    # 20 units in 60 days before: 10 in the 30 days of this period
    found = held(
        quantity_milli=quantity_milli, amount_minor=amount_minor, history_milli=20_000, history_days=60
    )
    assert found == (rules.ParkCode.FAR_ABOVE_HISTORY if is_held else None)


@pytest.mark.parametrize(("amount_minor", "is_held"), [(10_000_00, False), (10_000_01, True)])
def test_a_first_bill_has_a_limit_of_its_own(*, amount_minor: int, is_held: bool) -> None:
    assert held(amount_minor=amount_minor) == (rules.ParkCode.LARGE_FIRST_BILL if is_held else None)


@pytest.mark.parametrize("seen", ["is_confirmed", "is_released"])
def test_what_a_person_has_looked_at_goes_out(seen: str) -> None:
    absurd = {"quantity_milli": 10**9, "amount_minor": 10**9, "history_milli": 1000, "history_days": 30}
    assert held(**absurd) is not None
    assert held(**absurd, **{seen: True}) is None


def test_usage_after_months_of_zero_is_far_above_history() -> None:
    assert held(history_milli=0, history_days=90) == rules.ParkCode.FAR_ABOVE_HISTORY


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"account_id": None}, rules.ParkCode.NO_AGREEMENT),
        ({"version_id": None}, rules.ParkCode.NO_TARIFF),
        ({"first_tariff_id": None}, rules.ParkCode.NO_TARIFF),
        ({"first_tariff_id": 1, "tariff_id": 2}, rules.ParkCode.TARIFF_CHANGE_IN_PERIOD),
        ({"before_milli": None}, rules.ParkCode.TIER_TOTAL_UNKNOWN),
        ({"is_carried": True}, rules.ParkCode.CARRIED_FRACTION_UNKNOWN),
        ({"is_free": True}, rules.ParkCode.FREE_QUANTITY_UNKNOWN),
        ({}, None),
    ],
)
def test_what_the_engine_is_not_given(values: dict[str, Any], code: str | None) -> None:
    plain = {
        "account_id": 1,
        "first_tariff_id": 1,
        "tariff_id": 1,
        "version_id": 1,
        "before_milli": 0,
        "is_carried": False,
        "is_free": False,
    }
    frame = pl.DataFrame([plain | values], schema_overrides=dict.fromkeys(list(plain)[:5], pl.Int64))
    assert frame.select(rules.unbillable()).item() == code


def test_a_negative_amount_never_goes_out() -> None:
    for seen in ({}, {"is_confirmed": True}, {"is_released": True}):
        assert held(amount_minor=-1, **seen) == rules.ParkCode.NEGATIVE_AMOUNT


LINES = pl.DataFrame(
    {
        "round_id": [1, 1, 2],
        "usage_id": [10, 10, 20],
        "line_no": [1, 2, 1],
        "tier_until_milli": [180_000, None, None],
        "amount_minor": [4140, 3140, 0],
        "factor_ppm": [1_000_000, 1_000_000, 900_000],
        "period_from": [DAY(2026, 11, 1), DAY(2026, 11, 16), DAY(2026, 11, 1)],
    }
)
PARKED = pl.DataFrame({"round_id": [2], "usage_id": [21], "code": ["NO_TARIFF"]})
HEADS = {1: "2026-11-30 2026-12-15", 2: "2026-11-30 2026-12-15"}


def marks(lines: pl.DataFrame, parked: pl.DataFrame = PARKED) -> dict[int, str]:
    return rules.fingerprints(lines=lines, parked=parked, heads=HEADS)


def test_a_fingerprint_does_not_depend_on_order_or_company() -> None:
    assert marks(LINES.reverse()) == marks(LINES)
    for round_id in (1, 2):
        alone = rules.fingerprints(
            lines=LINES.filter(pl.col("round_id") == round_id),
            parked=PARKED.filter(pl.col("round_id") == round_id),
            heads={round_id: HEADS[round_id]},
        )
        assert alone == {round_id: marks(LINES)[round_id]}


@pytest.mark.parametrize(
    "changed",
    [
        LINES.with_columns(amount_minor=pl.col("amount_minor") + (pl.col("line_no") == 2).cast(pl.Int64)),
        LINES.with_columns(tier_until_milli=pl.col("tier_until_milli").fill_null(0)),
        LINES.filter(pl.col("line_no") == 1),
        LINES.with_columns(factor_ppm=pl.col("factor_ppm") - (pl.col("line_no") == 2).cast(pl.Int64)),
        LINES.with_columns(period_from=pl.col("period_from").dt.offset_by("1d")),
    ],
    ids=["amount", "null is not zero", "a line less", "a share", "the days of a line"],
)
def test_a_fingerprint_notices(changed: pl.DataFrame) -> None:
    assert marks(changed)[1] != marks(LINES)[1]


def test_a_fingerprint_notices_the_dates_and_what_is_parked() -> None:
    before = marks(LINES)
    after = marks(LINES, PARKED.with_columns(code=pl.lit("NO_AGREEMENT")))
    assert (after[1], after[2] != before[2]) == (before[1], True)
    later = rules.fingerprints(lines=LINES, parked=PARKED, heads=HEADS | {1: "2026-12-01 2026-12-15"})
    assert (later[1] != before[1], later[2]) == (True, before[2])


REVENUE = {(1, 1): "WATER", (1, 2): "SEWAGE", (1, 3): "WATER_RESOURCE"}


@settings(max_examples=60)
@given(st.lists(st.lists(st.integers(1, 10**9), min_size=3, max_size=3), min_size=1, max_size=6))
def test_every_journal_of_a_run_balances(amounts: list[list[int]]) -> None:
    bills = pl.DataFrame(
        {
            "id": range(1, len(amounts) + 1),
            "account_id": range(100, 100 + len(amounts)),
            "amount_minor": [sum(parts) for parts in amounts],
        },
        schema={"id": pl.Int64, "account_id": pl.Int64, "amount_minor": pl.Int64},
    )
    rows = [
        (bill, 1, number, amount)
        for bill, parts in enumerate(amounts, start=1)
        for number, amount in enumerate(parts, start=1)
    ]
    lines = pl.DataFrame(
        rows,
        schema={
            "bill_id": pl.Int64,
            "tariff_version_id": pl.Int32,
            "component_no": pl.Int16,
            "amount_minor": pl.Int64,
        },
        orient="row",
    )
    sides = postings.sides(bills=bills, lines=lines, revenue=postings.revenue_frame(REVENUE))
    assert sides.group_by("source_id").agg(pl.col("amount_minor").sum())[
        "amount_minor"
    ].unique().to_list() == [0]
    first = sides.group_by("source_id", maintain_order=True).first()
    assert set(first["ledger_account_id"]) == {ledger.Chart.RECEIVABLE.value}
    collected = sides.filter(pl.col("ledger_account_id") == ledger.Chart.COLLECTED_FOR_OTHERS.value)
    assert collected["amount_minor"].sum() == -sum(parts[1] + parts[2] for parts in amounts)


def test_revenue_without_an_account_is_named() -> None:
    with pytest.raises(postings.UnknownRevenueError) as refused:
        postings.revenue_frame({(1, 1): "WATER", (1, 2): "NOWHERE"})
    assert refused.value.codes == ("NOWHERE",)
