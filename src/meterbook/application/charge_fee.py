"""Use case: charge a fee beside supply (opening, transfer, certificate, material), or waive it.

A fee becomes a bill: owed, paid at the till, receipted and proved like every other.
"""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from meterbook.application import account_acts, transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.agreements import models as agreements
from meterbook.domain.agreements import operations, queries_numbers
from meterbook.domain.billing import models, operations_fees, queries, rules

FeePaidError = operations_fees.FeePaidError
RIGHT = "fees.charge"
# Less than the usual amount, or one with a zero too many, is somebody else's decision.
WAIVE_RIGHT = "fees.waive"
SETTINGS_RIGHT = "records.edit_many"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeFee:
    """A fee as the clerk confirmed it; the same `request_key` charges once. Minor units; 0 waives it."""

    request_key: uuid.UUID
    account_id: int
    fee_code: str
    amount_minor: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FeeCharged:
    """The bill that asks for it; None: waived, or nothing to ask."""

    bill_id: int | None
    amount_minor: int
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class OfAct:
    """The act that charges a fee by itself, known by its request key."""

    occasion: models.FeeOccasion
    act_key: uuid.UUID


class FeeTypeUnknownError(Exception):
    """The company's list has no such fee."""


class NeverSuppliedError(Exception):
    """The account never had a supply, so there is nothing a bill could be filed under."""


class FeeUnknownError(Exception):
    """The account has no such fee, or it was waived: there is nothing to take back."""


class CompanyOnlyError(Exception):
    """Only who belongs to the company itself sets what holds for all stations."""


def charge(*, actor: Actor, wanted: ChargeFee, today: datetime.date, now: datetime.datetime) -> FeeCharged:
    """Charge an account. Raises NotAllowedError (also for less than usual or a very large amount without
    that right), account_acts.ReasonMissingError (the same), FeeTypeUnknownError, NeverSuppliedError,
    agreements.queries.AccountNotFoundError.
    """
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        account = operations.lock_account(account_id=wanted.account_id)
        return charge_within(actor=actor, account=account, wanted=wanted, today=today, now=now)


def charge_within(
    *,
    actor: Actor,
    account: agreements.Account,
    wanted: ChargeFee,
    today: datetime.date,
    now: datetime.datetime,
    act: OfAct | None = None,
) -> FeeCharged:
    """The same inside the transaction of a larger act that has locked the account and checked its right."""
    known = models.Fee.objects.filter(request_key=wanted.request_key, account_id=account.pk).first()
    if known is not None:
        return FeeCharged(known.bill_id, known.amount_minor, is_repeat=True)
    kind = models.FeeType.objects.filter(code=wanted.fee_code).first()
    if kind is None:
        raise FeeTypeUnknownError(wanted.fee_code)
    most_minor = max(kind.amount_minor, rules.Limits().first_bill_minor)
    if not kind.amount_minor <= wanted.amount_minor <= most_minor:
        actor.require(WAIVE_RIGHT)
        account_acts.reason_of(wanted.reason)
    supply = agreements.SupplyAgreement.objects.filter(account=account).order_by("until_on", "id").last()
    if supply is None:
        raise NeverSuppliedError
    fee = operations_fees.charge(
        new=operations_fees.NewFee(
            station_id=account.station_id,
            account_id=account.pk,
            agreement_id=supply.pk,
            utility=supply.utility,
            fee_type=kind,
            amount_minor=wanted.amount_minor,
            charged_on=today,
            charged_at=now,
            by_id=actor.staff_id,
            reason=wanted.reason.strip()[: account_acts.LONGEST_REASON],
            request_key=wanted.request_key,
            occasion=None if act is None else act.occasion,
            act_key=None if act is None else act.act_key,
        )
    )
    account_acts.record(
        actor=actor,
        now=now,
        act="FEE_CHARGED" if wanted.amount_minor else "FEE_WAIVED",
        account=account,
        reason=fee.reason,
        after={"fee": kind.name, "fee_minor": wanted.amount_minor, "standard_minor": kind.amount_minor},
    )
    return FeeCharged(fee.bill_id, fee.amount_minor)


def take_back(
    *,
    actor: Actor,
    account_id: int,
    fee_id: int,
    reason: str,
    today: datetime.date,
    now: datetime.datetime,
) -> int:
    """Ask for a fee no more, by a mirrored bill; a second time changes nothing. Returns what it was.

    Raises NotAllowedError, account_acts.ReasonMissingError, FeeUnknownError, FeePaidError (the payment is
    cancelled first), agreements.queries.AccountNotFoundError.
    """
    actor.require(WAIVE_RIGHT)
    reason = account_acts.reason_of(reason)
    with transaction.writing(actor=actor):
        account = operations.lock_account(account_id=account_id)
        fee = queries.billed_fee(account_id=account.pk, fee_id=fee_id)
        if fee is None:
            raise FeeUnknownError(fee_id)
        if not hasattr(fee, "taken_back"):
            take_back_within(actor=actor, account=account, fee=fee, reason=reason, today=today, now=now)
        return fee.amount_minor


def take_back_within(
    *,
    actor: Actor,
    account: agreements.Account,
    fee: models.Fee,
    reason: str,
    today: datetime.date,
    now: datetime.datetime,
) -> None:
    """The same inside the transaction of a larger act that has locked the account and checked its right."""
    operations_fees.take_back(fee=fee, on=today, at=now, by_id=actor.staff_id, reason=reason)
    account_acts.record(
        actor=actor,
        now=now,
        act="FEE_TAKEN_BACK",
        account=account,
        reason=reason,
        before={"fee": fee.fee_type.name, "fee_minor": fee.amount_minor},
    )


def set_fee_type(
    *,
    actor: Actor,
    code: str,
    name: str,
    amount_minor: int,
    is_offered: bool,
    now: datetime.datetime,
    occasions: Iterable[models.FeeOccasion] | None = None,
) -> None:
    """Add to the company's list of fees, or change what one usually is and which acts charge it.

    `occasions` None leaves those as they are. Raises CompanyOnlyError.
    """
    actor.require(SETTINGS_RIGHT)
    with transaction.writing(actor=actor):
        if not actor.is_system and not queries_numbers.is_company(unit_id=actor.home_unit_id):
            raise CompanyOnlyError
        before = models.FeeType.objects.filter(code=code).first()
        former = None if before is None else _facts(before)
        made = operations_fees.set_fee_type(
            code=code, name=name, amount_minor=amount_minor, is_offered=is_offered, occasions=occasions
        )
        access.record_act(
            actor=actor,
            at=now,
            act="FEE_TYPE_SET",
            subject_kind="FEE_TYPE",
            subject_id=made.pk,
            before=former,
            after=_facts(made),
        )


def _facts(kind: models.FeeType) -> dict[str, object]:
    """What the audit row says of a fee of the list."""
    return {
        "name": kind.name,
        "fee_minor": kind.amount_minor,
        "is_offered": kind.is_offered,
        "fee_occasions": [models.FeeOccasion(occasion).name for occasion in kind.occasions],
    }
