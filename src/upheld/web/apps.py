"""Names this room to Django, which then finds its templates and static files."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The elements and the static files."""

    name = "upheld.web"
    label = "web"
