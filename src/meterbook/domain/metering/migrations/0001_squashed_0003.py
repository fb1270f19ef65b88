"""What 0001_initial to 0003_meter_changes come to, for a company that begins with this release: one step for each table."""

import django.contrib.postgres.fields
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("metering", "0001_initial"),
        ("metering", "0002_limits_and_entry_versions"),
        ("metering", "0003_meter_changes"),
    ]

    dependencies = [
        ("access", "0001_squashed_0004"),
        ("access", "__first__"),
        ("agreements", "0001_squashed_0004"),
        ("devices", "0001_squashed_0003"),
        ("premises", "0001_squashed_0005"),
    ]

    operations = [
        migrations.CreateModel(
            name="Book",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=60)),
                (
                    "reader",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("station", "code"), name="book_code_once")],
            },
        ),
        migrations.CreateModel(
            name="BookPlace",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sequence", models.IntegerField()),
                (
                    "book",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="places", to="metering.book"
                    ),
                ),
                (
                    "service_point",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="book_place",
                        to="premises.servicepoint",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                        fields=("book", "sequence"),
                        name="book_sequence_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CarriedUsage",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("agreement_id", models.BigIntegerField()),
                ("register_id", models.BigIntegerField()),
                ("station_id", models.IntegerField()),
                ("change_id", models.BigIntegerField()),
                ("opening_reading_id", models.BigIntegerField()),
                ("closing_reading_id", models.BigIntegerField()),
                ("period_from", models.DateField()),
                ("period_until", models.DateField()),
                ("opening_milli", models.BigIntegerField()),
                ("closing_milli", models.BigIntegerField()),
                ("multiplier_milli", models.IntegerField()),
                ("quantity_milli", models.BigIntegerField(null=True)),
                ("estimate_rule", models.SmallIntegerField(null=True)),
                ("basis", models.JSONField(default=dict)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("cancels_id", models.BigIntegerField(null=True, unique=True)),
            ],
            options={
                "indexes": [models.Index(fields=["agreement_id"], name="carried_by_agreement")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity_milli__gte", 0),
                            models.Q(("estimate_rule__isnull", False), ("quantity_milli__isnull", True)),
                            _connector="OR",
                        ),
                        name="carried_usage_is_known_or_estimated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("period_until__gt", models.F("period_from"))),
                        name="carried_usage_period_runs",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MeterChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.SmallIntegerField(
                        choices=[(1, "Install"), (2, "Swap"), (3, "Remove"), (4, "Undo")]
                    ),
                ),
                ("changed_on", models.DateField()),
                ("reason", models.SmallIntegerField()),
                ("remark", models.CharField(blank=True, max_length=200)),
                ("old_seal_no", models.CharField(blank=True, max_length=40)),
                ("new_seal_no", models.CharField(blank=True, max_length=40)),
                ("request_key", models.UUIDField(unique=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "agreement",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreements.supplyagreement",
                    ),
                ),
                (
                    "new_meter",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="devices.meter",
                    ),
                ),
                (
                    "old_meter",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="devices.meter",
                    ),
                ),
                (
                    "service_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="meter_changes",
                        to="premises.servicepoint",
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "undoes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by",
                        to="metering.meterchange",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", 1),
                                ("new_meter__isnull", False),
                                ("old_meter__isnull", True),
                                ("undoes", None),
                            ),
                            models.Q(
                                ("kind", 2),
                                ("new_meter__isnull", False),
                                ("old_meter__isnull", False),
                                ("undoes", None),
                            ),
                            models.Q(
                                ("kind", 3),
                                ("new_meter__isnull", True),
                                ("old_meter__isnull", False),
                                ("undoes", None),
                            ),
                            models.Q(("kind", 4), ("undoes__isnull", False)),
                            _connector="OR",
                        ),
                        name="meter_change_has_its_meters",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ChangeReading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_closing", models.BooleanField()),
                ("reading_id", models.BigIntegerField()),
                ("value_milli", models.BigIntegerField()),
                ("is_older", models.BooleanField(default=False)),
                (
                    "register",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="devices.register"
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "change",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="readings",
                        to="metering.meterchange",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("change", "register", "is_closing"), name="change_register_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Reading",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("register_id", models.BigIntegerField()),
                ("read_on", models.DateField()),
                ("revision", models.SmallIntegerField(default=1)),
                ("value_milli", models.BigIntegerField()),
                ("source", models.SmallIntegerField()),
                ("round_id", models.BigIntegerField(null=True)),
                ("station_id", models.IntegerField()),
                ("reader_id", models.BigIntegerField(null=True)),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("register_id", "read_on", "revision"), name="reading_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("value_milli__gte", 0)), name="reading_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReadingLimit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "utility",
                    models.SmallIntegerField(
                        choices=[(1, "Water"), (2, "Gas"), (3, "Electricity"), (4, "Heat")], unique=True
                    ),
                ),
                ("times_average", models.SmallIntegerField()),
                ("floor_milli", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("floor_milli__gte", 0), ("times_average__gte", 1), ("times_average__lte", 100)
                        ),
                        name="reading_limit_sane",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Round",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("period", models.DateField()),
                (
                    "kind",
                    models.SmallIntegerField(choices=[(1, "Regular"), (2, "Final")], db_default=1, default=1),
                ),
                ("request_key", models.UUIDField(null=True)),
                ("state", models.SmallIntegerField(choices=[(1, "Open"), (2, "Accepted")], default=1)),
                ("opened_on", models.DateField()),
                ("accepted_on", models.DateField(null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreements.supplyagreement",
                    ),
                ),
                (
                    "book",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rounds", to="metering.book"
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", 1)),
                        fields=("book", "period"),
                        name="regular_round_once_per_period",
                    ),
                    models.UniqueConstraint(fields=("request_key", "agreement"), name="final_round_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agreement__isnull", True), ("kind", 1)),
                            models.Q(
                                ("agreement__isnull", False), ("kind", 2), ("request_key__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="round_final_has_agreement",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("period__day", 1)), name="round_period_is_a_month"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("accepted_on__isnull", True), ("state", 1)),
                            models.Q(("accepted_on__isnull", False), ("state", 2)),
                            _connector="OR",
                        ),
                        name="round_accepted_has_date",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RoundEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sequence", models.IntegerField()),
                ("previous_reading_id", models.BigIntegerField()),
                ("previous_on", models.DateField()),
                ("previous_milli", models.BigIntegerField()),
                ("previous_usage_milli", models.BigIntegerField(null=True)),
                ("average_milli", models.BigIntegerField(null=True)),
                ("carried_milli", models.BigIntegerField(db_default=0)),
                ("carried_from_on", models.DateField(null=True)),
                ("unmetered_days", models.IntegerField(db_default=0)),
                ("value_milli", models.BigIntegerField(null=True)),
                ("read_on", models.DateField(null=True)),
                (
                    "source",
                    models.SmallIntegerField(
                        choices=[
                            (1, "Initial"),
                            (2, "Keyed"),
                            (3, "File"),
                            (4, "Final"),
                            (5, "Estimated"),
                            (6, "Withdrawn"),
                        ],
                        null=True,
                    ),
                ),
                (
                    "state",
                    models.SmallIntegerField(
                        choices=[(1, "Empty"), (2, "Passed"), (3, "Held"), (4, "Confirmed"), (5, "Not Read")],
                        default=1,
                    ),
                ),
                (
                    "checks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(
                            choices=[
                                (1, "Lower Than Before"),
                                (2, "Far Above Average"),
                                (3, "Zero"),
                                (4, "Beyond Digits"),
                            ]
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("entered_at", models.DateTimeField(null=True)),
                ("version", models.IntegerField(db_default=0)),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agreements.supplyagreement",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "register",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="devices.register"
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="metering.round",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", 3)), fields=["state"], name="round_entry_held")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("round", "register"), name="round_entry_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", [1, 5]), ("value_milli__isnull", True)),
                            models.Q(
                                ("read_on__isnull", False),
                                ("source__isnull", False),
                                ("state__in", [2, 3, 4]),
                                ("value_milli__gte", 0),
                            ),
                            _connector="OR",
                        ),
                        name="round_entry_value_fits_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", [4, 5]), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="round_entry_confirmed_with_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Usage",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("agreement_id", models.BigIntegerField()),
                ("register_id", models.BigIntegerField()),
                ("round_id", models.BigIntegerField(null=True)),
                ("station_id", models.IntegerField()),
                ("opening_reading_id", models.BigIntegerField()),
                ("closing_reading_id", models.BigIntegerField()),
                ("period_from", models.DateField()),
                ("period_until", models.DateField()),
                ("opening_milli", models.BigIntegerField()),
                ("closing_milli", models.BigIntegerField()),
                ("quantity_milli", models.BigIntegerField()),
                ("revision", models.SmallIntegerField(default=1)),
            ],
            options={
                "indexes": [models.Index(fields=["round_id"], name="usage_by_round")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agreement_id", "period_until", "register_id", "revision"), name="usage_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity_milli__gte", 0)), name="usage_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("period_until__gt", models.F("period_from"))),
                        name="usage_period_runs",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UsagePart",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("usage_id", models.BigIntegerField()),
                ("part_no", models.SmallIntegerField()),
                ("revision", models.SmallIntegerField(default=1)),
                ("station_id", models.IntegerField()),
                ("carried_id", models.BigIntegerField(null=True)),
                ("register_id", models.BigIntegerField()),
                ("opening_reading_id", models.BigIntegerField()),
                ("closing_reading_id", models.BigIntegerField()),
                ("period_from", models.DateField()),
                ("period_until", models.DateField()),
                ("opening_milli", models.BigIntegerField()),
                ("closing_milli", models.BigIntegerField()),
                ("multiplier_milli", models.IntegerField()),
                ("quantity_milli", models.BigIntegerField()),
                ("estimate_rule", models.SmallIntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("usage_id", "part_no"), name="usage_part_once"),
                    models.UniqueConstraint(
                        fields=("carried_id", "revision"), name="carried_usage_taken_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity_milli__gte", 0)), name="usage_part_not_negative"
                    ),
                ],
            },
        ),
    ]
