"""Tax, conditions, and what derived charges are calculated from."""

import datetime as dt
from typing import Any

import pytest

from meterbook.kernel import rounding
from meterbook.rating import tariff
from meterbook.rating.charges import derived, kinds
from tests.unit.rating import documents

NOT_SUBJECT = tariff.Tax(treatment=tariff.TaxTreatment.NOT_SUBJECT, rate_basis_points=0)
APRIL_2019 = dt.date(2019, 4, 1)
DATED = [{"until": "2019-04-01", "rate": "10"}, {"rate": "9"}]


def taxed(basis_points: int, from_: dt.date | None = None, until: dt.date | None = None) -> tariff.Tax:
    treatment = tariff.TaxTreatment.TAXED
    return tariff.Tax(treatment=treatment, rate_basis_points=basis_points, from_=from_, until=until)


def flat(code: str, **more: Any) -> dict[str, Any]:
    return documents.component(code, documents.PER_UNIT, **more)


def of(code: str, kind: str, *codes: str, **more: Any) -> dict[str, Any]:
    """A derived charge; without codes it takes what the format takes by default."""
    own: dict[str, dict[str, Any]] = {
        "PERCENTAGE": {"rate": "5"},
        "PERCENT_OFF": {"rate": "5"},
        "FREE_QUANTITY": {"quantity": "6", "per": "MONTH"},
        "BILL_ROUNDING": {"rounding": "JIAO_HALF_UP"},
    }
    charge = {"kind": kind, **own.get(kind, {"price": "5"})}
    return documents.component(code, charge, **({"of": list(codes)} if codes else {}), **more)


def test_a_rate_that_changed_is_kept_with_its_dates() -> None:
    [read] = documents.version(flat("X", tax_rate=DATED)).components
    assert read.taxes == (taxed(1000, until=APRIL_2019), taxed(900, from_=APRIL_2019))
    assert read.tax == taxed(900, from_=APRIL_2019)


@pytest.mark.parametrize(
    ("stated", "at", "reason"),
    [
        (
            "100",
            "",
            "'100' is not a percentage in quotes with at most 2 decimals, exempt or not_subject",
        ),
        (9, "", "must be text in quotes or a list"),
        ([], "", "needs at least 1"),
        ([{"rate": "9"}, {"rate": "10"}], "[0]", "only the last rate may be open"),
        ([{"rate": "9", "until": "2019-04-01"}], "[0].until", "the last rate is open"),
        ([{"until": "2019-04-01"}, {"rate": "9"}], "[0]", "rate is missing"),
        (
            [{"rate": "9", "until": "2019-04-01"}, {"rate": "8", "until": "2019-04-01"}, {"rate": "7"}],
            "[1].until",
            "must be later than the one before",
        ),
    ],
)
def test_tax_rates_that_can_not_be(stated: object, at: str, reason: str) -> None:
    found = documents.component_faults(flat("X", tax_rate=stated))
    assert found == [(f"[0].tax_rate{at}", reason)]


def test_an_added_tax_becomes_one_component_for_each_rate() -> None:
    read = documents.version(
        flat("A", tax_rate="10", tax="ADDED"),
        flat("B", tax_rate="9.5", tax="ADDED"),
        flat("C", tax_rate="10", tax="ADDED"),
        flat("D", tax_rate="10", tax="INCLUDED"),
        flat("E", tax_rate="exempt", tax="ADDED"),
    ).components
    assert [item.taxes for item in read[:5]] == [
        (NOT_SUBJECT,),
        (NOT_SUBJECT,),
        (NOT_SUBJECT,),
        (taxed(1000),),
        (tariff.Tax(treatment=tariff.TaxTreatment.EXEMPT, rate_basis_points=0),),
    ]
    assert read[5] == tariff.Component(
        component_no=6,
        code="TAX_10",
        name=tariff.Names(zh="税 10%", en="Tax 10 %"),
        charge=derived.Percentage(kind=kinds.ChargeKind.PERCENTAGE, rate_ppm=100_000),
        revenue="TAX",
        taxes=(NOT_SUBJECT,),
        rounding=rounding.Rounding.FEN_HALF_UP,
        of=(1, 3),
    )
    assert [(item.component_no, item.code, item.of) for item in read[6:]] == [(7, "TAX_9_5", (2,))]
    charge = read[6].charge
    assert isinstance(charge, derived.Percentage)
    assert charge.rate_ppm == 95_000


