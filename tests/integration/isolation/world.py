"""Two stations that each lived one whole day, so that every table has rows of both."""

import datetime
import uuid
from dataclasses import asdict, dataclass

import polars as pl

from meterbook.application import cancel_payment, charge_fee, edit_many, reprint_receipt, transaction
from meterbook.domain.access import models as access
from meterbook.domain.billing import models as billing
from meterbook.domain.edits import models as edits
from meterbook.domain.imports import models as imports
from meterbook.domain.imports import operations as import_operations
from meterbook.domain.metering import models as metering
from meterbook.domain.payments import models as payments
from meterbook.reporting import migration_accounts, migration_audit, migration_kept
from tests.builders import agreements, meters, pictures, premises, records
from tests.builders import customers as customer_records
from tests.builders import metering as rounds
from tests.integration.imports import workbooks
from tests.journeys import story

DAY = datetime.date(2026, 11, 6)
PERIOD = datetime.date(2026, 11, 1)
ROLES = ("CLERK", "READER", "SUPERVISOR", "ACCOUNTANT", "MANAGER", "ADMIN")


@dataclass(frozen=True, slots=True)
class Station:
    """What one station has: ids to guess with, and words that only its own people may read."""

    station_id: int
    usernames: dict[str, str]
    supply: records.Supply
    ids: dict[str, object]
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class World:
    """Station A, whose people try, and station B, whose data they must not reach."""

    a: Station
    b: Station


def two_stations() -> World:
    """Found the company and live the same day at both stations. Commits."""
    world = records.world()
    tariff_id = records.tariff()
    return World(
        a=_live(station_id=world.station_a, tariff_id=tariff_id, mark="甲"),
        b=_live(station_id=world.station_b, tariff_id=tariff_id, mark="乙"),
    )


def _live(*, station_id: int, tariff_id: int, mark: str) -> Station:
    supply, other = records.supplies(
        count=2,
        station_id=station_id,
        tariff_id=tariff_id,
        installed_on=datetime.date(2026, 10, 1),
        name=f"欧阳{mark}子",
        persons=4,
        book_code=f"{mark}册",
        community=f"{mark}园小区",
    )
    by = story.people(unit_id=station_id)
    values = {supply.serial_no: 12, other.serial_no: 0}
    round_id = story.read_book(by=by, book_id=supply.book_id, period=PERIOD, on=DAY, values=values)
    bills = story.bill_book(by=by, round_id=round_id, on=DAY)
    bill = bills[supply.account_id]
    shift_id = story.open_till(by=by, on=DAY)
    part = story.pay(by=by, account_id=supply.account_id, bills=[bill], tendered_minor=10_00, on=DAY)
    back = story.pay(by=by, account_id=supply.account_id, bills=[bill], tendered_minor=5_00, on=DAY)
    reprint_receipt.print_receipt(
        actor=by.clerk, receipt_no=part.receipt_no, reason="打印机卡纸", now=story.at(DAY)
    )
    cancel_payment.cancel_payment(
        actor=by.clerk,
        command=cancel_payment.CancelPayment(
            request_key=uuid.uuid4(), payment_id=back.payment_id, reason="收错了"
        ),
        now=story.at(DAY, hour=12),
    )
    story.close_day(by=by, shift_id=shift_id, counted={payments.Tender.CASH: 10_00}, on=DAY)
    held = _next_round(by=by, supply=supply)
    assert bill.run_id is not None
    files = _odds(
        station_id=station_id, run_id=bill.run_id, supply=supply, staff_id=by.supervisor.staff_id or 0
    )
    other_tariff_id = records.tariff(file="cn/shanghai/water-residential.yaml")
    with transaction.writing(actor=records.system()):
        agreed = agreements.one_of_each(supply=supply, other_tariff_id=other_tariff_id, day=DAY)
        customer = customer_records.whole_record(customer_id=supply.customer_id, mark=mark)
        doors = premises.one_of_each(supply=supply, mark=mark, on=DAY)
        seal = meters.sealed_and_tested(meter_id=supply.meter_id, mark=mark, on=DAY)
        fitted = rounds.one_of_each(supply=other, day=datetime.date(2026, 12, 5), mark=mark)
    photo = pictures.hand_in(actor=by.clerk, account_id=supply.account_id, name=f"{supply.name}.jpg")
    edit_id = _edit_of_many(by=by, supply=supply)
    charge_fee.charge(
        actor=by.supervisor,
        wanted=charge_fee.ChargeFee(
            request_key=uuid.uuid4(),
            account_id=supply.account_id,
            fee_code="OPENING",
            amount_minor=0,
            reason=f"{supply.name}困难",
        ),
        today=DAY,
        now=story.at(DAY),
    )
    fee_id = _fee_taken_back(by=by, supply=supply)
    usernames = {role: records.staff(role=role, unit_id=station_id).username for role in ROLES}
    return Station(
        station_id=station_id,
        usernames=usernames,
        supply=supply,
        ids={
            **agreed,
            **asdict(customer),
            **doors,
            **fitted,
            "edit_id": edit_id,
            "fee_id": fee_id,
            "list_name": "customer_records",
            "client_id": _client(station_id=station_id).pk,
            "view_id": _view(owner=usernames["CLERK"], station_id=station_id).pk,
            "account_no": supply.account_no,
            "account_id": supply.account_id,
            "meter_id": supply.meter_id,
            "seal_id": seal.pk,
            "move_id": seal.meter.moves.latest("id").pk,
            "model_id": seal.meter.model_id,
            "meter_act": "issue",
            "check": "over-age",
            "book_id": supply.book_id,
            "round_id": held.round_id,
            "entry_id": held.pk,
            "run_id": bill.run_id,
            "bill_id": bill.pk,
            "bill_no": bill.pk,
            "payment_id": part.payment_id,
            "receipt_no": part.receipt_no,
            "shift_id": shift_id,
            "import_id": files[imports.ImportKind.CUSTOMERS],
            "readings_import_id": files[imports.ImportKind.READINGS],
            "file_subject_kind": "ACCOUNT",
            "link_id": photo.link_id,
            "usage_id": 10_000 + station_id,
            "billed_round_id": round_id,
            "code": "CN-BEIJING-WATER-RESIDENTIAL",
            "layout": "80",
            "staff_id": access.Staff.objects.get(username=usernames["CLERK"]).pk,
            "audit_entry_id": access.AuditEntry.objects.filter(station_id=station_id).latest("id").pk,
        },
        secrets=(
            supply.name,
            supply.serial_no,
            supply.account_no,
            part.receipt_no,
            f"{mark}园",
            f"{mark}册",
            f'"/shifts/{shift_id}/',
        ),
    )


