"""`meterbook pay` and `meterbook close-day` as scripts use them."""

import json
import uuid

import pytest
from typer.testing import CliRunner

from meterbook.domain.access import models as access
from meterbook.domain.documents import models as documents
from meterbook.domain.payments import models
from meterbook.interfaces import clock
from meterbook.interfaces.cli import close_day, console, pay
from meterbook.kernel import numbering
from tests.builders import payments, records

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def supply(monkeypatch: pytest.MonkeyPatch) -> records.Supply:
    """A customer, and the clerk `liuqing` without a shift."""

    def nothing(*, role: str = "job") -> None:
        """Django is ready in tests."""

    monkeypatch.setattr(console, "django_setup", nothing)
    world = records.world()
    records.staff(unit_id=world.station_a, username="liuqing", name="柳青")
    records.staff(unit_id=world.station_a, username="zhoumin", name="周敏", role="SUPERVISOR")
    return records.supply(station_id=world.station_a, tariff_id=records.tariff())


def run_pay(supply: records.Supply, *more: str, key: uuid.UUID | None = None) -> dict[str, object]:
    """The JSON answer; a refusal is raised."""
    words = ["--account", supply.account_no, "--clerk", "liuqing", "--request-key", str(key or uuid.uuid4())]
    result = CliRunner().invoke(pay.app, [*words, "--json", *more], catch_exceptions=False)
    answer: dict[str, object] = json.loads(result.stdout)
    return answer


def test_all_open_bills_are_paid_exactly_and_once(supply: records.Supply) -> None:
    bills = [payments.bill(supply=supply, amount_minor=amount) for amount in (7920, 8280)]
    key = uuid.uuid4()
    first = run_pay(supply, key=key)
    again = run_pay(supply, key=key)
    assert first == again | {"is_repeat": False}
    assert (first["cleared_minor"], first["receipt_no"]) == (16200, "A00000001")
    assert [payments.open_minor(bill) for bill in bills] == [0, 0]
    # Nobody held paper in hand: the original may still be printed.
    assert not documents.ReceiptEvent.objects.exists()
    act = access.AuditEntry.objects.get(act="PAYMENT_TAKEN")
    assert act.actor_name == "柳青"
    assert act.remote_address.startswith("cli:")


def test_a_chosen_bill_a_tender_and_kept_change(supply: records.Supply) -> None:
    chosen, other = (payments.bill(supply=supply, amount_minor=5000) for _ in range(2))
    taken = run_pay(
        supply,
        *("--bill", numbering.bill_no(2026, chosen), "--amount", "60", "--tender", "qr", "--keep-change"),
    )
    assert taken["prepaid_added_minor"] == 1000
    assert (payments.open_minor(chosen), payments.open_minor(other)) == (0, 5000)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--amount", "1.234"), "amount"),
        (("--tender", "gold"), "tender"),
        (("--bill", "123"), "no bill"),
        (("--amount", "0"), "amount received"),
        (("--clerk", "nobody"), "no member of staff"),
    ],
)
def test_refusals_say_what_is_wrong(
    supply: records.Supply, more: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.utils import translation

    payments.bill(supply=supply, amount_minor=5000)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with translation.override("en"), pytest.raises(console.CommandError, match=said):
        run_pay(supply, *more)
    assert not models.Payment.objects.exists()


def test_close_day_counts_and_hands_over(supply: records.Supply) -> None:
    run_pay(supply, "--amount", "50")
    run_pay(supply, "--amount", "30", "--tender", "qr")
    words = ["--clerk", "liuqing", "--count", "cash=49", "--count", "qr=30", "--json"]
    with pytest.raises(console.CommandError):
        CliRunner().invoke(close_day.app, words, catch_exceptions=False)
    words += ["--reason", "one yuan short", "--taken-over-by", "zhoumin"]
    result = CliRunner().invoke(close_day.app, words, catch_exceptions=False)
    answer = json.loads(result.stdout)
    assert answer["difference_minor"] == -100
    assert answer["tenders"]["QR_MANUAL"]["counted_minor"] == 3000
    shift = models.Shift.objects.get()
    assert (shift.state, shift.business_on) == (models.ShiftState.TAKEN_OVER, clock.today())
    with pytest.raises(console.CommandError):
        CliRunner().invoke(close_day.app, words, catch_exceptions=False)
