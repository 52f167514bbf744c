"""Which database a model lives in: the keyring in `keys`, all else in `default`; nothing ever joins the two."""

from __future__ import annotations

from typing import Any

from django.db.models import Model


class KeysApart:
    """Django's router for the two databases."""

    def db_for_read(self, model: type[Model], **_hints: Any) -> str:
        """Where rows of this model are read."""
        return "keys" if model._meta.app_label == "keyring" else "default"  # noqa: SLF001 - Django's own documented name

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """Where rows of this model are written."""
        return self.db_for_read(model, **hints)

    def allow_relation(self, one: Model, other: Model, **_hints: Any) -> bool:
        """Only rows of one database may point to each other."""
        return self.db_for_read(one.__class__) == self.db_for_read(other.__class__)  # Django wraps the signed-in one

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        """The keyring's tables stand in `keys`, and nothing else does."""
        return (db == "keys") == (app_label == "keyring")
