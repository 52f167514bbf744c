"""The first page: its content comes from the policy file, and what cannot be read is an error of the file."""

import pytest

from tests.web.sites import Workshop, set_up_django


def read(values: dict[str, object]) -> object:
    set_up_django()
    from upheld.pages.home_content import read_home

    return read_home(values)


def find_codes(values: dict[str, object]) -> list[str]:
    from upheld.core.errors import PolicyError

    with pytest.raises(PolicyError) as caught:
        read(values)
    return [finding.code for finding in caught.value.findings]


def test_it_works(workshop: Workshop) -> None:
    page = workshop.read("/")
    assert "Wheels by Friday" in page
    assert "Bring it in, ride it home." in page


def test_nothing_at_all_may_be_said(workshop: Workshop) -> None:
    text = workshop.path().read_text(encoding="utf-8")
    start, end = text.index("  home:"), text.index("contact:")
    workshop.write(text[:start] + text[end:])
    assert "Lantern &amp; Sons &lt;Cycles&gt;</h1>" in workshop.read("/")


def test_the_couriers_tone_shows_a_line_of_stops(workshop: Workshop) -> None:
    text = workshop.path().read_text(encoding="utf-8")
    courier = text.replace(
        "  home:\n", '  tone: courier\n  home:\n    day:\n      stops: [{time: "09:40", place: Here}]\n'
    )
    workshop.write(courier)
    page = workshop.read("/")
    assert '<ol class="stops"><li><time class="figures">09:40</time><strong>Here</strong></li></ol>' in page


def test_a_number_in_a_table_stands_at_the_right() -> None:
    home = read({"headline": "x", "prices": {"columns": ["Up to", "Price"], "rows": [["1 kg", "3.20"], ["2 kg", "–"]]}})
    assert [column.is_number for column in home.prices.columns] == [False, True]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"headlin": "x"}, "P202"),
        ({"lead": "x"}, "P203"),
        ({"headline": "x", "call": {"words": "x", "phone": "javascript:alert(1)"}}, "P204"),
        ({"headline": "x", "call": "x"}, "P204"),
        ({"headline": ["x"]}, "P204"),
        ({"headline": "x", "prices": {"rows": [["a"], ["a", "b"]]}}, "P204"),
        ({"headline": "x", "prices": {"columns": ["a"], "rows": [["a", "b"]]}}, "P204"),
        ({"headline": "x", "day": {"stops": "none"}}, "P204"),
        ({"headline": "x", "day": {"stops": [{"time": "1"}] * 61}}, "P204"),
        ({"headline": "x", "services": {"items": [{"name": "x", "text": "a", "there before six": ""}]}}, "P202"),
    ],
)
def test_what_cannot_be_read_is_found(values: dict[str, object], code: str) -> None:
    assert code in find_codes(values)


def test_an_error_in_the_content_leaves_the_last_good_version(workshop: Workshop) -> None:
    workshop.write(workshop.path().read_text(encoding="utf-8").replace("headline:", "headlyne:"))
    assert "Wheels by Friday" in workshop.read("/")
    assert "did you mean" not in workshop.read("/")
    assert "Serving the last good version" in workshop.read("/", "localhost")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("host: lantern.localhost", "host: ../lantern", "`site: host` cannot be"),
        ("host: lantern.localhost", "host: Lantern", "`site: host` cannot be"),
        ('accent: "#0b6e4f"', 'accent: "red; background: url(//x)"', "`site: accent` cannot be"),
        ('accent: "#0b6e4f"', "tone: loud", "there is no tone `loud`"),
        ('accent: "#0b6e4f"', "colour: red", "`site` has no key `colour`"),
        ("  host: lantern.localhost\n", "", "the site has no `host`"),
    ],
)
def test_a_site_that_cannot_be_read_is_an_error_of_the_file(workshop: Workshop, old: str, new: str, said: str) -> None:
    text = workshop.path().read_text(encoding="utf-8")
    assert old in text
    workshop.write(text.replace(old, new))
    found = [finding.text for fault in workshop.shelf.find_slug("lantern").faults for finding in fault.findings]
    assert any(said in text for text in found), found


def test_the_sites_colour_is_a_sheet_of_its_own(workshop: Workshop) -> None:
    import re

    found = re.search(r'href="(/look/[0-9a-f]{12}\.css)"', workshop.read("/"))
    assert found
    response = workshop.get(found[1])
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in response["Cache-Control"]
    assert b"--accent-solid: #0b6e4f;" in response.content
