"""Meters over time and in sum: usage before and after a change, the store, why meters were taken off."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from meterbook.domain.devices import models as devices

# Of the places the meter hangs or hung, whatever meter counted there.
_USAGES = """
WITH places AS (
    SELECT DISTINCT g.id AS agreement_id FROM devices_installation i
    JOIN agreements_supplyagreement g ON g.service_point_id = i.service_point_id
    WHERE i.meter_id = %(meter_id)s
), counted AS (
    SELECT DISTINCT ON (u.agreement_id, u.register_id, u.period_until)
        u.agreement_id, u.register_id, u.period_from, u.period_until, u.quantity_milli
    FROM metering_usage u JOIN places ON places.agreement_id = u.agreement_id
    ORDER BY u.agreement_id, u.register_id, u.period_until, u.revision DESC
)
SELECT min(c.period_from), c.period_until,
    COALESCE(sum(c.quantity_milli) FILTER (WHERE r.band = 0), sum(c.quantity_milli))::bigint,
    m.id, m.serial_no, COALESCE((SELECT max(i.installed_on) FROM devices_installation i
        WHERE i.meter_id = m.id AND i.installed_on < c.period_until), min(c.period_from))
FROM counted c JOIN devices_register r ON r.id = c.register_id JOIN devices_meter m ON m.id = r.meter_id
GROUP BY c.agreement_id, c.period_until, m.id, m.serial_no
ORDER BY c.period_until DESC, m.id DESC LIMIT %(most)s
"""

_STORE = """
SELECT mm.id, mm.utility, btrim(mm.maker || ' ' || mm.name), mm.nominal_diameter, m.state, count(*)
FROM devices_meter m JOIN devices_metermodel mm ON mm.id = m.model_id
GROUP BY mm.id, m.state ORDER BY mm.utility, mm.maker, mm.name, mm.id
"""

_REMOVALS = """
SELECT v.reason, count(*) FROM devices_metermove v
WHERE v.to_state = %(removed)s AND v.moved_on > %(since)s AND v.moved_on <= %(as_of)s AND v.undoes_id IS NULL
    AND NOT EXISTS (SELECT FROM devices_metermove back WHERE back.undoes_id = v.id)
GROUP BY v.reason ORDER BY count(*) DESC, v.reason
"""


@dataclass(frozen=True, slots=True)
class PlaceUsage:
    """What was used in [period_from, period_until) where a meter hangs or hung, and which meter counted.

    `hung_on` is the day that meter was hung, which may lie inside the period.
    """

    period_from: datetime.date
    period_until: datetime.date
    quantity_milli: int
    meter_id: int
    serial_no: str
    hung_on: datetime.date


@dataclass(frozen=True, slots=True)
class ModelStore:
    """How many meters of a model there are in each state."""

    model_id: int
    utility: int
    model: str
    nominal_diameter: int | None
    counts: Mapping[int, int]


def usages_at_places(*, meter_id: int, most: int = 24) -> list[PlaceUsage]:
    """The last usages where a meter hangs or hung, oldest first: before and after its changes."""
    rows = _fetch(_USAGES, {"meter_id": meter_id, "most": most})
    return [PlaceUsage(*row) for row in reversed(rows)]


def meters_by_model() -> list[ModelStore]:
    """Every model that has meters in scope, with how many are where."""
    found: dict[int, ModelStore] = {}
    counts: dict[int, dict[int, int]] = {}
    for model_id, utility, model, diameter, state, count in _fetch(_STORE, {}):
        of_model = counts.setdefault(model_id, {})
        of_model[state] = count
        found.setdefault(model_id, ModelStore(model_id, utility, model, diameter, of_model))
    return list(found.values())


def removals_by_reason(*, since: datetime.date, as_of: datetime.date) -> list[tuple[int, int]]:
    """Why meters were taken off after `since` and until `as_of`: (reason, how many), most first.

    What was taken back doesn't count.
    """
    parameters = {"removed": devices.MeterState.REMOVED.value, "since": since, "as_of": as_of}
    return [(row[0], row[1]) for row in _fetch(_REMOVALS, parameters)]


def _fetch(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(parameters))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
