"""The checks the books are proved by: each one statement, so each one snapshot.

A statement yields one row per thing looked at: `key` (what to look at when it is wrong) and `is_right`.
Amounts are minor units; a null on either side of a comparison counts as wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from meterbook.domain.ledger import rules as ledger


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold. `subject` says what its keys number."""

    code: str
    title: Promise
    subject: Promise
    statement: str


# What the statements' %(names)s stand for.
PARAMETERS: Mapping[str, int] = {
    "receivable": ledger.Chart.RECEIVABLE.value,
    "prepayment": ledger.Chart.PREPAYMENT.value,
    "bill": ledger.JournalKind.BILL.value,
    "bill_mirror": ledger.JournalKind.BILL_MIRROR.value,
    "payment": ledger.JournalKind.PAYMENT.value,
    "payment_reversal": ledger.JournalKind.PAYMENT_REVERSAL.value,
}

JOURNALS_BALANCE = """
SELECT coalesce(j.id, e.journal_id) AS key,
    j.id IS NOT NULL AND e.total = 0 AND e.first = 1 AND e.last = e.lines AND e.days = 1 AND e.stations = 1
        AND j.posted_on = e.posted_on AND j.station_id = e.station_id AS is_right
FROM ledger_journal j
FULL JOIN (
    SELECT journal_id, sum(amount_minor) AS total,
        min(line_no) AS first, max(line_no) AS last, count(*) AS lines, count(DISTINCT posted_on) AS days,
        count(DISTINCT station_id) AS stations,
        min(posted_on) AS posted_on, min(station_id) AS station_id
    FROM ledger_ledgerentry GROUP BY journal_id
) e ON e.journal_id = j.id
"""
ENTRIES_FIT_THEIR_ACCOUNT = """
SELECT e.journal_id AS key, a.id IS NOT NULL AND (a.subject_kind = 0) = (e.subject_id IS NULL) AS is_right
FROM ledger_ledgerentry e LEFT JOIN ledger_ledgeraccount a ON a.id = e.ledger_account_id
"""
BALANCES_ARE_ENTRIES = """
SELECT coalesce(b.subject_id, e.subject_id) AS key, b.balance_minor = e.total AS is_right
FROM ledger_ledgerbalance b
FULL JOIN (
    SELECT subject_id, ledger_account_id, sum(amount_minor) AS total
    FROM ledger_ledgerentry WHERE subject_id IS NOT NULL GROUP BY subject_id, ledger_account_id
) e ON e.subject_id = b.subject_id AND e.ledger_account_id = b.ledger_account_id
"""
CONTROL_ACCOUNTS = """
SELECT a.id AS key, coalesce(b.total, 0) = coalesce(e.total, 0) AS is_right
FROM ledger_ledgeraccount a
LEFT JOIN (SELECT ledger_account_id, sum(balance_minor) AS total FROM ledger_ledgerbalance GROUP BY 1) b
    ON b.ledger_account_id = a.id
LEFT JOIN (SELECT ledger_account_id, sum(amount_minor) AS total FROM ledger_ledgerentry GROUP BY 1) e
    ON e.ledger_account_id = a.id
WHERE a.subject_kind <> 0
"""
OPEN_BILLS_ARE_BALANCES = """
SELECT coalesce(r.account_id, b.subject_id) AS key,
    coalesce(r.total, 0) = coalesce(b.balance_minor, 0) AS is_right
FROM (SELECT account_id, sum(open_minor) AS total FROM billing_receivable GROUP BY account_id) r
FULL JOIN (
    SELECT subject_id, balance_minor FROM ledger_ledgerbalance
    WHERE ledger_account_id = %(receivable)s
) b ON b.subject_id = r.account_id
"""
PREPAYMENTS_ARE_HELD = """
SELECT subject_id AS key, balance_minor <= 0 AS is_right FROM ledger_ledgerbalance
WHERE ledger_account_id = %(prepayment)s
"""
BILLS_ARE_LINES = """
SELECT coalesce(b.id, l.bill_id) AS key,
    b.id IS NOT NULL AND b.amount_minor = l.total AND l.first = 1 AND l.last = l.lines AS is_right
FROM billing_bill b
FULL JOIN (
    SELECT bill_id, sum(amount_minor) AS total, min(line_no) AS first, max(line_no) AS last, count(*) AS lines
    FROM billing_billline GROUP BY bill_id
) l ON l.bill_id = b.id
"""
BILLS_ARE_POSTED = """
SELECT coalesce(b.id, j.source_id) AS key,
    CASE WHEN b.amount_minor = 0 THEN j.id IS NULL
        ELSE b.id IS NOT NULL AND e.total = b.amount_minor AND e.subject_id = b.account_id
            AND e.sides = 1 AND j.station_id = b.station_id END AS is_right
FROM billing_bill b
FULL JOIN (
    SELECT * FROM ledger_journal
    WHERE kind IN (%(bill)s, %(bill_mirror)s)
) j ON j.source_id = b.id
LEFT JOIN (
    SELECT journal_id, sum(amount_minor) AS total, min(subject_id) AS subject_id, count(*) AS sides
    FROM ledger_ledgerentry WHERE ledger_account_id = %(receivable)s GROUP BY journal_id
) e ON e.journal_id = j.id
"""
BILLS_ARE_OWED = """
SELECT coalesce(b.id, r.bill_id) AS key,
    r.amount_minor = b.amount_minor AND r.account_id = b.account_id
        AND r.station_id = b.station_id AS is_right
FROM (SELECT * FROM billing_bill WHERE amount_minor > 0) b
FULL JOIN billing_receivable r ON r.bill_id = b.id
"""
OPEN_IS_UNCLEARED = """
SELECT coalesce(r.bill_id, c.bill_id) AS key, r.open_minor = r.amount_minor - coalesce(c.total, 0) AS is_right
FROM billing_receivable r
FULL JOIN (SELECT bill_id, sum(amount_minor) AS total FROM billing_clearing GROUP BY bill_id) c
    ON c.bill_id = r.bill_id
"""
USAGES_BILLED_ONCE = """
SELECT b.usage_id AS key, count(*) = count(DISTINCT b.revision)
    AND sum(CASE WHEN b.mirrors_id IS NULL THEN 1 ELSE -1 END) BETWEEN 0 AND 1
    AND bool_and(u.id IS NOT NULL AND u.agreement_id = b.agreement_id AND a.account_id = b.account_id
        AND (b.mirrors_id IS NOT NULL OR u.quantity_milli = b.quantity_milli)) AS is_right
FROM billing_bill b
LEFT JOIN metering_usage u ON u.id = b.usage_id
LEFT JOIN agreements_supplyagreement a ON a.id = b.agreement_id
WHERE b.usage_id IS NOT NULL GROUP BY b.usage_id
"""
RUNS_ARE_BILLS = """
SELECT r.id AS key, r.bill_count = coalesce(b.bills, 0) AND r.amount_minor = coalesce(b.total, 0) AS is_right
FROM billing_billrun r
LEFT JOIN (
    SELECT run_id, count(*) AS bills, sum(amount_minor) AS total FROM billing_bill
    WHERE mirrors_id IS NULL AND revision = 1 GROUP BY run_id
) b ON b.run_id = r.id
WHERE r.state = 2
"""
PAYMENTS_ARE_POSTED = """
SELECT coalesce(p.id, j.source_id) AS key,
    p.id IS NOT NULL AND j.id IS NOT NULL AND j.posted_on = p.business_on AND j.station_id = p.station_id
        AND (j.kind = %(payment)s) = (p.reverses_id IS NULL)
        AND coalesce(e.receivable, 0) = -p.cleared_minor AND coalesce(e.received, 0) = p.received_minor
        AND coalesce(e.prepayment, 0) = p.prepaid_used_minor - p.prepaid_added_minor
        AND e.accounts <@ ARRAY[p.account_id] AND e.shifts <@ ARRAY[p.shift_id] AS is_right
FROM payments_payment p
FULL JOIN (
    SELECT * FROM ledger_journal
    WHERE kind IN (%(payment)s, %(payment_reversal)s)
) j ON j.source_id = p.id
LEFT JOIN (
    SELECT e.journal_id,
        sum(e.amount_minor) FILTER (WHERE e.ledger_account_id = %(receivable)s) AS receivable,
        sum(e.amount_minor) FILTER (WHERE e.ledger_account_id = %(prepayment)s) AS prepayment,
        sum(e.amount_minor) FILTER (WHERE a.subject_kind = 2) AS received,
        coalesce(array_agg(e.subject_id) FILTER (WHERE a.subject_kind = 1), '{}') AS accounts,
        coalesce(array_agg(e.subject_id) FILTER (WHERE a.subject_kind = 2), '{}') AS shifts
    FROM ledger_ledgerentry e JOIN ledger_ledgeraccount a ON a.id = e.ledger_account_id
    GROUP BY e.journal_id
) e ON e.journal_id = j.id
"""
PAYMENTS_ARE_CLEARED = """
SELECT coalesce(p.id, c.payment_id) AS key, p.cleared_minor = coalesce(c.total, 0) AS is_right
FROM payments_payment p
FULL JOIN (
    SELECT payment_id, sum(amount_minor) AS total FROM billing_clearing
    WHERE payment_id IS NOT NULL GROUP BY payment_id
) c ON c.payment_id = p.id
"""
MIRRORS_ARE_WHOLE = """
SELECT coalesce(m.id, c.mirror_bill_id) AS key,
    m.id IS NOT NULL AND m.amount_minor = -b.amount_minor AND m.account_id = b.account_id
        AND m.station_id = b.station_id AND (b.amount_minor = 0 AND c.mirror_bill_id IS NULL
            OR c.clearings = 1 AND c.bill_id = b.id AND c.total = b.amount_minor) AS is_right
FROM (SELECT * FROM billing_bill WHERE mirrors_id IS NOT NULL) m
LEFT JOIN billing_bill b ON b.id = m.mirrors_id
FULL JOIN (
    SELECT mirror_bill_id, sum(amount_minor) AS total, count(*) AS clearings, min(bill_id) AS bill_id
    FROM billing_clearing WHERE mirror_bill_id IS NOT NULL GROUP BY mirror_bill_id
) c ON c.mirror_bill_id = m.id
"""
RECEIPTS_HAVE_NO_GAP = """
SELECT b.id AS key, b.next_serial = coalesce(r.last, 0) + 1 AND coalesce(r.receipts, 0) = coalesce(r.last, 0)
    AND coalesce(r.first, 1) = 1 AS is_right
FROM documents_receiptbook b
LEFT JOIN (
    SELECT book_id, count(DISTINCT serial) AS receipts, min(serial) AS first, max(serial) AS last
    FROM documents_receipt GROUP BY book_id
) r ON r.book_id = b.id
"""
PAYMENTS_HAVE_RECEIPTS = """
SELECT coalesce(p.id, r.payment_id) AS key,
    CASE WHEN p.reverses_id IS NULL THEN p.account_id = r.account_id ELSE r.payment_id IS NULL END AS is_right
FROM payments_payment p FULL JOIN documents_receipt r ON r.payment_id = p.id
"""
REVERSALS_VOID_RECEIPTS = """
SELECT r.payment_id AS key, (back.id IS NOT NULL) = (v.receipt_id IS NOT NULL) AS is_right
FROM documents_receipt r
LEFT JOIN payments_payment back ON back.reverses_id = r.payment_id
LEFT JOIN documents_receiptevent v ON v.receipt_id = r.id AND v.kind = 3
"""

