"""Which calls a site has: those that are about a function are there only where it works, and only then in its document."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from upheld.api.problems import answer_unknown
from upheld.core.functions import WORKS, list_functions
from upheld.core.policy.compile import Table
from upheld.web.hosts import SiteRequest

BASE, DOCUMENT = "/api/v1/", "openapi.json"
MOST_REMEMBERED = 64
ACCOUNT, COMPANY, PERMISSION, MAILS, SHIPMENT = "F-23", "F-31", "F-72", "F-42", "F-52"
# how the address of a call begins -> the function that it is about; the longest counts, and what is not here is everywhere
ABOUT = {
    "me": ACCOUNT,
    "register": ACCOUNT,
    "verify": ACCOUNT,
    "sign-in": ACCOUNT,
    "sign-out": ACCOUNT,
    "forgot": ACCOUNT,
    "new-password": ACCOUNT,
    "new-address": ACCOUNT,
    "ledger": ACCOUNT,
    "me/mails": MAILS,
    "me/permissions": PERMISSION,
    "companies": COMPANY,
    "company": COMPANY,
    "join": COMPANY,
    "shipping": SHIPMENT,
    "shipments": SHIPMENT,
    "feed": SHIPMENT,
}
_working: dict[str, frozenset[str]] = {}


def only_where_it_works(view: Callable[..., Any], route: str) -> Callable[..., Any]:
    """The view of a call, which is not there on a site where the function that it is about does not work."""
    about = find_about(route)

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        table = cast("SiteRequest", request).shelved.in_force(datetime.now(UTC).date()).table
        if about and about not in find_working(table):
            return answer_unknown(request)
        answered = view(request, *args, **kwargs)
        return narrow_document(answered, table) if route == DOCUMENT else answered

    return answer if about or route == DOCUMENT else view


def find_about(route: str) -> str:
    """The function that a call is about, by its address below the base; empty for one that every site has."""
    parts = route.strip("/").split("/")
    return next((ABOUT[key] for count in (2, 1) if (key := "/".join(parts[:count])) in ABOUT), "")


def find_working(table: Table) -> frozenset[str]:
    """The numbers of the functions that work under this policy; found once for its text."""
    digest = table.policy.digest
    if digest not in _working:
        if len(_working) >= MOST_REMEMBERED:
            _working.clear()
        _working[digest] = frozenset(one.function.id for one in list_functions(table) if one.state == WORKS)
    return _working[digest]


def narrow_document(answered: HttpResponse, table: Table) -> HttpResponse:
    """The document with the calls that this site has."""
    document = cast("dict[str, Any]", json.loads(answered.content))
    working = find_working(table)
    document["paths"] = {
        path: calls
        for path, calls in document["paths"].items()
        if (about := find_about(path.removeprefix(BASE))) in working or not about
    }
    answered.content = json.dumps(document).encode()
    return answered
