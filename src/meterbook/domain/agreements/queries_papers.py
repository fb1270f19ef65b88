"""Reads of contracts and usage certificates."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import DateField, ExpressionWrapper, F

from meterbook.domain.agreements import models


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A contract for [from_on, until_on). `is_due`: it ends within its notice, or has ended unnoticed."""

    contract_id: int
    account_no: str
    holder: str
    contract_no: str
    kind: str
    signed_on: datetime.date
    from_on: datetime.date
    until_on: datetime.date | None
    terms: str
    notice_days: int
    state: models.ContractState
    is_due: bool


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """An issued certificate. `replaced_by`: the number of the one that made it void, or "". Minor units."""

    certificate_id: int
    certificate_no: str
    issued_on: datetime.date
    fee_minor: int
    reason: str
    replaced_by: str
    content: dict[str, Any]


_CONTRACT = (
    "pk",
    "account__account_no",
    "account__customer__name",
    "contract_no",
    "kind",
    "signed_on",
    "from_on",
    "until_on",
    "terms",
    "notice_days",
    "state",
)


def contracts_of(*, account_id: int, today: datetime.date) -> list[ContractRow]:
    """The account's contracts, those in force first."""
    found = models.Contract.objects.filter(account_id=account_id).order_by("state", "-from_on", "-id")
    return [_contract(row, today=today) for row in found.values_list(*_CONTRACT)]


def contracts_due(*, today: datetime.date, most: int = 500) -> list[ContractRow]:
    """Contracts in force that end within their notice, the earliest first: to be renewed or ended."""
    in_force = models.Contract.objects.filter(state=models.ContractState.IN_FORCE, until_on__isnull=False)
    notice_on = ExpressionWrapper(F("until_on") - F("notice_days"), output_field=DateField())
    near = in_force.annotate(notice_on=notice_on).filter(notice_on__lte=today)
    rows = near.order_by("until_on", "id").values_list(*_CONTRACT)[:most]
    return [_contract(row, today=today) for row in rows]


def _contract(row: tuple[Any, ...], *, today: datetime.date) -> ContractRow:
    *facts, state = row
    until_on, notice_days = row[7], row[9]
    is_in_force = state == models.ContractState.IN_FORCE
    is_near = until_on is not None and until_on <= today + datetime.timedelta(days=notice_days)
    facts += [models.ContractState(state), is_in_force and is_near]
    return ContractRow(*facts)


def certificates_of(*, account_id: int) -> list[CertificateRow]:
    """The account's certificates, the latest first."""
    found = models.UsageCertificate.objects.filter(account_id=account_id).order_by("-id")
    names = ("pk", "certificate_no", "issued_on", "fee_minor", "reason", "replaced_by__certificate_no")
    rows = found.values_list(*names, "content")
    return [CertificateRow(*(*facts, number or "", content)) for *facts, number, content in rows]
