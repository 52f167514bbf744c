"""Who of very many may get a class of message, and why not; one question for each combination, and no clock."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from upheld.core.errors import GateError
from upheld.core.gate.act import SILENT, Act, Verdict
from upheld.core.gate.binding import Binding
from upheld.core.notices.classes import Carrier, find_addresses, list_audience_addresses, list_carriers
from upheld.core.notices.standing import tell_facts
from upheld.core.notices.stops import list_stoppable, list_stopped_classes
from upheld.core.policy.model import Policy, Rule

MOST_OF_A_SUBJECT, MOST_OF_A_TEXT, MOST_OF_A_NAME = 120, 10_000, 120
_ADDRESS = "user.contact.email"
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_UNREADABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u0085\u2028\u2029]")
# What programs that write to many fill in: {name}, {{name}}, %(name)s, <<name>>, *|NAME|*, [name], $name.
_PLACEHOLDER = re.compile(
    r"\{[^{}\n]{0,60}\}|%\([^)\n]{0,60}\)s|<<[^<>\n]{0,60}>>|\*\|[^|\n]{0,60}\|\*|\[[A-Za-z_ ]{0,30}name\]|\$[A-Za-z_]{2,30}",
    re.IGNORECASE,
)
_MAIL_ADDRESS = re.compile(r"[^\s@<>()\"']{1,64}@[^\s@<>()\"']{1,250}\.[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `count` messages to one person in `days` days; 0 is no limit."""

    count: int = 0
    days: int = 0

    @property
    def is_set(self) -> bool:
        """Whether there is a limit at all."""
        return self.count > 0 and self.days > 0


# How often anybody hears from a campaign that they can stop, where the policy says nothing: four in four weeks.
USUAL_CAP = Cap(4, 28)


@dataclass(frozen=True, slots=True)
class CampaignClass:
    """A class of message that the policy lets go to an audience without an event.

    `choices` are those whose no stops it; it `can_stop` by them or by the link that the policy puts into it.
    `sentences` are those of its `send` rules.
    """

    name: str
    audiences: tuple[str, ...]
    choices: tuple[str, ...]
    can_stop: bool
    cap: Cap
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """People who share a version and a combination: what the gate may know of each of them, and how many they are.

    `since` is the version that limits the use of their address, None where it is not known.
    """

    version: date
    standing: int
    answers: Mapping[str, str]
    facts: Mapping[str, bool | None]
    people: int
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """How many people a sentence decides about: the reference (empty where no sentence speaks of it) and the outcome."""

    sentence: str
    outcome: str
    people: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate says of all groups: those it lets have the message, and how many by each sentence, most first."""

    permitted: frozenset[tuple[date, int]]
    reached: int
    withheld: int
    because: tuple[Share, ...]
    why_not: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a text that is to go to many; `field` is name, subject or text."""

    field: str
    words: str


def list_campaign_classes(policy: Policy) -> tuple[CampaignClass, ...]:
    """The classes that may go to many, in the order of the policy: sent to an audience, and not on an event of their own."""
    found: dict[str, list[Rule]] = {}
    for rule in policy.active_rules:
        if rule.form == "send" and not rule.part("events") and list_audiences(policy, rule):
            for name in rule.part("mails"):
                found.setdefault(name, []).append(rule)
    return tuple(_describe_class(policy, name, rules) for name, rules in found.items())


def find_campaign_class(policy: Policy, name: str) -> CampaignClass | None:
    """The class of this name that may go to many, or None."""
    return next((found for found in list_campaign_classes(policy) if found.name == name), None)


def list_audiences(policy: Policy, rule: Rule) -> tuple[str, ...]:
    """The audiences that a `send` rule names and that have an address."""
    audiences = policy.words.of_sort("audience")
    return tuple(name for name in rule.part("receivers") if name in audiences and audiences[name].members)


def find_house_cap(policy: Policy) -> Cap:
    """How often one person hears from campaigns that they can stop: `site: mail-cap` of the policy file, or the usual."""
    most, _, period = str(policy.site.get("mail-cap", "")).partition(" in ")
    found = _make_cap(most, period)
    return found if found.is_set else USUAL_CAP


def list_other_addresses(policy: Policy) -> tuple[str, ...]:
    """The categories of e-mail addresses that belong to no audience: those of people whom somebody else named."""
    words, taken = policy.words, set(list_audience_addresses(policy))
    for rule in policy.active_rules:  # an address that an audience reaches by its rule is one of theirs
        if rule.form == "send" and not rule.part("events"):
            taken |= set(find_addresses(policy, rule))
    data = words.of_sort("data")
    return tuple(leaf for leaf in words.leaves("data") if data[leaf].value == _ADDRESS and leaf not in taken)


def list_stopping_choices(policy: Policy, mail_class: str) -> tuple[str, ...]:
    """The choices whose no stops this class, in the order of the policy."""
    choices = policy.words.of_sort("choice")
    return tuple(choice for choice in choices if mail_class in list_stopped_classes(policy, choice))


def ask_carriers(
    binding: Binding, carriers: Iterable[Carrier], facts: Mapping[str, bool | None], *versions: date
) -> Verdict:
    """Whether one of these carriers may go to somebody with these facts under these versions: the first yes, or the last no."""
    verdict = Verdict(SILENT)
    for carrier in carriers:
        try:
            verdict = binding.ask(carrier.act, facts, *versions)
        except GateError:  # their version's file was taken away: nobody knows what it permitted
            return Verdict(SILENT)
        if verdict.is_permitted:
            return verdict
    return verdict


