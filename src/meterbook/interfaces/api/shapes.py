"""What the interface answers: names, types and units, as the OpenAPI description shows them."""

import datetime
from typing import Annotated, Literal

from ninja import Field, Schema

Day = datetime.date
CustomerKind = Literal["PERSON", "ORGANISATION"]
CustomerClass = Literal["RESIDENTIAL", "NON_RESIDENTIAL", "SPECIAL_USE"]
UtilityCode = Literal["WATER", "GAS", "ELECTRICITY", "HEAT"]
Minor = Annotated[int, Field(description="whole minor units of the currency (fen)")]
Next = Annotated[int | None, Field(description="ask again with this as `after`; null: no more")]


class Refusal(Schema):
    """Why a question was not answered."""

    code: str
    message: str


class Fault(Schema):
    """One parameter that can't be used."""

    field: str
    message: str


class Invalid(Refusal):
    """A question with parameters that can't be used."""

    code: Literal["INVALID"]
    faults: list[Fault]


class Contact(Schema):
    """A way to reach a customer, valid in [valid_from, valid_until)."""

    kind: str
    value: str
    valid_from: Day
    valid_until: Day | None


class Customer(Schema):
    """A person or organisation. `contacts` is null for keys without the scope `personal`."""

    id: int
    station: str
    name: str
    kind: CustomerKind
    customer_class: CustomerClass
    language: str
    created_at: datetime.datetime
    merged_into_id: int | None
    contacts: list[Contact] | None


class Customers(Schema):
    """A page of customers."""

    items: list[Customer]
    next_after: Next


class Account(Schema):
    """An account (户号) and who holds it now."""

    id: int
    station: str
    account_no: str
    customer_id: int
    state: str
    opened_on: Day
    closed_on: Day | None


class Accounts(Schema):
    """A page of accounts."""

    items: list[Account]
    next_after: Next


class Agreement(Schema):
    """Supply of an account at a premise in [from_on, until_on); meter, tariff and persons as of today."""

    id: int
    account_no: str
    utility: UtilityCode
    from_on: Day
    until_on: Day | None
    address: str
    serial_no: str | None
    tariff_code: str | None
    persons: int | None


class Agreements(Schema):
    """A page of agreements."""

    items: list[Agreement]
    next_after: Next


class Meter(Schema):
    """A meter; account and day of installation where it hangs today."""

    id: int
    station: str
    serial_no: str
    barcode: str
    maker: str
    model: str
    utility: UtilityCode
    kind: str
    state: str
    installed_on: Day | None
    account_no: str | None


class Meters(Schema):
    """A page of meters."""

    items: list[Meter]
    next_after: Next


class Balance(Schema):
    """What an account owes, how much of it is overdue, and what is held for it."""

    account_no: str
    currency: str
    owed_minor: Minor
    overdue_minor: Minor
    prepaid_minor: Minor


class Balances(Schema):
    """A page of balances, by account."""

    items: list[Balance]
    next_after: Next
