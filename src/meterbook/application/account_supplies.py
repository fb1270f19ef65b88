"""Further supplies of one account: another premise, another utility, another meter; and the end of one.

The last supply of an account isn't ended alone: that closes the account.
"""

import datetime
import functools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import IntegrityError

from meterbook.application import (
    account_acts,
    account_use,
    act_fees,
    begin_supply,
    settle_account,
    transaction,
)
from meterbook.application.actor import Actor
from meterbook.domain.agreements import models, operations
from meterbook.domain.premises import models as premises
from meterbook.domain.tariffs import models as tariffs

RIGHT_ADD = "accounts.open"
RIGHT_END = "accounts.close"


class AccountClosedError(Exception):
    """A closed account is opened again first."""


class OtherStationError(Exception):
    """The premise is another station's; an account belongs to one."""


class LastSupplyError(Exception):
    """The account has no other running supply: it is closed instead."""


@dataclass(frozen=True, slots=True)
class SupplyAdded:
    """The agreement. Without `has_meter` one is still to be installed."""

    agreement_id: int
    has_meter: bool
    is_repeat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSupply:
    """The end of one supply as the clerk confirmed it; the same `request_key` ends once.

    `readings_milli`: register -> what it shows on `on`, thousandths.
    """

    request_key: uuid.UUID
    agreement_id: int
    on: datetime.date
    readings_milli: Mapping[int, int]
    reason: str
    is_confirmed: bool = False
    is_rolled_over: bool = False


@dataclass(frozen=True, slots=True)
class SupplyEnded:
    """What the final bill of the supply comes to, in minor units."""

    final_minor: int
    is_repeat: bool = False


def add_supply(
    *,
    actor: Actor,
    account_id: int,
    wanted: begin_supply.WantedSupply,
    request_key: uuid.UUID,
    today: datetime.date,
    now: datetime.datetime,
    fees: act_fees.Decided = act_fees.USUAL,
) -> SupplyAdded:
    """Supply an account somewhere else too and charge the fees of that, once for a request key.

    Raises NotAllowedError, account_acts.InTheFutureError, AccountClosedError, OtherStationError, the errors
    of begin_supply and of act_fees.charge_within, agreements.queries.AccountNotFoundError.
    """
    actor.require(RIGHT_ADD)
    account_acts.require_not_later(wanted.from_on, today=today)
    charging = act_fees.Charging(request_key, today, fees)
    add = functools.partial(
        _add, actor=actor, account_id=account_id, wanted=wanted, charging=charging, now=now
    )
    try:
        return add()
    except IntegrityError:
        # Two at once: the other one is there now, so this one is its repeat or refused with its reason.
        return add()


def _add(
    *,
    actor: Actor,
    account_id: int,
    wanted: begin_supply.WantedSupply,
    charging: act_fees.Charging,
    now: datetime.datetime,
) -> SupplyAdded:
    request_key = charging.act_key
    with transaction.writing(actor=actor):
        account = operations.lock_account(account_id=account_id)
        first = models.SupplyAgreement.objects.filter(request_key=request_key, account=account).first()
        if first is not None:
            return SupplyAdded(
                first.pk, has_meter=begin_supply.has_meter(point_ids=[first.service_point_id]), is_repeat=True
            )
        if account.state == models.AccountState.CLOSED:
            raise AccountClosedError
        premise = begin_supply.premise_of(wanted=wanted)
        if premise.station_id != account.station_id:
            raise OtherStationError
        point_id = begin_supply.free_point(premise=premise, wanted=wanted)
        has_meter = begin_supply.read_meter(
            point_id=point_id, station_id=account.station_id, wanted=wanted, now=now
        )
        agreement = begin_supply.begin(
            account=account, point_id=point_id, wanted=wanted, request_key=request_key
        )
        if has_meter:
            account_use.begin(
                actor=actor, account=account, on=wanted.from_on, request_key=request_key, now=now
            )
        after = {
            "address": premise.address,
            "utility": wanted.utility,
            "tariff": tariffs.Tariff.objects.get(pk=wanted.tariff_id).code,
            "from_on": wanted.from_on,
            "persons": wanted.persons,
        }
        account_acts.record(actor=actor, now=now, act="SUPPLY_ADDED", account=account, after=after)
        act_fees.charge_within(
            actor=actor,
            account=account,
            occasion=act_fees.Occasion.SUPPLY_ADDED,
            charging=charging,
            now=now,
        )
        return SupplyAdded(agreement.pk, has_meter=has_meter)


def end_supply(
    *, actor: Actor, wanted: EndSupply, now: datetime.datetime, today: datetime.date
) -> SupplyEnded:
    """End one of several supplies with its final reading and bill. Everything or nothing is kept.

    It begins again by `add_supply` at the same point. Raises NotAllowedError, LastSupplyError,
    account_acts.ReasonMissingError, account_acts.InTheFutureError, operations.NoAgreementError and the errors
    of settle_account.settle_within.
    """
    actor.require(RIGHT_END)
    reason = account_acts.reason_of(wanted.reason)
    account_acts.require_not_later(wanted.on, today=today)
    with transaction.writing(actor=actor):
        found = models.SupplyAgreement.objects.filter(pk=wanted.agreement_id).first()
        if found is None:
            raise operations.NoAgreementError(agreement_id=wanted.agreement_id)
        account = operations.lock_account(account_id=found.account_id)
        agreement = operations.lock_agreement(agreement_id=wanted.agreement_id)
        if agreement.until_on is None and not _has_others(agreement):
            raise LastSupplyError
        settled = settle_account.settle_within(
            actor=actor, command=_final(wanted, agreement=agreement, reason=reason), now=now, today=today
        )
        if settled.is_repeat or agreement.until_on is not None:
            return SupplyEnded(settled.amount_minor, is_repeat=True)
        operations.end_agreement(agreement=agreement, on=wanted.on)
        point = premises.ServicePoint.objects.select_related("premise").get(pk=agreement.service_point_id)
        account_acts.record(
            actor=actor,
            now=now,
            act="SUPPLY_ENDED",
            account=account,
            reason=reason,
            before={"address": point.premise.address, "utility": agreement.utility},
            after={"until_on": wanted.on, "amount_minor": settled.amount_minor},
        )
    return SupplyEnded(settled.amount_minor)


def _has_others(agreement: models.SupplyAgreement) -> bool:
    running = models.SupplyAgreement.objects.filter(account_id=agreement.account_id, until_on__isnull=True)
    return running.exclude(pk=agreement.pk).exists()


def _final(
    wanted: EndSupply, *, agreement: models.SupplyAgreement, reason: str
) -> settle_account.SettleAccount:
    return settle_account.SettleAccount(
        request_key=wanted.request_key,
        account_id=agreement.account_id,
        settled_on=wanted.on,
        readings_milli=wanted.readings_milli,
        reason=reason,
        is_confirmed=wanted.is_confirmed,
        is_rolled_over=wanted.is_rolled_over,
        only_agreement_id=agreement.pk,
    )
