"""Use case: settle an account on a day: read what it uses, and bill all of it at once.

Each running agreement gets a round of its own (metering) that the ordinary bill run rates and issues. What
the run would park is refused instead, with its codes: a settlement leaves nothing open.
"""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.agreements import models as agreement_models
from meterbook.domain.agreements import queries as agreements
from meterbook.domain.billing import bulk as billing_columns
from meterbook.domain.billing import models as billing_models
from meterbook.domain.billing import operations as billing
from meterbook.domain.billing import rules as billing_rules
from meterbook.domain.devices import models as devices
from meterbook.domain.metering import operations_settlements as metering

ChangeError = metering.ChangeError


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleAccount:
    """What is asked. `readings_milli`: register id -> what it shows on `settled_on`, in thousandths.

    A register read that very day, or gone, may be left out. `is_confirmed`: usages far above average were
    looked at. The same `request_key` settles once. `only_agreement_id`: that supply and no other.
    """

    request_key: uuid.UUID
    account_id: int
    settled_on: datetime.date
    readings_milli: Mapping[int, int]
    reason: str
    is_confirmed: bool = False
    is_rolled_over: bool = False
    only_agreement_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledAgreement:
    """One agreement settled; `bill_id` is None where nothing was left to bill. Thousandths, minor units."""

    agreement_id: int
    round_id: int | None
    quantity_milli: int
    bill_id: int | None
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """An account as it was settled. `amount_minor` is what the final bills come to."""

    account_id: int
    settled_on: datetime.date
    agreements: tuple[SettledAgreement, ...]
    is_repeat: bool

    @property
    def amount_minor(self) -> int:
        """What the final bills come to."""
        return sum(settled.amount_minor for settled in self.agreements)

    @property
    def bill_ids(self) -> tuple[int, ...]:
        """The final bills."""
        return tuple(s.bill_id for s in self.agreements if s.bill_id is not None)


class SettlementParkedError(Exception):
    """The final bills can't go out: agreement -> the code of the bill run that parks it."""

    def __init__(self, *, codes: Mapping[int, str]) -> None:
        super().__init__(", ".join(f"{agreement}: {code}" for agreement, code in codes.items()))
        self.codes = dict(codes)


def settle(
    *, actor: Actor, command: SettleAccount, now: datetime.datetime, today: datetime.date
) -> Settlement:
    """Settle an account that goes on. Raises ChangeError, SettlementParkedError, AccountNotFoundError."""
    actor.require("readings.accept")
    actor.require("billing.issue")
    with transaction.writing(actor=actor):
        return settle_within(actor=actor, command=command, now=now, today=today)


def settle_within(
    *, actor: Actor, command: SettleAccount, now: datetime.datetime, today: datetime.date
) -> Settlement:
    """The same inside the transaction of a larger act (transfer, closing) that has checked its own right."""
    head = agreements.account_head(account_id=command.account_id)
    rows = [
        metering.settle_agreement(
            final=_final(command, agreement_id=agreement_id),
            staff_id=actor.staff_id,
            today=today,
            at=now,
        )
        for agreement_id in _running(command)
    ]
    fresh = [row.round_id for row in rows if row.round_id is not None and not row.is_repeat]
    _bill(fresh, actor=actor, now=now, today=today)
    made = Settlement(
        account_id=command.account_id,
        settled_on=command.settled_on,
        agreements=tuple(_settled(row) for row in rows),
        is_repeat=any(row.is_repeat for row in rows),
    )
    if not made.is_repeat:
        access.record_act(
            actor=actor,
            at=now,
            act="ACCOUNT_SETTLED",
            subject_kind="ACCOUNT",
            subject_id=command.account_id,
            station_id=head.station_id,
            reason=command.reason.strip(),
            after={
                "account_no": head.account_no,
                "settled_on": command.settled_on.isoformat(),
                "quantity_milli": sum(row.quantity_milli for row in rows),
                "bills": len(made.bill_ids),
                "amount_minor": made.amount_minor,
            },
        )
    return made


def _running(command: SettleAccount) -> list[int]:
    """The agreements that supplied the account up to the day, in one fixed order."""
    rows = agreement_models.SupplyAgreement.objects.filter(
        account_id=command.account_id, from_on__lte=command.settled_on
    ).exclude(until_on__lt=command.settled_on)
    if command.only_agreement_id is not None:
        rows = rows.filter(pk=command.only_agreement_id)
    return list(rows.order_by("id").values_list("id", flat=True))


def _final(command: SettleAccount, *, agreement_id: int) -> metering.FinalReading:
    point = agreement_models.SupplyAgreement.objects.values_list("service_point_id", flat=True).get(
        pk=agreement_id
    )
    registers = devices.Register.objects.filter(
        pk__in=list(command.readings_milli),
        meter__installations__service_point_id=point,
        meter__installations__removed_on__isnull=True,
    )
    bands = dict(registers.values_list("pk", "band"))
    return metering.FinalReading(
        request_key=command.request_key,
        agreement_id=agreement_id,
        settled_on=command.settled_on,
        values_milli={band: command.readings_milli[register] for register, band in bands.items()},
        reason=command.reason,
        is_confirmed=command.is_confirmed,
        is_rolled_over=command.is_rolled_over,
    )


def _bill(round_ids: list[int], *, actor: Actor, now: datetime.datetime, today: datetime.date) -> None:
    """Issue the final bills, due at once. Raises SettlementParkedError."""
    if not round_ids:
        return
    rounds = billing_columns.lock_rounds(round_ids=round_ids)
    dates = billing_rules.Dates(issue_on=today, due_on=today)
    previewed = billing.preview_runs(rounds=rounds, dates=dates, previewed_at=now)
    runs = {result.run_id: result for result in previewed.values()}
    parked = billing_models.ParkedUsage.objects.filter(run_id__in=list(runs))
    codes = dict(parked.values_list("run__round__agreement_id", "code"))
    if codes:
        raise SettlementParkedError(codes=codes)
    issued = billing.issue_runs(
        seen={run_id: result.fingerprint for run_id, result in runs.items()},
        issued_at=now,
        issued_by_id=actor.staff_id,
    )
    for result in issued.values():
        if isinstance(result, billing.PreviewStaleError):
            raise result


def _settled(row: metering.Settled) -> SettledAgreement:
    bills = billing_models.Bill.objects.filter(agreement_id=row.agreement_id, mirrors_id__isnull=True)
    bill = None
    if row.round_id is not None:
        run_ids = billing_models.BillRun.objects.filter(round_id=row.round_id).values_list("pk", flat=True)
        bill = bills.filter(run_id__in=list(run_ids)).first()
    return SettledAgreement(
        agreement_id=row.agreement_id,
        round_id=row.round_id,
        quantity_milli=row.quantity_milli,
        bill_id=None if bill is None else bill.pk,
        amount_minor=0 if bill is None else bill.amount_minor,
    )