def test_an_added_rate_that_changed_becomes_a_component_for_each_time() -> None:
    read = documents.version(
        flat("A", tax_rate=DATED, tax="ADDED"), flat("TAX_9", tax_rate="10", tax="ADDED")
    ).components
    assert read[0].taxes == (NOT_SUBJECT,)
    assert [(item.code, item.of, item.condition) for item in read[2:]] == [
        ("TAX_10", (1,), tariff.Condition(valid_until=APRIL_2019)),
        ("TAX_9_2", (1,), tariff.Condition(valid_from=APRIL_2019)),
        ("TAX_10_2", (2,), tariff.ALWAYS),
    ]


def test_a_rate_that_is_added_only_for_a_time() -> None:
    stated = [{"until": "2019-04-01", "rate": "exempt"}, {"rate": "9"}]
    read = documents.version(flat("A", tax_rate=stated, tax="ADDED")).components
    assert [(tax.treatment.value, tax.from_, tax.until) for tax in read[0].taxes] == [
        ("EXEMPT", None, APRIL_2019),
        ("NOT_SUBJECT", APRIL_2019, None),
    ]
    assert [(item.code, item.condition.valid_from) for item in read[1:]] == [("TAX_9", APRIL_2019)]


def test_the_rounding_of_the_bill_holds_added_taxes() -> None:
    read = documents.version(
        flat("A", tax_rate="10", tax="ADDED"), of("P", "PERCENTAGE"), of("ROUND", "BILL_ROUNDING")
    ).components
    assert [(item.code, item.of) for item in read] == [
        ("A", ()),
        ("P", (1,)),
        ("ROUND", (1, 2, 4)),
        ("TAX_10", (1,)),
    ]


def test_when_a_component_is_charged() -> None:
    assert documents.version(flat("X")).components[0].condition.is_always
    stated = {"choice": "INSURED", "valid_from": "2020-01-01", "paid_until": "2021-01-01"}
    read = documents.version(flat("X", **stated)).components[0]
    assert read.condition == tariff.Condition(
        choice="INSURED", valid_from=dt.date(2020, 1, 1), paid_until=dt.date(2021, 1, 1)
    )
    other = {"valid_until": "2020-01-01", "paid_from": "2021-01-01"}
    assert documents.version(flat("X", **other)).components[0].condition == tariff.Condition(
        valid_until=dt.date(2020, 1, 1), paid_from=dt.date(2021, 1, 1)
    )


@pytest.mark.parametrize("name", ["valid", "paid"])
def test_when_a_component_is_charged_must_be_some_day(name: str) -> None:
    stated = {f"{name}_from": "2021-01-01", f"{name}_until": "2021-01-01"}
    found = documents.component_faults(flat("X", **stated))
    assert found == [(f"[0].{name}_until", f"must be later than {name}_from")]


def test_a_negotiable_price() -> None:
    stated = {"below": "5", "above": "120"}
    assert documents.version(flat("X", negotiable=stated)).components[0].negotiable == tariff.Negotiable(
        below_ppm=50_000, above_ppm=1_200_000
    )
    assert documents.version(flat("X")).components[0].negotiable is None


