"""Acts on many customers: tags, the lists, how they pay, their language, the remarks."""

import dataclasses
import functools
from collections.abc import Callable, Mapping

from meterbook.application import customer_standing, customers_admin
from meterbook.application.edit_many_acts import Act, Ask, Standing, Step, Subject
from meterbook.domain.customers import models, queries_records, queries_standing

_ON, _OFF = "1", "0"
_MERGED = "MERGED"
_REFUSALS = (
    customers_admin.CustomerNotFoundError,
    customers_admin.MergedAwayError,
    customers_admin.ChangedMeanwhileError,
    customer_standing.TagNameError,
    customer_standing.ReasonMissingError,
    customer_standing.ListEntryNotFoundError,
)


def _customers(ask: Ask, value: Callable[[models.Customer], str]) -> dict[int, Standing]:
    found = models.Customer.objects.filter(pk__in=ask.subject_ids)
    return {row.pk: Standing(value(row), fault=_MERGED if row.merged_into_id else "") for row in found}


def _detail(name: str) -> Callable[[Ask], Mapping[int, Standing]]:
    return lambda ask: _customers(ask, lambda row: str(getattr(row, name)))


def _change_detail(step: Step, *, name: str, read: Callable[[str], object]) -> None:
    record = queries_records.customer_record(customer_id=step.subject_id)
    customers_admin.change(
        actor=step.actor,
        now=step.now,
        customer_id=step.subject_id,
        version=record.version,
        details=dataclasses.replace(record.details, **{name: read(step.after)}),  # type: ignore[arg-type]  # of the field
    )


def _has_tag(ask: Ask) -> dict[int, Standing]:
    name = " ".join(ask.about.split())
    held = models.CustomerTag.objects.filter(
        customer_id__in=ask.subject_ids, tag__name=name, removed_on__isnull=True
    )
    having = set(held.values_list("customer_id", flat=True))
    return _customers(ask, lambda row: _ON if row.pk in having else _OFF)


def _tag(step: Step) -> None:
    if step.after == _ON:
        customer_standing.tag(
            actor=step.actor,
            now=step.now,
            today=step.today,
            customer_id=step.subject_id,
            name=step.about,
        )
        return
    tag_ids = {line.name: line.tag_id for line in queries_standing.tags_of(customer_ids=[step.subject_id])}
    customer_standing.untag(
        actor=step.actor,
        now=step.now,
        today=step.today,
        customer_id=step.subject_id,
        tag_id=tag_ids[" ".join(step.about.split())],
    )


def _is_on_list(ask: Ask) -> dict[int, Standing]:
    kind = models.ListKind[ask.about]
    held = models.ListEntry.objects.filter(customer_id__in=ask.subject_ids, kind=kind, until_on__isnull=True)
    having = set(held.values_list("customer_id", flat=True))
    return _customers(ask, lambda row: _ON if row.pk in having else _OFF)


def _put_or_take(step: Step) -> None:
    kind = models.ListKind[step.about]
    if step.after == _ON:
        customer_standing.put_on_list(
            actor=step.actor,
            now=step.now,
            today=step.today,
            customer_id=step.subject_id,
            kind=kind,
            reason=step.reason,
        )
        return
    lines = queries_standing.list_lines(customer_ids=[step.subject_id])
    entry = next(line for line in lines if line.kind is kind and line.until_on is None)
    customer_standing.take_off_list(
        actor=step.actor,
        now=step.now,
        today=step.today,
        customer_id=step.subject_id,
        entry_id=entry.entry_id,
        reason=step.reason,
    )


def _of_detail(key: str, name: str, read: Callable[[str], object] = str) -> Act:
    return Act(
        key=key,
        subject=Subject.CUSTOMER,
        right=customers_admin.RIGHT,
        standing=_detail(name),
        do=functools.partial(_change_detail, name=name, read=read),
        refusals=_REFUSALS,
    )


ACTS = (
    Act(
        key="CUSTOMER_TAG",
        subject=Subject.CUSTOMER,
        right=customer_standing.RIGHT_TAGS,
        standing=_has_tag,
        do=_tag,
        refusals=_REFUSALS,
    ),
    Act(
        key="CUSTOMER_LIST",
        subject=Subject.CUSTOMER,
        right=customer_standing.RIGHT_LISTS,
        standing=_is_on_list,
        do=_put_or_take,
        refusals=_REFUSALS,
    ),
    _of_detail("PAYMENT_METHOD", "payment_method", lambda text: models.PaymentMethod(int(text))),
    _of_detail("LANGUAGE", "language"),
    _of_detail("REMARK", "remark"),
    _of_detail("READER_REMARK", "reader_remark"),
)
