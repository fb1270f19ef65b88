"""Acts on classifications: dimensions and values are the company's, what belongs where is the station's."""

import datetime
from dataclasses import dataclass

from meterbook.application import premises_tree, transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.premises import models, operations_classes, queries, queries_tree

RIGHT = "premises.edit"
RIGHT_MANY = "records.edit_many"

ClassError = operations_classes.ClassError
Classified = operations_classes.Classified
NodeNotFoundError = queries.NodeNotFoundError
PremiseNotFoundError = queries.PremiseNotFoundError
ReasonMissingError = premises_tree.ReasonMissingError


@dataclass(frozen=True, slots=True, kw_only=True)
class Classify:
    """Let premises belong to a value (None: to nothing) of a dimension from a day on."""

    dimension_id: int
    value_id: int | None
    from_on: datetime.date


def add_dimension(*, actor: Actor, now: datetime.datetime, code: str, name_zh: str, name_en: str) -> int:
    """A further way to classify; returns its id. Raises ClassError."""
    actor.require(RIGHT_MANY)
    with transaction.writing(actor=actor):
        made = operations_classes.add_dimension(code=code, name_zh=name_zh, name_en=name_en)
        after = {"code": made.code, "name_zh": made.name_zh, "name_en": made.name_en}
        _record(actor=actor, now=now, act="DIMENSION_ADDED", dimension_id=made.pk, after=after)
    return made.pk


def add_value(
    *,
    actor: Actor,
    now: datetime.datetime,
    dimension_id: int,
    code: str,
    name: str,
    parent_id: int | None,
) -> int:
    """A further value of a dimension; returns its id. Raises ClassError."""
    actor.require(RIGHT_MANY)
    with transaction.writing(actor=actor):
        made = operations_classes.add_value(
            dimension_id=dimension_id, code=code, name=name, parent_id=parent_id
        )
        after = {"dimension": made.dimension.code, "code": made.code, "name": made.name}
        _record(actor=actor, now=now, act="CLASS_VALUE_ADDED", dimension_id=dimension_id, after=after)
    return made.pk


def rename_value(*, actor: Actor, now: datetime.datetime, value_id: int, name: str) -> None:
    """Give a value another name; back by renaming it back. Raises ClassError."""
    actor.require(RIGHT_MANY)
    with transaction.writing(actor=actor):
        before = models.DimensionValue.objects.filter(pk=value_id).values_list("name", flat=True).first()
        made = operations_classes.rename_value(value_id=value_id, name=name)
        if made.name != before:
            _record(
                actor=actor,
                now=now,
                act="CLASS_VALUE_RENAMED",
                dimension_id=made.dimension_id,
                before={"code": made.code, "name": before or ""},
                after={"code": made.code, "name": made.name},
            )


def remove_value(*, actor: Actor, now: datetime.datetime, value_id: int) -> None:
    """Take away a value nothing has or had. Raises ClassError UNKNOWN, IN_USE."""
    actor.require(RIGHT_MANY)
    with transaction.writing(actor=actor):
        gone = operations_classes.remove_value(value_id=value_id)
        before = {"code": gone.code, "name": gone.name}
        _record(
            actor=actor, now=now, act="CLASS_VALUE_REMOVED", dimension_id=gone.dimension_id, before=before
        )


def classify_one(*, actor: Actor, now: datetime.datetime, premise_id: int, wanted: Classify) -> Classified:
    """Classify one premise from a day on; back by classifying it again.

    Raises ClassError, PremiseNotFoundError. A later fact in the way shows in the result and changes nothing.
    """
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        # Held, so that whoever changes many premises sees what is written here, and the other way round.
        premise = models.Premise.objects.select_for_update(no_key=True).filter(pk=premise_id).first()
        if premise is None:
            raise PremiseNotFoundError(premise_id)
        made = _classify([premise_id], wanted=wanted)
        if made.touched:
            access.record_act(
                actor=actor,
                at=now,
                act="PREMISE_CLASSIFIED",
                subject_kind="PREMISE",
                subject_id=premise_id,
                station_id=premise.station_id,
                after=_words(wanted),
            )
    return made


def would_classify_below(*, actor: Actor, node_id: int, wanted: Classify) -> Classified:
    """The dry run of `classify_below`. Needs a reading transaction. Raises ClassError, NodeNotFoundError."""
    actor.require(RIGHT_MANY)
    ids = queries_tree.premise_ids_below(path=queries_tree.branch(node_id=node_id).path)
    return operations_classes.would_classify(
        premise_ids=ids,
        dimension_id=wanted.dimension_id,
        value_id=wanted.value_id,
        from_on=wanted.from_on,
    )


def classify_below(
    *, actor: Actor, now: datetime.datetime, node_id: int, wanted: Classify, reason: str
) -> Classified:
    """Classify every premise below a node from a day on; those with a later fact are left alone.

    Raises ClassError, NodeNotFoundError, ReasonMissingError.
    """
    actor.require(RIGHT_MANY)
    premises_tree.require_reason(reason)
    with transaction.writing(actor=actor):
        branch = queries_tree.branch(node_id=node_id)
        made = _classify(queries_tree.premise_ids_below(path=branch.path), wanted=wanted)
        if made.touched:
            access.record_act(
                actor=actor,
                at=now,
                act="PREMISES_CLASSIFIED",
                subject_kind="ADDRESS_NODE",
                subject_id=node_id,
                station_id=branch.station_id,
                reason=reason,
                after={
                    "address_node": branch.label,
                    **_words(wanted),
                    "premises": made.touched,
                    "left_alone": made.later,
                },
            )
    return made


def _classify(ids: list[int], *, wanted: Classify) -> Classified:
    return operations_classes.classify(
        premise_ids=ids,
        dimension_id=wanted.dimension_id,
        value_id=wanted.value_id,
        from_on=wanted.from_on,
    )


def _words(wanted: Classify) -> dict[str, str]:
    dimension = models.Dimension.objects.get(pk=wanted.dimension_id)
    value = models.DimensionValue.objects.filter(pk=wanted.value_id or 0).first()
    return {
        "dimension": dimension.code,
        "value": value.name if value else "",
        "from_on": wanted.from_on.isoformat(),
    }


def _record(
    *,
    actor: Actor,
    now: datetime.datetime,
    act: str,
    dimension_id: int,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    access.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind="DIMENSION",
        subject_id=dimension_id,
        before=before,
        after=after,
    )
