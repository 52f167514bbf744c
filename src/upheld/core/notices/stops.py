"""Which classes of message a no stops, and which it never does; knows no person and no address."""

from __future__ import annotations

from dataclasses import dataclass

from upheld.core.policy.model import ANY_PURPOSE, Policy

MOST_KEPT = 64
_BY_MESSAGE = "by:message"
# The parts by which a policy puts a link to stop into messages, and the value with which a message's writer fills one.
UNSUBSCRIBE, UNSUBSCRIBE_LINK = "part:unsubscribe link", "unsubscribe-link"
_STOP_PARTS = frozenset({UNSUBSCRIBE, "part:stop link"})


@dataclass(frozen=True, slots=True)
class Stops:
    """What one policy says: the classes that each choice stops, and all that can be stopped in some way."""

    by_choice: dict[str, tuple[str, ...]]
    stoppable: tuple[str, ...]


# By the policy's identity: the policy itself stands beside it, so no other can have that number meanwhile.
_kept: dict[int, tuple[Policy, Stops]] = {}


def find_stops(policy: Policy) -> Stops:
    """What the policy says, read once; whoever gets it leaves it as it is."""
    known = _kept.get(id(policy))
    if known is not None and known[0] is policy:
        return known[1]
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    by_choice = {choice: _read_stopped(policy, choice) for choice in policy.words.of_sort("choice")}
    found = Stops(by_choice, _read_stoppable(policy, by_choice))
    _kept[id(policy)] = (policy, found)
    return found


def list_stopped_classes(policy: Policy, choice: str) -> tuple[str, ...]:
    """The classes of message that a no to this choice stops: those a rule names, and those with a purpose that one stops.

    The gate refuses their sending by itself; this says what has to be taken out of the outbox when the no comes.
    """
    return find_stops(policy).by_choice.get(choice, ())


def list_stopping_choices(policy: Policy, mail_class: str) -> tuple[str, ...]:
    """The choices of which a no stops this class of message."""
    return tuple(choice for choice, classes in find_stops(policy).by_choice.items() if mail_class in classes)


def list_stoppable(policy: Policy) -> tuple[str, ...]:
    """The classes of message that somebody can stop: by a choice, or by a link that a rule puts into them by name.

    A link in every message stops all but the classes that a rule says no choice stops.
    """
    return find_stops(policy).stoppable


def _read_stopped(policy: Policy, choice: str) -> tuple[str, ...]:
    words = policy.words
    stopped = {name for name, choices in _pair_targets(policy) if choice in choices and not name.startswith("sharing:")}
    purposes = {purpose for name in stopped for purpose in _expand(policy, name)}
    is_everything = any(name.partition(":")[2] == ANY_PURPOSE for name in stopped)
    return tuple(
        mail
        for mail, word in words.of_sort("mail").items()
        if is_everything
        or f"mail:{mail}" in stopped
        or purposes & set(words.expand("purpose", word.members or (word.value,)))
    )


def _read_stoppable(policy: Policy, by_choice: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    stopped = {mail for classes in by_choice.values() for mail in classes}
    for rule in policy.active_rules:
        if not _STOP_PARTS & set(rule.part("putting")):
            continue
        if rule.form == "put":
            stopped |= set(rule.part("mails"))
        elif rule.form == "put_every":
            stopped |= set(policy.words.of_sort("mail")) - set(find_spared(policy))
    return tuple(mail for mail in policy.words.of_sort("mail") if mail in stopped)


def find_spared(policy: Policy) -> dict[str, tuple[str, ...]]:
    """The classes that a rule says no choice stops, each with the sentences that say so."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in policy.active_rules:
        if rule.form == "choice_spares":
            for target in rule.part("targets"):
                sort, _, name = target.partition(":")
                if sort == "mail":
                    found[name] = tuple(dict.fromkeys((*found.get(name, ()), *rule.sentences)))
    return found


def is_stopped_by_message(policy: Policy, mail_class: str) -> bool:
    """Whether a rule lets the choice that stops this class be changed by sending a message."""
    by_message = {
        choice
        for rule in policy.active_rules
        if rule.form == "choice_changed" and _BY_MESSAGE in rule.part("changes")
        for choice in rule.part("choices")
    }
    return not by_message.isdisjoint(list_stopping_choices(policy, mail_class))


def _pair_targets(policy: Policy) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (target, rule.part("choices"))
        for rule in policy.active_rules
        if rule.form == "choice_stops"
        for target in rule.part("targets")
    ]


def _expand(policy: Policy, target: str) -> tuple[str, ...]:
    """The purposes that a target of a rule comes to: its own, or those of a class of message."""
    sort, _, name = target.partition(":")
    if sort == "mail":
        word = policy.words.of_sort("mail")[name]
        return policy.words.expand("purpose", word.members or (word.value,))
    return () if name == ANY_PURPOSE else policy.words.expand("purpose", (name,))
