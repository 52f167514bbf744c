"""Names this room to Django."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Everything that stands in the database of the data."""

    name = "upheld.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"
