"""The pages of billing, tariffs and the ledger as a browser gets them."""

import datetime
import json

import pytest
import yaml
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meterbook.application import bill_run, company, load_tariff
from meterbook.domain.agreements import models as agreements
from meterbook.domain.billing import models
from meterbook.domain.companies import models as companies
from meterbook.interfaces.web.views import bill_words
from meterbook.rating import unratables
from tests.builders import billing, records

DAY = datetime.date
pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def world() -> records.World:
    company.use_schema("public")
    companies.Company.objects.update(ready_at=timezone.now())
    company.use_schema("main")
    return records.world()


def client(world: records.World, *, role: str, unit_id: int | None = None) -> Client:
    staff = records.staff(role=role, unit_id=unit_id or world.company_unit_id)
    browser = Client()
    browser.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    browser.cookies["language"] = browser.cookies["django_language"] = "en"
    return browser


def read_round(world: records.World, *, quantity: int = 20) -> tuple[records.Supply, int]:
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff())
    usage = billing.usage(
        supply=supply,
        quantity=quantity,
        period_from=DAY(2026, 10, 28),
        period_until=DAY(2026, 11, 28),
    )
    return supply, usage.round_id or 0


def test_a_run_is_previewed_seen_and_issued(world: records.World) -> None:
    _supply, round_id = read_round(world, quantity=200)
    supervisor = client(world, role="SUPERVISOR")
    page = supervisor.get(reverse("bill_run", args=[round_id])).content.decode()
    assert "Not previewed yet" in page
    dates = {"issue_on": "2026-11-30", "due_on": "2026-12-15"}
    answer = supervisor.post(reverse("bill_run_preview", args=[round_id]), dates)
    assert answer.status_code == 303
    assert not models.Bill.objects.exists()
    page = supervisor.get(reverse("bill_run", args=[round_id])).content.decode()
    # 180 x 2.07 + 20 x 4.07 + 200 x (1.57 + 1.36)
    assert "1,040.00" in page
    assert "Sewage treatment fee" in page
    run = models.BillRun.objects.get()
    seen = {"seen": run.fingerprint}
    for said in ("1 bills issued.", "This run was issued before"):
        answer = supervisor.post(reverse("bill_run_issue", args=[round_id, run.pk]), seen, follow=True)
        assert said in answer.content.decode()
    assert models.Bill.objects.count() == 1


def test_due_before_issue_is_shown_at_the_field(world: records.World) -> None:
    _supply, round_id = read_round(world)
    answer = client(world, role="SUPERVISOR").post(
        reverse("bill_run_preview", args=[round_id]), {"issue_on": "2026-11-30", "due_on": "2026-11-29"}
    )
    assert answer.status_code == 422
    assert "before the day of issue" in answer.content.decode()


def test_a_stale_preview_is_refused_with_words(world: records.World) -> None:
    _supply, round_id = read_round(world)
    run = billing.previewed_run(round_id=round_id, issue_on=DAY(2026, 11, 30))
    answer = client(world, role="SUPERVISOR").post(
        reverse("bill_run_issue", args=[round_id, run.run_id]), {"seen": "0" * 64}, follow=True
    )
    assert "preview again" in answer.content.decode()
    assert not models.Bill.objects.exists()


def test_a_parked_usage_tells_why_and_is_released_and_billed(world: records.World) -> None:
    supply, round_id = read_round(world, quantity=150)
    billing.usage(supply=supply, quantity=10, period_from=DAY(2026, 9, 28), period_until=DAY(2026, 10, 28))
    run = billing.issued_run(round_id=round_id, issue_on=DAY(2026, 11, 30))
    supervisor = client(world, role="SUPERVISOR")
    page = supervisor.get(reverse("bill_run", args=[round_id])).content.decode()
    assert "Far above the usage of the past" in page
    usage_id = models.ParkedUsage.objects.get().usage_id
    release = reverse("bill_run_release", args=[round_id, usage_id])
    assert "A reason is needed" in supervisor.post(release, {"reason": ""}, follow=True).content.decode()
    assert "Released" in supervisor.post(release, {"reason": "Pool filled"}, follow=True).content.decode()
    dates = {"issue_on": "2026-12-05", "due_on": "2026-12-20"}
    answer = supervisor.post(reverse("bill_run_rest", args=[round_id, run.run_id]), dates, follow=True)
    assert "1 more bills issued" in answer.content.decode()


