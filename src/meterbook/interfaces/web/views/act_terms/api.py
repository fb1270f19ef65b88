"""Words of the acts on other systems' access."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SCOPES: dict[str, str | Promise] = {
    "customers": _("Customers, without phone and identity numbers"),
    "personal": _("Phone numbers and contacts as well"),
    "accounts": _("Accounts and agreements"),
    "meters": _("Meters and where they hang"),
    "balances": _("What accounts owe and hold"),
}
ACTS: dict[str, str | Promise] = {
    "API_ACCESS_GIVEN": _("Access given to another system"),
    "API_ACCESS_WITHDRAWN": _("Access of another system withdrawn"),
}
SUBJECTS: dict[str, str | Promise] = {"API_CLIENT": _("Other system")}
FIELDS: dict[str, str | Promise] = {
    "scopes": _("May read"),
    "per_minute": _("Questions a minute"),
    "expires_on": _("Ends on"),
}
VALUES: dict[str, str | Promise] = {}
NUMBERS: dict[tuple[str, str], dict[int, str | Promise]] = {}
