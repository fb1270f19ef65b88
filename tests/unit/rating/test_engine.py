import datetime as dt

import polars as pl
import pytest

from meterbook.kernel import frames, quantity, rounding
from meterbook.rating import book, columns, engine
from tests.unit.rating import samples
from tests.unit.rating.samples import Usage

WATER = samples.version(
    samples.component("WATER", samples.TIERS),
    samples.component("RESOURCE", samples.PER_UNIT),
    samples.component("SERVICE", samples.PER_PERIOD),
)
BOOK = book.tariff_book({1: WATER})


def rated(*usages: Usage, tariff_book: book.TariffBook = BOOK) -> list[tuple[int, int, int, int, int]]:
    """(component, tier, quantity, price, amount) of each line."""
    lines = engine.rate(samples.usage_frame(usages), tariff_book)
    return lines.select("component_no", "tier", "quantity_milli", "unit_price_micro", "amount_minor").rows()


def tier_quantities(usage: Usage, *, tariff_book: book.TariffBook = BOOK) -> dict[int, int]:
    return {
        tier: charged for number, tier, charged, *_ in rated(usage, tariff_book=tariff_book) if number == 1
    }


def test_a_usage_across_a_bound_is_explained_line_by_line() -> None:
    lines = engine.rate(samples.usage_frame([Usage(7, 20_000, before_milli=170_000)]), BOOK)
    assert lines.schema == dict(columns.LINES.columns)
    said = ["component_no", "tier", "tier_from_milli", "tier_until_milli", "before_milli"]
    assert lines.select(said).rows() == [
        (1, 1, 0, 180_000, 170_000),
        (1, 2, 180_000, 260_000, 170_000),
        (2, 0, None, None, 170_000),
        (3, 0, None, None, 170_000),
    ]
    said = ["line_no", "quantity_milli", "unit_price_micro", "amount_minor", "tax_minor", "tax_basis_points"]
    assert lines.select(said).rows() == [  # 9 % inside: 20.70 x 9 / 109 = 1.709
        (1, 10_000, 2_070_000, 2070, 171, 900),
        (2, 10_000, 4_070_000, 4070, 336, 900),
        (3, 20_000, 1_570_000, 3140, 259, 900),
        (4, 1000, 4_500_000, 450, 37, 900),
    ]
    constant = {
        "usage_id": 7,
        "part_no": 1,
        "tariff_version_id": 1,
        "set_no": 0,
        "band": 0,
        "factor_ppm": 1_000_000,
        "time_numerator": 1,
        "time_denominator": 1,
        "rounding": 11,
        "period_from": samples.FROM,
        "period_until": samples.UNTIL,
        "days": 31,
    }
    for name, value in constant.items():
        assert set(lines[name]) == {value}, name


@pytest.mark.parametrize(
    ("before", "charged", "expected"),
    [
        (0, 180_000, {1: 180_000}),  # the bound belongs to the lower tier
        (0, 180_001, {1: 180_000, 2: 1}),
        (180_000, 1, {2: 1}),
        (179_999, 2, {1: 1, 2: 1}),
        (0, 300_000, {1: 180_000, 2: 80_000, 3: 40_000}),
        (260_000, 5, {3: 5}),
        (0, 0, {1: 0}),
        (180_000, 0, {1: 0}),
        (180_001, 0, {2: 0}),
        (900_000, 0, {3: 0}),
        (190_000, -20_000, {1: -10_000, 2: -10_000}),
        (300_000, -300_000, {1: -180_000, 2: -80_000, 3: -40_000}),
    ],
)
def test_tiers_hold_what_lies_between_their_bounds(
    before: int, charged: int, expected: dict[int, int]
) -> None:
    assert tier_quantities(Usage(1, charged, before_milli=before)) == expected


def test_a_bill_of_zero_explains_itself() -> None:
    assert rated(Usage(1, 0)) == [
        (1, 1, 0, 2_070_000, 0),
        (2, 0, 0, 1_570_000, 0),
        (3, 0, 1000, 4_500_000, 450),
    ]


def test_a_single_open_tier_takes_everything() -> None:
    tariff_book = book.tariff_book(
        {1: samples.version(samples.component("GAS", {"kind": "GRADUATED_TIERS", "tiers": [{"price": "3"}]}))}
    )
    assert rated(Usage(1, 5000, before_milli=10**9), tariff_book=tariff_book) == [
        (1, 1, 5000, 3_000_000, 1500)
    ]
    assert rated(Usage(1, 0, before_milli=10**9), tariff_book=tariff_book) == [(1, 1, 0, 3_000_000, 0)]


