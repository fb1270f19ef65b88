"""Who works here, where, with which rights; and the trail of what they did."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from meterbook.domain import tables


class OrgUnitKind(models.IntegerChoices):
    COMPANY = 1
    BRANCH = 2
    STATION = 3


class OrgUnit(models.Model):
    """A node of the tree company > branch > station. Scope is always a subtree of it."""

    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    kind = models.SmallIntegerField(choices=OrgUnitKind.choices)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], name="org_unit_code_once"),
            models.CheckConstraint(
                condition=models.Q(kind=OrgUnitKind.COMPANY, parent__isnull=True)
                | models.Q(kind__in=[OrgUnitKind.BRANCH, OrgUnitKind.STATION], parent__isnull=False),
                name="org_unit_only_company_is_root",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A named bundle of rights (access.rules lists the rights)."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.name


class RoleRight(models.Model):
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="rights")
    right = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "right"], name="role_right_once")]


class StaffManager(BaseUserManager["Staff"]):
    """Looks staff up by user name whatever its case; creating them is `operations.register_staff`."""

    def get_by_natural_key(self, username: str | None) -> "Staff":
        """The person of that user name; raises Staff.DoesNotExist."""
        return self.get(username__iexact=username)


class Staff(AbstractBaseUser):
    """One person. Never shared, never deleted: what they did stays theirs."""

    username = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    org_unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="staff")
    roles = models.ManyToManyField(Role, related_name="staff")
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)

    objects: ClassVar[StaffManager] = StaffManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("username"), name="staff_username_once")]

    def __str__(self) -> str:
        return self.name


class ApiClient(models.Model):
    """Another system that may read: a partner with a key, what it may see, and whose.

    No station column: the key is looked up before anybody's scope is known. The secret itself is not kept.
    """

    name = models.CharField(max_length=80)
    org_unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    key_id = models.CharField(max_length=16, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40))
    per_minute = models.IntegerField()
    given_at = models.DateTimeField()
    given_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    expires_on = models.DateField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(per_minute__gte=1, per_minute__lte=100_000), name="api_client_rate_sane"
            ),
            models.CheckConstraint(condition=~models.Q(scopes=[]), name="api_client_may_something"),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__isnull=True, withdrawn_reason="")
                | (models.Q(withdrawn_at__isnull=False) & ~models.Q(withdrawn_reason="")),
                name="api_client_withdrawn_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ApiUse(models.Model):
    """How often a client asked in one minute; all web processes count in the same row."""

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="uses")
    minute = models.DateTimeField()
    count = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "minute"], name="api_use_once_per_minute")]


class SavedView(models.Model):
    """A list as somebody wants to find it again: filters, order and columns, as they stand in its address.

    A shared one is also offered to everybody of the owner's unit and of the units below it.
    """

    owner = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="views")
    org_unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    list_name = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=2000, blank=True)
    is_shared = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "list_name", "name"], name="saved_view_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="saved_view_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class AuditEntry(tables.AppendOnly):
    """One act: who, when, on what, before and after. Written in the transaction of the act."""

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=60)
    is_system = models.BooleanField(default=False)
    remote_address = models.CharField(max_length=45, blank=True)
    # The log-in of the database connection: a write that did not come through the product shows.
    database_user = models.CharField(
        max_length=63, db_default=models.Func(function="current_setting", template="session_user")
    )
    act = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=60)
    station_id = models.IntegerField()
    reason = models.CharField(max_length=200, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "-at"], name="audit_by_subject"),
            models.Index(fields=["-at"], name="audit_by_time"),
        ]
