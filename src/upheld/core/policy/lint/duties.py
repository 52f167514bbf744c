"""Checks on duties and choices: none contradicts another, everybody who is told has an address, data has an end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from upheld.core.errors import Finding
from upheld.core.policy.administration import list_administrative_classes
from upheld.core.policy.approvals import LONE_APPROVAL, read_stand_in
from upheld.core.policy.lint.case import Case, Check, find_in_rule
from upheld.core.policy.model import Rule
from upheld.core.policy.reading.declare import parse_count
from upheld.core.policy.reading.mistakes import shorten

_TIMES = ("within", "lead", "every", "duration", "life")
# form -> the parts that say what the duty is about; two rules that share them all have to share their times
_SUBJECTS = {
    "keep": ("data", "after", "purposes"),
    "erase": ("data", "events"),
    "answer": ("requests", "about"),
    "tell": ("people", "events"),
    "choice_changed": ("choices", "changes"),
    "review": ("reviewed",),
    "attest": ("text",),
    "set_cookie": ("cookie",),
    "let": ("deed", "data"),
    "send": ("mails", "events"),
}
_CHANGES = frozenset({"material change", "small change", "any change"})
_MAIL_ROUTES = frozenset({"email", "email to primary address"})
# the standard keys of the addresses that a way of telling needs
_KEYS_OF_ROUTES = {
    "email": ("user.contact.email", "user.contact"),
    "email to primary address": ("user.contact.email", "user.contact"),
    "fax": ("user.contact.fax_number",),
    "letter": ("user.contact.address",),
    "phone": ("user.contact.phone_number",),
    "text message": ("user.contact.phone_number",),
}
_LISTS = frozenset({"data", "requests", "people", "mails", "choices", "changes", "reviewed"})


def check_times(case: Case) -> Iterator[Finding]:
    """P306: one thing has one time limit."""
    for form, keys in _SUBJECTS.items():
        rules = [rule for rule in case.rules if rule.form == form]
        for one, two in combinations(rules, 2):
            if _shares(case, one, two, keys) and _times(case, one) != _times(case, two) and one.holds == two.holds:
                text = f"this duty has another time than the one in {case.quote(one)}"
                hint = f"there it says: {one.text}; settle by name which of the two holds"
                yield find_in_rule(two, "P306", text, hint=hint)


def _shares(case: Case, one: Rule, two: Rule, keys: tuple[str, ...]) -> bool:
    for key in keys:
        mine, theirs = set(one.part(key)), set(two.part(key))
        if key == "data":
            words = case.policy.words
            mine, theirs = set(words.expand("data", one.data)), set(words.expand("data", two.data))
        is_shared = bool(mine & theirs) or mine == theirs if key in _LISTS else mine == theirs
        if not is_shared:
            return False
    return True


def _times(case: Case, rule: Rule) -> tuple[object, ...]:
    return tuple(case.read_days(rule.part(key)[0]) or rule.part(key)[0] if rule.part(key) else None for key in _TIMES)


def check_effects(case: Case) -> Iterator[Finding]:
    """P306: one kind of change takes effect in one way."""
    rules = [rule for rule in case.rules if rule.form == "change"]
    for one, two in combinations(rules, 2):
        if one.part("change") == two.part("change") and one.part("effects") != two.part("effects"):
            text = f"the same change takes effect in another way in {case.quote(one)}"
            hint = f"there it says: {one.text}; settle by name which of the two holds"
            yield find_in_rule(two, "P306", text, hint=hint)


def check_choices(case: Case) -> Iterator[Finding]:
    """P313: a choice has one default, and either stops a thing or spares it. P319: and somebody is asked."""
    asked: dict[str, Rule] = {}
    for rule in case.rules:
        for name in rule.part("choices") if rule.form == "choice_is" else ():
            if name in asked and asked[name].part("mode") != rule.part("mode"):
                text = f"`{name}` is opt-in in one place and opt-out in another ({case.quote(asked[name])})"
                yield find_in_rule(rule, "P313", text, word=name, hint="settle by name what counts before the answer")
            asked.setdefault(name, rule)
    stops = [rule for rule in case.rules if rule.form == "choice_stops"]
    for spares in (rule for rule in case.rules if rule.form == "choice_spares"):
        for rule in stops:
            both = set(rule.part("targets")) & set(spares.part("targets"))
            if both and set(rule.part("choices")) & set(spares.part("choices")):
                named = min(both).partition(":")[2]
                text = f"a no both stops `{named}` ({case.quote(rule)}) and does not"
                yield find_in_rule(spares, "P313", text, word=named, hint="settle by name whether the no counts")
    for word in case.policy.words.of_sort("choice").values():
        if word.name not in asked:
            text = f"nobody is ever asked about the choice `{word.name}`"
            hint = f"add `choice {word.name} is opt-in, asked at …`"
            yield case.find_in_declarations(word.place, "P319", text, hint=hint)


def check_spared(case: Case) -> Iterator[Finding]:
    """P313: a message that a no stops is not sent to people whatever they answered."""
    stopped: dict[str, Rule] = {}
    for rule in case.rules:
        for target in rule.part("targets") if rule.form == "choice_stops" else ():
            stopped[target.partition(":")[2]] = rule
    for rule in case.rules:
        for mail in rule.part("mails") if rule.form == "send" and rule.holds is None and rule.unless is None else ():
            if mail in stopped:
                text = f"`{mail}` is sent whatever people answered, but a no stops it ({case.quote(stopped[mail])})"
                hint = (
                    f"add `if chosen {stopped[mail].part('choices')[0]}`, or settle by name that the no does not count"
                )
                yield find_in_rule(rule, "P313", text, word=mail, hint=hint)


def check_receivers(case: Case) -> Iterator[Finding]:
    """P318: whoever is sent something has an address among the data."""
    audiences = case.policy.words.of_sort("audience")
    for rule in case.rules:
        for name in rule.part("receivers"):
            word = audiences.get(name)
            if word is not None and not word.members:
                text = f"nothing says which data is the address of `{name}`"
                hint = f"declare `audiences: {{{name}: [...]}}` with the data that holds the address"
                yield find_in_rule(rule, "P318", text, word=name, hint=hint)


def check_addresses(case: Case) -> Iterator[Finding]:
    """P318: whoever is to be told by fax, letter, telephone or mail has such an address among the data."""
    held = {word.value for word in case.policy.words.of_sort("data").values()}
    for rule in case.rules:
        for route in (*rule.part("routes"), *rule.part("then")) if rule.form == "tell" else ():
            keys = _KEYS_OF_ROUTES.get(route)
            if keys and not any(value.startswith(keys) for value in held):
                text = f"people are told by {route}, and no such address of anybody is among the data"
                hint = f"take it somewhere (standard key `{keys[0]}`), or name another way"
                yield find_in_rule(rule, "P318", text, word=route, hint=hint)


def check_ends(case: Case) -> Iterator[Finding]:
    """P315: what is collected has an end."""
    words = case.policy.words
    ended = {leaf for rule in case.rules if rule.verb == "keep" for leaf in words.expand("data", rule.data)}
    said: set[str] = set()
    for rule in case.rules:
        if rule.form in ("collect", "record"):
            for name in rule.data:
                if set(words.expand("data", (name,))) - ended and name not in said:
                    said.add(name)
                    text = f"nothing says how long `{name}` is kept"
                    hint = f"add `keep {name} … days after …`"
                    yield find_in_rule(rule, "P315", text, word=name, hint=hint, level="warning")


def check_passwords(case: Case) -> Iterator[Finding]:
    """P322: a password protects nothing where it travels in the open."""
    words = case.policy.words
    safe: set[str] = set()
    for rule in case.rules:
        if rule.form == "protect" and "encryption in transit" in rule.part("measures"):
            safe.update(words.expand("data", rule.data))
    for rule in case.rules:
        by_password = rule.form == "protect" and "password" in rule.part("measures")
        if by_password and set(words.expand("data", rule.data)) - safe:
            text = "the password travels unencrypted, which undoes this protection"
            hint = "add `protect anything by encryption in transit`"
            yield find_in_rule(rule, "P322", text, word="password", hint=hint)


def check_values(case: Case) -> Iterator[Finding]:
    """P325: groups have at least two people, times are times, and somebody has to approve."""
    for rule in case.rules:
        degree = rule.degree
        if degree is not None and degree.name == "aggregate":
            word = degree.parameter or str(degree.k)
            parameter = case.policy.parameters.get(degree.parameter or "")
            size = parse_count(parameter.value) if parameter else degree.k
            if size is None or size < 2:
                text = f"`{word}` is no size of a group"
                hint = "a group that names nobody has at least two people; ten is usual"
                yield find_in_rule(rule, "P325", text, word=word, hint=hint)
        for key in (*_TIMES, "per_time", "renewed", "longest"):
            for value in rule.part(key):
                if value != "visit" and case.read_days(value) is None:
                    hint = "write the parameter as `30 days`, `72 hours` or `3 months`"
                    yield find_in_rule(rule, "P325", f"`{value}` is no time", word=value, hint=hint)
        if rule.approval is not None and rule.approval.count < 1:
            text = "an approval by nobody is none"
            yield find_in_rule(rule, "P325", text, word=rule.approval.role, hint="`approved by 1 of …` or more")


def check_stand_in(case: Case) -> Iterator[Finding]:
    """P325: what may stand in for a missing approval is one of the ways that there are."""
    parameter = case.policy.parameters.get(LONE_APPROVAL)
    if parameter is not None and read_stand_in(parameter.value) is None:
        text = f"`{shorten(parameter.value)}` is nothing that stands in for a missing approval"
        hint = "write `7 days without objection`, `one outside approver`, or both with `or` between them"
        yield case.find_in_declarations(parameter.place, "P325", text, hint=hint, level="error")


def check_grounds(case: Case) -> Iterator[Finding]:
    """P325: `demanded` asks for one of the declared grounds, so there has to be one."""
    if case.policy.words.of_sort("ground"):
        return
    for rule in case.rules:
        for condition in (rule.holds, rule.unless):
            if condition and any(term.text == "demanded" for term in condition.terms):
                text = "`demanded` can never be known here: no ground is declared"
                yield find_in_rule(rule, "P325", text, hint="declare `grounds: {court order: a court asks for it}`")
                break


def check_change_mails(case: Case) -> Iterator[Finding]:
    """P326: whoever is told of a change by mail can be sent one: some class of message is about running the account."""
    classes = set(list_administrative_classes(case.policy))
    if any(classes & set(rule.part("mails")) for rule in case.rules if rule.form == "send"):
        return
    for rule in case.rules:
        routes = rule.part("routes") if rule.form == "tell" and _CHANGES & set(map(str, rule.part("events"))) else ()
        by_mail = [route for route in routes if route in _MAIL_ROUTES]
        if by_mail:
            text = "people are told of a change by mail, and no class of message can carry it"
            hint = "declare a class about the account, such as `mail: {administrative message: account}`, and `send` it"
            level = "error" if len(by_mail) == len(routes) else "warning"  # by another way they can still be told
            yield find_in_rule(rule, "P326", text, word=by_mail[0], hint=hint, level=level)


DUTY_CHECKS: tuple[Check, ...] = (
    check_values,
    check_stand_in,
    check_grounds,
    check_times,
    check_effects,
    check_choices,
    check_spared,
    check_receivers,
    check_addresses,
    check_ends,
    check_passwords,
    check_change_mails,
)
