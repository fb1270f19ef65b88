"""What lines of every kind of charge need to be recomputed. Lines already there keep what they said.

The wide columns come first, so that a row has no gaps between them.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_parked_usage_released")]

    operations = [
        migrations.AddField(model_name="billline", name="tax_minor", field=models.BigIntegerField(null=True)),
        migrations.AddField(
            model_name="billline", name="factor_ppm", field=models.IntegerField(db_default=1_000_000)
        ),
        migrations.AddField(
            model_name="billline", name="time_numerator", field=models.IntegerField(db_default=1)
        ),
        migrations.AddField(
            model_name="billline", name="time_denominator", field=models.IntegerField(db_default=1)
        ),
        migrations.AddField(model_name="billline", name="period_from", field=models.DateField(null=True)),
        migrations.AddField(model_name="billline", name="period_until", field=models.DateField(null=True)),
        migrations.AddField(
            model_name="billline", name="part_no", field=models.SmallIntegerField(db_default=1)
        ),
        migrations.AddField(
            model_name="billline", name="set_no", field=models.SmallIntegerField(db_default=0)
        ),
        migrations.AddField(model_name="billline", name="band", field=models.SmallIntegerField(db_default=0)),
        migrations.AddField(
            model_name="billline", name="tax_basis_points", field=models.SmallIntegerField(null=True)
        ),
    ]
