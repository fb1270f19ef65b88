"""Suspending, stopping by force, resuming, demolition; each step taken back by its opposite."""

import datetime
import uuid

from meterbook.application import account_acts, act_fees, transaction
from meterbook.application.actor import Actor
from meterbook.domain.agreements import models, operations, operations_states, rules

State = models.AccountState
StateRefusedError = operations_states.StateRefusedError
BeforeLastChangeError = operations_states.BeforeLastChangeError
NothingToUndoError = operations_states.NothingToUndoError
# What a step is called, and which right it needs. Closing is an act of its own.
ACTS = {
    State.SUSPENDED: "ACCOUNT_SUSPENDED",
    State.STOPPED: "ACCOUNT_STOPPED",
    State.ACTIVE: "ACCOUNT_RESUMED",
    State.DEMOLITION: "ACCOUNT_DEMOLITION",
    State.NEW: "ACCOUNT_ACCEPTED",
}
# What a step is to the fees that come by themselves, whatever was before it.
_OCCASIONS = {State.SUSPENDED: act_fees.Occasion.SUSPENDED, State.STOPPED: act_fees.Occasion.STOPPED}
_RESUMED_FROM = {
    State.SUSPENDED: act_fees.Occasion.RESUMED,
    State.STOPPED: act_fees.Occasion.RECONNECTED,
}


class NotAStepError(Exception):
    """The state is reached by an act of its own."""


def steps_from(state: State) -> tuple[State, ...]:
    """The states a person may bring an account into from `state` by this act."""
    return tuple(wanted for wanted in ACTS if rules.may_become(state=state, wanted=wanted))


def right_for(*, state: State) -> str:
    """The right a step from `state` needs: what begins is opening, the rest suspending and resuming."""
    return "accounts.open" if state in {State.NEW, State.POTENTIAL} else "accounts.suspend"


def occasion_of(*, state: State, wanted: State) -> act_fees.Occasion | None:
    """The occasion that a step is for fees; None: it costs nothing."""
    return _RESUMED_FROM.get(state) if wanted == State.ACTIVE else _OCCASIONS.get(wanted)


def change_state(
    *,
    actor: Actor,
    account_id: int,
    wanted: State,
    on: datetime.date,
    reason: str,
    request_key: uuid.UUID,
    today: datetime.date,
    now: datetime.datetime,
    fees: act_fees.Decided = act_fees.USUAL,
) -> State:
    """Bring an account into another state from `on` on; the same request again changes nothing.

    Raises NotAllowedError, NotAStepError, account_acts.ReasonMissingError, account_acts.InTheFutureError,
    StateRefusedError, BeforeLastChangeError, agreements.queries.AccountNotFoundError and the errors of
    act_fees.charge_within.
    """
    if wanted not in ACTS:
        raise NotAStepError
    account_acts.require_not_later(on, today=today)
    with transaction.writing(actor=actor):
        account = operations.lock_account(account_id=account_id)
        if models.AccountStateChange.objects.filter(request_key=request_key, account=account).exists():
            return State(account.state)
        state = State(account.state)
        actor.require(right_for(state=state))
        if wanted not in rules.NEEDS_NO_REASON:
            reason = account_acts.reason_of(reason)
        step = operations_states.Step(
            wanted=wanted, on=on, at=now, by_id=actor.staff_id, reason=reason.strip(), request_key=request_key
        )
        operations_states.change_state(account=account, step=step)
        account_acts.record(
            actor=actor,
            now=now,
            act=ACTS[wanted],
            account=account,
            reason=reason.strip(),
            before={"account_state": state},
            after={"account_state": wanted, "on": on},
        )
        occasion = occasion_of(state=state, wanted=wanted)
        charging = act_fees.Charging(request_key, today, fees)
        act_fees.charge_within(actor=actor, account=account, occasion=occasion, charging=charging, now=now)
    return wanted


def undo_change(
    *,
    actor: Actor,
    account_id: int,
    change_id: int,
    reason: str,
    today: datetime.date,
    now: datetime.datetime,
) -> State:
    """Take the account's last step and its fees back, as if they had not been: returns the state before it.

    Raises NotAllowedError, account_acts.ReasonMissingError, NothingToUndoError (something followed, or the
    step closed the account, which has its own way back), act_fees.FeePaidError,
    agreements.queries.AccountNotFoundError.
    """
    reason = account_acts.reason_of(reason)
    with transaction.writing(actor=actor):
        account = operations.lock_account(account_id=account_id)
        last = operations_states.last_change(account_id=account_id)
        if last is None or last.from_state is None or last.to_state == State.CLOSED:
            raise NothingToUndoError
        wanted = State(last.from_state)
        actor.require(right_for(state=wanted))
        step = operations_states.Step(
            wanted=wanted, on=last.effective_on, at=now, by_id=actor.staff_id, reason=reason
        )
        operations_states.undo_last_change(account=account, change_id=change_id, step=step)
        account_acts.record(
            actor=actor,
            now=now,
            act="ACCOUNT_STATE_UNDONE",
            account=account,
            reason=reason,
            before={"account_state": last.to_state, "on": last.effective_on},
            after={"account_state": wanted},
        )
        if last.request_key is not None:
            act_fees.take_back_within(
                actor=actor, account=account, act_key=last.request_key, reason=reason, today=today, now=now
            )
    return wanted
