"""What we publish is in our own words: no clause of a source policy stands in any file of ours.

The register holds, for each clause, how many words it has and a hash of them, so this can be checked without the sources.
"""

import csv
import hashlib
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from tests.house.files import ROOT, list_under, name_file, read_text

SHORTEST_COPY = 8  # words; shorter pieces are said alike by anybody


@cache
def read_locators() -> dict[int, set[str]]:
    """Number of words -> hashes of the clauses' pieces of that length."""
    found: dict[int, set[str]] = defaultdict(set)
    with (ROOT / "policies/register.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for count, digest in re.findall(r"(\d+):([0-9a-f]{16})", row["locator"]):
                if int(count) >= SHORTEST_COPY:
                    found[int(count)].add(digest)
    return found


def list_words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", re.sub("['\u2019]", "", text.lower()))


def find_copies(text: str, locators: dict[int, set[str]]) -> list[str]:
    words = list_words(text)
    return [
        " ".join(words[start : start + count])
        for count, digests in locators.items()
        for start in range(len(words) - count + 1)
        if hashlib.sha256(" ".join(words[start : start + count]).encode()).hexdigest()[:16] in digests
    ]


def test_a_copied_clause_is_found() -> None:
    copied = "one two three four five six seven eight nine"
    locators = {9: {hashlib.sha256(copied.encode()).hexdigest()[:16]}}
    assert find_copies(f"Before. {copied.title()}, after.", locators) == [copied]


def test_the_register_has_locators() -> None:
    assert sum(map(len, read_locators().values())) > 100


@pytest.mark.parametrize("path", list_under("policies", "docs", suffixes=(".md",)), ids=name_file)
def test_no_clause_of_a_source_policy_is_copied(path: Path) -> None:
    assert find_copies(read_text(path), read_locators()) == []
