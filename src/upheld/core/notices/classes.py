"""Which class of message may carry a notice, to which address, and what the policy puts into it; asks a gate, sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upheld.core.gate.act import Act, Verdict
from upheld.core.gate.binding import Binding
from upheld.core.policy.administration import list_administrative_classes
from upheld.core.policy.model import Policy, Rule

_ADDRESS = "user.contact.email"
_DELIVERY = "x.mail.delivery"


@dataclass(frozen=True, slots=True)
class Carrier:
    """A class of message, the category of the address it goes to, and its purpose."""

    mail_class: str
    address: str
    purpose: str

    @property
    def act(self) -> Act:
        """What the gate is asked before anything is written to the address."""
        return Act("use", (self.address,), self.purpose)


def list_carriers(policy: Policy, mail_class: str) -> tuple[Carrier, ...]:
    """One for each purpose of the class and each address category that a `send` rule names for it, in their order."""
    word = policy.words.of_sort("mail").get(mail_class)
    if word is None:
        return ()
    purposes = policy.words.expand("purpose", word.members or (word.value,))
    addresses = dict.fromkeys(
        leaf
        for rule in policy.active_rules
        if rule.form == "send" and mail_class in rule.part("mails")
        for leaf in find_addresses(policy, rule)
    )
    return tuple(Carrier(mail_class, address, purpose) for address in addresses for purpose in purposes)


def find_addresses(policy: Policy, rule: Rule) -> tuple[str, ...]:
    """The categories that a `send` rule sends to: addresses of its audiences, and those it names itself."""
    words = policy.words
    names: list[str] = []
    for receiver in rule.part("receivers"):
        audience = words.of_sort("audience").get(receiver)
        names += audience.members if audience else (receiver,)
    leaves = words.expand("data", tuple(names))
    return tuple(leaf for leaf in leaves if words.of_sort("data")[leaf].value == _ADDRESS)


def list_audience_addresses(policy: Policy) -> tuple[str, ...]:
    """The categories of e-mail addresses that belong to an audience: those of the people whom messages to many go to."""
    words = policy.words
    members = tuple(leaf for word in words.of_sort("audience").values() for leaf in word.members)
    return tuple(leaf for leaf in words.expand("data", members) if words.of_sort("data")[leaf].value == _ADDRESS)


def find_carrier(
    binding: Binding, facts: Mapping[str, bool | None], mail_class: str = ""
) -> tuple[Carrier | None, Verdict | None]:
    """What carries a notice to a person with these facts: of this class, or of the one that is for running an account.

    The first class that the gate permits is taken, with its verdict. None when the policy has no such class, and then
    the last refusal, if the gate was asked at all: the notice is not sent, and whoever wanted it says so.
    """
    classes = (mail_class,) if mail_class else list_administrative_classes(binding.policy)
    refusal: Verdict | None = None
    for name in classes:
        for carrier in list_carriers(binding.policy, name):
            verdict = binding.ask(carrier.act, facts)
            if verdict.is_permitted:
                return carrier, verdict
            refusal = verdict
    return None, refusal


def list_parts(policy: Policy, mail_class: str) -> tuple[str, ...]:
    """What the policy puts at the end of this class of message, or into it: names of parts, or texts in quotes."""
    found: dict[str, None] = {}
    for rule in policy.active_rules:
        if rule.form == "put_every" or (rule.form == "put" and mail_class in rule.part("mails")):
            found |= dict.fromkeys(rule.part("putting"))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class MailLog:
    """Where the policy has each mail noted down: the category and the touchpoint."""

    data: str
    touchpoint: str


def find_mail_log(binding: Binding, facts: Mapping[str, bool | None]) -> MailLog | None:
    """The category for deliveries of mail, and the touchpoint that takes it; None when the policy records none."""
    words = binding.policy.words
    for leaf in words.leaves("data"):
        if words.of_sort("data")[leaf].value != _DELIVERY:
            continue
        for touchpoint in words.leaves("touchpoint"):
            for purpose in words.leaves("purpose"):
                if binding.ask(Act("collect", (leaf,), purpose, touchpoint), facts).is_permitted:
                    return MailLog(leaf, touchpoint)
    return None
