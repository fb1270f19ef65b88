"""Acts on many accounts: usage type and price, household size, state, reading book, external numbers.

`about` is the utility's number where the fact belongs to a supply, the kind of an external number there.
"""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import Max, Q

from meterbook.application import (
    account_acts,
    account_facts,
    account_papers,
    account_states,
    act_fees,
    book_places,
)
from meterbook.application.edit_many_acts import Act, Ask, Standing, Step, Subject
from meterbook.domain.agreements import models, operations, operations_states, queries
from meterbook.domain.metering import models as metering

# Why nothing can be changed there.
NO_SUPPLY, SEVERAL_SUPPLIES, LATER_FACT, SEVERAL_NUMBERS = (
    "NO_SUPPLY",
    "SEVERAL_SUPPLIES",
    "LATER_FACT",
    "SEVERAL_NUMBERS",
)
_FACTS = (
    queries.AccountNotFoundError,
    account_acts.BillsTouchedError,
    account_acts.ReasonMissingError,
    account_facts.OutsideAgreementError,
    account_facts.NoAgreementError,
)


def _supplies(ask: Ask) -> dict[int, list[models.SupplyAgreement]]:
    """The supplies of the utility that each account in sight has on the day."""
    found: dict[int, list[models.SupplyAgreement]] = {
        account_id: []
        for account_id in models.Account.objects.filter(pk__in=ask.subject_ids).values_list("pk", flat=True)
    }
    running = models.SupplyAgreement.objects.filter(
        Q(until_on__isnull=True) | Q(until_on__gt=ask.on),
        account_id__in=ask.subject_ids,
        utility=int(ask.about),
        from_on__lte=ask.on,
    )
    for agreement in running.order_by("id"):
        found[agreement.account_id].append(agreement)
    return found


def _of_supply(
    ask: Ask, values: Callable[[list[models.SupplyAgreement]], Mapping[int, Standing]]
) -> dict[int, Standing]:
    """What holds of each account's one supply; none or several are a fault. `values`: by agreement."""
    found = _supplies(ask)
    single = {account_id: rows[0] for account_id, rows in found.items() if len(rows) == 1}
    standing = values(list(single.values()))
    return {
        account_id: standing[single[account_id].pk]
        if account_id in single
        else Standing("", fault=SEVERAL_SUPPLIES if rows else NO_SUPPLY)
        for account_id, rows in found.items()
    }


def _dated(table: Any, *, ask: Ask, ids: Sequence[int], names: tuple[str, ...]) -> dict[int, tuple[Any, ...]]:
    """Agreement -> what a dated fact says on the day."""
    held = table.objects.filter(
        Q(until_on__isnull=True) | Q(until_on__gt=ask.on), agreement_id__in=ids, from_on__lte=ask.on
    )
    return {row[0]: row[1:] for row in held.values_list("agreement_id", *names)}


def _changing_later(tables: Sequence[Any], *, ask: Ask, ids: Sequence[int]) -> set[int]:
    """Agreements with a fact of a later day: an act of many would sweep it away unseen."""
    return {
        agreement_id
        for table in tables
        for agreement_id in table.objects.filter(agreement_id__in=ids, from_on__gt=ask.on).values_list(
            "agreement_id", flat=True
        )
    }


def _usage(ask: Ask) -> Mapping[int, Standing]:
    """Usage type and tariff, "5:17"; without a type ":17"."""

    def values(agreements: list[models.SupplyAgreement]) -> dict[int, Standing]:
        ids = [agreement.pk for agreement in agreements]
        types = _dated(models.AgreementUsage, ask=ask, ids=ids, names=("usage_type_id",))
        prices = _dated(models.AgreementTariff, ask=ask, ids=ids, names=("tariff_id",))
        later = _changing_later((models.AgreementUsage, models.AgreementTariff), ask=ask, ids=ids)
        return {
            key: Standing(
                f"{types.get(key, ('',))[0]}:{prices.get(key, ('',))[0]}",
                fault=LATER_FACT if key in later else "",
                part_id=key,
            )
            for key in ids
        }

    return _of_supply(ask, values)


