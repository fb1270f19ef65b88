"""Writes that close registers: the last reading, what the meter counted until then, and both taken back."""

import datetime
from collections.abc import Mapping

import polars as pl

from meterbook.domain.agreements import models as agreement_models
from meterbook.domain.metering import models, queries, queries_changes, rules, rules_changes, rules_quantities
from meterbook.kernel import period

Fault = rules_changes.ChangeFault
ChangeError = rules_changes.ChangeError


def close_registers(
    *,
    made: models.MeterChange,
    utility: int,
    closings: Mapping[int, rules_changes.Closing],
    is_confirmed: bool,
    agreement: agreement_models.SupplyAgreement | None,
) -> None:
    """Close every register of the meter that is taken off, and carry what it counted. Raises ChangeError."""
    assert made.old_meter_id is not None
    states = queries_changes.register_states(meter_id=made.old_meter_id, agreement_id=made.agreement_id)
    for state in states:
        if state.band not in closings:
            raise ChangeError(code=Fault.VALUE_MISSING, band=state.band)
        closing = closings[state.band]
        carried = closing_usage(
            state=state,
            utility=utility,
            closing=closing,
            on=made.changed_on,
            agreement=agreement,
            is_confirmed=is_confirmed,
        )
        _close(made, state=state, closing=closing, carried=carried)


def closing_usage(
    *,
    state: queries_changes.RegisterState,
    utility: int,
    closing: rules_changes.Closing,
    on: datetime.date,
    agreement: agreement_models.SupplyAgreement | None,
    is_confirmed: bool,
) -> rules_changes.Carried | None:
    """What a register carries if it is closed so; None when it was read that day. Raises ChangeError.

    Writes nothing.
    """
    supplied_from = None if agreement is None else agreement.from_on
    previous = check_day(state=state, on=on, value_milli=closing.value_milli, supplied_from=supplied_from)
    if on == previous.read_on:
        return None
    if closing.estimate is not None:
        return _estimated(
            state, estimate=closing.estimate, agreement=agreement, since=previous.read_on, on=on
        )
    if closing.value_milli is None:
        raise ChangeError(code=Fault.VALUE_MISSING, band=state.band)
    check_value(
        state=state,
        utility=utility,
        value_milli=closing.value_milli,
        on=on,
        is_rolled_over=closing.is_rolled_over,
        is_confirmed=is_confirmed,
    )
    return rules_changes.counted(
        start_milli=previous.value_milli,
        end_milli=closing.value_milli,
        digits=state.digits,
        multiplier_milli=state.multiplier_milli,
    )


def _estimated(
    state: queries_changes.RegisterState,
    *,
    estimate: rules_changes.Estimate,
    agreement: agreement_models.SupplyAgreement | None,
    since: datetime.date,
    on: datetime.date,
) -> rules_changes.Carried:
    usages: tuple[rules_quantities.PastUsage, ...] = ()
    if agreement is not None:
        usages = queries_changes.past_usages(agreement_id=agreement.pk, band=state.band)
    try:
        return rules_changes.estimated(
            estimate=estimate, usages=usages, dead=period.Period(from_=since, until=on)
        )
    except rules_quantities.NoHistoryError as nothing:
        raise ChangeError(code=Fault.NO_HISTORY, band=state.band) from nothing


def check_value(
    *,
    state: queries_changes.RegisterState,
    utility: int,
    value_milli: int,
    on: datetime.date,
    is_rolled_over: bool,
    is_confirmed: bool,
) -> int:
    """Judge a closing value with what is carried already; the whole usage. Raises ChangeError."""
    assert state.previous is not None
    facts = {
        "entry_id": 0,
        "utility": utility,
        "digits": state.digits,
        "multiplier_milli": state.multiplier_milli,
        "previous_on": state.previous.read_on,
        "previous_milli": state.previous.value_milli,
        "previous_usage_milli": state.previous_usage_milli,
        "average_milli": state.average_milli,
        "since_on": state.carried_from_on or state.previous.read_on,
        "carried_milli": state.pending_milli,
        "unmetered_days": state.pending_days,
        "read_on": on,
        "value_milli": value_milli,
    }
    frame = pl.DataFrame([facts], schema=dict(rules.FACTS.columns))
    finding = rules.judged(facts=frame, limits=queries.reading_limits()).row(0, named=True)
    checks, quantity = finding["checks"], finding["quantity_milli"]
    if rules.Check.BEYOND_DIGITS in checks:
        raise ChangeError(code=Fault.BEYOND_DIGITS, band=state.band)
    if quantity is None:
        raise ChangeError(code=Fault.MEAN_UNKNOWN, band=state.band)
    if rules.Check.LOWER_THAN_BEFORE in checks and not is_rolled_over:
        raise ChangeError(code=Fault.ROLL_OVER_NOT_STATED, band=state.band, milli=quantity)
    if rules.Check.FAR_ABOVE_AVERAGE in checks and not is_confirmed:
        raise ChangeError(code=Fault.FAR_ABOVE_AVERAGE, band=state.band, milli=quantity)
    return int(quantity)


