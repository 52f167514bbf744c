"""Names this room to Django, which then finds its templates."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """The templates of the public pages."""

    name = "upheld.pages"
    label = "pages"

    def ready(self) -> None:
        """Let the console show how a draft would look: it does not know these pages, and they do not know it."""
        # They hold models, whose registry is complete only now.
        from upheld.pages.drafts import draw_draft, write_draft_look  # noqa: PLC0415
        from upheld.web.previews import Previews, place_previews  # noqa: PLC0415

        place_previews(Previews(draw_draft, write_draft_look))
