"""Where supply arrives: the address tree, premises and their service points, and what is known of them."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from meterbook.domain import tables


class NodeKind(models.IntegerChoices):
    """The levels of the address tree, from the large to the small; rules.LEVELS has their part names."""

    DISTRICT = 1
    STREET = 2
    COMMUNITY = 3
    BUILDING = 4
    ENTRANCE = 5


class AddressNode(models.Model):
    """A node of a station's address tree. A level that an address lacks is left out of its branch.

    `path` is the ids from the root to the node, each with a slash behind it (12/407/): a subtree is a range
    of paths. Two stations that serve one street have a node each, so that scope stays a matter of the row.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    kind = models.SmallIntegerField(choices=NodeKind.choices)
    name = models.CharField(max_length=60)
    path = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["station", "parent", "kind", "name"], name="address_node_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="address_node_has_a_name"),
        ]
        indexes = [models.Index(fields=["path"], name="address_node_by_path")]

    def __str__(self) -> str:
        return self.name


class PremiseBatch(models.Model):
    """Premises that were generated in one act; taken back (`undone_at`) while nothing hangs on them.

    `node` is the community they stand in, until they are taken back.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    request_key = models.UUIDField(unique=True)
    node = models.ForeignKey(AddressNode, null=True, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=240)
    premise_count = models.IntegerField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)


class Premise(models.Model):
    """One door. The parts are what people filter by; `address` is what people read.

    The parts above the floor repeat the names of the branch `node` is on; operations keep the two in step.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    node = models.ForeignKey(
        AddressNode, null=True, on_delete=models.PROTECT, related_name="premises", db_index=False
    )
    batch = models.ForeignKey(PremiseBatch, null=True, on_delete=models.PROTECT, related_name="premises")
    district = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=60, blank=True)
    community = models.CharField(max_length=60)
    building = models.CharField(max_length=20, blank=True)
    entrance = models.CharField(max_length=20, blank=True)
    floor = models.CharField(max_length=10, blank=True)
    flat_no = models.CharField(max_length=20, blank=True)
    address = models.CharField(max_length=240)

    class Meta:
        constraints = [
            # Checked at the end of a statement: renaming a street may pass an address from door to door.
            models.UniqueConstraint(
                fields=["station", "address"],
                name="premise_address_once",
                deferrable=models.Deferrable.IMMEDIATE,
            )
        ]
        indexes = [
            models.Index(fields=["community", "building", "entrance", "flat_no"], name="premise_by_parts"),
            models.Index(fields=["node", "station"], name="premise_by_node"),
            GinIndex(OpClass(Upper("address"), name="gin_trgm_ops"), name="premise_address_trigrams"),
        ]

    def __str__(self) -> str:
        return self.address


class AliasKind(models.IntegerChoices):
    FORMER = 1
    COMMON = 2
    AUXILIARY = 3
    MAILING = 4


