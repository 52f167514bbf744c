"""Names this room to Django and registers its checks."""

from django.apps import AppConfig


class ServerConfig(AppConfig):
    """The checks that run before the server starts."""

    name = "upheld.server"
    label = "server"

    def ready(self) -> None:
        """Register the checks."""
        # Django's registry is complete only now, and the checks read its settings.
        from upheld.server import checks  # noqa: F401, PLC0415
