"""The shades of a site's one colour: computed, so that text on it and in it can be read in light and in dark."""

from __future__ import annotations

from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass

# WCAG 2.2, success criterion 1.4.3: at least 4.5 for text.
LEAST_CONTRAST = 4.5
LIGHT_PAGE = "#ffffff"
LIGHT_PANEL = "#f1efec"  # the darkest surface that carries coloured text in light; kept equal to --panel in tokens.css
DARK_PANEL = "#26282c"  # the lightest surface that carries coloured text in dark; kept equal to --panel in tokens.css
INK = "#111214"


@dataclass(frozen=True, slots=True)
class Tints:
    """What a site's style sheet needs of its colour.

    `text_*` is for words and lines on the page, `solid` for filled surfaces, `on_solid` for words on those.
    """

    solid: str
    on_solid: str
    text_light: str
    text_dark: str


def mix_tints(accent: str) -> Tints:
    """The shades of a colour written `#rrggbb`, each with a contrast of at least 4.5 to what it stands on."""
    on_solid = LIGHT_PAGE if measure_contrast(accent, LIGHT_PAGE) >= LEAST_CONTRAST else INK
    solid = accent
    if measure_contrast(accent, on_solid) < LEAST_CONTRAST:
        solid = shift_until(accent, "#000000" if on_solid == LIGHT_PAGE else LIGHT_PAGE, on_solid)
    return Tints(
        solid, on_solid, shift_until(accent, "#000000", LIGHT_PANEL), shift_until(accent, LIGHT_PAGE, DARK_PANEL)
    )


def shift_until(colour: str, towards: str, ground: str) -> str:
    """The colour, made lighter or darker in small steps until it can be read on the ground; its hue stays."""
    hue, lightness, saturation = rgb_to_hls(*(channel / 255 for channel in read_channels(colour)))
    goal = 1.0 if towards == LIGHT_PAGE else 0.0
    for step in range(51):
        channels = hls_to_rgb(hue, lightness + (goal - lightness) * step / 50, saturation)
        shifted = "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
        if measure_contrast(shifted, ground) >= LEAST_CONTRAST:
            return shifted
    return towards


def measure_contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2, from 1 to 21."""
    lighter, darker = sorted((measure_luminance(one), measure_luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def measure_luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2, from 0 to 1."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in read_channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def read_channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of `#rrggbb`, from 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
