"""Books are read in rounds; a round's accepted readings become usage."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from meterbook.domain import tables
from meterbook.domain.metering import rules


class Book(models.Model):
    """A reading book (抄表册): one walk of one reader. A round of it is one chunk of every run."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=60)
    reader = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "code"], name="book_code_once")]

    def __str__(self) -> str:
        return self.name


class BookPlace(models.Model):
    """Where a service point comes in its book."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="places")
    service_point = models.OneToOneField(
        "premises.ServicePoint", on_delete=models.PROTECT, related_name="book_place"
    )
    sequence = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["book", "sequence"], name="book_sequence_once", deferrable=models.Deferrable.DEFERRED
            )
        ]


class RoundState(models.IntegerChoices):
    OPEN = 1
    ACCEPTED = 2


class RoundKind(models.IntegerChoices):
    """REGULAR: a book's month. FINAL: one agreement read and billed on the day it is settled."""

    REGULAR = 1
    FINAL = 2


class Round(models.Model):
    """One reading of one book for one billing month (`period` = first day of that month).

    A FINAL round has one agreement and is accepted as it is opened; `request_key` is that of the settlement.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="rounds")
    period = models.DateField()
    kind = models.SmallIntegerField(
        choices=RoundKind.choices, default=RoundKind.REGULAR, db_default=RoundKind.REGULAR
    )
    agreement = models.ForeignKey(
        "agreements.SupplyAgreement", null=True, on_delete=models.PROTECT, related_name="+"
    )
    request_key = models.UUIDField(null=True)
    state = models.SmallIntegerField(choices=RoundState.choices, default=RoundState.OPEN)
    opened_on = models.DateField()
    accepted_on = models.DateField(null=True)
    accepted_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["book", "period"],
                condition=models.Q(kind=RoundKind.REGULAR),
                name="regular_round_once_per_period",
            ),
            models.UniqueConstraint(fields=["request_key", "agreement"], name="final_round_once"),
            models.CheckConstraint(
                condition=models.Q(kind=RoundKind.REGULAR, agreement__isnull=True)
                | models.Q(kind=RoundKind.FINAL, agreement__isnull=False, request_key__isnull=False),
                name="round_final_has_agreement",
            ),
            models.CheckConstraint(condition=models.Q(period__day=1), name="round_period_is_a_month"),
            models.CheckConstraint(
                condition=models.Q(state=RoundState.OPEN, accepted_on__isnull=True)
                | models.Q(state=RoundState.ACCEPTED, accepted_on__isnull=False),
                name="round_accepted_has_date",
            ),
        ]


class Source(models.IntegerChoices):
    """Where a reading came from.

    ESTIMATED: nobody could see the register, which is taken off. WITHDRAWN: a higher revision that says
    there was no reading on that day after all.
    """

    INITIAL = 1
    KEYED = 2
    FILE = 3
    FINAL = 4
    ESTIMATED = 5
    WITHDRAWN = 6


Check = rules.Check


class EntryState(models.IntegerChoices):
    EMPTY = 1
    PASSED = 2
    HELD = 3
    CONFIRMED = 4
    NOT_READ = 5


class RoundEntry(models.Model):
    """One register's place in a round: what is known, what was keyed, what the checks said.

    previous_* repeat the last accepted reading so that a page or a file is checked in one read.
    Quantities in thousandths of the unit. `carried_milli` is what meters counted that hung here before, since
    `carried_from_on`; `unmetered_days` of that time are counted by the mean of this register.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="entries")
    sequence = models.IntegerField()
    agreement = models.ForeignKey("agreements.SupplyAgreement", on_delete=models.PROTECT, related_name="+")
    register = models.ForeignKey("devices.Register", on_delete=models.PROTECT, related_name="+")
    previous_reading_id = models.BigIntegerField()
    previous_on = models.DateField()
    previous_milli = models.BigIntegerField()
    previous_usage_milli = models.BigIntegerField(null=True)
    average_milli = models.BigIntegerField(null=True)
    carried_milli = models.BigIntegerField(db_default=0)
    carried_from_on = models.DateField(null=True)
    unmetered_days = models.IntegerField(db_default=0)
    value_milli = models.BigIntegerField(null=True)
    read_on = models.DateField(null=True)
    source = models.SmallIntegerField(choices=Source.choices, null=True)
    state = models.SmallIntegerField(choices=EntryState.choices, default=EntryState.EMPTY)
    checks = ArrayField(models.SmallIntegerField(choices=Check.choices), default=list)
    reason = models.CharField(max_length=200, blank=True)
    entered_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(null=True)
    # Counts the changes: who saves says which one was on the page, so that nobody's work is lost unseen.
    version = models.IntegerField(db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "register"], name="round_entry_once"),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[EntryState.EMPTY, EntryState.NOT_READ], value_milli__isnull=True
                )
                | models.Q(
                    state__in=[EntryState.PASSED, EntryState.HELD, EntryState.CONFIRMED],
                    value_milli__gte=0,
                    read_on__isnull=False,
                    source__isnull=False,
                ),
                name="round_entry_value_fits_state",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[EntryState.CONFIRMED, EntryState.NOT_READ])
                | ~models.Q(reason=""),
                name="round_entry_confirmed_with_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["state"], condition=models.Q(state=EntryState.HELD), name="round_entry_held")
        ]


