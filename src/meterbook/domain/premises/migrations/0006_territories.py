"""The territory of a premise (片区): whose round it is, dated like every classification."""

from typing import ClassVar

from django.db import migrations

TERRITORY = """
INSERT INTO premises_dimension (code, name_zh, name_en, position)
VALUES ('TERRITORY', '片区', 'Territory', 35) ON CONFLICT (code) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("premises", "0001_squashed_0005")]
    operations: ClassVar = [migrations.RunSQL(TERRITORY, migrations.RunSQL.noop)]
