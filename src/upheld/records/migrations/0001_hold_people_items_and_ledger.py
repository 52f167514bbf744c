"""The first tables: people, what is held about them, the ledger, the outbox, staff."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Staff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("username", models.CharField(max_length=40, unique=True)),
                ("is_active", models.BooleanField(default=True)),
                ("is_owner", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site", models.CharField(max_length=63)),
                ("choice", models.CharField(max_length=80)),
                ("is_yes", models.BooleanField()),
                ("is_signal", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                ("version", models.DateField()),
                ("touchpoint", models.CharField(max_length=80)),
                ("entry", models.CharField(blank=True, max_length=24)),
            ],
        ),
        migrations.CreateModel(
            name="Identifier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site", models.CharField(max_length=63)),
                ("kind", models.CharField(max_length=80)),
                ("digest", models.BinaryField(max_length=16)),
                ("index_version", models.PositiveSmallIntegerField(default=1)),
                ("is_primary", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("verified_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.CharField(max_length=24, primary_key=True, serialize=False)),
                ("site", models.CharField(max_length=63)),
                ("touchpoint", models.CharField(max_length=80)),
                ("version", models.DateField()),
                ("categories", models.JSONField()),
                ("purposes", models.JSONField()),
                ("keep_class", models.CharField(max_length=80)),
                ("keep_until", models.DateTimeField(null=True)),
                ("hold", models.CharField(blank=True, max_length=80)),
                ("key", models.CharField(max_length=24)),
                ("sealed", models.BinaryField()),
                ("collected_at", models.DateTimeField()),
                ("corrected_at", models.DateTimeField(null=True)),
                ("edition", models.PositiveIntegerField(default=1)),
                ("method", models.CharField(max_length=16)),
                ("shown", models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site", models.CharField(max_length=63)),
                ("is_holder", models.BooleanField(default=False)),
                ("is_primary", models.BooleanField(default=False)),
                ("joined_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.CharField(max_length=24, primary_key=True, serialize=False)),
                ("site", models.CharField(max_length=63)),
                ("kind", models.CharField(default="person", max_length=16)),
                ("is_visitor", models.BooleanField(default=False)),
                ("facts", models.JSONField(default=dict)),
                ("version", models.DateField()),
                ("created_at", models.DateTimeField()),
                ("signed_in_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                ("digest", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("site", models.CharField(max_length=63)),
                ("method", models.CharField(default="page", max_length=16)),
                ("created_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Shown",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site", models.CharField(max_length=63)),
                ("digest", models.CharField(max_length=64)),
                ("touchpoint", models.CharField(max_length=80)),
                ("version", models.DateField()),
                ("text", models.TextField()),
                ("first_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Throttle",
            fields=[
                ("digest", models.BinaryField(max_length=16, primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField()),
                ("ends_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Tile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site", models.CharField(max_length=63)),
                ("level", models.PositiveSmallIntegerField()),
                ("number", models.BigIntegerField()),
                ("hashes", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("digest", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("site", models.CharField(max_length=63)),
                ("use", models.CharField(max_length=24)),
                ("key", models.CharField(blank=True, max_length=24)),
                ("sealed", models.BinaryField(default=bytes)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="UsedToken",
            fields=[
                ("digest", models.BinaryField(max_length=16, primary_key=True, serialize=False)),
                ("expires_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.CharField(max_length=24, primary_key=True, serialize=False)),
                ("site", models.CharField(max_length=63)),
                ("number", models.CharField(max_length=24)),
                ("kind", models.CharField(max_length=40)),
                ("person", models.CharField(blank=True, max_length=24)),
                ("item", models.CharField(blank=True, max_length=24)),
                ("purpose", models.CharField(blank=True, max_length=80)),
                ("opened_by", models.CharField(blank=True, max_length=40)),
                ("assigned_to", models.CharField(blank=True, max_length=40)),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(blank=True, max_length=40)),
            ],
            options={
                "indexes": [models.Index(fields=["site", "closed_at", "opened_at"], name="case_by_state")],
                "constraints": [models.UniqueConstraint(fields=("site", "number"), name="one_case_a_number")],
            },
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site", models.CharField(max_length=63)),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField(max_length=32)),
                ("note", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("site", "size"), name="one_checkpoint_a_size")],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("serial", models.BigAutoField(primary_key=True, serialize=False)),
                ("id", models.CharField(max_length=24, unique=True)),
                ("site", models.CharField(max_length=63)),
                ("kind", models.CharField(max_length=40)),
                ("person", models.CharField(blank=True, max_length=24)),
                ("by", models.CharField(blank=True, max_length=40)),
                ("at", models.DateTimeField()),
                ("text", models.TextField()),
                ("place", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("place__isnull", True)), fields=["site", "serial"], name="entry_waiting"
                    ),
                    models.Index(fields=["site", "person", "serial"], name="entry_by_person"),
                    models.Index(fields=["site", "kind", "serial"], name="entry_by_kind"),
                    models.Index(fields=["site", "by", "serial"], name="entry_by_staff"),
                ],
                "constraints": [models.UniqueConstraint(fields=("site", "place"), name="one_entry_a_place")],
            },
        ),
        migrations.CreateModel(
            name="FactNumber",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site", models.CharField(max_length=63)),
                ("number", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=200)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("site", "number"), name="one_fact_a_number"),
                    models.UniqueConstraint(fields=("site", "name"), name="one_number_a_fact"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Grant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site", models.CharField(max_length=63)),
                ("role", models.CharField(max_length=80)),
                ("reason", models.TextField()),
                ("given_by", models.CharField(max_length=40)),
                ("given_at", models.DateTimeField()),
                ("review_by", models.DateTimeField()),
                ("reviewed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("staff", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="records.staff")),
            ],
        ),
        migrations.CreateModel(
            name="Outgoing",
            fields=[
                ("id", models.CharField(max_length=24, primary_key=True, serialize=False)),
                ("site", models.CharField(max_length=63)),
                ("person", models.CharField(max_length=24)),
                ("mail_class", models.CharField(max_length=80)),
                ("kind", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=24)),
                ("sealed", models.BinaryField()),
                ("item", models.CharField(blank=True, max_length=24)),
                ("state", models.CharField(default="queued", max_length=16)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("reason", models.CharField(blank=True, max_length=40)),
                ("queued_at", models.DateTimeField()),
                ("next_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["state", "next_at"], name="outgoing_by_state"),
                    models.Index(fields=["site", "queued_at"], name="outgoing_by_site"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="records.person",
                    ),
                ),
                ("site", models.CharField(max_length=63)),
                ("key", models.CharField(max_length=24)),
                ("sealed", models.BinaryField()),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("locked_until", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField()),
            ],
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(fields=["site", "created_at"], name="person_by_site"),
        ),
        migrations.AddField(
            model_name="membership",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="members", to="records.person"
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="records.person"
            ),
        ),
        migrations.AddField(
            model_name="item",
            name="person",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="records.person"),
        ),
        migrations.AddField(
            model_name="identifier",
            name="person",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="records.person"),
        ),
        migrations.AddField(
            model_name="answer",
            name="person",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="records.person"),
        ),
        migrations.AddField(
            model_name="session",
            name="person",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="records.person"),
        ),
        migrations.AddConstraint(
            model_name="shown",
            constraint=models.UniqueConstraint(fields=("site", "digest"), name="one_wording_once"),
        ),
        migrations.AddConstraint(
            model_name="tile",
            constraint=models.UniqueConstraint(fields=("site", "level", "number"), name="one_tile_a_place"),
        ),
        migrations.AddField(
            model_name="token",
            name="company",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.person"
            ),
        ),
        migrations.AddField(
            model_name="token",
            name="person",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="records.person"),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(fields=["site", "staff"], name="grant_by_staff"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(fields=("company", "person"), name="once_in_a_company"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_primary", True)), fields=("company",), name="one_primary_address"
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["site", "person", "collected_at"], name="item_by_person"),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["key"], name="item_by_key"),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["keep_until"], name="item_by_end"),
        ),
        migrations.AddIndex(
            model_name="identifier",
            index=models.Index(fields=["site", "kind", "digest"], name="identifier_by_digest"),
        ),
        migrations.AddConstraint(
            model_name="identifier",
            constraint=models.UniqueConstraint(
                condition=models.Q(("verified_at__isnull", False)),
                fields=("site", "kind", "digest"),
                name="one_holder_of_an_identifier",
            ),
        ),
        migrations.AddIndex(
            model_name="answer",
            index=models.Index(fields=["site", "person", "choice", "at"], name="answer_by_person"),
        ),
    ]
