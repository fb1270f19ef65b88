"""Acts on many premises and meters: classes, parts of addresses, where meters are, their barcodes and dues.

`about` is the id of a dimension or the name of an address part.
"""

import dataclasses
import datetime
import uuid
from collections.abc import Mapping

from django.db.models import Q

from meterbook.application import meter_due, meter_facts, meters_admin, premises_admin, premises_classes
from meterbook.application.edit_many_acts import Act, Ask, Standing, Step, Subject
from meterbook.domain.devices import models as devices
from meterbook.domain.devices import queries as device_queries
from meterbook.domain.devices import rules as device_rules
from meterbook.domain.premises import models, queries_premises

LATER_FACT = "LATER_FACT"
# Parts of an address that many doors share.
PARTS = ("district", "street", "community", "building")
State = device_rules.MeterState
# Where meters go together without a second look.
STATES = (State.IN_STOCK, State.ISSUED, State.IN_TEST, State.IN_REPAIR)


def _class(ask: Ask) -> Mapping[int, Standing]:
    """The value's id on the day, "" for none."""
    held = models.PremiseValue.objects.filter(premise_id__in=ask.subject_ids, dimension_id=int(ask.about))
    running = held.filter(Q(until_on__isnull=True) | Q(until_on__gt=ask.on), from_on__lte=ask.on)
    values = {row[0]: str(row[1]) for row in running.values_list("premise_id", "value_id")}
    moves = held.filter(Q(from_on__gt=ask.on) | Q(until_on__gt=ask.on))
    later = set(moves.values_list("premise_id", flat=True))
    ids = models.Premise.objects.filter(pk__in=ask.subject_ids).values_list("pk", flat=True)
    return {key: Standing(values.get(key, ""), fault=LATER_FACT if key in later else "") for key in ids}


def _classify(step: Step) -> None:
    premises_classes.classify_one(
        actor=step.actor,
        now=step.now,
        premise_id=step.subject_id,
        wanted=premises_classes.Classify(
            dimension_id=int(step.about),
            value_id=int(step.after) if step.after else None,
            from_on=step.on,
        ),
    )


def _part(ask: Ask) -> Mapping[int, Standing]:
    found = models.Premise.objects.filter(pk__in=ask.subject_ids)
    return {key: Standing(part) for key, part in found.values_list("pk", ask.about)}


def _change_part(step: Step) -> None:
    found = queries_premises.premise_facts(premise_id=step.subject_id)
    premises_admin.change_premise(
        actor=step.actor,
        now=step.now,
        premise_id=step.subject_id,
        parts=dataclasses.replace(found.parts, **{step.about: step.after}),
        expected_address=found.address,
    )


def _whereabouts(ask: Ask) -> Mapping[int, Standing]:
    """State and who has the meter, "1:东库"."""
    found = devices.Meter.objects.filter(pk__in=ask.subject_ids).values_list("pk", "state", "holder")
    return {key: Standing(f"{state}:{holder}") for key, state, holder in found}


def _move(step: Step) -> None:
    if step.undoes is not None:
        _undo_move(step, bundle=step.undoes)
        return
    state, _colon, place = step.after.partition(":")
    facts = device_queries.meter_facts(meter_id=step.subject_id)
    meters_admin.move(
        actor=step.actor,
        command=meters_admin.MoveMeters(
            request_key=step.request_key,
            serial_nos=(facts.serial_no,),
            to_state=State(int(state)),
            on=step.on,
            place=place,
            remark=step.reason,
        ),
        today=step.today,
        now=step.now,
    )


def _undo_move(step: Step, *, bundle: uuid.UUID) -> None:
    last = device_queries.last_move(meter_id=step.subject_id)
    if last.bundle != bundle:
        raise meters_admin.MeterChangedError
    meters_admin.undo_move(
        actor=step.actor,
        meter_id=step.subject_id,
        move_id=last.pk,
        reason=step.reason,
        today=step.today,
        now=step.now,
    )


def _barcode(ask: Ask) -> Mapping[int, Standing]:
    found = devices.Meter.objects.filter(pk__in=ask.subject_ids).values_list("pk", "barcode")
    return {key: Standing(barcode) for key, barcode in found}


def _change_barcode(step: Step) -> None:
    facts = device_queries.meter_facts(meter_id=step.subject_id)
    meter_facts.change_barcode(
        actor=step.actor,
        meter_id=step.subject_id,
        barcode=step.after,
        version=facts.version,
        now=step.now,
    )


def _due(ask: Ask) -> Mapping[int, Standing]:
    """The day as ISO text, "" for none."""
    found = devices.Meter.objects.filter(pk__in=ask.subject_ids).values_list("pk", "verification_due_on")
    return {key: Standing("" if day is None else day.isoformat()) for key, day in found}


def _change_due(step: Step) -> None:
    versions = devices.Meter.objects.filter(pk=step.subject_id).values_list("version", flat=True)
    meter_due.change_due(
        actor=step.actor,
        meter_id=step.subject_id,
        due_on=datetime.date.fromisoformat(step.after) if step.after else None,
        version=versions.first() or 0,
        reason=step.reason,
        now=step.now,
    )


ACTS = (
    Act(
        key="CLASSIFICATION",
        subject=Subject.PREMISE,
        right=premises_classes.RIGHT,
        standing=_class,
        do=_classify,
        refusals=(premises_classes.ClassError, premises_classes.PremiseNotFoundError),
    ),
    Act(
        key="ADDRESS_PART",
        subject=Subject.PREMISE,
        right=premises_admin.RIGHT,
        standing=_part,
        do=_change_part,
        refusals=(
            premises_admin.RecordError,
            premises_admin.AddressTakenError,
            premises_admin.PartError,
            premises_admin.PremiseNotFoundError,
        ),
    ),
    Act(
        key="METER_MOVE",
        subject=Subject.METER,
        right=meters_admin.RIGHT,
        standing=_whereabouts,
        do=_move,
        refusals=(
            meters_admin.FutureDayError,
            meters_admin.PlaceMissingError,
            meters_admin.MoveRefusedError,
            meters_admin.MeterChangedError,
            meters_admin.UnknownSerialsError,
            device_queries.MeterNotFoundError,
        ),
    ),
    Act(
        key="BARCODE",
        subject=Subject.METER,
        right=meter_facts.RIGHT,
        standing=_barcode,
        do=_change_barcode,
        refusals=(
            meter_facts.BarcodeTakenError,
            meter_facts.MeterChangedError,
            meter_facts.NumberError,
            device_queries.MeterNotFoundError,
        ),
    ),
    Act(
        key="METER_DUE",
        subject=Subject.METER,
        right=meter_due.RIGHT,
        standing=_due,
        do=_change_due,
        refusals=(
            meter_due.DueDayError,
            meter_due.MeterChangedError,
            meter_due.ReasonMissingError,
            meter_due.MeterNotFoundError,
        ),
    ),
)
