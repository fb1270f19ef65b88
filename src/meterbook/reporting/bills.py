"""Bills as a list and one by one, with everything a line needs to explain itself. Reads only."""

import datetime
import enum
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.db import connection
from psycopg import sql

from meterbook.domain.tariffs import queries as tariffs
from meterbook.kernel import numbering
from meterbook.rating import explain, tariff
from meterbook.rating.charges import kinds


class BillState(enum.StrEnum):
    """Whether money is still owed. ZERO: there never was. TAKEN_BACK: a mirrored bill, and its mirror."""

    OPEN = "OPEN"
    OVERDUE = "OVERDUE"
    PAID = "PAID"
    ZERO = "ZERO"
    TAKEN_BACK = "TAKEN_BACK"


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
    mirrors_id: int | None
    mirror_id: int | None
    fee: str

    @property
    def bill_no(self) -> str:
        """The number on the paper."""
        return numbering.bill_no(self.issued_on.year, self.pk)

    def state(self, today: datetime.date) -> BillState:
        """What the bill is on a day."""
        if self.mirrors_id is not None or self.mirror_id is not None:
            return BillState.TAKEN_BACK
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
    """One line of a bill with the words of its tariff. Null dates: the bill's own."""

    line_no: int
    version_id: int
    component: tariff.Names
    line: explain.Line
    text: explain.ComponentText

    @property
    def is_metered(self) -> bool:
        """Whether its quantity is one a meter counted."""
        return explain.is_metered(line=self.line, component=self.text)

    @property
    def tax_minor(self) -> int | None:
        """The tax in it: all of a line of added tax, else what is inside; None where that wasn't kept."""
        is_tax = self.text.component is not None and self.text.component.revenue == explain.TAX_REVENUE
        return self.line.amount_minor if is_tax else self.line.tax_minor

    @property
    def has_price(self) -> bool:
        """Whether it is a price times something, and not a part of other lines."""
        return self.text.kind < kinds.DERIVED_FROM

    def sentence(self, language: str) -> str:
        """How the amount came about, for a pencil."""
        return explain.sentence(line=self.line, component=self.text, language=language)

    def running_total(self, language: str) -> str:
        """What the tier counter stood at before; empty without tiers."""
        if not self.line.tier:
            return ""
        return explain.running_total_sentence(line=self.line, component=self.text, language=language)

    def tax(self, language: str) -> str:
        """The tax inside it, or why there is none."""
        return explain.tax_sentence(line=self.line, component=self.text, language=language)


@dataclass(frozen=True, slots=True)
class Section:
    """Lines of one part of a bill: one use, one price version, one season, its own days."""

    version_id: int
    part_no: int
    period_from: datetime.date | None
    period_until: datetime.date | None
    lines: tuple[LineRecord, ...]

    def days(self, language: str) -> str:
        """Its days, first and last; empty where they were not kept."""
        if self.period_from is None or self.period_until is None:
            return ""
        return explain.period_sentence(
            period_from=self.period_from, period_until=self.period_until, language=language
        )

    def set_text(self, language: str) -> str:
        """Season and programme; empty where there is neither."""
        first = self.lines[0]
        assert first.text.version is not None
        return explain.set_text(version=first.text.version, set_no=first.line.set_no, language=language)