@pytest.mark.parametrize(
    ("household", "persons", "bounds"),
    [
        ({"rule": "ADD", "over_persons": 4, "add": ["30"]}, 4, (180_000, 260_000)),
        ({"rule": "ADD", "over_persons": 4, "add": ["30"]}, 1, (180_000, 260_000)),
        ({"rule": "ADD", "over_persons": 4, "add": ["30"]}, 0, (180_000, 260_000)),
        ({"rule": "ADD", "over_persons": 4, "add": ["30"]}, 6, (240_000, 320_000)),
        ({"rule": "ADD", "over_persons": 4, "add": ["10.5", "20"]}, 5, (190_500, 280_000)),
        ({"rule": "ADD", "over_persons": 3, "add": ["30"]}, None, (210_000, 290_000)),  # default_persons 4
        ({"rule": "SCALE", "over_persons": 4}, 5, (225_000, 325_000)),
        ({"rule": "SCALE", "over_persons": 4}, 3, (180_000, 260_000)),
        ({"rule": "SCALE", "over_persons": 3}, 4, (240_000, 346_667)),  # 346.6666.. half up
        ({"rule": "SCALE", "over_persons": 3}, 5, (300_000, 433_333)),
    ],
)
def test_the_household_moves_the_bounds(
    household: dict[str, object], persons: int | None, bounds: tuple[int, int]
) -> None:
    version = samples.version(samples.component("WATER", samples.TIERS), household=household)
    lines = engine.rate(
        samples.usage_frame([Usage(1, 1_000_000, persons=persons)]), book.tariff_book({1: version})
    )
    first, second = bounds
    assert lines.select("tier_from_milli", "tier_until_milli", "quantity_milli").rows() == [
        (0, first, first),
        (first, second, second - first),
        (second, None, 1_000_000 - second),
    ]


def test_a_household_without_a_rule_keeps_its_bounds_beside_one_with() -> None:
    ruled = samples.version(
        samples.component("WATER", samples.TIERS), household={"rule": "SCALE", "over_persons": 4}
    )
    tariff_book = book.tariff_book({1: WATER, 2: ruled})
    usages = [Usage(1, 250_000, persons=8), Usage(2, 250_000, persons=8, tariff_version_id=2)]
    lines = engine.rate(samples.usage_frame(usages), tariff_book).filter(pl.col("component_no") == 1)
    assert lines.select("usage_id", "tier", "quantity_milli").rows() == [
        (1, 1, 180_000),
        (1, 2, 70_000),
        (2, 1, 250_000),
    ]


@pytest.mark.parametrize(
    ("rule", "amount"), [("FEN_HALF_UP", 83), ("JIAO_TRUNCATE", 80), ("YUAN_HALF_UP", 100)]
)
def test_each_line_is_rounded_once_by_its_rule(rule: str, amount: int) -> None:
    version = samples.version(samples.component("A", {"kind": "PER_UNIT", "price": "0.33"}, rounding=rule))
    lines = engine.rate(samples.usage_frame([Usage(1, 2500)]), book.tariff_book({1: version}))
    row = lines.row(0, named=True)
    assert (row["amount_minor"], row["rounding"]) == (amount, rounding.Rounding[rule])
    assert row["quantity_milli"] * row["unit_price_micro"] == 825_000_000  # the unrounded amount, in 10^-9


def test_lines_are_numbered_within_each_usage_whatever_the_order_of_rows() -> None:
    usages = [Usage(9, 300_000), Usage(-3, 10_000), Usage(4, 200_000)]
    lines = engine.rate(samples.usage_frame(usages), BOOK)
    assert lines.select("usage_id", "line_no").rows() == [
        *[(-3, number) for number in (1, 2, 3)],
        *[(4, number) for number in (1, 2, 3, 4)],
        *[(9, number) for number in (1, 2, 3, 4, 5)],
    ]


def test_nothing_to_rate_gives_no_lines() -> None:
    lines = engine.rate(columns.USAGE.empty(), BOOK)
    assert lines.schema == dict(columns.LINES.columns)
    assert lines.height == 0


def test_an_empty_book_knows_no_version() -> None:
    found = engine.unratable(samples.usage_frame([Usage(1, 1)]), book.tariff_book({}))
    assert found.rows() == [(1, "UNKNOWN_TARIFF_VERSION")]


LARGEST = quantity.LARGEST_QUANTITY_MILLI


