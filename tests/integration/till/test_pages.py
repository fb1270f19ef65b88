"""The pages of the till, receipts and shifts as a browser without any script gets them."""

import datetime
import re
import uuid
from dataclasses import dataclass
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meterbook.application import company
from meterbook.domain.companies import models as companies
from meterbook.domain.payments import models
from tests.builders import payments, records

pytestmark = pytest.mark.usefixtures("db")
BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True, slots=True)
class Window:
    """A clerk's browser with an open shift, and a customer with two bills and a balance."""

    browser: Client
    world: records.World
    supply: records.Supply
    bills: tuple[int, ...]

    @property
    def address(self) -> str:
        return reverse("till_account", args=[self.supply.account_no])

    def form(self, **changes: object) -> dict[str, object]:
        """The fields of the till's form as the page sends them, with changes."""
        page = self.browser.get(self.address).content.decode()
        fields: dict[str, object] = dict(
            re.findall(
                r'<input type="hidden" name="(request_key|account_id|prepaid_shown)" value="([^"]+)"', page
            )
        )
        fields["bill"] = re.findall(r'name="bill" value="(\d+:\d+)"', page)
        return fields | {"tender": "1", "tendered": ""} | changes


def browser_of(world: records.World, *, role: str = "CLERK", unit_id: int | None = None) -> Client:
    staff = records.staff(role=role, unit_id=unit_id or world.station_a)
    browser = Client()
    browser.force_login(staff, backend=BACKEND)
    browser.cookies["django_language"] = "en"
    return browser


@pytest.fixture
def window() -> Window:
    company.use_schema("public")
    companies.Company.objects.update(ready_at=timezone.now())
    company.use_schema("main")
    world = records.world()
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff())
    bills = tuple(
        payments.bill(supply=supply, amount_minor=amount, due_on=datetime.date(2026, month, 15))
        for amount, month in ((7920, 9), (8280, 10))
    )
    earlier = payments.till(station_id=world.station_a)
    payments.take(till=earlier, command=payments.command(supply=supply, tendered_minor=1000))
    browser = browser_of(world)
    assert browser.post(reverse("till_open_shift")).status_code == 303
    return Window(browser=browser, world=world, supply=supply, bills=bills)


def text_of(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_without_a_shift_the_till_offers_to_open_one(window: Window) -> None:
    fresh = browser_of(window.world)
    assert "No shift open" in text_of(fresh, reverse("till"))
    assert "No shift open" in text_of(fresh, window.address)
    answer = fresh.post(reverse("till_open_shift"), {"account_no": window.supply.account_no})
    assert answer.headers["Location"] == window.address
    assert "Take and print" in text_of(fresh, window.address)


def test_a_payment_leads_to_its_receipt(window: Window) -> None:
    page = text_of(window.browser, window.address)
    assert "162.00" in page  # 79.20 + 82.80 owed
    answer = window.browser.post(window.address, window.form(use_prepaid="1", tendered="200"))
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/receipts/A00000002/?print=1"
    receipt = text_of(window.browser, answer.headers["Location"])
    # 162.00 - 10.00 balance = 152.00 of 200.00
    for said in ("152.00", "人民币壹佰伍拾贰元整", "48.00", "Change to give"):
        assert said in receipt
    assert [payments.open_minor(bill) for bill in window.bills] == [0, 0]


def test_an_empty_amount_is_exactly_what_is_due(window: Window) -> None:
    form = window.form(bill=[f"{window.bills[0]}:7920"], tender="2")
    assert window.browser.post(window.address, form).status_code == 303
    taken = models.Payment.objects.latest("id")
    assert (taken.tendered_minor, taken.cleared_minor, taken.tender) == (7920, 7920, models.Tender.QR_MANUAL)
    assert payments.open_minor(window.bills[1]) == 8280


def test_sending_the_page_again_shows_the_first_receipt(window: Window) -> None:
    form = window.form()
    first = window.browser.post(window.address, form)
    again = window.browser.post(window.address, form)
    assert again.status_code == 303
    assert first.headers["Location"] == f"{again.headers['Location']}?print=1"
    assert models.Payment.objects.count() == 2  # the balance of the fixture, and this one
    assert "taken before" in text_of(window.browser, again.headers["Location"])


def test_a_used_page_with_other_figures_is_refused(window: Window) -> None:
    form = window.form(bill=[f"{window.bills[0]}:7920"])
    window.browser.post(window.address, form)
    answer = window.browser.post(window.address, form | {"bill": [f"{window.bills[1]}:8280"]})
    assert answer.status_code == 409
    assert "/receipts/A00000002/" in answer.content.decode()
    assert payments.open_minor(window.bills[1]) == 8280


def test_bills_that_changed_meanwhile_are_shown_and_nothing_is_taken(window: Window) -> None:
    form = window.form()
    colleague = payments.till(station_id=window.world.station_a)
    payments.take(
        till=colleague,
        command=payments.command(supply=window.supply, bill_ids=window.bills[:1], tendered_minor=7920),
    )
    answer = window.browser.post(window.address, form)
    assert answer.status_code == 422
    assert "162.00 was shown, it is 82.80" in unescape(answer.content.decode())
    assert models.Payment.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tendered": "abc"}, "Enter a number"),
        ({"tendered": "-5"}, "too small"),
        ({"tendered": "99999999"}, "can't be right"),
        ({"tender": "2", "tendered": "500"}, "Only cash gives change"),
        ({"tender": "9"}, "valid choice"),
        ({"bill": []}, "Choose a bill"),
        ({"bill": ["1;2"]}, "Choose the bills again"),
        ({"request_key": "x"}, "UUID"),
    ],
)
def test_what_can_not_be_right_takes_nothing(window: Window, changes: dict[str, object], said: str) -> None:
    answer = window.browser.post(window.address, window.form(**changes))
    assert answer.status_code == 422
    assert said in unescape(answer.content.decode())
    assert models.Payment.objects.count() == 1


