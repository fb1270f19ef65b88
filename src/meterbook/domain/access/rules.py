"""Rights, and who an actor is. Pure: no table, no request, no clock."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

# Every right there is: code -> what people read. A view, act or menu entry names one of these.
RIGHTS = {
    "customers.view": _("See customers, meters and accounts"),
    "customers.import": _("Import customers and meters"),
    "personal_data.view": _("See full phone numbers"),
    "readings.view": _("See readings"),
    "readings.enter": _("Enter and import readings"),
    "readings.confirm": _("Confirm held readings"),
    "readings.accept": _("Accept a book's readings"),
    "billing.view": _("See bills"),
    "billing.preview": _("Preview a bill run"),
    "billing.issue": _("Issue bills"),
    "payments.view": _("See payments and receipts"),
    "payments.take": _("Take payments"),
    "payments.cancel": _("Cancel own payments of the open shift"),
    "payments.cancel_any": _("Cancel payments of others or of closed shifts"),
    "receipts.reprint": _("Reprint receipts"),
    "shifts.view": _("See all shifts of the station"),
    "shifts.take_over": _("Take over a counted shift"),
    "tariffs.view": _("See tariffs"),
    "tariffs.load": _("Load tariffs"),
    "ledger.view": _("See the ledger and its proof"),
    "audit.view": _("See the audit trail"),
    "staff.manage": _("Manage staff, roles and stations"),
}

_READ = frozenset({"customers.view", "readings.view", "billing.view", "payments.view", "tariffs.view"})

# The roles a new company starts with: code -> (name, rights).
STANDARD_ROLES: dict[str, tuple[str, frozenset[str]]] = {
    "CLERK": (
        "Clerk",
        _READ | {"payments.take", "payments.cancel", "receipts.reprint", "personal_data.view"},
    ),
    "READER": ("Meter reader", frozenset({"customers.view", "readings.view", "readings.enter"})),
    "SUPERVISOR": (
        "Supervisor",
        _READ
        | {
            "customers.import",
            "personal_data.view",
            "readings.enter",
            "readings.confirm",
            "readings.accept",
            "billing.preview",
            "billing.issue",
            "payments.take",
            "payments.cancel",
            "payments.cancel_any",
            "receipts.reprint",
            "shifts.view",
            "shifts.take_over",
            "audit.view",
        },
    ),
    "ACCOUNTANT": (
        "Accountant",
        _READ
        | {
            "billing.preview",
            "billing.issue",
            "shifts.view",
            "shifts.take_over",
            "receipts.reprint",
            "ledger.view",
            "audit.view",
        },
    ),
    "MANAGER": ("Manager", _READ | {"shifts.view", "ledger.view", "audit.view"}),
    "ADMIN": (
        "Administrator",
        _READ
        | {"customers.import", "tariffs.load", "ledger.view", "audit.view", "staff.manage", "shifts.view"},
    ),
}


class NotAllowedError(Exception):
    """The actor lacks the right an act needs. `right` is its code."""

    def __init__(self, *, right: str) -> None:
        super().__init__(right)
        self.right = right


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a named system identity, with what they may do and whose data they may touch.

    `unit_ids` are the ids of every company, branch and station in the person's scope;
    `home_unit_id` is the unit they belong to. A system identity (`is_system`) serves the whole
    company and has every right; it never carries a person's name (trust.md I15).
    """

    name: str
    staff_id: int | None = None
    home_unit_id: int = 0
    unit_ids: tuple[int, ...] = ()
    rights: frozenset[str] = field(default_factory=frozenset)
    is_system: bool = False
    remote_address: str = ""

    def may(self, right: str) -> bool:
        """Whether the actor holds `right`, a code of RIGHTS."""
        if right not in RIGHTS:
            raise KeyError(right)
        return self.is_system or right in self.rights

    def require(self, right: str) -> None:
        """Raise NotAllowedError unless the actor holds `right`."""
        if not self.may(right):
            raise NotAllowedError(right=right)
