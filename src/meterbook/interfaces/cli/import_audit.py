"""`meterbook import FILE --audit`: the books beside what the older system had."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from meterbook.interfaces.cli import console
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from meterbook.application.actor import Actor
    from meterbook.reporting import migration_audit

SHOWN = 20
DIFFERENT = 1


def show(actor: "Actor", *, content: bytes, totals: Sequence[str], to: Path | None, as_json: bool) -> None:
    """Print totals and differences, and write all of it `to` a workbook; exit code 1 when anything differs.

    `totals` are those of the older system's own report, each `key=value` with a key of audit_words.LABELS.
    """
    from meterbook.interfaces import audit_words, audit_workbook

    entered = _entered(totals)
    audit = _compared(actor, content=content)
    agrees = audit.agrees and audit_words.all_agree(audit.whole, entered=entered)
    if to is not None:
        to.write_bytes(audit_workbook.workbook(audit=audit, entered=entered))
    if as_json:
        console.print_json(
            {
                "agrees": agrees,
                "whole": dataclasses.asdict(audit.whole),
                "totals": [dataclasses.asdict(total) for total in audit.totals],
                "differences": len(audit.differences),
                "first_differences": [dataclasses.asdict(found) for found in audit.differences[:SHOWN]],
                "entered": entered,
            }
        )
    else:
        _tell(audit, entered=entered, agrees=agrees)
    if not agrees:
        raise SystemExit(DIFFERENT)


def _compared(actor: "Actor", *, content: bytes) -> "migration_audit.Audit":
    from meterbook.application import import_customers, transaction
    from meterbook.interfaces import clock, import_words
    from meterbook.reporting import migration_audit

    today = clock.today()
    try:
        old = import_customers.old_balances(actor=actor, content=content, today=today)
    except import_customers.FileRefusedError as refused:
        raise console.CommandError(import_words.refusal(refused), exit_code=console.WRONG_USE) from refused
    with transaction.reading(actor=actor):
        return migration_audit.compare(old=old, today=today)


def _entered(totals: Sequence[str]) -> dict[str, int]:
    from meterbook.interfaces import audit_words
    from meterbook.kernel import money, quantity

    found = {}
    for total in totals:
        key, _equals, text = total.partition("=")
        try:
            found[key] = audit_words.parse(key, text)
        except (KeyError, ValueError, money.MoneyError, quantity.QuantityError) as reason:
            known = ", ".join(audit_words.LABELS)
            message = _("{total} is no total; write one of {known}, = and a number.")
            raise console.CommandError(
                message.format(total=total, known=known), exit_code=console.WRONG_USE
            ) from reason
    return found


def _tell(audit: "migration_audit.Audit", *, entered: Mapping[str, int], agrees: bool) -> None:
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
    for line in audit_words.reported(audit.whole, entered=entered):
        if not line.agrees:
            console.err().print(f"{line.label}: {line.report} / {line.old} / {line.ours}", markup=False)
    said = _("The books agree with the older system.") if agrees else _("{count} differences.")
    console.out().print(said.format(count=len(audit.differences)))
