"""Names the keyring to Django."""

from django.apps import AppConfig


class KeyringConfig(AppConfig):
    """Everything that stands in the database of the keys."""

    name = "upheld.records.keyring"
    label = "keyring"
    default_auto_field = "django.db.models.BigAutoField"
