"""A site's one colour can always be read, on light and on dark."""

from hypothesis import given
from hypothesis import strategies as st

from upheld.web.tints import DARK_PANEL, LEAST_CONTRAST, LIGHT_PANEL, measure_contrast, mix_tints

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_it_works() -> None:
    tints = mix_tints("#b3122a")
    assert tints.solid == "#b3122a"
    assert tints.on_solid == "#ffffff"
    assert tints.text_light == "#b3122a"
    assert tints.text_dark != tints.text_light


def test_the_contrast_is_that_of_the_standard() -> None:
    assert measure_contrast("#000000", "#ffffff") == 21
    assert round(measure_contrast("#767676", "#ffffff"), 2) == 4.54


@given(COLOURS)
def test_any_colour_can_be_read(accent: str) -> None:
    tints = mix_tints(accent)
    assert measure_contrast(tints.solid, tints.on_solid) >= LEAST_CONTRAST
    assert measure_contrast(tints.text_light, LIGHT_PANEL) >= LEAST_CONTRAST
    assert measure_contrast(tints.text_dark, DARK_PANEL) >= LEAST_CONTRAST


def test_the_panels_are_those_of_the_tokens() -> None:
    from importlib.resources import files

    tokens = files("upheld.web").joinpath("static/elements/tokens.css").read_text(encoding="utf-8")
    assert f"--panel: {LIGHT_PANEL};" in tokens
    assert f"--panel: {DARK_PANEL};" in tokens
