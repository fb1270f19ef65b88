# Codes of tariffs have up to 60 characters.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="subject_id",
            field=models.CharField(max_length=60),
        ),
    ]
