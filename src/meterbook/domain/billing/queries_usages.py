"""What a run reads of usages: themselves, earlier ones that count, and what their agreements agreed on."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from django.db import connection

from meterbook.domain import columns
from meterbook.domain.billing import rules_counters, rules_parts

# Which tariff and household an agreement had is asked for its first and its last day of supply. `before` is
# what earlier usages of the agreement counted up to this one's closing reading, once for each tier
# period there is; `history` is the last 400 days of the same register, or of the one of its band that hung
# there before. The highest revision of a usage counts.
USAGES = """
SELECT u.round_id, u.id, u.agreement_id, a.account_id, u.station_id, a.utility, c.customer_class,
    u.register_id, u.period_from, u.period_until, u.quantity_milli, first.tariff_id, last.tariff_id,
    h.persons, coalesce(e.state = 4, false), coalesce(p.released_at IS NOT NULL, false),
    coalesce(b.year, 0)::bigint, coalesce(b.month, 0)::bigint, coalesce(b.day, 0)::bigint,
    coalesce(b.history, 0)::bigint, coalesce(b.days, 0)
FROM metering_usage u
LEFT JOIN agreements_supplyagreement a ON a.id = u.agreement_id
    AND a.from_on <= u.period_from AND (a.until_on IS NULL OR a.until_on >= u.period_until)
LEFT JOIN agreements_account k ON k.id = a.account_id
LEFT JOIN customers_customer c ON c.id = k.customer_id
LEFT JOIN agreements_agreementtariff first ON first.agreement_id = u.agreement_id
    AND first.from_on <= u.period_from AND (first.until_on IS NULL OR first.until_on > u.period_from)
LEFT JOIN agreements_agreementtariff last ON last.agreement_id = u.agreement_id
    AND last.from_on < u.period_until AND (last.until_on IS NULL OR last.until_on >= u.period_until)
LEFT JOIN agreements_householdsize h ON h.agreement_id = u.agreement_id
    AND h.from_on < u.period_until AND (h.until_on IS NULL OR h.until_on >= u.period_until)
LEFT JOIN metering_roundentry e ON e.round_id = u.round_id AND e.register_id = u.register_id
LEFT JOIN billing_parkedusage p ON p.usage_id = u.id
CROSS JOIN LATERAL (
    SELECT date_trunc('year', u.period_until)::date AS year,
        date_trunc('month', u.period_until)::date AS month
) starts
LEFT JOIN LATERAL (
    SELECT
        sum(o.quantity_milli) FILTER (WHERE o.period_until >= starts.year) AS year,
        sum(o.quantity_milli) FILTER (WHERE o.period_until >= starts.month) AS month,
        sum(o.quantity_milli) FILTER (WHERE o.period_until = u.period_until) AS day,
        sum(o.quantity_milli) FILTER (WHERE alike.is_same) AS history,
        sum(o.period_until - o.period_from) FILTER (WHERE alike.is_same) AS days
    FROM metering_usage o
    CROSS JOIN LATERAL (
        SELECT o.register_id = u.register_id OR (
            SELECT former.band = present.band FROM devices_register former, devices_register present
            WHERE former.id = o.register_id AND present.id = u.register_id) AS is_same
    ) alike
    WHERE o.agreement_id = u.agreement_id
        AND o.period_until > u.period_until - 400
        AND (o.period_until, o.register_id) < (u.period_until, u.register_id)
        AND NOT EXISTS (
            SELECT FROM metering_usage n
            WHERE n.agreement_id = o.agreement_id AND n.period_until = o.period_until
                AND n.register_id = o.register_id AND n.revision > o.revision)
) b ON true
WHERE u.round_id = ANY (%(round_ids)s)
    AND NOT EXISTS (
        SELECT FROM metering_usage n WHERE n.agreement_id = u.agreement_id
            AND n.period_until = u.period_until AND n.register_id = u.register_id AND n.revision > u.revision)
    AND NOT EXISTS (SELECT FROM billing_bill x WHERE x.usage_id = u.id)
ORDER BY u.id
"""
# The earlier usages themselves, from a day of its own for each usage that asks.
EARLIER = """
SELECT asked.row_id, o.id, o.period_from, o.period_until, o.quantity_milli
FROM unnest(%(row_ids)s::bigint[], %(usage_ids)s::bigint[], %(first_days)s::date[])
    AS asked (row_id, usage_id, first_day)
JOIN metering_usage u ON u.id = asked.usage_id
JOIN metering_usage o ON o.agreement_id = u.agreement_id AND o.period_until >= asked.first_day
    AND (o.period_until, o.register_id) < (u.period_until, u.register_id)
WHERE NOT EXISTS (
    SELECT FROM metering_usage n WHERE n.agreement_id = o.agreement_id
        AND n.period_until = o.period_until AND n.register_id = o.register_id AND n.revision > o.revision)
"""
USAGE_FRAME = {
    "round_id": pl.Int64,
    "usage_id": pl.Int64,
    "agreement_id": pl.Int64,
    "account_id": pl.Int64,
    "station_id": pl.Int32,
    "utility": pl.Int16,
    "customer_class": pl.Int16,
    "register_id": pl.Int64,
    "period_from": pl.Date,
    "period_until": pl.Date,
    "quantity_milli": pl.Int64,
    "first_tariff_id": pl.Int64,
    "tariff_id": pl.Int64,
    "persons": pl.Int16,
    "is_confirmed": pl.Boolean,
    "is_released": pl.Boolean,
    "year_before_milli": pl.Int64,
    "month_before_milli": pl.Int64,
    "day_before_milli": pl.Int64,
    "history_milli": pl.Int64,
    "history_days": pl.Int64,
}

# Most companies agree on none of these: then nothing more is asked.
AGREED = """
SELECT EXISTS (SELECT FROM agreements_priceshare), EXISTS (SELECT FROM agreements_openingcounter),
    EXISTS (SELECT FROM agreements_heatedarea), EXISTS (SELECT FROM agreements_agreementconcession)
