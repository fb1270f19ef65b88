"""Reads of the dated facts of agreements: what held on a day, and everything that ever held."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q

from meterbook.domain.agreements import models, rules
from meterbook.domain.tariffs import models as tariffs


@dataclass(frozen=True, slots=True)
class Fact:
    """One dated fact: its kind (a code) and what it says, in [from_on, until_on)."""

    kind: str
    agreement_id: int
    utility: int
    values: dict[str, Any]
    from_on: datetime.date
    until_on: datetime.date | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Who held an account in [from_on, until_on)."""

    customer_id: int
    name: str
    from_on: datetime.date
    until_on: datetime.date | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The facts of an agreement on one day that belong to the place and not to the person."""

    tariff_id: int
    usage_type_id: int | None
    area: dict[str, Any] | None
    shares: tuple[rules.Share, ...]


@dataclass(frozen=True, slots=True)
class ProofRunOut:
    """An approved household size whose proof has run out."""

    account_no: str
    holder: str
    persons: int
    proof: str
    expires_on: datetime.date


@dataclass(frozen=True, slots=True)
class UsageTypeChoice:
    """A usage type of the company's list."""

    usage_type_id: int
    code: str
    name: str
    utility: int | None
    is_offered: bool


_HOUSEHOLD = ("persons", "source", "proof", "expires_on")
_AREA = ("area_milli", "kind", "height_milli", "area_class")


# One look instead of one for each table: of every kind at most one fact holds on a day, of parts several.
_FACTS_ON = """
SELECT size.id IS NOT NULL, area.id IS NOT NULL, tariff.code, usage_type.name,
    EXISTS (SELECT FROM agreements_priceshare part WHERE part.agreement_id = %(agreement_id)s
        AND part.from_on <= %(on)s AND (part.until_on IS NULL OR part.until_on > %(on)s)),
    size.persons, size.source, size.proof, size.expires_on,
    area.area_milli, area.kind, area.height_milli, area.area_class
FROM (SELECT 1) one
LEFT JOIN agreements_householdsize size ON size.agreement_id = %(agreement_id)s
    AND size.from_on <= %(on)s AND (size.until_on IS NULL OR size.until_on > %(on)s)
LEFT JOIN agreements_heatedarea area ON area.agreement_id = %(agreement_id)s
    AND area.from_on <= %(on)s AND (area.until_on IS NULL OR area.until_on > %(on)s)
LEFT JOIN agreements_agreementtariff price ON price.agreement_id = %(agreement_id)s
    AND price.from_on <= %(on)s AND (price.until_on IS NULL OR price.until_on > %(on)s)
LEFT JOIN tariffs_tariff tariff ON tariff.id = price.tariff_id
LEFT JOIN agreements_agreementusage usage ON usage.agreement_id = %(agreement_id)s
    AND usage.from_on <= %(on)s AND (usage.until_on IS NULL OR usage.until_on > %(on)s)
LEFT JOIN agreements_usagetype usage_type ON usage_type.id = usage.usage_type_id
"""


def facts_on(*, agreement_id: int, on: datetime.date) -> dict[str, Any]:
    """What held for the agreement on a day, as plain values for the audit trail; what doesn't is missing."""
    with connection.cursor() as cursor:
        cursor.execute(_FACTS_ON, {"agreement_id": agreement_id, "on": on})
        has_size, has_area, tariff, usage, has_parts, *values = cursor.fetchone()
    size, area = values[: len(_HOUSEHOLD)], values[len(_HOUSEHOLD) :]
    facts: dict[str, Any] = {}
    facts |= dict(zip(_HOUSEHOLD, size, strict=True)) if has_size else {}
    facts |= dict(zip(_AREA, area, strict=True)) if has_area else {}
    facts |= {name: value for name, value in (("tariff", tariff), ("usage_type", usage)) if value}
    facts["parts"] = shares_in_words(_shares_on(agreement_id=agreement_id, on=on) if has_parts else ())
    return facts


def _shares_on(*, agreement_id: int, on: datetime.date) -> list[rules.Share]:
    day = Q(from_on__lte=on) & (Q(until_on__isnull=True) | Q(until_on__gt=on))
    rows = models.PriceShare.objects.filter(day, agreement_id=agreement_id).order_by("part_no")
    return [rules.Share(*row) for row in rows.values_list("tariff_id", "split", "split_value")]


