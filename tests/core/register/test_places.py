"""Clauses are found in a text by the hashes of their words alone."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest

from upheld.core.register.clauses import Clause
from upheld.core.register.places import Stretch, find_clauses, make_piece, show_stretch, split_words

MakeClause = Callable[..., Clause]


def test_it_works(document: str, clauses: tuple[Clause, ...]) -> None:
    words = split_words(document)
    places = find_clauses(clauses, words)
    shown = {
        clause_id: [show_stretch(document, words, stretch) for stretch in stretches]
        for clause_id, stretches in places.items()
    }
    assert shown == {
        "TC-01": ["We're fond of tea\N{EM DASH}and of you."],
        "TC-02": ["We ask your name (and your **street**) when you order,"],
        "TC-03": ["but never sell either; nor do we lend it."],
        "TC-04": ["Orders are", "protect them."],
        "TC-05": ["locked"],
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("We've no e-mail2you.", ["weve", "no", "e", "mail2you"]),
        ("don\u2019t 'quote' us''", ["dont", "quote", "us"]),
        ("caf\u00e9 \u0130stanbul", ["caf", "i", "stanbul"]),
        ("[Click](http://tea.example/a_b)", ["click", "http", "tea", "example", "a", "b"]),
        ("", []),
        ("\u2019 '' \u3000 \u0000", []),
    ],
)
def test_words_are_runs_of_letters_and_digits_without_apostrophes(text: str, words: list[str]) -> None:
    assert [word.text for word in split_words(text)] == words


def test_a_word_knows_its_characters_even_where_lower_casing_changes_lengths() -> None:
    text = "\u0130\u0130 Tea's \u0130 end"
    tea = next(word for word in split_words(text) if word.text == "teas")
    assert text[tea.start : tea.end] == "Tea's"
    assert text[split_words(text)[-1].start :] == "end"


def test_a_locator_counts_words_and_hashes_them_joined_by_one_space() -> None:
    piece = make_piece("We\u2019re  fond\nof TEA!")
    assert piece.length == 4
    assert piece.digest == sha256(b"were fond of tea").hexdigest()[:16]


def test_line_breaks_and_marks_between_the_words_do_not_matter(make_clause: MakeClause) -> None:
    clause = make_clause("TC-02", "we ask your name and your street when you order")
    assert find_clauses([clause], split_words("We ask\n> your *name*, and your\tstreet; when YOU order"))


def test_a_clause_with_one_piece_missing_is_not_found(make_clause: MakeClause) -> None:
    clause = make_clause("TC-04", "Orders are", "kept by dragons")
    assert find_clauses([clause], split_words("Orders are many")) == {}


def test_a_clause_longer_than_the_document_is_not_found(make_clause: MakeClause) -> None:
    assert find_clauses([make_clause("TC-01", "one two three")], split_words("one two")) == {}


def test_words_that_stand_twice_are_taken_where_they_keep_the_order(make_clause: MakeClause) -> None:
    clauses = [make_clause("TC-01", "green tea"), make_clause("TC-02", "tea"), make_clause("TC-03", "milk")]
    places = find_clauses(clauses, split_words("tea or green tea with tea and milk"))
    assert places["TC-02"] == (Stretch(3, 4),)


def test_equal_pieces_of_one_clause_take_different_places(make_clause: MakeClause) -> None:
    places = find_clauses([make_clause("TC-01", "Mail", "Mail")], split_words("mail mail mail"))
    assert places["TC-01"] == (Stretch(0, 1), Stretch(1, 2))


def test_words_found_only_before_the_clause_in_front_are_still_found(make_clause: MakeClause) -> None:
    clauses = [make_clause("TC-01", "milk"), make_clause("TC-02", "tea")]
    assert find_clauses(clauses, split_words("tea and milk"))["TC-02"] == (Stretch(0, 1),)


def test_what_a_terminal_would_obey_is_not_shown() -> None:
    text = "red\u001b[31m tea \u202eand\u00a0milk"
    words = split_words(text)
    assert show_stretch(text, words, Stretch(0, len(words))) == "red[31m tea and milk"
