"""Keeps what is personal off plain http: over it, strangers get pages that only read; knows no page.

A visitor on this machine is let through, so that the demo and tests work without a certificate.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.loader import render_to_string

from upheld.web.guards import READING, is_a_page, is_public_reading
from upheld.web.hosts import split_host

logger = logging.getLogger(__name__)

# Set by the server where a request was forwarded by somebody its settings do not name.
UNNAMED_PROXY = "upheld.unnamed_proxy"


class TransportMiddleware:
    """Sends plain requests on to https where there is https; where there is none, lets only reading pages through."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer; what there is to refuse is refused when its view is known."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Lead a stranger who came by plain http to https, or refuse any page but a public one that only reads."""
        if request.is_secure() or is_from_here(request):
            return None
        if settings.KNOWS_SCHEME:
            return send_to_https(request)
        if is_public_reading(view) or not is_a_page(view, request, kwargs):
            return None
        if request.META.get(UNNAMED_PROXY):
            logger.warning("a page was refused over plain http: name the proxy in front of the server in UPHELD_PROXY")
        return refuse_plain()


def is_from_here(request: HttpRequest) -> bool:
    """Whether the request never left this machine."""
    if request.META.get(UNNAMED_PROXY):
        return False
    peer = request.META.get("REMOTE_ADDR", "")
    if peer == "127.0.0.1":  # by far the most of those who come from here
        return True
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped  # how a socket for both kinds shows the older one
    return address.is_loopback


def send_to_https(request: HttpRequest) -> HttpResponse:
    """The same address by https; a form that was already sent in the clear is refused and not repeated.

    The host is one that is served here, or the request would not have found a view.
    """
    found = split_host(request)
    if found is None or request.method not in READING:
        return refuse_plain()
    return HttpResponseRedirect(f"https://{found[0]}{request.get_full_path()}", status=HTTPStatus.PERMANENT_REDIRECT)


def refuse_plain() -> HttpResponse:
    """A page that says why, with status 403."""
    return HttpResponse(render_to_string("elements/only_https.html"), status=HTTPStatus.FORBIDDEN)
