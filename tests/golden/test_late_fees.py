"""Late fees that a source prints or states the rule of, as files a clerk can check with a pencil.

`rate` is per mille a day, `cap` a percentage of the debt or "none"; left out, the cap is the principal.
"""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from meterbook.kernel import money, period, quantity
from meterbook.rating import late_fee_policy, late_fees

CASES = sorted((Path(__file__).parent / "late_fees").glob("*.yaml"))
PERCENT = 10_000


def policy_of(item: dict[str, Any]) -> late_fee_policy.LateFeePolicy:
    """The policy in the words of the file."""
    more: dict[str, Any] = {}
    if "later" in item:
        more["later"] = late_fee_policy.LaterRate(
            rate_micro=quantity.parse_milli(item["later"]["rate"]),
            rule=late_fee_policy.YearEnd[item["later"]["rule"]],
        )
    if "cap" in item:
        more["cap_micro"] = None if item["cap"] == "none" else int(item["cap"]) * PERCENT
    for name, kind in (("counts_from", late_fee_policy.CountsFrom), ("day_count", late_fee_policy.DayCount)):
        if name in item:
            more[name] = kind[item[name]]
    return late_fee_policy.LateFeePolicy(
        rate_micro=quantity.parse_milli(item["rate"]),
        grace_days=item.get("grace_days", 0),
        floor_minor=money.parse_minor(item.get("floor", "0")),
        moves_due_day=item.get("moves_due_day", False),
        **more,
    )


class Case:
    """One golden file, charged."""

    def __init__(self, path: Path) -> None:
        self.facts: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        calendar = None
        if "calendar" in self.facts:
            item = self.facts["calendar"]
            calendar = late_fee_policy.WorkCalendar(
                covers=period.Period(from_=item["from"], until=item["until"]),
                days_off=frozenset(item["days_off"]),
            )
        debts = [
            {
                "debt_id": row["debt"],
                "policy_id": 1,
                "debt_minor": money.parse_minor(row.get("of", row["principal"])),
                "principal_minor": money.parse_minor(row["principal"]),
                "due_on": row["due"],
                "from_on": None,
                "paid_on": row["paid"],
            }
            for row in self.facts["debts"]
        ]
        self.lines = late_fees.charge(
            debts=pl.DataFrame(debts, schema=dict(late_fees.DEBTS.columns)),
            policies={1: policy_of(self.facts["policy"])},
            calendar=calendar,
        )

    def expected_lines(self) -> list[tuple[Any, ...]]:
        """The lines of the file, as numbers."""
        return [
            (
                row["debt"],
                late_fees.LineKind[row["kind"]].value,
                money.parse_minor(row["principal"]) if "principal" in row else None,
                row.get("first"),
                row.get("last"),
                row.get("days"),
                int(row["share"]) * PERCENT if "share" in row else self._rate(row),
                money.parse_minor(row["limit"]) if "limit" in row else None,
                money.parse_minor(row["amount"]),
            )
            for row in self.facts["lines"]
        ]

    @staticmethod
    def _rate(row: dict[str, Any]) -> int | None:
        return quantity.parse_milli(row["rate"]) if "rate" in row else None

    def found_lines(self) -> list[tuple[Any, ...]]:
        """The charged lines in the same order of columns."""
        return self.lines.select(
            "debt_id",
            "kind",
            "principal_minor",
            "period_from",
            pl.col("period_until").dt.offset_by("-1d"),
            "days",
            "rate_micro",
            "limit_minor",
            "amount_minor",
        ).rows()


@pytest.fixture(params=CASES, ids=lambda path: path.stem)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 10


def test_lines_are_as_worked_out_by_hand(case: Case) -> None:
    assert case.found_lines() == case.expected_lines()
    assert case.lines["amount_minor"].sum() == money.parse_minor(case.facts["total"])


def test_the_published_result_is_met(case: Case) -> None:
    if "published" not in case.facts:
        assert "Derived" in case.facts["note"] or case.facts["source"] == "own"
        return
    total = int(case.lines["amount_minor"].sum())
    difference = abs(total - money.parse_minor(case.facts["published"]))
    assert difference <= money.parse_minor(case.facts.get("tolerance", "0"))
    assert ("tolerance" in case.facts) == (difference > 0)
