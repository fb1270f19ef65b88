"""A tariff as values: what a document says once it has been read and checked."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from meterbook.kernel import period, rounding
from meterbook.rating import household as households
from meterbook.rating.charges import kinds


class Utility(StrEnum):
    """What is supplied."""

    WATER = "WATER"
    GAS = "GAS"
    ELECTRICITY = "ELECTRICITY"
    HEAT = "HEAT"


class TaxTreatment(StrEnum):
    """How value-added tax treats a component. Prices include the tax."""

    TAXED = "TAXED"
    EXEMPT = "EXEMPT"
    NOT_SUBJECT = "NOT_SUBJECT"


@dataclass(frozen=True)
class Names:
    """A name in the languages the product ships."""

    zh: str
    en: str


@dataclass(frozen=True)
class Tax:
    """Treatment and rate in hundredths of a percent (9 % is 900); the rate is 0 unless TAXED."""

    treatment: TaxTreatment
    rate_basis_points: int


@dataclass(frozen=True)
class Component:
    """One charge of a tariff: its price, what it is called, where its revenue goes, its tax and rounding."""

    component_no: int
    code: str
    name: Names
    charge: kinds.Charge
    revenue: str
    tax: Tax
    rounding: rounding.Rounding


@dataclass(frozen=True)
class TariffVersion:
    """What the tariff says during [effective_from, effective_until); None is open.

    `default_persons` holds for usages without a number of persons. `exponent` is the currency's decimals.
    """

    effective_from: dt.date
    effective_until: dt.date | None
    currency: str
    exponent: int
    unit: str
    tier_period: period.TierPeriod
    default_persons: int
    household: households.Household
    components: tuple[Component, ...]


@dataclass(frozen=True)
class TariffDocument:
    """A published tariff with its versions, oldest first."""

    code: str
    names: Names
    utility: Utility
    customer_class: str
    region: str
    currency: str
    unit: str
    source: tuple[str, ...]
    grade: str
    note: str
    versions: tuple[TariffVersion, ...]

    def version_on(self, day: dt.date) -> TariffVersion:
        """The version in force on `day`; LookupError when there is none."""
        for version in self.versions:
            if period.is_effective(day=day, from_=version.effective_from, until=version.effective_until):
                return version
        raise LookupError(f"{self.code} has no version on {day}")
