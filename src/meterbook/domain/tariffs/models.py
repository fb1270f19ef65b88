"""The price catalogue. A version is a document; nothing of it is ever edited."""

from django.db import models

from meterbook.domain import tables


class Tariff(models.Model):
    code = models.CharField(max_length=60, unique=True)
    utility = models.SmallIntegerField(choices=tables.Utility.choices)
    customer_class = models.CharField(max_length=30)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    unit = models.CharField(max_length=10)

    def __str__(self) -> str:
        return self.code


class TariffVersion(tables.AppendOnly):
    """What a tariff says from a day on, until a later version starts. A correction is a higher revision."""

    id = models.AutoField(primary_key=True)
    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="versions")
    effective_from = models.DateField()
    revision = models.SmallIntegerField(default=1)
    effective_until = models.DateField(null=True)
    fingerprint = models.CharField(max_length=64)
    document = models.JSONField()
    loaded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tariff", "effective_from", "revision"], name="tariff_version_once"
            ),
            models.UniqueConstraint(fields=["tariff", "fingerprint"], name="tariff_document_once"),
        ]


class TariffComponent(tables.AppendOnly):
    """The charge components of a version, so that a bill line's number has a name and a revenue account."""

    version = models.ForeignKey(TariffVersion, on_delete=models.PROTECT, related_name="components")
    component_no = models.SmallIntegerField()
    code = models.CharField(max_length=40)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    revenue_code = models.CharField(max_length=30)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "component_no"], name="tariff_component_once")
        ]
