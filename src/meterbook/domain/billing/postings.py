"""How a bill becomes debit and credit: the customer owes the sum, each charge goes to its account."""

from collections.abc import Iterable, Mapping

import polars as pl

from meterbook.domain.ledger import bulk as ledger
from meterbook.domain.ledger import rules

# What a tariff component's `revenue` means in the books. Money passed on to others is never revenue.
REVENUE_ACCOUNTS: Mapping[str, rules.Chart] = {
    "WATER": rules.Chart.REVENUE_WATER,
    "GAS": rules.Chart.REVENUE_GAS,
    "ELECTRICITY": rules.Chart.REVENUE_ELECTRICITY,
    "HEAT": rules.Chart.REVENUE_HEAT,
    "OTHER": rules.Chart.REVENUE_OTHER,
    "WATER_RESOURCE": rules.Chart.COLLECTED_FOR_OTHERS,
    "SEWAGE": rules.Chart.COLLECTED_FOR_OTHERS,
    "GARBAGE": rules.Chart.COLLECTED_FOR_OTHERS,
    "SURCHARGE": rules.Chart.COLLECTED_FOR_OTHERS,
    "INSURANCE": rules.Chart.COLLECTED_FOR_OTHERS,
    # taxes added on top; a tax inside a price stays in that price's revenue
    "TAX": rules.Chart.TAX_PAYABLE,
}


class UnknownRevenueError(Exception):
    """A tariff books to revenue codes the chart of accounts has no place for."""

    def __init__(self, *, codes: Iterable[str]) -> None:
        self.codes = tuple(sorted(codes))
        super().__init__(f"no ledger account for {', '.join(self.codes)}")


def require_known(*, revenue_codes: Iterable[str]) -> None:
    """Raise UnknownRevenueError unless every code has its account."""
    if unknown := set(revenue_codes) - REVENUE_ACCOUNTS.keys():
        raise UnknownRevenueError(codes=unknown)


def revenue_frame(revenue_codes: Mapping[tuple[int, int], str]) -> pl.DataFrame:
    """The account of each component: tariff_version_id Int32, component_no Int16, ledger_account_id Int16."""
    require_known(revenue_codes=revenue_codes.values())
    rows = [
        (version_id, component_no, REVENUE_ACCOUNTS[code].value)
        for (version_id, component_no), code in revenue_codes.items()
    ]
    schema = {"tariff_version_id": pl.Int32, "component_no": pl.Int16, "ledger_account_id": pl.Int16}
    return pl.DataFrame(rows, schema=schema, orient="row")


def sides(*, bills: pl.DataFrame, lines: pl.DataFrame, revenue: pl.DataFrame) -> pl.DataFrame:
    """The sides of the bills' journals, as `ledger.bulk.SIDES`: debit first, then credits by account.

    `bills` has id, account_id, amount_minor; `lines` has bill_id, tariff_version_id, component_no,
    amount_minor. The credits of a bill are the sums of its lines, so they balance when the bill's
    amount is the sum of its lines; the ledger refuses anything else.
    """
    debits = bills.select(
        pl.col("id").alias("source_id"),
        pl.lit(rules.Chart.RECEIVABLE.value, dtype=pl.Int16).alias("ledger_account_id"),
        pl.col("account_id").alias("subject_id"),
        "amount_minor",
    )
    credited = (
        lines.join(revenue, on=["tariff_version_id", "component_no"], how="left")
        .group_by("bill_id", "ledger_account_id")
        .agg(-pl.col("amount_minor").sum())
        .select(
            pl.col("bill_id").alias("source_id"),
            "ledger_account_id",
            pl.lit(None, dtype=pl.Int64).alias("subject_id"),
            "amount_minor",
        )
    )
    return pl.concat([debits, credited]).sort("source_id", "ledger_account_id").select(*ledger.SIDES)
