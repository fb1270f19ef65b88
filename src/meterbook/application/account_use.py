"""An account that waits for its meter is in use from the day one hangs; that is taken back with it."""

import datetime
import uuid

from meterbook.application import account_acts
from meterbook.application.actor import Actor
from meterbook.domain.agreements import models, operations, operations_states

State = models.AccountState
WAITING = frozenset({State.POTENTIAL, State.NEW})


def waiting_at(*, service_point_id: int, day: datetime.date) -> models.Account | None:
    """The account supplied at a point on a day that still waits for a meter, locked; None: there is none."""
    account = supplied_at(service_point_id=service_point_id, day=day)
    return account if account is not None and account.state in WAITING else None


def supplied_at(*, service_point_id: int, day: datetime.date) -> models.Account | None:
    """The account supplied at a point on a day, locked; None: nobody is."""
    running = models.SupplyAgreement.objects.filter(service_point_id=service_point_id, from_on__lte=day)
    account_id = running.exclude(until_on__lte=day).values_list("account_id", flat=True).first()
    return None if account_id is None else operations.lock_account(account_id=account_id)


def begin(
    *,
    actor: Actor,
    account: models.Account,
    on: datetime.date,
    request_key: uuid.UUID,
    now: datetime.datetime,
) -> None:
    """A locked account that waited is in use. `request_key` of the act that did it finds it again."""
    if account.state not in WAITING:
        return
    last = operations_states.last_change(account_id=account.pk)
    first = account.opened_on if last is None else last.effective_on
    before = account.state
    step = operations_states.Step(
        wanted=State.ACTIVE, on=max(on, first), at=now, by_id=actor.staff_id, request_key=request_key
    )
    operations_states.change_state(account=account, step=step)
    _record(actor, account=account, act="ACCOUNT_IN_USE", before=before, on=step.on, now=now)


def take_back(*, actor: Actor, request_key: uuid.UUID, now: datetime.datetime) -> None:
    """The act of this key is taken back: the account waits again, unless its state went on meanwhile."""
    change = models.AccountStateChange.objects.filter(request_key=request_key).first()
    if change is None or change.from_state is None:
        return
    account = operations.lock_account(account_id=change.account_id)
    last = operations_states.last_change(account_id=account.pk)
    if last is None or last.pk != change.pk:
        return
    step = operations_states.Step(
        wanted=State(change.from_state), on=change.effective_on, at=now, by_id=actor.staff_id
    )
    operations_states.undo_last_change(account=account, change_id=change.pk, step=step)
    _record(
        actor,
        account=account,
        act="ACCOUNT_STATE_UNDONE",
        before=State.ACTIVE,
        on=change.effective_on,
        now=now,
    )


def _record(
    actor: Actor,
    *,
    account: models.Account,
    act: str,
    before: int,
    on: datetime.date,
    now: datetime.datetime,
) -> None:
    account_acts.record(
        actor=actor,
        now=now,
        act=act,
        account=account,
        before={"account_state": int(before)},
        after={"account_state": int(account.state), "on": on},
    )
