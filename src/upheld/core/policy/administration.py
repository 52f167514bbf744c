"""Which classes of message are about running an account: what tells people that something changes for them."""

from __future__ import annotations

from upheld.core.policy.model import Policy

# A purpose or class is about running the account when one of these stands in its name; else its standard key tells.
_ADMINISTRATION = ("administration", "administrative", "account")
_NOTIFICATIONS = "essential.service.notifications"


def list_administrative_classes(policy: Policy) -> tuple[str, ...]:
    """The classes for messages about an account, the likeliest first: by their own name, by their purpose's, by its key."""
    ranked: list[tuple[int, str]] = []
    for name, word in policy.words.of_sort("mail").items():
        purposes = policy.words.expand("purpose", word.members or (word.value,))
        if _names_administration(name) or any(_names_administration(purpose) for purpose in purposes):
            ranked.append((0, name))
        elif purposes and all(policy.words.of_sort("purpose")[p].value == _NOTIFICATIONS for p in purposes):
            ranked.append((1, name))
    # A class that waits for an event of its own, such as proof of a delivery, carries nothing else.
    bound = {
        name
        for rule in policy.active_rules
        if rule.form == "send" and rule.part("events")
        for name in rule.part("mails")
    }
    return tuple(name for _, name in sorted(ranked, key=lambda pair: pair[0]) if name not in bound)


def _names_administration(name: str) -> bool:
    return any(word in _ADMINISTRATION for word in name.replace(".", " ").replace("-", " ").split())
