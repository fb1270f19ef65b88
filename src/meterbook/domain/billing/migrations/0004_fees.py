"""Fees beside supply, and the bills that ask for them."""

import django.db.models.deletion
from typing import Any

from django.db import migrations, models


# What a company begins with; how much is for it to say. Their words are translated.
KINDS = (
    ("CERTIFICATE", "Certificate fee"),
    ("MATERIAL", "Material fee"),
    ("METER_TEST", "Meter test fee"),
    ("OPENING", "Opening fee"),
    ("RECONNECT", "Reconnection fee"),
    ("REINSTALL", "Reinstallation fee"),
    ("TRANSFER", "Transfer fee"),
)


def add_kinds(apps: Any, schema_editor: Any) -> None:
    del schema_editor
    kinds = apps.get_model("billing", "FeeType")
    for code, name in KINDS:
        kinds.objects.get_or_create(code=code, defaults={"name": name})


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_squashed_0004"),
        ("billing", "0001_squashed_0003"),
    ]

    operations = [
        migrations.CreateModel(
            name="FeeType",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=20, unique=True)),
                ("name", models.CharField(max_length=60)),
                ("amount_minor", models.BigIntegerField(default=0)),
                ("is_offered", models.BooleanField(default=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gte", 0)), name="fee_type_amount_not_negative"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Fee",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("account_id", models.BigIntegerField()),
                ("bill_id", models.BigIntegerField(null=True, unique=True)),
                ("standard_minor", models.BigIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                ("charged_on", models.DateField()),
                ("charged_at", models.DateTimeField()),
                ("by_id", models.BigIntegerField(null=True)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("request_key", models.UUIDField(unique=True)),
                (
                    "station",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
                ),
                (
                    "fee_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.feetype"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["account_id", "-id"], name="fee_by_account")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount_minor", 0), ("bill_id__isnull", True)),
                            models.Q(("amount_minor__gt", 0), ("bill_id__isnull", False)),
                            _connector="OR",
                        ),
                        name="fee_has_bill_unless_waived",
                    )
                ],
            },
        ),
        migrations.RunPython(add_kinds, migrations.RunPython.noop),
    ]