def _with_own_type(ask: Ask, wanted: str) -> Mapping[int, str]:
    """Where only the price is to change (":17"), each keeps its own usage type."""
    if not wanted.startswith(":"):
        return {}
    standing = {key: found.value.partition(":")[0] for key, found in _usage(ask).items()}
    return {key: f"{usage_type}{wanted}" for key, usage_type in standing.items()}


def _change_usage(step: Step) -> None:
    usage_type, _colon, tariff = step.after.partition(":")
    if not usage_type and not step.before.startswith(":"):
        # Only an undo wants none where one stands: `_with_own_type` keeps each account's own.
        account_facts.clear_usage_type(
            actor=step.actor, when=_when(step), tariff_id=int(tariff), now=step.now
        )
        return
    account_facts.change_usage(
        actor=step.actor,
        when=_when(step),
        usage_type_id=int(usage_type) if usage_type else None,
        tariff_id=int(tariff),
        now=step.now,
    )


def _when(step: Step) -> account_facts.When:
    return account_facts.When(agreement_id=step.part_id, on=step.on, reason=step.reason)


def _hold_supplies(ask: Ask) -> None:
    operations.lock_supplies(account_ids=ask.subject_ids, utility=int(ask.about))


def _household(ask: Ask) -> Mapping[int, Standing]:
    """Persons, source, proof and its last day, "4|1||"; "" where the tariff's own size counts."""

    def values(agreements: list[models.SupplyAgreement]) -> dict[int, Standing]:
        ids = [agreement.pk for agreement in agreements]
        names = ("persons", "source", "proof", "expires_on")
        held = _dated(models.HouseholdSize, ask=ask, ids=ids, names=names)
        later = _changing_later((models.HouseholdSize,), ask=ask, ids=ids)
        return {
            key: Standing(
                household_value(*held[key]) if key in held else "",
                fault=LATER_FACT if key in later else "",
                part_id=key,
            )
            for key in ids
        }

    return _of_supply(ask, values)


def household_value(persons: int, source: int = 1, proof: str = "", expires_on: object = None) -> str:
    """A household size as a value of its act."""
    return f"{persons}|{source}|{proof}|{expires_on or ''}"


def _change_household(step: Step) -> None:
    household = None
    if step.after:
        persons, source, rest = step.after.split("|", 2)
        proof, _bar, expires_on = rest.rpartition("|")
        household = account_facts.Household(
            persons=int(persons),
            source=models.HouseholdSource(int(source)),
            proof=proof,
            expires_on=datetime.date.fromisoformat(expires_on) if expires_on else None,
        )
    account_facts.change_household(actor=step.actor, when=_when(step), household=household, now=step.now)


def _state(ask: Ask) -> Mapping[int, Standing]:
    found = models.Account.objects.filter(pk__in=ask.subject_ids).values_list("pk", "state")
    return {account_id: Standing(str(state)) for account_id, state in found}


def _change_state(step: Step) -> None:
    if step.undoes is not None:
        _undo_state(step, request_key=step.undoes)
        return
    account_states.change_state(
        actor=step.actor,
        account_id=step.subject_id,
        wanted=models.AccountState(int(step.after)),
        on=step.on,
        reason=step.reason,
        request_key=step.request_key,
        today=step.today,
        now=step.now,
    )


def _undo_state(step: Step, *, request_key: uuid.UUID) -> None:
    last = operations_states.last_change(account_id=step.subject_id)
    if last is None or last.request_key != request_key:
        raise account_states.NothingToUndoError
    account_states.undo_change(
        actor=step.actor,
        account_id=step.subject_id,
        change_id=last.pk,
        reason=step.reason,
        today=step.today,
        now=step.now,
    )


def _book(ask: Ask) -> Mapping[int, Standing]:
    """Book and position, "7:120"; "" where the point is in no book."""

    def values(agreements: list[models.SupplyAgreement]) -> dict[int, Standing]:
        points = {agreement.service_point_id: agreement.pk for agreement in agreements}
        places = metering.BookPlace.objects.filter(service_point_id__in=points)
        held = {
            points[point_id]: f"{book_id}:{sequence}"
            for point_id, book_id, sequence in places.values_list("service_point_id", "book_id", "sequence")
        }
        return {key: Standing(held.get(key, ""), part_id=point_id) for point_id, key in points.items()}

    return _of_supply(ask, values)