def of_by_code(*items: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    return {item.code: item.of for item in documents.version(*items).components}


def test_what_derived_charges_take_unless_stated() -> None:
    found = of_by_code(
        flat("A"),
        documents.component("FIX", {"kind": "PER_PERIOD", "price": "3"}),
        documents.component("T", documents.TIERS),
        of("FREE", "FREE_QUANTITY"),
        of("OFF", "PERCENT_OFF"),
        of("MONEY", "MONEY_OFF"),
        of("MAX", "MAXIMUM"),
        of("MIN", "MINIMUM"),
        of("P1", "PERCENTAGE"),
        of("P2", "PERCENTAGE"),
        of("ROUND", "BILL_ROUNDING"),
    )
    charged = (1, 2, 3)
    assert found == {
        "A": (),
        "FIX": (),
        "T": (),
        "FREE": (1, 3),
        "OFF": charged,
        "MONEY": charged,
        "MAX": charged,
        "MIN": charged,
        "P1": charged,
        "P2": (*charged, 9),
        "ROUND": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
    }


def test_what_derived_charges_are_told_to_take() -> None:
    found = of_by_code(
        of("P1", "PERCENTAGE", "MIN", "OFF"),
        of("MIN", "MINIMUM", "OFF", "A"),
        of("OFF", "PERCENT_OFF", "B"),
        flat("A"),
        flat("B"),
        of("P2", "PERCENTAGE", "P1"),
        of("F1", "FREE_QUANTITY", "A", "B"),
        of("F2", "FREE_QUANTITY", "B", "A"),
    )
    assert found["P1"] == (2, 3)
    assert found["MIN"] == (3, 4)
    assert found["OFF"] == (5,)
    assert found["P2"] == (1,)
    assert (found["F1"], found["F2"]) == ((4, 5), (5, 4))


FIX = documents.component("FIX", {"kind": "PER_PERIOD", "price": "3"})


@pytest.mark.parametrize(
    ("items", "at", "reason"),
    [
        ([flat("A"), of("P", "PERCENTAGE", "Z")], "[1].of[0]", "Z is not a component of the version"),
        ([flat("A"), of("P", "PERCENTAGE", "A", "P")], "[1].of[1]", "P can't be calculated from itself"),
        (
            [of("P", "PERCENTAGE", "Q"), of("Q", "PERCENTAGE", "A"), flat("A")],
            "[0].of[0]",
            "Q (PERCENTAGE) is calculated after P (PERCENTAGE)",
        ),
        (
            [flat("A"), of("O", "PERCENT_OFF", "M"), of("M", "MINIMUM", "A")],
            "[1].of[0]",
            "M (MINIMUM) is calculated after O (PERCENT_OFF)",
        ),
        (
            [flat("A"), of("O", "MAXIMUM", "M"), of("M", "MAXIMUM", "A")],
            "[1].of[0]",
            "M (MAXIMUM) is calculated after O (MAXIMUM)",
        ),
        ([flat("A"), of("F", "FREE_QUANTITY", "F")], "[1].of[0]", "F can't be calculated from itself"),
        ([flat("A"), FIX, of("F", "FREE_QUANTITY", "FIX")], "[2].of[0]", "FIX is not charged by quantity"),
        (
            [flat("A"), of("F", "FREE_QUANTITY"), of("M", "MINIMUM", "F")],
            "[2].of[0]",
            "F costs nothing",
        ),
        ([FIX, of("F", "FREE_QUANTITY")], "[1]", "there is no component it could be calculated from"),
        ([of("M", "MINIMUM")], "[0]", "there is no component it could be calculated from"),
        (
            [flat("A"), flat("B"), of("F", "FREE_QUANTITY", "A"), of("G", "FREE_QUANTITY", "B")],
            "[3]",
            "makes other components free than F; all must name the same",
        ),
        ([flat("A"), of("P", "PERCENTAGE", "A", "A")], "[1].of", "names something twice"),
        (
            [of("R", "BILL_ROUNDING"), flat("A")],
            "[0].kind",
            "rounds the whole bill: it must be the last component",
        ),
        ([of("R", "BILL_ROUNDING")], "[0]", "there is no component it could be calculated from"),
        ([flat("A", of=["A"])], "[0].of", "does not belong to kind PER_UNIT"),
    ],
)
def test_what_can_not_be_calculated(items: list[dict[str, Any]], at: str, reason: str) -> None:
    assert documents.component_faults(*items) == [(at, reason)]
