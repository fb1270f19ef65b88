"""Meters, their registers, where they hang, and their life from the store to the scrap."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from meterbook.domain import tables
from meterbook.domain.devices import rules

MeterState = rules.MeterState
MoveReason = rules.MoveReason


class MeterKind(models.IntegerChoices):
    MECHANICAL = 1
    IC_CARD = 2
    REMOTE_READ = 3
    HEAT_METER = 4


class Communication(models.IntegerChoices):
    """How a meter is read from afar."""

    NONE = 0
    PULSE = 1
    M_BUS = 2
    RS485 = 3
    LORA = 4
    NB_IOT = 5
    CELLULAR = 6


class Band(models.IntegerChoices):
    """What a register counts."""

    TOTAL = 0
    PEAK = 1
    FLAT = 2
    VALLEY = 3


def total_only() -> list[int]:
    """The registers of a plain meter."""
    return [Band.TOTAL.value]


class MeterMaker(models.Model):
    """Who makes meters. `MeterModel.maker` repeats the name: a file names makers, not numbers."""

    name = models.CharField(max_length=60, unique=True)
    code = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=~models.Q(code=""), name="meter_maker_code_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class MeterModel(models.Model):
    """A type of meter. Months left empty are those of rules.STANDARD_LIVES."""

    maker = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=60)
    utility = models.SmallIntegerField(choices=tables.Utility.choices)
    kind = models.SmallIntegerField(choices=MeterKind.choices, default=MeterKind.MECHANICAL)
    nominal_diameter = models.SmallIntegerField(null=True)
    accuracy_class = models.CharField(max_length=20, blank=True, db_default="")
    nominal_flow_milli = models.IntegerField(null=True)
    digits = models.SmallIntegerField(db_default=5, default=5)
    decimals = models.SmallIntegerField(db_default=0, default=0)
    multiplier_milli = models.IntegerField(db_default=1000, default=1000)
    # One register for each band named here; a plain meter has the total alone.
    bands = ArrayField(models.SmallIntegerField(choices=Band.choices), default=total_only)
    communication = models.SmallIntegerField(
        choices=Communication.choices, db_default=Communication.NONE.value, default=Communication.NONE
    )
    has_valve = models.BooleanField(db_default=False, default=False)
    ic_protocol = models.CharField(max_length=40, blank=True, db_default="")
    service_life_months = models.SmallIntegerField(null=True)
    verification_months = models.SmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["maker", "name", "utility"], name="meter_model_once"),
            models.CheckConstraint(
                condition=models.Q(digits__gte=3, digits__lte=12, decimals__gte=0, decimals__lte=3),
                name="meter_model_digits_sane",
            ),
            models.CheckConstraint(
                condition=models.Q(multiplier_milli__gt=0, bands__len__gt=0), name="meter_model_counts"
            ),
            models.CheckConstraint(
                condition=(models.Q(service_life_months__isnull=True) | models.Q(service_life_months__gt=0))
                & (models.Q(verification_months__isnull=True) | models.Q(verification_months__gt=0)),
                name="meter_model_months_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.maker} {self.name}".strip()


class Meter(models.Model):
    """One meter. `state` and `holder` repeat its last move; `version` counts the changes.

    `verification_due_on` is computed when what it depends on is entered, and kept; `is_due_stated`: a person
    said another day, which holds until the next passed test. `correction_ppm` is the error its last test
    stated, in millionths: (measured - true) / true.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    model = models.ForeignKey(MeterModel, on_delete=models.PROTECT)
    serial_no = models.CharField(max_length=rules.LONGEST_NUMBER)
    barcode = models.CharField(max_length=rules.LONGEST_NUMBER, blank=True)
    state = models.SmallIntegerField(choices=MeterState.choices)
    manufactured_on = models.DateField(null=True)
    verified_on = models.DateField(null=True)
    verification_due_on = models.DateField(null=True)
    is_due_stated = models.BooleanField(db_default=False, default=False)
    correction_ppm = models.IntegerField(db_default=0, default=0)
    purchase_no = models.CharField(max_length=40, blank=True, db_default="", default="")
    holder = models.CharField(max_length=60, blank=True, db_default="", default="")
    version = models.IntegerField(db_default=0, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["serial_no"], name="meter_serial_once"),
            models.UniqueConstraint(
                fields=["barcode"], condition=~models.Q(barcode=""), name="meter_barcode_once"
            ),
        ]
        indexes = [
            models.Index(fields=["verification_due_on"], name="meter_by_due"),
            models.Index(
                fields=["state", "holder"],
                condition=~models.Q(state=MeterState.IN_SERVICE),
                name="meter_by_store",
            ),
        ]

    def __str__(self) -> str:
        return self.serial_no


