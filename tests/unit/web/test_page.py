"""@page: who gets in, inside which transaction, and what a refusal looks like."""

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from meterbook.application import actor as actors
from meterbook.domain.access import models as access
from meterbook.interfaces.web import page
from tests.unit.web import demo_urls
from tests.unit.web.conftest import PASSWORD, MakeStaff


def test_a_visitor_is_sent_to_the_log_in_and_back(visitor: Client, clerk: access.Staff) -> None:
    answer = visitor.get("/bills?utility=GAS&page=2")
    assert answer.status_code == 302
    assert answer["Location"] == "/login?next=%2Fbills%3Futility%3DGAS%26page%3D2"
    answer = visitor.post(
        "/login", {"username": "CLERK", "password": PASSWORD, "next": "/bills?utility=GAS&page=2"}
    )
    assert answer["Location"] == "/bills?utility=GAS&page=2"


def test_a_missing_right_is_a_403_that_names_it(visitor: Client, make_staff: MakeStaff) -> None:
    make_staff(username="reader", role="READER")
    visitor.post("/login", {"username": "reader", "password": PASSWORD})
    answer = visitor.get("/bills", headers={"accept-language": "en"})
    assert answer.status_code == 403
    assert "See bills" in answer.content.decode()
    assert "billing.view" not in answer.content.decode()
    assert 'href="/bills"' not in answer.content.decode(), "what one may not do is not in the menu"


def test_a_use_case_that_refuses_is_the_same_403(clerk_client: Client) -> None:
    answer = clerk_client.post("/refuse", headers={"accept-language": "en"})
    assert answer.status_code == 403
    assert "Cancel payments of others" in answer.content.decode()


def test_another_method_is_a_designed_405(clerk_client: Client) -> None:
    answer = clerk_client.post("/bills")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"
    assert "rail" in answer.content.decode()


def test_a_first_password_must_be_changed_before_anything_else(
    visitor: Client, make_staff: MakeStaff
) -> None:
    make_staff(username="new", must_change_password=True)
    visitor.post("/login", {"username": "new", "password": PASSWORD})
    assert visitor.get("/bills")["Location"] == "/password"
    answer = visitor.post(
        "/password",
        {"old_password": PASSWORD, "new_password1": "Slow-Lake-99", "new_password2": "Slow-Lake-99"},
    )
    assert answer.status_code == 303
    assert visitor.get("/bills").status_code == 200, "still logged in after the change"
    old = Client().post("/login", {"username": "new", "password": PASSWORD})
    assert old.status_code == 422, "the old password is gone"


def test_pages_are_never_kept_by_caches(clerk_client: Client) -> None:
    assert "no-store" in clerk_client.get("/bills")["Cache-Control"]


def test_a_read_happens_in_a_read_only_scoped_transaction(clerk: access.Staff) -> None:
    seen: dict[str, str] = {}

    @page.page(right="billing.view", methods=("GET", "POST"))
    def look(request: page.PageRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(current_setting('meterbook.scope', true), '')")
            seen["scope"] = cursor.fetchone()[0]
        seen["depth"] = str(len(connection.savepoint_ids))
        return HttpResponse("")

    def ask(method: str) -> None:
        request = getattr(RequestFactory(), method)("/")
        request.user = clerk
        look(request)

    before = str(len(connection.savepoint_ids))
    ask("get")
    scope = ",".join(str(unit) for unit in actors.of_staff(staff=clerk, remote_address="").unit_ids)
    assert seen == {"scope": scope, "depth": str(int(before) + 1)}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL meterbook.scope = ''")
    ask("post")
    assert seen == {"scope": "", "depth": before}, "a POST opens nothing: the use case does"


def test_an_unknown_right_is_refused_at_import() -> None:
    with pytest.raises(ValueError, match=r"bills\.veiw"):
        page.page(right="bills.veiw")


def test_every_route_is_guarded_and_the_check_can_fail() -> None:
    assert list(page.unguarded(demo_urls.urlpatterns)) == []
    assert list(page.unguarded([path("open", demo_urls.unguarded, name="open")])) == ["open"]


def test_a_notice_is_shown_once_after_a_redirect(clerk_client: Client) -> None:
    answer = clerk_client.post("/note", {"name": "<张>", "amount": "１２．５０"})
    assert answer.status_code == 303
    first = clerk_client.get("/").content.decode()
    assert "&lt;张&gt; 1250" in first
    assert "&lt;张&gt; 1250" not in clerk_client.get("/").content.decode()


def test_a_wrong_form_is_shown_again_with_its_words(clerk_client: Client) -> None:
    answer = clerk_client.post("/note", {"name": "Li", "amount": "1.005"}, headers={"accept-language": "en"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Too many decimals." in text
    assert 'value="1.005"' in text
    assert 'aria-invalid="true"' in text
    assert 'aria-describedby="id_amount_error"' in text
