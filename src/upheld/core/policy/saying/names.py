"""Names, facts, conditions and times in plain English, each as it stands inside a sentence; knows no rule."""

from __future__ import annotations

import re
from collections.abc import Iterable

from upheld.core.policy.model import (
    ANY_PURPOSE,
    ANYONE,
    ANYTHING,
    HERE,
    OTHER,
    SELF,
    Condition,
    Policy,
    Words,
    write_plainly,
)
from upheld.core.policy.saying import phrases

_TIME = re.compile(r"(\d+) (minute|hour|day|business day|month)s")
_YEAR = {"day": 365, "month": 12}
_CLAUSE = re.compile(r" (?:is|are) ")  # an event such as `order is delivered` says itself what happens
# what a name without a label needs before it to stand in a sentence
_LEADS = {"role": "our", "recipient": "the", "place": "the", "mail": "the", "party": "our"}
_NOBODY_NAMED = {
    "data": "data that the policy does not name",
    "purpose": "any other purpose",
    "recipient": "anybody else",
    "role": "anybody else",
    "touchpoint": "anywhere else",
    "place": "elsewhere",
}
_BUILT_IN = {
    "route": phrases.ROUTES, "way": phrases.WAYS, "subject": phrases.SUBJECTS, "part": phrases.PARTS,
    "measure": phrases.MEASURES, "technique": phrases.TECHNIQUES, "need": phrases.NEEDS,
    "reviewed": phrases.REVIEWED, "tag": phrases.TAGS,
}  # fmt: skip


def say_name(name: str, sort: str, words: Words) -> str:
    """A name as it stands inside a sentence, the language's own and what no policy names included."""
    if name == ANYTHING:
        return "anything about you"
    if name == ANYONE:
        return "anyone else" if sort == "role" else "anyone outside"
    if name == SELF:
        return "you"
    if name == ANY_PURPOSE:
        return "any purpose"
    if name == HERE:
        return "our own store"
    if name == OTHER:
        return _NOBODY_NAMED.get(sort, "anything else")
    if sort == "touchpoint":
        return _say_touchpoint(name, words)
    if sort in _BUILT_IN and name in _BUILT_IN[sort]:
        return _BUILT_IN[sort][name]
    return _say_declared(name, sort, words)


def _say_declared(name: str, sort: str, words: Words) -> str:
    """A declared name by its label, else by what fits its sort best."""
    label = words.find_label(name, sort)
    if label is not None:
        return label
    plain = write_plainly(name)
    word = words.of_sort(sort).get(name)
    meaning = word.value if word is not None else ""
    if sort == "region" or (sort == "place" and len(meaning) == 2):
        return f"the {plain.title()}" if plain.endswith("states") else plain.title()
    if sort == "event" and _CLAUSE.search(plain):
        return f"the {plain.removeprefix('the ')}"
    if sort in ("choice", "exclusion", "measure", "technique", "event") and meaning:
        return meaning
    # a name that is not declared, such as ours of whom a person names, stands as it is
    return f"{_LEADS[sort]} {plain}" if sort in _LEADS and word is not None else plain


def _say_touchpoint(name: str, words: Words) -> str:
    if name in phrases.TOUCHPOINTS:
        return phrases.TOUCHPOINTS[name]
    return words.labels.get(f"touchpoint {name}") or f"at {_say_declared(name, 'touchpoint', words)}"


def say_fact(fact: str, policy: Policy, *, is_so: bool = True) -> str:
    """One fact, or its opposite, as a clause that can stand after "if"."""
    if fact in phrases.FACTS:
        return (phrases.FACTS if is_so else phrases.FACTS_DENIED)[fact]
    words = policy.words
    first, _, name = fact.partition(" ")
    if first in ("chosen", "refused") and words.has("choice", name):
        answer = "yes" if first == "chosen" else "no"
        return f"you {'said' if is_so else 'did not say'} {answer} to {say_name(name, 'choice', words)}"
    if fact.startswith("demanded by "):
        return f"the ground is {'' if is_so else 'not '}{_say_ground(fact.removeprefix('demanded by '), words)}"
    if fact.startswith("living in "):
        region = say_name(fact.removeprefix("living in "), "region", words)
        return f"you {'live' if is_so else 'do not live'} in {region}"
    if fact.startswith("approved by "):
        count, _, role = fact.removeprefix("approved by ").partition(" of ")
        return _say_approval(count, role, words, is_so=is_so)
    declared = words.of_sort("fact").get(fact)
    said = (declared.value.partition(":")[2].strip() or fact) if declared else fact
    return said if is_so else f"it is on record that this is not so: {said}"


def _say_approval(count: str, role: str, words: Words, *, is_so: bool) -> str:
    people = f"1 person of {say_name(role, 'role', words)} has" if count == "1" else ""
    people = people or f"{count} people of {say_name(role, 'role', words)} have"
    return f"{people} agreed" if is_so else f"fewer than {people} agreed"


def _say_ground(name: str, words: Words) -> str:
    word = words.of_sort("ground").get(name)
    return f"“{word.value if word is not None and word.value else _say_declared(name, 'ground', words)}”"


def say_condition(condition: Condition, policy: Policy) -> str:
    """A condition as clauses joined by "and" or "or"."""
    terms = []
    for term in condition.terms:
        if term.text == "demanded":
            terms.append("one of the grounds named on this page applies")
        elif term.text.startswith("demanded by "):
            grounds = (_say_ground(fact.removeprefix("demanded by "), policy.words) for fact in term.facts)
            terms.append(f"the ground is {join_words(grounds, 'or')}")
        elif term.text.startswith("living in "):
            regions = (say_name(fact.removeprefix("living in "), "region", policy.words) for fact in term.facts)
            terms.append(f"you live in {join_words(regions, 'or')}")
        else:
            terms.append(join_words([say_fact(fact, policy) for fact in term.facts], "or"))
    return join_words(terms, "and" if condition.mode == "all" else "or")


def say_time(value: str, *, every: bool = False) -> str:
    """A duration as people say it: `2555 days` is 7 years; a value that is none stays as it is."""
    found = _TIME.fullmatch(value)
    if found is None:
        return value
    count, unit = int(found.group(1)), found.group(2)
    year = _YEAR.get(unit, 0)
    said = f"1 {unit}" if count == 1 else value
    if year and count and count % year == 0:
        years = count // year
        said = f"{years} year{'' if years == 1 else 's'} ({count} {unit}s)"
    return said.removeprefix("1 ") if every else said


def join_words(names: Iterable[str], word: str = "and") -> str:
    """Names as people list them: a, b and c."""
    said = list(names)
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} {word} {said[-1]}" if said else ""


def capitalise(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]
