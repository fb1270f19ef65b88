"""Meters that were there before their moves were kept get the one that says where they stand."""

from django.db import migrations

FIRST_MOVES = """
INSERT INTO devices_metermove (station_id, meter_id, from_state, to_state, moved_on)
SELECT m.station_id, m.id, NULL, m.state, COALESCE(CASE WHEN m.state = 2 THEN i.installed_on ELSE i.removed_on END, CURRENT_DATE)
FROM devices_meter m
LEFT JOIN LATERAL (
    SELECT installed_on, removed_on FROM devices_installation
    WHERE meter_id = m.id ORDER BY installed_on DESC LIMIT 1
) i ON true
WHERE NOT EXISTS (SELECT FROM devices_metermove v WHERE v.meter_id = m.id)
ORDER BY m.id;
INSERT INTO devices_metermaker (name, code)
SELECT DISTINCT maker, '' FROM devices_metermodel WHERE maker <> '' ON CONFLICT DO NOTHING;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("devices", "0002_life_of_a_meter")]

    operations = [migrations.RunSQL(sql=FIRST_MOVES, reverse_sql=migrations.RunSQL.noop)]
