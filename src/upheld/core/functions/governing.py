"""Functions of governance: F-77 to F-83."""

from __future__ import annotations

from upheld.core.functions.asking import CASES, MAILBOX, meet_forms
from upheld.core.functions.function import CONSOLE, JOB, Built, Function, Meeting
from upheld.core.functions.public import POLICY, VERSIONS
from upheld.core.functions.reading import Reading, Rules, list_facts
from upheld.core.rights.attesting import list_statements

GROUP = "Governance"
PUBLICATIONS = Meeting(CONSOLE, "versions", "console-publications")
VOUCHING = Meeting(CONSOLE, "vouching", "console-vouching")
_CHANGES = ("material change", "small change", "any change")
_TOLD_BY = frozenset({"email", "email to primary address", "site notice"})


def _asking(reading: Reading) -> Rules:
    shown = tuple(
        rule for rule in reading.having("show_part") if any(thing.startswith("form:") for thing in rule.part("things"))
    )
    contacts = reading.placing("contact email", "guarded contact email", "contact desk", "contact post")
    return reading.having("answer") + contacts + shown


def _versions(reading: Reading) -> Rules:
    return (
        reading.having("change") + reading.telling(events=_CHANGES) + reading.placing("version history", "updated date")
    )


def _announce(reading: Reading) -> Built:
    meetings = (PUBLICATIONS, POLICY, VERSIONS)
    others = {
        route for rule in reading.telling(events=_CHANGES) for route in rule.part("routes") if route not in _TOLD_BY
    }
    said = " and ".join(sorted(others))
    return Built(meetings, f"telling people by {said} of a change" if others else "")


def _ages(reading: Reading) -> Rules:
    banned = tuple(rule for rule in reading.having("never_collect") if "known minor" in list_facts(rule))
    return reading.having("require_age") + banned


def _gate_ages(reading: Reading) -> Built:
    return meet_forms(tuple(form for form in reading.forms if form.least_age), "a form that asks for the age")


def _keeping(reading: Reading) -> Rules:
    return reading.having("keep", "keep_until", "keep_while", "erase")


def _signals(reading: Reading) -> Built:
    if reading.having("honour"):
        return Built(lacks="reading the signal of a browser as an answer to a choice")
    return Built((POLICY,))


FUNCTIONS = (
    Function("F-77", "questions and wishes about privacy", GROUP, _asking, lambda _: Built((CASES, MAILBOX))),
    Function("F-78", "new versions, and telling people of them", GROUP, _versions, _announce),
    Function("F-79", "asking for the age", GROUP, _ages, _gate_ages),
    Function(
        "F-80",
        "telling people when something got into wrong hands",
        GROUP,
        lambda reading: reading.telling(events=("breach is believed",)),
        lambda _: Built(
            lacks="a desk for it: whose data it was, telling each of them, and waiting when the police ask"
        ),
    ),
    Function(
        "F-81",
        "ending what is kept when its time is over",
        GROUP,
        _keeping,
        lambda _: Built(
            (Meeting(JOB, "what is over its time is withheld everywhere"),),
            "destroying it, holding it back with a reason, and an archive",
        ),
    ),
    Function(
        "F-82",
        "people who vouch for what no machine sees",
        GROUP,
        lambda reading: reading.having("attest", "never_certificate"),
        lambda reading: Built((VOUCHING,)) if list_statements(reading.policy) else Built(lacks="a statement to sign"),
    ),
    Function(
        "F-83",
        "signals of browsers that say no",
        GROUP,
        lambda reading: reading.having("honour", "ignore"),
        _signals,
    ),
)
