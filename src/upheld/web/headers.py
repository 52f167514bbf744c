"""The headers that every answer carries, whatever made it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

# Nothing is allowed but what the pages use: their own styles, pictures and forms. No script runs at all.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

# Each power of the browser that a page could ask for, turned off.
PERMISSIONS_POLICY = ", ".join(
    f"{power}=()"
    for power in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "display-capture",
        "encrypted-media",
        "fullscreen",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "picture-in-picture",
        "publickey-credentials-get",
        "screen-wake-lock",
        "sync-xhr",
        "usb",
        "xr-spatial-tracking",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

# Two years, the length that browsers ask for before they preload a host (hstspreload.org, submission requirements).
TRANSPORT_SECURITY = "max-age=63072000; includeSubDomains"


class HeaderMiddleware:
    """Adds the headers to every answer, errors and static files included; must stand first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.headers = dict(HEADERS)
        if settings.HTTPS:
            self.headers["Strict-Transport-Security"] = TRANSPORT_SECURITY
            self.headers["Content-Security-Policy"] += "; upgrade-insecure-requests"

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer with its headers."""
        response = self.get_response(request)
        for name, value in self.headers.items():
            response.headers[name] = value
        if not response.streaming:
            response.headers.setdefault("Content-Length", str(len(getattr(response, "content", b""))))
        return response
