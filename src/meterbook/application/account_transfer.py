"""Transfer (过户): the former holder is settled at a reading, and the account goes on with another one.

The number, what is owed and what is held stay with the account. A new agreement begins on the day, at the
same price; its tier counter goes on or begins again, as the company's rule says.
"""

import datetime
import enum
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from meterbook.application import (
    account_acts,
    account_open,
    act_fees,
    refund_balance,
    settle_account,
    transaction,
)
from meterbook.application.actor import Actor
from meterbook.domain.agreements import (
    models,
    operations,
    operations_facts,
    queries_facts,
)
from meterbook.domain.billing import queries as billing
from meterbook.domain.ledger import queries as ledger
from meterbook.domain.ledger import rules as ledger_rules
from meterbook.domain.metering import operations_changes as metering
from meterbook.domain.payments import models as payments
from meterbook.domain.tariffs import queries as tariffs
from meterbook.kernel import period

RIGHT = "accounts.transfer"
# Tier periods whose first day a day decides by itself.
_TOLD = {period.TierPeriod.CALENDAR_YEAR, period.TierPeriod.MONTH, period.TierPeriod.TWO_MONTHS}


class Counter(enum.StrEnum):
    """What the tier counter does: it goes on for the new holder, or begins again."""

    KEEP = "KEEP"
    RESTART = "RESTART"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAccount:
    """A transfer as the clerk confirmed it; `request_key` is made with the form.

    `readings_milli`: register -> what it shows on `on`. `takes_debt`: the new holder takes what is owed.
    `refund`: the balance goes back to the former holder this way; None: it stays on the account.
    `persons`: the new household; None: the tariff's own size. `fees`: what was decided about the fees of a
    transfer, which the new holder owes.
    """

    request_key: uuid.UUID
    account_id: int
    customer: int | account_open.NewCustomer
    on: datetime.date
    readings_milli: Mapping[int, int]
    reason: str
    counter: Counter
    takes_debt: bool = False
    refund: payments.Tender | None = None
    persons: int | None = None
    is_confirmed: bool = False
    is_rolled_over: bool = False
    fees: act_fees.Decided = act_fees.USUAL


@dataclass(frozen=True, slots=True)
class Transferred:
    """A transfer as it was done. Amounts in minor units."""

    account_id: int
    customer_id: int
    final_minor: int = 0
    refunded: refund_balance.Refunded | None = None
    is_repeat: bool = False
    agreement_ids: tuple[int, ...] = field(default_factory=tuple)


class SameHolderError(Exception):
    """The account is this customer's already."""


class OwesError(Exception):
    """The former holder still owes; it is paid first, or the new holder takes it. Minor units."""

    def __init__(self, *, owed_minor: int) -> None:
        super().__init__(str(owed_minor))
        self.owed_minor = owed_minor


class NotSuppliedError(Exception):
    """A closed account, or one without a running agreement, can't be transferred."""


class CounterUntoldError(Exception):
    """What the tier counter stands at can't be told for this tariff; it can only begin again."""


def transfer(
    *, actor: Actor, wanted: TransferAccount, now: datetime.datetime, today: datetime.date
) -> Transferred:
    """Transfer an account, once for a request key. Everything or nothing is kept.

    Raises NotAllowedError, account_acts.ReasonMissingError, account_acts.InTheFutureError, the errors above
    and of settle_account.settle_within and act_fees.charge_within, refund_balance.NoOpenShiftError,
    refund_balance.TillShortError, account_open.CustomerNotFoundError,
    agreements.queries.AccountNotFoundError.
    """
    actor.require(RIGHT)
    reason = account_acts.reason_of(wanted.reason)
    account_acts.require_not_later(wanted.on, today=today)
    with transaction.writing(actor=actor):
        till = None if wanted.refund is None else refund_balance.hold_till(actor=actor)
        account = operations.lock_account(account_id=wanted.account_id)
        repeated = account.holders.filter(request_key=wanted.request_key).first()
        if repeated is not None:
            return Transferred(account.pk, repeated.customer_id, is_repeat=True)
        former = account.customer
        running = _running(account)
        settled = _settle(actor=actor, wanted=wanted, reason=reason, now=now, today=today)
        owed_minor = ledger.balance_minor(account=ledger_rules.Chart.RECEIVABLE, subject_id=account.pk)
        if owed_minor > 0 and not wanted.takes_debt:
            raise OwesError(owed_minor=owed_minor)
        refunded = _refund(actor=actor, till=till, wanted=wanted, reason=reason, now=now)
        customer = account_open.customer_of(
            wanted=wanted.customer, station_id=account.station_id, since=wanted.on, now=now
        )
        if customer.pk == former.pk:
            raise SameHolderError
        begun = [_go_on(agreement=agreement, wanted=wanted, now=now) for agreement in running]
        operations.change_holder(
            account=account, customer_id=customer.pk, on=wanted.on, request_key=wanted.request_key
        )
        names = (former.name, customer.name)
        _record(actor=actor, now=now, account=account, wanted=wanted, names=names, owed=owed_minor)
        charging = act_fees.Charging(wanted.request_key, today, wanted.fees)
        occasion = act_fees.Occasion.TRANSFERRED
        act_fees.charge_within(actor=actor, account=account, occasion=occasion, charging=charging, now=now)
    return Transferred(
        account_id=account.pk,
        customer_id=customer.pk,
        final_minor=settled.amount_minor,
        refunded=refunded,
        agreement_ids=tuple(begun),
    )


