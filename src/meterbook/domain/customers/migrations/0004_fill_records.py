"""What 0003 can only guess for rows that are there: the kind of a customer, the number they are called on.

Also the industries a company begins with: the sections of GB/T 4754-2017. Their words are translated.
"""

from typing import Any, ClassVar

from django.db import migrations

FILL = """
UPDATE customers_customer SET kind = 2 WHERE customer_class <> 1;
UPDATE customers_contactpoint SET is_preferred = true WHERE valid_until IS NULL;
"""

SECTIONS = (
    ("A", "Agriculture, forestry, animal husbandry and fishery"),
    ("B", "Mining"),
    ("C", "Manufacturing"),
    ("D", "Electricity, heat, gas and water supply"),
    ("E", "Construction"),
    ("F", "Wholesale and retail"),
    ("G", "Transport, storage and post"),
    ("H", "Accommodation and catering"),
    ("I", "Information and software services"),
    ("J", "Finance"),
    ("K", "Real estate"),
    ("L", "Leasing and business services"),
    ("M", "Research and technical services"),
    ("N", "Water conservancy, environment and public facilities"),
    ("O", "Household, repair and other services"),
    ("P", "Education"),
    ("Q", "Health and social work"),
    ("R", "Culture, sports and entertainment"),
    ("S", "Public administration and social organisations"),
    ("T", "International organisations"),
)


def add_industries(apps: Any, schema_editor: Any) -> None:
    del schema_editor
    industry = apps.get_model("customers", "Industry")
    for code, name in SECTIONS:
        industry.objects.get_or_create(code=code, defaults={"name": name})


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0003_records")]
    operations: ClassVar = [
        migrations.RunSQL(FILL, reverse_sql=migrations.RunSQL.noop),
        migrations.RunPython(add_industries, migrations.RunPython.noop),
    ]
