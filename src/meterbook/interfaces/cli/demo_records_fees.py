"""The demo's fees: what they usually are, and one that was charged to the wrong household and taken back."""

import datetime

from meterbook.application import charge_fee
from meterbook.application.actor import Actor
from meterbook.domain.billing import models
from meterbook.interfaces.cli import demo_history
from meterbook.interfaces.cli.demo_town import Home, Town

USUAL_MINOR = {
    "CERTIFICATE": 5_00,
    "MATERIAL": 35_00,
    "METER_TEST": 25_00,
    "RECONNECT": 30_00,
    "REINSTALL": 60_00,
    "TRANSFER": 20_00,
}


def company_fees(*, actor: Actor, now: datetime.datetime) -> None:
    """The company's list of fees; acts charge those tied to them from now on."""
    for kind in models.FeeType.objects.filter(code__in=USUAL_MINOR, amount_minor=0).order_by("code"):
        charge_fee.set_fee_type(
            actor=actor,
            code=kind.code,
            name=kind.name,
            amount_minor=USUAL_MINOR[kind.code],
            is_offered=True,
            now=now,
        )


def charged_by_mistake(town: Town, home: Home, *, on: datetime.date) -> None:
    """A meter test was the neighbour's: the fee is taken back the same day."""
    wanted = charge_fee.ChargeFee(
        request_key=town.key("meter test", home.account_no),
        account_id=home.account_id,
        fee_code="METER_TEST",
        amount_minor=USUAL_MINOR["METER_TEST"],
    )
    charge_fee.charge(actor=town.clerk, wanted=wanted, today=on, now=demo_history.at(on, hour=14))
    charge_fee.take_back(
        actor=town.chief,
        account_id=home.account_id,
        fee_id=models.Fee.objects.get(request_key=wanted.request_key).pk,
        reason="验表的是隔壁，收错户",
        today=on,
        now=demo_history.at(on, hour=15),
    )
