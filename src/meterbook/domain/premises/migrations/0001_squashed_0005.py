"""What 0001_initial to 0005_sent_once come to, for a company that begins with this release: one step for each table.

The last operations are theirs too: the search by address, the standard dimensions. What they did for rows that were there has nothing to do here.
"""

import importlib
from typing import Any
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.text
import meterbook.domain.tables
from django.conf import settings
from django.db import migrations, models


def _of(name: str) -> Any:
    return importlib.import_module(f"meterbook.domain.premises.migrations.{name}").Migration


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("premises", "0001_initial"),
        ("premises", "0002_search_by_address"),
        ("premises", "0003_address_tree"),
        ("premises", "0004_tree_of_the_known_addresses"),
        ("premises", "0005_sent_once"),
    ]

    dependencies = [
        ("access", "0001_squashed_0004"),
        ("access", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="AddressNode",
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
                            (1, "District"),
                            (2, "Street"),
                            (3, "Community"),
                            (4, "Building"),
                            (5, "Entrance"),
                        ]
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("path", models.CharField(max_length=120)),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="premises.addressnode",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["path"], name="address_node_by_path")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("station", "parent", "kind", "name"),
                        name="address_node_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="address_node_has_a_name"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Dimension",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=30, unique=True)),
                ("name_zh", models.CharField(max_length=40)),
                ("name_en", models.CharField(max_length=60)),
                ("position", models.SmallIntegerField(default=100)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[A-Z][A-Z0-9_]*$")), name="dimension_code_plain"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DimensionValue",
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
                    "dimension",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="values",
                        to="premises.dimension",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="premises.dimensionvalue",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("dimension", "code"), name="dimension_value_once"),
                    models.UniqueConstraint(
                        fields=("id", "dimension"), name="dimension_value_of_its_dimension"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", ""), _negated=True), models.Q(("name", ""), _negated=True)
                        ),
                        name="dimension_value_named",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Premise",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("district", models.CharField(blank=True, max_length=40)),
                ("street", models.CharField(blank=True, max_length=60)),
                ("community", models.CharField(max_length=60)),
                ("building", models.CharField(blank=True, max_length=20)),
                ("entrance", models.CharField(blank=True, max_length=20)),
                ("floor", models.CharField(blank=True, max_length=10)),
                ("flat_no", models.CharField(blank=True, max_length=20)),
                ("address", models.CharField(max_length=240)),
                (
                    "node",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="premises",
                        to="premises.addressnode",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NetworkRecord",
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
                            (1, "Inlet Pipe"),
                            (2, "Riser Switch"),
                            (3, "As Built Drawing"),
                            (4, "Regulator Box"),
                            (5, "Pressure"),
                            (6, "Valve Well"),
                            (9, "Other"),
                        ]
                    ),
                ),
                ("description", models.CharField(max_length=200)),
                ("position", models.CharField(blank=True, max_length=120)),
                ("request_key", models.UUIDField(null=True, unique=True)),
                ("installed_on", models.DateField(null=True)),
                ("removed_on", models.DateField(null=True)),
                (
                    "node",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="network_records",
                        to="premises.addressnode",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "premise",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="network_records",
                        to="premises.premise",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("node__isnull", True), ("premise__isnull", False)),
                            models.Q(("node__isnull", False), ("premise__isnull", True)),
                            _connector="OR",
                        ),
                        name="network_record_at_one_place",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("removed_on__isnull", True),
                            ("installed_on__isnull", True),
                            ("removed_on__gte", models.F("installed_on")),
                            _connector="OR",
                        ),
                        name="network_record_removed_after_installed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Appliance",
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
                            (1, "Stove"),
                            (2, "Water Heater"),
                            (3, "Wall Hung Boiler"),
                            (4, "Boiler"),
                            (5, "Commercial Range"),
                            (6, "Steam Cabinet"),
                            (7, "Dryer"),
                            (9, "Other"),
                        ]
                    ),
                ),
                ("maker", models.CharField(blank=True, max_length=60)),
                ("model", models.CharField(blank=True, max_length=60)),
                ("serial_no", models.CharField(blank=True, max_length=40)),
                ("request_key", models.UUIDField(null=True, unique=True)),
                ("rated_flow_milli", models.IntegerField(null=True)),
                (
                    "flue_type",
                    models.SmallIntegerField(
                        choices=[
                            (0, "None"),
                            (1, "Flueless"),
                            (2, "Open Flued"),
                            (3, "Fan Flued"),
                            (4, "Balanced"),
                        ],
                        default=0,
                    ),
                ),
                ("installed_on", models.DateField(null=True)),
                ("removed_on", models.DateField(null=True)),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "premise",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appliances",
                        to="premises.premise",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("rated_flow_milli__isnull", True), ("rated_flow_milli__gt", 0), _connector="OR"
                        ),
                        name="appliance_flow_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("removed_on__isnull", True),
                            ("installed_on__isnull", True),
                            ("removed_on__gte", models.F("installed_on")),
                            _connector="OR",
                        ),
                        name="appliance_removed_after_installed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PremiseAlias",
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
                        choices=[(1, "Former"), (2, "Common"), (3, "Auxiliary"), (4, "Mailing")]
                    ),
                ),
                ("text", models.CharField(max_length=240)),
                (
                    "premise",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="aliases",
                        to="premises.premise",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper("text"), name="gin_trgm_ops"
                        ),
                        name="premise_alias_trigrams",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("premise", "kind", "text"), name="premise_alias_once"),
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="premise_alias_not_empty"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PremiseBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("request_key", models.UUIDField(unique=True)),
                ("label", models.CharField(max_length=240)),
                ("premise_count", models.IntegerField()),
                ("made_at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "node",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="premises.addressnode",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
            ],
        ),
        migrations.AddField(
            model_name="premise",
            name="batch",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="premises",
                to="premises.premisebatch",
            ),
        ),
        migrations.CreateModel(
            name="PremiseValue",
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
                    "dimension",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="premises.dimension",
                    ),
                ),
                (
                    "premise",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="values",
                        to="premises.premise",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "value",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="premises.dimensionvalue",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until_on__isnull", True), ("until_on__gt", models.F("from_on")), _connector="OR"
                        ),
                        name="premise_value_period_runs",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("premise", "="),
                            ("dimension", "="),
                            (
                                meterbook.domain.tables.DateRange(
                                    "from_on",
                                    "until_on",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                ),
                                "&&",
                            ),
                        ],
                        name="premise_value_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServicePoint",
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
                        choices=[(1, "Water"), (2, "Gas"), (3, "Electricity"), (4, "Heat")]
                    ),
                ),
                ("position", models.SmallIntegerField(default=1)),
                (
                    "premise",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="service_points",
                        to="premises.premise",
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
                        fields=("premise", "utility", "position"), name="service_point_once"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="premise",
            index=models.Index(
                fields=["community", "building", "entrance", "flat_no"], name="premise_by_parts"
            ),
        ),
        migrations.AddIndex(
            model_name="premise",
            index=models.Index(fields=["node", "station"], name="premise_by_node"),
        ),
        migrations.AddIndex(
            model_name="premise",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("address"), name="gin_trgm_ops"
                ),
                name="premise_address_trigrams",
            ),
        ),
        migrations.AddConstraint(
            model_name="premise",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["IMMEDIATE"],
                fields=("station", "address"),
                name="premise_address_once",
            ),
        ),
        *_of("0004_tree_of_the_known_addresses").operations[:3],
    ]
