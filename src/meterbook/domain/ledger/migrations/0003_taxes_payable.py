"""Companies that have their chart of accounts get the account that added taxes are booked to."""

from django.db import migrations

FORWARD = """
INSERT INTO ledger_ledgeraccount (id, code, name_zh, name_en, subject_kind)
SELECT 2221, 'TAX_PAYABLE', '应交税费', 'Taxes payable', 0
WHERE EXISTS (SELECT FROM ledger_ledgeraccount) ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_zero_sum")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
