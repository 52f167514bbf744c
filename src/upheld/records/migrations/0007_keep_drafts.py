"""Texts of a policy that are being written have a table; a version knows whether it was written in the console."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0006_keep_proofs"),
    ]

    operations = [
        migrations.AddField(
            model_name="publication",
            name="is_drafted",
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name="PolicyDraft",
            fields=[
                ("id", models.CharField(max_length=24, primary_key=True, serialize=False)),
                ("site", models.CharField(max_length=63)),
                ("base", models.DateField()),
                ("text", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("edition", models.PositiveIntegerField(default=1)),
                ("begun_at", models.DateTimeField()),
                ("begun_by", models.CharField(max_length=40)),
                ("saved_at", models.DateTimeField()),
                ("saved_by", models.CharField(max_length=40)),
                ("noted_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["site", "saved_at"], name="draft_by_time")],
            },
        ),
    ]
