"""Debts for the tests of late fees."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from meterbook.rating import late_fees

DUE = dt.date(2000, 12, 15)


@dataclass(frozen=True)
class Debt:
    """One row of the debts frame; `debt_minor` None: the row is the whole debt."""

    paid_on: dt.date
    principal_minor: int = 200_000
    due_on: dt.date = DUE
    debt_id: int = 1
    policy_id: int = 1
    debt_minor: int | None = None
    from_on: dt.date | None = None


def debts_frame(debts: Sequence[Debt]) -> pl.DataFrame:
    """The rows as a frame of late_fees.DEBTS."""
    rows = [
        {name: getattr(debt, name) for name in late_fees.DEBTS.columns}
        | {"debt_minor": debt.principal_minor if debt.debt_minor is None else debt.debt_minor}
        for debt in debts
    ]
    return pl.DataFrame(rows, schema=dict(late_fees.DEBTS.columns))