"""
# Every usage whose meter serves or served several prices, with each part that holds on some day of it.
SHARES = """
SELECT u.id, s.part_no, s.split, s.split_value, s.tariff_id,
    s.from_on <= u.period_from AND (s.until_on IS NULL OR s.until_on >= u.period_until)
FROM metering_usage u
LEFT JOIN agreements_priceshare s ON s.agreement_id = u.agreement_id
    AND s.from_on < u.period_until AND (s.until_on IS NULL OR s.until_on > u.period_from)
WHERE u.round_id = ANY (%(round_ids)s)
    AND u.agreement_id IN (SELECT agreement_id FROM agreements_priceshare)
"""
# How earlier usages were shared out on their last day; without parts the whole went to one price.
PARTS = """
SELECT u.id, coalesce(s.part_no, 1), coalesce(s.split, 0), s.split_value, coalesce(s.tariff_id, t.tariff_id)
FROM metering_usage u
LEFT JOIN agreements_priceshare s ON s.agreement_id = u.agreement_id
    AND s.from_on < u.period_until AND (s.until_on IS NULL OR s.until_on >= u.period_until)
LEFT JOIN agreements_agreementtariff t ON t.agreement_id = u.agreement_id AND s.id IS NULL
    AND t.from_on < u.period_until AND (t.until_on IS NULL OR t.until_on >= u.period_until)
WHERE u.id = ANY (%(usage_ids)s)
"""
OPENINGS = """
SELECT u.id, c.starts_on, c.as_of, c.quantity_milli, t.tariff_id
FROM metering_usage u
JOIN agreements_openingcounter c ON c.agreement_id = u.agreement_id AND c.as_of <= u.period_until
LEFT JOIN agreements_agreementtariff t ON t.agreement_id = u.agreement_id
    AND t.from_on < u.period_until AND (t.until_on IS NULL OR t.until_on >= u.period_until)
WHERE u.round_id = ANY (%(round_ids)s)
"""
AREAS = """
SELECT u.id, a.area_milli, a.height_milli, nullif(a.area_class, '')
FROM metering_usage u
JOIN agreements_heatedarea a ON a.agreement_id = u.agreement_id
    AND a.from_on < u.period_until AND (a.until_on IS NULL OR a.until_on >= u.period_until)
WHERE u.round_id = ANY (%(round_ids)s)
"""
CHOICES = """
SELECT u.id, array_agg(c.code ORDER BY c.code)
FROM metering_usage u
JOIN agreements_agreementconcession c ON c.agreement_id = u.agreement_id
    AND c.from_on < u.period_until AND (c.until_on IS NULL OR c.until_on >= u.period_until)
WHERE u.round_id = ANY (%(round_ids)s)
GROUP BY u.id
"""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the agreements of some usages agreed on beside a price: the columns of rules_parts."""

    shares: pl.DataFrame
    openings: pl.DataFrame
    areas: pl.DataFrame
    choices: pl.DataFrame


def unbilled(*, round_ids: Sequence[int]) -> pl.DataFrame:
    """The unbilled usages of rounds: columns USAGE_FRAME, by id."""
    return columns.fetch(statement=USAGES, parameters={"round_ids": list(round_ids)}, schema=USAGE_FRAME)


def agreed(*, round_ids: Sequence[int]) -> Agreed:
    """What else holds for the usages of rounds; empty frames where a company agrees on nothing."""
    with connection.cursor() as cursor:
        cursor.execute(AGREED)
        there = cursor.fetchone()
    asked = zip(
        (SHARES, OPENINGS, AREAS, CHOICES),
        (rules_parts.SHARES, rules_parts.OPENINGS, rules_parts.AREAS, rules_parts.CHOICES),
        there,
        strict=True,
    )
    parameters = {"round_ids": list(round_ids)}
    return Agreed(
        *(
            columns.fetch(statement=statement, parameters=parameters, schema=schema)
            if is_there
            else pl.DataFrame(schema=schema)
            for statement, schema, is_there in asked
        )
    )


def earlier(*, asked: pl.DataFrame) -> pl.DataFrame:
    """What counted on the counters of the usages asked about: columns rules_counters.EARLIER.

    `asked` has usage_id (counting_id in the answer), counter_from, and whole_id where a usage stands there
    once for each of its parts.
    """
    whole = asked["whole_id"] if "whole_id" in asked.columns else asked["usage_id"]
    parameters = {
        "row_ids": asked["usage_id"].to_list(),
        "usage_ids": whole.to_list(),
        "first_days": asked["counter_from"].to_list(),
    }
    return columns.fetch(statement=EARLIER, parameters=parameters, schema=rules_counters.EARLIER)


def parts_of(*, usage_ids: Sequence[int]) -> pl.DataFrame:
    """How usages were shared out: columns rules_parts.PARTS."""
    return columns.fetch(statement=PARTS, parameters={"usage_ids": list(usage_ids)}, schema=rules_parts.PARTS)
