"""The overview: each site with its policy, its counts and its health."""

from tests.web.sites import Workshop


def test_it_works(workshop: Workshop) -> None:
    page = workshop.read("/", "localhost:8000")
    assert 'href="http://lantern.localhost:8000/"' in page
    assert 'href="http://lantern.localhost:8000/privacy"' in page
    assert "in force since 4 May 2021" in page
    policy = workshop.shelf.find_slug("lantern").versions[-1].policy
    rules = sum(rule.verb != "state" for rule in policy.active_rules)
    assert f"<dt>sentences</dt><dd>{len(policy.sentences)}</dd>" in page
    assert f"<dt>rules</dt><dd>{rules}</dd>" in page
    assert "<dt>versions</dt><dd>2</dd>" in page
    for layer in ("promised", "settled", "beyond"):
        assert f"</svg>{layer}</span>" in page


def test_an_example_shows_what_the_gate_answers(workshop: Workshop) -> None:
    page = workshop.read("/", "localhost")
    assert "<code>share person.phone with makers for sale</code>" in page
    assert "</svg>Refused</span>" in page
    assert "Nobody else gets anything." in page


def test_a_link_to_a_page_that_does_not_exist_gets_404(workshop: Workshop) -> None:
    response = workshop.get("/privacy", "localhost")
    assert response.status_code == 404
    assert b"There is no page at this address" in response.content
