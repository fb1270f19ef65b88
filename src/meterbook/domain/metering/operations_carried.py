"""Usage over several meters: what was carried is taken in by the agreement's next usage, part by part."""

import datetime
from collections.abc import Mapping
from typing import Any

import polars as pl

from meterbook.domain import columns
from meterbook.domain.metering import bulk, models, rules_registers
from meterbook.kernel import rounding

_PENDING_OF = f"""
SELECT asked.usage_id, carried.id, carried.register_id, carried.opening_reading_id,
    carried.closing_reading_id, carried.period_from, carried.period_until, carried.opening_milli,
    carried.closing_milli, carried.multiplier_milli, carried.quantity_milli, carried.estimate_rule
FROM unnest(%(usages)s::bigint[], %(agreements)s::bigint[], %(registers)s::bigint[])
    AS asked (usage_id, agreement_id, register_id)
JOIN devices_register register ON register.id = asked.register_id
JOIN (SELECT carried.*, was.band {bulk.PENDING}) carried
    ON carried.agreement_id = asked.agreement_id AND carried.band = register.band
ORDER BY asked.usage_id, carried.period_from, carried.id
"""  # noqa: S608 # constants of this subject
_PENDING: dict[str, pl.DataType] = {
    "usage_id": pl.Int64(),
    "carried_id": pl.Int64(),
    "register_id": pl.Int64(),
    "opening_reading_id": pl.Int64(),
    "closing_reading_id": pl.Int64(),
    "period_from": pl.Date(),
    "period_until": pl.Date(),
    "opening_milli": pl.Int64(),
    "closing_milli": pl.Int64(),
    "multiplier_milli": pl.Int32(),
    "quantity_milli": pl.Int64(),
    "estimate_rule": pl.Int16(),
}


class UnsoundPartsError(Exception):
    """The parts of a usage don't sum to it: it must not be kept."""

    def __init__(self, *, agreement_id: int) -> None:
        super().__init__(f"the parts of a usage of agreement {agreement_id} don't sum to it")
        self.agreement_id = agreement_id


def write_accepted(*, round_id: int, accepted: pl.DataFrame, at: datetime.datetime) -> None:
    """Write a round's readings and usages, and for usages over several meters their parts.

    `accepted` as for bulk.write_readings_and_usages. Raises UnsoundPartsError.
    """
    usages = bulk.write_readings_and_usages(round_id=round_id, accepted=accepted, at=at)
    several = usages.filter(pl.col("carried_from_on").is_not_null())
    if several.is_empty():
        return
    parameters = {
        "usages": several["usage_id"].to_list(),
        "agreements": several["agreement_id"].to_list(),
        "registers": several["register_id"].to_list(),
    }
    pending = columns.fetch(statement=_PENDING_OF, parameters=parameters, schema=_PENDING)
    by_usage = pending.partition_by("usage_id", as_dict=True)
    for usage in several.iter_rows(named=True):
        carried = by_usage[usage["usage_id"],].drop("usage_id").to_dicts()
        models.UsagePart.objects.bulk_create(_parts(usage, carried=carried))


def _parts(usage: Mapping[str, Any], *, carried: list[dict[str, Any]]) -> list[models.UsagePart]:
    """The parts in the order the meters hung; those by the new meter's mean share what is left by days."""
    own = _own_part(usage)
    rows = [*carried, *([] if own is None else [own])]
    known = sum(row["quantity_milli"] for row in rows if row["quantity_milli"] is not None)
    unknown = [row for row in rows if row["quantity_milli"] is None]
    left, days = usage["quantity_milli"] - known, usage["unmetered_days"]
    given, passed = 0, 0
    for row in unknown:
        passed += (row["period_until"] - row["period_from"]).days
        upto = rounding.round_ratio(numerator=left * passed, denominator=days, mode=rounding.Mode.HALF_UP)
        row["quantity_milli"] = upto - given
        given = upto
    if sum(row["quantity_milli"] for row in rows) != usage["quantity_milli"]:
        raise UnsoundPartsError(agreement_id=usage["agreement_id"])
    station_id = usage["station_id"]
    return [
        models.UsagePart(usage_id=usage["usage_id"], part_no=number, station_id=station_id, **row)
        for number, row in enumerate(rows, start=1)
    ]


def _own_part(usage: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the meter that hangs now counted; None where it is gone and everything is carried."""
    if usage["reading_id"] == usage["previous_reading_id"] and usage["source"] == models.Source.FINAL:
        return None
    value, previous = usage["value_milli"], usage["previous_milli"]
    stretch = rules_registers.Stretch(
        start_milli=previous,
        end_milli=value,
        digits=usage["digits"],
        multiplier_milli=usage["multiplier_milli"],
        is_rolled_over=value < previous,
    )
    return {
        "register_id": usage["register_id"],
        "opening_reading_id": usage["previous_reading_id"],
        "closing_reading_id": usage["reading_id"],
        "period_from": usage["previous_on"],
        "period_until": usage["read_on"],
        "opening_milli": previous,
        "closing_milli": value,
        "multiplier_milli": usage["multiplier_milli"],
        "quantity_milli": rules_registers.measured_usage(stretches=[stretch]).quantity_milli,
    }
