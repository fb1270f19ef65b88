"""What waits in the background for this company. Reads only."""

from collections.abc import Sequence

from django.db import connection

WAITING = """
SELECT count(*) FROM public.procrastinate_jobs
WHERE status IN ('todo', 'doing') AND task_name = ANY (%(tasks)s) AND args->>'schema' = current_schema()
"""


def jobs_waiting(*, tasks: Sequence[str]) -> int:
    """How many jobs of these tasks wait or are being done."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING, {"tasks": list(tasks)})
        return int(cursor.fetchone()[0])
