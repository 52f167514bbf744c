"""What the log says of requests that strangers made to be refused: one line each, and nothing of what they held."""

import io
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.sites import Workshop

LINE = re.compile(r"\d{4}-\d\d-\d\d [\d:,]+ WARNING django\.security\.\w+ a request was refused\n")


@pytest.fixture
def log(workshop: Workshop) -> Iterator[io.StringIO]:
    """Everything that goes to standard error while the test runs."""
    stream = io.StringIO()
    handlers: list[Any] = [*logging.getLogger().handlers, *logging.getLogger("django.security").handlers]
    ours = [handler for handler in handlers if type(handler) is logging.StreamHandler]
    before = [handler.setStream(stream) for handler in ours]
    yield stream
    for handler, old in zip(ours, before, strict=True):
        handler.setStream(old)


def test_it_works(workshop: Workshop, log: io.StringIO) -> None:
    query = "&".join(f"hunter{number}=hunter2" for number in range(3000))
    response = workshop.get(f"/privacy/ask?{query}")
    assert response.status_code == 400
    assert b"hunter" not in response.content
    assert LINE.fullmatch(log.getvalue())
    assert "TooManyFieldsSent" in log.getvalue()


def test_a_sign_that_nobody_can_type_is_told_in_one_line_too(workshop: Workshop, log: io.StringIO) -> None:
    assert workshop.get("/privacy/ask?data=hunter2%00").status_code == 400
    assert LINE.fullmatch(log.getvalue())


def test_a_refusal_is_told_without_its_message(workshop: Workshop, log: io.StringIO) -> None:
    from django.core.exceptions import DisallowedHost, SuspiciousOperation

    for kind in (SuspiciousOperation, DisallowedHost):
        problem = kind("typed by a stranger\nsecond line")
        logger = logging.getLogger(f"django.security.{kind.__name__}")
        logger.error(str(problem), exc_info=problem, extra={"status_code": 400})  # as Django does it
    lines = log.getvalue().splitlines(keepends=True)
    assert len(lines) == 2
    assert all(LINE.fullmatch(line) for line in lines)


def test_a_fault_of_ours_keeps_its_traceback(
    workshop: Workshop, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.pages import home

    def break_down(*_: Any, **__: Any) -> str:
        raise RuntimeError("the cause")

    monkeypatch.setattr(home, "read_home", break_down)
    assert workshop.get("/").status_code == 500
    assert "ERROR django.request" in log.getvalue()
    assert "RuntimeError: the cause" in log.getvalue()
