"""The staff of the console's tests and what they can do: sign in, open pages, press buttons."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.actions.stage import NOW, Cast, open_courier

OWNER, CLERK, STRANGER = "o.reyes", "c.lindqvist", "s.mbeki"
PASSWORD = "seven green kites"  # noqa: S105 - invented, like the staff
SITE = "lasership"
SEAT = f"/console/at/{SITE}/"
ROLE = "customer-service"
REASON = "answers what customers ask"


@dataclass(slots=True)
class Console:
    """The console and who stands before it."""

    cast: Cast

    def open_door(self, *, checks: bool = False) -> Any:
        """A browser on the overview's host, nobody signed in."""
        from django.test import Client

        return Client(headers={"host": "localhost"}, enforce_csrf_checks=checks, raise_request_exception=True)

    def sign_in(self, name: str) -> Any:
        """A browser in which this member of staff is signed in."""
        client = self.open_door()
        response = client.post("/console/sign-in/", {"login": name, "password": PASSWORD})
        assert response.status_code == 302, read_text(response)
        return client

    def give_role(self, name: str = CLERK, role: str = ROLE) -> Any:
        """A live grant."""
        from upheld.actions.grants import give_grant
        from upheld.actions.staff import find_staff

        owner = find_staff(OWNER)
        return give_grant(open_courier(), staff=find_staff(name), role=role, reason=REASON, given_by=owner, now=NOW)

    def sit_down(self, name: str = CLERK, role: str = ROLE) -> Any:
        """A browser of somebody who holds a live grant."""
        self.give_role(name, role)
        return self.sign_in(name)


def read_text(response: Any) -> str:
    """What a page says, without its markup."""
    body = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", body)


def list_kinds(**chosen: str) -> list[str]:
    """The kinds of the courier's ledger lines, in their order."""
    from upheld.records.models import Entry

    return list(Entry.objects.filter(site=SITE, **chosen).order_by("serial").values_list("kind", flat=True))
