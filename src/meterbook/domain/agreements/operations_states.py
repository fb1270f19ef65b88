"""The life of accounts: one step after another, each kept, the last one taken back by its opposite."""

import datetime
import uuid
from dataclasses import dataclass

from meterbook.domain.agreements import models, rules


class StateRefusedError(Exception):
    """The wanted state may not follow the present one."""

    def __init__(self, *, state: models.AccountState, wanted: models.AccountState) -> None:
        super().__init__(f"{state.name} -> {wanted.name}")
        self.state = state
        self.wanted = wanted


class BeforeLastChangeError(Exception):
    """A step can't take effect before the one it follows."""

    def __init__(self, *, last_on: datetime.date) -> None:
        super().__init__(str(last_on))
        self.last_on = last_on


class NothingToUndoError(Exception):
    """There is no step, or something followed the one that was to be taken back."""


@dataclass(frozen=True, slots=True)
class Step:
    """Who changes the state of an account, from which day on, and why."""

    wanted: models.AccountState
    on: datetime.date
    at: datetime.datetime
    by_id: int | None
    reason: str = ""
    request_key: uuid.UUID | None = None


def change_state(*, account: models.Account, step: Step) -> models.AccountStateChange:
    """Bring a locked account into another state. Raises StateRefusedError, BeforeLastChangeError.

    A second step with the same request key violates its unique constraint.
    """
    state = models.AccountState(account.state)
    if not rules.may_become(state=state, wanted=step.wanted):
        raise StateRefusedError(state=state, wanted=step.wanted)
    last = last_change(account_id=account.pk)
    last_on = account.opened_on if last is None else last.effective_on
    if step.on < last_on:
        raise BeforeLastChangeError(last_on=last_on)
    return _write(account=account, step=step, undoes=None)


def undo_last_change(*, account: models.Account, change_id: int, step: Step) -> models.AccountStateChange:
    """Take a locked account's last step back: its state is again what it was. Raises NothingToUndoError.

    `step.wanted` must be the state before it.
    """
    last = last_change(account_id=account.pk)
    if last is None or last.pk != change_id or last.undoes_id is not None or last.from_state is None:
        raise NothingToUndoError
    if step.wanted != last.from_state:
        raise NothingToUndoError
    return _write(account=account, step=step, undoes=last)


def last_change(*, account_id: int) -> models.AccountStateChange | None:
    """The account's latest step; None when it has been what it is since it was opened."""
    return models.AccountStateChange.objects.filter(account_id=account_id).order_by("-id").first()


def record_opening(*, account: models.Account, at: datetime.datetime, by_id: int | None) -> None:
    """Keep with which state an account began."""
    models.AccountStateChange.objects.create(
        station_id=account.station_id,
        account=account,
        to_state=account.state,
        effective_on=account.opened_on,
        recorded_at=at,
        by_id=by_id,
    )


def _write(
    *, account: models.Account, step: Step, undoes: models.AccountStateChange | None
) -> models.AccountStateChange:
    change = models.AccountStateChange.objects.create(
        station_id=account.station_id,
        account=account,
        from_state=account.state,
        to_state=step.wanted,
        effective_on=step.on,
        recorded_at=step.at,
        by_id=step.by_id,
        reason=step.reason,
        undoes=undoes,
        request_key=step.request_key,
    )
    account.state = step.wanted
    account.closed_on = step.on if step.wanted == models.AccountState.CLOSED else None
    account.save(update_fields=["state", "closed_on"])
    return change