class ReadingLimit(models.Model):
    """The company's own high limit for a utility; where none is set rules.STANDARD_LIMITS holds."""

    utility = models.SmallIntegerField(choices=tables.Utility.choices, unique=True)
    times_average = models.SmallIntegerField()
    floor_milli = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(times_average__gte=1, times_average__lte=100, floor_milli__gte=0),
                name="reading_limit_sane",
            )
        ]


class Reading(tables.AppendOnly):
    """An accepted reading. Lean: no foreign keys, whole numbers. A correction is a higher revision."""

    id = models.BigAutoField(primary_key=True)
    register_id = models.BigIntegerField()
    read_on = models.DateField()
    revision = models.SmallIntegerField(default=1)
    value_milli = models.BigIntegerField()
    source = models.SmallIntegerField()
    round_id = models.BigIntegerField(null=True)
    station_id = models.IntegerField()
    reader_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["register_id", "read_on", "revision"], name="reading_once"),
            models.CheckConstraint(condition=models.Q(value_milli__gte=0), name="reading_not_negative"),
        ]


class Usage(tables.AppendOnly):
    """What was used between two accepted readings, in [period_from, period_until). Lean.

    quantity_milli = (closing - opening, rolled over where the register did) x multiplier. Where a meter was
    taken off in the period, it is the sum of the usage's parts, and opening and closing are the last part's.
    """

    id = models.BigAutoField(primary_key=True)
    agreement_id = models.BigIntegerField()
    register_id = models.BigIntegerField()
    round_id = models.BigIntegerField(null=True)
    station_id = models.IntegerField()
    opening_reading_id = models.BigIntegerField()
    closing_reading_id = models.BigIntegerField()
    period_from = models.DateField()
    period_until = models.DateField()
    opening_milli = models.BigIntegerField()
    closing_milli = models.BigIntegerField()
    quantity_milli = models.BigIntegerField()
    revision = models.SmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agreement_id", "period_until", "register_id", "revision"], name="usage_once"
            ),
            models.CheckConstraint(condition=models.Q(quantity_milli__gte=0), name="usage_not_negative"),
            models.CheckConstraint(
                condition=models.Q(period_until__gt=models.F("period_from")), name="usage_period_runs"
            ),
        ]
        indexes = [models.Index(fields=["round_id"], name="usage_by_round")]


class ChangeKind(models.IntegerChoices):
    """What was done to the meter of a service point."""

    INSTALL = 1
    SWAP = 2
    REMOVE = 3
    UNDO = 4


