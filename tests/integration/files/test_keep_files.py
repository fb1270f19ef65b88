"""Files on records: kept once, looked at with the right and a trace, taken off with a reason, put back."""

import uuid
from dataclasses import dataclass

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from meterbook.application import actor as actors
from meterbook.application import keep_files, transaction
from meterbook.domain.access import models as access
from meterbook.domain.companies import models as companies
from meterbook.domain.files import models, ports, queries, rules
from meterbook.interfaces import file_store
from meterbook.interfaces.web.views import files as views
from tests.builders import pictures, records

BACKEND = "django.contrib.auth.backends.ModelBackend"
IDENTITY = keep_files.Category.IDENTITY


@dataclass(frozen=True, slots=True)
class Counter:
    supply: records.Supply
    clerk: actors.Actor
    manager: actors.Actor
    stranger: actors.Actor


@pytest.fixture
def counter(db: None) -> Counter:
    world = records.world()
    supply = records.supplies(count=1, station_id=world.station_a, tariff_id=records.tariff())[0]
    return Counter(
        supply=supply,
        clerk=records.actor(role="CLERK", unit_id=world.station_a),
        manager=records.actor(role="MANAGER", unit_id=world.station_a),
        stranger=records.actor(role="CLERK", unit_id=world.station_b),
    )


@pytest.fixture
def browser(counter: Counter) -> Client:
    companies.Company.objects.update(ready_at=records.NOW)
    client = Client()
    staff_id = counter.clerk.staff_id
    assert staff_id is not None
    client.force_login(access.Staff.objects.get(pk=staff_id), backend=BACKEND)
    return client


def look(actor: actors.Actor, link_id: int, *, is_thumbnail: bool = False) -> keep_files.Opened:
    return keep_files.look(
        actor=actor, store=file_store.store(), link_id=link_id, now=records.NOW, is_thumbnail=is_thumbnail
    )


def acts(account_id: int) -> list[str]:
    rows = access.AuditEntry.objects.filter(subject_kind="ACCOUNT", subject_id=str(account_id))
    return list(rows.order_by("id").values_list("act", flat=True))


def files_of(counter: Counter, *, actor: actors.Actor | None = None) -> list[queries.FileFacts]:
    with transaction.reading(actor=actor or counter.clerk):
        return queries.files_of(subject_kind=models.SubjectKind.ACCOUNT, subject_id=counter.supply.account_id)


def test_a_file_is_kept_and_read_back_byte_by_byte(counter: Counter) -> None:
    content = pictures.picture()
    kept = pictures.hand_in(actor=counter.clerk, account_id=counter.supply.account_id, content=content)
    assert look(counter.clerk, kept.link_id).content == content
    assert look(counter.clerk, kept.link_id, is_thumbnail=True).content[:4] == b"RIFF"
    assert acts(counter.supply.account_id) == ["FILE_ADDED"]


def test_sent_twice_it_is_kept_once(counter: Counter) -> None:
    file = pictures.handed_in(request_key=uuid.uuid4())
    kept = [
        keep_files.hand_in(
            actor=counter.clerk,
            store=file_store.store(),
            kind="ACCOUNT",
            subject_id=counter.supply.account_id,
            file=file,
            now=records.NOW,
        )
        for _ in range(2)
    ]
    assert kept[0].link_id == kept[1].link_id
    assert acts(counter.supply.account_id) == ["FILE_ADDED"]


def test_the_same_bytes_on_two_records_are_stored_once(counter: Counter) -> None:
    for _ in range(2):
        pictures.hand_in(actor=counter.clerk, account_id=counter.supply.account_id)
    assert models.StoredFile.objects.count() == 1
    assert len(files_of(counter)) == 2


def test_each_look_at_a_personal_document_is_written_down(counter: Counter) -> None:
    kept = pictures.hand_in(actor=counter.clerk, account_id=counter.supply.account_id, category=IDENTITY)
    look(counter.clerk, kept.link_id)
    look(counter.clerk, kept.link_id)
    assert acts(counter.supply.account_id) == ["FILE_ADDED", "FILE_VIEWED", "FILE_VIEWED"]
    with pytest.raises(actors.NotAllowedError) as refused:
        look(counter.manager, kept.link_id)
    assert refused.value.right == "personal_files.view"
    with pytest.raises(keep_files.FileUnknownError):
        look(counter.clerk, kept.link_id, is_thumbnail=True)


