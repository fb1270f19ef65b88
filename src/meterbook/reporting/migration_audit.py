"""The books compared with what an older system had: totals by station and utility, differences by meter.

Reads only. The older system's side is the workbook its customers came in with, so the comparison can be made
again at any time; what was billed, paid or read since then shows as a difference.
"""

import datetime
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from meterbook.domain import columns
from meterbook.domain.ledger import rules as ledger
from meterbook.reporting import migration_accounts

# The older system's side, a row per meter: minor units, thousandths. `account` is what rows of one account
# share; `owed_minor` is the row's own, `prepaid_minor` the account's, alike in all its rows.
OLD: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.Int32,
    "station": pl.String,
    "utility": pl.Int16,
    "serial_no": pl.String,
    "account": pl.Int64,
    "account_no": pl.String,
    "register_milli": pl.Int64,
    "owed_minor": pl.Int64,
    "owed_due_on": pl.Date,
    "prepaid_minor": pl.Int64,
}
# Ours: rows of meters, and rows of debts that have no serial number.
_OURS: dict[str, pl.DataType | type[pl.DataType]] = {
    "station": pl.String,
    "utility": pl.Int16,
    "serial_no": pl.String,
    "account": pl.Int64,
    "account_no": pl.String,
    "agreement_id": pl.Int64,
    "register_milli": pl.Int64,
    "prepaid_minor": pl.Int64,
    "owed_due_on": pl.Date,
    "owed_minor": pl.Int64,
}
# One statement, so that both kinds of rows are of one moment.
_STANDING = """
SELECT s.code, sp.utility, m.serial_no, a.id, a.account_no, g.id,
    (SELECT value_milli FROM metering_reading r WHERE r.register_id = re.id
        ORDER BY read_on DESC, revision DESC LIMIT 1),
    coalesce(-l.balance_minor, 0)::bigint, NULL::date, NULL::bigint
FROM access_orgunit s
JOIN agreements_account a ON a.station_id = s.id
JOIN agreements_supplyagreement g ON g.account_id = a.id AND g.until_on IS NULL
JOIN premises_servicepoint sp ON sp.id = g.service_point_id
JOIN devices_installation i ON i.service_point_id = sp.id AND i.removed_on IS NULL
JOIN devices_meter m ON m.id = i.meter_id
JOIN devices_register re ON re.meter_id = m.id AND re.band = 0
LEFT JOIN ledger_ledgerbalance l ON l.subject_id = a.id AND l.ledger_account_id = %(prepayment)s
WHERE s.code = ANY(%(stations)s)
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, b.agreement_id, NULL, NULL, r.due_on, sum(r.open_minor)::bigint
FROM access_orgunit s
JOIN billing_receivable r ON r.station_id = s.id AND r.open_minor > 0
JOIN billing_bill b ON b.id = r.bill_id
WHERE s.code = ANY(%(stations)s)
GROUP BY b.agreement_id, r.due_on
"""
# Days overdue up to which a debt belongs to an age; the last one has no end.
AGES = (("not_due_minor", 0), ("month_minor", 30), ("quarter_minor", 90), ("year_minor", 365))
OLDER = "older_minor"
_WHERE = ["station", "utility"]


class Difference(enum.StrEnum):
    """What can differ at one meter."""

    METER_MISSING = "METER_MISSING"
    METER_EXTRA = "METER_EXTRA"
    ACCOUNT_NO = "ACCOUNT_NO"
    REGISTER = "REGISTER"
    OWED = "OWED"
    PREPAID = "PREPAID"


@dataclass(frozen=True, slots=True)
class Figures:
    """One side's totals of a station and utility. Minor units, thousandths; `ages` as AGES, then OLDER.

    `prepaid_minor` counts an account once, at its first utility.
    """

    meters: int
    accounts: int
    register_milli: int
    owed_minor: int
    prepaid_minor: int
    ages: tuple[int, ...]


NOTHING = Figures(0, 0, 0, 0, 0, (0,) * (len(AGES) + 1))


@dataclass(frozen=True, slots=True)
class Total:
    """Both sides of one station and utility (a number of tables.Utility)."""

    station: str
    utility: int
    old: Figures
    ours: Figures


@dataclass(frozen=True, slots=True)
class Found:
    """A difference: at which meter, in which `row` of the workbook (None: not in it), both values."""

    kind: Difference
    row: int | None
    station: str
    account_no: str
    serial_no: str
    old: int | str | None
    ours: int | str | None


@dataclass(frozen=True, slots=True)
class Audit:
    """The comparison. It `agrees` when nothing differs anywhere.

    `whole` is over all stations and utilities, an account counted once; `accounts` has columns
    migration_accounts.ACCOUNTS.
    """

    totals: tuple[Total, ...]
    differences: tuple[Found, ...]
    whole: Total
    accounts: pl.DataFrame = field(compare=False, repr=False)

    @property
    def agrees(self) -> bool:
        """Whether both sides are the same."""
        return not self.differences and all(total.old == total.ours for total in self.totals)


