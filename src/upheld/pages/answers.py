"""The plain answers as tables: what is collected and where, what for, who gets it, which cookies; core reads them off the rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from upheld.core.fields.cookies import CookiePlan, list_cookies
from upheld.core.policy.compile import Table
from upheld.core.policy.model import OTHER, Words
from upheld.core.policy.saying.answers import (
    Collected,
    Given,
    Used,
    answer_collected,
    answer_given,
    answer_used,
    collapse_names,
)
from upheld.core.policy.saying.rules import join_words
from upheld.pages.policy_view import LinkGroup, group_links
from upheld.web.shelf import Good


@dataclass(frozen=True, slots=True)
class AnswerCell:
    """One cell of a row; the label stands before it where the table is folded into a list."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One row: what it is about, what is said of it, the sentences it comes from."""

    head: str
    note: str
    cells: tuple[AnswerCell, ...]
    because: tuple[LinkGroup, ...]


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """One of the answers; `short` says it in a line."""

    anchor: str
    title: str
    short: str
    columns: tuple[str, ...]
    rows: tuple[AnswerRow, ...]


def answer_plainly(good: Good) -> tuple[PlainAnswer, ...]:
    """The answers of one version; cookies where it speaks of any."""
    answers = (tell_collected(good.table), tell_used(good.table), tell_given(good.table))
    return (*answers, tell_cookies(good.table)) if list_cookies(good.table) else answers


def tell_collected(table: Table) -> PlainAnswer:
    """What we collect, and where: one row for each touchpoint."""
    found = answer_collected(table)
    rows = tuple(row_collected(table, collected) for collected in found)
    kinds = len(table.words.expand("data", tuple(name for collected in found for name in collected.data)))
    short = f"{kinds} kinds of data at {len(rows)} places; nothing else and nowhere else."
    return PlainAnswer("what-we-collect", "What we collect, and where", short, ("Where", "What", "What for"), rows)


def row_collected(table: Table, collected: Collected) -> AnswerRow:
    """One touchpoint."""
    words = table.words
    return AnswerRow(
        head=capitalise(words.label(collected.touchpoint, "touchpoint")),
        note="recorded without your doing" if collected.automatic else "",
        cells=(
            AnswerCell("What", say_data(words, collected.data)),
            AnswerCell("What for", say_purposes(words, collected.purposes)),
        ),
        because=group_links(table.policy, collected.because),
    )


def tell_used(table: Table) -> PlainAnswer:
    """What for: one row for each purpose and condition."""
    found = answer_used(table)
    rows = tuple(row_used(table, used) for used in found)
    purposes = len({used.purpose for used in found})
    short = f"{purposes} purposes; a use for any other is refused."
    return PlainAnswer("what-for", "What we use it for", short, ("Purpose", "Uses", "Only if"), rows)


def row_used(table: Table, used: Used) -> AnswerRow:
    """One purpose under one condition."""
    words = table.words
    return AnswerRow(
        head=capitalise(say_purposes(words, (used.purpose,))),
        note="",
        cells=(AnswerCell("Uses", say_data(words, used.data)), AnswerCell("Only if", used.only_if or "always")),
        because=group_links(table.policy, used.because),
    )


def tell_given(table: Table) -> PlainAnswer:
    """Who gets it: one row for each recipient and condition."""
    found = answer_given(table)
    rows = tuple(row_given(table, given) for given in found)
    free = sum(not given.only_if for given in found)
    short = (
        "Nobody, without something that must be so first."
        if not free
        else f"{free} of {len(rows)} ways are open without a condition."
    )
    return PlainAnswer("who-gets-it", "Who gets it", short, ("Who", "What", "What for", "Only if"), rows)


def row_given(table: Table, given: Given) -> AnswerRow:
    """One recipient under one condition."""
    words = table.words
    return AnswerRow(
        head=capitalise("anybody else" if given.recipient == OTHER else words.label(given.recipient, "recipient")),
        note="",
        cells=(
            AnswerCell("What", say_data(words, given.data)),
            AnswerCell("What for", say_purposes(words, given.purposes)),
            AnswerCell("Only if", given.only_if or "always"),
        ),
        because=group_links(table.policy, given.because),
    )


def tell_cookies(table: Table) -> PlainAnswer:
    """Which cookies may be set: by the name that a browser shows, what for, and how long."""
    words, found = table.words, list_cookies(table)
    rows = tuple(
        AnswerRow(
            head=plan.name,
            note="",
            cells=(
                AnswerCell("What for", say_purposes(words, collapse_names(words, "purpose", plan.purposes))),
                AnswerCell("How long", say_lifetime(plan)),
                AnswerCell("Who reads it", "this site" if plan.is_first_party else "others, too"),
            ),
            because=group_links(table.policy, plan.sentences),
        )
        for plan in found
    )
    others = "" if all(plan.is_first_party for plan in found) else ", some read by others"
    short = f"{len(rows)} {'cookie' if len(rows) == 1 else 'cookies'}{others}; any other is taken off before it leaves."
    return PlainAnswer(
        "which-cookies", "Which cookies we set", short, ("Cookie", "What for", "How long", "Who reads it"), rows
    )


def say_lifetime(plan: CookiePlan) -> str:
    """How long a cookie lasts at most."""
    if plan.lifetime is None:
        return "until you close your browser"
    days = plan.lifetime.days
    return f"at most {days} {'day' if days == 1 else 'days'}"


def capitalise(text: str) -> str:
    """The text with its first letter large, the others as they are."""
    return text[:1].upper() + text[1:]


def say_purposes(words: Words, names: Iterable[str]) -> str:
    """Purposes as people read them."""
    return join_words("another purpose" if name == OTHER else words.label(name, "purpose") for name in names)


def say_data(words: Words, names: Iterable[str]) -> str:
    """Data as people read it: whole branches by their name, single leaves behind the name of their branch."""
    said: list[str] = []
    branches: dict[str, list[str]] = {}
    for name in names:
        branch, dot, leaf = name.rpartition(".")
        if name == OTHER:
            said.append("data the policy does not name")
        elif not dot or name in words.labels or f"data {name}" in words.labels:
            said.append(words.label(name, "data"))
        else:
            if branch not in branches:
                said.append(branch)
            branches.setdefault(branch, []).append(leaf.replace("-", " "))
    texts = [
        f"{words.label(name, 'data')} ({', '.join(branches[name])})" if name in branches else name for name in said
    ]
    return "; ".join(texts)
