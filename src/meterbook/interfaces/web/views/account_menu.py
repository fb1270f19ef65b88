"""What can be done with an account, by key: only what the person may and what its state allows."""

import itertools
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.application import account_states
from meterbook.application import actor as actors
from meterbook.domain.agreements import models, queries
from meterbook.interfaces.web.views import links

_S = models.AccountState
_CLOSED = frozenset({_S.CLOSED})
_LIVING = frozenset(_S) - {_S.CLOSED}


@dataclass(frozen=True, slots=True)
class Act:
    """One act: the name of its address, the right it needs, the states it makes sense in."""

    url_name: str
    label: str | Promise
    icon: str
    right: str
    states: frozenset[models.AccountState] = _LIVING


@dataclass(frozen=True, slots=True)
class Entry:
    """An act as the menu shows it."""

    url: str
    label: str | Promise
    icon: str
    key: str


ACTS = (
    Act("account_household", _("Change household size"), "users", "accounts.change"),
    Act("account_usage", _("Change usage type and price"), "tag", "accounts.change"),
    Act("account_shares", _("Mixed use"), "percentage", "accounts.change"),
    Act("account_area", _("Change heated area"), "building", "accounts.change"),
    Act("account_concession", _("Concession"), "heart-handshake", "accounts.change"),
    Act("account_state", _("Suspend, stop or resume"), "player-pause", "accounts.suspend"),
    Act("account_transfer", _("Transfer to another customer"), "user-check", "accounts.transfer"),
    Act("account_supply_find", _("Add a supply"), "plus", "accounts.open"),
    Act("account_supply_end", _("End a supply"), "minus", "accounts.close"),
    Act("account_close", _("Close account"), "ban", "accounts.close"),
    Act(
        "account_reopen",
        pgettext_lazy("account", "Open again"),
        "rotate-clockwise",
        "accounts.close",
        _CLOSED,
    ),
    Act("account_certificate", _("Issue usage certificate"), "file-text", "contracts.edit"),
    Act("account_fee", _("Charge a fee"), "cash", "fees.charge"),
    Act("account_contract", _("Add contract"), "edit", "contracts.edit"),
    Act("account_external", _("Add external number"), "id", "accounts.change"),
)
_KEYS = (*(f"Alt+{digit}" for digit in range(1, 10)), "Alt+0", "F4", "F6", "F7", "Alt+F")


def entries(*, actor: actors.Actor, head: queries.AccountHead) -> list[Entry]:
    """The acts of the account for this person, each with its key."""
    found = []
    for act in ACTS:
        url = links.to(act.url_name, head.account_no)
        right = act.right
        if act.url_name == "account_state":
            right = account_states.right_for(state=head.state)
        if url and head.state in act.states and actor.may(right):
            found.append((url, act))
    return [
        Entry(url=url, label=act.label, icon=act.icon, key=key)
        # more acts than keys: the rest is reached by mouse or palette
        for (url, act), key in zip(found, itertools.chain(_KEYS, itertools.repeat("")), strict=False)
    ]
