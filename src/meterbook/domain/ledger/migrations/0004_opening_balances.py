"""Companies that have their chart of accounts get the account that balances of older systems come in over."""

from django.db import migrations

FORWARD = """
INSERT INTO ledger_ledgeraccount (id, code, name_zh, name_en, subject_kind)
SELECT 1999, 'OPENING_BALANCES', '期初余额结转', 'Balances brought along', 0
WHERE EXISTS (SELECT FROM ledger_ledgeraccount) ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_taxes_payable")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
