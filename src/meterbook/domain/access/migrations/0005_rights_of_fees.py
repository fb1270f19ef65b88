"""Fees came with rights of their own: companies founded before could charge none."""

from typing import Any, ClassVar

from django.db import migrations

from meterbook.domain.access.migrations import _later

RIGHTS = {"fees.charge": ("CLERK", "SUPERVISOR"), "fees.waive": ("SUPERVISOR",)}


def grant(apps: Any, schema_editor: Any) -> None:
    del schema_editor
    _later.grant_later(apps, rights=RIGHTS)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("access", "0004_saved_views")]
    operations: ClassVar = [migrations.RunPython(grant, migrations.RunPython.noop)]
