"""`meterbook close-day`: count a clerk's till and close the shift, and have it taken over; for scripts."""

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli import console, till_of
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from meterbook.application import shifts
    from meterbook.domain.payments import operations

app = typer.Typer()


@app.command()
def close_day(
    *,
    clerk: Annotated[str, typer.Option(help="User name of the clerk whose open shift is counted.")],
    count: Annotated[
        list[str] | None,
        typer.Option(help="Counted money like cash=123.45, repeatable; a tender left out counts as 0."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why the count differs from the books.")] = "",
    taken_over_by: Annotated[str, typer.Option(help="User name of who takes the money over.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Count a clerk's till and close the shift."""
    desk = till_of.desk(username=clerk)
    from meterbook.application import shifts

    counts = [_count(text, reason=reason) for text in count or []]
    shift_id = _open_shift_id(desk)
    with till_of.refusals_said():
        counted = shifts.count_shift(
            actor=desk.actor,
            shift_id=shift_id,
            counts=_with_reasons(counts, reason=reason),
            now=desk.now,
        )
        if taken_over_by:
            other = till_of.desk(username=taken_over_by)
            shifts.take_over_shift(actor=other.actor, shift_id=shift_id, now=other.now)
    _show(counted, taken_over_by=taken_over_by, as_json=as_json)


def _count(text: str, *, reason: str) -> "operations.TenderCount":
    from meterbook.domain.payments import operations

    name, sign, amount = text.partition("=")
    if not sign:
        raise console.CommandError(_("%r is no count like cash=123.45.") % text, exit_code=console.WRONG_USE)
    return operations.TenderCount(
        tender=till_of.tender(name), counted_minor=till_of.amount_minor(amount), reason=reason
    )


def _with_reasons(counts: "list[operations.TenderCount]", *, reason: str) -> "list[operations.TenderCount]":
    """Every tender, counted or not, so that one reason covers them all."""
    from meterbook.domain.payments import operations

    said = {found.tender for found in counts}
    rest = [till_of.tender(name) for name in till_of.TENDER_NAMES]
    return counts + [
        operations.TenderCount(tender=tender, counted_minor=0, reason=reason)
        for tender in rest
        if tender not in said
    ]


def _open_shift_id(desk: till_of.Desk) -> int:
    from meterbook.application import transaction
    from meterbook.domain.payments import queries

    with transaction.reading(actor=desk.actor):
        found = queries.open_shift_of(staff_id=desk.actor.staff_id or 0)
    if found is None:
        raise console.CommandError(_("%s has no shift open.") % desk.actor.name)
    return found.shift_id


def _show(counted: "shifts.ShiftCounted", *, taken_over_by: str, as_json: bool) -> None:
    from meterbook.kernel import money

    if as_json:
        console.print_json(
            {
                "shift_id": counted.shift_id,
                "business_on": counted.business_on,
                "difference_minor": counted.difference_minor,
                "taken_over_by": taken_over_by,
                "tenders": {
                    found.tender.name: dataclasses.asdict(found)
                    | {"tender": found.tender.name, "difference_minor": found.difference_minor}
                    for found in counted.sums
                },
            }
        )
        return
    from meterbook.interfaces.web.views import till_words

    for found in counted.sums:
        facts = {
            "tender": till_words.tender_word(found.tender),
            "expected": money.format_minor(found.expected_minor),
            "counted": money.format_minor(found.counted_minor or 0),
            "difference": money.format_minor(found.difference_minor),
        }
        console.out().print(
            _("%(tender)s: expected %(expected)s, counted %(counted)s, difference %(difference)s") % facts
        )
