"""Policies side by side on the overview's host: the table, the kinds of data, the sentences behind each mark."""

from tests.web.sites import Workshop


def test_each_cell_has_a_mark_and_leads_to_its_sentence(workshop: Workshop) -> None:
    page = workshop.read("/compare?data=phone", "localhost:8000")
    assert "<h1>Who may do what with your telephone number?</h1>" in page
    assert 'href="/compare?data=phone" aria-current="page"' in page
    assert '<a href="http://lantern.localhost:8000/privacy">' in page
    assert "http://lantern.localhost:8000/privacy#" in page
    assert page.count('<tr><th scope="row">') == 19
    assert "<script" not in page
    assert "style=" not in page


def test_what_is_said_whatever_the_data(workshop: Workshop) -> None:
    page = workshop.read("/compare?data=business", "localhost")
    assert "How do you stop offers?" in page
    assert '<dl class="legend">' not in page


def test_an_unknown_kind_is_not_found_and_sites_have_no_such_page(workshop: Workshop) -> None:
    assert workshop.get("/compare?data=nothing", "localhost").status_code == 404
    assert workshop.get("/compare", "lantern.localhost").status_code == 404
