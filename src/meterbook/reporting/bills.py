"""Bills as a list and one by one, with everything a line needs to explain itself. Reads only."""

import datetime
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.db import connection
from psycopg import sql

from meterbook.domain.tariffs import queries as tariffs
from meterbook.kernel import numbering
from meterbook.rating import explain, tariff


class BillState(enum.StrEnum):
    """Whether money is still owed. ZERO: there never was."""

    OPEN = "OPEN"
    OVERDUE = "OVERDUE"
    PAID = "PAID"
    ZERO = "ZERO"


@dataclass(frozen=True, slots=True)
class BillFilter:
    """Which bills; None asks nothing. `today` decides what is overdue; the months are first days."""

    today: datetime.date
    state: BillState | None = None
    utility: int | None = None
    account_no: str | None = None
    book_id: int | None = None
    issued_from: datetime.date | None = None
    issued_until: datetime.date | None = None
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class BillRow:
    """One bill as a line. Minor units, thousandths."""

    pk: int
    account_no: str
    name: str
    address: str
    book: str
    utility: int
    unit: str
    period_from: datetime.date
    period_until: datetime.date
    issued_on: datetime.date
    due_on: datetime.date
    quantity_milli: int
    amount_minor: int
    open_minor: int
    run_id: int | None
    round_id: int | None
    station: str
    serial_no: str
    opening_milli: int | None
    closing_milli: int | None

    @property
    def bill_no(self) -> str:
        """The number on the paper."""
        return numbering.bill_no(self.issued_on.year, self.pk)

    def state(self, today: datetime.date) -> BillState:
        """What the bill is on a day."""
        if self.amount_minor == 0:
            return BillState.ZERO
        if self.open_minor == 0:
            return BillState.PAID
        return BillState.OVERDUE if self.due_on < today else BillState.OPEN


@dataclass(frozen=True, slots=True)
class BillSums:
    """Over all bills that fit."""

    bills: int
    amount_minor: int
    open_minor: int


@dataclass(frozen=True, slots=True)
class LineRecord:
    """One line of a bill with the words of its tariff."""

    line_no: int
    component: tariff.Names
    tier: int
    tier_from_milli: int | None
    tier_until_milli: int | None
    before_milli: int
    quantity_milli: int
    unit_price_micro: int
    amount_minor: int
    rounding: int
    days: int
    text: explain.ComponentText

    def sentence(self, language: str) -> str:
        """How the amount came about, for a pencil."""
        return explain.sentence(line=self._line(), component=self.text, language=language)

    def running_total(self, language: str) -> str:
        """What the tier counter stood at before; empty without tiers."""
        if not self.tier:
            return ""
        return explain.running_total_sentence(line=self._line(), component=self.text, language=language)

    def _line(self) -> explain.Line:
        return explain.Line.from_row({field.name: getattr(self, field.name) for field in fields(self)})


@dataclass(frozen=True, slots=True)
class ClearingRecord:
    """A payment that was matched to a bill; negative when it was cancelled again."""

    payment_id: int
    receipt_no: str | None
    business_on: datetime.date
    tender: int
    amount_minor: int


class BillUnknownError(LookupError):
    """There is no such bill, or it is out of scope."""


_OPEN = sql.SQL("coalesce(r.open_minor, 0)")
_FROM = sql.SQL("""
FROM billing_bill b
JOIN agreements_account a ON a.id = b.account_id
JOIN customers_customer c ON c.id = a.customer_id
JOIN agreements_supplyagreement g ON g.id = b.agreement_id
JOIN premises_servicepoint sp ON sp.id = g.service_point_id
JOIN premises_premise p ON p.id = sp.premise_id
JOIN access_orgunit s ON s.id = b.station_id
LEFT JOIN billing_receivable r ON r.bill_id = b.id
LEFT JOIN metering_usage u ON u.id = b.usage_id
LEFT JOIN metering_round ro ON ro.id = u.round_id
LEFT JOIN metering_book bo ON bo.id = ro.book_id
LEFT JOIN devices_register re ON re.id = u.register_id
LEFT JOIN devices_meter m ON m.id = re.meter_id
WHERE (%(state)s::text IS NULL OR %(state)s = CASE
        WHEN b.amount_minor = 0 THEN 'ZERO' WHEN {open} = 0 THEN 'PAID'
        WHEN b.due_on < %(today)s THEN 'OVERDUE' ELSE 'OPEN' END
        OR (%(state)s = 'OPEN' AND {open} > 0))
    AND (%(utility)s::int IS NULL OR b.utility = %(utility)s)
    AND (%(account_no)s::text IS NULL OR a.account_no = %(account_no)s)
    AND (%(book_id)s::bigint IS NULL OR ro.book_id = %(book_id)s)
    AND (%(issued_from)s::date IS NULL OR b.issued_on >= %(issued_from)s)
    AND (%(issued_until)s::date IS NULL OR b.issued_on <= %(issued_until)s)
    AND (%(run_id)s::bigint IS NULL OR b.run_id = %(run_id)s)
    AND (%(bill_id)s::bigint IS NULL OR b.id = %(bill_id)s)
""").format(open=_OPEN)
_SELECT = sql.SQL("""
SELECT b.id, a.account_no, c.name, p.address, coalesce(bo.name, ''), b.utility,
    (SELECT t.unit FROM billing_billline l JOIN tariffs_tariffversion v ON v.id = l.tariff_version_id
        JOIN tariffs_tariff t ON t.id = v.tariff_id WHERE l.bill_id = b.id ORDER BY l.line_no LIMIT 1),
    b.period_from, b.period_until, b.issued_on, b.due_on, b.quantity_milli, b.amount_minor, {open},
    b.run_id, u.round_id, s.name, coalesce(m.serial_no, ''), u.opening_milli, u.closing_milli
""").format(open=_OPEN)
_ORDERS: Mapping[str, sql.SQL] = {
    "bill_no": sql.SQL("b.id"),
    "account_no": sql.SQL("a.account_no"),
    "name": sql.SQL("c.name_pinyin"),
    "issued_on": sql.SQL("b.issued_on"),
    "due_on": sql.SQL("b.due_on"),
    "quantity_milli": sql.SQL("b.quantity_milli"),
    "amount_minor": sql.SQL("b.amount_minor"),
    "open_minor": sql.SQL("coalesce(r.open_minor, 0)"),
}