@dataclass(frozen=True, slots=True)
class BillPrices:
    """A version a bill was made with, in words."""

    version: tariff.TariffVersion
    tariff_names: tariff.Names
    sources: tuple[str, ...]

    def name(self, language: str) -> str:
        """The tariff's name."""
        return explain.name_text(self.tariff_names, language=language)

    def sentence(self, language: str) -> str:
        """From when the price holds and where it was published."""
        return explain.version_sentence(version=self.version, sources=self.sources, language=language)


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
LEFT JOIN billing_bill mi ON mi.mirrors_id = b.id AND mi.mirrors_id IS NOT NULL
LEFT JOIN metering_usage u ON u.id = b.usage_id
LEFT JOIN metering_round ro ON ro.id = u.round_id
LEFT JOIN metering_book bo ON bo.id = ro.book_id
LEFT JOIN devices_register re ON re.id = u.register_id
LEFT JOIN devices_meter m ON m.id = re.meter_id
WHERE (%(state)s::text IS NULL OR %(state)s = CASE
        WHEN b.mirrors_id IS NOT NULL OR mi.id IS NOT NULL THEN 'TAKEN_BACK'
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
    coalesce((SELECT t.unit FROM billing_billline l JOIN tariffs_tariffversion v ON v.id = l.tariff_version_id
        JOIN tariffs_tariff t ON t.id = v.tariff_id WHERE l.bill_id = b.id ORDER BY l.line_no LIMIT 1), ''),
    b.period_from, b.period_until, b.issued_on, b.due_on, b.quantity_milli, b.amount_minor, {open},
    b.run_id, u.round_id, s.name, coalesce(m.serial_no, ''), u.opening_milli, u.closing_milli,
    b.mirrors_id, mi.id,
    coalesce((SELECT t.name FROM billing_fee f JOIN billing_feetype t ON t.id = f.fee_type_id
        WHERE f.bill_id IN (b.id, b.mirrors_id) LIMIT 1), '')
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
SELECT l.line_no, l.tariff_version_id, l.component_no, l.tier, l.tier_from_milli, l.tier_until_milli,
    l.before_milli, l.quantity_milli, l.unit_price_micro, l.amount_minor, l.rounding, l.part_no, l.set_no,
    l.band, l.factor_ppm, l.time_numerator, l.time_denominator, l.tax_minor, l.tax_basis_points,
    l.period_from, l.period_until
FROM billing_billline l WHERE l.bill_id = %(bill_id)s AND l.tariff_version_id > 0
ORDER BY l.line_no
"""
CLEARINGS = """
SELECT c.payment_id, r.receipt_no, p.business_on, p.tender, c.amount_minor
FROM billing_clearing c
JOIN payments_payment p ON p.id = c.payment_id
LEFT JOIN documents_receipt r ON r.payment_id = p.id
WHERE c.bill_id = %(bill_id)s ORDER BY c.id
"""


def bill_lines(*, bill_id: int) -> tuple[LineRecord, ...]:
    """The lines of a bill with their components' words; none of a fee or a debt of an older system."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, {"bill_id": bill_id})
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    versions = tariffs.versions(version_ids=[row["tariff_version_id"] for row in rows])
    texts = [
        explain.component_text(
            version=versions[row["tariff_version_id"]],
            component_no=row["component_no"],
            set_no=row["set_no"],
        )
        for row in rows
    ]
    pairs = [(explain.Line.from_row(row), text) for row, text in zip(rows, texts, strict=True)]
    return tuple(
        LineRecord(
            line_no=row["line_no"],
            version_id=row["tariff_version_id"],
            component=text.name,
            line=line,
            text=text,
        )
        for row, line, text in zip(rows, explain.with_bases(pairs), texts, strict=True)
    )


def sections(lines: Sequence[LineRecord]) -> tuple[Section, ...]:
    """The lines by use, price version, season and days, in their order."""

    def key(record: LineRecord) -> tuple[int, int, int, datetime.date | None, datetime.date | None]:
        line = record.line
        return record.version_id, line.part_no, line.set_no, line.period_from, line.period_until

    return tuple(
        Section(version_id, part_no, period_from, period_until, tuple(found))
        for (version_id, part_no, _set_no, period_from, period_until), found in itertools.groupby(lines, key)
    )


def prices(lines: Sequence[LineRecord]) -> tuple[BillPrices, ...]:
    """The versions a bill was made with, each once, in the order of its lines."""
    ids = list(dict.fromkeys(record.version_id for record in lines))
    versions, published = tariffs.versions(version_ids=ids), tariffs.published(version_ids=ids)
    return tuple(
        BillPrices(version=versions[i], tariff_names=published[i].names, sources=published[i].sources)
        for i in ids
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
