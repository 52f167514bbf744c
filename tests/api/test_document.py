"""The API does what its committed document says, whatever is sent; nothing odd that is sent becomes a fault or is stored."""

import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from tests.api.programs import HOST, Program

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "openapi.json"
PLACE = "/api/v1/openapi.json"
OPERATIONS = [
    (method.upper(), path)
    for path, methods in json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"].items()
    for method in methods
]
CHECKS = (not_a_server_error, response_schema_conformance, content_type_conformance)


def test_the_committed_document_is_the_one_that_is_served(program: Program) -> None:
    served = program.get("/openapi.json").json()
    assert json.loads(DOCUMENT.read_text(encoding="utf-8")) == served, "run `make docs`, and see what changes for whom"


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_that_is_sent_becomes_a_fault(program: Program, method: str, path: str) -> None:
    check_operation(program, method, path, most=6)


@pytest.mark.long
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_that_is_sent_becomes_a_fault_for_long(program: Program, method: str, path: str) -> None:
    check_operation(program, method, path, most=500)


def check_operation(program: Program, method: str, path: str, *, most: int) -> None:
    """Odd and fitting calls of one operation, by somebody who is signed in."""
    from django.core.wsgi import get_wsgi_application

    from upheld.records.models import Item

    program.come_in()
    server = get_wsgi_application()

    def answer(environ: dict[str, Any], start: Any) -> Any:
        if environ["PATH_INFO"] == PLACE:  # the same text, and writing it anew takes ten times as long as the calls
            start("200 OK", [("Content-Type", "application/json")])
            return [DOCUMENT.read_bytes()]
        return server({**environ, "REMOTE_ADDR": "127.0.0.1"}, start)

    schema = schemathesis.openapi.from_wsgi(PLACE, answer, headers={"Host": HOST})
    operation = schema[path][method]
    headers = {"Authorization": f"Bearer {program.token}", "Host": HOST}
    names = known_names()

    @settings(
        max_examples=most,
        deadline=None,
        database=None,
        derandomize=most < 100,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    call()
    for item in Item.objects.all():
        assert set(item.categories) <= names, "something is stored that the policy does not name"


def known_names() -> set[str]:
    """The categories that the policy names."""
    from upheld.web.hosts import find_shelf

    shelved = find_shelf().find_slug("lasership")
    assert shelved is not None
    return set(shelved.versions[-1].policy.words.leaves("data"))