def bills(
    *, asked: BillFilter, sort: str, is_descending: bool, offset: int = 0, limit: int | None = None
) -> Sequence[BillRow]:
    """The bills that fit, sorted by a key of the list, then by id."""
    statement = sql.SQL(
        "{select} {source} ORDER BY {sort} {direction}, b.id {direction} OFFSET %(offset)s LIMIT %(limit)s"
    ).format(
        select=_SELECT,
        source=_FROM,
        sort=_ORDERS[sort],
        direction=sql.SQL("DESC" if is_descending else "ASC"),
    )
    return [BillRow(*row) for row in _fetch(statement, asked, offset=offset, limit=limit)]


def sums(*, asked: BillFilter) -> BillSums:
    """Count and sums over all bills that fit."""
    statement = sql.SQL(
        "SELECT count(*), coalesce(sum(b.amount_minor), 0)::bigint, coalesce(sum({open}), 0)::bigint {source}"
    ).format(open=_OPEN, source=_FROM)
    return BillSums(*_fetch(statement, asked)[0])


def bill(*, bill_id: int, today: datetime.date) -> BillRow:
    """One bill; BillUnknownError when it is not there or out of scope."""
    statement = sql.SQL("{select} {source}").format(select=_SELECT, source=_FROM)
    rows = _fetch(statement, BillFilter(today=today), bill_id=bill_id)
    if not rows:
        raise BillUnknownError
    return BillRow(*rows[0])


LINES = """
SELECT l.tariff_version_id, l.component_no, l.line_no, l.tier, l.tier_from_milli, l.tier_until_milli,
    l.before_milli, l.quantity_milli, l.unit_price_micro, l.amount_minor, l.rounding, l.days
FROM billing_billline l WHERE l.bill_id = %(bill_id)s ORDER BY l.line_no
"""
CLEARINGS = """
SELECT c.payment_id, r.receipt_no, p.business_on, p.tender, c.amount_minor
FROM billing_clearing c
JOIN payments_payment p ON p.id = c.payment_id
LEFT JOIN documents_receipt r ON r.payment_id = p.id
WHERE c.bill_id = %(bill_id)s ORDER BY c.id
"""


def bill_lines(*, bill_id: int) -> tuple[LineRecord, ...]:
    """The lines of a bill with their components' words."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, {"bill_id": bill_id})
        rows = cursor.fetchall()
    versions = tariffs.versions(version_ids=[row[0] for row in rows])
    return tuple(
        LineRecord(
            *(
                row[2],
                versions[row[0]].components[row[1] - 1].name,
                *row[3:],
                explain.component_text(version=versions[row[0]], component_no=row[1]),
            )
        )
        for row in rows
    )


def clearings(*, bill_id: int) -> tuple[ClearingRecord, ...]:
    """What was paid on a bill, and what of it was taken back, in order."""
    with connection.cursor() as cursor:
        cursor.execute(CLEARINGS, {"bill_id": bill_id})
        return tuple(ClearingRecord(*row) for row in cursor.fetchall())


def _fetch(statement: sql.Composed, asked: BillFilter, **more: Any) -> list[tuple[Any, ...]]:
    asked_for = {field.name: getattr(asked, field.name) for field in fields(asked)}
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(cursor.connection), {"bill_id": None} | asked_for | more)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
