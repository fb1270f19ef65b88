"""What 0001_initial to 0003_first_moves come to, for a company that begins with this release: one step for each table."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.datetime
import meterbook.domain.devices.models
import meterbook.domain.tables
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("devices", "0001_initial"),
        ("devices", "0002_life_of_a_meter"),
        ("devices", "0003_first_moves"),
    ]

    dependencies = [
        ("access", "0001_squashed_0004"),
        ("access", "__first__"),
        ("premises", "0001_squashed_0005"),
    ]

    operations = [
        migrations.CreateModel(
            name="MeterMaker",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, unique=True)),
                ("code", models.CharField(blank=True, max_length=20)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("code", ""), _negated=True),
                        fields=("code",),
                        name="meter_maker_code_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MeterModel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("maker", models.CharField(blank=True, max_length=60)),
                ("name", models.CharField(max_length=60)),
                (
                    "utility",
                    models.SmallIntegerField(
                        choices=[(1, "Water"), (2, "Gas"), (3, "Electricity"), (4, "Heat")]
                    ),
                ),
                (
                    "kind",
                    models.SmallIntegerField(
                        choices=[(1, "Mechanical"), (2, "Ic Card"), (3, "Remote Read"), (4, "Heat Meter")],
                        default=1,
                    ),
                ),
                ("nominal_diameter", models.SmallIntegerField(null=True)),
                ("accuracy_class", models.CharField(blank=True, db_default="", max_length=20)),
                ("nominal_flow_milli", models.IntegerField(null=True)),
                ("digits", models.SmallIntegerField(db_default=5, default=5)),
                ("decimals", models.SmallIntegerField(db_default=0, default=0)),
                ("multiplier_milli", models.IntegerField(db_default=1000, default=1000)),
                (
                    "bands",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(
                            choices=[(0, "Total"), (1, "Peak"), (2, "Flat"), (3, "Valley")]
                        ),
                        default=meterbook.domain.devices.models.total_only,
                        size=None,
                    ),
                ),
                (
                    "communication",
                    models.SmallIntegerField(
                        choices=[
                            (0, "None"),
                            (1, "Pulse"),
                            (2, "M Bus"),
                            (3, "Rs485"),
                            (4, "Lora"),
                            (5, "Nb Iot"),
                            (6, "Cellular"),
                        ],
                        db_default=0,
                        default=0,
                    ),
                ),
                ("has_valve", models.BooleanField(db_default=False, default=False)),
                ("ic_protocol", models.CharField(blank=True, db_default="", max_length=40)),
                ("service_life_months", models.SmallIntegerField(null=True)),
                ("verification_months", models.SmallIntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("maker", "name", "utility"), name="meter_model_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decimals__gte", 0),
                            ("decimals__lte", 3),
                            ("digits__gte", 3),
                            ("digits__lte", 12),
                        ),
                        name="meter_model_digits_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("bands__len__gt", 0), ("multiplier_milli__gt", 0)),
                        name="meter_model_counts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("service_life_months__isnull", True),
                                ("service_life_months__gt", 0),
                                _connector="OR",
                            ),
                            models.Q(
                                ("verification_months__isnull", True),
                                ("verification_months__gt", 0),
                                _connector="OR",
                            ),
                        ),
                        name="meter_model_months_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Meter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("serial_no", models.CharField(max_length=40)),
                ("barcode", models.CharField(blank=True, max_length=40)),
                (
                    "state",
                    models.SmallIntegerField(
                        choices=[
                            (1, "In Stock"),
                            (2, "In Service"),
                            (3, "Removed"),
                            (4, "Scrapped"),
                            (5, "Issued"),
                            (6, "In Test"),
                            (7, "In Repair"),
                            (8, "Lost"),
                        ]
                    ),
                ),
                ("manufactured_on", models.DateField(null=True)),
                ("verified_on", models.DateField(null=True)),
                ("verification_due_on", models.DateField(null=True)),
                ("correction_ppm", models.IntegerField(db_default=0, default=0)),
                ("purchase_no", models.CharField(blank=True, db_default="", default="", max_length=40)),
                ("holder", models.CharField(blank=True, db_default="", default="", max_length=60)),
                ("version", models.IntegerField(db_default=0, default=0)),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "model",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="devices.metermodel"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["verification_due_on"], name="meter_by_due"),
                    models.Index(
                        condition=models.Q(("state", 2), _negated=True),
                        fields=["state", "holder"],
                        name="meter_by_store",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("serial_no",), name="meter_serial_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("barcode", ""), _negated=True),
                        fields=("barcode",),
                        name="meter_barcode_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MeterMove",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "from_state",
                    models.SmallIntegerField(
                        choices=[
                            (1, "In Stock"),
                            (2, "In Service"),
                            (3, "Removed"),
                            (4, "Scrapped"),
                            (5, "Issued"),
                            (6, "In Test"),
                            (7, "In Repair"),
                            (8, "Lost"),
                        ],
                        null=True,
                    ),
                ),
                (
                    "to_state",
                    models.SmallIntegerField(
                        choices=[
                            (1, "In Stock"),
                            (2, "In Service"),
                            (3, "Removed"),
                            (4, "Scrapped"),
                            (5, "Issued"),
                            (6, "In Test"),
                            (7, "In Repair"),
                            (8, "Lost"),
                        ]
                    ),
                ),
                ("moved_on", models.DateField()),
                ("moved_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("place", models.CharField(blank=True, db_default="", default="", max_length=60)),
                (
                    "reason",
                    models.SmallIntegerField(
                        choices=[
                            (0, "None"),
                            (1, "Over Age"),
                            (2, "Stopped"),
                            (3, "Slow"),
                            (4, "Fast"),
                            (5, "Backwards"),
                            (6, "Damaged"),
                            (7, "Leaking"),
                            (8, "Tampered"),
                            (9, "Arrears"),
                            (10, "Demolition"),
                            (11, "Customer Request"),
                            (12, "Resized"),
                            (13, "Frozen"),
                            (14, "New Supply"),
                            (15, "Mistake"),
                            (16, "Other"),
                        ],
                        db_default=0,
                        default=0,
                    ),
                ),
                ("remark", models.CharField(blank=True, db_default="", default="", max_length=200)),
                ("bundle", models.UUIDField(null=True)),
                (
                    "meter",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="moves",
                        to="devices.meter",
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
                        to="devices.metermove",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["meter", "-id"], name="meter_move_by_meter"),
                    models.Index(
                        condition=models.Q(("bundle__isnull", False)),
                        fields=["bundle"],
                        name="meter_move_by_bundle",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("meter", "bundle"), name="meter_move_once_per_act"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("from_state__isnull", True),
                            models.Q(("from_state", models.F("to_state")), _negated=True),
                            _connector="OR",
                        ),
                        name="meter_move_goes_somewhere",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MeterTest",
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
                        choices=[(1, "First"), (2, "Periodic"), (3, "After Repair"), (4, "Requested")]
                    ),
                ),
                ("tested_on", models.DateField()),
                ("laboratory", models.CharField(max_length=60)),
                ("certificate_no", models.CharField(blank=True, max_length=40)),
                ("has_passed", models.BooleanField()),
                ("error_ppm", models.IntegerField(null=True)),
                ("next_due_on", models.DateField(null=True)),
                ("remark", models.CharField(blank=True, max_length=200)),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("request_key", models.UUIDField(unique=True)),
                (
                    "meter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tests", to="devices.meter"
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
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="MeterTestPoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("flow_milli", models.IntegerField()),
                ("error_ppm", models.IntegerField()),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "test",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="points",
                        to="devices.metertest",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("test", "flow_milli"), name="meter_test_point_once"),
                    models.CheckConstraint(
                        condition=models.Q(("flow_milli__gt", 0)), name="meter_test_flow_positive"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Register",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "band",
                    models.SmallIntegerField(
                        choices=[(0, "Total"), (1, "Peak"), (2, "Flat"), (3, "Valley")], default=0
                    ),
                ),
                ("digits", models.SmallIntegerField()),
                ("decimals", models.SmallIntegerField(db_default=0, default=0)),
                ("multiplier_milli", models.IntegerField(default=1000)),
                (
                    "meter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="registers",
                        to="devices.meter",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("meter", "band"), name="register_band_once"),
                    models.CheckConstraint(
                        condition=models.Q(("digits__gte", 3), ("digits__lte", 12)),
                        name="register_digits_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("decimals__gte", 0), ("decimals__lte", 3)),
                        name="register_decimals_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("multiplier_milli__gt", 0)), name="register_multiplier_positive"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seal_no", models.CharField(max_length=40)),
                ("colour", models.CharField(blank=True, max_length=20)),
                (
                    "position",
                    models.SmallIntegerField(
                        choices=[
                            (1, "Meter Body"),
                            (2, "Connection"),
                            (3, "Valve"),
                            (4, "Terminal Cover"),
                            (5, "Other"),
                        ]
                    ),
                ),
                ("applied_on", models.DateField()),
                ("removed_on", models.DateField(null=True)),
                ("removal_reason", models.CharField(blank=True, max_length=200)),
                (
                    "applied_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "meter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="seals", to="devices.meter"
                    ),
                ),
                (
                    "removed_by",
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
                "constraints": [
                    models.UniqueConstraint(fields=("seal_no",), name="seal_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("removal_reason", ""), ("removed_on__isnull", True)),
                            models.Q(
                                ("removed_on__gte", models.F("applied_on")),
                                models.Q(("removal_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="seal_removed_with_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Installation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("installed_on", models.DateField()),
                ("removed_on", models.DateField(null=True)),
                (
                    "service_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="installations",
                        to="premises.servicepoint",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "meter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="installations",
                        to="devices.meter",
                    ),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("meter", "="),
                            (
                                meterbook.domain.tables.DateRange(
                                    "installed_on",
                                    "removed_on",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                ),
                                "&&",
                            ),
                        ],
                        name="installation_meter_one_place",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("service_point", "="),
                            (
                                meterbook.domain.tables.DateRange(
                                    "installed_on",
                                    "removed_on",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                ),
                                "&&",
                            ),
                        ],
                        name="installation_point_one_meter",
                    ),
                ],
            },
        ),
    ]
