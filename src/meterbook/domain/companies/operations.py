"""Writes of the list of companies. The schema itself is made by whoever provisions the database."""

import datetime

from meterbook.domain.companies import models


def name_company(*, schema: str, name: str) -> None:
    """Give the company of a schema the name people know it by."""
    models.Company.objects.filter(schema_name=schema).update(name=name)


def mark_ready(*, schema: str, at: datetime.datetime) -> None:
    """Say that the company's first data set is complete."""
    models.Company.objects.filter(schema_name=schema).update(ready_at=at)