def check_day(
    *,
    state: queries_changes.RegisterState,
    on: datetime.date,
    value_milli: int | None,
    supplied_from: datetime.date | None,
) -> queries_changes.Latest:
    """Whether a register may be closed that day with that value; its latest reading. Raises ChangeError."""
    previous, entry = state.previous, state.entry
    if previous is None:
        raise ChangeError(code=Fault.NO_READING, band=state.band)
    if supplied_from is not None and previous.read_on < supplied_from:
        raise ChangeError(code=Fault.READING_TOO_OLD, band=state.band, on=previous.read_on)
    if on < previous.read_on:
        raise ChangeError(code=Fault.BEFORE_LAST_READING, band=state.band, on=previous.read_on)
    if on == previous.read_on and value_milli not in (None, previous.value_milli):
        raise ChangeError(code=Fault.NOT_AFTER_PREVIOUS, band=state.band, on=on, milli=previous.value_milli)
    is_entered = entry is not None and entry.value_milli is not None
    if entry is not None and is_entered and (entry.read_on, entry.value_milli) != (on, value_milli):
        raise ChangeError(
            code=Fault.READING_ENTERED, band=state.band, on=entry.read_on, milli=entry.value_milli
        )
    return previous


def _close(
    made: models.MeterChange,
    *,
    state: queries_changes.RegisterState,
    closing: rules_changes.Closing,
    carried: rules_changes.Carried | None,
) -> None:
    previous = state.previous
    assert previous is not None
    value = previous.value_milli if closing.value_milli is None else closing.value_milli
    closing_id = previous.reading_id
    if carried is not None:
        source = models.Source.ESTIMATED if closing.value_milli is None else models.Source.FINAL
        closing_id = add_reading(
            made=made, register_id=state.register_id, value_milli=value, source=source
        ).pk
    if carried is not None and made.agreement_id is not None:
        models.CarriedUsage.objects.create(
            agreement_id=made.agreement_id,
            register_id=state.register_id,
            station_id=made.station_id,
            change_id=made.pk,
            opening_reading_id=previous.reading_id,
            closing_reading_id=closing_id,
            period_from=previous.read_on,
            period_until=made.changed_on,
            opening_milli=previous.value_milli,
            closing_milli=value,
            multiplier_milli=state.multiplier_milli,
            quantity_milli=carried.quantity_milli,
            estimate_rule=carried.estimate_rule,
            basis=dict(carried.basis),
            reason=made.remark,
        )
    models.ChangeReading.objects.create(
        station_id=made.station_id,
        change=made,
        register_id=state.register_id,
        is_closing=True,
        reading_id=closing_id,
        value_milli=value,
        is_older=carried is None,
    )


def open_register(*, made: models.MeterChange, register_id: int, value_milli: int) -> None:
    """Let a register begin at a value on the day its meter was fitted."""
    source = models.Source.INITIAL
    reading = add_reading(made=made, register_id=register_id, value_milli=value_milli, source=source)
    models.ChangeReading.objects.create(
        station_id=made.station_id,
        change=made,
        register_id=register_id,
        is_closing=False,
        reading_id=reading.pk,
        value_milli=value_milli,
    )


def add_reading(
    *, made: models.MeterChange, register_id: int, value_milli: int, source: models.Source
) -> models.Reading:
    """An accepted reading of the day of the change; the highest revision of that day."""
    before = models.Reading.objects.filter(register_id=register_id, read_on=made.changed_on)
    latest = before.order_by("-revision").first()
    return models.Reading.objects.create(
        register_id=register_id,
        read_on=made.changed_on,
        revision=1 if latest is None else latest.revision + 1,
        value_milli=value_milli,
        source=source,
        station_id=made.station_id,
        reader_id=made.staff_id,
        recorded_at=made.recorded_at,
    )


def withdraw(*, change: models.MeterChange, made: models.MeterChange) -> None:
    """Take a change's readings and what it carried back, by rows that say so."""
    for written in change.readings.filter(is_older=False):
        reading = models.Reading.objects.get(pk=written.reading_id)
        stood = models.Reading.objects.filter(
            register_id=reading.register_id, read_on=reading.read_on, revision__lt=reading.revision
        )
        before = stood.order_by("-revision").first()
        add_reading(
            made=made,
            register_id=reading.register_id,
            value_milli=reading.value_milli if before is None else before.value_milli,
            source=models.Source(models.Source.WITHDRAWN if before is None else before.source),
        )
    for row in models.CarriedUsage.objects.filter(change_id=change.pk, cancels_id__isnull=True):
        row.cancels_id, row.change_id, row.reason = row.pk, made.pk, made.remark
        row.pk = None
        row.save(force_insert=True)
