"""Reads of the books."""

from dataclasses import dataclass

from django.db import connection

from meterbook.domain.ledger import models, rules


def balance_minor(*, account: rules.Chart, subject_id: int) -> int:
    """What a subject owes (positive) or holds (negative) on a control account, minor units."""
    found = models.LedgerBalance.objects.filter(
        ledger_account_id=account.value, subject_id=subject_id
    ).values_list("balance_minor", flat=True)
    return found[0] if found else 0


def balances_of(*, account: rules.Chart, subject_ids: list[int]) -> dict[int, int]:
    """The same for many subjects; those never posted to are missing."""
    found = models.LedgerBalance.objects.filter(ledger_account_id=account.value, subject_id__in=subject_ids)
    return dict(found.values_list("subject_id", "balance_minor"))


def balances_minor(*, accounts: list[rules.Chart], subject_id: int) -> dict[rules.Chart, int]:
    """The same for several control accounts; accounts never posted to are 0."""
    found = dict(
        models.LedgerBalance.objects.filter(
            ledger_account_id__in=[account.value for account in accounts], subject_id=subject_id
        ).values_list("ledger_account_id", "balance_minor")
    )
    return {account: found.get(account.value, 0) for account in accounts}


@dataclass(frozen=True, slots=True)
class AccountTotal:
    """One ledger account with all its entries, minor units. `balance_minor` is debit less credit."""

    number: int
    name_zh: str
    name_en: str
    entries: int
    debit_minor: int
    credit_minor: int

    @property
    def balance_minor(self) -> int:
        """Debit positive, credit negative."""
        return self.debit_minor - self.credit_minor

    def name(self, language: str) -> str:
        """The name in a language of the product: Chinese for zh..., else English."""
        return self.name_zh if language.startswith("zh") else self.name_en


ACCOUNT_TOTALS = """
SELECT a.id, a.name_zh, a.name_en, coalesce(e.entries, 0),
    coalesce(e.debit, 0)::bigint, coalesce(-e.credit, 0)::bigint
FROM ledger_ledgeraccount a
LEFT JOIN (
    SELECT ledger_account_id, count(*) AS entries, sum(amount_minor) FILTER (WHERE amount_minor > 0) AS debit,
        sum(amount_minor) FILTER (WHERE amount_minor < 0) AS credit
    FROM ledger_ledgerentry GROUP BY ledger_account_id
) e ON e.ledger_account_id = a.id
ORDER BY a.id
"""


def account_totals() -> tuple[AccountTotal, ...]:
    """Every ledger account with its debits and credits, by number."""
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNT_TOTALS)
        return tuple(AccountTotal(*row) for row in cursor.fetchall())
