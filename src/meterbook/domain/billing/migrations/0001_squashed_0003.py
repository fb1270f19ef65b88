"""What 0001_initial to 0003_lines_of_every_charge come to, for a company that begins with this release: one step for each table."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("billing", "0001_initial"),
        ("billing", "0002_parked_usage_released"),
        ("billing", "0003_lines_of_every_charge"),
    ]

    dependencies = [
        ("access", "0001_squashed_0004"),
        ("access", "__first__"),
        ("metering", "0001_squashed_0003"),
    ]

    operations = [
        migrations.CreateModel(
            name="BillLine",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "bill_id", "line_no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("bill_id", models.BigIntegerField()),
                ("line_no", models.SmallIntegerField()),
                ("station_id", models.IntegerField()),
                ("tariff_version_id", models.IntegerField()),
                ("component_no", models.SmallIntegerField()),
                ("tier", models.SmallIntegerField()),
                ("tier_from_milli", models.BigIntegerField(null=True)),
                ("tier_until_milli", models.BigIntegerField(null=True)),
                ("before_milli", models.BigIntegerField()),
                ("quantity_milli", models.BigIntegerField()),
                ("unit_price_micro", models.BigIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                ("rounding", models.SmallIntegerField()),
                ("days", models.SmallIntegerField()),
                ("tax_minor", models.BigIntegerField(null=True)),
                ("factor_ppm", models.IntegerField(db_default=1000000)),
                ("time_numerator", models.IntegerField(db_default=1)),
                ("time_denominator", models.IntegerField(db_default=1)),
                ("period_from", models.DateField(null=True)),
                ("period_until", models.DateField(null=True)),
                ("part_no", models.SmallIntegerField(db_default=1)),
                ("set_no", models.SmallIntegerField(db_default=0)),
                ("band", models.SmallIntegerField(db_default=0)),
                ("tax_basis_points", models.SmallIntegerField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Bill",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("account_id", models.BigIntegerField()),
                ("agreement_id", models.BigIntegerField()),
                ("usage_id", models.BigIntegerField(null=True)),
                ("run_id", models.BigIntegerField(null=True)),
                ("station_id", models.IntegerField()),
                ("utility", models.SmallIntegerField()),
                ("revision", models.SmallIntegerField(default=1)),
                ("period_from", models.DateField()),
                ("period_until", models.DateField()),
                ("issued_on", models.DateField()),
                ("due_on", models.DateField()),
                ("quantity_milli", models.BigIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                ("mirrors_id", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["account_id", "issued_on"], name="bill_by_account")],
                "constraints": [
                    models.UniqueConstraint(fields=("usage_id", "revision"), name="bill_usage_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="BillRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("state", models.SmallIntegerField(choices=[(1, "Previewed"), (2, "Issued")], default=1)),
                ("issue_on", models.DateField()),
                ("due_on", models.DateField()),
                ("bill_count", models.IntegerField()),
                ("parked_count", models.IntegerField()),
                ("quantity_milli", models.BigIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("previewed_at", models.DateTimeField()),
                ("issued_at", models.DateTimeField(null=True)),
                (
                    "issued_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "round",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bill_run",
                        to="metering.round",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("due_on__gte", models.F("issue_on"))),
                        name="bill_run_due_after_issue",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("issued_at__isnull", True), ("state", 1)),
                            models.Q(("issued_at__isnull", False), ("state", 2)),
                            _connector="OR",
                        ),
                        name="bill_run_issued_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Clearing",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("bill_id", models.BigIntegerField()),
                ("payment_id", models.BigIntegerField()),
                ("station_id", models.IntegerField()),
                ("amount_minor", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["bill_id"], name="clearing_by_bill")],
                "constraints": [
                    models.UniqueConstraint(fields=("payment_id", "bill_id"), name="clearing_once"),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor", 0), _negated=True), name="clearing_not_zero"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ParkedUsage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("usage_id", models.BigIntegerField()),
                ("code", models.CharField(max_length=40)),
                ("facts", models.JSONField(default=dict)),
                ("released_at", models.DateTimeField(null=True)),
                ("release_reason", models.CharField(blank=True, max_length=200)),
                (
                    "released_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parked",
                        to="billing.billrun",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("usage_id",), name="parked_usage_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("released_at__isnull", True),
                            models.Q(("release_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="parked_usage_released_with_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Receivable",
            fields=[
                ("bill_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("account_id", models.BigIntegerField()),
                ("station_id", models.IntegerField()),
                ("due_on", models.DateField()),
                ("amount_minor", models.BigIntegerField()),
                ("open_minor", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("open_minor__gt", 0)),
                        fields=["account_id", "due_on"],
                        name="receivable_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("open_minor__gte", 0), ("open_minor__lte", models.F("amount_minor"))
                        ),
                        name="receivable_open_between_zero_and_amount",
                    )
                ],
            },
        ),
    ]
