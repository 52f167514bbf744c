"""The first tables of the keyring: the top key's check word, keys of sites and of people, what was destroyed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="DestroyedKey",
            fields=[
                ("name", models.CharField(max_length=24, primary_key=True, serialize=False)),
                ("site", models.CharField(max_length=63)),
                ("person", models.CharField(blank=True, max_length=24)),
                ("keep_class", models.CharField(max_length=80)),
                ("destroyed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="TopKey",
            fields=[
                ("name", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("check_word", models.BinaryField()),
                ("created_at", models.DateTimeField()),
                ("is_current", models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name="PersonKey",
            fields=[
                ("name", models.CharField(max_length=24, primary_key=True, serialize=False)),
                ("site", models.CharField(max_length=63)),
                ("person", models.CharField(blank=True, max_length=24)),
                ("keep_class", models.CharField(max_length=80)),
                ("wrapped", models.BinaryField()),
                ("site_key", models.CharField(max_length=16)),
                ("created_at", models.DateTimeField()),
                ("is_current", models.BooleanField(default=True)),
            ],
            options={
                "indexes": [models.Index(fields=["site_key"], name="person_key_by_site_key")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("site", "person", "keep_class"),
                        name="one_current_person_key",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SiteKey",
            fields=[
                ("name", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("site", models.CharField(max_length=63)),
                ("use", models.CharField(max_length=16)),
                ("wrapped", models.BinaryField()),
                ("top_key", models.CharField(max_length=16)),
                ("created_at", models.DateTimeField()),
                ("is_current", models.BooleanField(default=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("site", "use"), name="one_current_site_key"
                    )
                ],
            },
        ),
    ]
