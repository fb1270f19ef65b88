"""Every account gets its present holder as a holder since it was opened; until now there was no other."""

from django.db import migrations

HOLDERS = """
INSERT INTO agreements_accountholder (station_id, account_id, customer_id, from_on, until_on)
SELECT a.station_id, a.id, a.customer_id, a.opened_on,
    CASE WHEN a.closed_on > a.opened_on THEN a.closed_on END
FROM agreements_account a
WHERE NOT EXISTS (SELECT FROM agreements_accountholder h WHERE h.account_id = a.id)
"""


class Migration(migrations.Migration):
    dependencies = [("agreements", "0002_accounts_whole_life")]

    operations = [migrations.RunSQL(HOLDERS, migrations.RunSQL.noop)]
