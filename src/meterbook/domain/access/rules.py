"""Rights, and who an actor is. Pure: no table, no request, no clock."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

# Every right there is: code -> what people read. A view, act or menu entry names one of these.
RIGHTS = {
    "customers.view": _("See customers, meters and accounts"),
    "customers.edit": _("Change customers and how to reach them"),
    "customers.import": _("Import customers and meters"),
    "customers.merge": _("Merge customers kept twice"),
    "customers.rate": _("Rate customers' credit and keep the lists"),
    "personal_data.view": _("See full phone and identity numbers"),
    "premises.edit": _("Change premises, addresses and appliances"),
    "premises.generate": _("Make the premises of whole buildings"),
    "meters.edit": _("Keep meters: store, seals, tests, scrapping"),
    "meters.fit": _("Install, swap and remove meters"),
    "accounts.open": _("Open accounts"),
    "accounts.change": _("Change household size, usage type and facts"),
    "accounts.correct": _("Correct facts back to an earlier day"),
    "accounts.transfer": _("Transfer accounts to another customer"),
    "accounts.close": _("Close accounts and refund balances"),
    "accounts.suspend": _("Suspend and resume supply"),
    "contracts.edit": _("Keep contracts and usage certificates"),
    "fees.charge": _("Charge fees"),
    "fees.waive": _("Waive fees, or charge very large ones"),
    "records.edit_many": _("Change many records at once"),
    "files.view": _("See files of customers and premises"),
    "files.edit": _("Add and remove files"),
    "personal_files.view": _("See copies of identity documents"),
    "api.manage": _("Give and withdraw access for other systems"),
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

_READ = frozenset(
    {"customers.view", "readings.view", "billing.view", "payments.view", "tariffs.view", "files.view"}
)
# What a counter does to the records, day in, day out.
_RECORDS = frozenset(
    {
        "customers.edit",
        "premises.edit",
        "accounts.open",
        "accounts.change",
        "accounts.transfer",
        "contracts.edit",
        "fees.charge",
        "files.edit",
        "personal_data.view",
        "personal_files.view",
    }
)
# What of it wants a second thought: money leaves, history moves, many rows change at once.
_RECORDS_LED = _RECORDS | {
    "customers.import",
    "customers.merge",
    "customers.rate",
    "premises.generate",
    "meters.edit",
    "meters.fit",
    "accounts.correct",
    "accounts.close",
    "accounts.suspend",
    "fees.waive",
    "records.edit_many",
}

# The roles a new company starts with: code -> (name, rights).
STANDARD_ROLES: dict[str, tuple[str, frozenset[str]]] = {
    "CLERK": (
        "Clerk",
        _READ | _RECORDS | {"payments.take", "payments.cancel", "receipts.reprint"},
    ),
    "READER": ("Meter reader", frozenset({"customers.view", "readings.view", "readings.enter"})),
    "SUPERVISOR": (
        "Supervisor",
        _READ
        | _RECORDS_LED
        | {
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
        | {
            "customers.import",
            "records.edit_many",
            "tariffs.load",
            "ledger.view",
            "audit.view",
            "staff.manage",
            "shifts.view",
            "api.manage",
        },
    ),
}


class NotAllowedError(Exception):
    """The actor lacks the right an act needs. `right` is its code."""

    def __init__(self, *, right: str) -> None:
        super().__init__(right)
        self.right = right


@dataclass(frozen=True, slots=True)
class Errand:
    """The larger act an act is a step of: a change of many records, and why it is made."""

    edit_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a named system identity, with what they may do and whose data they may touch.

    `unit_ids` are the ids of every company, branch and station in the person's scope;
    `home_unit_id` is the unit they belong to. A system identity (`is_system`) serves the whole
    company and has every right; it never carries a person's name (trust.md I15). An `errand` goes into
    the audit row of every act.
    """

    name: str
    staff_id: int | None = None
    home_unit_id: int = 0
    unit_ids: tuple[int, ...] = ()
    rights: frozenset[str] = field(default_factory=frozenset)
    is_system: bool = False
    remote_address: str = ""
    errand: Errand | None = None

    def may(self, right: str) -> bool:
        """Whether the actor holds `right`, a code of RIGHTS."""
        if right not in RIGHTS:
            raise KeyError(right)
        return self.is_system or right in self.rights

    def require(self, right: str) -> None:
        """Raise NotAllowedError unless the actor holds `right`."""
        if not self.may(right):
            raise NotAllowedError(right=right)
