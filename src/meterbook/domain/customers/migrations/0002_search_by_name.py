"""Finding names by a fragment, through the trigram index and inside the scope.

Row-level security keeps LIKE from using an index: the operator isn't leakproof, so the policy is
checked on every row first. This function runs as the owner, states the scope itself and uses the index.
Its search path ends with pg_temp, so that nobody's temporary view is taken for the table.
"""

from typing import ClassVar

from django.db import migrations

CREATE = """
DO $do$ BEGIN EXECUTE format($create$
CREATE OR REPLACE FUNCTION customer_ids_by_name(patterns text[], most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = %I, public, pg_temp AS $body$
BEGIN
    -- EXECUTE plans for these patterns; the materialised step keeps LIMIT from preferring a sequential scan.
    RETURN QUERY EXECUTE
        'WITH found AS MATERIALIZED (SELECT id FROM customers_customer WHERE upper(name) LIKE ANY ($1)
            AND station_id = ANY (string_to_array(nullif(current_setting(''meterbook.scope'', true), ''''), '','')::int[]))
         SELECT id FROM found LIMIT $2'
    USING patterns, most;
END $body$
$create$, current_schema()); END $do$
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0001_initial")]
    operations: ClassVar = [
        migrations.RunSQL(CREATE, reverse_sql="DROP FUNCTION IF EXISTS customer_ids_by_name(text[], integer)")
    ]