def test_a_bill_explains_itself_on_screen_and_paper(world: records.World) -> None:
    supply, round_id = read_round(world, quantity=200)
    billing.issued_run(round_id=round_id, issue_on=DAY(2026, 11, 30))
    bill_id = billing.bill_of(account_id=supply.account_id).pk
    clerk = client(world, role="CLERK", unit_id=world.station_a)
    for name in ("bill", "bill_print"):
        page = clerk.get(reverse(name, args=[bill_id])).content.decode()
        assert "Tier 2, 180–260 m³: 20 m³ × 4.07 yuan = 81.40 yuan" in page, name
        assert "1,040.00" in page, name
    stranger = client(world, role="CLERK", unit_id=world.station_b)
    assert stranger.get(reverse("bill", args=[bill_id + 1])).status_code == 404


def test_the_list_filters_sums_and_exports(world: records.World) -> None:
    tariff_id = records.tariff()
    supplies = records.supplies(count=3, station_id=world.station_a, tariff_id=tariff_id)
    for quantity, supply in enumerate(supplies):
        usage = billing.usage(
            supply=supply,
            quantity=quantity * 10,
            period_from=DAY(2026, 10, 28),
            period_until=DAY(2026, 11, 28),
        )
    billing.issued_run(round_id=usage.round_id or 0, issue_on=DAY(2026, 11, 30))
    clerk = client(world, role="CLERK")
    page = clerk.get(reverse("bills")).content.decode()
    assert "150.00" in page
    number = billing.bill_of(account_id=supplies[1].account_id)
    page = clerk.get(reverse("bills"), {"account_no": supplies[1].account_no}).content.decode()
    assert f"/bills/{number.pk}/" in page
    assert f"/bills/{billing.bill_of(account_id=supplies[2].account_id).pk}/" not in page
    assert "Nothing to pay" in clerk.get(reverse("bills"), {"state": "ZERO"}).content.decode()
    sheet = clerk.get(reverse("bills"), {"export": "xlsx"})
    assert sheet["Content-Type"].startswith("application/vnd.openxmlformats")


def test_the_price_sheet_shows_tiers_and_versions(world: records.World) -> None:
    records.tariff()
    clerk = client(world, role="CLERK")
    assert "Beijing water, residential" in clerk.get(reverse("tariffs")).content.decode()
    page = clerk.get(reverse("tariff", args=[records.BEIJING_WATER])).content.decode()
    for text in (
        "4.07 yuan / m³",
        "180 m³",
        "tier 3",
        "the calendar year",
        "in proportion to days",
        "In force",
    ):
        assert text in page, text
    assert clerk.get(reverse("tariff", args=["NOPE"])).status_code == 404


def test_the_price_sheet_shows_every_kind_of_charge_in_both_languages(world: records.World) -> None:
    text = (records.ROOT / "tests/unit/rating/everything.yaml").read_text(encoding="utf-8")
    load_tariff.load_tariff(actor=records.system(), text=text, now=records.NOW)
    clerk = client(world, role="CLERK")
    page = clerk.get(reverse("tariff", args=["BIG"])).content.decode()
    for found in ("meter size 15 mm", "3.5 %", "2.00 yuan / unit of capacity / day", "11-15 – 03-15", "POOR"):
        assert (found in page) is (found != "POOR"), found
    clerk.cookies["language"] = clerk.cookies["django_language"] = "zh-hans"
    page = clerk.get(reverse("tariff", args=["BIG"])).content.decode()
    for found in ("低保", "季节", "峰", "11-15 – 03-15"):
        assert found in page, found


