"""`meterbook pay`: take a payment as a clerk, for scripts. The request key makes a repeat harmless."""

import dataclasses
import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli import console, till_of
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from meterbook.application import take_payment
    from meterbook.application.actor import Actor

app = typer.Typer()


@app.command()
def pay(
    *,
    account: Annotated[str, typer.Option(help="Account no.")],
    clerk: Annotated[str, typer.Option(help="User name of the clerk; their shift is opened when none is.")],
    request_key: Annotated[
        str, typer.Option(help="A UUID made by the caller: the same key pays once, however often it is sent.")
    ],
    amount: Annotated[
        str, typer.Option(help="What is handed over, like 12.34. Default: what is to pay.")
    ] = "",
    tender: Annotated[str, typer.Option(help="cash, qr, pos or transfer.")] = "cash",
    bill: Annotated[
        list[str] | None, typer.Option(help="Bill no., repeatable. Default: every open bill.")
    ] = None,
    use_prepaid: Annotated[bool, typer.Option(help="Let the balance pay first.")] = False,
    keep_change: Annotated[bool, typer.Option(help="Keep what is over on the account.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Take a payment and issue its receipt."""
    key = _key(request_key)
    desk = till_of.desk(username=clerk)
    from meterbook.application import take_payment

    command = take_payment.TakePayment(
        request_key=key,
        account_id=_account_id(actor=desk.actor, account_no=account),
        tender=till_of.tender(tender),
        tendered_minor=till_of.amount_minor(amount) if amount else None,
        bill_ids=tuple(_bill_id(number) for number in bill) if bill else None,
        use_prepaid=use_prepaid,
        keep_change=keep_change,
        is_printed=False,
    )
    with till_of.refusals_said():
        try:
            taken = take_payment.take_payment(actor=desk.actor, command=command, now=desk.now)
        except till_of.no_open_shift():
            till_of.open_shift(desk)
            taken = take_payment.take_payment(actor=desk.actor, command=command, now=desk.now)
    _show(taken, as_json=as_json)


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise console.CommandError(_("%r is no UUID.") % text, exit_code=console.WRONG_USE) from error


def _account_id(*, actor: "Actor", account_no: str) -> int:
    from meterbook.application import transaction
    from meterbook.domain.payments import queries

    try:
        with transaction.reading(actor=actor):
            return queries.account_card(account_no=account_no.replace(" ", "")).account_id
    except queries.AccountNotFoundError as error:
        raise console.CommandError(
            _("There is no account %s.") % account_no, exit_code=console.WRONG_USE
        ) from error


def _bill_id(bill_no: str) -> int:
    from meterbook.kernel import numbering

    try:
        return numbering.parse_bill_no(bill_no.replace(" ", "")).bill_id
    except numbering.NumberingError as error:
        raise console.CommandError(
            _("There is no bill %s.") % bill_no, exit_code=console.WRONG_USE
        ) from error


def _show(taken: "take_payment.PaymentTaken", *, as_json: bool) -> None:
    if as_json:
        console.print_json(dataclasses.asdict(taken))
        return
    from meterbook.kernel import money

    console.out().print(f"{_('Receipt')} {taken.receipt_no}")
    if taken.is_repeat:
        console.out().print(_("This payment was taken before. Nothing more was taken."))
    for word, amount in (
        (_("Received"), taken.received_minor),
        (_("Paid bills"), taken.cleared_minor),
        (_("Change given"), taken.change_minor),
        (_("From balance"), taken.prepaid_used_minor),
        (_("Kept on account"), taken.prepaid_added_minor),
    ):
        if amount:
            console.out().print(f"{word}: {money.format_minor(amount)}")
