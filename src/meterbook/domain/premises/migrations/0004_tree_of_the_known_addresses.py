"""The address tree of the premises there are, the search through aliases, the standard dimensions.

The tree is built level by level from the parts the premises carry, one statement a level. Data comes last:
PostgreSQL alters no table with rows of the same transaction still to be checked.
"""

from typing import ClassVar

from django.db import migrations

LEVELS = ("district", "street", "community", "building", "entrance")

# Why a function that runs as the owner: see customers 0002.
FIND = """
DO $do$ BEGIN EXECUTE format($create$
CREATE OR REPLACE FUNCTION premise_ids_by_address(pattern text, others text[], most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = %I, public, pg_temp AS $body$
BEGIN
    RETURN QUERY EXECUTE
        'WITH units AS MATERIALIZED (SELECT string_to_array(nullif(current_setting(''meterbook.scope'', true), ''''), '','')::int[] AS ids),
        found AS MATERIALIZED (SELECT id FROM premises_premise WHERE upper(address) LIKE $1
            AND upper(address) LIKE ALL ($2) AND station_id = ANY ((SELECT ids FROM units)::int[])),
        also AS MATERIALIZED (SELECT premise_id AS id FROM premises_premisealias WHERE upper(text) LIKE $1
            AND upper(text) LIKE ALL ($2) AND station_id = ANY ((SELECT ids FROM units)::int[]))
         SELECT id FROM (SELECT id, 1 AS place FROM found UNION ALL SELECT id, 2 FROM also) both_ways
         GROUP BY id ORDER BY min(place), id LIMIT $3'
    USING pattern, others, most;
END $body$
$create$, current_schema()); END $do$
"""

PAIRED = """
ALTER TABLE premises_premisevalue ADD CONSTRAINT premise_value_fits_dimension
FOREIGN KEY (value_id, dimension_id) REFERENCES premises_dimensionvalue (id, dimension_id)
"""

STANDARD = """
INSERT INTO premises_dimension (code, name_zh, name_en, position) VALUES
    ('SUPPLY_STATION', '供应站', 'Supply station', 10),
    ('HEAT_EXCHANGE_STATION', '换热站', 'Heat-exchange station', 20),
    ('COLLECTOR', '收费员', 'Collector', 30),
    ('METERED_AREA', '独立计量区', 'District meter area', 40),
    ('PROPERTY_COMPANY', '物业公司', 'Property company', 50)
ON CONFLICT (code) DO NOTHING
"""


def level(*, kind: int, name: str) -> str:
    """Write the nodes of one level under those of the levels above, and hang the premises on them."""
    return f"""
    WITH wanted AS (
        SELECT DISTINCT station_id, node_id AS parent_id, {name} AS name FROM premises_premise WHERE {name} <> ''
    ), numbered AS MATERIALIZED (
        SELECT nextval(pg_get_serial_sequence('premises_addressnode', 'id')) AS id, wanted.*
        FROM wanted ORDER BY station_id, parent_id, name
    ), written AS (
        INSERT INTO premises_addressnode (id, station_id, parent_id, kind, name, path)
        SELECT n.id, n.station_id, n.parent_id, {kind}, n.name, COALESCE(above.path, '') || n.id || '/'
        FROM numbered n LEFT JOIN premises_addressnode above ON above.id = n.parent_id
        RETURNING id
    )
    UPDATE premises_premise p SET node_id = n.id
    FROM numbered n
    WHERE (SELECT count(*) FROM written) > 0 AND p.station_id = n.station_id AND p.{name} = n.name
        AND p.node_id IS NOT DISTINCT FROM n.parent_id
    """  # noqa: S608 # both are constants of this file


class Migration(migrations.Migration):
    dependencies: ClassVar = [("premises", "0003_address_tree")]
    operations: ClassVar = [
        migrations.RunSQL(
            PAIRED, "ALTER TABLE premises_premisevalue DROP CONSTRAINT premise_value_fits_dimension"
        ),
        migrations.RunSQL(FIND, migrations.RunSQL.noop),
        migrations.RunSQL(STANDARD, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(level(kind=kind, name=name), migrations.RunSQL.noop)
            for kind, name in enumerate(LEVELS, start=1)
        ),
    ]