def test_what_was_typed_stays(window: Window) -> None:
    form = window.form(bill=[f"{window.bills[1]}:8280"], tender="3", tendered="500", note="4711")
    page = window.browser.post(window.address, form).content.decode()
    assert 'value="500"' in page
    assert 'value="4711"' in page
    assert re.search(rf'value="{window.bills[1]}:8280" checked', page)
    assert not re.search(rf'value="{window.bills[0]}:7920" checked', page)
    assert re.search(r'name="tender" value="3" checked', page)


def test_a_payment_is_cancelled_with_a_reason(window: Window) -> None:
    receipt = window.browser.post(window.address, window.form()).headers["Location"]
    payment = models.Payment.objects.latest("id")
    address = reverse("payment_cancel", args=[payment.pk])
    assert address in text_of(window.browser, receipt)
    assert "162.00" in text_of(window.browser, address)
    key = str(uuid.uuid4())
    assert window.browser.post(address, {"request_key": key, "reason": " "}).status_code == 422
    done = {"request_key": key, "reason": "Wrong amount"}
    assert window.browser.post(address, done).status_code == 303
    assert window.browser.post(address, done).status_code == 303
    assert models.Payment.objects.filter(reverses=payment).count() == 1
    page = text_of(window.browser, receipt)
    assert "Cancelled" in page
    assert "Wrong amount" in page
    assert address not in page
    assert [payments.open_minor(bill) for bill in window.bills] == [7920, 8280]


def test_the_payment_of_a_colleague_is_not_cancelled(window: Window) -> None:
    receipt = window.browser.post(window.address, window.form()).headers["Location"]
    payment = models.Payment.objects.latest("id")
    colleague = browser_of(window.world)
    colleague.post(reverse("till_open_shift"))
    address = reverse("payment_cancel", args=[payment.pk])
    assert address not in text_of(colleague, receipt)
    assert colleague.get(address).status_code == 403
    form = {"request_key": str(uuid.uuid4()), "reason": "x"}
    assert colleague.post(address, form).status_code == 403
    assert payments.open_minor(window.bills[0]) == 0


def test_a_reprint_needs_a_reason_and_is_marked(window: Window) -> None:
    window.browser.post(window.address, window.form())
    address = reverse("receipt_print", args=["A00000002"])
    assert window.browser.post(address, {"reason": ""}).status_code == 303
    assert "Say why" in text_of(window.browser, reverse("receipt", args=["A00000002"]))
    window.browser.post(address, {"reason": "Paper jam"})
    page = text_of(window.browser, reverse("receipt", args=["A00000002"]))
    assert re.search(r'class="copy-mark">Reprint 1<', page)
    assert "Paper jam" in page


