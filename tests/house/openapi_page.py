"""Writes docs/openapi.json: what the API of every site takes and gives."""

import json


def write_openapi() -> str:
    """The document as the server gives it out."""
    from tests.web.sites import set_up_django

    set_up_django()
    from django.urls import set_urlconf

    from upheld.api.site_api import api

    set_urlconf("upheld.server.site_urls")
    try:
        return json.dumps(api.get_openapi_schema(), indent=2, ensure_ascii=False) + "\n"
    finally:
        set_urlconf(None)
