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


class Round(models.Model):
    """One reading of one book for one billing month (`period` = first day of that month)."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="rounds")
    period = models.DateField()
    state = models.SmallIntegerField(choices=RoundState.choices, default=RoundState.OPEN)
    opened_on = models.DateField()
    accepted_on = models.DateField(null=True)
    accepted_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "period"], name="round_once_per_period"),
            models.CheckConstraint(condition=models.Q(period__day=1), name="round_period_is_a_month"),
            models.CheckConstraint(
                condition=models.Q(state=RoundState.OPEN, accepted_on__isnull=True)
                | models.Q(state=RoundState.ACCEPTED, accepted_on__isnull=False),
                name="round_accepted_has_date",
            ),
        ]


class Source(models.IntegerChoices):
    """Where a reading came from."""

    INITIAL = 1
    KEYED = 2
    FILE = 3
    FINAL = 4


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
    Quantities in thousandths of the unit.
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

    quantity_milli = (closing - opening, rolled over where the register did) x multiplier.
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
