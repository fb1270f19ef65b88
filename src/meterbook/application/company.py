"""Which company a process works for. A single-company installation never has to say."""

from typing import Any, cast

from django.db import connection

from meterbook.domain.companies import models


class CompanyUnknownError(Exception):
    """No company of that name or schema, or several and none was named. `known` lists the schemas."""

    def __init__(self, *, asked: str | None, known: list[str]) -> None:
        super().__init__(f"{asked or '(none named)'}: known are {', '.join(known) or 'none'}")
        self.asked = asked
        self.known = known


def use_schema(schema: str) -> None:
    """Put a company's schema on this connection's search path."""
    cast("Any", connection).set_schema(schema)  # django-tenants publishes no types


def current_schema() -> str:
    """The schema this connection works in, so that a job can be told it."""
    return str(cast("Any", connection).schema_name)


def use_company(*, schema: str | None = None) -> models.Company:
    """Work for the company of that schema, or for the only one there is.

    Raises CompanyUnknownError when it is not there or must be named.
    """
    use_schema("public")
    companies: dict[str, models.Company] = {str(c.schema_name): c for c in models.Company.objects.all()}
    wanted = schema or (next(iter(companies)) if len(companies) == 1 else "")
    chosen = companies.get(wanted)
    if chosen is None:
        raise CompanyUnknownError(asked=schema, known=sorted(companies))
    use_schema(wanted)
    return chosen
