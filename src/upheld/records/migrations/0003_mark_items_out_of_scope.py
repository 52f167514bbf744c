"""An item can be marked as out of the policy's scope, with its ground."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0002_share_counts_between_workers"),
    ]

    operations = [
        migrations.AddField(
            model_name="item",
            name="left_out",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="item",
            name="left_out_source",
            field=models.BinaryField(default=bytes),
        ),
    ]
