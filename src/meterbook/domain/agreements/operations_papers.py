"""Writes of contracts and usage certificates."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meterbook.domain.agreements import models

SERIAL_DIGITS = 6


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """What a contract says. `until_on` None: until somebody ends it."""

    contract_no: str
    kind: str
    signed_on: datetime.date
    from_on: datetime.date
    until_on: datetime.date | None
    terms: str
    notice_days: int


@dataclass(frozen=True, slots=True)
class NewCertificate:
    """A certificate to be issued. `replaces_id`: the one that is void from now on, with the reason."""

    account_id: int
    station_id: int
    station_code: str
    issued_on: datetime.date
    issued_at: datetime.datetime
    by_id: int | None
    fee_minor: int
    content: Mapping[str, Any]
    request_key: uuid.UUID
    replaces_id: int | None = None
    reason: str = ""


class ContractNoTakenError(Exception):
    """The station has a contract of this number."""

    def __init__(self, *, contract_no: str) -> None:
        super().__init__(contract_no)
        self.contract_no = contract_no


class ContractUnknownError(LookupError):
    """There is no such contract of the account, or it has ended."""


def add_contract(*, account: models.Account, facts: ContractFacts) -> models.Contract:
    """Write a contract in force. Raises ContractNoTakenError."""
    taken = models.Contract.objects.filter(station_id=account.station_id, contract_no=facts.contract_no)
    if taken.exists():
        raise ContractNoTakenError(contract_no=facts.contract_no)
    return models.Contract.objects.create(
        station_id=account.station_id, account=account, **{n: getattr(facts, n) for n in facts.__slots__}
    )


def end_contract(*, account: models.Account, contract_id: int, on: datetime.date) -> models.Contract:
    """End a contract on a day. Raises ContractUnknownError."""
    found = (
        models.Contract.objects.select_for_update()
        .filter(pk=contract_id, account=account, state=models.ContractState.IN_FORCE)
        .first()
    )
    if found is None or on <= found.from_on:
        raise ContractUnknownError(contract_id)
    found.until_on = on
    found.state = models.ContractState.ENDED
    found.save(update_fields=["until_on", "state"])
    return found


def prolong_contract(
    *, account: models.Account, contract_id: int, until_on: datetime.date | None
) -> models.Contract:
    """Let a contract run until another day. Raises ContractUnknownError."""
    found = (
        models.Contract.objects.select_for_update()
        .filter(pk=contract_id, account=account, state=models.ContractState.IN_FORCE)
        .first()
    )
    if found is None or (until_on is not None and until_on <= found.from_on):
        raise ContractUnknownError(contract_id)
    found.until_on = until_on
    found.save(update_fields=["until_on"])
    return found


def issue_certificate(*, new: NewCertificate) -> models.UsageCertificate:
    """Number and keep a certificate; call it last: the station's book stays locked till the end.

    A rolled back one gives its number back. A second one of the same request, or for the same replaced one,
    violates its unique constraint.
    """
    models.CertificateBook.objects.bulk_create(
        [models.CertificateBook(station_id=new.station_id)], ignore_conflicts=True
    )
    book = models.CertificateBook.objects.select_for_update().get(station_id=new.station_id)
    serial = book.next_serial
    book.next_serial = serial + 1
    book.save(update_fields=["next_serial"])
    return models.UsageCertificate.objects.create(
        station_id=new.station_id,
        account_id=new.account_id,
        serial=serial,
        certificate_no=f"{new.station_code}-{serial:0{SERIAL_DIGITS}d}",
        issued_on=new.issued_on,
        issued_at=new.issued_at,
        by_id=new.by_id,
        fee_minor=new.fee_minor,
        replaces_id=new.replaces_id,
        reason=new.reason,
        content=dict(new.content),
        request_key=new.request_key,
    )
