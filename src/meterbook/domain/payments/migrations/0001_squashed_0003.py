"""What 0001_initial to 0003_balances_are_refunded come to, for a company that begins with this release: one step for each table.

The last operations are theirs too: what a closed shift refuses. What they did for rows that were there has nothing to do here.
"""

import importlib
from typing import Any
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


def _of(name: str) -> Any:
    return importlib.import_module(f"meterbook.domain.payments.migrations.{name}").Migration


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("payments", "0001_initial"),
        ("payments", "0002_closed_means_closed"),
        ("payments", "0003_balances_are_refunded"),
    ]

    dependencies = [
        ("access", "0001_squashed_0004"),
        ("access", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Shift",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("business_on", models.DateField()),
                (
                    "state",
                    models.SmallIntegerField(
                        choices=[(1, "Open"), (2, "Counted"), (3, "Taken Over")], default=1
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("counted_at", models.DateTimeField(null=True)),
                ("taken_over_at", models.DateTimeField(null=True)),
                (
                    "staff",
                    models.ForeignKey(
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
                    "taken_over_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", 1)), fields=("staff",), name="shift_one_open_per_clerk"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("taken_over_by__isnull", True),
                            models.Q(("taken_over_by", models.F("staff")), _negated=True),
                            _connector="OR",
                        ),
                        name="shift_two_persons",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("account_id", models.BigIntegerField()),
                ("station_id", models.IntegerField()),
                ("business_on", models.DateField()),
                ("taken_at", models.DateTimeField()),
                ("taken_by_id", models.BigIntegerField()),
                (
                    "tender",
                    models.SmallIntegerField(
                        choices=[
                            (1, "Cash"),
                            (2, "Qr Manual"),
                            (3, "Pos Manual"),
                            (4, "Transfer"),
                            (9, "Prepaid Only"),
                        ]
                    ),
                ),
                ("tendered_minor", models.BigIntegerField()),
                ("change_minor", models.BigIntegerField()),
                ("received_minor", models.BigIntegerField()),
                ("prepaid_used_minor", models.BigIntegerField()),
                ("prepaid_added_minor", models.BigIntegerField()),
                ("cleared_minor", models.BigIntegerField()),
                ("request_key", models.UUIDField(unique=True)),
                ("request_fingerprint", models.CharField(max_length=64)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("note", models.CharField(blank=True, max_length=60)),
                (
                    "reverses",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="payments.payment",
                    ),
                ),
                (
                    "shift",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="payments.shift",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["account_id", "-taken_at"], name="payment_by_account")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "received_minor",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("tendered_minor"), "-", models.F("change_minor")
                                ),
                            )
                        ),
                        name="payment_received_is_tendered_less_change",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "cleared_minor",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("received_minor"), "+", models.F("prepaid_used_minor")
                                    ),
                                    "-",
                                    models.F("prepaid_added_minor"),
                                ),
                            )
                        ),
                        name="payment_goes_somewhere",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("change_minor__gte", 0),
                                ("cleared_minor__gte", 0),
                                ("prepaid_added_minor__gte", 0),
                                ("prepaid_used_minor__gte", 0),
                                ("received_minor__gte", 0),
                                ("reverses__isnull", True),
                            ),
                            models.Q(("reverses__isnull", False), models.Q(("reason", ""), _negated=True)),
                            models.Q(
                                ("change_minor", 0),
                                ("cleared_minor", 0),
                                ("prepaid_added_minor", models.F("received_minor")),
                                ("prepaid_used_minor", 0),
                                ("received_minor__lt", 0),
                                ("reverses__isnull", True),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="payment_negative_only_as_reversal_or_refund",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShiftCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("station_id", models.IntegerField()),
                (
                    "tender",
                    models.SmallIntegerField(
                        choices=[
                            (1, "Cash"),
                            (2, "Qr Manual"),
                            (3, "Pos Manual"),
                            (4, "Transfer"),
                            (9, "Prepaid Only"),
                        ]
                    ),
                ),
                ("payment_count", models.IntegerField()),
                ("expected_minor", models.BigIntegerField()),
                ("counted_minor", models.BigIntegerField()),
                ("reason", models.CharField(blank=True, max_length=200)),
                (
                    "shift",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counts",
                        to="payments.shift",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("shift", "tender"), name="shift_count_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expected_minor", models.F("counted_minor")),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="shift_count_difference_has_reason",
                    ),
                ],
            },
        ),
        *_of("0002_closed_means_closed").operations,
    ]