def _fee_taken_back(*, by: story.People, supply: records.Supply) -> int:
    wanted = charge_fee.ChargeFee(
        request_key=uuid.uuid4(), account_id=supply.account_id, fee_code="MATERIAL", amount_minor=7_00
    )
    charge_fee.charge(actor=by.clerk, wanted=wanted, today=DAY, now=story.at(DAY))
    fee = billing.Fee.objects.get(request_key=wanted.request_key)
    charge_fee.take_back(
        actor=by.supervisor,
        account_id=supply.account_id,
        fee_id=fee.pk,
        reason=f"{supply.name}重复",
        today=DAY,
        now=story.at(DAY),
    )
    return fee.pk


def _edit_of_many(*, by: story.People, supply: records.Supply) -> int:
    """A change of many records that was looked at and waits for somebody to say yes."""
    edit_id = edit_many.ask_for_all(
        actor=by.supervisor,
        question=edit_many.Question(
            request_key=uuid.uuid4(),
            subject=edits.Subject.CUSTOMER,
            act="REMARK",
            reason=f"通知{supply.name}",
            on=DAY,
        ),
        about="",
        value="有狗",
        subject_ids=[supply.customer_id],
        now=story.at(DAY),
    )
    edit_many.look(actor=by.supervisor, edit_id=edit_id, today=DAY, clock=lambda: story.at(DAY))
    return edit_id


def _client(*, station_id: int) -> access.ApiClient:
    """Another system that reads this station."""
    return access.ApiClient.objects.create(
        name=f"client{station_id}",
        org_unit_id=station_id,
        key_id=f"key{station_id}",
        secret_sha256="0" * 64,
        scopes=["accounts"],
        per_minute=1,
        given_at=story.at(DAY),
    )


def _view(*, owner: str, station_id: int) -> access.SavedView:
    """A list as somebody of this station saved it, for the colleagues too."""
    return access.SavedView.objects.create(
        owner=access.Staff.objects.get(username=owner),
        org_unit_id=station_id,
        list_name="customers",
        name=f"view{station_id}",
        is_shared=True,
    )


def _next_round(*, by: story.People, supply: records.Supply) -> metering.RoundEntry:
    """The round of the month after, with a held reading."""
    day = datetime.date(2026, 12, 6)
    opened = rounds.open_round(book_id=supply.book_id, day=day, actor=by.supervisor)
    rounds.enter(round_id=opened.round_id, values_milli={supply.register_id: 1_000}, day=day, actor=by.reader)
    entry = rounds.entry(round_id=opened.round_id, register_id=supply.register_id)
    assert entry.state == metering.EntryState.HELD
    return entry


def _odds(
    *, station_id: int, run_id: int, supply: records.Supply, staff_id: int
) -> dict[imports.ImportKind, int]:
    """Rows of the tables that such a day leaves empty; returns the ids of the files, by kind."""
    billing.ParkedUsage.objects.create(
        station_id=station_id, run_id=run_id, usage_id=10_000 + station_id, code="NO_TARIFF"
    )
    content = workbooks.workbook([workbooks.row(name=supply.name, serial_no=supply.serial_no)])
    error = {"row": 2, "column": "serial_no", "value": supply.serial_no, "code": "MISSING", "fact": ""}
    files = {
        kind: imports.ImportFile.objects.create(
            station_id=station_id,
            kind=kind,
            name=f"{supply.name}.xlsx",
            sha256="0" * 64,
            content=content,
            state=imports.ImportState.REJECTED,
            row_count=1,
            error_count=1,
            errors=[error],
            summary={"accounts": 0, "held": 0, "totals": []},
            checked_at=story.at(DAY),
        )
        for kind in imports.ImportKind
    }
    imports.ImportWork.objects.create(
        file=files[imports.ImportKind.CUSTOMERS],
        station_id=station_id,
        act=imports.WorkAct.CHECK,
        state=imports.WorkState.DONE,
        percent=100,
        is_cancel_asked=False,
        asked_at=story.at(DAY),
        asked_by_id=staff_id,
        told_at=story.at(DAY),
    )
    nothing = migration_audit.Total("", 0, migration_audit.NOTHING, migration_audit.NOTHING)
    extra = migration_audit.Found(
        migration_audit.Difference.METER_EXTRA, None, "", supply.account_no, supply.serial_no, None, None
    )
    accounts = pl.DataFrame(schema=migration_accounts.ACCOUNTS)
    audit = migration_audit.Audit(totals=(), differences=(extra,), whole=nothing, accounts=accounts)
    import_operations.keep_comparison(
        file=files[imports.ImportKind.CUSTOMERS],
        comparison=migration_kept.packed(audit=audit, left_out=0),
        station_ids=[station_id],
        at=story.at(DAY),
        staff_id=staff_id,
    )
    return {kind: file.pk for kind, file in files.items()}
