"""The table of counts and used codes that all workers share; Django's own cache table, made by its own command."""

from typing import Any

from django.core.management import call_command
from django.db import migrations

TABLE = "shared_cache"


def make_table(_apps: Any, schema_editor: Any) -> None:
    call_command("createcachetable", TABLE, database=schema_editor.connection.alias, verbosity=0)


def drop_table(_apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(f"DROP TABLE {TABLE}")


class Migration(migrations.Migration):
    dependencies = [("records", "0001_hold_people_items_and_ledger")]
    operations = [migrations.RunPython(make_table, drop_table)]
