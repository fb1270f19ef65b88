"""The accounts of a customer with what they owe, and those it once held. Reads only."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from meterbook.domain.agreements import models as agreements
from meterbook.domain.ledger import rules as ledger

MOST_ACCOUNTS = 200

_ACCOUNTS = """
SELECT a.id, a.account_no, a.state, a.opened_on, COALESCE(owed.balance_minor, 0),
    -COALESCE(kept.balance_minor, 0), COALESCE(late.overdue_minor, 0), COALESCE(place.address, ''),
    COALESCE(place.utilities, '{}'), NULL::date
FROM agreements_account a
LEFT JOIN ledger_ledgerbalance owed ON owed.subject_id = a.id AND owed.ledger_account_id = %(receivable)s
LEFT JOIN ledger_ledgerbalance kept ON kept.subject_id = a.id AND kept.ledger_account_id = %(prepayment)s
LEFT JOIN LATERAL (
    SELECT sum(r.open_minor)::bigint AS overdue_minor FROM billing_receivable r
    WHERE r.account_id = a.id AND r.open_minor > 0 AND r.due_on < %(day)s
) late ON true
LEFT JOIN LATERAL (
    SELECT min(p.address) AS address, array_agg(DISTINCT g.utility ORDER BY g.utility) AS utilities
    FROM agreements_supplyagreement g
    JOIN premises_servicepoint s ON s.id = g.service_point_id JOIN premises_premise p ON p.id = s.premise_id
    WHERE g.account_id = a.id
) place ON true
WHERE a.customer_id = ANY (%(ids)s)
ORDER BY a.state = %(closed)s, a.account_no LIMIT %(most)s
"""

_FORMER = """
SELECT a.id, a.account_no, a.state, h.from_on, 0::bigint, 0::bigint, 0::bigint, '', '{}'::smallint[],
    h.until_on
FROM agreements_accountholder h JOIN agreements_account a ON a.id = h.account_id
WHERE h.customer_id = ANY (%(ids)s) AND h.until_on IS NOT NULL AND NOT a.customer_id = ANY (%(ids)s)
ORDER BY h.until_on DESC, a.account_no LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account. Minor units; `held_until` tells when somebody else took it over, amounts are 0 then."""

    account_id: int
    account_no: str
    state: agreements.AccountState
    opened_on: datetime.date
    owed_minor: int
    prepaid_minor: int
    overdue_minor: int
    address: str
    utilities: tuple[int, ...]
    held_until: datetime.date | None


@dataclass(frozen=True, slots=True)
class Accounts:
    """What a customer has: present accounts with their sums, and accounts of earlier days."""

    present: tuple[AccountLine, ...]
    former: tuple[AccountLine, ...]
    owed_minor: int
    prepaid_minor: int
    overdue_minor: int


def accounts_of(*, customer_ids: Sequence[int], today: datetime.date) -> Accounts:
    """The accounts of these records of one customer, at most MOST_ACCOUNTS, closed ones last."""
    parameters: dict[str, int | list[int] | datetime.date] = {
        "ids": list(customer_ids),
        "day": today,
        "most": MOST_ACCOUNTS,
        "closed": agreements.AccountState.CLOSED.value,
        "receivable": ledger.Chart.RECEIVABLE.value,
        "prepayment": ledger.Chart.PREPAYMENT.value,
    }
    present, former = _lines(_ACCOUNTS, parameters), _lines(_FORMER, parameters)
    return Accounts(
        present=present,
        former=former,
        owed_minor=sum(line.owed_minor for line in present),
        prepaid_minor=sum(line.prepaid_minor for line in present),
        overdue_minor=sum(line.overdue_minor for line in present),
    )


def _lines(statement: str, parameters: dict[str, int | list[int] | datetime.date]) -> tuple[AccountLine, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    return tuple(
        AccountLine(
            account_id=row[0],
            account_no=row[1],
            state=agreements.AccountState(row[2]),
            opened_on=row[3],
            owed_minor=row[4],
            prepaid_minor=row[5],
            overdue_minor=row[6],
            address=row[7],
            utilities=tuple(row[8]),
            held_until=row[9],
        )
        for row in rows
    )
