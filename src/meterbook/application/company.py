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


def schemas_in_use() -> list[str]:
    """The schemas of the companies that are set up, for a job that serves each of them in turn."""
    use_schema("public")
    return [str(c.schema_name) for c in models.Company.objects.filter(ready_at__isnull=False).order_by("id")]


def current_schema() -> str:
    """The schema this connection works in, so that a job can be told it."""
    return str(cast("Any", connection).schema_name)


def currency_exponent() -> int:
    """Decimals of the currency of the company this connection works for."""
    found = models.Company.objects.values_list("currency_exponent", flat=True)
    return int(found.get(schema_name=current_schema()))


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
