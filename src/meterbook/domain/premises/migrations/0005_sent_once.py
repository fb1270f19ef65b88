from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("premises", "0004_tree_of_the_known_addresses"),
    ]

    operations = [
        migrations.AddField(
            model_name="appliance",
            name="request_key",
            field=models.UUIDField(null=True, unique=True),
        ),
        migrations.AddField(
            model_name="networkrecord",
            name="request_key",
            field=models.UUIDField(null=True, unique=True),
        ),
    ]
