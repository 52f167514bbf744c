"""The sign NUL in an address is refused on every page, whichever database stands behind it."""

import pytest

from tests.web.sites import Workshop


@pytest.mark.parametrize("path", ["/privacy/ask?do=a%00b", "/privacy/ask?a%00b=do", "/privacy?x=1&x=%00"])
def test_it_works(workshop: Workshop, path: str) -> None:
    response = workshop.get(path)
    assert response.status_code == 400
    assert b"\x00" not in response.content


def test_an_address_without_it_is_let_through(workshop: Workshop) -> None:
    assert workshop.get("/privacy?x=%01").status_code == 200
    assert workshop.get("/nowhere%00").status_code in (400, 404)
