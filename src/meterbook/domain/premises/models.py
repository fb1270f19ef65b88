"""Where supply arrives: premises with structured addresses, and their service points."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from meterbook.domain import tables


class Premise(models.Model):
    """One door. The parts are what people filter by; `address` is what people read."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    district = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=60, blank=True)
    community = models.CharField(max_length=60)
    building = models.CharField(max_length=20, blank=True)
    entrance = models.CharField(max_length=20, blank=True)
    floor = models.CharField(max_length=10, blank=True)
    flat_no = models.CharField(max_length=20, blank=True)
    address = models.CharField(max_length=240)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "address"], name="premise_address_once")]
        indexes = [
            models.Index(fields=["community", "building", "entrance", "flat_no"], name="premise_by_parts"),
            GinIndex(OpClass(Upper("address"), name="gin_trgm_ops"), name="premise_address_trigrams"),
        ]

    def __str__(self) -> str:
        return self.address


class ServicePoint(models.Model):
    """Where one utility is delivered at a premise; a meter is installed here."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    premise = models.ForeignKey(Premise, on_delete=models.PROTECT, related_name="service_points")
    utility = models.SmallIntegerField(choices=tables.Utility.choices)
    position = models.SmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["premise", "utility", "position"], name="service_point_once")
        ]
