"""The companies of this installation. Lives in the shared schema; knows nothing of their data."""

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Company(TenantMixin):  # type: ignore[misc]  # django-tenants publishes no types
    """One operating company = one PostgreSQL schema (platform.md, growing past one machine)."""

    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, default="CNY")
    currency_exponent = models.SmallIntegerField(default=2)
    created_at = models.DateTimeField()
    # Set when the first data set (demo or empty) is complete: a killed first start is then seen.
    ready_at = models.DateTimeField(null=True)

    auto_create_schema = False
    auto_drop_schema = False

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name"], name="company_name_once")]

    def __str__(self) -> str:
        return self.name


class Address(DomainMixin):  # type: ignore[misc]  # as above
    """A host name by which a company is reached; a single-company installation needs none."""
