"""Meters taken off for arrears: which are to be hung again because everything is paid, and which still wait.

Nobody writes an order: the last payment puts the place on the list of what is to be hung, and a meter that
hangs there takes it off.
"""

import datetime
from dataclasses import dataclass

from django.db import connection

from meterbook.domain.agreements import models as agreements
from meterbook.domain.devices.rules import MoveReason
from meterbook.domain.metering import models as metering

# The latest change of each point that was not taken back, when it took a meter off for arrears.
_WAITING = """
WITH latest AS (
    SELECT DISTINCT ON (c.service_point_id) c.service_point_id, c.kind, c.reason, c.changed_on, c.old_meter_id
    FROM metering_meterchange c
    WHERE c.undoes_id IS NULL AND NOT EXISTS (SELECT FROM metering_meterchange u WHERE u.undoes_id = c.id)
    ORDER BY c.service_point_id, c.changed_on DESC, c.id DESC
), waiting AS (
    SELECT l.service_point_id, l.changed_on, m.serial_no, p.address, g.utility, a.account_no, k.name,
        (SELECT coalesce(sum(r.open_minor), 0)::bigint FROM billing_receivable r
            WHERE r.account_id = a.id AND r.open_minor > 0) AS owed_minor
    FROM latest l
    JOIN devices_meter m ON m.id = l.old_meter_id
    JOIN agreements_supplyagreement g ON g.service_point_id = l.service_point_id AND g.until_on IS NULL
    JOIN agreements_account a ON a.id = g.account_id AND a.state <> %(closed)s
    JOIN customers_customer k ON k.id = a.customer_id
    JOIN premises_servicepoint s ON s.id = l.service_point_id
    JOIN premises_premise p ON p.id = s.premise_id
    WHERE l.kind = %(removed)s AND l.reason = %(arrears)s
        AND NOT EXISTS (SELECT FROM devices_installation i
            WHERE i.service_point_id = l.service_point_id AND i.removed_on IS NULL)
)
SELECT service_point_id, changed_on, serial_no, address, utility, account_no, name, owed_minor
FROM waiting ORDER BY owed_minor > 0, changed_on, service_point_id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A place without its meter. `owed_minor` 0: to be hung again."""

    service_point_id: int
    removed_on: datetime.date
    serial_no: str
    address: str
    utility: int
    account_no: str
    name: str
    owed_minor: int

    @property
    def is_due(self) -> bool:
        """Whether everything is paid, so that a meter is to be hung again."""
        return self.owed_minor == 0


def waiting(*, most: int) -> list[Waiting]:
    """At most `most` places in scope whose meter was taken off for arrears, those paid up first."""
    asked = {
        "closed": agreements.AccountState.CLOSED.value,
        "removed": metering.ChangeKind.REMOVE.value,
        "arrears": MoveReason.ARREARS.value,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, asked)
        return [Waiting(*row) for row in cursor.fetchall()]
