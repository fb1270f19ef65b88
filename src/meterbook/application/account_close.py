"""Closing an account (销户): final bill, nothing owed, balance given back; and the way back."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from meterbook.application import (
    account_acts,
    account_open,
    account_transfer,
    act_fees,
    refund_balance,
    settle_account,
    transaction,
)
from meterbook.application.actor import Actor
from meterbook.domain.agreements import models, operations, operations_states, queries
from meterbook.domain.ledger import queries as ledger
from meterbook.domain.ledger import rules as ledger_rules
from meterbook.domain.payments import models as payments

RIGHT = "accounts.close"
OwesError = account_transfer.OwesError
State = models.AccountState


class BalanceLeftError(Exception):
    """The account holds money: it is refunded, or the account stays open. Minor units."""

    def __init__(self, *, balance_minor: int) -> None:
        super().__init__(str(balance_minor))
        self.balance_minor = balance_minor


class NotClosedError(Exception):
    """Only a closed account can be opened again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAccount:
    """A closing as the clerk confirmed it; `request_key` is made with the form.

    `readings_milli`: register -> what it shows on `on`. `refund`: how a balance is given back; None: not.
    `fees`: what was decided about the fees of closing; once charged they are paid before the account closes.
    """

    request_key: uuid.UUID
    account_id: int
    on: datetime.date
    readings_milli: Mapping[int, int]
    reason: str
    refund: payments.Tender | None = None
    is_confirmed: bool = False
    is_rolled_over: bool = False
    fees: act_fees.Decided = act_fees.USUAL


@dataclass(frozen=True, slots=True)
class Closed:
    """A closing as it was done. Amounts in minor units."""

    account_id: int
    final_minor: int = 0
    refunded: refund_balance.Refunded | None = None
    is_repeat: bool = False


def close(*, actor: Actor, wanted: CloseAccount, now: datetime.datetime, today: datetime.date) -> Closed:
    """Close an account, once for a request key. Everything or nothing is kept.

    Raises NotAllowedError, account_acts.ReasonMissingError, account_acts.InTheFutureError, OwesError,
    BalanceLeftError, operations_states.StateRefusedError, refund_balance.NoOpenShiftError,
    refund_balance.TillShortError, agreements.queries.AccountNotFoundError and the errors of
    settle_account.settle_within and act_fees.charge_within.
    """
    actor.require(RIGHT)
    reason = account_acts.reason_of(wanted.reason)
    account_acts.require_not_later(wanted.on, today=today)
    with transaction.writing(actor=actor):
        till = None if wanted.refund is None else refund_balance.hold_till(actor=actor)
        account = operations.lock_account(account_id=wanted.account_id)
        if models.AccountStateChange.objects.filter(request_key=wanted.request_key, account=account).exists():
            return Closed(account.pk, is_repeat=True)
        before = account.state
        settled = settle_account.settle_within(
            actor=actor, command=_final(wanted, reason=reason), now=now, today=today
        )
        charging = act_fees.Charging(wanted.request_key, today, wanted.fees)
        act_fees.charge_closing_within(actor=actor, account=account, charging=charging, now=now)
        refunded = _clear(actor=actor, till=till, wanted=wanted, reason=reason, now=now)
        running = models.SupplyAgreement.objects.filter(account=account, until_on__isnull=True)
        for agreement in running.order_by("id"):
            operations.end_agreement(agreement=agreement, on=wanted.on)
        step = operations_states.Step(
            wanted=State.CLOSED,
            on=wanted.on,
            at=now,
            by_id=actor.staff_id,
            reason=reason,
            request_key=wanted.request_key,
        )
        operations_states.change_state(account=account, step=step)
        account_acts.record(
            actor=actor,
            now=now,
            act="ACCOUNT_CLOSED",
            account=account,
            reason=reason,
            before={"account_state": before},
            after={
                "account_state": State.CLOSED.value,
                "on": wanted.on,
                "amount_minor": settled.amount_minor,
                "refunded_minor": 0 if refunded is None else refunded.amount_minor,
            },
        )
    return Closed(account.pk, final_minor=settled.amount_minor, refunded=refunded)


def reopen(*, actor: Actor, account_id: int, reason: str, now: datetime.datetime) -> None:
    """Take a closing back: what ended with it runs on from the final reading. Bill and refund stand.

    Raises NotAllowedError, account_acts.ReasonMissingError, NotClosedError, account_open.PointSuppliedError
    (somebody else is supplied there by now), agreements.queries.AccountNotFoundError.
    """
    actor.require(RIGHT)
    reason = account_acts.reason_of(reason)
    with transaction.writing(actor=actor):
        account = operations.lock_account(account_id=account_id)
        last = operations_states.last_change(account_id=account_id)
        if account.state != State.CLOSED or last is None or last.from_state is None:
            raise NotClosedError
        # what ended by a transfer on the same day is the former holder's
        holder_since = models.AccountHolder.objects.filter(account=account).latest("from_on").from_on
        ended = models.SupplyAgreement.objects.filter(
            account=account, until_on=last.effective_on, from_on__gte=holder_since
        )
        for agreement in ended.order_by("id"):
            holder = queries.account_at_point(
                service_point_id=agreement.service_point_id, on=last.effective_on
            )
            if holder:
                raise account_open.PointSuppliedError(account_no=holder)
            operations.resume_agreement(agreement=agreement, ended_on=last.effective_on)
        step = operations_states.Step(
            wanted=State(last.from_state), on=last.effective_on, at=now, by_id=actor.staff_id, reason=reason
        )
        operations_states.undo_last_change(account=account, change_id=last.pk, step=step)
        account_acts.record(
            actor=actor,
            now=now,
            act="ACCOUNT_STATE_UNDONE",
            account=account,
            reason=reason,
            before={"account_state": State.CLOSED.value, "on": last.effective_on},
            after={"account_state": last.from_state},
        )


def _final(wanted: CloseAccount, *, reason: str) -> settle_account.SettleAccount:
    return settle_account.SettleAccount(
        request_key=wanted.request_key,
        account_id=wanted.account_id,
        settled_on=wanted.on,
        readings_milli=wanted.readings_milli,
        reason=reason,
        is_confirmed=wanted.is_confirmed,
        is_rolled_over=wanted.is_rolled_over,
    )


def _clear(
    *,
    actor: Actor,
    till: refund_balance.Till | None,
    wanted: CloseAccount,
    reason: str,
    now: datetime.datetime,
) -> refund_balance.Refunded | None:
    """Nothing is owed and nothing held any more. Raises OwesError, BalanceLeftError."""
    owed_minor = ledger.balance_minor(account=ledger_rules.Chart.RECEIVABLE, subject_id=wanted.account_id)
    if owed_minor > 0:
        raise OwesError(owed_minor=owed_minor)
    if till is not None and wanted.refund is not None:
        return refund_balance.refund_within(
            actor=actor,
            till=till,
            account_id=wanted.account_id,
            tender=wanted.refund,
            reason=reason,
            request_key=wanted.request_key,
            now=now,
        )
    balance_minor = refund_balance.balance_minor(account_id=wanted.account_id)
    if balance_minor > 0:
        raise BalanceLeftError(balance_minor=balance_minor)
    return None
