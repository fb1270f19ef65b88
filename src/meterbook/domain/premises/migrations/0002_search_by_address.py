"""Finding addresses by fragments, through the trigram index and inside the scope.

Why a function that runs as the owner: see customers 0002. `pattern` is looked up in the index, the rows
found must match every one of `others` too.
"""

from typing import ClassVar

from django.db import migrations

CREATE = """
DO $do$ BEGIN EXECUTE format($create$
CREATE OR REPLACE FUNCTION premise_ids_by_address(pattern text, others text[], most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = %I, public, pg_temp AS $body$
BEGIN
    RETURN QUERY EXECUTE
        'WITH found AS MATERIALIZED (SELECT id FROM premises_premise WHERE upper(address) LIKE $1
            AND upper(address) LIKE ALL ($2)
            AND station_id = ANY (string_to_array(nullif(current_setting(''meterbook.scope'', true), ''''), '','')::int[]))
         SELECT id FROM found LIMIT $3'
    USING pattern, others, most;
END $body$
$create$, current_schema()); END $do$
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("premises", "0001_initial")]
    operations: ClassVar = [
        migrations.RunSQL(
            CREATE, reverse_sql="DROP FUNCTION IF EXISTS premise_ids_by_address(text, text[], integer)"
        )
    ]