def _running(account: models.Account) -> list[models.SupplyAgreement]:
    """The agreements to go on. Raises NotSuppliedError."""
    found = models.SupplyAgreement.objects.filter(account=account, until_on__isnull=True)
    running = list(found.order_by("id"))
    if account.state == models.AccountState.CLOSED or not running:
        raise NotSuppliedError
    return running


def _refund(
    *,
    actor: Actor,
    till: refund_balance.Till | None,
    wanted: TransferAccount,
    reason: str,
    now: datetime.datetime,
) -> refund_balance.Refunded | None:
    if till is None or wanted.refund is None:
        return None
    return refund_balance.refund_within(
        actor=actor,
        till=till,
        account_id=wanted.account_id,
        tender=wanted.refund,
        reason=reason,
        request_key=wanted.request_key,
        now=now,
    )


def settle_first(
    *,
    actor: Actor,
    command: settle_account.SettleAccount,
    now: datetime.datetime,
    today: datetime.date,
    closing: act_fees.Decided | None = None,
) -> settle_account.Settlement:
    """Only the final reading and bill, so that it can be paid before the transfer or the closing.

    `closing`: with the fees of a closing that is to follow. Needs the right to transfer or to close. Raises
    as settle_account.settle_within and act_fees.charge_within.
    """
    if not actor.may(RIGHT):
        actor.require("accounts.close")
    account_acts.reason_of(command.reason)
    with transaction.writing(actor=actor):
        account = operations.lock_account(account_id=command.account_id)
        settled = settle_account.settle_within(actor=actor, command=command, now=now, today=today)
        if closing is not None:
            charging = act_fees.Charging(command.request_key, today, closing)
            act_fees.charge_closing_within(actor=actor, account=account, charging=charging, now=now)
        return settled


def _settle(
    *, actor: Actor, wanted: TransferAccount, reason: str, now: datetime.datetime, today: datetime.date
) -> settle_account.Settlement:
    command = settle_account.SettleAccount(
        request_key=wanted.request_key,
        account_id=wanted.account_id,
        settled_on=wanted.on,
        readings_milli=wanted.readings_milli,
        reason=reason,
        is_confirmed=wanted.is_confirmed,
        is_rolled_over=wanted.is_rolled_over,
    )
    return settle_account.settle_within(actor=actor, command=command, now=now, today=today)


def _go_on(*, agreement: models.SupplyAgreement, wanted: TransferAccount, now: datetime.datetime) -> int:
    """End the former holder's agreement and begin the new one at the same point and price; its id."""
    last_day = wanted.on - datetime.timedelta(days=1)
    day = max(last_day, agreement.from_on)
    standing = queries_facts.standing(agreement_id=agreement.pk, on=day)
    counted = None
    if wanted.counter is Counter.KEEP:
        counted = _counted(agreement=agreement, standing=standing, on=wanted.on)
    operations.end_agreement(agreement=agreement, on=wanted.on)
    begun = operations.begin_agreement(
        new=operations.NewAgreement(
            station_id=agreement.station_id,
            account_id=agreement.account_id,
            service_point_id=agreement.service_point_id,
            utility=agreement.utility,
            tariff_id=standing.tariff_id,
            from_on=wanted.on,
        )
    )
    if wanted.persons is not None:
        values = {"persons": wanted.persons, "source": models.HouseholdSource.DEFAULT}
        operations_facts.set_household(agreement=begun, on=wanted.on, values=values)
    if standing.usage_type_id is not None:
        operations_facts.set_usage_type(agreement=begun, on=wanted.on, usage_type_id=standing.usage_type_id)
    if standing.area is not None:
        operations_facts.set_area(agreement=begun, on=wanted.on, values=standing.area)
    if standing.shares:
        operations_facts.set_shares(agreement=begun, on=wanted.on, shares=standing.shares)
    if counted is not None:
        operations.record_opening_counter(
            agreement=begun,
            starts_on=counted[0],
            as_of=wanted.on,
            quantity_milli=counted[1],
            at=now,
        )
    # a book that is being read goes on with the new agreement
    metering.renew_entries(service_point_id=agreement.service_point_id, day=wanted.on)
    return begun.pk


def _counted(
    *, agreement: models.SupplyAgreement, standing: queries_facts.Standing, on: datetime.date
) -> tuple[datetime.date, int] | None:
    """The first day of the tier period of the day, and what the agreement counted in it; None: no counter."""
    version_id = tariffs.version_in_force(tariff_id=standing.tariff_id, day=on)
    if version_id is None or standing.shares:
        raise CounterUntoldError
    version = tariffs.versions(version_ids=[version_id])[version_id]
    kind = version.tier_period
    if kind is period.TierPeriod.BILLING_PERIOD:
        return None
    if kind not in _TOLD or version.conversion is not None or version.quantity_rounding is not None:
        raise CounterUntoldError
    starts_on = period.tier_period_of(
        tier_period=kind,
        day=on,
        billing_period=period.Period(from_=on, until=on + datetime.timedelta(days=1)),
    ).from_
    return starts_on, billing.counted_milli(agreement_id=agreement.pk, since=starts_on)


def _record(
    *,
    actor: Actor,
    now: datetime.datetime,
    account: models.Account,
    wanted: TransferAccount,
    names: tuple[str, str],
    owed: int,
) -> None:
    former, present = names
    account_acts.record(
        actor=actor,
        now=now,
        act="ACCOUNT_TRANSFERRED",
        account=account,
        reason=wanted.reason.strip(),
        before={"holder": former},
        after={
            "holder": present,
            "on": wanted.on,
            "counter": wanted.counter.value,
            "persons": wanted.persons,
            **({"debt_minor": owed} if owed > 0 else {}),
        },
    )
