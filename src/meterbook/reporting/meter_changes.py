"""Where meters are changed: the places a number leads to, what hangs there, what was changed. Reads only."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

MOST_PLACES = 20
MOST_CHANGES = 50


@dataclass(frozen=True, slots=True)
class Place:
    """A service point, whose account it supplies and what hangs there now; empty where nothing does."""

    service_point_id: int
    utility: int
    address: str
    account_no: str
    name: str
    agreement_id: int | None
    meter_id: int | None
    serial_no: str
    model: str
    installed_on: datetime.date | None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change of meters as a line. `undone_by` is empty while it stands."""

    change_id: int
    service_point_id: int
    kind: int
    changed_on: datetime.date
    reason: int
    remark: str
    address: str
    account_no: str
    name: str
    utility: int
    old_meter_id: int | None
    old_serial_no: str
    new_meter_id: int | None
    new_serial_no: str
    old_seal_no: str
    new_seal_no: str
    staff: str
    recorded_at: datetime.datetime
    undone_by: int | None


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """A register's closing or opening value in a change. `quantity_milli` is what was carried.

    None where nothing was (or waits for the next meter: then there is an `estimate_rule`). Thousandths.
    """

    band: int
    is_closing: bool
    value_milli: int
    multiplier_milli: int
    previous_milli: int | None
    previous_on: datetime.date | None
    quantity_milli: int | None
    estimate_rule: int | None


_PLACE = """
SELECT point.id, point.utility, premise.address, COALESCE(account.account_no, ''),
    COALESCE(customer.name, ''), agreement.id, meter.id, COALESCE(meter.serial_no, ''),
    COALESCE(btrim(model.maker || ' ' || model.name), ''), hung.installed_on
FROM premises_servicepoint point
JOIN premises_premise premise ON premise.id = point.premise_id
LEFT JOIN LATERAL (
    SELECT g.id, g.account_id FROM agreements_supplyagreement g WHERE g.service_point_id = point.id
    ORDER BY g.until_on IS NOT NULL, g.from_on DESC LIMIT 1
) agreement ON true
LEFT JOIN agreements_account account ON account.id = agreement.account_id
LEFT JOIN customers_customer customer ON customer.id = account.customer_id
LEFT JOIN devices_installation hung ON hung.service_point_id = point.id AND hung.removed_on IS NULL
LEFT JOIN devices_meter meter ON meter.id = hung.meter_id
LEFT JOIN devices_metermodel model ON model.id = meter.model_id
"""
_BY_ID = f"{_PLACE} WHERE point.id = %(id)s"
_BY_NUMBER = f"""{_PLACE}
WHERE point.id IN (
    SELECT g.service_point_id FROM agreements_account a
    JOIN agreements_supplyagreement g ON g.account_id = a.id AND g.until_on IS NULL
    WHERE a.account_no = %(text)s
    UNION
    SELECT i.service_point_id FROM devices_meter m JOIN devices_installation i ON i.meter_id = m.id
    WHERE (m.serial_no = %(text)s OR (m.barcode = %(text)s AND m.barcode <> '')) AND i.removed_on IS NULL
)
ORDER BY point.utility, point.id LIMIT {MOST_PLACES}
"""  # noqa: S608 # constants of this module

_CHANGES = """
SELECT change.id, change.service_point_id, change.kind, change.changed_on, change.reason, change.remark,
    premise.address, COALESCE(account.account_no, ''), COALESCE(customer.name, ''), point.utility,
    old.id, COALESCE(old.serial_no, ''), new.id, COALESCE(new.serial_no, ''), change.old_seal_no,
    change.new_seal_no, COALESCE(staff.name, ''), change.recorded_at, undo.id
FROM metering_meterchange change
JOIN premises_servicepoint point ON point.id = change.service_point_id
JOIN premises_premise premise ON premise.id = point.premise_id
LEFT JOIN agreements_supplyagreement agreement ON agreement.id = change.agreement_id
LEFT JOIN agreements_account account ON account.id = agreement.account_id
LEFT JOIN customers_customer customer ON customer.id = account.customer_id
LEFT JOIN devices_meter old ON old.id = change.old_meter_id
LEFT JOIN devices_meter new ON new.id = change.new_meter_id
LEFT JOIN access_staff staff ON staff.id = change.staff_id
LEFT JOIN metering_meterchange undo ON undo.undoes_id = change.id
WHERE (%(change_id)s::bigint IS NULL OR change.id = %(change_id)s)
    AND (%(service_point_id)s::bigint IS NULL OR change.service_point_id = %(service_point_id)s)
ORDER BY change.id DESC LIMIT %(most)s
"""

_VALUES = """
SELECT register.band, written.is_closing, written.value_milli, register.multiplier_milli,
    carried.opening_milli, carried.period_from, carried.quantity_milli, carried.estimate_rule
FROM metering_changereading written
JOIN devices_register register ON register.id = written.register_id
LEFT JOIN metering_carriedusage carried ON carried.change_id = written.change_id
    AND carried.register_id = written.register_id AND written.is_closing AND carried.cancels_id IS NULL
WHERE written.change_id = %(change_id)s
ORDER BY written.is_closing DESC, register.band
"""


def place(*, service_point_id: int) -> Place | None:
    """One service point; None when it is not there or out of scope."""
    found = _rows(_BY_ID, {"id": service_point_id})
    return Place(*found[0]) if found else None


def places_of_number(*, text: str) -> Sequence[Place]:
    """The places an account number, a meter number or a barcode leads to."""
    return [Place(*row) for row in _rows(_BY_NUMBER, {"text": text.strip()})] if text.strip() else []


def changes(*, service_point_id: int | None = None, most: int = MOST_CHANGES) -> Sequence[ChangeRow]:
    """What was changed, newest first: at one place, or everywhere in scope."""
    asked = {"change_id": None, "service_point_id": service_point_id, "most": most}
    return [ChangeRow(*row) for row in _rows(_CHANGES, asked)]


def change_row(*, change_id: int) -> ChangeRow | None:
    """One change; None when it is not there or out of scope."""
    found = _rows(_CHANGES, {"change_id": change_id, "service_point_id": None, "most": 1})
    return ChangeRow(*found[0]) if found else None


def changed_values(*, change_id: int) -> Sequence[ChangedValue]:
    """The closing values of a change, then the opening ones."""
    return [ChangedValue(*row) for row in _rows(_VALUES, {"change_id": change_id})]


def _rows(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(parameters))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