def compare(*, old: pl.DataFrame, today: datetime.date) -> Audit:
    """Compare `old` (columns OLD) with all the caller may see at its stations, debts by age on `today`."""
    standing = columns.fetch(
        statement=_STANDING,
        parameters={
            "stations": old["station"].unique().to_list(),
            "prepayment": ledger.Chart.PREPAYMENT.value,
        },
        schema=_OURS,
    )
    is_debt = pl.col("serial_no").is_null()
    owed = standing.filter(is_debt).select("agreement_id", "owed_due_on", "owed_minor")
    ours = standing.filter(~is_debt).drop("owed_due_on", "owed_minor").sort("serial_no")
    ours = ours.join(
        owed.group_by("agreement_id").agg(pl.col("owed_minor").sum()), on="agreement_id", how="left"
    )
    told = old.with_columns(pl.col("owed_minor", "prepaid_minor").fill_null(0))
    ours = ours.with_columns(pl.col("owed_minor").fill_null(0))
    debts = owed.join(ours.select("agreement_id", *_WHERE), on="agreement_id")
    sides = (_figures(told, debts=told, today=today), _figures(ours, debts=debts, today=today))
    keys = sorted(sides[0].keys() | sides[1].keys())
    totals = tuple(Total(*key, sides[0].get(key, NOTHING), sides[1].get(key, NOTHING)) for key in keys)
    return Audit(
        totals=totals,
        differences=tuple(_differences(told, ours)),
        whole=Total("", 0, _whole(told, debts=told, today=today), _whole(ours, debts=debts, today=today)),
        accounts=migration_accounts.by_account(old=told, ours=ours),
    )


def _whole(rows: pl.DataFrame, *, debts: pl.DataFrame, today: datetime.date) -> Figures:
    here = (pl.lit("").alias("station"), pl.lit(0, dtype=pl.Int16).alias("utility"))
    summed = _figures(rows.with_columns(here), debts=debts.with_columns(here), today=today)
    return summed.get(("", 0), NOTHING)


def _figures(
    rows: pl.DataFrame, *, debts: pl.DataFrame, today: datetime.date
) -> Mapping[tuple[str, int], Figures]:
    first = pl.int_range(pl.len()).over("account") == 0
    sums = (
        rows.sort("account", "utility")
        .with_columns(pl.when(first).then("prepaid_minor").otherwise(0).alias("prepaid_minor"))
        .group_by(_WHERE)
        .agg(
            pl.len().alias("meters"),
            pl.col("account").n_unique().alias("accounts"),
            pl.col("register_milli", "owed_minor", "prepaid_minor").sum(),
        )
    )
    ages = [name for name, _days in AGES] + [OLDER]
    aged = debts.group_by(_WHERE).agg(*_ages(today))
    joined = sums.join(aged, on=_WHERE, how="left").with_columns(pl.col(ages).fill_null(0))
    return {
        (row["station"], row["utility"]): Figures(
            meters=row["meters"],
            accounts=row["accounts"],
            register_milli=row["register_milli"],
            owed_minor=row["owed_minor"],
            prepaid_minor=row["prepaid_minor"],
            ages=tuple(row[name] for name in ages),
        )
        for row in joined.iter_rows(named=True)
    }


def _ages(today: datetime.date) -> Sequence[pl.Expr]:
    """What is owed by the days it is overdue."""
    overdue = (pl.lit(today) - pl.col("owed_due_on")).dt.total_days()
    bounds: list[tuple[str, int | None]] = [*AGES, (OLDER, None)]
    found, after = [], None
    for name, until in bounds:
        is_here = pl.col("owed_due_on").is_not_null()
        if after is not None:
            is_here &= overdue > after
        if until is not None:
            is_here &= overdue <= until
        found.append(pl.col("owed_minor").filter(is_here).sum().alias(name))
        after = until
    return found


def _differences(old: pl.DataFrame, ours: pl.DataFrame) -> list[Found]:
    missing = old.join(ours, on="serial_no", how="anti", maintain_order="left")
    extra = ours.join(old, on="serial_no", how="anti", maintain_order="left")
    both = old.join(ours, on="serial_no", how="inner", suffix="_ours", maintain_order="left")
    found = [
        Found(
            Difference.METER_MISSING,
            r["row"],
            r["station"],
            r["account_no"] or "",
            r["serial_no"],
            r["serial_no"],
            None,
        )
        for r in missing.iter_rows(named=True)
    ]
    compared = (
        (Difference.ACCOUNT_NO, "account_no"),
        (Difference.REGISTER, "register_milli"),
        (Difference.OWED, "owed_minor"),
        (Difference.PREPAID, "prepaid_minor"),
    )
    for kind, column in compared:
        differs = pl.col(column).is_not_null() & pl.col(column).ne_missing(pl.col(f"{column}_ours"))
        found += [
            Found(
                kind,
                r["row"],
                r["station_ours"],
                r["account_no_ours"],
                r["serial_no"],
                r[column],
                r[f"{column}_ours"],
            )
            for r in both.filter(differs).iter_rows(named=True)
        ]
    found += [
        Found(
            Difference.METER_EXTRA, None, r["station"], r["account_no"], r["serial_no"], None, r["serial_no"]
        )
        for r in extra.iter_rows(named=True)
    ]
    return found
