"""Staff are added, given roles, closed and unlocked; each act is audited and none is done to oneself."""

import datetime
from dataclasses import dataclass

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse

from meterbook.application import actor as actors
from meterbook.application import company, staff_admin
from meterbook.domain.access import models as access
from meterbook.domain.companies import models as companies
from tests.builders import records

PASSWORD = "Harbour-Lantern-42"
NOW = datetime.datetime(2026, 11, 6, 8, 0, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class Office:
    admin: actors.Actor
    world: records.World
    clerk_role: int
    supervisor_role: int

    def wanted(self, *, username: str = "new.clerk") -> staff_admin.NewStaff:
        return staff_admin.NewStaff(
            username=username, name="新来的", unit_id=self.world.station_a, role_ids=(self.clerk_role,)
        )

    def register(self, *, username: str = "new.clerk") -> staff_admin.NewPassword:
        return staff_admin.register(actor=self.admin, now=NOW, wanted=self.wanted(username=username))


@pytest.fixture
def office(db: None) -> Office:
    world = records.world()
    admin = records.actor(role="ADMIN", unit_id=world.company_unit_id, name="管理员")
    roles = dict(access.Role.objects.values_list("code", "id"))
    return Office(admin=admin, world=world, clerk_role=roles["CLERK"], supervisor_role=roles["SUPERVISOR"])


def latest_act(staff_id: int) -> access.AuditEntry:
    return access.AuditEntry.objects.filter(subject_kind="STAFF", subject_id=str(staff_id)).latest("id")


@pytest.mark.usefixtures("own_hasher")
def test_a_new_person_logs_in_with_the_password_shown_and_must_change_it(office: Office) -> None:
    made = office.register()
    staff = access.Staff.objects.get(pk=made.staff_id)
    assert staff.check_password(made.password)
    assert staff.must_change_password
    assert staff.password.startswith("argon2")
    assert made.password not in repr(made)
    act = latest_act(made.staff_id)
    assert (act.act, act.actor_name) == ("STAFF_REGISTERED", "管理员")
    assert act.after == {
        "username": "new.clerk",
        "name": "新来的",
        "org_unit": "城东营业所",
        "roles": ["Clerk"],
    }
    assert made.password not in str(act.after)


def test_a_user_name_is_given_once_whatever_its_case(office: Office) -> None:
    office.register(username="Anna")
    with pytest.raises(staff_admin.UsernameTakenError):
        office.register(username="aNNA")


def test_refusals_leave_nothing_behind(office: Office) -> None:
    before = access.Staff.objects.count()
    acts = access.AuditEntry.objects.count()
    wanted = office.wanted()
    with pytest.raises(staff_admin.RoleMissingError):
        staff_admin.register(
            actor=office.admin, now=NOW, wanted=staff_admin.NewStaff(wanted.username, "x", wanted.unit_id, ())
        )
    with pytest.raises(staff_admin.UnitNotFoundError):
        staff_admin.register(
            actor=office.admin,
            now=NOW,
            wanted=staff_admin.NewStaff(wanted.username, "x", 999, wanted.role_ids),
        )
    clerk = records.actor(role="CLERK", unit_id=office.world.station_a)
    with pytest.raises(actors.NotAllowedError):
        staff_admin.register(actor=clerk, now=NOW, wanted=wanted)
    assert access.Staff.objects.count() == before + 1, "only the clerk of this test"
    assert access.AuditEntry.objects.count() == acts


def test_roles_change_with_before_and_after_and_the_same_again_is_no_act(office: Office) -> None:
    made = office.register()
    both = [office.clerk_role, office.supervisor_role]
    staff_admin.change_roles(actor=office.admin, now=NOW, staff_id=made.staff_id, role_ids=both)
    act = latest_act(made.staff_id)
    assert (act.before, act.after) == ({"roles": ["Clerk"]}, {"roles": ["Clerk", "Supervisor"]})
    staff = access.Staff.objects.get(pk=made.staff_id)
    assert actors.of_staff(staff=staff, remote_address="").may("readings.accept")
    count = access.AuditEntry.objects.count()
    staff_admin.change_roles(actor=office.admin, now=NOW, staff_id=made.staff_id, role_ids=both)
    assert access.AuditEntry.objects.count() == count


def test_nobody_does_it_to_oneself(office: Office) -> None:
    own_id = office.admin.staff_id
    assert own_id is not None
    with pytest.raises(staff_admin.OwnLoginError):
        staff_admin.change_roles(actor=office.admin, now=NOW, staff_id=own_id, role_ids=[office.clerk_role])
    with pytest.raises(staff_admin.OwnLoginError):
        staff_admin.set_active(actor=office.admin, now=NOW, staff_id=own_id, is_active=False, reason="x")
    with pytest.raises(staff_admin.OwnLoginError):
        staff_admin.reset_password(actor=office.admin, now=NOW, staff_id=own_id)


def test_an_admin_of_a_station_reaches_only_its_people(office: Office) -> None:
    made = office.register()
    elsewhere = records.actor(role="ADMIN", unit_id=office.world.station_b)
    with pytest.raises(staff_admin.StaffNotFoundError):
        staff_admin.reset_password(actor=elsewhere, now=NOW, staff_id=made.staff_id)
    with pytest.raises(staff_admin.UnitNotFoundError):
        staff_admin.register(actor=elsewhere, now=NOW, wanted=office.wanted(username="other"))


def test_unlocking_forgets_the_failed_log_ins(office: Office) -> None:
    made = office.register()
    AccessAttempt.objects.create(username=made.username, failures_since_start=5)
    assert staff_admin.unlock(actor=office.admin, now=NOW, staff_id=made.staff_id) == 1
    assert not AccessAttempt.objects.filter(username=made.username).exists()
    assert latest_act(made.staff_id).act == "STAFF_UNLOCKED"


@pytest.fixture
def browser(office: Office) -> Client:
    """The administrator's browser."""
    company.use_schema("public")
    companies.Company.objects.update(ready_at=NOW)
    company.use_schema("main")
    client = Client()
    _log_in(client, staff_id=office.admin.staff_id or 0)
    return client


def _log_in(client: Client, *, staff_id: int) -> None:
    client.force_login(
        access.Staff.objects.get(pk=staff_id), backend="django.contrib.auth.backends.ModelBackend"
    )


def test_the_pages_from_adding_to_closing(office: Office, browser: Client) -> None:
    """Add on the page, read the password once, log in, must change it; closing ends the open session."""
    answer = browser.post(
        reverse("staff_new"),
        {
            "name": "新来的",
            "username": "neu",
            "unit_id": str(office.world.station_a),
            "roles": [str(office.clerk_role)],
        },
    )
    assert answer.status_code == 200
    made: staff_admin.NewPassword = answer.context["made"]
    assert made.password in answer.content.decode()
    page = reverse("staff_member", args=[made.staff_id])
    assert made.password not in browser.get(page).content.decode()

    theirs = Client()
    _log_in(theirs, staff_id=made.staff_id)
    must = theirs.get(reverse("customers"))
    assert (must.status_code, must["Location"]) == (303, reverse("password"))
    access.Staff.objects.filter(pk=made.staff_id).update(must_change_password=False)
    assert theirs.get(reverse("customers")).status_code == 200

    closing = browser.post(reverse("staff_active", args=[made.staff_id]), {"reason": "离职"})
    assert (closing.status_code, closing["Location"]) == (303, page)
    assert theirs.get(reverse("customers")).status_code == 302, "the session is over at the next click"
    again = Client().post(reverse("login"), {"username": "neu", "password": made.password})
    assert again.status_code == 422
    assert latest_act(made.staff_id).reason == "离职"


def test_a_new_password_ends_the_old_sessions(office: Office, browser: Client) -> None:
    made = office.register()
    access.Staff.objects.filter(pk=made.staff_id).update(must_change_password=False)
    theirs = Client()
    _log_in(theirs, staff_id=made.staff_id)
    assert theirs.get(reverse("customers")).status_code == 200
    assert browser.post(reverse("staff_password", args=[made.staff_id])).status_code == 200
    assert theirs.get(reverse("customers")).status_code == 302


def test_changing_ones_own_password_is_written_down_and_keeps_only_this_session(office: Office) -> None:
    made = office.register()
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        _log_in(client, staff_id=made.staff_id)
    typed = {"old_password": made.password, "new_password1": PASSWORD, "new_password2": PASSWORD}
    assert here.post(reverse("password"), typed).status_code == 303
    assert here.get(reverse("customers")).status_code == 200
    assert elsewhere.get(reverse("customers")).status_code == 302
    staff = access.Staff.objects.get(pk=made.staff_id)
    assert staff.check_password(PASSWORD)
    assert not staff.must_change_password
    act = latest_act(made.staff_id)
    assert (act.act, act.actor_id) == ("PASSWORD_CHANGED", made.staff_id)
    assert PASSWORD not in f"{act.before} {act.after}"


@pytest.mark.parametrize(
    ("field", "value"),
    [("username", "no spaces"), ("username", ""), ("name", ""), ("roles", []), ("unit_id", "999")],
)
def test_a_form_that_lacks_something_is_shown_again(
    office: Office, browser: Client, field: str, value: object
) -> None:
    posted = {
        "name": "新",
        "username": "neu",
        "unit_id": str(office.world.station_a),
        "roles": [str(office.clerk_role)],
        field: value,
    }
    count = access.Staff.objects.count()
    answer = browser.post(reverse("staff_new"), posted)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert access.Staff.objects.count() == count
