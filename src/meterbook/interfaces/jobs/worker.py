"""The worker: runs background jobs until it is told to stop.

Run as `python -m meterbook.interfaces.jobs.worker`; `meterbook up` does so and starts it again when it ends.
"""

import os

HEARTBEAT_SECONDS = 5  # how often it tells that it lives; `tasks` takes up the jobs of one that fell silent
GRACE_SECONDS = 15  # what running jobs get to finish before the worker ends; `up` waits longer than this


def main() -> None:
    """Run jobs as the job role, until SIGTERM or SIGINT."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meterbook.config.settings")
    os.environ.setdefault("METERBOOK_DATABASE_ROLE", "job")
    import django

    django.setup()
    from django.conf import settings
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    connector = app.connector
    assert isinstance(connector, DjangoConnector)
    with app.replace_connector(connector.get_worker_connector()):
        app.run_worker(
            concurrency=settings.ENVIRONMENT.worker_concurrency,
            shutdown_graceful_timeout=GRACE_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
        )


if __name__ == "__main__":
    main()
