"""A station with one household that has lived, neighbours, a meter in store and people, for browser tests."""

import datetime
import uuid
from dataclasses import dataclass

from meterbook.application import account_papers, account_states, customer_contacts
from meterbook.application import actor as actors
from meterbook.domain.access import models as access
from meterbook.domain.agreements import models as agreements
from meterbook.domain.customers import rules_identity
from meterbook.domain.devices import models as devices
from tests.browser import conftest
from tests.builders import metering, payments, pictures, records

TODAY = datetime.date(2026, 11, 20)
FITTED, READ, RESTED, RESUMED = (
    datetime.date(2026, 9, 20),
    datetime.date(2026, 10, 20),
    datetime.date(2026, 10, 25),
    datetime.date(2026, 11, 5),
)
CLERK, CHIEF = "clerk", "chief"
NAME, PHONE, BARCODE, OLD_NO = "欧阳明月", "13877772046", "6901234567892", "OLD-7788"
# The example of the standard; nobody's.
IDENTITY_NO = "11010519491231002X"
ADDRESS = "春晓花园3幢2单元501室"
NEW_METER = "NB-2026-0001"
FIRST_MILLI, READ_MILLI = 100_000, 115_000


@dataclass(frozen=True, slots=True)
class RecordsWorld:
    """Who works, who lives there, and what was kept of them."""

    supply: records.Supply
    neighbour: records.Supply
    receipt_no: str
    file_name: str


def made() -> RecordsWorld:
    """The household: read, billed, paid, at rest and back, with a file, a paper and an old number."""
    world = records.world()
    tariff_id = records.tariff()
    home = records.supply(
        station_id=world.station_a,
        tariff_id=tariff_id,
        name=NAME,
        phone=PHONE,
        community="春晓花园",
        address=ADDRESS,
        initial_milli=FIRST_MILLI,
        installed_on=FITTED,
    )
    neighbour = records.supply(
        station_id=world.station_a,
        tariff_id=tariff_id,
        name="李晓红",
        phone="13911118888",
        community="东湖新村",
        address="东湖新村12幢1单元302室",
        installed_on=FITTED,
        book_code="0102",
    )
    devices.Meter.objects.filter(pk=home.meter_id).update(barcode=BARCODE)
    metering.stock_meter(station_id=world.station_a, serial_no=NEW_METER)
    metering.read_book(book_id=home.book_id, day=READ, values_milli={home.register_id: READ_MILLI})
    staff = {
        username: records.staff(
            role=role, unit_id=world.station_a, username=username, name=name, password=conftest.PASSWORD
        )
        for role, username, name in (("CLERK", CLERK, "柳青"), ("SUPERVISOR", CHIEF, "王秀兰"))
    }
    return RecordsWorld(
        supply=home,
        neighbour=neighbour,
        receipt_no=_paid(home),
        file_name=_kept(home, staff=staff),
    )


def _paid(home: records.Supply) -> str:
    """A bill that was paid, and one that is open; the receipt's number."""
    paid = payments.bill(supply=home, amount_minor=7_500, due_on=datetime.date(2026, 10, 15))
    payments.bill(supply=home, amount_minor=6_240, due_on=datetime.date(2026, 11, 30))
    till = payments.till(station_id=home.station_id, name="周敏")
    command = payments.command(supply=home, tendered_minor=7_500, bill_ids=(paid,))
    return payments.take(till=till, command=command).receipt_no


def _kept(home: records.Supply, *, staff: dict[str, access.Staff]) -> str:
    """Its states, its numbers, an identity card and a file; the file's name."""
    clerk = actors.of_staff(staff=staff[CLERK], remote_address="192.0.2.7")
    chief = actors.of_staff(staff=staff[CHIEF], remote_address="192.0.2.7")
    states = agreements.AccountState
    for wanted, on, reason in ((states.SUSPENDED, RESTED, "出国探亲"), (states.ACTIVE, RESUMED, "")):
        account_states.change_state(
            actor=chief,
            account_id=home.account_id,
            wanted=wanted,
            on=on,
            reason=reason,
            request_key=uuid.uuid4(),
            today=on,
            now=metering.noon(on),
        )
    account_papers.add_external_number(
        actor=clerk,
        account_id=home.account_id,
        kind=agreements.ExternalKind.OLD_SYSTEM,
        number=OLD_NO,
        on=READ,
        now=metering.noon(READ),
    )
    customer_contacts.add_document(
        actor=clerk,
        now=metering.noon(READ),
        today=READ,
        customer_id=home.customer_id,
        document=customer_contacts.NewDocument(
            kind=rules_identity.DocumentKind.RESIDENT_ID, number=IDENTITY_NO
        ),
    )
    return pictures.hand_in(actor=clerk, account_id=home.account_id, name="用水合同.jpg").name
