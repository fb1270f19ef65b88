"""Log-in, lock-out, log-out, language, theme; and the form that survives an ended session."""

import html
import re

import pytest
from django.conf import LazySettings
from django.core import signing
from django.test import Client

from meterbook.domain.access import models as access
from meterbook.interfaces.web import resume
from tests.unit.web.conftest import PASSWORD, MakeStaff


def test_log_in_and_out(clerk_client: Client) -> None:
    assert clerk_client.get("/").status_code == 200
    assert clerk_client.get("/logout").status_code == 405, "a link or picture can't log anyone out"
    assert clerk_client.post("/logout")["Location"] == "/login"
    assert clerk_client.get("/").status_code == 302


@pytest.mark.parametrize("username", ["clerk", "nobody"])
def test_lock_out_says_the_same_whether_or_not_the_name_exists(
    visitor: Client, clerk: access.Staff, settings: LazySettings, username: str
) -> None:
    answers = [
        visitor.post("/login", {"username": username, "password": "wrong"})
        for _ in range(settings.AXES_FAILURE_LIMIT)
    ]
    assert {answer.status_code for answer in answers[:-1]} == {422}
    assert answers[-1].status_code == 429
    assert username not in answers[-1].content.decode()
    locked = visitor.post("/login", {"username": username, "password": PASSWORD})
    assert locked.status_code == 429, "the right password doesn't open a locked door"


def test_a_failed_log_in_says_the_same_for_both_names(visitor: Client, clerk: access.Staff) -> None:
    pages = [
        visitor.post("/login", {"username": name, "password": "wrong"}).content.decode()
        for name in ("clerk", "nobody")
    ]
    shown = [re.sub(r'value="(clerk|nobody|[\w-]{64})"', "", page) for page in pages]
    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "login"]
)
def test_log_in_leads_nowhere_else(visitor: Client, clerk: access.Staff, target: str) -> None:
    answer = visitor.post("/login", {"username": "clerk", "password": PASSWORD, "next": target})
    assert answer["Location"] == "/"


def test_language_and_theme_are_cookies_the_server_reads(clerk_client: Client) -> None:
    clerk_client.post("/theme", {"theme": "dark", "next": "/note"})
    answer = clerk_client.post("/language", {"language": "en", "next": "/bills?utility=GAS"})
    assert answer["Location"] == "/bills?utility=GAS"
    text = clerk_client.get("/note").content.decode()
    assert '<html lang="en" data-theme="dark">' in text
    clerk_client.post("/theme", {"theme": "purple"})
    assert 'data-theme="dark"' in clerk_client.get("/note").content.decode()


def _kept_token(text: str) -> str:
    found = re.search(r'name="resume" value="([^"]+)"', text)
    assert found is not None
    return html.unescape(found[1])


def test_a_form_sent_after_the_session_ended_is_kept(visitor: Client, clerk: access.Staff) -> None:
    typed = {"name": '欧阳 "娜娜" <x>', "amount": "12.50", "new_password": "secret-word"}
    answer = visitor.post("/note?from=till", typed)
    text = answer.content.decode()
    assert answer.status_code == 401
    assert "secret-word" not in signing.loads(_kept_token(text), salt="meterbook.resume").__repr__()

    wrong = visitor.post(
        "/login", {"username": "clerk", "password": "typo", "resume": _kept_token(text)}
    ).content.decode()
    answer = visitor.post("/login", {"username": "clerk", "password": PASSWORD, "resume": _kept_token(wrong)})
    assert answer["Location"] == "/resume"

    offered = visitor.get("/resume").content.decode()
    assert 'action="/note?from=till"' in offered
    fields = dict(re.findall(r'type="hidden" name="(name|amount|new_password)" value="([^"]*)"', offered))
    assert {key: html.unescape(value) for key, value in fields.items()} == {
        "name": typed["name"],
        "amount": "12.50",
    }
    sent = visitor.post("/note?from=till", {key: html.unescape(value) for key, value in fields.items()})
    assert sent.status_code == 303


def test_only_the_server_can_make_a_kept_form(visitor: Client, clerk: access.Staff) -> None:
    forged = signing.dumps({"path": "/note", "fields": [], "files": []}, salt="something else")
    answer = visitor.post("/login", {"username": "clerk", "password": PASSWORD, "resume": forged})
    assert answer["Location"] == "/"
    assert resume.unpacked(forged) is None
    assert visitor.get("/resume").status_code == 303, "nothing kept: nothing offered"


def test_a_script_of_the_page_is_told_that_the_session_ended(visitor: Client) -> None:
    answer = visitor.get("/search?q=1", headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 401
    assert answer.content == b""


def test_a_form_without_its_token_is_refused_in_words(clerk: access.Staff) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/note", {"name": "x"}, headers={"accept-language": "en"})
    assert answer.status_code == 403
    assert "This form cannot be accepted" in answer.content.decode()


def test_a_weak_new_password_is_refused(clerk_client: Client) -> None:
    answer = clerk_client.post(
        "/password", {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    )
    assert answer.status_code == 422


def test_a_deactivated_person_is_out_at_once(clerk_client: Client, clerk: access.Staff) -> None:
    clerk.is_active = False
    clerk.save(update_fields=["is_active"])
    assert clerk_client.get("/").status_code == 302


def test_a_right_taken_away_is_gone_at_the_next_request(visitor: Client, make_staff: MakeStaff) -> None:
    staff = make_staff(username="clerk2")
    visitor.post("/login", {"username": "clerk2", "password": PASSWORD})
    assert visitor.get("/bills").status_code == 200
    staff.roles.clear()
    assert visitor.get("/bills").status_code == 403
