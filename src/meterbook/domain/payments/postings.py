"""How takings become debits and credits. Debit positive, credit negative, minor units."""

from collections.abc import Mapping

from meterbook.domain.ledger import rules as ledger
from meterbook.domain.payments import models, rules


def payment_sides(*, payment: models.Payment) -> list[ledger.Side]:
    """Till against receivable and prepayment. A reversal's negative amounts mirror the sides."""
    sides = [
        ledger.Side(
            ledger_account=ledger.Chart.RECEIVABLE,
            amount_minor=-payment.cleared_minor,
            subject_id=payment.account_id,
        ),
        ledger.Side(
            ledger_account=ledger.Chart.PREPAYMENT,
            amount_minor=payment.prepaid_used_minor - payment.prepaid_added_minor,
            subject_id=payment.account_id,
        ),
    ]
    if payment.received_minor:
        till = ledger.Side(
            ledger_account=rules.TILL_ACCOUNTS[models.Tender(payment.tender)],
            amount_minor=payment.received_minor,
            subject_id=payment.shift_id,
        )
        return [till, *sides]
    return sides


def difference_sides(*, shift_id: int, differences: Mapping[models.Tender, int]) -> list[ledger.Side]:
    """What was counted over (positive) or short, onto over and short; never onto a person."""
    tills = [
        ledger.Side(ledger_account=rules.TILL_ACCOUNTS[tender], amount_minor=difference, subject_id=shift_id)
        for tender, difference in differences.items()
    ]
    total = sum(differences.values())
    return [*tills, ledger.Side(ledger_account=ledger.Chart.DIFFERENCES, amount_minor=-total)]


def handover_sides(*, shift_id: int, counted: Mapping[models.Tender, int]) -> list[ledger.Side]:
    """Everything counted leaves the till."""
    tills = [
        ledger.Side(ledger_account=rules.TILL_ACCOUNTS[tender], amount_minor=-amount, subject_id=shift_id)
        for tender, amount in counted.items()
    ]
    total = sum(counted.values())
    return [ledger.Side(ledger_account=ledger.Chart.CASH_HANDED_OVER, amount_minor=total), *tills]