_ACCOUNT, _BILL, _JOURNAL, _PAYMENT = _("Account"), _("Bill"), _("Journal"), _("Payment")
CHECKS: Mapping[str, Check] = {
    check.code: check
    for check in (
        Check("JOURNALS_BALANCE", _("Every journal sums to zero and is whole"), _JOURNAL, JOURNALS_BALANCE),
        Check("ENTRIES_FIT", _("Every entry fits its ledger account"), _JOURNAL, ENTRIES_FIT_THEIR_ACCOUNT),
        Check("BALANCES_ARE_ENTRIES", _("Balances equal the entries"), _("Subject"), BALANCES_ARE_ENTRIES),
        Check(
            "CONTROL_ACCOUNTS",
            _("Sub-ledgers equal their control accounts"),
            _("Ledger account"),
            CONTROL_ACCOUNTS,
        ),
        Check(
            "OPEN_IS_BALANCE", _("Open bills equal each account's balance"), _ACCOUNT, OPEN_BILLS_ARE_BALANCES
        ),
        Check("PREPAYMENTS_HELD", _("No prepayment is overdrawn"), _ACCOUNT, PREPAYMENTS_ARE_HELD),
        Check("BILLS_ARE_LINES", _("Every bill is the sum of its lines"), _BILL, BILLS_ARE_LINES),
        Check("BILLS_ARE_POSTED", _("Every bill is posted once, whole"), _BILL, BILLS_ARE_POSTED),
        Check("BILLS_ARE_OWED", _("Every bill is owed"), _BILL, BILLS_ARE_OWED),
        Check("OPEN_IS_UNCLEARED", _("What is open is what was not cleared"), _BILL, OPEN_IS_UNCLEARED),
        Check("MIRRORS_WHOLE", _("Bills taken back are mirrored whole"), _BILL, MIRRORS_ARE_WHOLE),
        Check("USAGES_BILLED_ONCE", _("No usage is billed twice"), _("Usage"), USAGES_BILLED_ONCE),
        Check("RUNS_ARE_BILLS", _("Every bill run equals its bills"), _("Bill run"), RUNS_ARE_BILLS),
        Check("PAYMENTS_ARE_POSTED", _("Every payment is posted once, whole"), _PAYMENT, PAYMENTS_ARE_POSTED),
        Check(
            "PAYMENTS_ARE_CLEARED", _("Every payment equals what it cleared"), _PAYMENT, PAYMENTS_ARE_CLEARED
        ),
        Check(
            "RECEIPTS_HAVE_NO_GAP", _("Receipt numbers have no gap"), _("Receipt book"), RECEIPTS_HAVE_NO_GAP
        ),
        Check("PAYMENTS_HAVE_RECEIPTS", _("Every payment has one receipt"), _PAYMENT, PAYMENTS_HAVE_RECEIPTS),
        Check(
            "REVERSALS_VOID", _("Cancelled payments have void receipts"), _PAYMENT, REVERSALS_VOID_RECEIPTS
        ),
    )
}
