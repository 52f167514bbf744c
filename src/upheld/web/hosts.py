"""Which site a request is for: by its host name, or by the path where such names do not resolve."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import get_script_prefix, set_script_prefix

from upheld.web.shelf import Shelf, Shelved

PREFIX_PATH = re.compile(r"/at/([a-z][a-z0-9-]{0,62})(/.*)?\Z", re.DOTALL)
HOST_AND_PORT = re.compile(r"(\[[0-9a-f:]{2,45}\]|[a-z0-9.-]{1,253})(:[0-9]{1,5})?")


class SiteRequest(HttpRequest):
    """A request that found its place: `shelf` always, `shelved` on the pages of a site."""

    shelf: Shelf
    shelved: Shelved


_shelf: Shelf | None = None


def place_shelf(shelf: Shelf) -> None:
    """Give this process the shelf that all its requests read."""
    global _shelf  # noqa: PLW0603 - one process serves one folder of policies; WSGI offers no other place to hand it over
    _shelf = shelf


def find_shelf() -> Shelf:
    """The shelf of this process; raises RuntimeError before `place_shelf`."""
    if _shelf is None:
        raise RuntimeError("no policies are loaded: call place_shelf first")
    return _shelf


class HostMiddleware:
    """Sends each request to its site or to the overview; an unknown host gets 421 and learns nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer of the site or of the overview."""
        shelf = find_shelf()
        shelf.look_again()
        set_script_prefix("/")  # the last request of this thread may have been below a prefix
        host = read_host(request)
        shelved = shelf.find_host(host) if host else None
        if shelved is None and host in settings.OVERVIEW_HOSTS:
            shelved = strip_prefix(request, shelf) if settings.PREFIX_MODE else None
            return self.answer(
                request, shelf, shelved, settings.ROOT_URLCONF if shelved is None else settings.SITE_URLCONF
            )
        if shelved is None:
            return refuse_host(is_readable=host is not None)
        return self.answer(request, shelf, shelved, settings.SITE_URLCONF)

    def answer(self, request: HttpRequest, shelf: Shelf, shelved: Shelved | None, urlconf: str) -> HttpResponseBase:
        """Hand the request on with its place attached."""
        request.shelf = shelf  # type: ignore[attr-defined]  # SiteRequest declares it
        if shelved is not None:
            request.shelved = shelved  # type: ignore[attr-defined]
        request.urlconf = urlconf  # type: ignore[attr-defined]  # Django reads it, its stubs do not say so
        return self.get_response(request)


def read_host(request: HttpRequest) -> str | None:
    """The host name of the request without port and final dot, or None when it cannot be one."""
    found = split_host(request)
    return found[0] if found else None


def split_host(request: HttpRequest) -> tuple[str, str] | None:
    """Host name and port as the request gives them, the port as `:80` or empty; None when it cannot be a host."""
    match = HOST_AND_PORT.fullmatch(request.META.get("HTTP_HOST", "").lower())
    if match is None:
        return None
    name, port = match.group(1).rstrip("."), match.group(2)
    if port is None:
        return name, ""
    number = int(port[1:])
    return (name, f":{number}") if 0 < number < 65536 else None


def strip_prefix(request: HttpRequest, shelf: Shelf) -> Shelved | None:
    """The site that `/at/NAME/…` asks for; makes links of this request start with that prefix."""
    match = PREFIX_PATH.fullmatch(request.path_info)
    shelved = shelf.find_slug(match.group(1)) if match else None
    if match is None or shelved is None or shelved.home is not None:
        return None
    prefix = f"/at/{shelved.slug}/"
    request.path_info = match.group(2) or "/"
    request.META["SCRIPT_NAME"] = prefix.rstrip("/")
    set_script_prefix(prefix)
    return shelved


def find_address(request: HttpRequest, shelved: Shelved) -> str:
    """Where a link on the overview leads to the site of a policy: its host with this request's port, or its prefix."""
    if settings.PREFIX_MODE:
        return f"/at/{shelved.policies[0].slug}/"
    _, port = split_host(request) or ("", "")
    scheme = "https" if settings.HTTPS else "http"
    return f"{scheme}://{shelved.host}{port}/"


def find_policy_address(request: HttpRequest, shelved: Shelved) -> str:
    """Where a link from beyond the site leads to the page of a policy."""
    return find_address(request, shelved) + shelved.page


def find_site_home(request: HttpRequest, shelved: Shelved) -> str:
    """The whole address of a site's first page for a page beyond the site, such as one of the console: for links in mails."""
    address = find_address(request, shelved)
    if not address.startswith("/"):
        return address
    name, port = split_host(request) or ("localhost", "")
    scheme = "https" if settings.HTTPS or request.is_secure() else "http"
    return f"{scheme}://{name}{port}{address}"


def find_home(request: HttpRequest) -> str:
    """The whole address of the first page of this request's site, with its slash: what links in mails begin with."""
    name, port = split_host(request) or ("localhost", "")
    scheme = "https" if settings.HTTPS or request.is_secure() else "http"
    return f"{scheme}://{name}{port}{get_script_prefix()}"


def find_cookie_path() -> str:
    """The `Path` every cookie of this request's site must carry, so that sites on one host cannot read each other's."""
    return get_script_prefix()


def refuse_host(*, is_readable: bool) -> HttpResponse:
    """A plain page for a host nobody serves here; names no site."""
    status = HTTPStatus.MISDIRECTED_REQUEST if is_readable else HTTPStatus.BAD_REQUEST
    return HttpResponse(render_to_string("elements/unknown_host.html"), status=status)
