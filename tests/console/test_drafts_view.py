"""Two texts beside each other: what differs, also where finding it out could take a server for hours."""

from __future__ import annotations

import time

from upheld.console.drafts_view import MOST_DIFFERENT, compare_lines


def test_it_works() -> None:
    theirs = "\n".join(["same"] * 5_000 + ["one", "theirs", "two"] + ["end"] * 5_000)
    mine = theirs.replace("theirs", "mine")
    assert compare_lines(theirs, mine) == (
        ("gap", "…"),
        ("same", "one"),
        ("theirs", "theirs"),
        ("mine", "mine"),
        ("same", "two"),
    )
    assert compare_lines(theirs, theirs) == ()
    assert ("mine", "more") in compare_lines(theirs, f"{theirs}\nmore")
    assert ("mine", "--- a rule of three hyphens") in compare_lines("a\nb", "a\n--- a rule of three hyphens\nb")


def test_a_text_of_many_lines_that_come_again_is_compared_at_once() -> None:
    theirs = "\n".join(f"{number % 101:02x}" for number in range(200_000))
    mine = "\n".join(f"{number * 7 % 101:02x}" for number in range(200_000))
    begun = time.perf_counter()
    found = compare_lines(theirs, mine)
    assert time.perf_counter() - begun < 10
    assert 0 < len(found) <= MOST_DIFFERENT
    assert found[-1] == ("gap", "…")
