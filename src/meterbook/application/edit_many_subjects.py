"""What the acts on many records are about: whose each record is, what people call it, where lists lead."""

from collections.abc import Mapping, Sequence
from typing import Any

from meterbook.application.actor import Actor
from meterbook.application.edit_many_acts import Named, Subject
from meterbook.domain.agreements import models as agreements
from meterbook.domain.customers import models as customers
from meterbook.domain.devices import models as devices
from meterbook.domain.premises import models as premises

# Table, and the columns of its label.
_TABLES: Mapping[Subject, tuple[Any, str, str]] = {
    Subject.ACCOUNT: (agreements.Account, "account_no", "customer__name"),
    Subject.CUSTOMER: (customers.Customer, "pk", "name"),
    Subject.PREMISE: (premises.Premise, "pk", "address"),
    Subject.METER: (devices.Meter, "serial_no", "model__name"),
}


def named(*, subject: Subject, subject_ids: Sequence[int], actor: Actor) -> Mapping[int, Named]:
    """The subjects in the actor's scope; others are left out, also for a job, which sees everybody's."""
    table, *label = _TABLES[subject]
    found = table.objects.filter(pk__in=subject_ids, station_id__in=actor.unit_ids)
    rows = found.values_list("pk", "station_id", *label)
    return {row[0]: Named(station_id=row[1], label=f"{row[2]} {row[3]}".strip()) for row in rows}


def hold(*, subject: Subject, subject_ids: Sequence[int]) -> None:
    """Lock the subjects' own rows in one order until the transaction ends."""
    table, *_label = _TABLES[subject]
    rows = table.objects.select_for_update(no_key=True).filter(pk__in=subject_ids).order_by("pk")
    list(rows.values_list("pk", flat=True))


def in_scope(*, subject: Subject, subject_ids: Sequence[int], actor: Actor) -> set[int]:
    """The subjects that are, at this moment, one of the actor's stations'."""
    table, *_label = _TABLES[subject]
    found = table.objects.filter(pk__in=subject_ids, station_id__in=actor.unit_ids)
    return set(found.values_list("pk", flat=True))


def led_to(*, from_subject: Subject, to_subject: Subject, subject_ids: Sequence[int]) -> list[int]:
    """The subjects an act is about for the rows of a list: of accounts, their holders, each once."""
    if from_subject is to_subject:
        return list(subject_ids)
    if (from_subject, to_subject) != (Subject.ACCOUNT, Subject.CUSTOMER):
        raise ValueError(f"{from_subject} leads to no {to_subject}")
    holders = dict(agreements.Account.objects.filter(pk__in=subject_ids).values_list("pk", "customer_id"))
    return list(dict.fromkeys(holders[key] for key in subject_ids if key in holders))
