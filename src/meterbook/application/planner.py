"""Tells PostgreSQL's planner of very many new rows at once, where its autovacuum would come a minute later.

The first bills of a new company are written in minutes; a page or the next chunk planned for tables that
seem empty takes far longer than it should. Nothing depends on it: what can't be told now is gathered later.
"""

import logging
from collections.abc import Sequence

from django.apps import apps
from django.db import DatabaseError

from meterbook.domain import columns

logger = logging.getLogger(__name__)

# Fewer rows than this mislead no plan for long: the look would cost a small run more than it gains.
MANY_ROWS = 10_000
# The subjects whose tables a bill run reads or writes.
BILLING = ("metering", "billing", "ledger", "documents")


def told_of_many_rows(*, subjects: Sequence[str]) -> tuple[str, ...]:
    """Refresh the statistics of those tables of `subjects` (labels of apps) that grew or changed by half.

    Outside a transaction, after a commit of many rows; costs one look when there is nothing to do. Returns
    the names of the tables. A role that may not, or a server that refuses, is no error.
    """
    tables = [table for label in subjects for table in apps.get_app_config(label).get_models()]
    try:
        grown = columns.grown_tables(tables=tables, least=MANY_ROWS)
        if grown:
            columns.refresh_statistics(tables=grown)
    except DatabaseError as reason:
        logger.warning("the planner was not told of many rows: %s", reason)
        return ()
    return tuple(table._meta.db_table for table in grown)  # Django's documented Meta API
