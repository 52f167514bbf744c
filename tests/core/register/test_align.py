"""An operator's document is laid beside our policy, in the document's order, and nothing of it is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from upheld.core.errors import RegisterError
from upheld.core.policy.model import Policy
from upheld.core.register.align import MAX_DOCUMENT_BYTES, align_document, decode_document, read_document
from upheld.core.register.align_page import make_page
from upheld.core.register.align_sheet import describe_alignment, print_alignment, summarise_alignment
from upheld.core.register.clauses import Clause, load_register

ROOT = Path(__file__).parents[3]
# The originals are no part of the project; where somebody has them beside it, they are read too.
ORIGINALS = [
    (slug, path)
    for slug, path in (
        ("american-laser", ROOT.parent / "shared/seeds/american-laser.txt"),
        ("imagelab-web", ROOT.parent / "shared/seeds/imagelab.txt"),
        ("imagelab-app", ROOT.parent / "shared/seeds/imagelab.txt"),
        ("goodskin", ROOT.parent / "shared/seeds/goodskin.txt"),
        ("new-image", ROOT.parent / "shared/seeds/new-image.txt"),
        ("lasership", ROOT.parent / "shared/seeds/lasership.txt"),
    )
    if path.is_file()
]

MakeClause = Callable[..., Clause]
MakePolicy = Callable[..., Policy]


def test_it_works(document: str, clauses: tuple[Clause, ...], policy: Policy) -> None:
    alignment = align_document(document, clauses, "tea-corner", policy)
    assert alignment.is_complete
    assert [row.clause.id for row in alignment.rows] == ["TC-01", "TC-02", "TC-03", "TC-04", "TC-05"]
    selling = alignment.rows[2]
    assert selling.original == "but never sell either; nor do we lend it."
    assert [(r.rule.form, r.sentences[0].text) for r in selling.restatements] == [
        ("never_share", "Nobody else gets them."),
        ("claim_outside", "Nobody else gets them."),
    ]
    assert alignment.rows[3].original == "Orders are \u2026 protect them."
    assert alignment.rows[4].restatements == ()


def test_clauses_come_in_the_documents_order_and_what_moved_is_named(
    clauses: tuple[Clause, ...], policy: Policy
) -> None:
    moved = "But never sell either, nor do we lend it. We're fond of tea and of you."
    alignment = align_document(moved, clauses, "tea-corner", policy)
    assert [row.clause.id for row in alignment.found] == ["TC-03", "TC-01"]
    assert alignment.misplaced == ("TC-03",)
    assert [row.clause.id for row in alignment.not_found] == ["TC-02", "TC-04", "TC-05"]
    assert not alignment.is_complete
    assert "out of order: TC-03" in summarise_alignment(alignment, "moved.txt")[0]


def test_clauses_that_share_words_are_named_once_in_the_registers_order(make_clause: MakeClause) -> None:
    clauses = [make_clause("TC-01", "green tea", "milk"), make_clause("TC-02", "tea with milk")]
    alignment = align_document("green tea with milk", clauses, "tea-corner", None)
    assert alignment.overlaps == (("TC-01", "TC-02"),)
    assert alignment.claimed_words == alignment.word_count == 4


def test_only_the_clauses_of_the_policy_named_are_looked_for(document: str, make_clause: MakeClause) -> None:
    clauses = [make_clause("TC-01", "fond of tea"), make_clause("OT-01", "fond of tea", policy="other")]
    alignment = align_document(document, clauses, "other", None)
    assert [row.clause.id for row in alignment.rows] == ["OT-01"]


def test_a_policy_that_the_register_does_not_have_is_named_with_those_it_has(clauses: tuple[Clause, ...]) -> None:
    with pytest.raises(RegisterError) as caught:
        align_document("tea", clauses, "coffee", None)
    assert caught.value.code == "R505"
    assert caught.value.hint == "it has those of: tea-corner"


@pytest.mark.parametrize(("stop", "layer"), [("offers respect a no", "settled"), ("literal", "literal")])
def test_only_the_chosen_reading_stands_beside_the_original(
    document: str, clauses: tuple[Clause, ...], make_policy: MakePolicy, stop: str, layer: str
) -> None:
    policy = make_policy(
        "(2) send offer to customers settled stop [TC-02]",
        "(2) send offer to customers literal stop [TC-02]",
        stop=stop,
    )
    alignment = align_document(document, clauses, "tea-corner", policy)
    shown = alignment.rows[1].restatements
    assert [(r.rule.settled, r.rule.is_literal) for r in shown] == [("stop", layer == "literal")]


# --- the document ---


def test_a_document_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "tea.txt"
    path.write_bytes(b"\xef\xbb\xbfGreen tea\r\n")
    assert read_document(path) == "Green tea\r\n"


def test_the_first_byte_that_is_not_utf_8_is_placed() -> None:
    with pytest.raises(RegisterError) as caught:
        decode_document("Caf\u00e9\nna\u00efve".encode() + b" \xff tea", "tea.txt")
    error = caught.value
    assert (error.code, error.hint) == ("R504", "save it as plain text in UTF-8")
    assert error.place is not None
    assert (error.place.file, error.place.line, error.place.column) == ("tea.txt", 2, 7)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "there are no words"),
        (b" ... \n\xe2\x80\x94", "there are no words"),
        (b"a " * (MAX_DOCUMENT_BYTES // 2 + 1), "larger than 1 MB"),
    ],
)
def test_a_document_that_cannot_be_aligned_is_refused(content: bytes, text: str) -> None:
    with pytest.raises(RegisterError) as caught:
        decode_document(content, "tea.txt")
    assert caught.value.code == "R504"
    assert text in caught.value.text


@pytest.mark.parametrize("name", ["none.txt", "."])
def test_a_missing_document_and_a_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RegisterError) as caught:
        read_document(tmp_path / name)
    assert caught.value.code == "R504"


# --- the sheet ---


@pytest.mark.parametrize("width", [20, 50, 80, 132, 1000])
def test_the_sheet_fits_its_width(document: str, clauses: tuple[Clause, ...], policy: Policy, width: int) -> None:
    sheet = print_alignment(align_document(document, clauses, "tea-corner", policy), "tea.txt", width)
    assert max(len(line) for line in sheet.splitlines()) <= min(max(width, 50), 200)
    assert not any(line != line.rstrip() for line in sheet.splitlines())


def test_the_sheet_sets_original_sentence_rule_and_layer_side_by_side(
    document: str, clauses: tuple[Clause, ...], policy: Policy
) -> None:
    sheet = print_alignment(align_document(document, clauses, "tea-corner", policy), "tea.txt", 80)
    assert "tea-corner: 5 of 5 clauses found in tea.txt, in the original's order" in sheet
    after = sheet[sheet.index("TC-03 ") :]
    assert re.search(r"but never sell\s+Nobody else gets\s+never share person\s+plain", after)
    assert after.count("Nobody else gets") == 1  # said once, though two rules uphold it
    assert re.search(r"Orders are\s.*settled\n", after)
    assert re.search(r"locked\s+\(no rule cites it\)", after)


def test_without_a_policy_the_sheet_says_so(document: str, clauses: tuple[Clause, ...]) -> None:
    sheet = print_alignment(align_document(document, clauses, "tea-corner", None), "tea.txt", 80)
    assert "there is no policy of that name yet" in sheet
    assert "(no policy yet)" in sheet


def test_clauses_not_found_come_last_and_are_named(clauses: tuple[Clause, ...], policy: Policy) -> None:
    sheet = print_alignment(align_document("Orders", clauses, "tea-corner", policy), "tea.txt", 80)
    assert "not found: TC-01, TC-02, TC-03, TC-04, TC-05" in sheet
    assert "(not in this" in sheet


def test_the_values_for_json_hold_the_same(document: str, clauses: tuple[Clause, ...], policy: Policy) -> None:
    described = json.loads(json.dumps(describe_alignment(align_document(document, clauses, "tea-corner", policy), "t")))
    assert (described["found"], described["complete"], described["version"]) == (5, True, "2024-05-01")
    assert described["clauses"][1]["words"] == [[11, 20]]
    assert described["clauses"][3]["rules"][0]["settled"] == "lock-check"


# --- the page ---


class Tags(HTMLParser):
    """The tags of a page in order, and whether they close."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in {"meta", "col"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_holds_no_script(document: str, clauses: tuple[Clause, ...], policy: Policy) -> None:
    page = make_page(align_document(document, clauses, "tea-corner", policy), "tea.txt")
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert not {"script", "link", "img", "iframe", "form", "a"} & set(tags.seen)
    assert not [name for name, _ in tags.attributes if name.startswith("on") or name in {"src", "href", "style"}]
    assert "prefers-color-scheme: dark" in page
    assert tags.seen.count("tbody") == 5


def test_the_page_escapes_what_the_document_and_the_policy_say(make_clause: MakeClause, policy: Policy) -> None:
    clauses = [make_clause("TC-02", "b tea script alert 1 script b")]
    page = make_page(align_document("<b>tea<script>alert(1)</script></b>", clauses, "tea-corner", policy), "<i>.txt")
    assert "<script>" not in page
    assert "&lt;b&gt;tea&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "name &lt;and&gt; a street" in page
    assert "&lt;i&gt;.txt" in page


# --- the originals ---


def test_every_clause_is_found_in_its_original_in_order() -> None:
    """Where there are no originals to look at, nothing is wrong with them."""
    clauses = load_register(ROOT / "policies" / "register.csv")
    for slug, path in ORIGINALS:
        alignment = align_document(read_document(path), clauses, slug, None)
        assert (slug, alignment.not_found, alignment.misplaced) == (slug, (), ())
