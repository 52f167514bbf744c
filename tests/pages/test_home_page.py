"""The first page: its content comes from the policy file, and what cannot be read is an error of the file."""

import re
from importlib.resources import files

import pytest

from tests.web.sites import Workshop, set_up_django

TONES = ("courier", "clinic", "spa", "journal", "community")
EVERYTHING = """  home:
    headline: Lights for the road. Made by hand.
    form: counter
    menu:
      - {words: What we make, part: services}
      - {words: Say hello, form: counter}
      - {words: By letter, form: letter}
    services: {title: Lamps, items: [{name: Head lamp, text: It glows., drawing: moon, facts: {Weight: 200 g}}]}
    steps: {title: How, items: [{name: Bring it, text: Come in.}]}
    day: {title: A day, stops: [{time: "09:40", place: The bench}]}
    courses: {title: Evenings, items: [{name: Soldering, text: Warm., by: Dr Ada Quill-Marsh}]}
    team: {title: People, items: [{name: Bo Tarn, text: Wheels.}]}
    facts: {title: Sizes, columns: [A, B, C, D, E], rows: [[x, "1", "2", "3", "4"]]}
    areas: {title: Where, rows: [[Town, today]]}
    prices: {title: Prices, rows: [[Lamp, "30"]]}
    hours: {title: Hours, rows: [[Monday, "9"]]}
    contact: {title: Find us, phone: 555-0111, lines: [1 Yard]}
    privacy: {title: Kept, text: Rules.}
"""


def read(values: dict[str, object], touchpoints: tuple[str, ...] | None = None) -> object:
    set_up_django()
    from upheld.pages.home_content import read_home

    return read_home(values, touchpoints)


def dress(workshop: Workshop, tone: str, home: str) -> None:
    """Give the workshop's newest version this tone and this first page, a form that is open and one that is not."""
    text = workshop.path().read_text(encoding="utf-8")
    text = text.replace("{counter: /counter}", "{counter: /counter, letter: /letter}")
    text = text.replace("frame: user.device.identifier", "frame: user.job_title")  # of a kind that an input can ask for
    start, end = text.index("  home:"), text.index("contact:")
    workshop.write(f"{text[:start]}  tone: {tone}\n{home}{text[end:]}")


def find_codes(values: dict[str, object]) -> list[str]:
    """The codes of what is found, in a policy with one touchpoint."""
    from upheld.core.errors import PolicyError

    with pytest.raises(PolicyError) as caught:
        read(values, ("counter",))
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


@pytest.mark.parametrize("tone", TONES)
def test_every_tone_shows_every_part_and_leads_only_to_forms_that_are_open(workshop: Workshop, tone: str) -> None:
    from upheld.pages.home_content import PARTS

    dress(workshop, tone, EVERYTHING)
    page = workshop.read("/")
    assert [part for part in PARTS if f'id="{part}"' not in page] == []
    for said in ("Head lamp", "Bring it", "09:40", "Soldering", "Bo Tarn", "Sizes", "Town", "555-0111", "Rules."):
        assert said in page, said
    assert ">AM</text>" in page
    assert '<table class="table stack">' in page
    assert '<a href="/#services">' in workshop.read("/privacy")
    assert "Say hello</a>" in workshop.read("/privacy")
    # the main form: a button to it, and where the tone holds it, the form
    assert bool(re.search(r'<a class="button ?" href="/counter">', page)) is (tone != "clinic")
    assert ('<form class="plain-form" method="post" action="/counter"' in page) is (tone == "clinic")
    # the policy declares the touchpoint, and no rule takes anything there
    assert "/letter" not in page
    assert "By letter" not in page


def test_a_page_that_holds_a_form_is_made_anew_for_each_visitor(workshop: Workshop) -> None:
    assert workshop.get("/")["Cache-Control"] == "no-cache"
    dress(workshop, "clinic", EVERYTHING)
    one, two = workshop.get("/"), workshop.get("/")
    assert one["Cache-Control"] == "no-store"
    assert one.content != two.content


def test_forms_that_are_open_are_named_beside_the_address_and_a_main_form_that_is_not_open_is_nowhere(
    workshop: Workshop,
) -> None:
    dress(workshop, "spa", EVERYTHING.replace("    form: counter", "    form: letter"))
    page = workshop.read("/")
    assert '<ul class="reach-forms" aria-label="Forms"><li><a href="/counter">Write to us</a></li></ul>' in page
    assert "/letter" not in page


def test_the_grounds_of_a_tone_carry_the_colours_that_are_mixed_for_them() -> None:
    from upheld.web.tints import DARK_PANEL, LIGHT_PANEL, measure_luminance

    for tone in TONES[1:]:
        sheet = files("upheld.pages").joinpath(f"static/pages/tones/{tone}.css").read_text(encoding="utf-8")
        light, _, dark = sheet.partition("prefers-color-scheme: dark")
        grounds = re.compile(r"--(?:page|panel|quiet-ground): (#[0-9a-f]{6});")
        assert min(map(measure_luminance, grounds.findall(light))) >= measure_luminance(LIGHT_PANEL), tone
        assert len(grounds.findall(dark)) == 3
        assert max(map(measure_luminance, grounds.findall(dark))) <= measure_luminance(DARK_PANEL), tone


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
    found = re.search(r'href="(/look/[0-9a-f]{12}\.css)"', workshop.read("/"))
    assert found
    response = workshop.get(found[1])
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in response["Cache-Control"]
    assert b"--accent-solid: #0b6e4f;" in response.content
