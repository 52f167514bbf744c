"""How often a list asks the database does not grow with what it lists."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.console.clerks import CLERK, OWNER, SEAT, SITE, Console

# How a site is entered and left on PostgreSQL: four statements around each look, which ask for nothing.
WALLS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SELECT SET_CONFIG")


def count_queries(client: Any, path: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return sum(not one["sql"].upper().startswith(WALLS) for one in asked)


def add_rows(console: Console, now: datetime) -> None:
    """Ten more of whatever is listed."""
    from upheld.actions.cases import open_case
    from upheld.actions.staff import add_staff
    from upheld.records.models import Grant, Outgoing

    for number in range(10):
        staff = add_staff(f"n.{number}x")
        open_case(SITE, kind="question", person=console.cast.ada.id, by=f"s_{staff.pk}", now=now)
        told = {"reason": "x", "given_by": OWNER, "given_at": now, "review_by": now}
        Grant.objects.create(site=SITE, staff=staff, role="dispatch", **told)
        row = {"mail_class": "newsletter", "kind": "x", "key": "k", "sealed": b"", "queued_at": now}
        Outgoing.objects.create(id=f"m_{number}", site=SITE, person=console.cast.bo.id, state="in-doubt", **row)


@pytest.mark.parametrize(
    "path", ["/console/", f"{SEAT}cases/", f"{SEAT}outbox/", f"{SEAT}ledger/", f"{SEAT}reading/", f"{SEAT}grants/"]
)
def test_ten_rows_more_cost_no_query_more(console: Console, now: datetime, path: str) -> None:
    client = console.sit_down(OWNER if path.endswith("grants/") else CLERK)
    client.get(path)
    before = count_queries(client, path)
    add_rows(console, now)
    assert count_queries(client, path) == before
    assert before < 40


def test_a_page_that_only_reads_writes_nothing(console: Console) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = console.sit_down()
    client.get("/console/")
    with CaptureQueriesContext(connection) as asked:
        for path in ("/console/", f"{SEAT}cases/", f"{SEAT}outbox/", f"{SEAT}ledger/", f"{SEAT}grants/"):
            assert client.get(path).status_code == 200
    begun = [
        one["sql"]
        for one in asked
        if not one["sql"].lstrip("( ").upper().startswith(("SELECT", "SAVEPOINT", "RELEASE"))
    ]
    assert begun == [] or connection.vendor == "postgresql"
