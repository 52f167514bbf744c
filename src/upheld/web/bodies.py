"""Pages rendered once and kept as bytes, plain and compressed, until what they show changes."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

MOST_BODIES = 256
MOST_CHOSEN = 16


@dataclass(frozen=True, slots=True)
class Body:
    """One rendered page; the tag is a digest of its bytes."""

    plain: bytes
    packed: bytes
    tag: str


class Bodies:
    """A bounded store of rendered pages; the least recently used goes first."""

    def __init__(self, most: int = MOST_BODIES) -> None:
        self.most = most
        self.lock = threading.Lock()
        self.kept: OrderedDict[tuple[str, ...], Body] = OrderedDict()

    def find_body(self, key: tuple[str, ...], render: Callable[[], str]) -> Body:
        """The body kept under this key, rendered now when there is none.

        The key must hold everything that the page depends on: nothing ever removes a body because it is out of date.
        """
        with self.lock:
            body = self.kept.get(key)
            if body is not None:
                self.kept.move_to_end(key)
                return body
        plain = render().encode()
        body = Body(
            plain, gzip.compress(plain, compresslevel=6, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:32]}"'
        )
        with self.lock:
            self.kept[key] = body
            while len(self.kept) > self.most:
                self.kept.popitem(last=False)
        return body


# How many keys there can be under BODIES follows from the policy files alone. Where whoever asks can make up many, as by
# the port in the overview's links or by pairs of versions, the page has a small store of its own: strangers who fill it
# push out no other page.
BODIES = Bodies()
OVERVIEW_BODIES = Bodies(MOST_CHOSEN)
CHANGES_BODIES = Bodies(MOST_CHOSEN)


def answer_body(
    request: HttpRequest, key: tuple[str, ...], render: Callable[[], str], bodies: Bodies = BODIES
) -> HttpResponse:
    """The page as an answer: 304 when the browser has it, compressed when the browser can read that.

    Nothing secret stands in these pages, so compressing them tells nobody anything.
    """
    body = bodies.find_body(key, render)
    headers = {"ETag": body.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    tags = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    if body.tag in tags or tags == ["*"]:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    if accepts_gzip(request.headers.get("Accept-Encoding", "")):
        return HttpResponse(body.packed, headers={**headers, "Content-Encoding": "gzip"})
    return HttpResponse(body.plain, headers=headers)


def accepts_gzip(accepted: str) -> bool:
    """Whether the header names gzip and does not give it the weight nought."""
    for part in accepted.split(","):
        name, _, weight = part.partition(";")
        if name.strip().lower() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
