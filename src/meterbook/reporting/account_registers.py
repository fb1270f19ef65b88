"""What an account is read by now: every register in place, with its last reading."""

import datetime
from dataclasses import dataclass

from django.db import connection

_REGISTERS = """
SELECT r.id, m.serial_no, g.utility, r.band, last.read_on, last.value_milli
FROM agreements_supplyagreement g
JOIN devices_installation i ON i.service_point_id = g.service_point_id AND i.removed_on IS NULL
JOIN devices_meter m ON m.id = i.meter_id
JOIN devices_register r ON r.meter_id = m.id
LEFT JOIN LATERAL (
    SELECT d.read_on, d.value_milli FROM metering_reading d WHERE d.register_id = r.id
    ORDER BY d.read_on DESC, d.revision DESC LIMIT 1
) last ON true
WHERE g.account_id = %(account_id)s AND g.until_on IS NULL
ORDER BY g.utility, m.serial_no, r.band
"""


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """A register in place. The last reading may be missing; thousandths."""

    register_id: int
    serial_no: str
    utility: int
    band: int
    last_on: datetime.date | None
    last_milli: int | None


def registers_of(*, account_id: int) -> list[RegisterLine]:
    """The registers of the account's running supplies, by utility and meter."""
    with connection.cursor() as cursor:
        cursor.execute(_REGISTERS, {"account_id": account_id})
        return [RegisterLine(*row) for row in cursor.fetchall()]


_AT_PREMISE = """
SELECT r.id, m.serial_no, s.utility, r.band, last.read_on, last.value_milli
FROM premises_servicepoint s
JOIN devices_installation i ON i.service_point_id = s.id AND i.removed_on IS NULL
JOIN devices_meter m ON m.id = i.meter_id
JOIN devices_register r ON r.meter_id = m.id
LEFT JOIN LATERAL (
    SELECT d.read_on, d.value_milli FROM metering_reading d WHERE d.register_id = r.id
    ORDER BY d.read_on DESC, d.revision DESC LIMIT 1
) last ON true
WHERE s.premise_id = %(premise_id)s
    AND NOT EXISTS (
        SELECT FROM agreements_supplyagreement g WHERE g.service_point_id = s.id AND g.until_on IS NULL)
ORDER BY s.utility, m.serial_no, r.band
"""


def registers_at(*, premise_id: int) -> list[RegisterLine]:
    """The registers at a premise that serve nobody now."""
    with connection.cursor() as cursor:
        cursor.execute(_AT_PREMISE, {"premise_id": premise_id})
        return [RegisterLine(*row) for row in cursor.fetchall()]
