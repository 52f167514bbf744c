"""The docs do not drift: links resolve, generated pages are as the code would write them, the changelog has its form."""

import re
from pathlib import Path

import pytest

from tests.house.files import ROOT, list_under, name_file, read_text
from tests.house.pages import PAGES, Page, list_codes_in_use

DOCS = list_under("docs", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", suffixes=(".md",))
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|<img[^>]+src=\"([^\"]+)\"|srcset=\"([^\"\s]+)\"")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def list_links(path: Path) -> list[str]:
    text = re.sub(r"`[^`\n]*`", "", FENCE.sub("", read_text(path)))
    return [next(filter(None, groups)) for groups in LINK.findall(text)]


def list_anchors(path: Path) -> set[str]:
    """What a link may point at inside a page, as the usual renderers name it."""
    headings = re.findall(r"^#+\s+(.*?)\s*$", FENCE.sub("", read_text(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCS, ids=name_file)
def test_links_resolve(path: Path) -> None:
    broken = []
    for link in list_links(path):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve() if target else path
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in list_anchors(file)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_generated_page_is_as_the_code_would_write_it(page: Page) -> None:
    path = ROOT / "docs" / page.name
    assert path.is_file(), "run make docs"
    assert read_text(path) == page.write(), "run make docs"


def test_every_error_code_in_use_is_declared() -> None:
    from upheld.core.errors import CODES

    declared = {code.code for code in CODES}
    assert len(declared) == len(CODES), "a code is declared twice"
    assert {code: places for code, places in list_codes_in_use().items() if code not in declared} == {}


def test_every_declared_error_code_is_raised_somewhere() -> None:
    from upheld.core.errors import CODES

    used = list_codes_in_use()
    assert [code.code for code in CODES if code.code not in used] == []


def test_every_declared_error_code_says_what_to_do() -> None:
    from upheld.core.errors import CODES

    for code in CODES:
        assert re.fullmatch(r"[PGRSVFAMWCB]\d{3}", code.code)
        assert code.title, code.code
        assert code.advice, code.code
        assert not code.title.endswith("."), code.code


def test_the_changelog_has_its_form() -> None:
    text = read_text(ROOT / "CHANGELOG.md")
    assert "## Unreleased" in text
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_decisions_are_numbered_without_gaps_and_have_their_four_parts() -> None:
    pages = list_under("docs/decisions", suffixes=(".md",))
    numbered = sorted(path for path in pages if re.match(r"\d{4}-", path.name))
    assert [int(path.name[:4]) for path in numbered] == list(range(1, len(numbered) + 1))
    for path in numbered:
        headings = re.findall(r"^## (.+)$", read_text(path), re.MULTILINE)
        assert headings == ["Question", "Choices", "Choice", "What would change our mind"], path.name
    for path in numbered:
        assert path.name in read_text(ROOT / "docs/decisions/README.md"), f"{path.name} is not in the list"
