"""The figures of the day for the start page: what waits, what is owed, what came in. Reads only."""

import datetime
from dataclasses import dataclass

from django.db import connection

from meterbook.domain.ledger import rules as ledger
from meterbook.domain.metering import models as metering
from meterbook.domain.payments import models as payments


@dataclass(frozen=True, slots=True)
class Figures:
    """In the scope of the transaction. Amounts in minor units."""

    open_rounds: int
    held_readings: int
    rounds_to_bill: int
    accounts: int
    owing_accounts: int
    owed_minor: int
    overdue_minor: int
    prepaid_minor: int
    taken_minor: int
    payments: int
    open_shifts: int
    shifts_to_take_over: int


_STATEMENT = """
SELECT
    (SELECT count(*) FROM metering_round WHERE state = %(open_round)s),
    (SELECT count(*) FROM metering_roundentry e JOIN metering_round r ON r.id = e.round_id
        WHERE e.state = %(held)s AND r.state = %(open_round)s),
    (SELECT count(*) FROM metering_round r WHERE r.state = %(accepted)s
        AND NOT EXISTS (SELECT 1 FROM billing_billrun b WHERE b.round_id = r.id AND b.state = 2)),
    (SELECT count(*) FROM agreements_account WHERE state <> 3),
    owed.accounts, owed.sum, overdue.sum, prepaid.sum, taken.sum, taken.number,
    (SELECT count(*) FROM payments_shift WHERE state = %(open_shift)s),
    (SELECT count(*) FROM payments_shift WHERE state = %(counted)s)
FROM (SELECT count(*) FILTER (WHERE balance_minor > 0) AS accounts,
        COALESCE(sum(balance_minor), 0)::bigint AS sum
        FROM ledger_ledgerbalance WHERE ledger_account_id = %(receivable)s) owed,
    (SELECT COALESCE(-sum(balance_minor), 0)::bigint AS sum
        FROM ledger_ledgerbalance WHERE ledger_account_id = %(prepayment)s) prepaid,
    (SELECT COALESCE(sum(open_minor), 0)::bigint AS sum
        FROM billing_receivable WHERE open_minor > 0 AND due_on < %(day)s) overdue,
    (SELECT COALESCE(sum(p.received_minor), 0)::bigint AS sum,
        count(*) FILTER (WHERE p.reverses_id IS NULL) AS number
        FROM payments_payment p JOIN payments_shift s ON s.id = p.shift_id
        WHERE s.business_on = %(day)s) taken
"""


def figures(*, today: datetime.date) -> Figures:
    """The figures of a day, for the stations in scope."""
    parameters: dict[str, int | datetime.date] = {
        "day": today,
        "open_round": metering.RoundState.OPEN.value,
        "accepted": metering.RoundState.ACCEPTED.value,
        "held": metering.EntryState.HELD.value,
        "open_shift": payments.ShiftState.OPEN.value,
        "counted": payments.ShiftState.COUNTED.value,
        "receivable": ledger.Chart.RECEIVABLE.value,
        "prepayment": ledger.Chart.PREPAYMENT.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, parameters)
        row = cursor.fetchone()
    assert row is not None
    return Figures(*row)
