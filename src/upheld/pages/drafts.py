"""The page of a policy that nobody has announced, for whoever writes it: as people would see it, marked as a draft."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import get_script_prefix, get_urlconf, set_script_prefix, set_urlconf

from upheld.pages.addresses import find_addresses
from upheld.pages.chrome import find_current, make_chrome, write_look
from upheld.pages.policy import make_page
from upheld.web.previews import Place
from upheld.web.shelf import Good, Shelved


def draw_draft(shelved: Shelved, good: Good, place: Place) -> str:
    """The whole page, its rules open; links lead to the site as it is, since of the draft there is this page alone."""
    versions = tuple(one for one in shelved.versions if one.policy.version < good.policy.version)
    alone = replace(shelved, versions=(good,), faults=(), waiting=(), posted=None)
    with stand_at(place.home):
        chrome = replace(make_chrome(alone), look=place.look, banner=None, merger=None)
        page = make_page(replace(alone, versions=(*versions, good)), good, find_current(shelved))
        number = len(shelved.versions)  # as the page behind that link has them
        said = "the only version so far" if number == 1 else f"{number} versions so far"
        page = replace(page, versions=said, is_current=False, period="This is a draft.", changes_href="", questions=())
        context = {"chrome": chrome, "at": find_addresses(shelved), "page": page, "preview": place}
        return render_to_string("pages/draft.html", context)


def write_draft_look(shelved: Shelved, good: Good) -> str:
    """The style sheet with the colour that the draft gives its site, or that of the site which it stands on."""
    return write_look((good if shelved.home is None else find_current(shelved.home)).site.accent)


@contextmanager
def stand_at(home: str) -> Iterator[None]:
    """Addresses inside are those of the site whose first page this is."""
    prefix, addresses = get_script_prefix(), get_urlconf()
    set_script_prefix(home)
    set_urlconf(settings.SITE_URLCONF)
    try:
        yield
    finally:
        set_script_prefix(prefix)
        set_urlconf(addresses)