@pytest.mark.parametrize("layout", ["80", "a5", "241"])
def test_the_receipt_as_pdf(window: Window, layout: str) -> None:
    import io

    import pypdf

    window.browser.post(window.address, window.form())
    answer = window.browser.get(reverse("receipt_pdf", args=["A00000002", layout]))
    assert answer.headers["Content-Type"] == "application/pdf"
    said = pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "A00000002" in said
    assert "162.00" in said
    assert "李秀兰" in said
    assert window.browser.get(reverse("receipt_pdf", args=["A00000002", "b4"])).status_code == 404


def test_a_shift_is_counted_closed_and_taken_over(window: Window) -> None:
    window.browser.post(window.address, window.form(tendered="200"))
    shift = models.Shift.objects.latest("id")
    page, count = reverse("shift", args=[shift.pk]), reverse("shift_count", args=[shift.pk])
    counted = {f"counted_{tender}": "0" for tender in (2, 3, 4)} | {"counted_1": "161"}
    answer = window.browser.post(count, counted)
    assert answer.status_code == 422
    assert "Cash differs by -1.00" in unescape(answer.content.decode())
    assert window.browser.post(count, counted | {"reason_1": "one yuan short"}).status_code == 303
    assert "one yuan short" in text_of(window.browser, page)
    assert window.browser.post(reverse("shift_take_over", args=[shift.pk])).status_code == 403
    supervisor = browser_of(window.world, role="SUPERVISOR")
    assert "Take over" in text_of(supervisor, page)
    assert supervisor.post(reverse("shift_take_over", args=[shift.pk])).status_code == 303
    assert "Taken over" in text_of(supervisor, page)
    assert models.Shift.objects.get(pk=shift.pk).state == models.ShiftState.TAKEN_OVER
    assert "No shift open" in text_of(window.browser, reverse("till"))


def test_a_clerk_sees_the_own_shifts_only(window: Window) -> None:
    assert text_of(window.browser, reverse("shifts")).count("data-href") == 1
    foreign = models.Shift.objects.earliest("id")
    assert window.browser.get(reverse("shift", args=[foreign.pk])).status_code == 403
    manager = browser_of(window.world, role="MANAGER")
    assert text_of(manager, reverse("shifts")).count("data-href") == 2


def test_the_list_of_payments_filters_and_sums(window: Window) -> None:
    window.browser.post(window.address, window.form(tender="2"))
    payment = models.Payment.objects.latest("id")
    window.browser.post(
        reverse("payment_cancel", args=[payment.pk]), {"request_key": str(uuid.uuid4()), "reason": "x"}
    )
    page = text_of(window.browser, reverse("payments"))
    assert page.count("data-href") == 3
    assert "10.00" in page  # all that stands is the balance: 10.00 + 162.00 - 162.00
    assert text_of(window.browser, f"{reverse('payments')}?tender=2").count("data-href") == 2
    found = text_of(window.browser, f"{reverse('payments')}?text=a00000001")
    assert found.count("data-href") == 1
    assert window.browser.get(f"{reverse('payments')}?export=xlsx").status_code == 200


def test_another_station_is_not_there(window: Window) -> None:
    fields = window.form()
    window.browser.post(window.address, fields)
    fields["request_key"] = str(uuid.uuid4())
    stranger = browser_of(window.world, unit_id=window.world.station_b)
    stranger.post(reverse("till_open_shift"))
    shift = models.Shift.objects.filter(station_id=window.world.station_a).latest("id")
    payment = models.Payment.objects.latest("id")
    receipt = reverse("receipt", args=["A00000002"])
    assert "A00000002" in text_of(window.browser, receipt)
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE meterbook_app")
    assert window.browser.get(receipt).status_code == 200
    cancelling = reverse("payment_cancel", args=[payment.pk])
    for address in (window.address, receipt, reverse("shift", args=[shift.pk]), cancelling):
        assert stranger.get(address).status_code == 404, address
    form = {"request_key": str(uuid.uuid4()), "reason": "x"}
    assert stranger.post(cancelling, form).status_code == 404
    assert stranger.post(window.address, fields).status_code == 404
    assert "data-href" not in text_of(stranger, reverse("payments"))
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
