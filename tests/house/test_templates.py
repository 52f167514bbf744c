"""Pages hold no code inside them and fetch nothing from strangers, so that the strictest CSP fits every page."""

import re
from pathlib import Path

import pytest

from tests.house.files import list_under, name_file, read_text

TEMPLATES = list_under("src", suffixes=(".html",))
DRAWINGS = list_under("src", "docs", suffixes=(".svg",))
STYLES = list_under("src", suffixes=(".css",))
SCRIPTS = list_under("src", suffixes=(".js",))

INLINE = {
    "a style attribute": re.compile(r"<[a-z][^>]*\sstyle\s*=", re.IGNORECASE),
    "an event handler": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=\s*[\"'{]", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a script without src": re.compile(r"<script\b(?![^>]*\bsrc\s*=)", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
}
STRANGER = re.compile(r"(?:src|srcset|action|data|poster|xlink:href)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE)
STRANGER_SHEET = re.compile(r"<link\b[^>]*href\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE)
STRANGER_IN_CSS = re.compile(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", re.IGNORECASE)
STRANGER_IN_SCRIPT = re.compile(r"[\"'`](?:https?:|wss?:)//", re.IGNORECASE)
UNSAFE_IN_SCRIPT = re.compile(r"\beval\(|new Function\(|\.innerHTML\s*=|document\.write\(")


@pytest.mark.parametrize("line", ['<p style="color:red">', "<b onclick='x()'>", "<style>", "<script>x()</script>"])
def test_the_search_finds_what_it_is_for(line: str) -> None:
    assert any(pattern.search(line) for pattern in INLINE.values())


@pytest.mark.parametrize(
    "line", ['<script src="/a.js" defer></script>', "<p>one=1</p>", '<a href="/styles">', "<p data-on='1'>"]
)
def test_the_search_leaves_the_rest_alone(line: str) -> None:
    assert not any(pattern.search(line) for pattern in INLINE.values())


def read_template(path: Path) -> str:
    return re.sub(r"{#.*?#}|{% comment.*?endcomment %}", "", read_text(path), flags=re.DOTALL)


def test_no_template_has_code_inside() -> None:
    found = [
        f"{name_file(path)}: {what}: {match.group()}"
        for path in TEMPLATES
        for what, pattern in INLINE.items()
        if (match := pattern.search(read_template(path)))
    ]
    assert not found


def test_no_template_or_drawing_loads_anything_from_strangers() -> None:
    found = [
        f"{name_file(path)}: {match.group()}"
        for path in TEMPLATES + DRAWINGS
        for pattern in (STRANGER, STRANGER_SHEET, STRANGER_IN_CSS)
        if (match := pattern.search(read_template(path)))
    ]
    assert not found


def test_no_drawing_holds_a_script() -> None:
    # A style of its own is allowed: it gives the drawing its dark colours, and a drawing is shown as a picture.
    allowed = ("a style element",)
    found = [
        f"{name_file(path)}: {what}"
        for path in DRAWINGS
        for what, pattern in INLINE.items()
        if what not in allowed and pattern.search(read_text(path))
    ]
    assert not found


def test_no_style_sheet_loads_anything_from_strangers() -> None:
    assert not [name_file(path) for path in STYLES if STRANGER_IN_CSS.search(read_text(path))]


def test_no_script_asks_a_stranger_or_makes_code() -> None:
    ours = [path for path in SCRIPTS if "vendor" not in path.parts]
    found = [
        f"{name_file(path)}: {match.group()}"
        for path in ours
        for pattern in (STRANGER_IN_SCRIPT, UNSAFE_IN_SCRIPT)
        if (match := pattern.search(read_text(path)))
    ]
    assert not found