def _behind_each_other(ask: Ask, wanted: str) -> Mapping[int, str]:
    """Positions behind the last of the book, in the order in which the accounts are read now.

    Who is in the book already stays where they are.
    """
    places = metering.BookPlace.objects.filter(book_id=int(wanted))
    last = places.aggregate(last=Max("sequence"))["last"] or 0
    standing = {key: found.value for key, found in _book(ask).items()}
    here = {key: value for key, value in standing.items() if value.partition(":")[0] == wanted}
    coming = sorted(
        (key for key in standing if key not in here),
        key=lambda key: (*(int(part) for part in standing[key].split(":") if part), key),
    )
    return here | {key: f"{wanted}:{place}" for place, key in enumerate(coming, start=last + 1)}


def _move(step: Step) -> None:
    book_id, _colon, sequence = step.after.partition(":")
    if not sequence:
        raise book_places.PlaceError(code="BOOK_UNKNOWN")
    book_places.move_point(
        actor=step.actor,
        account_id=step.subject_id,
        service_point_id=step.part_id,
        place=book_places.Place(book_id=int(book_id), sequence=int(sequence)),
        reason=step.reason,
        today=step.today,
        now=step.now,
    )


def _external(ask: Ask) -> Mapping[int, Standing]:
    """The number of a kind in use, "" without one."""
    held: dict[int, list[str]] = defaultdict(list)
    rows = models.ExternalNumber.objects.filter(
        account_id__in=ask.subject_ids, kind=int(ask.about), valid_until__isnull=True
    )
    for account_id, number in rows.order_by("id").values_list("account_id", "number"):
        held[account_id].append(number)
    ids = models.Account.objects.filter(pk__in=ask.subject_ids).values_list("pk", flat=True)
    return {
        key: Standing("".join(held[key][:1]), fault=SEVERAL_NUMBERS if len(held[key]) > 1 else "")
        for key in ids
    }


def _change_external(step: Step) -> None:
    kind = models.ExternalKind(int(step.about))
    standing = models.ExternalNumber.objects.filter(
        account_id=step.subject_id, kind=kind, valid_until__isnull=True
    )
    for number_id in standing.values_list("pk", flat=True):
        account_papers.end_external_number(
            actor=step.actor, account_id=step.subject_id, number_id=number_id, on=step.today, now=step.now
        )
    if step.after:
        account_papers.add_external_number(
            actor=step.actor,
            account_id=step.subject_id,
            kind=kind,
            number=step.after,
            on=step.today,
            now=step.now,
        )


ACTS = (
    Act(
        key="USAGE_TYPE",
        subject=Subject.ACCOUNT,
        right=account_facts.RIGHT,
        standing=_usage,
        do=_change_usage,
        refusals=(*_FACTS, account_facts.TariffNotInForceError),
        spread=_with_own_type,
        hold=_hold_supplies,
    ),
    Act(
        key="HOUSEHOLD",
        subject=Subject.ACCOUNT,
        right=account_facts.RIGHT,
        standing=_household,
        do=_change_household,
        refusals=_FACTS,
        hold=_hold_supplies,
    ),
    Act(
        key="ACCOUNT_STATE",
        subject=Subject.ACCOUNT,
        right="accounts.suspend",
        standing=_state,
        do=_change_state,
        refusals=(
            queries.AccountNotFoundError,
            account_acts.ReasonMissingError,
            account_acts.InTheFutureError,
            account_states.NotAStepError,
            account_states.StateRefusedError,
            account_states.BeforeLastChangeError,
            account_states.NothingToUndoError,
            act_fees.FeePaidError,
        ),
    ),
    Act(
        key="READING_BOOK",
        subject=Subject.ACCOUNT,
        right=book_places.RIGHT,
        standing=_book,
        do=_move,
        refusals=(*_FACTS, book_places.PlaceError),
        spread=_behind_each_other,
    ),
    Act(
        key="EXTERNAL_NUMBER",
        subject=Subject.ACCOUNT,
        right=account_papers.NUMBER_RIGHT,
        standing=_external,
        do=_change_external,
        refusals=(
            queries.AccountNotFoundError,
            account_papers.ExternalNumberTakenError,
            account_papers.ExternalNumberUnknownError,
        ),
    ),
)
