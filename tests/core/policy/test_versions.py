"""The versions of one policy: their order, which binds on a day, what keeps a file out, and bits that never move."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.policy.conftest import ROOT
from upheld.core.errors import PolicyError
from upheld.core.gate import Gate, parse_act
from upheld.core.policy.load import parse_policy
from upheld.core.policy.model import Policy
from upheld.core.policy.versions import Versions, build_versions, check_fit, list_version_files, load_versions

POLICY = """---
policy: {slug}
business: Shop
title: Shop
version: {version}
surface: web
data: {{person: {{name: user.name}}}}
purposes: {{fulfil: essential, news: marketing}}
recipients: {{carriers: processor}}
roles: [office]
touchpoints: {{order: /order}}
choices: {{{choices}}}
grounds: {{{grounds}}}
facts: {{{facts}}}
{more}
---

# Shop

One.

```rules
use person for fulfil if requested
{rules}
```
"""


def write_text(version: str, slug: str = "shop", *, more: str = "", rules: str = "", **words: tuple[str, ...]) -> str:
    choices = ", ".join(f"{name}: our {name}" for name in words.get("choices", ()))
    grounds = ", ".join(f"{name}: a {name}" for name in words.get("grounds", ()))
    facts = ", ".join(f'{name}: "act: {name}"' for name in words.get("facts", ()))
    return POLICY.format(
        slug=slug, version=version, more=more, rules=rules, choices=choices, grounds=grounds, facts=facts
    )


def make_version(version: str, *, more: str = "", rules: str = "", **words: tuple[str, ...]) -> Policy:
    return parse_policy(write_text(version, more=more, rules=rules, **words))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the policy `shop` with three versions."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for version in ("2021-05-01", "2020-01-01", "2022-03-01"):
        (folder / f"{version}.policy.md").write_text(write_text(version))
    return folder


def list_versions(versions: Versions) -> list[str]:
    return [policy.version.isoformat() for policy in versions.policies]


# --- which there are, and which binds ---


def test_it_works(folder: Path) -> None:
    versions = load_versions(folder)
    assert versions.slug == "shop"
    assert list_versions(versions) == ["2020-01-01", "2021-05-01", "2022-03-01"]
    assert versions.newest.version == date(2022, 3, 1)
    assert versions.broken == ()
    assert [versions.table_of(policy).policy for policy in versions.policies] == list(versions.policies)


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2019, 12, 31), None),
        (date(2020, 1, 1), date(2020, 1, 1)),
        (date(2021, 4, 30), date(2020, 1, 1)),
        (date(2021, 5, 1), date(2021, 5, 1)),
        (date(2030, 1, 1), date(2022, 3, 1)),
    ],
)
def test_a_version_binds_from_its_day_until_the_next(folder: Path, day: date, version: date | None) -> None:
    found = load_versions(folder).find_in_force(day)
    assert (found.version if found else None) == version


def test_a_version_with_an_effective_day_binds_from_then(tmp_path: Path) -> None:
    versions = build_versions(
        (make_version("2020-01-01"), make_version("2021-01-01", more="effective: 2021-03-01")),
    )
    found = {day: versions.find_in_force(day) for day in (date(2021, 2, 28), date(2021, 3, 1))}
    assert [policy.version.year for policy in found.values() if policy] == [2020, 2021]


def test_a_later_version_that_binds_sooner_wins_over_one_still_to_come() -> None:
    versions = build_versions(
        (make_version("2020-01-01", more="effective: 2020-12-01"), make_version("2020-06-01")),
    )
    on_the_way = versions.find_in_force(date(2020, 7, 1))
    afterwards = versions.find_in_force(date(2020, 12, 2))
    assert on_the_way is afterwards is versions.newest


def test_versions_are_found_by_date_and_by_what_came_before(folder: Path) -> None:
    versions = load_versions(folder)
    second = versions.find_version(date(2021, 5, 1))
    assert second is versions.policies[1]
    assert versions.find_version(date(2021, 5, 2)) is None
    assert versions.find_before(versions.policies[1]) is versions.policies[0]
    assert versions.find_before(versions.policies[0]) is None


def test_another_policy_has_no_table_here(folder: Path) -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        load_versions(folder).table_of(make_version("1999-01-01"))


def test_only_policy_files_are_versions(folder: Path) -> None:
    for name in ("terms.md", "2023-01-01.policy.md.bak", ".2023-01-01.policy.md", "notes.txt"):
        (folder / name).write_text("nothing")
    assert len(list_version_files(folder)) == 3


# --- what does not fit ---


@pytest.mark.parametrize(
    ("name", "text", "said", "hint"),
    [
        ("2023-01-01.policy.md", write_text("2023-01-02"), "its version is 2023-01-02", "call it `2023-01-02.policy.md`"),
        ("newest.policy.md", write_text("2023-01-02"), "its version is 2023-01-02", "call it `2023-01-02.policy.md`"),
        ("2023-01-01.policy.md", write_text("2023-01-01", "bakery"), "a version of `bakery`", "a folder `bakery`"),
        ("2019-01-01.policy.md", write_text("2019-01-01", "bakery"), "a version of `bakery`", "a folder `bakery`"),
        ("2023-01-01.policy.md", write_text("2023-01-01", more="effective: 2022-12-31"), "before its own date", "dated back"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_kept_out_and_said(
    folder: Path, name: str, text: str, said: str, hint: str
) -> None:
    (folder / name).write_text(text)
    versions = load_versions(folder)
    assert list_versions(versions) == ["2020-01-01", "2021-05-01", "2022-03-01"]
    ((file, (finding,)),) = versions.broken
    assert (Path(file).name, finding.code) == (name, "P011")
    assert said in finding.text
    assert hint in (finding.hint or "")


def test_a_newest_version_with_errors_leaves_the_good_ones_and_is_told_with_its_findings(folder: Path) -> None:
    text = write_text("2023-01-01").replace("use person", "use persn").replace("One.", "One.\t")
    (folder / "2023-01-01.policy.md").write_text(text)
    versions = load_versions(folder)
    assert versions.newest.version == date(2022, 3, 1)
    ((file, findings),) = versions.broken
    assert file.endswith("2023-01-01.policy.md")
    assert {finding.level for finding in findings} == {"error"}
    assert all(finding.place and finding.place.file == file for finding in findings)


def test_a_version_mended_later_is_taken_in(folder: Path) -> None:
    path = folder / "2023-01-01.policy.md"
    path.write_text("not a policy")
    assert load_versions(folder).broken
    path.write_text(write_text("2023-01-01"))
    assert load_versions(folder).newest.version == date(2023, 1, 1)


def test_a_folder_without_a_good_version_is_refused_with_all_findings(tmp_path: Path) -> None:
    for name in ("2020-01-01.policy.md", "2021-01-01.policy.md"):
        (tmp_path / name).write_text("not a policy")
    with pytest.raises(PolicyError) as caught:
        load_versions(tmp_path)
    assert [finding.code for finding in caught.value.findings] == ["P006", "P006"]


@pytest.mark.parametrize(("name", "code"), [("empty", "P010"), ("missing", "P001"), ("a-file", "P001")])
def test_a_folder_that_holds_or_is_nothing_is_refused(tmp_path: Path, name: str, code: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a-file").write_text("x")
    with pytest.raises(PolicyError) as caught:
        load_versions(tmp_path / name)
    assert caught.value.code == code
    assert caught.value.place is not None
    assert caught.value.hint


def test_a_policy_alone_fits_its_file() -> None:
    check_fit(make_version("2020-01-01"), Path("2020-01-01.policy.md"), [])


# --- facts keep their bits ---


def test_words_added_later_never_move_earlier_bits() -> None:
    first = make_version("2020-01-01", choices=("news",), grounds=("court",), facts=("paid",))
    second = make_version(
        "2021-01-01",
        choices=("alpha", "news", "zeta"),
        grounds=("arson", "court"),
        facts=("aged", "paid"),
        rules="share person with carriers for fulfil if told, approved by 2 of office",
    )
    one, two = build_versions((first, second)).tables
    assert two.facts.names[: len(one.facts.names)] == one.facts.names
    assert set(two.facts.names) - set(one.facts.names) == {
        "chosen alpha", "refused alpha", "chosen zeta", "refused zeta", "demanded by arson", "aged",
        "approved by 2 of office",
    }  # fmt: skip


def test_words_dropped_later_keep_their_bits_for_those_who_come_back() -> None:
    versions = build_versions(
        (
            make_version("2020-01-01", choices=("news",), facts=("paid",)),
            make_version("2021-01-01"),
            make_version("2022-01-01", facts=("paid", "weighed"), choices=("news",)),
        )
    )
    numbers = [table.facts for table in versions.tables]
    assert numbers[1].names == numbers[0].names
    assert numbers[2].index["paid"] == numbers[0].index["paid"]
    assert numbers[2].names[-1] == "weighed"


def test_the_order_in_which_files_are_read_does_not_matter() -> None:
    policies = (
        make_version("2020-01-01", choices=("b",)),
        make_version("2021-01-01", choices=("a", "b")),
        make_version("2022-01-01", choices=("c",)),
    )
    forwards, backwards = build_versions(policies), build_versions(policies[::-1])
    assert [table.facts.names for table in forwards.tables] == [table.facts.names for table in backwards.tables]


NAMES = st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True, max_size=3).map(tuple)


@given(st.lists(st.tuples(NAMES, NAMES, NAMES), min_size=2, max_size=4), st.data())
@settings(max_examples=40)
def test_a_mask_made_under_one_version_means_the_same_under_all_later_ones(
    words: list[tuple[tuple[str, ...], ...]], more: st.DataObject
) -> None:
    policies = tuple(
        make_version((date(2020, 1, 1) + timedelta(days=number)).isoformat(), choices=c, grounds=g, facts=f)
        for number, (c, g, f) in enumerate(words)
    )
    tables = build_versions(policies).tables
    for earlier, later in pairwise(tables):
        values = st.sampled_from([True, False])
        facts = more.draw(st.dictionaries(st.sampled_from(earlier.facts.names), values, max_size=6))
        mask = earlier.facts.mask({"expired": None, **facts})
        assert later.facts.read_mask(mask) == earlier.facts.read_mask(mask) == facts


def test_a_mask_of_the_first_version_gets_the_second_ones_verdict() -> None:
    first = make_version("2020-01-01", choices=("news",), rules="use person for news if chosen news")
    second = make_version("2021-01-01", choices=("add", "news"), rules="use person for news if chosen news and told")
    one, two = (Gate(table) for table in build_versions((first, second)).tables)
    act = parse_act("use person for news", one.table.words)
    mask = one.mask({"chosen news": True, "refused news": False})
    assert one.ask(act, mask).is_permitted
    assert not two.ask(act, mask).is_permitted
    assert two.ask(act, mask | one.mask({"told": True})).is_permitted


def test_the_two_versions_of_the_courier_share_their_facts() -> None:
    versions = load_versions(ROOT / "policies" / "lasership")
    one, two = versions.tables
    assert versions.broken == ()
    assert two.facts.names[: len(one.facts.names)] == one.facts.names
