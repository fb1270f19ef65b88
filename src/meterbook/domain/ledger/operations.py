"""Writes of the books, one fact at a time. `bulk` posts the same for runs."""

import datetime

from meterbook.domain.ledger import models, rules


def found_chart_of_accounts() -> None:
    """Make the accounts of the standard chart that are missing."""
    models.LedgerAccount.objects.bulk_create(
        (
            models.LedgerAccount(
                id=account.value, code=account.name, name_zh=zh, name_en=en, subject_kind=subject_kind
            )
            for account, (zh, en, subject_kind) in rules.CHART_OF_ACCOUNTS.items()
        ),
        ignore_conflicts=True,
    )


def post_journal(
    *,
    kind: rules.JournalKind,
    source_id: int,
    station_id: int,
    posted_on: datetime.date,
    recorded_at: datetime.datetime,
    sides: list[rules.Side],
    reverses_id: int | None = None,
) -> int:
    """Post one journal and return its id. Balances follow by the database's own trigger.

    Raises UnbalancedError before the database would refuse it. A second posting of the same
    (kind, source_id) violates `journal_posts_once`.
    """
    kept = rules.balanced(sides)
    journal = models.Journal.objects.create(
        kind=kind,
        source_id=source_id,
        station_id=station_id,
        posted_on=posted_on,
        recorded_at=recorded_at,
        reverses_id=reverses_id,
    )
    models.LedgerEntry.objects.bulk_create(
        models.LedgerEntry(
            journal_id=journal.id,
            line_no=line_no,
            ledger_account_id=side.ledger_account,
            station_id=station_id,
            subject_id=side.subject_id,
            posted_on=posted_on,
            amount_minor=side.amount_minor,
        )
        for line_no, side in enumerate(kept, start=1)
    )
    return journal.id


def lock_balances(*, subject_id: int, accounts: list[rules.Chart]) -> dict[rules.Chart, int]:
    """Hold a subject's balances until the transaction ends and tell them, minor units; never posted to is 0.

    Always locked in the order of the account numbers, the order in which posting takes them too.
    """
    found = dict(
        models.LedgerBalance.objects.select_for_update()
        .filter(ledger_account_id__in=[account.value for account in accounts], subject_id=subject_id)
        .order_by("ledger_account_id")
        .values_list("ledger_account_id", "balance_minor")
    )
    return {account: found.get(account.value, 0) for account in accounts}
