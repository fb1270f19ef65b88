"""Opening an account (开户): who, where, at which price, from which day on."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from django.db import IntegrityError

from meterbook.application import account_acts, act_fees, begin_supply, transaction
from meterbook.application.actor import Actor
from meterbook.domain.agreements import models, operations, operations_states
from meterbook.domain.customers import bulk as customers
from meterbook.domain.customers import models as customer_models
from meterbook.domain.tariffs import models as tariffs

RIGHT = "accounts.open"


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """Somebody who is not a customer yet. `phone` may be empty."""

    name: str
    customer_class: int
    phone: str


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """An opening as the clerk confirmed it; `request_key` is made with the form.

    `customer`: the id of one there is, or a new one. `fees`: what was decided about the fees of opening.
    The rest as in begin_supply.WantedSupply.
    """

    request_key: uuid.UUID
    customer: int | NewCustomer
    premise_id: int
    utility: int
    tariff_id: int
    from_on: datetime.date
    persons: int | None = None
    usage_type_id: int | None = None
    book_id: int | None = None
    account_no: str = ""
    opening_milli: Mapping[int, int] = field(default_factory=dict)
    is_further_meter: bool = False
    fees: act_fees.Decided = act_fees.USUAL

    @property
    def supply(self) -> begin_supply.WantedSupply:
        """The first supply of the account."""
        names = (each.name for each in fields(begin_supply.WantedSupply))
        return begin_supply.WantedSupply(**{name: getattr(self, name) for name in names})


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """The account. `has_meter`: supply is read from now on; otherwise a meter is still to be installed."""

    account_id: int
    account_no: str
    has_meter: bool
    is_repeat: bool = False


PremiseNotFoundError = begin_supply.PremiseNotFoundError
BookNotFoundError = begin_supply.BookNotFoundError
PointSuppliedError = begin_supply.PointSuppliedError
TariffNotInForceError = begin_supply.TariffNotInForceError
OpeningReadingError = begin_supply.OpeningReadingError
require_tariff = begin_supply.require_tariff


class CustomerNotFoundError(Exception):
    """No such customer in the actor's scope."""


def open_account(
    *, actor: Actor, wanted: OpenAccount, today: datetime.date, now: datetime.datetime
) -> AccountOpened:
    """Open an account with its first agreement and charge its fees, once for a request key.

    Raises NotAllowedError, account_acts.InTheFutureError, CustomerNotFoundError, the errors of begin_supply
    and of act_fees.charge_within, operations.AccountNoTakenError, agreements.rules.NumberRuleError.
    """
    actor.require(RIGHT)
    account_acts.require_not_later(wanted.from_on, today=today)
    try:
        return _open(actor=actor, wanted=wanted, today=today, now=now)
    except IntegrityError:
        # Two at once: the other one is there now, so this one is its repeat or refused with its reason.
        return _open(actor=actor, wanted=wanted, today=today, now=now)


def _open(
    *, actor: Actor, wanted: OpenAccount, today: datetime.date, now: datetime.datetime
) -> AccountOpened:
    with transaction.writing(actor=actor):
        first = models.Account.objects.filter(request_key=wanted.request_key).first()
        if first is not None:
            return AccountOpened(first.pk, first.account_no, has_meter=_has_meter(first), is_repeat=True)
        supply = wanted.supply
        premise = begin_supply.premise_of(wanted=supply)
        point_id = begin_supply.free_point(premise=premise, wanted=supply)
        customer = customer_of(
            wanted=wanted.customer, station_id=premise.station_id, since=wanted.from_on, now=now
        )
        has_meter = begin_supply.read_meter(
            point_id=point_id, station_id=premise.station_id, wanted=supply, now=now
        )
        account = operations.open_account(
            new=operations.NewAccount(
                station_id=premise.station_id,
                customer_id=customer.pk,
                is_resident=customer.customer_class == customer_models.CustomerClass.RESIDENTIAL,
                opened_on=wanted.from_on,
                state=models.AccountState.ACTIVE if has_meter else models.AccountState.NEW,
                request_key=wanted.request_key,
                account_no=wanted.account_no,
            )
        )
        operations_states.record_opening(account=account, at=now, by_id=actor.staff_id)
        begin_supply.begin(account=account, point_id=point_id, wanted=supply)
        after = {
            "account_no": account.account_no,
            "name": customer.name,
            "address": premise.address,
            "utility": wanted.utility,
            "tariff": tariffs.Tariff.objects.get(pk=wanted.tariff_id).code,
            "from_on": wanted.from_on,
            "persons": wanted.persons,
            "account_state": account.state,
        }
        account_acts.record(actor=actor, now=now, act="ACCOUNT_OPENED", account=account, after=after)
        act_fees.charge_within(
            actor=actor,
            account=account,
            occasion=act_fees.Occasion.OPENED,
            charging=act_fees.Charging(wanted.request_key, today, wanted.fees),
            now=now,
        )
        return AccountOpened(account.pk, account.account_no, has_meter=has_meter)


def _has_meter(account: models.Account) -> bool:
    points = models.SupplyAgreement.objects.filter(account=account).values_list("service_point_id", flat=True)
    return begin_supply.has_meter(point_ids=list(points))


def customer_of(
    *, wanted: int | NewCustomer, station_id: int, since: datetime.date, now: datetime.datetime
) -> customer_models.Customer:
    """The customer meant, written when it is a new one. Raises CustomerNotFoundError."""
    if isinstance(wanted, int):
        found = customer_models.Customer.objects.filter(pk=wanted).first()
        if found is None:
            raise CustomerNotFoundError(wanted)
        return found
    facts = (station_id, wanted.customer_class, wanted.name, wanted.phone, since, now)
    row = begin_supply.frame([facts], schema=customers.CUSTOMERS)
    made = customers.write_customers(customers=row)["id"][0]
    return customer_models.Customer.objects.get(pk=made)
