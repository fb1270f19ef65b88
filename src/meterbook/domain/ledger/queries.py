"""Reads of the books."""

from meterbook.domain.ledger import models, rules


def balance_minor(*, account: rules.Chart, subject_id: int) -> int:
    """What a subject owes (positive) or holds (negative) on a control account, minor units."""
    found = models.LedgerBalance.objects.filter(
        ledger_account_id=account.value, subject_id=subject_id
    ).values_list("balance_minor", flat=True)
    return found[0] if found else 0


def balances_minor(*, accounts: list[rules.Chart], subject_id: int) -> dict[rules.Chart, int]:
    """The same for several control accounts; accounts never posted to are 0."""
    found = dict(
        models.LedgerBalance.objects.filter(
            ledger_account_id__in=[account.value for account in accounts], subject_id=subject_id
        ).values_list("ledger_account_id", "balance_minor")
    )
    return {account: found.get(account.value, 0) for account in accounts}
