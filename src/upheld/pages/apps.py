"""Names this room to Django, which then finds its templates."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """The templates of the public pages."""

    name = "upheld.pages"
    label = "pages"
