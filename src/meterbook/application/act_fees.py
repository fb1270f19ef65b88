"""The fees an act charges by itself: what is due, charged with the act, and taken back with it.

An act charges, at its usual amount, every offered fee that the company's list ties to the occasion. Less
than usual needs the right to waive and a reason, as everywhere (`charge_fee`).
"""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from meterbook.application import account_acts, charge_fee
from meterbook.application.actor import Actor
from meterbook.domain.agreements import models as agreements
from meterbook.domain.agreements import operations_states
from meterbook.domain.billing import models, operations_fees, queries

Occasion = models.FeeOccasion
FeePaidError = operations_fees.FeePaidError
WAIVE_RIGHT = charge_fee.WAIVE_RIGHT


class FeeReasonMissingError(account_acts.ReasonMissingError):
    """Another fee than usual needs a reason of its own."""


class FeesChangedError(Exception):
    """The company changed its fees after the person had seen them."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person decided about an act's fees. Fee code -> minor units.

    `seen`: the usual amounts as shown, None where nobody looked (many at once, another system).
    `asked`: where another amount is asked for; `reason` of less.
    """

    seen: Mapping[str, int] | None = None
    asked: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""


USUAL = Decided()


@dataclass(frozen=True, slots=True)
class Charging:
    """Under which key and on which business day an act charges its fees, and what was decided about them."""

    act_key: uuid.UUID
    today: datetime.date
    decided: Decided = USUAL


def charge_within(
    *,
    actor: Actor,
    account: agreements.Account,
    occasion: models.FeeOccasion | None,
    charging: Charging,
    now: datetime.datetime,
) -> tuple[charge_fee.FeeCharged, ...]:
    """Charge a locked account what the occasion costs (None: nothing), inside the act's transaction.

    Once for an act's key. Raises FeesChangedError, NotAllowedError, FeeReasonMissingError (less than usual).
    """
    if occasion is None:
        return ()
    decided, act_key = charging.decided, charging.act_key
    due = queries.fees_due(occasion=occasion)
    usual = {kind.code: kind.amount_minor for kind in due}
    if decided.seen is not None and dict(decided.seen) != usual:
        raise FeesChangedError
    charged = []
    for kind in due:
        amount_minor = decided.asked.get(kind.code, kind.amount_minor)
        wanted = charge_fee.ChargeFee(
            request_key=uuid.uuid5(act_key, f"{occasion.name}:{kind.code}"),
            account_id=account.pk,
            fee_code=kind.code,
            amount_minor=amount_minor,
            reason="" if amount_minor == kind.amount_minor else decided.reason,
        )
        try:
            done = charge_fee.charge_within(
                actor=actor,
                account=account,
                wanted=wanted,
                act=charge_fee.OfAct(occasion=occasion, act_key=act_key),
                today=charging.today,
                now=now,
            )
        except account_acts.ReasonMissingError as missing:
            raise FeeReasonMissingError from missing
        charged.append(done)
    return tuple(charged)


def charge_closing_within(
    *, actor: Actor, account: agreements.Account, charging: Charging, now: datetime.datetime
) -> None:
    """What closing costs: asked for with the final bill or with the closing itself, whichever comes first."""
    last = operations_states.last_change(account_id=account.pk)
    since = None if last is None else last.recorded_at
    if queries.is_occasion_charged(account_id=account.pk, occasion=Occasion.CLOSED, since=since):
        return
    charge_within(
        actor=actor,
        account=account,
        occasion=Occasion.CLOSED,
        charging=charging,
        now=now,
    )


def take_back_within(
    *,
    actor: Actor,
    account: agreements.Account,
    act_key: uuid.UUID,
    reason: str,
    today: datetime.date,
    now: datetime.datetime,
) -> int:
    """Take back what an act charged, when the act itself is taken back; returns the sum, minor units.

    Raises FeePaidError where one was paid: the payment is cancelled first.
    """
    total_minor = 0
    for fee in queries.standing_fees_of_act(account_id=account.pk, act_key=act_key):
        charge_fee.take_back_within(
            actor=actor, account=account, fee=fee, reason=reason, today=today, now=now
        )
        total_minor += fee.amount_minor
    return total_minor
