"""Writes that settle one agreement: a round of its own, entered and accepted from a reading on one day."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meterbook.domain.agreements import models as agreement_models
from meterbook.domain.devices import models as devices
from meterbook.domain.metering import (
    bulk,
    models,
    operations_carried,
    operations_changes,
    operations_closings,
    queries,
    queries_changes,
    rules,
    rules_changes,
)
from meterbook.kernel import period

Fault = rules_changes.ChangeFault
ChangeError = rules_changes.ChangeError


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalReading:
    """What is read as an agreement is settled. Values by band, in thousandths.

    A band may be left out where the register was read that very day, or no meter hangs any more.
    `is_confirmed`: a usage far above average was looked at; then `reason` says so.
    """

    request_key: uuid.UUID
    agreement_id: int
    settled_on: datetime.date
    values_milli: Mapping[int, int]
    reason: str
    is_confirmed: bool = False
    is_rolled_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The round of a settlement; None where nothing was used since the last usage. Thousandths."""

    agreement_id: int
    round_id: int | None
    quantity_milli: int
    is_repeat: bool = False


def settle_agreement(
    *, final: FinalReading, staff_id: int | None, today: datetime.date, at: datetime.datetime
) -> Settled:
    """Close an agreement's usage on a day, once: what is carried and what the meter shows since.

    A regular round that is open begins anew from this reading. Raises ChangeError.
    """
    agreement = agreement_models.SupplyAgreement.objects.filter(pk=final.agreement_id).first()
    if agreement is None:
        raise ChangeError(code=Fault.AGREEMENT_UNKNOWN)
    known = models.Round.objects.filter(request_key=final.request_key, agreement=agreement).first()
    if known is not None:
        total = queries.round_totals(round_id=known.pk).quantity_milli
        return Settled(agreement_id=agreement.pk, round_id=known.pk, quantity_milli=total, is_repeat=True)
    _check(final, today=today)
    book = operations_changes.lock_rounds_of(service_point_id=agreement.service_point_id)
    entries = _entries(final, agreement=agreement, staff_id=staff_id, at=at)
    if not entries:
        return Settled(agreement_id=agreement.pk, round_id=None, quantity_milli=0)
    if book is None:
        raise ChangeError(code=Fault.NO_BOOK)
    made = models.Round.objects.create(
        station_id=agreement.station_id,
        book=book,
        period=period.month_of(final.settled_on).from_,
        kind=models.RoundKind.FINAL,
        agreement=agreement,
        request_key=final.request_key,
        state=models.RoundState.ACCEPTED,
        opened_on=final.settled_on,
        accepted_on=today,
        accepted_by_id=staff_id,
    )
    for entry in entries:
        entry.round = made
    models.RoundEntry.objects.bulk_create(entries)
    written = bulk.entries(round_id=made.pk)
    findings = rules.judged(facts=written, limits=queries.reading_limits())
    accepted = written.with_columns(findings["quantity_milli"])
    operations_carried.write_accepted(round_id=made.pk, accepted=accepted, at=at)
    operations_changes.renew_entries(service_point_id=agreement.service_point_id, day=final.settled_on)
    total = queries.round_totals(round_id=made.pk).quantity_milli
    return Settled(agreement_id=agreement.pk, round_id=made.pk, quantity_milli=total)


def _check(final: FinalReading, *, today: datetime.date) -> None:
    if final.settled_on > today:
        raise ChangeError(code=Fault.IN_FUTURE, on=today)
    if not final.reason.strip():
        raise ChangeError(code=Fault.REASON_MISSING)


def _entries(
    final: FinalReading,
    *,
    agreement: agreement_models.SupplyAgreement,
    staff_id: int | None,
    at: datetime.datetime,
) -> list[models.RoundEntry]:
    """The entries of the round: one for each register that counted since, or was carried for."""
    point = agreement.service_point_id
    hung = devices.Installation.objects.filter(service_point_id=point, removed_on__isnull=True).first()
    common: dict[str, Any] = {
        "station_id": agreement.station_id,
        "agreement": agreement,
        "source": models.Source.FINAL,
        "state": models.EntryState.CONFIRMED if final.is_confirmed else models.EntryState.PASSED,
        "reason": final.reason.strip(),
        "entered_by_id": staff_id,
        "entered_at": at,
    }
    if hung is None:
        pending = queries_changes.pending_usages(agreement_id=agreement.pk)
        return [_of_gone(found, final=final, common=common) for found in pending]
    states = queries_changes.register_states(meter_id=hung.meter_id, agreement_id=agreement.pk)
    made = (_of_register(state, final=final, agreement=agreement, common=common) for state in states)
    return [entry for entry in made if entry is not None]


def _of_register(
    state: queries_changes.RegisterState,
    *,
    final: FinalReading,
    agreement: agreement_models.SupplyAgreement,
    common: Mapping[str, Any],
) -> models.RoundEntry | None:
    on, value = final.settled_on, final.values_milli.get(state.band)
    previous = operations_closings.check_day(
        state=state, on=on, value_milli=value, supplied_from=agreement.from_on
    )
    if on == (state.carried_from_on or previous.read_on):
        return None
    if value is None and on > previous.read_on:
        raise ChangeError(code=Fault.VALUE_MISSING, band=state.band)
    value = previous.value_milli if value is None else value
    operations_closings.check_value(
        state=state,
        utility=agreement.utility,
        value_milli=value,
        on=on,
        is_rolled_over=final.is_rolled_over,
        is_confirmed=final.is_confirmed,
    )
    return models.RoundEntry(
        sequence=state.band,
        register_id=state.register_id,
        previous_reading_id=previous.reading_id,
        previous_on=previous.read_on,
        previous_milli=previous.value_milli,
        previous_usage_milli=state.previous_usage_milli,
        average_milli=state.average_milli,
        carried_milli=state.pending_milli,
        carried_from_on=state.carried_from_on,
        unmetered_days=state.pending_days,
        value_milli=value,
        read_on=on,
        **common,
    )


def _of_gone(
    found: queries_changes.PendingUsage, *, final: FinalReading, common: Mapping[str, Any]
) -> models.RoundEntry:
    """What is carried and no meter came after: the usage is that, up to the day the meter went."""
    if found.unmetered_days:
        raise ChangeError(code=Fault.MEAN_UNKNOWN, band=found.band)
    if final.settled_on < found.closed_on:
        raise ChangeError(code=Fault.BEFORE_LAST_READING, band=found.band, on=found.closed_on)
    return models.RoundEntry(
        sequence=found.band,
        register_id=found.register_id,
        previous_reading_id=found.closing_reading_id,
        previous_on=found.closed_on,
        previous_milli=found.closing_milli,
        carried_milli=found.quantity_milli,
        carried_from_on=found.since_on,
        value_milli=found.closing_milli,
        read_on=found.closed_on,
        **common,
    )
