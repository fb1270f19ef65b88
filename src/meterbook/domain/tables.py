"""What the tables of all subjects share: who may see a row, and whether it may ever change.

`adapters.postgres.security` reads these marks and turns them into grants, row-level security
and triggers, so that a rule stated here is enforced by the database and not by good manners.
"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models


class AppendOnly(models.Model):
    """Rows are added and never changed or deleted, by nobody, the table's owner included."""

    class Meta:
        abstract = True


class DateRange(models.Func):
    """The half-open period [from, until) of two date columns, for exclusion constraints."""

    function = "DATERANGE"
    output_field = DateRangeField()


def no_overlap(*, name: str, same: str, since: str, until: str) -> ExclusionConstraint:
    """For one `same`, the periods [since, until) never overlap; an empty `until` is open."""
    return ExclusionConstraint(
        name=name,
        expressions=[
            (same, RangeOperators.EQUAL),
            (DateRange(since, until, RangeBoundary()), RangeOperators.OVERLAPS),
        ],
    )


class Utility(models.IntegerChoices):
    """What is supplied. Small numbers, because the large tables carry them."""

    WATER = 1
    GAS = 2
    ELECTRICITY = 3
    HEAT = 4
