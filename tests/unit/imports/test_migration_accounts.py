"""Both sides of a migration by account: nothing is lost or counted twice, and what differs comes first."""

from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from meterbook.reporting import migration_accounts, migration_audit

OURS = {
    "station": pl.String,
    "utility": pl.Int16,
    "serial_no": pl.String,
    "account": pl.Int64,
    "account_no": pl.String,
    "agreement_id": pl.Int64,
    "register_milli": pl.Int64,
    "prepaid_minor": pl.Int64,
    "owed_minor": pl.Int64,
}
# meter number -> (account, register, owed); an account's prepayment is a hundredfold of its number
SIDE = st.dictionaries(
    st.integers(0, 12), st.tuples(st.integers(1, 5), st.integers(0, 9), st.integers(0, 9)), max_size=9
)
Side = dict[int, tuple[int, int, int]]


def _shared(meter: int, account: int, register: int, owed: int) -> dict[str, Any]:
    return {
        "station": "S",
        "utility": 1,
        "serial_no": f"W{meter}",
        "account": account,
        "account_no": f"K{account}",
        "register_milli": register,
        "owed_minor": owed,
        "prepaid_minor": account * 100,
    }


def _listed(old: Side, ours: Side) -> pl.DataFrame:
    told = [
        {**_shared(meter, *rest), "row": row, "owed_due_on": None}
        for row, (meter, rest) in enumerate(old.items(), start=2)
    ]
    # the books have ids of their own for accounts, but the same numbers
    stands = [
        {**_shared(meter, *rest), "account": 1000 + rest[0], "agreement_id": meter}
        for meter, rest in ours.items()
    ]
    return migration_accounts.by_account(
        old=pl.DataFrame(told, schema=migration_audit.OLD), ours=pl.DataFrame(stands, schema=OURS)
    )


@given(old=SIDE, ours=SIDE)
def test_each_side_keeps_its_sums(old: Side, ours: Side) -> None:
    listed = _listed(old, ours)
    for name, side in (("old", old), ("ours", ours)):
        assert listed[f"meters_{name}"].sum() == len(side)
        assert listed[f"register_milli_{name}"].sum() == sum(register for _, register, _ in side.values())
        assert listed[f"owed_minor_{name}"].sum() == sum(owed for _, _, owed in side.values())


@given(side=SIDE)
def test_sides_that_are_alike_are_one_line_for_each_account_and_differ_nowhere(side: Side) -> None:
    listed = _listed(side, side)
    accounts = sorted({account for account, _, _ in side.values()})
    assert listed["account_no"].to_list() == [f"K{account}" for account in accounts]
    assert listed["prepaid_minor_old"].to_list() == [account * 100 for account in accounts]
    for name in migration_accounts.COMPARED:
        assert listed[f"{name}_old"].to_list() == listed[f"{name}_ours"].to_list()


@given(old=SIDE, ours=SIDE)
def test_what_differs_comes_first(old: Side, ours: Side) -> None:
    differs = [
        any(row[f"{name}_old"] != row[f"{name}_ours"] for name in migration_accounts.COMPARED)
        for row in _listed(old, ours).iter_rows(named=True)
    ]
    assert differs == sorted(differs, reverse=True)
