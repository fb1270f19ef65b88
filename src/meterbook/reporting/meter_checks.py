"""Meters a person should look at: over age, stopped, slow, fast, running backwards. Reads only, set-wise.

What each list holds
- OVER_AGE: hangs, and its verification or service life ends on the day looked at or earlier.
- STOPPED: its last usages (Limits.zero_usages or more) are zero, and it counted in the year before.
- SLOW: its last usage is at most `slow_percent` of its own mean of twelve months, and of its peers'.
- FAST: its last usage is at least `fast_percent` of its own mean, and above its peers'.
- BACKWARDS: a reading of the last twelve months lies below the one before it, held or confirmed by a person.

Usages are compared as thousandths per 30 days, since periods differ. Peers are the customers of the same
utility and class in scope. A meter with several registers counts by its total, else by their sum.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import connection
from psycopg import sql

from meterbook.domain.devices import models as devices
from meterbook.domain.metering import models as metering
from meterbook.kernel import period

_YEAR_MONTHS = 12


class Kind(StrEnum):
    """Which list."""

    OVER_AGE = "OVER_AGE"
    STOPPED = "STOPPED"
    SLOW = "SLOW"
    FAST = "FAST"
    BACKWARDS = "BACKWARDS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where on a meter is listed. `fewest_usages`: shorter histories say nothing of slow or fast."""

    zero_usages: int = 3
    slow_percent: int = 50
    fast_percent: int = 200
    fewest_usages: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFilter:
    """Which list as of which day; None asks nothing more."""

    kind: Kind
    as_of: datetime.date
    utility: int | None = None
    station_id: int | None = None
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A meter to look at; figures its list has no use for are None. Usages in thousandths per 30 days."""

    meter_id: int
    serial_no: str
    utility: int
    model: str
    nominal_diameter: int | None
    station: str
    address: str
    account_no: str
    customer: str
    installed_on: datetime.date
    due_on: datetime.date | None
    read_on: datetime.date | None
    last_milli: int | None
    own_milli: int | None
    peer_milli: int | None
    zero_usages: int | None
    previous_milli: int | None
    value_milli: int | None


_OVER_AGE = sql.SQL("""
found AS (
    SELECT m.id AS meter_id, i.id AS installation_id, NULL::date AS read_on, NULL::bigint AS last_milli,
        NULL::bigint AS own_milli, NULL::bigint AS peer_milli, NULL::bigint AS zero_usages,
        NULL::bigint AS previous_milli, NULL::bigint AS value_milli
    FROM devices_meter m JOIN devices_installation i ON i.meter_id = m.id AND i.removed_on IS NULL
    WHERE m.state = %(in_service)s AND m.verification_due_on <= %(as_of)s
)
""")

# Of each hanging meter the usages of thirteen months: the newest against those before it.
_FIGURES = sql.SQL("""
hung AS (
    SELECT i.id AS installation_id, i.meter_id, g.id AS agreement_id, g.utility, c.customer_class
    FROM devices_installation i
    JOIN agreements_supplyagreement g ON g.service_point_id = i.service_point_id AND g.until_on IS NULL
    JOIN agreements_account a ON a.id = g.account_id JOIN customers_customer c ON c.id = a.customer_id
    WHERE i.removed_on IS NULL
), counted AS (
    SELECT DISTINCT ON (u.agreement_id, u.register_id, u.period_until) u.agreement_id, u.register_id,
        u.period_from, u.period_until, u.quantity_milli
    FROM metering_usage u WHERE u.period_until > %(since)s AND u.period_until <= %(as_of)s
    ORDER BY u.agreement_id, u.register_id, u.period_until, u.revision DESC
), periods AS (
    SELECT u.agreement_id, u.period_until, u.period_until - min(u.period_from) AS days,
        COALESCE(sum(u.quantity_milli) FILTER (WHERE r.band = 0), sum(u.quantity_milli)) AS milli,
        max(r.meter_id) AS meter_id,
        row_number() OVER (PARTITION BY u.agreement_id ORDER BY u.period_until DESC) AS back
    FROM counted u JOIN devices_register r ON r.id = u.register_id
    GROUP BY u.agreement_id, u.period_until
), figures AS (
    SELECT h.installation_id, h.meter_id, h.utility, h.customer_class, count(*) AS usages,
        max(p.period_until) AS read_on,
        round(sum(p.milli * 30) FILTER (WHERE back = 1) / sum(p.days) FILTER (WHERE back = 1)) AS last_milli,
        round(sum(p.milli * 30) FILTER (WHERE back > 1) / sum(p.days) FILTER (WHERE back > 1)) AS own_milli,
        COALESCE(min(p.back) FILTER (WHERE p.milli > 0) - 1, count(*)) AS zero_usages,
        max(p.meter_id) FILTER (WHERE back = 1) AS last_meter_id, max(p.milli) AS most_milli
    FROM hung h JOIN periods p ON p.agreement_id = h.agreement_id
    GROUP BY h.installation_id, h.meter_id, h.utility, h.customer_class
), compared AS (
    SELECT *, round(avg(last_milli) OVER (PARTITION BY utility, customer_class)) AS peer_milli
    FROM figures WHERE last_meter_id = meter_id
), found AS (
    SELECT meter_id, installation_id, read_on, last_milli, own_milli, peer_milli, zero_usages,
        NULL::bigint AS previous_milli, NULL::bigint AS value_milli
    FROM compared WHERE {condition}
)
""")
_CONDITIONS = {
    Kind.STOPPED: sql.SQL("zero_usages >= %(zero_usages)s AND most_milli > 0"),
    Kind.SLOW: sql.SQL("""usages >= %(fewest_usages)s AND last_milli > 0
        AND last_milli * 100 <= own_milli * %(slow_percent)s
        AND last_milli * 100 <= peer_milli * %(slow_percent)s"""),
    Kind.FAST: sql.SQL("""usages >= %(fewest_usages)s AND own_milli > 0 AND last_milli > peer_milli
        AND last_milli * 100 >= own_milli * %(fast_percent)s"""),
}

_BACKWARDS = sql.SQL("""
found AS (
    SELECT DISTINCT ON (r.meter_id) r.meter_id, i.id AS installation_id, e.read_on,
        NULL::bigint AS last_milli, NULL::bigint AS own_milli, NULL::bigint AS peer_milli,
        NULL::bigint AS zero_usages, e.previous_milli, e.value_milli
    FROM metering_roundentry e JOIN devices_register r ON r.id = e.register_id
    JOIN devices_installation i ON i.meter_id = r.meter_id AND i.removed_on IS NULL
    WHERE e.state IN (%(held)s, %(confirmed)s) AND %(lower)s = ANY (e.checks)
        AND e.value_milli < e.previous_milli AND e.read_on > %(year_before)s AND e.read_on <= %(as_of)s
    ORDER BY r.meter_id, e.read_on DESC
)
""")

_LISTED = sql.SQL("""
SELECT m.id, m.serial_no, mm.utility, btrim(mm.maker || ' ' || mm.name), mm.nominal_diameter, u.name,
    p.address, COALESCE(a.account_no, ''), COALESCE(c.name, ''), i.installed_on, m.verification_due_on,
    f.read_on, f.last_milli::bigint, f.own_milli::bigint, f.peer_milli::bigint, f.zero_usages,
    f.previous_milli, f.value_milli
