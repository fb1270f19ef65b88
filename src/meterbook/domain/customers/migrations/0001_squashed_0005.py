"""What 0001_initial to 0005_names_by_sound come to, for a company that begins with this release: one step for each table.

The last operations are theirs too: the search by name, the industries. What they did for rows that were there has nothing to do here.
"""

import importlib
from typing import Any
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import meterbook.domain.customers.models
import meterbook.domain.tables
from django.conf import settings
from django.db import migrations, models


def _of(name: str) -> Any:
    return importlib.import_module(f"meterbook.domain.customers.migrations.{name}").Migration


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("customers", "0001_initial"),
        ("customers", "0002_search_by_name"),
        ("customers", "0003_records"),
        ("customers", "0004_fill_records"),
        ("customers", "0005_names_by_sound"),
    ]

    dependencies = [
        ("access", "0001_squashed_0004"),
        ("access", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Industry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=10, unique=True)),
                ("name", models.CharField(max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=30, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name="CreditScheme",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.IntegerField(unique=True)),
                ("document", models.JSONField()),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CreditScore",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("customer_id", models.BigIntegerField()),
                ("station_id", models.IntegerField()),
                ("scheme_version", models.IntegerField()),
                ("scored_on", models.DateField()),
                ("score", models.SmallIntegerField()),
                ("grade", models.CharField(max_length=8)),
                ("factors", models.JSONField()),
            ],
            options={
                "indexes": [models.Index(fields=["customer_id", "-id"], name="credit_score_by_customer")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 0), ("score__lte", 100)),
                        name="credit_score_0_to_100",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Customer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "customer_class",
                    models.SmallIntegerField(
                        choices=[(1, "Residential"), (2, "Non Residential"), (3, "Special Use")]
                    ),
                ),
                (
                    "kind",
                    models.SmallIntegerField(
                        choices=[(1, "Person"), (2, "Organisation")], db_default=1, default=1
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("name_pinyin", models.CharField(blank=True, max_length=240)),
                ("name_initials", models.CharField(blank=True, max_length=60)),
                (
                    "name_sound",
                    models.GeneratedField(
                        db_persist=True,
                        expression=meterbook.domain.customers.models.Sound("name_pinyin"),
                        output_field=models.CharField(max_length=240),
                    ),
                ),
                (
                    "name_ends",
                    models.GeneratedField(
                        db_persist=True,
                        expression=meterbook.domain.customers.models.Ends("name"),
                        output_field=models.CharField(max_length=2),
                    ),
                ),
                ("language", models.CharField(blank=True, db_default="", default="", max_length=20)),
                (
                    "payment_method",
                    models.SmallIntegerField(
                        choices=[
                            (1, "Counter"),
                            (2, "Bank Debit"),
                            (3, "Transfer"),
                            (4, "Online"),
                            (5, "Agent"),
                            (6, "Card"),
                        ],
                        db_default=1,
                        default=1,
                    ),
                ),
                ("remark", models.CharField(blank=True, max_length=200)),
                ("reader_remark", models.CharField(blank=True, db_default="", default="", max_length=200)),
                ("request_key", models.UUIDField(null=True, unique=True)),
                ("version", models.IntegerField(db_default=0, default=0)),
                ("created_at", models.DateTimeField()),
                (
                    "merged_into",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="customers.customer",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "industry",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.industry",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["name_pinyin"], name="customer_by_pinyin"),
                    models.Index(fields=["name_initials"], name="customer_by_initials"),
                    models.Index(fields=["name_sound"], name="customer_by_sound"),
                    models.Index(fields=["name_ends"], name="customer_by_ends"),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper("name"), name="gin_trgm_ops"
                        ),
                        name="customer_name_trigrams",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("merged_into", models.F("id")), _negated=True),
                        name="customer_not_merged_into_itself",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.SmallIntegerField(choices=[(1, "Ordinary"), (2, "Special")], default=1)),
                ("title", models.CharField(max_length=120)),
                ("tax_no", models.CharField(blank=True, max_length=20)),
                ("address", models.CharField(blank=True, max_length=200)),
                ("phone", models.CharField(blank=True, max_length=30)),
                ("bank", models.CharField(blank=True, max_length=100)),
                ("bank_account", models.CharField(blank=True, max_length=40)),
                ("email", models.CharField(blank=True, max_length=120)),
                ("delivery_phone", models.CharField(blank=True, max_length=30)),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoice_profiles",
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
                            ("customer", "="),
                            (
                                meterbook.domain.tables.DateRange(
                                    "from_on",
                                    "until_on",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                ),
                                "&&",
                            ),
                        ],
                        name="invoice_profile_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", 2), _negated=True),
                            models.Q(
                                ("tax_no", ""),
                                ("address", ""),
                                ("phone", ""),
                                ("bank", ""),
                                ("bank_account", ""),
                                _connector="OR",
                                _negated=True,
                            ),
                            _connector="OR",
                        ),
                        name="invoice_profile_special_is_complete",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ListEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.SmallIntegerField(choices=[(1, "Watch"), (2, "Care")])),
                ("reason", models.CharField(max_length=200)),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(null=True)),
                ("end_reason", models.CharField(blank=True, max_length=200)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="list_entries",
                        to="customers.customer",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "put_by",
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
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="list_entry_with_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until_on__isnull", True),
                            models.Q(
                                ("until_on__gte", models.F("from_on")),
                                models.Q(("end_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="list_entry_ends_with_reason",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("until_on__isnull", True)),
                        fields=("customer", "kind"),
                        name="list_entry_current_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CustomerTag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since_on", models.DateField()),
                ("removed_on", models.DateField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tags",
                        to="customers.customer",
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                (
                    "tag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.tag"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_on__isnull", True)),
                        fields=("customer", "tag"),
                        name="customer_tag_current_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactPoint",
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
                        choices=[(1, "Phone"), (2, "Email"), (3, "Wechat"), (4, "Post")]
                    ),
                ),
                (
                    "label",
                    models.SmallIntegerField(
                        choices=[
                            (0, "Unsaid"),
                            (1, "Owner"),
                            (2, "Tenant"),
                            (3, "Office"),
                            (4, "Emergency"),
                            (5, "Finance"),
                            (6, "Family"),
                            (9, "Other"),
                        ],
                        db_default=0,
                        default=0,
                    ),
                ),
                ("contact_name", models.CharField(blank=True, db_default="", default="", max_length=60)),
                ("value", models.CharField(max_length=200)),
                ("value_reversed", models.CharField(max_length=200)),
                ("is_preferred", models.BooleanField(db_default=False, default=False)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(null=True)),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contact_points",
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        django.contrib.postgres.indexes.OpClass("value_reversed", name="varchar_pattern_ops"),
                        name="contact_point_tail",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("value", ""), _negated=True), name="contact_point_not_empty"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True),
                            ("valid_until__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="contact_point_ends_after_it_begins",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("valid_until__isnull", True)),
                        fields=("customer", "kind", "value"),
                        name="contact_point_current_value_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_preferred", True), ("valid_until__isnull", True)),
                        fields=("customer", "kind"),
                        name="contact_point_one_preferred",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CustomerMerge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "account_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "kept",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merges",
                        to="customers.customer",
                    ),
                ),
                (
                    "merged",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged_by",
                        to="customers.customer",
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
                        to="customers.customermerge",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="customer_merge_with_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kept", models.F("merged")), _negated=True),
                        name="customer_merge_of_two",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdentityDocument",
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
                            (1, "RESIDENT_ID"),
                            (2, "CREDIT_CODE"),
                            (3, "PASSPORT"),
                            (4, "HK_MACAO_PERMIT"),
                            (5, "TAIWAN_PERMIT"),
                            (6, "RESIDENCE_PERMIT"),
                            (9, "OTHER"),
                        ]
                    ),
                ),
                ("number", models.CharField(max_length=40)),
                ("number_key", models.CharField(max_length=40)),
                ("number_reversed", models.CharField(max_length=40)),
                ("expires_on", models.DateField(null=True)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="customers.customer",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        django.contrib.postgres.indexes.OpClass("number_key", name="varchar_pattern_ops"),
                        name="identity_document_key",
                    ),
                    models.Index(
                        django.contrib.postgres.indexes.OpClass(
                            "number_reversed", name="varchar_pattern_ops"
                        ),
                        name="identity_document_tail",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number", ""), _negated=True), name="identity_document_not_empty"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True),
                            ("valid_until__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="identity_document_ends_after_it_begins",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("valid_until__isnull", True)),
                        fields=("customer", "kind"),
                        name="identity_document_current_once",
                    ),
                ],
            },
        ),
        *_of("0002_search_by_name").operations,
        *_of("0004_fill_records").operations[1:],
    ]
