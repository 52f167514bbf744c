"""What people permit somebody outside to get has a table."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0003_mark_items_out_of_scope"),
    ]

    operations = [
        migrations.CreateModel(
            name="Permission",
            fields=[
                ("id", models.CharField(max_length=24, primary_key=True, serialize=False)),
                ("site", models.CharField(max_length=63)),
                ("recipient", models.CharField(max_length=80)),
                ("data", models.JSONField(default=list)),
                ("purpose", models.CharField(max_length=80)),
                ("given_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("version", models.DateField()),
                ("touchpoint", models.CharField(max_length=80)),
                ("shown", models.CharField(blank=True, max_length=64)),
                ("entry", models.CharField(blank=True, max_length=24)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="records.person")),
            ],
            options={
                "indexes": [models.Index(fields=["site", "recipient"], name="permission_by_recipient")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("site", "person", "recipient"),
                        name="one_live_permission",
                    )
                ],
            },
        ),
    ]
