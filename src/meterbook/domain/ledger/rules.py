"""The chart of accounts every company starts with, the kinds of journals, and one side of a journal.

Debit is positive, credit negative, in minor units. Numbers follow the Chinese chart of accounts for
enterprises where it has one.
"""

import enum
from dataclasses import dataclass

from meterbook.domain.ledger import models


class JournalKind(enum.IntEnum):
    """What a journal records. With the source's id it posts once, for ever."""

    BILL = 1
    PAYMENT = 2
    PAYMENT_REVERSAL = 3
    SHIFT_DIFFERENCE = 4
    SHIFT_HANDOVER = 5
    BILL_MIRROR = 6
    # An account's credit brought along from an older system; its source is the account.
    OPENING_PREPAYMENT = 7


class Chart(enum.IntEnum):
    """Ledger accounts the product itself posts to."""

    CASH_IN_TILL = 1001
    CASH_HANDED_OVER = 1002
    QR_IN_TILL = 1021
    POS_IN_TILL = 1022
    TRANSFER_IN_TILL = 1023
    RECEIVABLE = 1122
    DIFFERENCES = 1901
    OPENING_BALANCES = 1999
    PREPAYMENT = 2205
    TAX_PAYABLE = 2221
    COLLECTED_FOR_OTHERS = 2241
    REVENUE_WATER = 6001
    REVENUE_GAS = 6002
    REVENUE_ELECTRICITY = 6003
    REVENUE_HEAT = 6004
    REVENUE_OTHER = 6051


_NONE, _CUSTOMER, _SHIFT = (
    models.SubjectKind.NONE,
    models.SubjectKind.CUSTOMER_ACCOUNT,
    models.SubjectKind.SHIFT,
)

# account -> (name zh, name en, what its sub-ledger is kept by)
CHART_OF_ACCOUNTS: dict[Chart, tuple[str, str, models.SubjectKind]] = {
    Chart.CASH_IN_TILL: ("库存现金—柜台", "Cash in till", _SHIFT),
    Chart.CASH_HANDED_OVER: ("库存现金—已上缴", "Takings handed over", _NONE),
    Chart.QR_IN_TILL: ("其他货币资金—扫码", "QR takings of the till", _SHIFT),
    Chart.POS_IN_TILL: ("其他货币资金—刷卡", "Card takings of the till", _SHIFT),
    Chart.TRANSFER_IN_TILL: ("其他货币资金—转账", "Transfers of the till", _SHIFT),
    Chart.RECEIVABLE: ("应收账款", "Receivables", _CUSTOMER),
    Chart.DIFFERENCES: ("待处理财产损溢", "Cash over and short", _NONE),
    Chart.OPENING_BALANCES: ("期初余额结转", "Balances brought along", _NONE),
    Chart.PREPAYMENT: ("预收账款", "Customer prepayments", _CUSTOMER),
    Chart.TAX_PAYABLE: ("应交税费", "Taxes payable", _NONE),
    Chart.COLLECTED_FOR_OTHERS: ("其他应付款—代收费", "Collected for others", _NONE),
    Chart.REVENUE_WATER: ("主营业务收入—水费", "Water revenue", _NONE),
    Chart.REVENUE_GAS: ("主营业务收入—气费", "Gas revenue", _NONE),
    Chart.REVENUE_ELECTRICITY: ("主营业务收入—电费", "Electricity revenue", _NONE),
    Chart.REVENUE_HEAT: ("主营业务收入—热费", "Heat revenue", _NONE),
    Chart.REVENUE_OTHER: ("其他业务收入", "Other revenue", _NONE),
}


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a journal to be posted. `subject_id` goes with accounts that keep a sub-ledger."""

    ledger_account: Chart
    amount_minor: int
    subject_id: int | None = None


class UnbalancedError(Exception):
    """The sides of a journal do not sum to zero, or there are none."""

    def __init__(self, *, sum_minor: int) -> None:
        super().__init__(f"journal sums to {sum_minor}")
        self.sum_minor = sum_minor


def balanced(sides: list[Side]) -> list[Side]:
    """The sides without zero amounts; raises UnbalancedError unless they sum to zero and some are left."""
    kept = [side for side in sides if side.amount_minor != 0]
    total = sum(side.amount_minor for side in kept)
    if total != 0 or not kept:
        raise UnbalancedError(sum_minor=total)
    return kept
