"""Names this room to Django."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RecordsConfig(AppConfig):
    """Everything that stands in the database of the data."""

    name = "upheld.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the walls between sites raised after every migration, in new tables too."""
        # Its room reads the registry of models, which is complete only now.
        from upheld.records.walls import raise_walls  # noqa: PLC0415

        post_migrate.connect(raise_walls, sender=self)
