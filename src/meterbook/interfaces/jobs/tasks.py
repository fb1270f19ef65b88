"""Background jobs. Each opens the company's schema, builds the actor who asked for it and makes one call.

A job is taken again when its worker was killed in the middle, so every one of them may be done twice:
what a use case did is not done again by it.
"""

import datetime
import logging
from collections.abc import Mapping, Sequence

from django.db import close_old_connections
from procrastinate import JobContext
from procrastinate.contrib.django import app

from meterbook.application import actor as actors
from meterbook.application import bill_books, bill_run, company, import_work, rate_credit
from meterbook.interfaces import clock
from meterbook.interfaces.jobs import people

QUEUE_BILLING = "billing"
QUEUE_IMPORTS = "imports"
# A worker tells every few seconds that it lives (`worker.HEARTBEAT_SECONDS`); the jobs of one that was silent
# for this long are taken again.
SILENT_SECONDS = 20
BOOKS_A_JOB = bill_books.BATCH_BOOKS

logger = logging.getLogger(__name__)


def defer_previews(
    *, staff_id: int, round_ids: Sequence[int], issue_on: datetime.date, due_on: datetime.date
) -> None:
    """Put previews of many rounds into the queue, on the caller's transaction."""
    for first in range(0, len(round_ids), BOOKS_A_JOB):
        preview_books.defer(
            schema=company.current_schema(),
            staff_id=staff_id,
            round_ids=list(round_ids[first : first + BOOKS_A_JOB]),
            issue_on=issue_on.isoformat(),
            due_on=due_on.isoformat(),
        )


def defer_issues(*, staff_id: int, seen: Mapping[int, str]) -> None:
    """Put the issue of previewed runs (run -> fingerprint) into the queue, on the caller's transaction."""
    items = list(seen.items())
    for first in range(0, len(items), BOOKS_A_JOB):
        issue_books.defer(
            schema=company.current_schema(), staff_id=staff_id, seen=items[first : first + BOOKS_A_JOB]
        )


@app.task(queue=QUEUE_BILLING, name="preview_books")
def preview_books(*, schema: str, staff_id: int, round_ids: list[int], issue_on: str, due_on: str) -> None:
    """Preview rounds for the person who asked."""
    actor = people.person(schema=schema, staff_id=staff_id)
    dates = bill_run.Dates(
        issue_on=datetime.date.fromisoformat(issue_on), due_on=datetime.date.fromisoformat(due_on)
    )
    for outcome in bill_books.bill_books(
        actor=actor, round_ids=round_ids, dates=dates, is_issue=False, now=clock.now
    ):
        if outcome.refusal is not None:
            logger.warning("round %s is not previewed: %s", outcome.round_id, outcome.refusal)


@app.task(queue=QUEUE_BILLING, name="issue_books")
def issue_books(*, schema: str, staff_id: int, seen: list[tuple[int, str]]) -> None:
    """Issue previewed runs for the person who saw them."""
    actor = people.person(schema=schema, staff_id=staff_id)
    asked = {int(run_id): str(fingerprint) for run_id, fingerprint in seen}
    for outcome in bill_books.issue_books(actor=actor, seen=asked, now=clock.now):
        if outcome.is_stale:
            logger.warning("run %s changed since its preview and is not issued", outcome.run_id)


def defer_import(*, staff_id: int, import_id: int) -> None:
    """Put work asked for on a file into the queue, on the caller's transaction; one at a time for a file."""
    schema = company.current_schema()
    job = work_on_import.configure(lock=f"import:{schema}:{import_id}")
    job.defer(schema=schema, staff_id=staff_id, import_id=import_id)


@app.task(queue=QUEUE_IMPORTS, name="work_on_import")
def work_on_import(*, schema: str, staff_id: int, import_id: int) -> None:
    """Check, import or compare a file for the person who asked."""
    actor = people.person(schema=schema, staff_id=staff_id)

    def defer(asked_id: int) -> None:
        defer_import(staff_id=staff_id, import_id=asked_id)

    import_work.work(actor=actor, import_id=import_id, now=clock.now, today=clock.today(), defer=defer)


def defer_rating(*, staff_id: int) -> None:
    """Put the scoring of everybody's credit into the queue, on the caller's transaction."""
    rate_customers.defer(schema=company.current_schema(), staff_id=staff_id)


@app.task(queue=QUEUE_BILLING, name="rate_customers")
def rate_customers(*, schema: str, staff_id: int) -> None:
    """Score the credit of everybody at the stations of the person who asked."""
    actor = people.person(schema=schema, staff_id=staff_id)
    for chunk in rate_credit.rate_everybody(actor=actor, today=clock.today()):
        logger.info("credit of %s customers scored, %s changed", chunk.customers, chunk.changed)


@app.periodic(cron="30 2 1 * *")
@app.task(queue=QUEUE_BILLING, name="rate_customers_monthly", queueing_lock="rate_customers_monthly")
def rate_customers_monthly(timestamp: int) -> None:
    """On the first of a month, score the credit of everybody in every company."""
    del timestamp
    # threads of the worker live long: a connection the database has dropped is not used again
    close_old_connections()
    for schema in company.schemas_in_use():
        company.use_schema(schema)
        actor = actors.of_system(identity="job:credit")
        chunks = list(rate_credit.rate_everybody(actor=actor, today=clock.today()))
        logger.info("%s: credit of %s customers scored", schema, sum(chunk.customers for chunk in chunks))


@app.periodic(cron="* * * * *")
@app.task(queue="upkeep", name="retry_silent_jobs", queueing_lock="retry_silent_jobs", pass_context=True)
async def retry_silent_jobs(context: JobContext, timestamp: int) -> None:
    """Take jobs again whose worker was killed."""
    del timestamp
    for job in await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
        logger.warning("job %s (%s) is taken again: its worker fell silent", job.id, job.task_name)
        await context.app.job_manager.retry_job(job)
