"""The places of the staff application and who may go there. The rail and the palette read this table."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.application import actor as actors

Count = Callable[[actors.Actor], int]


@dataclass(frozen=True, slots=True)
class Place:
    """A page one goes to. `url_name` is reversed without arguments; `right` hides and guards alike.

    It is the current one of every address below its own, or below those it `covers` instead.
    """

    key: str
    label: str | Promise
    url_name: str
    icon: str
    right: str
    also: tuple[str, ...] = ()  # other words by which the palette finds it
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of places in the rail. The first has no title."""

    title: str | Promise
    places: tuple[Place, ...] = field(default_factory=tuple)


SECTIONS = (
    Section(
        title="",
        places=(
            Place("till", _("Till"), "till", "cash", "payments.take", ("pay", "sk")),
            Place(
                "customers",
                pgettext_lazy("menu", "Accounts"),
                "customers",
                "users",
                "customers.view",
                ("yh", "hh"),
                covers=("/accounts/", "/open-account", "/accounts-due/", "/account-settings/"),
            ),
            Place(
                "customer_list",
                _("Customers"),
                "customer_list",
                "user",
                "customers.view",
                ("kh", "da"),
                covers=("/customers/",),
            ),
            Place(
                "premises",
                pgettext_lazy("menu", "Premises"),
                "premises",
                "building",
                "customers.view",
                ("fw", "dz"),
            ),
            Place("bills", _("Bills"), "bills", "file-invoice", "billing.view", ("zd",)),
            Place("meters", _("Meters"), "meters", "gauge", "customers.view", ("bj",)),
        ),
    ),
    Section(
        title=_("Work"),
        places=(
            Place(
                "books",
                pgettext_lazy("menu", "Readings"),
                "books",
                "clipboard-list",
                "readings.view",
                ("cb",),
            ),
            Place("held", _("Held readings"), "held_readings", "alert-triangle", "readings.view", ("yc",)),
            Place("bill_runs", _("Bill runs"), "bill_runs", "calculator", "billing.preview", ("cz",)),
            Place("imports", _("Import"), "imports", "file-import", "customers.import", ("dr",)),
        ),
    ),
    Section(
        title=_("Money"),
        places=(
            Place("payments", _("Payments"), "payments", "receipt", "payments.view", ("jf",)),
            Place("shifts", _("Day close"), "shifts", "calendar-time", "payments.view", ("rj",)),
            Place("ledger", _("Ledger"), "ledger", "scale", "ledger.view", ("zz",)),
        ),
    ),
    Section(
        title=_("System"),
        places=(
            Place("tariffs", _("Tariffs"), "tariffs", "tag", "tariffs.view", ("jg",)),
            Place("audit", _("Audit trail"), "audit", "history", "audit.view", ("sj",)),
            Place("staff", _("Staff"), "staff", "id", "staff.manage", ("yg",)),
            Place("api", _("Other systems"), "api_access", "external-link", "api.manage", ("jk", "api")),
        ),
    ),
)

_counts: dict[str, Count] = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """A place as one person sees it now."""

    place: Place
    url: str
    is_current: bool
    count: int


def provide_count(*, place_key: str, count: Count) -> None:
    """Let a subject show a number beside its place (work waiting). Called inside the page's read."""
    _counts[place_key] = count


def address_of(place: Place) -> str | None:
    """The address of a place; None while its page isn't part of this installation."""
    try:
        return reverse(place.url_name)
    except NoReverseMatch:
        return None


def menu_for(*, actor: actors.Actor, path: str) -> list[tuple[Section, list[Entry]]]:
    """The sections and places the actor may go to; what covers most of `path` is current."""
    menu = []
    addresses = {place.key: address_of(place) for section in SECTIONS for place in section.places}
    fits = {
        place.key: _covered(path, url=addresses[place.key], place=place)
        for section in SECTIONS
        for place in section.places
    }
    current = max(fits, key=lambda key: fits[key])
    for section in SECTIONS:
        entries = [
            Entry(
                place=place,
                url=url,
                is_current=place.key == current and fits[current] > 0,
                count=_counts[place.key](actor) if place.key in _counts else 0,
            )
            for place in section.places
            if (url := addresses[place.key]) is not None and actor.may(place.right)
        ]
        if entries:
            menu.append((section, entries))
    return menu


def _covered(path: str, *, url: str | None, place: Place) -> int:
    """How much of an address a place covers; all of it and one more when it is the place itself."""
    if url is None:
        return 0
    if path == url:
        return len(path) + 1
    return max((len(start) for start in place.covers or (url,) if path.startswith(start)), default=0)
