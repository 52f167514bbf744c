"""The questions that people have about a kind of data and about a business, and how a policy's table answers each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from upheld.core.compare.kinds import (
    ADVERTISING,
    ASKED_FOR,
    IMPROVING,
    LEGAL,
    NEWS,
    SELLING,
    SUITING,
    Kind,
    find_leaves,
    find_purposes,
)
from upheld.core.compare.weighing import (
    FOR_A_TIME,
    IF,
    NEVER,
    NOT_TAKEN,
    SAYS,
    SILENT,
    YES,
    Answer,
    Cells,
    Scales,
)
from upheld.core.policy.compile import Table
from upheld.core.policy.model import ANYONE, NO_COUNTERPART, OTHER, SELF, WIDE_TOUCHPOINTS, Rule
from upheld.core.policy.saying.names import join_words, say_name, say_time
from upheld.core.policy.saying.rules import say_rule
from upheld.core.rights.keeping import list_keepings

Ask = Callable[[Scales, tuple[str, ...]], Answer]
_KEEPS = frozenset({"keep", "keep_until", "keep_while"})
_OUTSIDE = {
    "processor": "Companies that work for it",
    "affiliate": "Companies of its own group",
    "third-party": "Partners and advertisers",
    "authority": "Courts and authorities",
    "successor": "Whoever takes the business over",
}
_BY_LAW = frozenset({"authority", "successor"})


@dataclass(frozen=True, slots=True)
class Question:
    """One row: `name` for programs, `words` for people, `ask` gives the answer of one table about some categories."""

    name: str
    group: str
    words: str
    ask: Ask


def list_questions() -> tuple[Question, ...]:
    """What is asked about one kind of data, in the order in which it is shown."""
    taking, using, giving = "Taken in", "Used for", "Given to"
    return (
        Question("collected", taking, "May it be taken?", _ask_collected),
        Question("asked-for", using, "What you asked for", _use_for(ASKED_FOR)),
        Question("suiting", using, "Showing you what suits you", _use_for(SUITING)),
        Question("improving", using, "Making things better, and counting", _use_for(IMPROVING)),
        Question("news", using, "Offers and news", _use_for(NEWS)),
        Question("advertising", using, "Advertising of others", _use_for(ADVERTISING)),
        *(Question(kind, giving, words, _give_to(kind)) for kind, words in _OUTSIDE.items()),
        Question("buyers", giving, "Whoever pays for it", _ask_sold),
        Question("anybody", giving, "Anybody else", _ask_anybody),
        Question("staff", "Inside", "Who of the staff sees it?", _ask_staff),
        Question("kept", "Inside", "How long is it kept?", _ask_kept),
        Question("see", "Yours", "Can you see it?", _ask_seen),
        Question("change", "Yours", "Can you correct it?", _let("change", "correction")),
        Question("remove", "Yours", "Can you have it removed?", _ask_removed),
        Question("download", "Yours", "Can you take a copy with you?", _let("download", "portability")),
    )


def ask_question(question: Question, scales: Scales, kind: Kind) -> Answer:
    """One policy's answer about one kind of data.

    For a kind that the policy has no category of, the answer is NOT_TAKEN; a sentence that rules out taking it is cited.
    """
    leaves = find_leaves(scales.table, kind)
    if leaves:
        return question.ask(scales, leaves)
    if question.name != "collected":
        return Answer(NOT_TAKEN)
    found = _ask_collected(scales, (OTHER,))
    return Answer(NOT_TAKEN, "", found.because if found.mark == NEVER else ())


# about one kind of data


def _ask_collected(scales: Scales, leaves: tuple[str, ...]) -> Answer:
    table = scales.table
    names = tuple(name for name in table.words.of_sort("touchpoint") if name not in WIDE_TOUCHPOINTS and name != ANYONE)
    return scales.weigh(Cells("collect", leaves, _list_purposes(table), (*names, OTHER)), names="touchpoint")


def _use_for(beginnings: tuple[str, ...]) -> Ask:
    def ask(scales: Scales, leaves: tuple[str, ...]) -> Answer:
        table = scales.table
        purposes = find_purposes(table, beginnings)
        return scales.weigh(Cells("use", leaves, purposes, (NO_COUNTERPART,)))

    return ask


def _give_to(kind: str) -> Ask:
    """To the recipients of this kind; where the policy names none, to somebody it does not name.

    A demand of the law has its own row, whoever makes it.
    """

    def ask(scales: Scales, leaves: tuple[str, ...]) -> Answer:
        table = scales.table
        words = table.words.of_sort("recipient")
        named = tuple(name for name in table.words.leaves("recipient") if words[name].value == kind)
        purposes = _list_purposes(table)
        if kind not in _BY_LAW:
            by_law = find_purposes(table, LEGAL)
            purposes = tuple(name for name in purposes if name not in by_law)
        cells = Cells("share", leaves, purposes, named or (OTHER,))
        return scales.weigh(cells, names="recipient" if named else "", tells_purposes=bool(named))

    return ask


def _ask_sold(scales: Scales, leaves: tuple[str, ...]) -> Answer:
    table = scales.table
    everybody = (*table.words.leaves("recipient"), OTHER)
    return scales.weigh(Cells("share", leaves, find_purposes(table, SELLING), everybody))


def _ask_anybody(scales: Scales, leaves: tuple[str, ...]) -> Answer:
    table = scales.table
    return scales.weigh(Cells("share", leaves, _list_purposes(table), (OTHER,)))


def _ask_staff(scales: Scales, leaves: tuple[str, ...]) -> Answer:
    table = scales.table
    roles = tuple(name for name in table.words.of_sort("role") if name not in (SELF, ANYONE))
    return scales.weigh(Cells("show", leaves, _list_purposes(table), (*roles, OTHER)), names="role")


def _ask_seen(scales: Scales, leaves: tuple[str, ...]) -> Answer:
    table = scales.table
    shown = scales.weigh(Cells("show", leaves, _list_purposes(table), (SELF,)))
    return shown if shown.mark not in (SILENT, NEVER) else _by_request(table, "access", leaves) or shown


def _ask_removed(scales: Scales, leaves: tuple[str, ...]) -> Answer:
    table = scales.table
    by_request = _by_request(table, "removal", leaves)
    if by_request is not None:
        return by_request
    rules = [rule for rule in table.rules if rule.form == "erase" and _names_one(table, rule, leaves)]
    if rules:
        events = join_words((say_name(e, "event", table.words) for rule in rules for e in rule.part("events")), "or")
        return Answer(IF, f"when {events}", _because(rules))
    return Answer(SILENT)


def _let(deed: str, request: str) -> Ask:
    def ask(scales: Scales, leaves: tuple[str, ...]) -> Answer:
        table = scales.table
        rules = [
            rule
            for rule in table.rules
            if rule.form == "let" and rule.part("deed") == (deed,) and _names_one(table, rule, leaves)
        ]
        if rules:
            at = [place for rule in rules for place in rule.part("at")]
            places = join_words(dict.fromkeys(say_name(place, "touchpoint", table.words) for place in at))
            return Answer(YES, places, _because(rules))
        return _by_request(table, request, leaves) or Answer(SILENT)

    return ask


def _by_request(table: Table, request: str, leaves: tuple[str, ...]) -> Answer | None:
    """What the `answer` rules say of this sort of request about these categories; None when nothing."""
    rules = [
        rule
        for rule in table.rules
        if rule.form == "answer"
        and request in rule.part("requests")
        and (not rule.part("about") or not set(leaves).isdisjoint(table.words.expand("data", rule.part("about"))))
    ]
    if not rules:
        return None
    within = rules[0].part("within")[0]
    parameter = table.policy.parameters.get(within)
    said = f"you ask, and hear within {say_time(parameter.value if parameter else within)}"
    return Answer(YES, said, _because(rules))


def _ask_kept(scales: Scales, leaves: tuple[str, ...]) -> Answer:
    table = scales.table
    keepings = list_keepings(table)
    found = dict.fromkeys(keepings[leaf] for leaf in leaves if leaf in keepings)
    if found:
        said = []
        for keeping in found:
            after = f" after {say_name(keeping.event, 'event', table.words)}" if keeping.event else ""
            said.append(say_time(f"{keeping.days} days") + after)
        return Answer(FOR_A_TIME, join_words(dict.fromkeys(said), "or"), tuple(k.sentence for k in found if k.sentence))
    rules = [rule for rule in table.rules if rule.form in _KEEPS and _names_one(table, rule, leaves)]
    if rules:
        return Answer(FOR_A_TIME, say_rule(rules[0], table.policy), _because(rules))
    return Answer(SILENT, "no end is named")


def _list_purposes(table: Table) -> tuple[str, ...]:
    return (*table.words.leaves("purpose"), OTHER)


def _names_one(table: Table, rule: Rule, leaves: tuple[str, ...]) -> bool:
    named = set(table.words.expand("data", rule.data)) - set(table.words.expand("data", rule.part("but")))
    return not named.isdisjoint(leaves)


def _because(rules: Iterable[Rule]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ref for rule in rules for ref in rule.sentences))


# about the business as a whole


def list_whole_questions() -> tuple[Question, ...]:
    """What is asked about a business whatever the data."""
    others, you, changes = "Others on its pages", "You and it", "When things change"
    return (
        Question("cookies-of-others", others, "Cookies that others read?", _ask_foreign_cookies),
        Question("parts-of-others", others, "Counters, pixels and advertisements?", _ask_parts),
        Question("signal", others, "Does your browser's “do not track” count?", _ask_signal),
        Question("stopping", you, "How do you stop offers?", _ask_stopping),
        Question("age", you, "From which age?", _ask_age),
        Question("questions", you, "How soon is a request answered?", _tell_rules("answer")),
        Question("change", changes, "From when does a change count?", _tell_rules("change")),
        Question("notice", changes, "Who tells you of a change?", _ask_notice),
        Question("breach", changes, "Who tells you when data got out?", _ask_breach),
    )


def _ask_foreign_cookies(scales: Scales, _leaves: tuple[str, ...]) -> Answer:
    table = scales.table
    found = [rule for rule in table.rules if rule.form == "set_cookie" and rule.part("party") != ("first_party",)]
    if found:
        return Answer(YES, join_words(rule.part("cookie")[0] for rule in found), _because(found))
    return _find_unemployed(table, "cookies")


def _ask_parts(scales: Scales, _leaves: tuple[str, ...]) -> Answer:
    table = scales.table
    found = [rule for rule in table.rules if rule.form == "allow"]
    if found:
        return Answer(YES, " ".join(say_rule(rule, table.policy) for rule in found), _because(found))
    return _find_unemployed(table, "")


def _find_unemployed(table: Table, word: str) -> Answer:
    bans = [
        rule
        for rule in table.rules
        if rule.form == "never_employ" and any(word in name for name in rule.part("techniques"))
    ]
    return Answer(NEVER, say_rule(bans[0], table.policy), _because(bans)) if bans else Answer(SILENT)


def _ask_signal(scales: Scales, _leaves: tuple[str, ...]) -> Answer:
    table = scales.table
    honours = [rule for rule in table.rules if rule.form == "honour"]
    ignores = [rule for rule in table.rules if rule.form == "ignore"]
    if honours:
        said = " ".join(say_rule(rule, table.policy) for rule in (*honours, *ignores))
        return Answer(SAYS if ignores else YES, said, _because((*honours, *ignores)))
    if ignores:
        return Answer(NEVER, " ".join(say_rule(rule, table.policy) for rule in ignores), _because(ignores))
    return Answer(SILENT)


def _ask_stopping(scales: Scales, _leaves: tuple[str, ...]) -> Answer:
    table = scales.table
    news = set(find_purposes(table, NEWS))
    mails = table.words.of_sort("mail")
    carrying = {name for name, mail in mails.items() if not news.isdisjoint((*mail.members, mail.value))}
    routes = [rule for rule in table.rules if rule.form in ("put", "put_every")]
    put = [rule for rule in routes if rule.form == "put_every" or not carrying.isdisjoint(rule.part("mails"))]
    changed = [rule for rule in table.rules if rule.form == "choice_changed"]
    found = (*put, *changed)
    if not found:
        return Answer(SILENT)
    said = " ".join(dict.fromkeys(say_rule(rule, table.policy) for rule in found))
    return Answer(SAYS, said, _because(found))


def _ask_age(scales: Scales, _leaves: tuple[str, ...]) -> Answer:
    table = scales.table
    rules = [rule for rule in table.rules if rule.form == "require_age"]
    if not rules:
        return Answer(SILENT)
    return Answer(SAYS, " ".join(dict.fromkeys(say_rule(rule, table.policy) for rule in rules)), _because(rules))


def _tell_rules(form: str) -> Ask:
    def ask(scales: Scales, _leaves: tuple[str, ...]) -> Answer:
        table = scales.table
        rules = [rule for rule in table.rules if rule.form == form]
        if not rules:
            return Answer(SILENT)
        return Answer(SAYS, " ".join(dict.fromkeys(say_rule(rule, table.policy) for rule in rules)), _because(rules))

    return ask


def _ask_notice(scales: Scales, _leaves: tuple[str, ...]) -> Answer:
    table = scales.table
    return _ask_told(table, lambda event: event.endswith("change"))


def _ask_breach(scales: Scales, _leaves: tuple[str, ...]) -> Answer:
    table = scales.table
    return _ask_told(table, lambda event: "breach" in event)


def _ask_told(table: Table, is_meant: Callable[[str], bool]) -> Answer:
    rules = [
        rule for rule in table.rules if rule.form == "tell" and any(is_meant(event) for event in rule.part("events"))
    ]
    if not rules:
        return Answer(SILENT)
    return Answer(SAYS, " ".join(dict.fromkeys(say_rule(rule, table.policy) for rule in rules)), _because(rules))
