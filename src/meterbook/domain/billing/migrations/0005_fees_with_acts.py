"""Fees that acts charge by themselves, and fees that are taken back by a mirrored bill."""

import django.contrib.postgres.fields
import django.db.models.deletion
from typing import Any

from django.db import migrations, models

# Which acts charge the fees a company begins with.
CHARGED_WITH = {"OPENING": [1], "TRANSFER": [3], "RECONNECT": [8], "MATERIAL": [10], "REINSTALL": [10]}


def charge_with_acts(apps: Any, schema_editor: Any) -> None:
    """Only fees without a usual amount: nothing is charged until the company sets one."""
    del schema_editor
    kinds = apps.get_model("billing", "FeeType")
    for code, occasions in CHARGED_WITH.items():
        kinds.objects.filter(code=code, amount_minor=0).update(occasions=occasions)


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_squashed_0004"),
        ("billing", "0004_fees"),
    ]

    operations = [
        migrations.CreateModel(
            name="FeeTakenBack",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("mirror_bill_id", models.BigIntegerField(unique=True)),
                ("taken_back_on", models.DateField()),
                ("taken_back_at", models.DateTimeField()),
                ("by_id", models.BigIntegerField(null=True)),
                ("reason", models.CharField(max_length=200)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="clearing",
            name="mirror_bill_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="fee",
            name="act_key",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="fee",
            name="occasion",
            field=models.SmallIntegerField(
                choices=[
                    (1, "Opened"),
                    (2, "Supply Added"),
                    (3, "Transferred"),
                    (4, "Closed"),
                    (5, "Suspended"),
                    (6, "Stopped"),
                    (7, "Resumed"),
                    (8, "Reconnected"),
                    (9, "Usage Changed"),
                    (10, "Taken Off For Arrears"),
                ],
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="feetype",
            name="occasions",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.SmallIntegerField(
                    choices=[
                        (1, "Opened"),
                        (2, "Supply Added"),
                        (3, "Transferred"),
                        (4, "Closed"),
                        (5, "Suspended"),
                        (6, "Stopped"),
                        (7, "Resumed"),
                        (8, "Reconnected"),
                        (9, "Usage Changed"),
                        (10, "Taken Off For Arrears"),
                    ]
                ),
                default=list,
                size=None,
            ),
        ),
        migrations.AlterField(
            model_name="clearing",
            name="payment_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="bill",
            constraint=models.UniqueConstraint(
                condition=models.Q(("mirrors_id__isnull", False)),
                fields=("mirrors_id",),
                name="bill_mirrored_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="clearing",
            constraint=models.UniqueConstraint(
                condition=models.Q(("mirror_bill_id__isnull", False)),
                fields=("mirror_bill_id",),
                name="clearing_by_mirror_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="clearing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("mirror_bill_id__isnull", True), ("payment_id__isnull", False)),
                    models.Q(("mirror_bill_id__isnull", False), ("payment_id__isnull", True)),
                    _connector="OR",
                ),
                name="clearing_by_payment_or_mirror",
            ),
        ),
        migrations.AddConstraint(
            model_name="fee",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("act_key__isnull", True), ("occasion__isnull", True)),
                    models.Q(("act_key__isnull", False), ("occasion__isnull", False)),
                    _connector="OR",
                ),
                name="fee_of_an_act_or_of_none",
            ),
        ),
        migrations.AddConstraint(
            model_name="feetype",
            constraint=models.CheckConstraint(
                condition=models.Q(("occasions__contained_by", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])),
                name="fee_type_occasions_known",
            ),
        ),
        migrations.AddField(
            model_name="feetakenback",
            name="fee",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="taken_back", to="billing.fee"
            ),
        ),
        migrations.AddField(
            model_name="feetakenback",
            name="station",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="access.orgunit"),
        ),
        migrations.RunPython(charge_with_acts, migrations.RunPython.noop),
    ]
