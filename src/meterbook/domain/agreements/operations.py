"""Writes of accounts, their holders and their agreements, one at a time. `bulk` writes many at once."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models as django_models

from meterbook.domain.agreements import bulk, models, queries, queries_numbers


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be opened for a customer from `opened_on` on. Without a number: the next one."""

    station_id: int
    customer_id: int
    is_resident: bool
    opened_on: datetime.date
    state: models.AccountState
    request_key: uuid.UUID | None = None
    account_no: str = ""


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """A supply to begin on `from_on`: at which point, at which price."""

    station_id: int
    account_id: int
    service_point_id: int
    utility: int
    tariff_id: int
    from_on: datetime.date
    request_key: uuid.UUID | None = None


class NoAgreementError(Exception):
    """The account is not supplied there on that day."""

    def __init__(self, *, agreement_id: int) -> None:
        super().__init__(str(agreement_id))
        self.agreement_id = agreement_id


class AccountNoTakenError(Exception):
    """Another account has this number."""

    def __init__(self, *, account_no: str) -> None:
        super().__init__(account_no)
        self.account_no = account_no


def lock_account(*, account_id: int) -> models.Account:
    """The account, held until the transaction ends. Raises queries.AccountNotFoundError."""
    found = models.Account.objects.select_for_update().filter(pk=account_id).first()
    if found is None:
        raise queries.AccountNotFoundError(account=account_id)
    return found


def lock_agreement(*, agreement_id: int) -> models.SupplyAgreement:
    """The agreement with its account, itself held until the transaction ends. Raises NoAgreementError."""
    rows = models.SupplyAgreement.objects.select_for_update(of=("self",)).select_related("account")
    found = rows.filter(pk=agreement_id).first()
    if found is None:
        raise NoAgreementError(agreement_id=agreement_id)
    return found


def lock_supplies(*, account_ids: Sequence[int], utility: int) -> None:
    """Hold the accounts' agreements of a utility, past ones too, in one order until the transaction ends."""
    found = models.SupplyAgreement.objects.filter(account_id__in=account_ids, utility=utility)
    list(found.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def open_account(*, new: NewAccount) -> models.Account:
    """Number and write an account with its first holder.

    Raises AccountNoTakenError, rules.NumberRuleError when the series is used up.
    """
    account_no = new.account_no
    if not account_no:
        series = queries_numbers.number_series(station_ids=[new.station_id])
        (account_no,) = bulk.next_account_numbers(
            series=series[new.station_id, new.is_resident], count=1, avoid=set()
        )
    elif queries.account_ids_by_no(account_no=account_no):
        raise AccountNoTakenError(account_no=account_no)
    account = models.Account.objects.create(
        station_id=new.station_id,
        account_no=account_no,
        customer_id=new.customer_id,
        state=new.state,
        opened_on=new.opened_on,
        request_key=new.request_key,
    )
    models.AccountHolder.objects.create(
        station_id=new.station_id, account=account, customer_id=new.customer_id, from_on=new.opened_on
    )
    return account


def change_holder(
    *, account: models.Account, customer_id: int, on: datetime.date, request_key: uuid.UUID | None = None
) -> None:
    """Give the account to another customer from `on` on; the number and what is owed stay with it."""
    standing = models.AccountHolder.objects.filter(account=account, until_on__isnull=True)
    standing.filter(from_on__lt=on).update(until_on=on)
    standing.filter(from_on__gte=on).delete()
    models.AccountHolder.objects.create(
        station_id=account.station_id,
        account=account,
        customer_id=customer_id,
        from_on=on,
        request_key=request_key,
    )
    account.customer_id = customer_id
    account.save(update_fields=["customer"])


def begin_agreement(*, new: NewAgreement) -> models.SupplyAgreement:
    """Write an agreement with its tariff. A point supplied by then violates `agreement_point_one_account`."""
    agreement = models.SupplyAgreement.objects.create(
        station_id=new.station_id,
        account_id=new.account_id,
        service_point_id=new.service_point_id,
        utility=new.utility,
        from_on=new.from_on,
        request_key=new.request_key,
    )
    models.AgreementTariff.objects.create(
        station_id=new.station_id, agreement=agreement, tariff_id=new.tariff_id, from_on=new.from_on
    )
    return agreement


# What holds for an agreement ends with it.
_FACTS: tuple[django_models.Manager[Any], ...] = (
    models.AgreementTariff.objects,
    models.PriceShare.objects,
    models.HouseholdSize.objects,
    models.AgreementUsage.objects,
    models.HeatedArea.objects,
    models.AgreementConcession.objects,
)


def end_agreement(*, agreement: models.SupplyAgreement, on: datetime.date) -> None:
    """End an agreement and all its facts; `on` is the day of its closing reading, the first one not supplied.

    An agreement that never ran a day ends on the day it began.
    """
    for facts in _FACTS:
        running = facts.filter(agreement=agreement)
        running.filter(from_on__gte=on).delete()
        running.filter(until_on__isnull=True).update(until_on=on)
        running.filter(until_on__gt=on).update(until_on=on)
    agreement.until_on = on
    agreement.save(update_fields=["until_on"])


def resume_agreement(*, agreement: models.SupplyAgreement, ended_on: datetime.date) -> None:
    """Take back the end of an agreement: what ended with it on `ended_on` runs on."""
    for facts in _FACTS:
        facts.filter(agreement=agreement, until_on=ended_on).update(until_on=None)
    agreement.until_on = None
    agreement.save(update_fields=["until_on"])


def record_opening_counter(
    *,
    agreement: models.SupplyAgreement,
    starts_on: datetime.date,
    as_of: datetime.date,
    quantity_milli: int,
    at: datetime.datetime,
) -> None:
    """Keep what a tier counter stood at, counted since `starts_on`; once for each tier period."""
    models.OpeningCounter.objects.create(
        station_id=agreement.station_id,
        agreement=agreement,
        starts_on=starts_on,
        as_of=as_of,
        quantity_milli=quantity_milli,
        recorded_at=at,
    )
