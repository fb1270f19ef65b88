"""Facts that decide the price of an agreement: household, usage type, tariff, area, concessions, parts.

They change forward; into what is billed already only as a correction, which names the bills it touches.
A change is taken back by setting the former value from the same day on.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from meterbook.application import account_acts, account_open, act_fees, transaction
from meterbook.application.actor import Actor
from meterbook.domain.agreements import models, operations, operations_facts, queries_facts, rules

RIGHT = "accounts.change"
Changed = account_acts.Changed
BillsTouchedError = account_acts.BillsTouchedError
OutsideAgreementError = operations_facts.OutsideAgreementError
TariffNotInForceError = account_open.TariffNotInForceError
SharesError = rules.SharesError
NoAgreementError = operations.NoAgreementError


@dataclass(frozen=True, slots=True)
class When:
    """Which agreement, from which day on, and why. `is_correction`: bills may be touched, and are named."""

    agreement_id: int
    on: datetime.date
    reason: str = ""
    is_correction: bool = False


@dataclass(frozen=True, slots=True)
class Household:
    """A household size. `proof` and `expires_on` go with an approved one."""

    persons: int
    source: models.HouseholdSource = models.HouseholdSource.DEFAULT
    proof: str = ""
    expires_on: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """A heated area: thousandths of a square metre, height in thousandths of a metre."""

    area_milli: int
    kind: models.AreaKind
    height_milli: int | None = None
    area_class: str = ""


def change_household(
    *, actor: Actor, when: When, household: Household | None, now: datetime.datetime
) -> Changed:
    """Another household size, or none (the tariff's own counts).

    Raises NotAllowedError, BillsTouchedError, OutsideAgreementError, NoAgreementError,
    account_acts.ReasonMissingError (corrections).
    """
    values = None if household is None else {n: getattr(household, n) for n in household.__slots__}
    return _change(
        actor=actor,
        when=when,
        now=now,
        act="HOUSEHOLD_CHANGED",
        after=values or {"persons": None},
        write=lambda agreement: operations_facts.set_household(
            agreement=agreement, on=when.on, values=values
        ),
    )


def change_usage(
    *,
    actor: Actor,
    when: When,
    usage_type_id: int | None,
    tariff_id: int,
    now: datetime.datetime,
    charging: act_fees.Charging | None = None,
) -> Changed:
    """Another usage type and the price that goes with it. Raises TariffNotInForceError too.

    With `charging` the customer asked for it and owes the fees of that: then the errors of
    act_fees.charge_within too. Without, the company changes it for reasons of its own.
    """

    def write(agreement: models.SupplyAgreement) -> bool:
        account_open.require_tariff(tariff_id=tariff_id, utility=agreement.utility, on=when.on)
        is_changed = operations_facts.set_tariff(agreement=agreement, on=when.on, tariff_id=tariff_id)
        if usage_type_id is not None:
            is_changed |= operations_facts.set_usage_type(
                agreement=agreement, on=when.on, usage_type_id=usage_type_id
            )
        return is_changed

    names = queries_facts.names_of(tariff_id=tariff_id, usage_type_id=usage_type_id)
    return _change(
        actor=actor,
        when=when,
        now=now,
        act="USAGE_TYPE_CHANGED",
        after=names,
        write=write,
        charging=charging,
    )


def clear_usage_type(*, actor: Actor, when: When, tariff_id: int, now: datetime.datetime) -> Changed:
    """No usage type from the day on, and this price: takes back a type set where there was none.

    Raises TariffNotInForceError too.
    """

    def write(agreement: models.SupplyAgreement) -> bool:
        account_open.require_tariff(tariff_id=tariff_id, utility=agreement.utility, on=when.on)
        is_changed = operations_facts.set_tariff(agreement=agreement, on=when.on, tariff_id=tariff_id)
        return (
            operations_facts.set_usage_type(agreement=agreement, on=when.on, usage_type_id=None) or is_changed
        )

    names = queries_facts.names_of(tariff_id=tariff_id, usage_type_id=None)
    after = {**names, "usage_type": None}
    return _change(actor=actor, when=when, now=now, act="USAGE_TYPE_CHANGED", after=after, write=write)


def change_area(*, actor: Actor, when: When, area: Area | None, now: datetime.datetime) -> Changed:
    """Another heated area, or none."""
    values = None if area is None else {name: getattr(area, name) for name in area.__slots__}
    return _change(
        actor=actor,
        when=when,
        now=now,
        act="AREA_CHANGED",
        after=values or {"area_milli": None},
        write=lambda agreement: operations_facts.set_area(agreement=agreement, on=when.on, values=values),
    )


def change_concession(
    *,
    actor: Actor,
    when: When,
    code: str,
    proof: str | None,
    expires_on: datetime.date | None,
    now: datetime.datetime,
) -> Changed:
    """Grant a concession on a proof, or end it (`proof` None)."""
    values = None if proof is None else {"proof": proof, "expires_on": expires_on}
    return _change(
        actor=actor,
        when=when,
        now=now,
        act="CONCESSION_ENDED" if proof is None else "CONCESSION_GRANTED",
        after={"concession": code, **(values or {})},
        write=lambda agreement: operations_facts.set_concession(
            agreement=agreement, on=when.on, code=code, values=values
        ),
    )


def change_shares(
    *, actor: Actor, when: When, shares: Sequence[rules.Share], now: datetime.datetime
) -> Changed:
    """Share one meter out over several prices, or end that (no shares). Raises SharesError too."""

    def write(agreement: models.SupplyAgreement) -> bool:
        for share in shares:
            account_open.require_tariff(tariff_id=share.tariff_id, utility=agreement.utility, on=when.on)
        return operations_facts.set_shares(agreement=agreement, on=when.on, shares=shares)

    after = {"parts": queries_facts.shares_in_words(shares)}
    return _change(actor=actor, when=when, now=now, act="PRICE_SHARES_CHANGED", after=after, write=write)


def _change(
    *,
    actor: Actor,
    when: When,
    now: datetime.datetime,
    act: str,
    after: Mapping[str, Any],
    write: Callable[[models.SupplyAgreement], bool],
    charging: act_fees.Charging | None = None,
) -> Changed:
    actor.require(RIGHT)
    reason = account_acts.reason_of(when.reason) if when.is_correction else when.reason.strip()
    with transaction.writing(actor=actor):
        agreement = operations.lock_agreement(agreement_id=when.agreement_id)
        bills = account_acts.touched_bills(
            actor=actor, agreement=agreement, on=when.on, is_correction=when.is_correction
        )
        before = queries_facts.facts_on(agreement_id=agreement.pk, on=when.on)
        if not write(agreement):
            return Changed(is_changed=False)
        account_acts.record(
            actor=actor,
            now=now,
            act=act,
            account=agreement.account,
            reason=reason,
            before={name: before[name] for name in after if name in before},
            after={**after, "on": when.on, **({"bills": len(bills)} if bills else {})},
        )
        if charging is not None:
            act_fees.charge_within(
                actor=actor,
                account=agreement.account,
                occasion=act_fees.Occasion.USAGE_CHANGED,
                charging=charging,
                now=now,
            )
    return Changed(is_changed=True, bills=bills)
