"""What a bill run comes to, taken apart: before it is issued from the rating, afterwards from its bills."""

import datetime
from dataclasses import dataclass

import polars as pl
from django.db import connection

from meterbook.domain import columns
from meterbook.domain.billing import bulk, rules
from meterbook.domain.tariffs import queries as tariffs
from meterbook.rating import explain, tariff
from meterbook.rating.charges import kinds

LARGEST = 10


@dataclass(frozen=True, slots=True)
class Group:
    """The bills of one kind. `key` is a customer class, a tariff version or a tier number."""

    key: int
    bills: int
    quantity_milli: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class TierGroup:
    """The lines of one component and tier; tier 0 is without tiers. Only metered quantities are summed."""

    version_id: int
    component_no: int
    tier: int
    bills: int
    quantity_milli: int
    amount_minor: int
    component: tariff.Names


@dataclass(frozen=True, slots=True)
class LargeBill:
    """One of the largest bills, with the daily mean of its history in thousandths; None without history."""

    account_no: str
    name: str
    utility: int
    quantity_milli: int
    amount_minor: int
    days: int
    history_milli: int | None


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A usage that is not billed. `bill_id` when it was billed later; facts may be None."""

    usage_id: int
    account_no: str | None
    name: str | None
    utility: int | None
    period_from: datetime.date
    period_until: datetime.date
    code: str
    quantity_milli: int
    amount_minor: int | None
    history_milli: int | None
    history_days: int | None
    release_reason: str
    bill_id: int | None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run taken apart."""

    by_class: tuple[Group, ...]
    by_version: tuple[Group, ...]
    by_tier: tuple[TierGroup, ...]
    largest: tuple[LargeBill, ...]


ISSUED_BILLS = """
SELECT b.usage_id, b.account_id, c.customer_class, b.utility, b.quantity_milli, b.amount_minor,
    b.period_from, b.period_until, NULL, NULL
FROM billing_bill b JOIN agreements_account a ON a.id = b.account_id
JOIN customers_customer c ON c.id = a.customer_id
WHERE b.id IN (SELECT x.id FROM metering_usage u JOIN billing_bill x ON x.usage_id = u.id
    WHERE u.round_id = %(round_id)s AND x.run_id = %(run_id)s)
"""
ISSUED_LINES = """
SELECT b.usage_id, l.line_no, l.tariff_version_id, l.component_no, l.tier, l.unit_price_micro,
    l.quantity_milli, l.amount_minor
FROM metering_usage u JOIN billing_bill b ON b.usage_id = u.id JOIN billing_billline l ON l.bill_id = b.id
WHERE u.round_id = %(round_id)s AND b.run_id = %(run_id)s
"""
NAMES = """
SELECT a.id, a.account_no, c.name FROM agreements_account a JOIN customers_customer c ON c.id = a.customer_id
WHERE a.id = ANY (%(ids)s)
"""
PARKED = """
SELECT p.usage_id, a.account_no, c.name, g.utility, u.period_from, u.period_until, p.code, u.quantity_milli,
    (p.facts->>'amount_minor')::bigint, (p.facts->>'history_milli')::bigint,
    (p.facts->>'history_days')::bigint, p.release_reason, b.id
FROM billing_parkedusage p JOIN metering_usage u ON u.id = p.usage_id
LEFT JOIN agreements_supplyagreement g ON g.id = u.agreement_id
LEFT JOIN agreements_account a ON a.id = g.account_id
LEFT JOIN customers_customer c ON c.id = a.customer_id
LEFT JOIN billing_bill b ON b.usage_id = p.usage_id
WHERE p.run_id = %(run_id)s ORDER BY b.id IS NOT NULL, p.code, a.account_no
"""
_BILLS = {
    "usage_id": pl.Int64,
    "account_id": pl.Int64,
    "customer_class": pl.Int16,
    "utility": pl.Int16,
    "quantity_milli": pl.Int64,
    "amount_minor": pl.Int64,
    "period_from": pl.Date,
    "period_until": pl.Date,
    "history_milli": pl.Int64,
    "history_days": pl.Int64,
}
_LINES = {
    "usage_id": pl.Int64,
    "line_no": pl.Int16,
    "tariff_version_id": pl.Int32,
    "component_no": pl.Int16,
    "tier": pl.Int16,
    "unit_price_micro": pl.Int64,
    "quantity_milli": pl.Int64,
    "amount_minor": pl.Int64,
}


def of_preview(*, round_id: int) -> RunSummary:
    """What issuing would come to, rated now; the stored preview has the same totals unless facts changed."""
    rated = bulk.rate_rounds(round_ids=[round_id], limits=rules.STANDARD_LIMITS)
    return _summary(rated.bills, rated.lines)