@pytest.mark.parametrize(
    ("usage", "code"),
    [
        (Usage(1, 10, tariff_version_id=2), "UNKNOWN_TARIFF_VERSION"),
        (Usage(1, LARGEST + 1), "QUANTITY_OUT_OF_RANGE"),
        (Usage(1, -LARGEST - 1, before_milli=LARGEST), "QUANTITY_OUT_OF_RANGE"),
        (Usage(1, -(2**63)), "QUANTITY_OUT_OF_RANGE"),
        (Usage(1, 2**63 - 1, before_milli=2**63 - 1), "QUANTITY_OUT_OF_RANGE"),
        (Usage(1, 1, before_milli=LARGEST + 1), "QUANTITY_OUT_OF_RANGE"),
        (Usage(1, 10, before_milli=-1), "NEGATIVE_RUNNING_TOTAL"),
        (Usage(1, 10, before_milli=-(2**63)), "NEGATIVE_RUNNING_TOTAL"),
        (Usage(1, -11, before_milli=10), "NEGATIVE_RUNNING_TOTAL"),
        (Usage(1, 10, persons=-1), "NEGATIVE_PERSONS"),
        (Usage(1, 10, period_until=samples.FROM), "PERIOD_OUT_OF_RANGE"),
        (Usage(1, 10, period_until=dt.date(2020, 1, 1)), "PERIOD_OUT_OF_RANGE"),
        (Usage(1, 10, period_until=dt.date(2125, 1, 1)), "PERIOD_OUT_OF_RANGE"),
    ],
)
def test_what_cannot_be_rated_is_named_and_refused(usage: Usage, code: str) -> None:
    frame = samples.usage_frame([Usage(0, 10), usage])
    assert engine.unratable(frame, BOOK).rows() == [(1, code)]
    with pytest.raises(engine.RatingError, match=f"1 usages can't be rated, first 1: {code}") as caught:
        engine.rate(frame, BOOK)
    assert caught.value.unratable.rows() == [(1, code)]


def test_the_largest_quantities_are_rated() -> None:
    usages = [Usage(1, LARGEST), Usage(2, -LARGEST, before_milli=LARGEST), Usage(3, 0, before_milli=LARGEST)]
    assert engine.unratable(samples.usage_frame(usages), BOOK).height == 0
    totals = engine.rate(samples.usage_frame(usages), BOOK).group_by("usage_id", maintain_order=True)
    sums = [row[1] for row in totals.agg(pl.col("amount_minor").sum()).rows()]
    # 180 x 2.07 + 80 x 4.07 + (10^9 - 260) x 6.07 + 10^9 x 1.57 + 4.50
    assert sums[0] == 37260 + 32560 + (10**9 - 260) * 607 + 10**9 * 157 + 450
    assert sums[1] == -sums[0] + 900  # the fixed charge is not mirrored
    assert sums[2] == 450


def test_a_usage_twice_is_one_fault() -> None:
    frame = samples.usage_frame([Usage(5, 1), Usage(5, 2), Usage(6, 1)])
    assert engine.unratable(frame, BOOK).rows() == [(5, "DUPLICATE_USAGE")]


def test_wrong_columns_are_named() -> None:
    frame = (
        samples.usage_frame([Usage(1, 1)])
        .drop("persons")
        .with_columns(pl.col("quantity_milli").cast(pl.Float64))
    )
    for call in (engine.rate, engine.unratable):
        with pytest.raises(
            frames.FrameError, match="quantity_milli is Float64, not Int64; column persons is missing"
        ):
            call(frame, BOOK)


def test_columns_of_the_caller_do_not_disturb() -> None:
    frame = samples.usage_frame([Usage(1, 1)]).with_columns(tier=pl.lit("x"), divisor=pl.lit(0))
    assert engine.rate(frame, BOOK).equals(engine.rate(samples.usage_frame([Usage(1, 1)]), BOOK))


def test_a_currency_without_decimals() -> None:
    version = samples.version(samples.component("A", {"kind": "PER_UNIT", "price": "60.75"}), currency="KRW")
    assert rated(Usage(1, 10_000), tariff_book=book.tariff_book({1: version})) == [
        (1, 0, 10_000, 60_750_000, 608)
    ]


def test_the_order_of_the_steps_is_stated_with_reasons() -> None:
    names = [step.name for step in engine.STEPS]
    assert len(set(names)) == len(names)
    # what may not be exchanged: units, then what is free, then tiers, then money, then what is of money
    order = ["convert", "mix", "segment", "free", "household", "part", "used", "charge", "price", "derive"]
    assert [name for name in names if name in order] == order
    assert all(step.reason for step in engine.STEPS)


def test_each_step_works_on_one_thing() -> None:
    for step in engine.STEPS:
        work = [field for field in vars(step) if field.startswith("on_") and getattr(step, field)]
        assert len(work) == 1, step.name
