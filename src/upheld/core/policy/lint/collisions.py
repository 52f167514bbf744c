"""Checks on two rules that cannot both be kept, though each can: found by what the rules do, whatever their sentences say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from types import MappingProxyType

from upheld.core.errors import Finding
from upheld.core.policy.lint.case import Case, Check, find_in_rule
from upheld.core.policy.model import ANYWHERE, EVERY_FORM, EVERY_PAGE, Rule

_TAKING = frozenset({"collect", "record"})
# standard keys that lead to a person by themselves, whatever stands beside them
_IDENTIFYING = (
    "user.name",
    "user.contact",
    "user.account",
    "user.authorization",
    "user.device.ip_address",
    "user.device.device_id",
    "user.device.cookie_id",
    "user.unique_id",
    "user.government_id",
)
_ON_THE_SITE = frozenset({"site notice", "in-service notice"})
_CHANGES = MappingProxyType({"material change": "material", "small change": "small", "any change": ""})
# technique -> standard keys that nobody can take without it
_TAKEN_BY = MappingProxyType({"open pixels": ("x.mail.opened",), "fingerprinting": ("user.device.fingerprint",)})
_OF_OTHER_HOSTS = frozenset({"third-party cookies", "cross-site tracking", "profiling over time"})
# how a law is named -> the signal that it has a policy speak about
_LAWS_ASK = MappingProxyType({"Online Privacy Protection Act": "dnt", "CalOPPA": "dnt"})


def check_apart(case: Case) -> Iterator[Finding]:
    """P327: what is kept apart neither leads to a person by itself nor comes in together with what it is kept from."""
    words = case.policy.words
    keys = words.of_sort("data")
    for rule in case.rules:
        if rule.form != "keep_apart":
            continue
        mine, theirs = set(words.expand("data", rule.data)), set(words.expand("data", rule.part("other")))
        leading = sorted(leaf for leaf in mine if keys[leaf].value.startswith(_IDENTIFYING))
        if leading:
            text = f"`{leading[0]}` leads to a person, so what it stands beside is not kept apart"
            hint = f"do not take `{leading[0]}` there, or take it out of what is kept apart"
            yield find_in_rule(rule, "P327", text, hint=hint)
            continue
        place = _find_shared_place(case, mine, theirs)
        if place:
            text = f"both come in together at `{place}`, and so can be joined"
            hint = "let each come in at a touchpoint of its own, or do not promise to keep them apart"
            yield find_in_rule(rule, "P327", text, hint=hint)


def _find_shared_place(case: Case, mine: set[str], theirs: set[str]) -> str:
    taken: dict[str, set[str]] = {}
    for rule in case.rules:
        if rule.verb in _TAKING:
            for place in rule.part("at"):
                taken.setdefault(place, set()).update(case.policy.words.expand("data", rule.data))
    return next((place for place, leaves in taken.items() if mine & leaves and theirs & leaves - mine), "")


def check_posting(case: Case) -> Iterator[Finding]:
    """P328: nobody is told on the site before a change that takes effect the moment the site has it."""
    at_once = {change: rule for rule in case.rules if rule.form == "change" for change in _list_posted(rule)}
    for rule in case.rules:
        routes = set(rule.part("routes")) | set(rule.part("then"))
        if rule.form != "tell" or rule.part("before") != ("it takes effect",) or not routes <= _ON_THE_SITE:
            continue
        for event in map(str, rule.part("events")):
            kind = _CHANGES.get(event)
            other = at_once.get(kind or "") or at_once.get("") or (kind == "" and next(iter(at_once.values()), None))
            if kind is not None and other:
                text = f"people are told on the site before it takes effect, but it takes effect there at once ({case.quote(other)})"
                hint = "tell them by mail as well, or let the change take effect some days after its notice"
                yield find_in_rule(rule, "P328", text, hint=hint)


def _list_posted(rule: Rule) -> tuple[str, ...]:
    return (next(iter(rule.part("change")), ""),) if rule.part("effects") == ("on_posting",) else ()


def check_ways(case: Case) -> Iterator[Finding]:
    """P329: a request has a way to reach us. P330: and whoever counts as having agreed has a way to say no."""
    for rule in case.rules:
        if rule.form == "answer" and not rule.part("routes"):
            text = "nothing says how such a request reaches us"
            yield find_in_rule(rule, "P329", text, hint="add `by form`, `by email` or another way", level="warning")
    free = {
        name
        for rule in case.rules
        if rule.form == "choice_changed" or (rule.form == "choice_is" and rule.part("mode") != ("opt-out",))
        for name in rule.part("choices")
    }
    for rule in case.rules:
        for name in rule.part("choices") if rule.form == "choice_is" and rule.part("mode") == ("opt-out",) else ():
            if name not in free:
                text = f"people count as having agreed to `{name}`, and nothing says how they say no later"
                hint = f"add `choice {name} is changed at account, by message within …`"
                yield find_in_rule(rule, "P330", text, word=name, hint=hint)


def check_parties(case: Case) -> Iterator[Finding]:
    """P331: nobody counts as the business itself and gets something from it as an outsider."""
    counted = {name: rule for rule in case.rules if rule.form == "counts" for name in rule.part("parties")}
    for rule in case.rules:
        for name in map(str, rule.part("recipients")) if rule.verb in ("share", "bind") else ():
            if name in counted:
                text = f"`{name}` gets something as somebody outside, and counts as us ({case.quote(counted[name])})"
                hint = "one of the two: what stays with us is not shared, and who is outside is not us"
                yield find_in_rule(rule, "P331", text, word=name, hint=hint, level="warning")


def check_laws(case: Case) -> Iterator[Finding]:
    """P332: whoever says that a law is kept says what that law has a policy say."""
    spoken = {name for rule in case.rules if rule.form in ("honour", "ignore") for name in rule.part("signals")}
    for rule in case.rules:
        said = " ".join((*rule.part("text"), *rule.laws)) if rule.verb == "attest" else ""
        for law, signal in _LAWS_ASK.items():
            if law in said and signal not in spoken:
                text = f"this law has a policy say how it answers the signal `{signal}`, and no rule does"
                yield find_in_rule(rule, "P332", text, hint=f"add `ignore {signal}`, or `honour {signal} as no to …`")


def check_strangers(case: Case) -> Iterator[Finding]:
    """P333: where a server notes by itself nobody is known, so nothing there can hang on who a visitor is."""
    words = case.policy.words
    everywhere = {name for name, word in words.of_sort("touchpoint").items() if word.value == EVERY_PAGE}
    known = {name for name, word in words.of_sort("fact").items() if word.value.startswith("person:")}
    bans = [
        rule
        for rule in case.rules
        if rule.form == "never_collect"
        and any(known & {t.text for t in c.terms} for c in (rule.holds, rule.unless) if c)
    ]
    for rule in case.rules:
        places = everywhere & set(rule.part("at")) if rule.verb == "record" else set()
        for ban in bans if places else ():
            at = set(ban.part("at"))
            both = set(words.expand("data", rule.data)) & set(words.expand("data", ban.data))
            if both and (
                not at or at & (places | {ANYWHERE, EVERY_PAGE}) or (EVERY_FORM in at and EVERY_FORM in places)
            ):
                text = f"this is noted before anything is known of a visitor, and waits for that in {case.quote(ban)}"
                hint = "say at which forms nothing is taken, or note nothing that leads to a person"
                yield find_in_rule(rule, "P333", text, hint=hint)
                break


def check_techniques(case: Case) -> Iterator[Finding]:
    """P334: a technique that is banned is not what another rule works by."""
    banned = {name: rule for rule in case.rules if rule.form == "never_employ" for name in rule.part("techniques")}
    keys = case.policy.words.of_sort("data")
    for rule in case.rules:
        used = _OF_OTHER_HOSTS & set(banned) if rule.form == "set_cookie" and rule.part("recipients") else set()
        if rule.verb == "record":
            taken = {keys[leaf].value for leaf in case.policy.words.expand("data", rule.data)}
            used = {name for name, needs in _TAKEN_BY.items() if name in banned and not taken.isdisjoint(needs)}
        for name in sorted(used)[:1]:
            text = f"this works by `{name}`, which is banned ({case.quote(banned[name])})"
            yield find_in_rule(rule, "P334", text, hint="do without it, or take the ban out")


def check_signals(case: Case) -> Iterator[Finding]:
    """P317: a signal of the browser is honoured or ignored."""
    honoured = {name: rule for rule in case.rules if rule.form == "honour" for name in rule.part("signals")}
    for rule in case.rules:
        for name in rule.part("signals") if rule.form == "ignore" else ():
            if name in honoured:
                text = f"`{name}` is ignored here and honoured in {case.quote(honoured[name])}"
                yield find_in_rule(rule, "P317", text, word=name, hint="settle by name which of the two holds")


def check_erasures(case: Case) -> Iterator[Finding]:
    """P306: what is erased when something happens is erased under one condition."""
    rules = [rule for rule in case.rules if rule.form == "erase"]
    words = case.policy.words
    for one, two in combinations(rules, 2):
        both = set(words.expand("data", one.data)) & set(words.expand("data", two.data))
        if both and one.part("events") == two.part("events") and (one.holds, one.unless) != (two.holds, two.unless):
            text = f"the same is erased under another condition in {case.quote(one)}"
            hint = f"there it says: {one.text}; settle by name which of the two holds"
            yield find_in_rule(two, "P306", text, hint=hint)


def check_names_of_documents(case: Case) -> Iterator[Finding]:
    """P335: one document has one name."""
    shown = {
        thing.partition(":")[2]: rule
        for rule in case.rules
        for thing in rule.part("things")
        if thing.startswith("document:")
    }
    named: Mapping[str, str] = case.policy.documents
    for one, two in combinations(sorted(shown), 2):
        if named.get(one) and named.get(one) == named.get(two):
            later = max(shown[one], shown[two], key=lambda rule: rule.place.line if rule.place else 0)
            text = f"`{one}` and `{two}` are the same document, and a reader takes them for two"
            yield find_in_rule(later, "P335", text, hint=f"call it by one name; both are `{named[one]}`")


def check_needs(case: Case) -> Iterator[Finding]:
    """P336: what works without cookies needs none."""
    for rule in case.rules:
        if rule.form != "work" or "cookies" not in rule.part("needs"):
            continue
        for other in case.rules:
            needed = set(map(str, other.part("activities"))) - set(map(str, rule.part("activities")))
            if other.form == "set_cookie" and needed:
                text = (
                    f"`{min(needed)}` is said to need a cookie ({case.quote(other)}), and here everything works without"
                )
                hint = f"write `work without cookies except for {', '.join(sorted(needed))}`"
                yield find_in_rule(rule, "P336", text, hint=hint)
                break


def check_told(case: Case) -> Iterator[Finding]:
    """P337: whom data waits for to be told, a message reaches; that a page was looked at is never known."""
    tells = [rule for rule in case.rules if rule.form == "tell"]
    if not tells or any(not {*rule.part("routes"), *rule.part("then")} <= _ON_THE_SITE for rule in tells):
        return
    for rule in case.rules:
        for condition in (rule.holds, rule.unless):
            if condition and any(term.text == "told" for term in condition.terms):
                text = f"nobody is ever known to have been told: a notice on the site is all there is ({case.quote(tells[0])})"
                yield find_in_rule(rule, "P337", text, hint="tell them `by email` as well")
                return


COLLISION_CHECKS: tuple[Check, ...] = (
    check_apart,
    check_posting,
    check_ways,
    check_parties,
    check_laws,
    check_strangers,
    check_techniques,
    check_signals,
    check_erasures,
    check_names_of_documents,
    check_needs,
    check_told,
)
