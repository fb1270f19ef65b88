"""Papers and numbers of an account: contracts, usage certificates, numbers others know it by, numbering."""

import datetime
import uuid
from dataclasses import dataclass

from meterbook.application import account_acts, charge_fee, transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.agreements import (
    models,
    operations,
    operations_numbers,
    operations_papers,
    queries,
    queries_numbers,
    rules,
)

RIGHT = "contracts.edit"
NUMBER_RIGHT = "accounts.change"
SETTINGS_RIGHT = "records.edit_many"
# The fee a certificate is billed as.
CERTIFICATE_FEE = "CERTIFICATE"
ContractFacts = operations_papers.ContractFacts
ContractNoTakenError = operations_papers.ContractNoTakenError
ContractUnknownError = operations_papers.ContractUnknownError
ExternalNumberTakenError = operations_numbers.ExternalNumberTakenError
ExternalNumberUnknownError = operations_numbers.ExternalNumberUnknownError
NumberRuleError = rules.NumberRuleError


class CompanyOnlyError(Exception):
    """Only who belongs to the company itself sets what holds for all stations."""


class UsageTypeTakenError(Exception):
    """The list has a usage type of this code."""


@dataclass(frozen=True, slots=True)
class IssueCertificate:
    """A certificate as asked for, and what it costs; a new one in place of an old needs a reason."""

    request_key: uuid.UUID
    account_id: int
    fee_minor: int
    reason: str = ""


def add_contract(*, actor: Actor, account_id: int, facts: ContractFacts, now: datetime.datetime) -> int:
    """Keep a contract; returns its id. Raises NotAllowedError, ContractNoTakenError, AccountNotFoundError."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        account = operations.lock_account(account_id=account_id)
        made = operations_papers.add_contract(account=account, facts=facts)
        after = {name: getattr(facts, name) for name in ("contract_no", "kind", "from_on", "until_on")}
        account_acts.record(actor=actor, now=now, act="CONTRACT_ADDED", account=account, after=after)
    return made.pk


def end_contract(
    *,
    actor: Actor,
    account_id: int,
    contract_id: int,
    on: datetime.date,
    reason: str,
    now: datetime.datetime,
) -> None:
    """End a contract on a day. Raises NotAllowedError, ReasonMissingError, ContractUnknownError."""
    actor.require(RIGHT)
    reason = account_acts.reason_of(reason)
    with transaction.writing(actor=actor):
        account = operations.lock_account(account_id=account_id)
        ended = operations_papers.end_contract(account=account, contract_id=contract_id, on=on)
        after = {"contract_no": ended.contract_no, "until_on": on}
        account_acts.record(
            actor=actor, now=now, act="CONTRACT_ENDED", account=account, reason=reason, after=after
        )


def prolong_contract(
    *,
    actor: Actor,
    account_id: int,
    contract_id: int,
    until_on: datetime.date | None,
    now: datetime.datetime,
) -> None:
    """Let a contract run until another day (None: until somebody ends it). Raises ContractUnknownError."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        account = operations.lock_account(account_id=account_id)
        found = operations_papers.prolong_contract(
            account=account, contract_id=contract_id, until_on=until_on
        )
        after = {"contract_no": found.contract_no, "until_on": until_on}
        account_acts.record(actor=actor, now=now, act="CONTRACT_PROLONGED", account=account, after=after)


def issue_certificate(
    *, actor: Actor, wanted: IssueCertificate, now: datetime.datetime, today: datetime.date
) -> str:
    """Number and keep a usage certificate with what it says today; returns its number, once for a request.

    Where one is in force it is void from now on. Raises NotAllowedError, account_acts.ReasonMissingError
    (a new one for an old), those of charge_fee.charge_within, agreements.queries.AccountNotFoundError.
    """
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        account = operations.lock_account(account_id=wanted.account_id)
        issued = models.UsageCertificate.objects.filter(account=account).order_by("-id")
        repeated = issued.filter(request_key=wanted.request_key).first()
        if repeated is not None:
            return repeated.certificate_no
        former = issued.filter(replaced_by__isnull=True).first()
        reason = wanted.reason.strip() if former is None else account_acts.reason_of(wanted.reason)
        made = operations_papers.issue_certificate(
            new=operations_papers.NewCertificate(
                account_id=account.pk,
                station_id=account.station_id,
                station_code=account.station.code,
                issued_on=today,
                issued_at=now,
                by_id=actor.staff_id,
                fee_minor=wanted.fee_minor,
                content=_content(account=account, on=today),
                request_key=wanted.request_key,
                replaces_id=None if former is None else former.pk,
                reason=reason,
            )
        )
        if wanted.fee_minor:
            fee = charge_fee.ChargeFee(
                request_key=wanted.request_key,
                account_id=account.pk,
                fee_code=CERTIFICATE_FEE,
                amount_minor=wanted.fee_minor,
                reason=reason or made.certificate_no,
            )
            charge_fee.charge_within(actor=actor, account=account, wanted=fee, today=today, now=now)
        after = {"certificate_no": made.certificate_no, "fee_minor": wanted.fee_minor}
        if former is not None:
            after["replaces"] = former.certificate_no
        account_acts.record(
            actor=actor, now=now, act="CERTIFICATE_ISSUED", account=account, reason=reason, after=after
        )
    return made.certificate_no


