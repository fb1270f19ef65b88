"""Staff and organisation."""

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from meterbook.interfaces.web import palette
from meterbook.interfaces.web.views import staff

palette.provide_verb(
    palette.Verb(label=_("Add staff"), url_name="staff_new", icon="plus", right="staff.manage")
)

urlpatterns: list[URLPattern] = [
    path("staff/", staff.listing, name="staff"),
    path("staff/new", staff.new, name="staff_new"),
    path("staff/<int:staff_id>/", staff.member, name="staff_member"),
    path("staff/<int:staff_id>/roles", staff.roles, name="staff_roles"),
    path("staff/<int:staff_id>/active", staff.active, name="staff_active"),
    path("staff/<int:staff_id>/password", staff.password, name="staff_password"),
    path("staff/<int:staff_id>/unlock", staff.unlock, name="staff_unlock"),
]
