"""A person may say when a meter's verification is due."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("devices", "0003_first_moves")]

    operations = [
        migrations.AddField(
            model_name="meter",
            name="is_due_stated",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