class MeterChange(tables.AppendOnly):
    """A meter was fitted, swapped or taken off at a service point, or such a change was taken back.

    `reason` is one of devices.rules.MoveReason.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    service_point = models.ForeignKey(
        "premises.ServicePoint", on_delete=models.PROTECT, related_name="meter_changes"
    )
    agreement = models.ForeignKey(
        "agreements.SupplyAgreement", null=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.SmallIntegerField(choices=ChangeKind.choices)
    changed_on = models.DateField()
    reason = models.SmallIntegerField()
    remark = models.CharField(max_length=200, blank=True)
    old_meter = models.ForeignKey("devices.Meter", null=True, on_delete=models.PROTECT, related_name="+")
    new_meter = models.ForeignKey("devices.Meter", null=True, on_delete=models.PROTECT, related_name="+")
    old_seal_no = models.CharField(max_length=40, blank=True)
    new_seal_no = models.CharField(max_length=40, blank=True)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    staff = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    request_key = models.UUIDField(unique=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind=1, old_meter__isnull=True, new_meter__isnull=False, undoes=None)
                | models.Q(kind=2, old_meter__isnull=False, new_meter__isnull=False, undoes=None)
                | models.Q(kind=3, old_meter__isnull=False, new_meter__isnull=True, undoes=None)
                | models.Q(kind=4, undoes__isnull=False),
                name="meter_change_has_its_meters",
            ),
        ]


class ChangeReading(tables.AppendOnly):
    """A register's closing or opening value in a change; `reading_id` is the reading that says so."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    change = models.ForeignKey(MeterChange, on_delete=models.PROTECT, related_name="readings")
    register = models.ForeignKey("devices.Register", on_delete=models.PROTECT, related_name="+")
    is_closing = models.BooleanField()
    reading_id = models.BigIntegerField()
    value_milli = models.BigIntegerField()
    # The closing reading was there before: nothing of it is taken back with the change.
    is_older = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "register", "is_closing"], name="change_register_once")
        ]


class CarriedUsage(tables.AppendOnly):
    """What a register counted until it was taken off; the agreement's next usage takes it in. Lean.

    `quantity_milli` is empty where the mean of the next meter will say it. `estimate_rule` and `basis` say
    how a dead meter's was estimated. A row with `cancels_id` takes another one back.
    """

    id = models.BigAutoField(primary_key=True)
    agreement_id = models.BigIntegerField()
    register_id = models.BigIntegerField()
    station_id = models.IntegerField()
    change_id = models.BigIntegerField()
    opening_reading_id = models.BigIntegerField()
    closing_reading_id = models.BigIntegerField()
    period_from = models.DateField()
    period_until = models.DateField()
    opening_milli = models.BigIntegerField()
    closing_milli = models.BigIntegerField()
    multiplier_milli = models.IntegerField()
    quantity_milli = models.BigIntegerField(null=True)
    estimate_rule = models.SmallIntegerField(null=True)
    basis = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, blank=True)
    cancels_id = models.BigIntegerField(null=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity_milli__gte=0)
                | models.Q(quantity_milli__isnull=True, estimate_rule__isnull=False),
                name="carried_usage_is_known_or_estimated",
            ),
            models.CheckConstraint(
                condition=models.Q(period_until__gt=models.F("period_from")), name="carried_usage_period_runs"
            ),
        ]
        indexes = [models.Index(fields=["agreement_id"], name="carried_by_agreement")]


class UsagePart(tables.AppendOnly):
    """One register's part of a usage over several meters, in the order they hung. The parts sum to it. Lean.

    A corrected usage has its own parts, with its `revision`. `carried_id` is empty for the last meter's.
    """

    id = models.BigAutoField(primary_key=True)
    usage_id = models.BigIntegerField()
    part_no = models.SmallIntegerField()
    revision = models.SmallIntegerField(default=1)
    station_id = models.IntegerField()
    carried_id = models.BigIntegerField(null=True)
    register_id = models.BigIntegerField()
    opening_reading_id = models.BigIntegerField()
    closing_reading_id = models.BigIntegerField()
    period_from = models.DateField()
    period_until = models.DateField()
    opening_milli = models.BigIntegerField()
    closing_milli = models.BigIntegerField()
    multiplier_milli = models.IntegerField()
    quantity_milli = models.BigIntegerField()
    estimate_rule = models.SmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["usage_id", "part_no"], name="usage_part_once"),
            models.UniqueConstraint(fields=["carried_id", "revision"], name="carried_usage_taken_once"),
            models.CheckConstraint(condition=models.Q(quantity_milli__gte=0), name="usage_part_not_negative"),
        ]
