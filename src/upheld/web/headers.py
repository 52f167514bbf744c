"""The headers that every answer carries, whatever made it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.http.response import ResponseHeaders

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

# What the staff's pages may do besides: run the console's own script files, and ask for a passkey.
OWN_SCRIPTS = "; script-src 'self'"
PASSKEYS_POLICY = PERMISSIONS_POLICY.replace(
    "publickey-credentials-get=()", "publickey-credentials-get=(self), publickey-credentials-create=(self)"
)
MARK = "may_run_own_scripts"
# What a page with a script may do that saves what is typed: ask this server, and nobody else.
OWN_REQUESTS = "; connect-src 'self'"
ASKS = "may_ask_this_server"

# Two years, the length that browsers ask for before they preload a host (hstspreload.org, submission requirements).
TRANSPORT_SECURITY = "max-age=63072000; includeSubDomains"


class HeaderMiddleware:
    """Adds the headers to every answer, errors and static files included; must stand first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        headers = dict(HEADERS)
        if settings.HTTPS:
            headers["Content-Security-Policy"] += "; upgrade-insecure-requests"
        scripted = headers | {
            "Content-Security-Policy": headers["Content-Security-Policy"] + OWN_SCRIPTS,
            "Permissions-Policy": PASSKEYS_POLICY,
        }
        asking = scripted | {"Content-Security-Policy": scripted["Content-Security-Policy"] + OWN_REQUESTS}
        # Django looks at every sign of a header that is set. These are the same in each answer and are looked at once.
        self.headers, self.scripted, self.asking = (
            ResponseHeaders(made)._store  # noqa: SLF001 - it has no other way to take many
            for made in (headers, scripted, asking)
        )

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer with its headers."""
        response = self.get_response(request)
        own = self.headers if not getattr(response, MARK, False) else self.scripted
        response.headers._store.update(self.asking if getattr(response, ASKS, False) else own)  # noqa: SLF001 - the same
        if settings.HTTPS and is_named_host(request):
            response.headers["Strict-Transport-Security"] = TRANSPORT_SECURITY
        if not response.streaming:
            response.headers.setdefault("Content-Length", str(len(getattr(response, "content", b""))))
        return response


def allow_own_scripts(response: HttpResponseBase) -> None:
    """Let this answer's page run script files of this server; nothing inside the page, nothing from elsewhere."""
    setattr(response, MARK, True)


def allow_own_requests(response: HttpResponseBase) -> None:
    """The same, and let those scripts ask this server; for a page that saves while somebody types."""
    allow_own_scripts(response)
    setattr(response, ASKS, True)


def is_named_host(request: HttpRequest) -> bool:
    """Whether a promise to stay on https would bind this site alone: `localhost` belongs to every server of a machine."""
    host = request.META.get("HTTP_HOST", "").partition(":")[0]
    return "." in host and not host.replace(".", "").isdigit()