def test_a_bill_over_a_change_of_price_shows_both_parts(world: records.World) -> None:
    text = (records.ROOT / "tariffs/cn/beijing/water-residential.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    old = content["versions"][-1]
    content["versions"].append({**old, "effective_from": DAY(2026, 11, 8)})
    old["effective_until"] = DAY(2026, 11, 8)
    loaded = load_tariff.load_tariff(
        actor=records.system(), text=json.dumps(content, default=str), now=records.NOW
    )
    supply = records.supply(station_id=world.station_a, tariff_id=loaded.tariff_id)
    usage = billing.usage(
        supply=supply, quantity=20, period_from=DAY(2026, 10, 28), period_until=DAY(2026, 11, 28)
    )
    billing.issued_run(round_id=usage.round_id or 0, issue_on=DAY(2026, 11, 30))
    bill_id = billing.bill_of(account_id=supply.account_id).pk
    clerk = client(world, role="CLERK")
    for name in ("bill", "bill_print"):
        page = clerk.get(reverse(name, args=[bill_id])).content.decode()
        # 11 of 31 days of 20 m3 are 7.1
        for found in (
            "2026-10-28 to 2026-11-07, 11 days",
            "2026-11-08 to 2026-11-27, 20 days",
            "Tier 1, 0–180 m³: 7 m³ × 2.07 yuan = 14.49 yuan",
            "Tier 1, 0–180 m³: 13 m³ × 2.07 yuan = 26.91 yuan",
            "includes 9 % VAT 2.22 yuan",
            "Price in force from 2014-05-01 to 2026-11-07; source: http",
            "Price in force from 2026-11-08; source: http",
        ):
            assert found in page, (name, found)


OLD_COLUMNS = """bill_id, line_no, station_id, tariff_version_id, component_no, tier, tier_from_milli,
    tier_until_milli, before_milli, quantity_milli, unit_price_micro, amount_minor, rounding, days"""


def test_a_bill_from_before_lines_kept_their_tax_and_days(world: records.World) -> None:
    """Its lines have the defaults that the columns were added with."""
    supply, round_id = read_round(world, quantity=200)
    billing.issued_run(round_id=round_id, issue_on=DAY(2026, 11, 30))
    bill = billing.bill_of(account_id=supply.account_id)
    lines = models.BillLine.objects.filter(bill_id=bill.pk)
    rows = list(lines.order_by("line_no").values_list(*(name.strip() for name in OLD_COLUMNS.split(","))))
    models.Bill.objects.create(
        **{name: value for name, value in vars(bill).items() if name not in {"_state", "id", "usage_id"}},
        id=bill.pk + 1,
    )
    values = ", ".join(["%s"] * len(rows[0]))
    with connection.cursor() as cursor:
        for row in rows:
            cursor.execute(
                f"INSERT INTO billing_billline ({OLD_COLUMNS}) VALUES ({values})",  # noqa: S608 - constants
                [bill.pk + 1, *row[1:]],
            )
    clerk = client(world, role="CLERK")
    page = clerk.get(reverse("bill", args=[bill.pk + 1])).content.decode()
    assert "Tier 2, 180–260 m³: 20 m³ × 4.07 yuan = 81.40 yuan" in page
    assert "includes 9 % VAT</span>" in page
    assert "of it tax" not in page
    assert "of it tax 37.49" in clerk.get(reverse("bill", args=[bill.pk])).content.decode()


def test_every_reason_to_park_has_words() -> None:
    codes = [*bill_run.ParkCode, *unratables.UnratableCode]
    for code in codes:
        reason, remedy = bill_words.parked(code.value)
        assert reason, code
        assert remedy, code


def test_the_ledger_shows_balances_and_its_proof(world: records.World) -> None:
    _supply, round_id = read_round(world)
    billing.issued_run(round_id=round_id, issue_on=DAY(2026, 11, 30))
    accountant = client(world, role="ACCOUNTANT")
    assert "100.00" in accountant.get(reverse("ledger")).content.decode()
    assert "Every check holds" in accountant.get(reverse("ledger_proof")).content.decode()
    local = client(world, role="ACCOUNTANT", unit_id=world.station_a)
    assert local.get(reverse("ledger_proof")).status_code == 403
    assert client(world, role="CLERK").get(reverse("ledger")).status_code == 403


def test_only_who_may_issue_sees_the_button(world: records.World) -> None:
    _supply, round_id = read_round(world)
    run = billing.previewed_run(round_id=round_id, issue_on=DAY(2026, 11, 30))
    assert client(world, role="CLERK").get(reverse("bill_run", args=[round_id])).status_code == 403
    posted = client(world, role="MANAGER").post(reverse("bill_run_issue", args=[round_id, run.run_id]))
    assert posted.status_code == 403
    assert not models.Bill.objects.exists()


def test_the_list_of_runs_shows_every_stage(world: records.World) -> None:
    tariff_id = records.tariff()
    for month, act in ((9, "issued"), (10, "previewed"), (11, "")):
        supply = records.supply(station_id=world.station_a, tariff_id=tariff_id, book_code=f"01{month:02d}")
        usage = billing.usage(
            supply=supply,
            quantity=20,
            period_from=DAY(2026, month - 1, 28),
            period_until=DAY(2026, month, 28),
        )
        make = {"issued": billing.issued_run, "previewed": billing.previewed_run}.get(act)
        if make:
            make(round_id=usage.round_id or 0, issue_on=DAY(2026, month, 30))
    page = client(world, role="SUPERVISOR").get(reverse("bill_runs")).content.decode()
    for text in ("Issued", "Previewed", "Ready to bill", "200.00"):
        assert text in page, text
    ready = client(world, role="SUPERVISOR").get(reverse("bill_runs"), {"stage": "READY"}).content.decode()
    assert "2026-11" in ready
    assert "200.00" not in ready


def test_agreement_without_tariff_is_told_on_the_page(world: records.World) -> None:
    supply, round_id = read_round(world)
    agreements.AgreementTariff.objects.filter(agreement_id=supply.agreement_id).delete()
    billing.previewed_run(round_id=round_id, issue_on=DAY(2026, 11, 30))
    page = client(world, role="SUPERVISOR").get(reverse("bill_run", args=[round_id])).content.decode()
    assert "No tariff in force" in page
    assert bill_run.ParkCode.NO_TARIFF.value not in page


def queued() -> list[tuple[str, dict[str, object]]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM public.procrastinate_jobs ORDER BY id")
        return [
            (row[0], json.loads(row[1]) if isinstance(row[1], str) else row[1]) for row in cursor.fetchall()
        ]


def test_all_books_of_a_list_are_handed_to_the_background(world: records.World) -> None:
    _supply, ready = read_round(world)
    other = records.supply(station_id=world.station_a, tariff_id=records.tariff(), book_code="0102")
    usage = billing.usage(
        supply=other, quantity=20, period_from=DAY(2026, 10, 28), period_until=DAY(2026, 11, 28)
    )
    run = billing.previewed_run(round_id=usage.round_id or 0, issue_on=DAY(2026, 11, 30))
    supervisor = client(world, role="SUPERVISOR")
    page = supervisor.get(reverse("bill_runs")).content.decode()
    for text in ("1 book ready", "1 book, 1 bills, ¥100.00", f"{run.run_id}:{run.fingerprint}"):
        assert text in page, text
    dates = {"issue_on": "2026-11-30", "due_on": "2026-12-15", "period": "2026-11-01"}
    said = supervisor.post(reverse("bill_runs_preview"), dates, follow=True).content.decode()
    assert "1 book is being billed in the background" in said
    assert "1 job left" in said
    supervisor.post(reverse("bill_runs_issue"), {"seen": f"{run.run_id}:{run.fingerprint}"})
    preview, issue = queued()
    assert (preview[0], preview[1]["round_ids"]) == ("preview_books", [ready])
    assert (issue[0], issue[1]["seen"]) == ("issue_books", [[run.run_id, run.fingerprint]])


def test_nothing_is_handed_over_that_is_not_right(world: records.World) -> None:
    _supply, round_id = read_round(world)
    run = billing.previewed_run(round_id=round_id, issue_on=DAY(2026, 11, 30))
    supervisor = client(world, role="SUPERVISOR")
    for address, data in (
        ("bill_runs_preview", {"issue_on": "2026-11-30", "due_on": "2026-11-01"}),
        ("bill_runs_preview", {"issue_on": "2026-11-30", "due_on": "2026-12-01", "period": "x"}),
        ("bill_runs_issue", {"seen": "nonsense"}),
        ("bill_runs_issue", {"seen": f"{run.run_id + 1}:{run.fingerprint}"}),
    ):
        assert supervisor.post(reverse(address), data).status_code == 303
    assert client(world, role="MANAGER").post(reverse("bill_runs_issue")).status_code == 403
    assert queued() == []
