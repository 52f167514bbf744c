"""What is counted tells nothing of few people, also to who can add and subtract."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from upheld.core.count.groups import count_groups


def people(label: str, count: int, start: int = 0) -> list[tuple[str, str]]:
    return [(label, f"p{number}") for number in range(start, start + count)]


def test_a_group_is_shown_from_the_least_number_on_and_not_below() -> None:
    counted = count_groups([*people("ten", 10), *people("nine", 9, 100), *people("more", 30, 200)], 10)
    shown = {group.label: group.people for group in counted.groups}
    assert shown["more"] == 30
    assert shown["nine"] is None


def test_people_count_once_in_a_group_however_often_they_come() -> None:
    counted = count_groups(people("a", 12) * 3, 10)
    assert counted.groups[0].people == 12
    assert counted.people == 12


def test_a_single_small_group_takes_the_next_larger_with_it_and_the_total() -> None:
    counted = count_groups([*people("small", 3), *people("next", 11, 100), *people("large", 40, 200)], 10)
    shown = {group.label: group.people for group in counted.groups}
    assert shown == {"small": None, "next": None, "large": 40}
    assert counted.people is None
    assert counted.is_spared


def test_nobody_in_a_group_is_not_told_either() -> None:
    counted = count_groups(people("some", 20), 10, labels=("none", "some"))
    assert [group.people for group in counted.groups] == [None, 20]


def test_nothing_to_count_shows_nothing() -> None:
    counted = count_groups([], 10, labels=("a",))
    assert counted.is_empty
    assert counted.people is None


def test_those_who_are_in_small_groups_alone_are_not_few_either() -> None:
    """Another question of the same report tells that there are 41 people: one did neither."""
    both = [*people("small", 5), *people("few", 6, 5)]
    counted = count_groups([*both, *people("next", 12, 100), *people("large", 10), *people("large", 30, 200)], 10)
    shown = {group.label: group.people for group in counted.groups}
    assert shown == {"small": None, "few": None, "next": None, "large": 40}


@given(
    st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 60).map(str)), max_size=200),
    st.integers(2, 12),
)
def test_nobody_can_work_out_a_group_of_few_from_what_is_shown(members: list[tuple[str, str]], least: int) -> None:
    """Where everybody is in one group, whatever total is shown less the groups shown leaves nobody or enough people."""
    first = dict(reversed(members))  # each person in the first group that they were given
    alone = [(label, who) for who, label in {who: label for label, who in reversed(members)}.items()]
    del first
    counted = count_groups(alone, least)
    sizes: dict[str, set[str]] = defaultdict(set)
    for label, who in alone:
        sizes[label].add(who)
    for group in counted.groups:
        assert group.people is None or group.people >= least
        assert group.people is None or group.people == len(sizes[group.label])
    if counted.people is not None:
        rest = counted.people - sum(group.people or 0 for group in counted.groups)
        assert rest == 0 or rest >= least


def test_the_total_does_not_tell_that_nobody_is_in_a_group() -> None:
    assert count_groups(people("some", 20), 10, labels=("none", "some")).people is None
    assert count_groups(people("some", 20), 10, labels=("some",)).people == 20