def test_taken_off_with_a_reason_and_put_back(counter: Counter) -> None:
    kept = pictures.hand_in(actor=counter.clerk, account_id=counter.supply.account_id)
    with pytest.raises(keep_files.ReasonMissingError):
        keep_files.take_off(actor=counter.clerk, link_id=kept.link_id, reason="  ", now=records.NOW)
    keep_files.take_off(actor=counter.clerk, link_id=kept.link_id, reason="挂错户", now=records.NOW)
    assert files_of(counter) == []
    with pytest.raises(keep_files.FileUnknownError):
        look(counter.manager, kept.link_id)
    with pytest.raises(keep_files.FileRemovedError):
        keep_files.take_off(actor=counter.clerk, link_id=kept.link_id, reason="再来", now=records.NOW)
    keep_files.put_back(actor=counter.clerk, link_id=kept.link_id, now=records.NOW)
    assert [facts.link_id for facts in files_of(counter)] == [kept.link_id]
    assert acts(counter.supply.account_id) == ["FILE_ADDED", "FILE_REMOVED", "FILE_RESTORED"]


def test_rights_and_stations_are_kept(counter: Counter, as_web_role: None) -> None:
    kept = pictures.hand_in(actor=counter.clerk, account_id=counter.supply.account_id)
    with pytest.raises(actors.NotAllowedError):
        pictures.hand_in(actor=counter.manager, account_id=counter.supply.account_id)
    with pytest.raises(keep_files.SubjectUnknownError):
        pictures.hand_in(actor=counter.stranger, account_id=counter.supply.account_id)
    with pytest.raises(keep_files.FileUnknownError):
        look(counter.stranger, kept.link_id)
    with pytest.raises(keep_files.FileUnknownError):
        keep_files.take_off(actor=counter.stranger, link_id=kept.link_id, reason="别人的", now=records.NOW)
    assert files_of(counter, actor=counter.stranger) == []


class _FullStore:
    """A store whose disk is full."""

    def put(self, *, key: str, content: bytes) -> None:
        raise ports.StoreError(f"no space left for {len(content)} bytes of {key}")


def test_a_store_that_fails_leaves_no_row(counter: Counter) -> None:
    with pytest.raises(ports.StoreError):
        keep_files.hand_in(
            actor=counter.clerk,
            store=_FullStore(),  # type: ignore[arg-type]  # only `put` is asked
            kind="ACCOUNT",
            subject_id=counter.supply.account_id,
            file=pictures.handed_in(),
            now=records.NOW,
        )
    assert models.StoredFile.objects.count() == 0


def test_the_page_takes_shows_and_serves(counter: Counter, browser: Client) -> None:
    page = reverse("files", args=["ACCOUNT", counter.supply.account_id])
    answer = browser.post(
        page,
        {
            "file": SimpleUploadedFile("合同.pdf.html", pictures.PDF),
            "category": int(keep_files.Category.CONTRACT),
            "note": "2026",
            "request_key": str(uuid.uuid4()),
        },
        follow=True,
    )
    assert answer.status_code == 200
    assert "合同.pdf.pdf" in answer.content.decode()
    (kept,) = files_of(counter)
    served = browser.get(reverse("file", args=[kept.link_id]))
    assert served.content == pictures.PDF
    assert served["Content-Type"] == "application/pdf"
    assert served["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in served["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<html><script>alert(1)</script></html>", rules.Refusal.KIND_NOT_ALLOWED),
        (
            pictures.archive("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"),
            rules.Refusal.HAS_MACROS,
        ),
    ],
)
def test_a_refused_file_says_why_beside_the_field(
    counter: Counter, browser: Client, content: bytes, code: rules.Refusal
) -> None:
    page = reverse("files", args=["ACCOUNT", counter.supply.account_id])
    posted = {
        "file": SimpleUploadedFile("photo.jpg", content),
        "category": int(keep_files.Category.PHOTO),
        "request_key": str(uuid.uuid4()),
    }
    browser.cookies["meterbook_language"] = "en"
    answer = browser.post(page, posted)
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"] == [str(views.REFUSALS[code])]
    assert models.StoredFile.objects.count() == 0


def test_files_of_nobody_are_not_found(browser: Client) -> None:
    for kind, subject_id in (("ACCOUNT", 999_999), ("NOTHING", 1), ("CUSTOMER", 999_999)):
        assert browser.get(reverse("files", args=[kind, subject_id])).status_code == 404