class Register(models.Model):
    """One counter of a meter. `digits` before the decimal point decide where it rolls over."""

    Band = Band

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="registers")
    band = models.SmallIntegerField(choices=Band.choices, default=Band.TOTAL)
    digits = models.SmallIntegerField()
    # Figures the counter shows behind the point.
    decimals = models.SmallIntegerField(db_default=0, default=0)
    multiplier_milli = models.IntegerField(default=1000)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meter", "band"], name="register_band_once"),
            models.CheckConstraint(
                condition=models.Q(digits__gte=3, digits__lte=12), name="register_digits_sane"
            ),
            models.CheckConstraint(
                condition=models.Q(decimals__gte=0, decimals__lte=3), name="register_decimals_sane"
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


class MeterMove(tables.AppendOnly):
    """One step of a meter's life: from where to where, when, by whom, to whom or which place, why.

    The first move has no `from_state`. `bundle` joins the moves of one act and makes it happen once.
    A move is taken back by a counter-move that names it in `undoes`.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    # The index by meter and id below serves it.
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="moves", db_index=False)
    from_state = models.SmallIntegerField(choices=MeterState.choices, null=True)
    to_state = models.SmallIntegerField(choices=MeterState.choices)
    moved_on = models.DateField()
    moved_at = models.DateTimeField(db_default=Now())
    staff = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=60, blank=True, db_default="", default="")
    reason = models.SmallIntegerField(
        choices=MoveReason.choices, db_default=MoveReason.NONE.value, default=MoveReason.NONE
    )
    remark = models.CharField(max_length=200, blank=True, db_default="", default="")
    bundle = models.UUIDField(null=True)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meter", "bundle"], name="meter_move_once_per_act"),
            models.CheckConstraint(
                condition=models.Q(from_state__isnull=True) | ~models.Q(from_state=models.F("to_state")),
                name="meter_move_goes_somewhere",
            ),
        ]
        indexes = [
            models.Index(fields=["meter", "-id"], name="meter_move_by_meter"),
            models.Index(
                fields=["bundle"], condition=models.Q(bundle__isnull=False), name="meter_move_by_bundle"
            ),
        ]


class SealPosition(models.IntegerChoices):
    """Where a seal sits."""

    METER_BODY = 1
    CONNECTION = 2
    VALVE = 3
    TERMINAL_COVER = 4
    OTHER = 5


class Seal(models.Model):
    """A numbered seal on a meter, from the day it was applied until the day it was taken off."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="seals")
    seal_no = models.CharField(max_length=rules.LONGEST_NUMBER)
    colour = models.CharField(max_length=20, blank=True)
    position = models.SmallIntegerField(choices=SealPosition.choices)
    applied_on = models.DateField()
    applied_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    removed_on = models.DateField(null=True)
    removed_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    removal_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seal_no"], name="seal_once"),
            models.CheckConstraint(
                condition=models.Q(removed_on__isnull=True, removal_reason="")
                | (models.Q(removed_on__gte=models.F("applied_on")) & ~models.Q(removal_reason="")),
                name="seal_removed_with_reason",
            ),
        ]


class TestKind(models.IntegerChoices):
    """Why a meter was tested."""

    __test__ = False  # pytest takes names that begin with Test for its own

    FIRST = 1
    PERIODIC = 2
    AFTER_REPAIR = 3
    REQUESTED = 4


class MeterTest(tables.AppendOnly):
    """A verification or test of a meter. `error_ppm` is the error the certificate states as a whole."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="tests")
    kind = models.SmallIntegerField(choices=TestKind.choices)
    tested_on = models.DateField()
    laboratory = models.CharField(max_length=60)
    certificate_no = models.CharField(max_length=40, blank=True)
    has_passed = models.BooleanField()
    error_ppm = models.IntegerField(null=True)
    next_due_on = models.DateField(null=True)
    remark = models.CharField(max_length=200, blank=True)
    staff = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())
    request_key = models.UUIDField(unique=True)


class MeterTestPoint(tables.AppendOnly):
    """The error found at one flow: `error_ppm` in millionths at `flow_milli` thousandths of a m³/h."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    test = models.ForeignKey(MeterTest, on_delete=models.PROTECT, related_name="points")
    flow_milli = models.IntegerField()
    error_ppm = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["test", "flow_milli"], name="meter_test_point_once"),
            models.CheckConstraint(condition=models.Q(flow_milli__gt=0), name="meter_test_flow_positive"),
        ]
