"""How long each site's ledger was when it was last signed, in a place apart from the ledger."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keyring", "0001_hold_keys")]

    operations = [
        migrations.CreateModel(
            name="LedgerHead",
            fields=[
                ("site", models.CharField(max_length=63, primary_key=True, serialize=False)),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
