"""`meterbook import FILE --audit`: the books beside what the older system had."""

import dataclasses
from typing import TYPE_CHECKING

from meterbook.interfaces.cli import console
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from meterbook.application.actor import Actor
    from meterbook.reporting import migration_audit

SHOWN = 20
DIFFERENT = 1


def show(actor: "Actor", *, content: bytes, as_json: bool) -> None:
    """Print totals and differences; exit code 1 when there are any."""
    from meterbook.application import import_customers, transaction
    from meterbook.interfaces import clock, import_words
    from meterbook.reporting import migration_audit

    today = clock.today()
    try:
        old = import_customers.old_balances(actor=actor, content=content, today=today)
    except import_customers.FileRefusedError as refused:
        raise console.CommandError(import_words.refusal(refused), exit_code=console.WRONG_USE) from refused
    with transaction.reading(actor=actor):
        audit = migration_audit.compare(old=old, today=today)
    if as_json:
        console.print_json(
            {
                "agrees": audit.agrees,
                "totals": [dataclasses.asdict(total) for total in audit.totals],
                "differences": len(audit.differences),
                "first_differences": [dataclasses.asdict(found) for found in audit.differences[:SHOWN]],
            }
        )
    else:
        _tell(audit)
    if not audit.agrees:
        raise SystemExit(DIFFERENT)


def _tell(audit: "migration_audit.Audit") -> None:
    from rich.table import Table

    from meterbook.interfaces import audit_words

    table = Table(_("Station"), _("Utility"), "", _("Older system"), _("Books"))
    for total in audit.totals:
        for row in audit_words.figures(total):
            table.add_row(total.station, audit_words.utility(total.utility), row.label, row.old, row.ours)
    console.out().print(table)
    for found in audit.differences[:SHOWN]:
        shown = audit_words.difference(found)
        console.err().print(f"{found.serial_no} {shown.label}: {shown.old} / {shown.ours}", markup=False)
    said = _("The books agree with the older system.") if audit.agrees else _("{count} differences.")
    console.out().print(said.format(count=len(audit.differences)))