def judge_groups(
    binding: Binding, mail_class: str, groups: Iterable[Group], known: Mapping[str, bool | None] | None = None
) -> Judgement:
    """The gate's word on each group; `known` are facts that hold for all of them.

    The version under which their address was taken, the one that they are under and the one in force all have to permit.
    """
    carriers, modes = list_carriers(binding.policy, mail_class), binding.gate.table.choices
    permitted: set[tuple[date, int]] = set()
    shares: dict[tuple[str, str, bool], int] = {}
    for group in groups:
        told = tell_facts(modes, group.answers, group.facts) | dict(known or {})
        versions = (group.since, group.version) if group.since else (group.version,)
        verdict = ask_carriers(binding, carriers, told, *versions)
        if verdict.is_permitted:
            permitted.add((group.version, group.standing))
        key = (verdict.because[0] if verdict.because else "", verdict.outcome, verdict.is_permitted)
        shares[key] = shares.get(key, 0) + group.people
    ordered = sorted(shares.items(), key=lambda entry: (-entry[1], entry[0]))
    yes = tuple(Share(sentence, outcome, people) for (sentence, outcome, is_yes), people in ordered if is_yes)
    no = tuple(Share(sentence, outcome, people) for (sentence, outcome, is_yes), people in ordered if not is_yes)
    return Judgement(
        frozenset(permitted), sum(share.people for share in yes), sum(share.people for share in no), yes, no
    )


def ask_outside(binding: Binding, mail_class: str, address: str) -> Verdict:
    """What the gate says when a class is to go to addresses of people who are in no audience, whatever they had said.

    Every choice is taken as a yes, so a refusal is not about an answer that is missing.
    """
    word = binding.policy.words.of_sort("mail").get(mail_class)
    purposes = binding.policy.words.expand("purpose", word.members or (word.value,)) if word else ()
    told = tell_facts(binding.gate.table.choices, dict.fromkeys(binding.gate.table.choices, "yes"), {})
    verdict = Verdict(SILENT)
    for purpose in purposes:
        verdict = binding.ask(Act("use", (address,), purpose), told)
        if not verdict.is_permitted:
            return verdict
    return verdict


def find_faults(*, name: str, subject: str, text: str, own: Iterable[str] = ()) -> tuple[Fault, ...]:
    """What stands against a text that goes to many; `own` are the business's addresses, which may stand in it.

    It is stored in the clear and is the same for everybody, so nothing of a person has a place in it.
    """
    faults = []
    for field, value, most in (
        ("name", name, MOST_OF_A_NAME),
        ("subject", subject, MOST_OF_A_SUBJECT),
        ("text", text, MOST_OF_A_TEXT),
    ):
        plain = value.replace("\r\n", "\n").strip()
        if not plain:
            faults.append(Fault(field, f"write a {field}"))
        elif len(plain) > most:
            faults.append(Fault(field, f"this has {len(plain):,} signs; {most:,} are the most"))
        if _UNREADABLE.search(plain) or (field != "text" and ("\n" in plain or "\t" in plain)):
            where = "a line break or another sign" if field != "text" else "a sign"
            faults.append(Fault(field, f"there is {where} in it that cannot stand there; type it anew"))
        if found := _PLACEHOLDER.search(plain):
            faults.append(Fault(field, f"nothing is filled in: everybody would read “{found.group()}”"))
        allowed = {address.lower() for address in own}
        if any(address.group().lower().rstrip(".,;:") not in allowed for address in _MAIL_ADDRESS.finditer(plain)):
            faults.append(
                Fault(field, "an e-mail address has no place here, apart from those of the business in the policy")
            )
    return tuple(faults)


def digest_letter(mail_class: str, subject: str, text: str) -> str:
    """What a test is held against: another class, subject or text has another digest."""
    return hashlib.sha256(f"{mail_class}\n\n{subject}\n\n{text}".encode()).hexdigest()


def _describe_class(policy: Policy, name: str, rules: list[Rule]) -> CampaignClass:
    choices = list_stopping_choices(policy, name)
    can_stop = name in list_stoppable(policy)
    caps = [cap for rule in rules if (cap := _read_cap(rule)).is_set]
    # Of several limits the one that lets fewest through counts.
    cap = min(caps, key=lambda cap: cap.count / cap.days) if caps else (find_house_cap(policy) if can_stop else Cap())
    audiences = tuple(dict.fromkeys(audience for rule in rules for audience in list_audiences(policy, rule)))
    sentences = tuple(dict.fromkeys(ref for rule in rules for ref in rule.sentences))
    return CampaignClass(name, audiences, choices, can_stop, cap, sentences)


def _read_cap(rule: Rule) -> Cap:
    """What `at most 4 in 30 days` says."""
    return _make_cap("".join(rule.part("most")), " ".join(rule.part("per_time")))


def _make_cap(most: str, period: str) -> Cap:
    number, _, unit = period.partition(" ")
    if not (most.isdigit() and number.isdigit()):
        return Cap()
    return Cap(int(most), int(number) * _DAYS.get(unit.removesuffix("s"), 0))
