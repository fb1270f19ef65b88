"""A list is saved as it is shown, found again, shared down the tree, and deleted by its owner only."""

from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from meterbook.application import actor as actors
from meterbook.application import saved_views, transaction
from meterbook.domain.access import models as access
from meterbook.domain.companies import models as companies
from tests.builders import records

QUERY = "owing=1&sort=-owed_minor&columns=account_no&columns=owed_minor"


@dataclass(frozen=True, slots=True)
class Office:
    clerk: actors.Actor
    colleague: actors.Actor
    boss: actors.Actor
    stranger: actors.Actor


@pytest.fixture
def office(db: None) -> Office:
    world = records.world()
    companies.Company.objects.update(ready_at=records.NOW)
    return Office(
        clerk=records.actor(unit_id=world.station_a),
        colleague=records.actor(unit_id=world.station_a),
        boss=records.actor(role="SUPERVISOR", unit_id=world.company_unit_id),
        stranger=records.actor(unit_id=world.station_b),
    )


def save(actor: actors.Actor, name: str, *, is_shared: bool = False, query: str = QUERY) -> None:
    saved_views.save(actor=actor, list_name="customers", name=name, query=query, is_shared=is_shared)


def names(actor: actors.Actor, list_name: str = "customers") -> list[str]:
    with transaction.reading(actor=actor):
        return [view.name for view in saved_views.views_of(actor=actor, list_name=list_name)]


def browser_of(actor: actors.Actor) -> Client:
    assert actor.staff_id is not None
    client = Client()
    client.force_login(
        access.Staff.objects.get(pk=actor.staff_id), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def test_own_views_are_ones_own_and_shared_ones_go_down_the_tree(office: Office, as_web_role: None) -> None:
    save(office.clerk, "我的欠费户")
    save(office.clerk, "本站大户", is_shared=True)
    save(office.boss, "全公司欠费", is_shared=True)
    save(office.boss, "老板自己")
    assert names(office.clerk) == ["我的欠费户", "本站大户", "全公司欠费"]
    assert names(office.colleague) == ["全公司欠费", "本站大户"]
    assert names(office.stranger) == ["全公司欠费"]
    assert names(office.boss) == ["全公司欠费", "老板自己"]
    assert names(office.clerk, "bills") == []


def test_saving_again_replaces(office: Office) -> None:
    save(office.clerk, "欠费")
    save(office.clerk, " 欠费 ", query="owing=0")
    (view,) = saved_views.views_of(actor=office.clerk, list_name="customers")
    assert view.query == "owing=0"


@pytest.mark.parametrize("name", ["", "  ", "长" * 41])
def test_a_view_needs_a_name(office: Office, name: str) -> None:
    with pytest.raises(saved_views.ViewNotKeptError):
        save(office.clerk, name)


def test_only_the_owner_deletes(office: Office) -> None:
    save(office.clerk, "本站大户", is_shared=True)
    (view,) = saved_views.views_of(actor=office.colleague, list_name="customers")
    assert not view.may_delete
    with pytest.raises(saved_views.ViewUnknownError):
        saved_views.delete(actor=office.colleague, view_id=view.view_id)
    assert saved_views.delete(actor=office.clerk, view_id=view.view_id) == "本站大户"
    assert names(office.colleague) == []


def test_the_list_offers_saves_and_opens_its_views(office: Office) -> None:
    browser = browser_of(office.clerk)
    shown = browser.get(f"{reverse('customers')}?{QUERY}")
    posted = {
        "list_name": "customers",
        "name": "欠费大户",
        "query": shown.context["view_query"],
        "path": reverse("customers"),
    }
    back = browser.post(reverse("view_save"), posted)
    assert back.status_code == 303
    assert back["Location"] == f"{reverse('customers')}?{QUERY}"
    again = browser.get(reverse("customers"))
    (view,) = again.context["views"]
    assert f'href="?{view.query.replace("&", "&amp;")}"' in again.content.decode()
    opened = browser.get(f"{reverse('customers')}?{view.query}")
    assert 'aria-current="page"' in opened.content.decode()
    assert [header["label"] for header in opened.context["headers"]] == [
        header["label"] for header in shown.context["headers"]
    ]


@pytest.mark.parametrize("path", ["https://example.com/", "//example.com", "/no/such/page", ""])
def test_saving_leads_to_no_other_place(office: Office, path: str) -> None:
    posted = {"list_name": "customers", "name": "x", "query": "", "path": path}
    assert browser_of(office.clerk).post(reverse("view_save"), posted).status_code == 404