class PremiseAlias(models.Model):
    """Another address under which a premise is found: a former one, what people call it, where mail goes."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    premise = models.ForeignKey(Premise, on_delete=models.PROTECT, related_name="aliases")
    kind = models.SmallIntegerField(choices=AliasKind.choices)
    text = models.CharField(max_length=240)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["premise", "kind", "text"], name="premise_alias_once"),
            models.CheckConstraint(condition=~models.Q(text=""), name="premise_alias_not_empty"),
        ]
        indexes = [GinIndex(OpClass(Upper("text"), name="gin_trgm_ops"), name="premise_alias_trigrams")]


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


class Dimension(models.Model):
    """A way to classify premises beside the address: supply station, collector, metering area, ..."""

    code = models.CharField(max_length=30, unique=True)
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=60)
    position = models.SmallIntegerField(default=100)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(code__regex=r"^[A-Z][A-Z0-9_]*$"), name="dimension_code_plain"
            )
        ]


class DimensionValue(models.Model):
    """One value of a dimension; values may form a tree inside it."""

    dimension = models.ForeignKey(Dimension, on_delete=models.PROTECT, related_name="values")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dimension", "code"], name="dimension_value_once"),
            models.UniqueConstraint(fields=["id", "dimension"], name="dimension_value_of_its_dimension"),
            models.CheckConstraint(
                condition=~models.Q(code="") & ~models.Q(name=""), name="dimension_value_named"
            ),
        ]


class PremiseValue(models.Model):
    """What a premise belongs to in one dimension in [from_on, until_on): one value at a time.

    A key of two columns in the database keeps `value` a value of `dimension`.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    premise = models.ForeignKey(Premise, on_delete=models.PROTECT, related_name="values")
    dimension = models.ForeignKey(Dimension, on_delete=models.PROTECT, related_name="+", db_index=False)
    value = models.ForeignKey(DimensionValue, on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until_on__isnull=True) | models.Q(until_on__gt=models.F("from_on")),
                name="premise_value_period_runs",
            ),
            ExclusionConstraint(
                name="premise_value_one_at_a_time",
                expressions=[
                    ("premise", RangeOperators.EQUAL),
                    ("dimension", RangeOperators.EQUAL),
                    (tables.DateRange("from_on", "until_on", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class ApplianceKind(models.IntegerChoices):
    STOVE = 1
    WATER_HEATER = 2
    WALL_HUNG_BOILER = 3
    BOILER = 4
    COMMERCIAL_RANGE = 5
    STEAM_CABINET = 6
    DRYER = 7
    OTHER = 9


class FlueType(models.IntegerChoices):
    """How an appliance gets its air and where its exhaust goes."""

    NONE = 0
    FLUELESS = 1
    OPEN_FLUED = 2
    FAN_FLUED = 3
    BALANCED = 4


class Appliance(models.Model):
    """A gas appliance at a premise in [installed_on, removed_on). `rated_flow_milli`: m³/h in thousandths."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    premise = models.ForeignKey(Premise, on_delete=models.PROTECT, related_name="appliances")
    kind = models.SmallIntegerField(choices=ApplianceKind.choices)
    maker = models.CharField(max_length=60, blank=True)
    model = models.CharField(max_length=60, blank=True)
    serial_no = models.CharField(max_length=40, blank=True)
    request_key = models.UUIDField(null=True, unique=True)
    rated_flow_milli = models.IntegerField(null=True)
    flue_type = models.SmallIntegerField(choices=FlueType.choices, default=FlueType.NONE)
    installed_on = models.DateField(null=True)
    removed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rated_flow_milli__isnull=True) | models.Q(rated_flow_milli__gt=0),
                name="appliance_flow_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(removed_on__isnull=True)
                | models.Q(installed_on__isnull=True)
                | models.Q(removed_on__gte=models.F("installed_on")),
                name="appliance_removed_after_installed",
            ),
        ]


class NetworkKind(models.IntegerChoices):
    INLET_PIPE = 1
    RISER_SWITCH = 2
    AS_BUILT_DRAWING = 3
    REGULATOR_BOX = 4
    PRESSURE = 5
    VALVE_WELL = 6
    OTHER = 9


class NetworkRecord(models.Model):
    """One entry of the network archive, at a node of the address tree or at a premise."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    node = models.ForeignKey(AddressNode, null=True, on_delete=models.PROTECT, related_name="network_records")
    premise = models.ForeignKey(Premise, null=True, on_delete=models.PROTECT, related_name="network_records")
    kind = models.SmallIntegerField(choices=NetworkKind.choices)
    description = models.CharField(max_length=200)
    position = models.CharField(max_length=120, blank=True)
    request_key = models.UUIDField(null=True, unique=True)
    installed_on = models.DateField(null=True)
    removed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(node__isnull=True, premise__isnull=False)
                | models.Q(node__isnull=False, premise__isnull=True),
                name="network_record_at_one_place",
            ),
            models.CheckConstraint(
                condition=models.Q(removed_on__isnull=True)
                | models.Q(installed_on__isnull=True)
                | models.Q(removed_on__gte=models.F("installed_on")),
                name="network_record_removed_after_installed",
            ),
        ]