FROM found f
JOIN devices_meter m ON m.id = f.meter_id JOIN devices_metermodel mm ON mm.id = m.model_id
JOIN access_orgunit u ON u.id = m.station_id
JOIN devices_installation i ON i.id = f.installation_id
JOIN premises_servicepoint s ON s.id = i.service_point_id JOIN premises_premise p ON p.id = s.premise_id
LEFT JOIN agreements_supplyagreement g ON g.service_point_id = s.id AND g.until_on IS NULL
LEFT JOIN agreements_account a ON a.id = g.account_id
LEFT JOIN customers_customer c ON c.id = a.customer_id
WHERE (%(utility)s::int IS NULL OR mm.utility = %(utility)s)
    AND (%(station_id)s::int IS NULL OR m.station_id = %(station_id)s)
""")
_ORDERS = {
    "serial_no": sql.SQL("m.serial_no {way}"),
    "address": sql.SQL("p.address {way}, m.serial_no"),
    "due_on": sql.SQL("m.verification_due_on {way}, m.serial_no"),
    "last_milli": sql.SQL("f.last_milli {way}, m.serial_no"),
    "own_milli": sql.SQL("f.own_milli {way}, m.serial_no"),
    "zero_usages": sql.SQL("f.zero_usages {way}, m.serial_no"),
}
SORTS = frozenset(_ORDERS)


def meter_count(*, wanted: CheckFilter) -> int:
    """How many meters are on the list."""
    statement = sql.SQL("WITH {found} SELECT count(*) FROM ({listed}) x").format(
        found=_found(wanted.kind), listed=_LISTED
    )
    count: int = _fetch(statement, _parameters(wanted))[0][0]
    return count


def meter_rows(
    *, wanted: CheckFilter, sort: str, is_descending: bool, offset: int, limit: int
) -> list[CheckRow]:
    """One page of the list. `sort` is one of SORTS (KeyError otherwise)."""
    order = _ORDERS[sort].format(way=sql.SQL("DESC NULLS LAST" if is_descending else "ASC"))
    statement = sql.SQL("WITH {found} {listed} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s").format(
        found=_found(wanted.kind), listed=_LISTED, order=order
    )
    rows = _fetch(statement, {**_parameters(wanted), "limit": limit, "offset": offset})
    return [CheckRow(*row) for row in rows]


def _found(kind: Kind) -> sql.Composable:
    if kind is Kind.OVER_AGE:
        return _OVER_AGE
    if kind is Kind.BACKWARDS:
        return _BACKWARDS
    return _FIGURES.format(condition=_CONDITIONS[kind])


def _parameters(wanted: CheckFilter) -> dict[str, Any]:
    return {
        "as_of": wanted.as_of,
        "since": period.add_months(wanted.as_of, -_YEAR_MONTHS - 1),
        "year_before": period.add_months(wanted.as_of, -_YEAR_MONTHS),
        "utility": wanted.utility,
        "station_id": wanted.station_id,
        "zero_usages": wanted.limits.zero_usages,
        "slow_percent": wanted.limits.slow_percent,
        "fast_percent": wanted.limits.fast_percent,
        "fewest_usages": wanted.limits.fewest_usages,
        "in_service": devices.MeterState.IN_SERVICE.value,
        "held": metering.EntryState.HELD.value,
        "confirmed": metering.EntryState.CONFIRMED.value,
        "lower": metering.Check.LOWER_THAN_BEFORE.value,
    }


def _fetch(statement: sql.Composable, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(cursor.connection), dict(parameters))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