def standing(*, agreement_id: int, on: datetime.date) -> Standing:
    """What holds for the agreement on a day, as a new agreement may begin with it."""
    day = Q(from_on__lte=on) & (Q(until_on__isnull=True) | Q(until_on__gt=on))
    here = day & Q(agreement_id=agreement_id)
    usage_type_id = models.AgreementUsage.objects.filter(here).values_list("usage_type_id", flat=True).first()
    shares = models.PriceShare.objects.filter(here).order_by("part_no")
    return Standing(
        tariff_id=models.AgreementTariff.objects.values_list("tariff_id", flat=True).get(here),
        usage_type_id=usage_type_id,
        area=models.HeatedArea.objects.filter(here).values(*_AREA).first(),
        shares=tuple(rules.Share(share.tariff_id, share.split, share.split_value) for share in shares),
    )


def names_of(*, tariff_id: int, usage_type_id: int | None) -> dict[str, Any]:
    """Tariff and usage type as people and audit rows name them."""
    names = {"tariff": tariffs.Tariff.objects.filter(pk=tariff_id).values_list("code", flat=True).first()}
    if usage_type_id is not None:
        found = models.UsageType.objects.filter(pk=usage_type_id)
        names["usage_type"] = found.values_list("name", flat=True).first()
    return names


def shares_in_words(shares: Iterable[rules.Share]) -> list[dict[str, Any]]:
    """Parts of a mixed use as plain values: tariff code, how, and how much."""
    parts = list(shares)
    found = tariffs.Tariff.objects.filter(pk__in={part.tariff_id for part in parts})
    codes = dict(found.values_list("pk", "code"))
    kinds = {rules.REST: "REST", rules.FIXED: "FIXED", rules.SHARE: "SHARE", rules.HIGHEST: "HIGHEST"}
    return [
        {"tariff": codes.get(part.tariff_id, ""), "split": kinds[part.split], "split_value": part.split_value}
        for part in parts
    ]


def holders_of(*, account_id: int) -> list[Holder]:
    """Everybody who held the account, the present one first."""
    rows = models.AccountHolder.objects.filter(account_id=account_id).order_by("-from_on", "-id")
    names = ("customer_id", "customer__name", "from_on", "until_on")
    return [Holder(*row) for row in rows.values_list(*names)]


def usage_types(*, utility: int | None = None, only_offered: bool = False) -> list[UsageTypeChoice]:
    """The company's usage types by code; with a utility, those that fit it."""
    found = models.UsageType.objects.order_by("code")
    if utility is not None:
        found = found.filter(Q(utility__isnull=True) | Q(utility=utility))
    if only_offered:
        found = found.filter(is_offered=True)
    return [UsageTypeChoice(*row) for row in found.values_list("pk", "code", "name", "utility", "is_offered")]


def proofs_run_out(*, today: datetime.date, most: int = 500) -> list[ProofRunOut]:
    """Household sizes that still count although they were to be proved again, the earliest first."""
    found = models.HouseholdSize.objects.filter(expires_on__lt=today, until_on__isnull=True)
    names = ("agreement__account__account_no", "agreement__account__customer__name")
    facts = ("persons", "proof", "expires_on")
    return [
        ProofRunOut(*row) for row in found.order_by("expires_on", "id").values_list(*names, *facts)[:most]
    ]


def facts_of(*, account_id: int) -> list[Fact]:
    """Every dated fact of the account's agreements, newest first: tariff, usage type, household, area,
    concessions, parts.
    """
    tables: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
        ("TARIFF", models.AgreementTariff, ("tariff__code", "tariff__name_zh", "tariff__name_en")),
        ("USAGE_TYPE", models.AgreementUsage, ("usage_type__name",)),
        ("HOUSEHOLD", models.HouseholdSize, _HOUSEHOLD),
        ("AREA", models.HeatedArea, _AREA),
        ("CONCESSION", models.AgreementConcession, ("code", "proof", "expires_on")),
        (
            "PART",
            models.PriceShare,
            ("part_no", "split", "split_value", "tariff__code", "tariff__name_zh", "tariff__name_en"),
        ),
    )
    found = []
    for kind, table, names in tables:
        rows = table.objects.filter(agreement__account_id=account_id)
        heads = ("agreement_id", "agreement__utility", "from_on", "until_on")
        for agreement_id, utility, from_on, until_on, *values in rows.values_list(*heads, *names):
            found.append(
                Fact(
                    kind=kind,
                    agreement_id=agreement_id,
                    utility=utility,
                    values=dict(zip(names, values, strict=True)),
                    from_on=from_on,
                    until_on=until_on,
                )
            )
    return sorted(found, key=lambda fact: (fact.from_on, fact.kind), reverse=True)
