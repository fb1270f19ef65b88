"""A transfer sent twice is one: its holder keeps the key of the form."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agreements", "0003_holders_of_accounts")]

    operations = [
        migrations.AddField(
            model_name="accountholder",
            name="request_key",
            field=models.UUIDField(null=True, unique=True),
        )
    ]
