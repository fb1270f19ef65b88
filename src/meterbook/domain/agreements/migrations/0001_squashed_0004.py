"""What 0001_initial to 0004_transfers_once come to, for a company that begins with this release: one step for each table."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import meterbook.domain.tables
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("agreements", "0001_initial"),
        ("agreements", "0002_accounts_whole_life"),
        ("agreements", "0003_holders_of_accounts"),
        ("agreements", "0004_transfers_once"),
    ]

    dependencies = [
        ("access", "0001_squashed_0004"),
        ("customers", "0001_squashed_0005"),
        ("premises", "0001_squashed_0005"),
        ("tariffs", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountSequence",
            fields=[
                ("prefix", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("next_value", models.BigIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name="UsageType",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=20, unique=True)),
                ("name", models.CharField(max_length=60)),
                (
                    "utility",
                    models.SmallIntegerField(
                        choices=[(1, "Water"), (2, "Gas"), (3, "Electricity"), (4, "Heat")], null=True
                    ),
                ),
                ("is_offered", models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("account_no", models.CharField(max_length=20, unique=True)),
                (
                    "state",
                    models.SmallIntegerField(
                        choices=[
                            (1, "Active"),
                            (2, "Suspended"),
                            (3, "Closed"),
                            (4, "Potential"),
                            (5, "New"),
                            (6, "Stopped"),
                            (7, "Demolition"),
                        ],
                        default=1,
                    ),
                ),
                ("opened_on", models.DateField()),
                ("closed_on", models.DateField(null=True)),
                ("request_key", models.UUIDField(null=True, unique=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts",
                        to="customers.customer",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CertificateBook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("next_serial", models.BigIntegerField(default=1)),
                (
                    "station",
                    models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SupplyAgreement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(null=True)),
                (
                    "utility",
                    models.SmallIntegerField(
                        choices=[(1, "Water"), (2, "Gas"), (3, "Electricity"), (4, "Heat")]
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agreements",
                        to="agreements.account",
                    ),
                ),
                (
                    "service_point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agreements",
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
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("service_point", "="),
                            (
                                meterbook.domain.tables.DateRange(
                                    "from_on",
                                    "until_on",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                ),
                                "&&",
                            ),
                        ],
                        name="agreement_point_one_account",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceShare",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(null=True)),
                ("part_no", models.SmallIntegerField()),
                ("split", models.SmallIntegerField()),
                ("split_value", models.BigIntegerField(null=True)),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "tariff",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="tariffs.tariff"),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="price_shares",
                        to="agreements.supplyagreement",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("part_no__gte", 1), ("part_no__lte", 20), ("split__gte", 0), ("split__lte", 3)
                        ),
                        name="price_share_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("split__in", [0, 3]), ("split_value__isnull", True)),
                            models.Q(("split__in", [1, 2]), ("split_value__gt", 0)),
                            _connector="OR",
                        ),
                        name="price_share_value_fits",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("agreement", "="),
                            ("part_no", "="),
                            (
                                meterbook.domain.tables.DateRange(
                                    "from_on",
                                    "until_on",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                ),
                                "&&",
                            ),
                        ],
                        name="price_share_part_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OpeningCounter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_on", models.DateField()),
                ("as_of", models.DateField()),
                ("quantity_milli", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opening_counters",
                        to="agreements.supplyagreement",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("agreement", "starts_on"), name="opening_counter_once"),
                    models.CheckConstraint(
                        condition=models.Q(("as_of__gte", models.F("starts_on")), ("quantity_milli__gte", 0)),
                        name="opening_counter_sane",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HouseholdSize",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(null=True)),
                ("persons", models.SmallIntegerField()),
                ("source", models.SmallIntegerField(choices=[(1, "Default"), (2, "Approved")], db_default=1)),
                ("proof", models.CharField(blank=True, db_default="", max_length=120)),
                ("expires_on", models.DateField(null=True)),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="household_sizes",
                        to="agreements.supplyagreement",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("persons__gte", 1), ("persons__lte", 50)),
                        name="household_persons_sane",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("agreement", "="),
                            (
                                meterbook.domain.tables.DateRange(
                                    "from_on",
                                    "until_on",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                ),
                                "&&",
                            ),
                        ],
                        name="household_one_size",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HeatedArea",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(null=True)),
                ("area_milli", models.BigIntegerField()),
                ("kind", models.SmallIntegerField(choices=[(1, "Building"), (2, "Inner"), (3, "Usable")])),
                ("height_milli", models.BigIntegerField(null=True)),
                ("area_class", models.CharField(blank=True, max_length=40)),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="heated_areas",
                        to="agreements.supplyagreement",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("area_milli__gt", 0),
                            ("area_milli__lte", 1000000000),
                            models.Q(
                                ("height_milli__isnull", True), ("height_milli__gt", 0), _connector="OR"
                            ),
                        ),
                        name="heated_area_sane",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("agreement", "="),
                            (
                                meterbook.domain.tables.DateRange(
                                    "from_on",
                                    "until_on",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                ),
                                "&&",
                            ),
                        ],
                        name="agreement_one_area",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AgreementTariff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(null=True)),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "tariff",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="tariffs.tariff"),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tariffs",
                        to="agreements.supplyagreement",
                    ),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("agreement", "="),
                            (
                                meterbook.domain.tables.DateRange(
                                    "from_on",
                                    "until_on",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                ),
                                "&&",
                            ),
                        ],
                        name="agreement_one_tariff",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AgreementConcession",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(null=True)),
                ("code", models.CharField(max_length=40)),
                ("proof", models.CharField(blank=True, max_length=120)),
                ("expires_on", models.DateField(null=True)),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="concessions",
                        to="agreements.supplyagreement",
                    ),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("agreement", "="),
                            ("code", "="),
                            (
                                meterbook.domain.tables.DateRange(
                                    "from_on",
                                    "until_on",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                ),
                                "&&",
                            ),
                        ],
                        name="agreement_concession_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageCertificate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("serial", models.BigIntegerField()),
                ("certificate_no", models.CharField(max_length=24, unique=True)),
                ("issued_on", models.DateField()),
                ("issued_at", models.DateTimeField()),
                ("by_id", models.BigIntegerField(null=True)),
                ("fee_minor", models.BigIntegerField()),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("content", models.JSONField()),
                ("request_key", models.UUIDField(unique=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="agreements.account",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="agreements.usagecertificate",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("station", "serial"), name="certificate_serial_once"),
                    models.CheckConstraint(
                        condition=models.Q(("fee_minor__gte", 0)), name="certificate_fee_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("replaces__isnull", True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="certificate_replaced_with_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AgreementUsage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(null=True)),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="usage_types",
                        to="agreements.supplyagreement",
                    ),
                ),
                (
                    "usage_type",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="agreements.usagetype"),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("agreement", "="),
                            (
                                meterbook.domain.tables.DateRange(
                                    "from_on",
                                    "until_on",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                ),
                                "&&",
                            ),
                        ],
                        name="agreement_one_usage_type",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountHolder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(null=True)),
                ("request_key", models.UUIDField(null=True, unique=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holders",
                        to="agreements.account",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="held",
                        to="customers.customer",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("account", "="),
                            (
                                meterbook.domain.tables.DateRange(
                                    "from_on",
                                    "until_on",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                ),
                                "&&",
                            ),
                        ],
                        name="account_one_holder",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountStateChange",
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
                            (1, "Active"),
                            (2, "Suspended"),
                            (3, "Closed"),
                            (4, "Potential"),
                            (5, "New"),
                            (6, "Stopped"),
                            (7, "Demolition"),
                        ],
                        null=True,
                    ),
                ),
                (
                    "to_state",
                    models.SmallIntegerField(
                        choices=[
                            (1, "Active"),
                            (2, "Suspended"),
                            (3, "Closed"),
                            (4, "Potential"),
                            (5, "New"),
                            (6, "Stopped"),
                            (7, "Demolition"),
                        ]
                    ),
                ),
                ("effective_on", models.DateField()),
                ("recorded_at", models.DateTimeField()),
                ("by_id", models.BigIntegerField(null=True)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("request_key", models.UUIDField(null=True, unique=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="state_changes",
                        to="agreements.account",
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
                        to="agreements.accountstatechange",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["account", "-id"], name="state_change_by_account")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("from_state", models.F("to_state")), _negated=True),
                        name="state_change_changes",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Contract",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("contract_no", models.CharField(max_length=40)),
                ("kind", models.CharField(blank=True, max_length=40)),
                ("signed_on", models.DateField()),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(null=True)),
                ("terms", models.TextField(blank=True)),
                ("notice_days", models.SmallIntegerField(default=30)),
                ("state", models.SmallIntegerField(choices=[(1, "In Force"), (2, "Ended")], default=1)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contracts",
                        to="agreements.account",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", 1)), fields=["until_on"], name="contract_due")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("station", "contract_no"), name="contract_no_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until_on__isnull", True), ("until_on__gt", models.F("from_on")), _connector="OR"
                        ),
                        name="contract_runs",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExternalNumber",
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
                        choices=[
                            (1, "Joint Collection"),
                            (2, "Bank Reference"),
                            (3, "Old System"),
                            (4, "Portal"),
                            (9, "Other"),
                        ]
                    ),
                ),
                ("number", models.CharField(max_length=40)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="external_numbers",
                        to="agreements.account",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["number"], name="external_number_by_number")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("valid_until__isnull", True)),
                        fields=("kind", "number"),
                        name="external_number_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number", ""), _negated=True), name="external_number_not_empty"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NumberRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_resident", models.BooleanField()),
                ("prefix", models.CharField(blank=True, max_length=16)),
                ("digits", models.SmallIntegerField()),
                ("has_check_digit", models.BooleanField()),
                (
                    "unit",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("is_resident", "unit"), name="number_rule_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("digits__gte", 3), ("digits__lte", 12)),
                        name="number_rule_digits_sane",
                    ),
                ],
            },
        ),
    ]
