"""Somebody at the site, the console or the API, with their own cookies; goes through the whole application, without a port."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import time_machine
from django.conf import settings
from django.test import Client
from django.test.client import ClientHandler

from upheld.rehearsal.page import Form, Page, read_page

MOST_REDIRECTS = 5


# One for the settings of this process: each new one would load all middleware and read all static files again.
_handlers: dict[int, ClientHandler] = {}


def find_handler() -> ClientHandler:
    """What answers every browser of this process."""
    number = id(settings._wrapped)  # type: ignore[misc]  # noqa: SLF001 - tells apart settings that a test replaced
    if number not in _handlers:
        _handlers.clear()
        _handlers[number] = ClientHandler(enforce_csrf_checks=False)
    return _handlers[number]


class Browser:
    """One browser. Paths are of its host; whole addresses, such as those in mails, are followed on the host they name."""

    def __init__(
        self, host: str, clock: time_machine.Traveller | None, cookies: Mapping[str, str] | None = None
    ) -> None:
        self.host = host
        self._clock = clock
        self._client = Client(raise_request_exception=False)
        self._client.handler = find_handler()
        for name, value in (cookies or {}).items():
            self._client.cookies[name] = value

    def copy_cookies(self) -> dict[str, str]:
        """The cookies it holds, by name, so that another browser can go on from here."""
        return {name: morsel.value for name, morsel in self._client.cookies.items() if morsel.value}

    def open(self, path: str, *, follows: bool = True, **headers: str) -> Page:
        """A page; redirects are followed unless told otherwise."""
        page = self._ask("get", path, None, headers)
        for _ in range(MOST_REDIRECTS):
            onward = page.headers.get("Location", "")
            if not (follows and 300 <= page.status < 400 and onward):
                break
            page = self._ask("get", urljoin(page.address, onward), None, headers)
        return page

    def post(self, path: str, values: Mapping[str, Any], *, follows: bool = True, **headers: str) -> Page:
        """Send these values as a form does; nothing is filled in."""
        page = self._ask("post", path, values, headers)
        onward = page.headers.get("Location", "")
        if follows and 300 <= page.status < 400 and onward:
            return self.open(urljoin(page.address, onward))
        return page

    def send(self, page: Page, values: Mapping[str, Any], *, form: Form | None = None, follows: bool = True) -> Page:
        """Fill in a form of a page and send it: what is preset stays, these values come on top, None leaves one out.

        Without a form given it is the first that posts and has an input of the first of these names. Takes as long as a
        person does, by the clock of the rehearsal. Raises LookupError when there is no such form.
        """
        names = [name for name in values if ":" not in name][:1]
        found = (
            form
            or next((one for one in page.forms if one.method == "post" and set(names) <= set(one.names)), None)
            or next((one for one in page.forms if one.method == "post"), None)
        )
        if found is None:
            raise LookupError(f"no form to fill in at {urlsplit(page.address).path}")
        filled: dict[str, Any] = {name: list(given) for name, given in found.values.items()}
        for name, value in values.items():
            if value is None:
                filled.pop(name, None)
            else:
                filled[name] = value
        if self._clock is not None:
            self._clock.shift(timedelta(seconds=settings.FORM_SECONDS + 1))
        return self.post(urljoin(page.address, found.action or page.address), filled, follows=follows)

    def call(self, method: str, path: str, body: Any = None, *, token: str = "", **headers: str) -> Page:
        """Ask the API as a program does: JSON there and back, with a bearer token where one is given."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self._ask(method.lower(), path, body, headers, is_json=True)

    def _ask(self, method: str, path: str, body: Any, headers: Mapping[str, str], *, is_json: bool = False) -> Page:
        parts = urlsplit(path)
        host = parts.netloc or self.host
        address = parts._replace(scheme="", netloc="").geturl() or "/"
        given = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        kind = {"content_type": "application/json"} if is_json and body is not None else {}
        data = body if body is not None else {}
        answer = getattr(self._client, method)(address, data, headers=given, secure=parts.scheme == "https", **kind)
        whole = f"{parts.scheme or 'http'}://{host}{address}"
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        return read_page(answer.status_code, whole, content, answer.headers, answer.cookies)
