"""People and organisations, and how to reach them."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper


class CustomerClass(models.IntegerChoices):
    RESIDENTIAL = 1
    NON_RESIDENTIAL = 2
    SPECIAL_USE = 3


class Customer(models.Model):
    """A person or organisation; the holder of accounts."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    customer_class = models.SmallIntegerField(choices=CustomerClass.choices)
    name = models.CharField(max_length=120)
    # Sort and search keys: PostgreSQL here has no ICU, so pinyin is kept beside the name.
    name_pinyin = models.CharField(max_length=240, blank=True)
    name_initials = models.CharField(max_length=60, blank=True)
    remark = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["name_pinyin"], name="customer_by_pinyin"),
            models.Index(fields=["name_initials"], name="customer_by_initials"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="customer_name_trigrams"),
        ]

    def __str__(self) -> str:
        return self.name


class ContactPoint(models.Model):
    """A way to reach the customer, with the period in which it was valid."""

    class Kind(models.IntegerChoices):
        PHONE = 1
        EMAIL = 2

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contact_points")
    kind = models.SmallIntegerField(choices=Kind.choices)
    value = models.CharField(max_length=80)
    # Reversed, so that the tail of a phone number is found by a prefix scan.
    value_reversed = models.CharField(max_length=80)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(value=""), name="contact_point_not_empty"),
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=models.Q(valid_until__isnull=True),
                name="contact_point_current_once",
            ),
        ]
        indexes = [
            models.Index(OpClass("value_reversed", name="varchar_pattern_ops"), name="contact_point_tail")
        ]