def of_issued(*, round_id: int, run_id: int) -> RunSummary:
    """What an issued run came to, from its bills, the ones added later included."""
    parameters = {"round_id": round_id, "run_id": run_id}
    return _summary(
        columns.fetch(statement=ISSUED_BILLS, parameters=parameters, schema=_BILLS),
        columns.fetch(statement=ISSUED_LINES, parameters=parameters, schema=_LINES),
    )


def parked(*, run_id: int) -> tuple[ParkedRow, ...]:
    """The usages a run parked; those billed meanwhile at the end."""
    with connection.cursor() as cursor:
        cursor.execute(PARKED, {"run_id": run_id})
        return tuple(ParkedRow(*row) for row in cursor.fetchall())


def _summary(bills: pl.DataFrame, lines: pl.DataFrame) -> RunSummary:
    # a bill over a change of price stands under the price it ended with
    latest = lines.sort("line_no").group_by("usage_id").agg(pl.col("tariff_version_id").last())
    return RunSummary(
        by_class=_groups(bills, key="customer_class"),
        by_version=_groups(bills.join(latest, on="usage_id"), key="tariff_version_id"),
        by_tier=_tiers(lines),
        largest=_largest(bills),
    )


def _groups(bills: pl.DataFrame, *, key: str) -> tuple[Group, ...]:
    grouped = (
        bills.group_by(key)
        .agg(pl.len(), pl.col("quantity_milli").sum(), pl.col("amount_minor").sum())
        .sort("amount_minor", key, descending=[True, False])
    )
    return tuple(Group(*row) for row in grouped.iter_rows())


def _tiers(lines: pl.DataFrame) -> tuple[TierGroup, ...]:
    names = ["tariff_version_id", "component_no", "tier"]
    versions = tariffs.versions(version_ids=lines["tariff_version_id"].unique().to_list())
    # a tier's fee is its first line and counts one; its price alone may be that of the units too
    is_first = pl.col("line_no") == pl.col("line_no").min().over("usage_id", *names)
    marked = lines.with_columns(may_be_fee=is_first & (pl.col("quantity_milli").abs() == kinds.ONE_MILLI))
    by = [*names, "unit_price_micro", "may_be_fee"]
    priced = marked.select(by).unique()
    metered = [_is_metered(versions[row[0]], *row[1:]) for row in priced.iter_rows()]
    counted = priced.with_columns(is_metered=pl.Series(metered, dtype=pl.Boolean))
    quantity = pl.when("is_metered").then("quantity_milli").otherwise(0)
    grouped = (
        marked.join(counted, on=by)
        .group_by(names)
        .agg(pl.col("usage_id").n_unique(), quantity.sum(), pl.col("amount_minor").sum())
        .sort(names)
    )
    return tuple(
        TierGroup(*(*row, versions[row[0]].components[row[1] - 1].name)) for row in grouped.iter_rows()
    )


def _is_metered(
    version: tariff.TariffVersion,
    component_no: int,
    tier: int,
    price_micro: int,
    may_be_fee: bool,  # noqa: FBT001 # a column of the lines, in their order
) -> bool:
    """Whether lines of this price carry quantities a meter counted."""
    text = explain.component_text(
        version=version, component_no=component_no, set_no=version.price_sets[0].set_no
    )
    line = explain.Line(
        tier=tier,
        tier_from_milli=None,
        tier_until_milli=None,
        before_milli=0,
        quantity_milli=kinds.ONE_MILLI,
        unit_price_micro=price_micro,
        amount_minor=0,
        rounding=0,
        may_be_fee=may_be_fee,
    )
    return explain.is_metered(line=line, component=text)


def _largest(bills: pl.DataFrame) -> tuple[LargeBill, ...]:
    days = (pl.col("period_until") - pl.col("period_from")).dt.total_days()
    expected = pl.when(pl.col("history_days") > 0).then(
        pl.col("history_milli") * days // pl.col("history_days")
    )
    top = bills.sort("amount_minor", "usage_id", descending=[True, False]).head(LARGEST)
    top = top.with_columns(days=days, expected=expected)
    ids = top["account_id"].to_list()
    schema = {"account_id": pl.Int64, "account_no": pl.String, "name": pl.String}
    names = columns.fetch(statement=NAMES, parameters={"ids": ids}, schema=schema)
    rows = top.join(names, on="account_id", how="left", maintain_order="left").select(
        "account_no", "name", "utility", "quantity_milli", "amount_minor", "days", "expected"
    )
    return tuple(LargeBill(*row) for row in rows.iter_rows())
