"""The stage of every test that needs the databases: a fresh pair, a top key, the courier's versions, a fixed cast.

The pair is migrated once for the run, then copied for each test: real files, real commits, other threads see them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.actions.postgres_stage import use_postgres
from tests.web.sites import set_up_django
from upheld.core.gate import Gate
from upheld.core.gate.binding import Binding
from upheld.core.policy.versions import load_versions

ROOT = Path(__file__).resolve().parents[2]
COURIER = ROOT / "policies" / "lasership"
TOP_KEY = bytes(range(32))
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
# No power is cut during a test: without the wait for the disk each test is ten times as fast.
UNSYNCED = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"

ADA = {
    "person.name": "Ada Quill",
    "person.email": "ada@quill.example",
    "person.zip": "90417",
    "person.phone": "+15550142777",
}
BO = {"person.name": "Bo Marten", "person.email": "bo@marten.example"}
WORKS = {"company.name": "Quill and Sons Bindery", "company.address": "7 Paper Lane, Port Ellery"}


@dataclass(frozen=True, slots=True)
class Cast:
    """Ada, whom most data is about; Bo, who is somebody else; the company whose account Ada holds."""

    ada: Any
    bo: Any
    works: Any


@cache
def migrate_pair() -> dict[str, Path]:
    """The two files with all tables and no row, made once; on PostgreSQL no file, and two databases with all tables."""
    set_up_django()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    settings.PASSWORD_HASHERS = [
        "tests.actions.cheap.CheapArgon2"
    ]  # for the rest of the run; nobody's password is real
    files: dict[str, Path] = {}
    if connections["default"].vendor == "postgresql":
        for alias in ("default", "keys"):
            call_command("migrate", database=alias, interactive=False, verbosity=0)
        return files
    for alias in ("default", "keys"):
        connections.settings[alias]["OPTIONS"] |= {"init_command": UNSYNCED}
        call_command("migrate", database=alias, interactive=False, verbosity=0)
        with connections[alias].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        files[alias] = Path(connections.settings[alias]["NAME"])
    connections.close_all()
    return files


@pytest.fixture
def databases(tmp_path: Path) -> Iterator[dict[str, Path]]:
    """A pair of databases of this test alone, as files by alias, and the top key in its place."""
    files = migrate_pair()
    from django.db import connections

    from upheld.actions.keys import LocalTopKey, check_top_key, place_top_key
    from upheld.actions.merging import forget_standing
    from upheld.actions.newest_proof import forget_newest

    forget_standing()
    forget_newest()
    if not files:
        with use_postgres(COURIER.name):
            place_top_key(LocalTopKey(TOP_KEY))
            check_top_key(NOW)
            yield {}
            place_top_key(None)
        return
    connections.close_all()
    own = {alias: tmp_path / path.name for alias, path in files.items()}
    for alias, path in files.items():
        shutil.copyfile(path, own[alias])
        connections.settings[alias]["NAME"] = own[alias]
        connections[alias].settings_dict["NAME"] = own[alias]
    place_top_key(LocalTopKey(TOP_KEY))
    check_top_key(NOW)
    yield own
    place_top_key(None)
    connections.close_all()
    for alias, path in files.items():
        connections.settings[alias]["NAME"] = path
        connections[alias].settings_dict["NAME"] = path


@cache
def open_courier() -> Binding:
    versions = load_versions(COURIER)
    gates = {policy.version: Gate(table) for policy, table in zip(versions.policies, versions.tables, strict=True)}
    return Binding(versions.slug, gates, versions.newest.version)


@pytest.fixture
def binding() -> Binding:
    """The courier's versions as gates, the newest one in force."""
    return open_courier()


@pytest.fixture
def now() -> datetime:
    """The moment at which every test takes place."""
    return NOW


@pytest.fixture
def cast(databases: dict[str, Path], binding: Binding, now: datetime) -> Cast:
    """The cast, registered a month ago with what stands in ADA, BO and WORKS; nobody has a password."""
    from upheld.actions.people import add_identifier, create_person
    from upheld.actions.vault import put_items
    from upheld.records.models import Membership

    then = now - timedelta(days=30)
    made = {}
    for name, kind, touchpoint, values in (
        ("ada", "person", "registration", ADA),
        ("bo", "person", "registration", BO),
        ("works", "company", "account set-up", WORKS),
    ):
        made[name] = create_person(binding, now=then, kind=kind)
        put_items(binding, person=made[name], touchpoint=touchpoint, values=values, now=then)
    for name, values in (("ada", ADA), ("bo", BO)):
        found = add_identifier(
            binding, person=made[name], kind="email", text=values["person.email"], now=then, is_primary=True
        )
        found.verified_at = then
        found.save(update_fields=["verified_at"])
    Membership.objects.create(
        site=binding.site, company=made["works"], person=made["ada"], is_holder=True, is_primary=True, joined_at=then
    )
    return Cast(**made)
