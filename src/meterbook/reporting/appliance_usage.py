"""Usage by what hangs in the kitchen: the mean month of premises with and without each kind of appliance.

A premise has a kind when such an appliance is in use on `on`. Its mean month is what it used between the
days of its usages over those days, times 365/12; a kind's is the mean of its premises' means. Reads only.
"""

import datetime
from dataclasses import dataclass

from django.db import connection

from meterbook.domain.premises import models

# The last revision of each usage that lies inside the year before `on`. Registers of one meter count the same
# days; the points of a premise are added up. Months of 365/12 days; rounded half up once for each premise.
_MEANS = """
WITH latest AS (
    SELECT DISTINCT ON (u.agreement_id, u.period_until, u.register_id)
        g.service_point_id, u.quantity_milli, u.period_from, u.period_until
    FROM metering_usage u JOIN agreements_supplyagreement g ON g.id = u.agreement_id
    WHERE g.utility = %(utility)s AND u.period_from >= %(since)s AND u.period_until <= %(on)s
    ORDER BY u.agreement_id, u.period_until, u.register_id, u.revision DESC
), periods AS (
    SELECT service_point_id, period_until - period_from AS days, sum(quantity_milli) AS quantity_milli
    FROM latest GROUP BY service_point_id, period_from, period_until
), points AS (
    SELECT service_point_id, sum(quantity_milli) * 365 / (12 * sum(days)) AS mean
    FROM periods GROUP BY service_point_id HAVING sum(days) > 0
), means AS (
    SELECT s.premise_id, round(sum(points.mean)) AS mean
    FROM points JOIN premises_servicepoint s ON s.id = points.service_point_id GROUP BY s.premise_id
), fitted AS (
    SELECT DISTINCT a.premise_id, a.kind FROM premises_appliance a
    WHERE (a.installed_on IS NULL OR a.installed_on <= %(on)s)
        AND (a.removed_on IS NULL OR a.removed_on > %(on)s)
)
SELECT k.kind, count(f.premise_id),
    round(avg(m.mean) FILTER (WHERE f.premise_id IS NOT NULL)),
    count(*) - count(f.premise_id),
    round(avg(m.mean) FILTER (WHERE f.premise_id IS NULL))
FROM (SELECT DISTINCT kind FROM fitted) k
CROSS JOIN means m
LEFT JOIN fitted f ON f.premise_id = m.premise_id AND f.kind = k.kind
GROUP BY k.kind HAVING count(f.premise_id) > 0
ORDER BY k.kind
"""


@dataclass(frozen=True, slots=True)
class KindUsage:
    """Mean monthly usage in thousandths of the unit, with and without a kind of appliance."""

    kind: models.ApplianceKind
    with_count: int
    with_milli: int
    without_count: int
    without_milli: int | None

    @property
    def difference_milli(self) -> int | None:
        """How much more a premise with it uses; None when every premise has it."""
        return None if self.without_milli is None else self.with_milli - self.without_milli


def usage_by_kind(*, utility: int, on: datetime.date) -> list[KindUsage]:
    """The kinds that premises in scope with usage in the year before `on` have, by kind."""
    since = on - datetime.timedelta(days=366)
    with connection.cursor() as cursor:
        cursor.execute(_MEANS, {"utility": utility, "since": since, "on": on})
        rows = cursor.fetchall()
    return [
        KindUsage(
            kind=models.ApplianceKind(kind),
            with_count=with_count,
            with_milli=int(with_milli),
            without_count=without_count,
            without_milli=None if without_milli is None else int(without_milli),
        )
        for kind, with_count, with_milli, without_count, without_milli in rows
    ]
