"""Meters, their registers, and where they hang."""

from django.db import models

from meterbook.domain import tables


class MeterKind(models.IntegerChoices):
    MECHANICAL = 1
    IC_CARD = 2
    REMOTE_READ = 3
    HEAT_METER = 4


class MeterModel(models.Model):
    maker = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=60)
    utility = models.SmallIntegerField(choices=tables.Utility.choices)
    kind = models.SmallIntegerField(choices=MeterKind.choices, default=MeterKind.MECHANICAL)
    nominal_diameter = models.SmallIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["maker", "name", "utility"], name="meter_model_once")]

    def __str__(self) -> str:
        return f"{self.maker} {self.name}".strip()


class MeterState(models.IntegerChoices):
    IN_STOCK = 1
    IN_SERVICE = 2
    REMOVED = 3
    SCRAPPED = 4


class Meter(models.Model):
    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    model = models.ForeignKey(MeterModel, on_delete=models.PROTECT)
    serial_no = models.CharField(max_length=40)
    barcode = models.CharField(max_length=40, blank=True)
    state = models.SmallIntegerField(choices=MeterState.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["serial_no"], name="meter_serial_once"),
            models.UniqueConstraint(
                fields=["barcode"], condition=~models.Q(barcode=""), name="meter_barcode_once"
            ),
        ]

    def __str__(self) -> str:
        return self.serial_no


class Register(models.Model):
    """One counter of a meter. `digits` before the decimal point decide where it rolls over."""

    class Band(models.IntegerChoices):
        TOTAL = 0
        PEAK = 1
        FLAT = 2
        VALLEY = 3

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="registers")
    band = models.SmallIntegerField(choices=Band.choices, default=Band.TOTAL)
    digits = models.SmallIntegerField()
    multiplier_milli = models.IntegerField(default=1000)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meter", "band"], name="register_band_once"),
            models.CheckConstraint(
                condition=models.Q(digits__gte=3, digits__lte=12), name="register_digits_sane"
            ),
            models.CheckConstraint(
                condition=models.Q(multiplier_milli__gt=0), name="register_multiplier_positive"
            ),
        ]


class Installation(models.Model):
    """A meter at a service point, from the day it was fitted until the day it was taken off."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="installations")
    service_point = models.ForeignKey(
        "premises.ServicePoint", on_delete=models.PROTECT, related_name="installations"
    )
    installed_on = models.DateField()
    removed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            tables.no_overlap(
                name="installation_meter_one_place", same="meter", since="installed_on", until="removed_on"
            ),
            tables.no_overlap(
                name="installation_point_one_meter",
                same="service_point",
                since="installed_on",
                until="removed_on",
            ),
        ]
