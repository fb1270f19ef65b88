"""Fees: charged as a bill of one line against other revenue, or waived with a reason."""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from meterbook.domain.billing import models, operations, operations_flat, rules
from meterbook.domain.ledger import rules as ledger_rules

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFee:
    """A fee to be charged to an account on a day, due that day; minor units, 0: waived.

    `agreement_id` and `utility` are those of the supply the bill is filed under.
    """

    station_id: int
    account_id: int
    agreement_id: int
    utility: int
    fee_type: models.FeeType
    amount_minor: int
    charged_on: datetime.date
    charged_at: datetime.datetime
    by_id: int | None
    reason: str
    request_key: uuid.UUID
    occasion: models.FeeOccasion | None = None
    act_key: uuid.UUID | None = None


class FeePaidError(Exception):
    """Something was paid on the fee's bill: the payment is cancelled first. Minor units."""

    def __init__(self, *, bill_id: int, paid_minor: int) -> None:
        super().__init__(f"bill {bill_id}: {paid_minor} paid")
        self.bill_id = bill_id
        self.paid_minor = paid_minor


def charge(*, new: NewFee) -> models.Fee:
    """Write the fee and the bill that asks for it. A second one of the same request key is refused."""
    bill_id = _bill(new) if new.amount_minor else None
    return models.Fee.objects.create(
        station_id=new.station_id,
        account_id=new.account_id,
        fee_type=new.fee_type,
        bill_id=bill_id,
        standard_minor=new.fee_type.amount_minor,
        amount_minor=new.amount_minor,
        charged_on=new.charged_on,
        charged_at=new.charged_at,
        by_id=new.by_id,
        reason=new.reason,
        request_key=new.request_key,
        occasion=new.occasion,
        act_key=new.act_key,
    )


def take_back(
    *, fee: models.Fee, on: datetime.date, at: datetime.datetime, by_id: int | None, reason: str
) -> models.FeeTakenBack:
    """Ask for a billed fee no more: its bill is mirrored. Raises FeePaidError when something was paid on it.

    A second time violates the unique constraint of FeeTakenBack.
    """
    assert fee.bill_id is not None
    held = operations.lock_bills(account_id=fee.account_id, bill_ids=[fee.bill_id])
    (bill,) = held
    if bill.open_minor != bill.amount_minor:
        raise FeePaidError(bill_id=bill.bill_id, paid_minor=bill.amount_minor - bill.open_minor)
    mirror_id = operations_flat.mirror(
        bill_id=bill.bill_id, credit=ledger_rules.Chart.REVENUE_OTHER, posted_on=on, recorded_at=at
    )
    return models.FeeTakenBack.objects.create(
        station_id=fee.station_id,
        fee=fee,
        mirror_bill_id=mirror_id,
        taken_back_on=on,
        taken_back_at=at,
        by_id=by_id,
        reason=reason,
    )


def _bill(new: NewFee) -> int:
    row = (
        new.station_id,
        new.account_id,
        new.agreement_id,
        new.utility,
        new.amount_minor,
        new.charged_on,
        new.charged_on + _DAY,
    )
    (bill_id,) = operations_flat.issue(
        rows=pl.DataFrame([row], schema=operations_flat.FLAT, orient="row"),
        made_by=rules.FEE,
        credit=ledger_rules.Chart.REVENUE_OTHER,
        posted_on=new.charged_on,
        recorded_at=new.charged_at,
    )
    return bill_id


def set_fee_type(
    *,
    code: str,
    name: str,
    amount_minor: int,
    is_offered: bool,
    occasions: Iterable[models.FeeOccasion] | None,
) -> models.FeeType:
    """Add a fee to the company's list, or change it; what was charged stays what it was.

    `occasions` None: as they are.
    """
    facts: dict[str, object] = {"name": name, "amount_minor": amount_minor, "is_offered": is_offered}
    if occasions is not None:
        facts["occasions"] = sorted({int(occasion) for occasion in occasions})
    made, _ = models.FeeType.objects.update_or_create(code=code, defaults=facts)
    return made
