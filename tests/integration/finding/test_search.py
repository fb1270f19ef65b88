"""The one search: what people key, scan or paste leads to the account that is meant, and to nothing else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import connection
from django.test import utils

from meterbook.application import actor as actors
from meterbook.application import transaction
from meterbook.domain.agreements import models as agreements
from meterbook.domain.agreements import operations_numbers as numbers
from meterbook.domain.customers import models as customers
from meterbook.domain.customers import operations_contacts as contacts
from meterbook.domain.customers import rules as customer_rules
from meterbook.domain.customers import rules_identity
from meterbook.domain.devices import models as devices
from meterbook.kernel import numbering
from meterbook.reporting import search
from tests.builders import payments, records


@dataclass(frozen=True, slots=True)
class People:
    clerk: actors.Actor
    ouyang: records.Supply
    li: records.Supply
    elsewhere: records.Supply
    bill_no: str
    receipt_no: str
    phone: str


@pytest.fixture
def people(db: None) -> People:
    world = records.world()
    tariff_id = records.tariff()
    a = world.station_a
    ouyang = records.supply(
        station_id=a, tariff_id=tariff_id, name="欧阳建国", phone="13877772046", community="春晓花园",
        address="春晓花园3幢2单元501室", serial_no="WM-2024-77001",
    )  # fmt: skip
    li = records.supply(
        station_id=a,
        tariff_id=tariff_id,
        name="李晓红",
        phone="13911118888",
        address="东湖新村12幢1单元302室",
    )
    elsewhere = records.supply(
        station_id=world.station_b, tariff_id=tariff_id, name="欧阳建军", phone="13822222046",
        address="春晓花园3幢2单元502室",
    )  # fmt: skip
    devices.Meter.objects.filter(pk=ouyang.meter_id).update(barcode="6901234567892")
    till = payments.till(station_id=a)
    bill_id = payments.bill(supply=ouyang, amount_minor=60_00)
    taken = payments.take(
        till=till, command=payments.command(supply=ouyang, bill_ids=(bill_id,), tendered_minor=60_00)
    )
    return People(
        clerk=till.actor,
        ouyang=ouyang,
        li=li,
        elsewhere=elsewhere,
        bill_no=numbering.bill_no(2026, bill_id),
        receipt_no=taken.receipt_no,
        phone="13877772046",
    )


@pytest.fixture
def _as_web_role(people: People) -> Iterator[None]:
    """The web role, after the builders have written."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE meterbook_app")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def find(people: People, text: str) -> list[search.Found]:
    with transaction.reading(actor=people.clerk):
        return search.find(text=text, most=20)


@pytest.mark.usefixtures("_as_web_role")
@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("account_no", search.Reason.ACCOUNT_NO),
        ("serial_no", search.Reason.METER_NO),
        ("barcode", search.Reason.METER_NO),
        ("bill_no", search.Reason.BILL_NO),
        ("receipt_no", search.Reason.RECEIPT_NO),
    ],
)
def test_a_whole_number_opens_its_record(people: People, key: str, reason: search.Reason) -> None:
    texts = {
        "account_no": people.ouyang.account_no,
        "serial_no": people.ouyang.serial_no,
        "barcode": "6901234567892",
        "bill_no": people.bill_no,
        "receipt_no": people.receipt_no,
    }
    for text in (texts[key], f" {texts[key]} ", texts[key].lower()):
        (found,) = find(people, text)
        assert found.head.account_id == people.ouyang.account_id
        assert (found.is_exact, found.reason) == (True, reason)


@pytest.mark.usefixtures("_as_web_role")
def test_an_account_number_is_read_as_it_is_written(people: People) -> None:
    number = people.ouyang.account_no
    grouped = re.sub(r"(.{4})", r"\1 ", number)
    full_width = number.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
    for text in (grouped, full_width, f"{number[:4]}-{number[4:]}"):
        assert [found.head.account_id for found in find(people, text)] == [people.ouyang.account_id]
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not any(found.is_exact for found in find(people, wrong))


@pytest.mark.usefixtures("_as_web_role")
@pytest.mark.parametrize(
    "text",
    ["欧阳建国", "欧阳", "建国", "阳建国", "ouyangjianguo", "ouyangj", "oyjg", "OYJG",
     "2046", "7772046", "13877772046",
     "春晓花园3幢2单元501室", "春晓花园 501", "3幢2单元501", "春晓", "WM-2024", "wm-2024-77"],
)  # fmt: skip
def test_a_part_is_enough(people: People, text: str) -> None:
    assert [found.head.account_id for found in find(people, text)] == [people.ouyang.account_id]


@pytest.mark.usefixtures("_as_web_role")
@pytest.mark.parametrize(
    "text", ["", "   ", "%", "_", "%%%", "没有这个人", "0000", "13822222046", "' OR 1", "\\"]
)
def test_nothing_is_found_for_nothing_and_for_others(people: People, text: str) -> None:
    """13822222046 is the phone of somebody at the other station; signs of LIKE mean themselves."""
    assert find(people, text) == []