def _content(*, account: models.Account, on: datetime.date) -> dict[str, object]:
    """What the paper says, kept so that a reprint says the same."""
    supplies = queries.supplies_of(account_id=account.pk, on=on)
    return {
        "account_no": account.account_no,
        "holder": account.customer.name,
        "station": account.station.name,
        "supplies": [
            {
                "utility": supply.utility,
                "address": supply.address,
                "serial_no": supply.serial_no,
                "tariff_zh": supply.tariff_name_zh,
                "tariff_en": supply.tariff_name_en,
                "from_on": supply.from_on.isoformat(),
            }
            for supply in supplies
            if supply.until_on is None or supply.until_on > on
        ],
    }


def add_external_number(
    *,
    actor: Actor,
    account_id: int,
    kind: models.ExternalKind,
    number: str,
    on: datetime.date,
    now: datetime.datetime,
) -> None:
    """Let the account be known by a number. Raises NotAllowedError, ExternalNumberTakenError."""
    actor.require(NUMBER_RIGHT)
    number = number.strip()
    with transaction.writing(actor=actor):
        account = operations.lock_account(account_id=account_id)
        operations_numbers.add_external_number(account=account, kind=kind, number=number, on=on)
        after = {"external_kind": kind.value, "external_no": number, "from_on": on}
        account_acts.record(actor=actor, now=now, act="EXTERNAL_NUMBER_ADDED", account=account, after=after)


def end_external_number(
    *, actor: Actor, account_id: int, number_id: int, on: datetime.date, now: datetime.datetime
) -> None:
    """Let a number be free again. Raises NotAllowedError, ExternalNumberUnknownError."""
    actor.require(NUMBER_RIGHT)
    with transaction.writing(actor=actor):
        account = operations.lock_account(account_id=account_id)
        ended = operations_numbers.end_external_number(account=account, number_id=number_id, on=on)
        before = {"external_kind": ended.kind, "external_no": ended.number}
        account_acts.record(
            actor=actor,
            now=now,
            act="EXTERNAL_NUMBER_ENDED",
            account=account,
            before=before,
            after={"until_on": on},
        )


def set_number_rule(
    *, actor: Actor, is_resident: bool, form: rules.NumberFormat, now: datetime.datetime
) -> str:
    """Number all new accounts of residents (or of all others) like this; returns what the next one would be.

    Raises NotAllowedError, CompanyOnlyError, NumberRuleError: also for stations whose code gives no prefix.
    """
    actor.require(SETTINGS_RIGHT)
    with transaction.writing(actor=actor):
        _require_company(actor)
        operations_numbers.set_number_rule(unit_id=None, is_resident=is_resident, form=form)
        series = queries_numbers.number_series(station_ids=queries_numbers.stations())
        mine = [found for (_, resident), found in series.items() if resident == is_resident]
        coming = [queries_numbers.next_number(series=found) for found in mine]
        access.record_act(
            actor=actor,
            at=now,
            act="NUMBER_RULE_SET",
            subject_kind="NUMBER_RULE",
            subject_id="RESIDENTS" if is_resident else "OTHERS",
            after={"prefix": form.prefix, "digits": form.digits, "has_check_digit": form.has_check_digit},
        )
    return coming[0] if coming else ""


def add_usage_type(
    *, actor: Actor, code: str, name: str, utility: int | None, now: datetime.datetime
) -> None:
    """Add to the company's list of usage types. Raises CompanyOnlyError, UsageTypeTakenError."""
    actor.require(SETTINGS_RIGHT)
    with transaction.writing(actor=actor):
        _require_company(actor)
        if models.UsageType.objects.filter(code=code).exists():
            raise UsageTypeTakenError(code)
        made = operations_numbers.add_usage_type(code=code, name=name, utility=utility)
        access.record_act(
            actor=actor,
            at=now,
            act="USAGE_TYPE_ADDED",
            subject_kind="USAGE_TYPE",
            subject_id=made,
            after={"name": name},
        )


def _require_company(actor: Actor) -> None:
    if not actor.is_system and not queries_numbers.is_company(unit_id=actor.home_unit_id):
        raise CompanyOnlyError
