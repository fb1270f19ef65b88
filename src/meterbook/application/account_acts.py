"""What the acts on accounts share: the reason, the audit row, and which bills a change would touch."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.agreements import models
from meterbook.domain.billing import queries as billing

LONGEST_REASON = 200


class ReasonMissingError(Exception):
    """An act that hurts somebody needs a reason in words."""


class InTheFutureError(Exception):
    """An act takes effect today or earlier; nothing is done on a day that may never come."""

    def __init__(self, *, today: datetime.date) -> None:
        super().__init__(str(today))
        self.today = today


class BillsTouchedError(Exception):
    """The day lies in what is billed already; correcting back is another right, and said so."""

    def __init__(self, *, bills: tuple[billing.TouchedBill, ...]) -> None:
        super().__init__(f"{len(bills)} bills")
        self.bills = bills


@dataclass(frozen=True, slots=True)
class Changed:
    """What an act did. `bills` were worked out with the old facts and are to be looked at again."""

    is_changed: bool
    bills: tuple[billing.TouchedBill, ...] = ()


def reason_of(text: str) -> str:
    """The reason without blanks around it. Raises ReasonMissingError."""
    reason = text.strip()[:LONGEST_REASON]
    if not reason:
        raise ReasonMissingError
    return reason


def require_not_later(day: datetime.date, *, today: datetime.date) -> None:
    """Raise InTheFutureError when the day is yet to come."""
    if day > today:
        raise InTheFutureError(today=today)


def touched_bills(
    *, actor: Actor, agreement: models.SupplyAgreement, on: datetime.date, is_correction: bool
) -> tuple[billing.TouchedBill, ...]:
    """The bills that a fact from `on` on would have changed.

    None, or the act is a correction and the actor may correct: BillsTouchedError, NotAllowedError otherwise.
    """
    bills = billing.bills_after(account_id=agreement.account_id, agreement_id=agreement.pk, day=on)
    if bills and not is_correction:
        raise BillsTouchedError(bills=bills)
    if bills:
        actor.require("accounts.correct")
    return bills


def record(
    *,
    actor: Actor,
    now: datetime.datetime,
    act: str,
    account: models.Account,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """The audit row of an act on an account; days become ISO text."""
    access.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind="ACCOUNT",
        subject_id=account.pk,
        station_id=account.station_id,
        reason=reason,
        before=None if before is None else plain(before),
        after=None if after is None else plain(after),
    )


def plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as JSON keeps them."""
    days = {name: value.isoformat() for name, value in facts.items() if isinstance(value, datetime.date)}
    return {**facts, **days}
