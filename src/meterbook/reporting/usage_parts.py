"""The parts of a usage over several meters, for bills and explanations. Reads only."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class PartRecord:
    """One meter's part: (closing - opening, rolled over where lower) x multiplier, or an estimate.

    `estimate_rule` is that of metering.rules_estimates, None where the register counted. Thousandths.
    """

    part_no: int
    meter_id: int
    serial_no: str
    band: int
    period_from: datetime.date
    period_until: datetime.date
    opening_milli: int
    closing_milli: int
    multiplier_milli: int
    quantity_milli: int
    estimate_rule: int | None


_PARTS = """
SELECT part.part_no, meter.id, meter.serial_no, register.band, part.period_from, part.period_until,
    part.opening_milli, part.closing_milli, part.multiplier_milli, part.quantity_milli, part.estimate_rule
FROM billing_bill bill
JOIN metering_usagepart part ON part.usage_id = bill.usage_id
JOIN devices_register register ON register.id = part.register_id
JOIN devices_meter meter ON meter.id = register.meter_id
WHERE bill.id = %s ORDER BY part.part_no
"""


def parts_of_bill(*, bill_id: int) -> Sequence[PartRecord]:
    """The parts of the usage a bill is about, in the order the meters hung; none where one meter counted."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTS, [bill_id])
        return [PartRecord(*row) for row in cursor.fetchall()]