@pytest.mark.usefixtures("_as_web_role")
@pytest.mark.parametrize(
    "text",
    ["欧阳建军", "欧阳剑锅", "欧杨建国", "欧阳国", "欧阳见国", "欧建阳国", "ouyanjianguo"],
)
def test_a_mistyped_name_is_still_found_and_called_similar(people: People, text: str) -> None:
    """欧阳建军 himself is of the other station: for this clerk the name is a mistyped one."""
    assert [(found.head.account_id, found.reason, found.is_exact) for found in find(people, text)] == [
        (people.ouyang.account_id, search.Reason.SOUND, False)
    ]


@pytest.mark.usefixtures("_as_web_role")
def test_a_right_name_is_not_mixed_with_similar_ones(people: People) -> None:
    """李晓红 is there, so nobody who only sounds like her is shown."""
    assert [found.reason for found in find(people, "李晓红")] == [search.Reason.NAME]


@pytest.mark.usefixtures("_as_web_role")
@pytest.mark.parametrize(
    ("text", "is_exact"),
    [
        ("GH-00012345", True),
        ("gh-0001", False),
        ("80012345678", True),
        ("80012", False),
    ],
)
def test_numbers_others_know_the_account_by(people: People, text: str, *, is_exact: bool) -> None:
    account = agreements.Account.objects.get(pk=people.li.account_id)
    for number in ("GH-00012345", "80012345678"):
        numbers.add_external_number(
            account=account,
            kind=agreements.ExternalKind.BANK_REFERENCE,
            number=number,
            on=records.INSTALLED_ON,
        )
    (found,) = find(people, text)
    assert (found.head.account_id, found.reason) == (people.li.account_id, search.Reason.EXTERNAL_NO)
    assert found.is_exact is is_exact


@pytest.mark.usefixtures("_as_web_role")
@pytest.mark.parametrize("text", ["11010519491231002X", "11010519491231002x", "002X", "1231002x", "1002X"])
def test_an_identity_number_or_its_tail_finds_its_holder(people: People, text: str) -> None:
    contacts.add_document(
        customer=customers.Customer.objects.get(pk=people.li.customer_id),
        document=contacts.NewDocument(
            kind=rules_identity.DocumentKind.RESIDENT_ID, number="11010519491231002X"
        ),
        today=records.INSTALLED_ON,
    )
    assert [(found.head.account_id, found.reason) for found in find(people, text)] == [
        (people.li.account_id, search.Reason.IDENTITY)
    ]


@pytest.mark.usefixtures("_as_web_role")
def test_the_database_hears_names_as_the_rules_do(people: People) -> None:
    del people
    for customer in customers.Customer.objects.all():
        assert customer.name_sound == customer_rules.sound_key(customer.name_pinyin)


@pytest.mark.usefixtures("_as_web_role")
def test_a_customer_kept_twice_leads_to_the_accounts_of_whom_it_was_merged_into(people: People) -> None:
    customers.Customer.objects.filter(pk=people.ouyang.customer_id).update(merged_into=people.li.customer_id)
    assert [one.head.account_id for one in find(people, "oyjg")] == [people.li.account_id]


@pytest.mark.parametrize(("text", "most"), [("oyjg", 8), ("72046", 7), ("欧阳", 3)])
def test_a_key_costs_few_statements(people: People, text: str, most: int) -> None:
    """The indexes answer in microseconds; what a clerk waits for is each way to the database and back."""
    with transaction.reading(actor=people.clerk), utils.CaptureQueriesContext(connection) as asked:
        assert search.find(text=text, most=1)
    assert len([one for one in asked if "SAVEPOINT" not in one["sql"]]) <= most


def test_an_account_comes_once_and_no_more_than_asked(people: People) -> None:
    with transaction.reading(actor=people.clerk):
        assert len(search.find(text="13", most=1)) <= 1
        both = search.find(text="139", most=20)
    assert len({found.head.account_id for found in both}) == len(both)


OF_NUMBERS = {
    "account_no": "SELECT FROM agreements_account WHERE account_no >= '2' AND account_no < '3'",
    "serial_no": "SELECT FROM devices_meter WHERE serial_no >= 'W1' AND serial_no < 'W2'",
}
LIKE = "SELECT id FROM customers_customer WHERE upper(name) LIKE '%欧阳建%'"


@pytest.mark.usefixtures("_as_web_role")
def test_lookups_reach_their_index_under_row_level_security(people: People) -> None:
    """The policy keeps operators that leak from an index; the look-ups use only leakproof ones.

    With sorting ruled out the order has to come from the index; that the look-up is its condition as well is
    what a leaking operator would prevent.
    """

    def index_conditions(statement: str) -> str:
        cursor.execute(f"EXPLAIN (COSTS OFF) {statement}")
        return "\n".join(row[0] for row in cursor.fetchall() if "Index Cond" in row[0])

    with transaction.reading(actor=people.clerk), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        for column, statement in OF_NUMBERS.items():
            assert column in index_conditions(f"{statement} ORDER BY {column}"), statement
        assert "name" not in index_conditions(LIKE), "the control: LIKE is kept from it, hence the functions"
        cursor.execute(
            "SELECT proname, proleakproof FROM pg_proc WHERE proname = ANY (%s)",
            [["texteq", "text_ge", "text_lt", "text_pattern_ge", "text_pattern_lt", "int8eq", "textlike"]],
        )
        leakproof = dict(cursor.fetchall())
    assert leakproof.pop("textlike") is False
    assert set(leakproof.values()) == {True}, "what prefixes and tails are searched by"
