import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("agreements", "0001_initial"),
        ("devices", "0001_initial"),
        ("metering", "0002_limits_and_entry_versions"),
        ("premises", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
            ],
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
            ],
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
        ),
        migrations.RemoveConstraint(
            model_name="round",
            name="round_once_per_period",
        ),
        migrations.AddField(
            model_name="round",
            name="agreement",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="agreements.supplyagreement",
            ),
        ),
        migrations.AddField(
            model_name="round",
            name="kind",
            field=models.SmallIntegerField(choices=[(1, "Regular"), (2, "Final")], db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="round",
            name="request_key",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="roundentry",
            name="carried_from_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="roundentry",
            name="carried_milli",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="roundentry",
            name="unmetered_days",
            field=models.IntegerField(db_default=0),
        ),
        migrations.AlterField(
            model_name="roundentry",
            name="source",
            field=models.SmallIntegerField(
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
        migrations.AddConstraint(
            model_name="round",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", 1)),
                fields=("book", "period"),
                name="regular_round_once_per_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.UniqueConstraint(fields=("request_key", "agreement"), name="final_round_once"),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agreement__isnull", True), ("kind", 1)),
                    models.Q(("agreement__isnull", False), ("kind", 2), ("request_key__isnull", False)),
                    _connector="OR",
                ),
                name="round_final_has_agreement",
            ),
        ),
        migrations.AddIndex(
            model_name="carriedusage",
            index=models.Index(fields=["agreement_id"], name="carried_by_agreement"),
        ),
        migrations.AddConstraint(
            model_name="carriedusage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("quantity_milli__gte", 0),
                    models.Q(("estimate_rule__isnull", False), ("quantity_milli__isnull", True)),
                    _connector="OR",
                ),
                name="carried_usage_is_known_or_estimated",
            ),
        ),
        migrations.AddConstraint(
            model_name="carriedusage",
            constraint=models.CheckConstraint(
                condition=models.Q(("period_until__gt", models.F("period_from"))),
                name="carried_usage_period_runs",
            ),
        ),
        migrations.AddField(
            model_name="changereading",
            name="register",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="devices.register"
            ),
        ),
        migrations.AddField(
            model_name="changereading",
            name="station",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
        ),
        migrations.AddField(
            model_name="meterchange",
            name="agreement",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="agreements.supplyagreement",
            ),
        ),
        migrations.AddField(
            model_name="meterchange",
            name="new_meter",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="devices.meter"
            ),
        ),
        migrations.AddField(
            model_name="meterchange",
            name="old_meter",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="devices.meter"
            ),
        ),
        migrations.AddField(
            model_name="meterchange",
            name="service_point",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="meter_changes",
                to="premises.servicepoint",
            ),
        ),
        migrations.AddField(
            model_name="meterchange",
            name="staff",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="meterchange",
            name="station",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
        ),
        migrations.AddField(
            model_name="meterchange",
            name="undoes",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undone_by",
                to="metering.meterchange",
            ),
        ),
        migrations.AddField(
            model_name="changereading",
            name="change",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="readings",
                to="metering.meterchange",
            ),
        ),
        migrations.AddConstraint(
            model_name="usagepart",
            constraint=models.UniqueConstraint(fields=("usage_id", "part_no"), name="usage_part_once"),
        ),
        migrations.AddConstraint(
            model_name="usagepart",
            constraint=models.UniqueConstraint(
                fields=("carried_id", "revision"), name="carried_usage_taken_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="usagepart",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity_milli__gte", 0)), name="usage_part_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="meterchange",
            constraint=models.CheckConstraint(
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
            ),
        ),
        migrations.AddConstraint(
            model_name="changereading",
            constraint=models.UniqueConstraint(
                fields=("change", "register", "is_closing"), name="change_register_once"
            ),
        ),
    ]
