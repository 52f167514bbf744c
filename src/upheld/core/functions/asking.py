"""Functions of forms and of what people ask for: F-10 to F-22."""

from __future__ import annotations

from upheld.core.fields.form import FormPlan
from upheld.core.functions.function import CONSOLE, JOB, PAGE, Built, Function, Meeting
from upheld.core.functions.keys import (
    APPOINTMENT,
    CONTENT,
    EVENT,
    ORDER,
    PROMOTION,
    QUOTE,
    REQUEST,
    SERVICE,
    SURVEY,
)
from upheld.core.functions.reading import Reading, Rules, has_word
from upheld.core.policy.model import Rule
from upheld.core.rights.answering import list_stopped_by_message

GROUP = "Forms and requests"
CASES = Meeting(CONSOLE, "the cases", "console-cases")
MAILBOX = Meeting(JOB, "the mailbox, which opens a case for each letter")
NO_FORM = "a form for it: the policy asks for nothing at an address of its own that a form could take"


def meet_forms(forms: tuple[FormPlan, ...], lacks: str = NO_FORM) -> Built:
    """The pages of these forms; where there are none, what is missing."""
    return Built(tuple(Meeting(PAGE, form.title, form.path) for form in forms), "" if forms else lacks)


def _requests(reading: Reading) -> Rules:
    asked = tuple(rule for rule in reading.asking(REQUEST) if _asks_more(reading, rule))
    written = tuple(rule for rule in reading.asking(CONTENT, ORDER) if reading.has_purpose(rule, (SERVICE,)))
    return asked + written


def _asks_more(reading: Reading, rule: Rule) -> bool:
    leaves = reading.words.expand("data", rule.data)
    return any(
        reading.has_key("data", leaf, (REQUEST,)) and not reading.has_key("data", leaf, (APPOINTMENT, QUOTE))
        for leaf in leaves
    )


def _meet_requests(reading: Reading) -> Built:
    paths = {path for rule in _requests(reading) for path in reading.list_paths(rule)}
    return meet_forms(tuple(form for form in reading.forms if form.path in paths))


def _letters(reading: Reading) -> Rules:
    by_mail = tuple(
        rule
        for rule in reading.having("answer", "choice_changed", "applies")
        if {"email", "by:email", "by:message"} & {*rule.part("routes"), *rule.part("changes"), *rule.part("ways")}
    )
    return reading.placing("contact email", "guarded contact email") + by_mail


def _marks(reading: Reading) -> Rules:
    declined = tuple(rule for rule in reading.having("let") if rule.part("deed") == ("decline",))
    return reading.having("mark") + declined


def _quotes(reading: Reading) -> Rules:
    return reading.asking(QUOTE) + reading.having("share_one")


def _events(reading: Reading) -> Rules:
    named = tuple(rule for rule in reading.having(*("send", "share")) if _is_about_events(rule))
    return reading.taking(EVENT) + named


def _is_about_events(rule: Rule) -> bool:
    return any(has_word(name, ("event", "conference")) for name in (*rule.part("mails"), *rule.purposes))


def _ended_by_mail(reading: Reading) -> Rules:
    """Choices about what was asked for (not about messages alone) that a mail changes, and answers to cancellations."""
    stopped = {
        choice
        for rule in reading.having("choice_stops")
        if any(
            kind == "purpose" and reading.has_key("purpose", leaf, (SERVICE,))
            for kind, _, name in (target.partition(":") for target in rule.part("targets"))
            for leaf in reading.words.expand("purpose", (name,))
        )
        for choice in rule.part("choices")
    }
    changed = tuple(
        rule
        for rule in reading.having("choice_changed")
        if stopped.intersection(rule.part("choices")) and {"by:email", "by:message"} & set(rule.part("changes"))
    )
    return changed + _answered(reading, "cancellation")


def _answered(reading: Reading, *requests: str) -> Rules:
    return tuple(rule for rule in reading.having("answer") if set(requests) & set(rule.part("requests")))


def _end_by_mail(reading: Reading) -> Built:
    if list_stopped_by_message(reading.policy):
        return Built((MAILBOX, CASES))
    return Built((MAILBOX, CASES), "that a cancellation is carried out; it arrives as a case, and is answered by hand")


def _removals(reading: Reading) -> Rules:
    erased = tuple(rule for rule in reading.having("erase") if "removal is asked" in rule.part("events"))
    return erased + _answered(reading, "removal")


def _remove(reading: Reading) -> Built:
    if reading.entrance is None:
        lacks = "removing what came in by a form or a mail; the wish arrives as a case, and nothing is removed by it"
        return Built((MAILBOX, CASES), lacks)
    closing = Meeting(PAGE, "closing the account", "/account/close")
    waits = [rule for rule in _removals(reading) if set(rule.part("events")) - {"removal is asked"}]
    lacks = "removing when a service is completed or something becomes known" if waits else ""
    return Built((closing, CASES), lacks)


def _offline(reading: Reading) -> Rules:
    applied = tuple(rule for rule in reading.having("applies") if "offline contact" in rule.part("ways"))
    typed = tuple(
        rule for rule in reading.taking("user", "x") if any(has_word(name, ("offline",)) for name in rule.part("at"))
    )
    return applied + typed + reading.placing("contact post", "contact phone")


def _children(reading: Reading) -> Rules:
    known = tuple(rule for rule in reading.having("erase") if "minor is known" in rule.part("events"))
    return _answered(reading, "age report") + known


FUNCTIONS = (
    Function(
        "F-10",
        "asking for an appointment",
        GROUP,
        lambda reading: reading.taking(APPOINTMENT),
        lambda reading: meet_forms(reading.list_forms_asking(APPOINTMENT)),
    ),
    Function("F-11", "asking for a service or for information", GROUP, _requests, _meet_requests),
    Function("F-12", "writing to the business by e-mail", GROUP, _letters, lambda _: Built((MAILBOX, CASES))),
    Function(
        "F-13",
        "a form to write to the business",
        GROUP,
        lambda reading: reading.asking(CONTENT),
        lambda reading: meet_forms(reading.list_forms_of("message")),
    ),
    Function(
        "F-14",
        "forms that mark what is required, and let people leave out the rest",
        GROUP,
        _marks,
        lambda reading: meet_forms(reading.forms),
    ),
    Function(
        "F-15",
        "surveys",
        GROUP,
        lambda reading: reading.taking(SURVEY) + reading.sending(words=("survey",)),
        lambda reading: meet_forms(reading.list_forms_of("survey")),
    ),
    Function(
        "F-16",
        "promotions and contests",
        GROUP,
        lambda reading: reading.taking(PROMOTION),
        lambda reading: meet_forms(reading.list_forms_of("promotion")),
    ),
    Function(
        "F-17",
        "asking for a quote, which goes to one sales person or partner",
        GROUP,
        _quotes,
        lambda reading: Built(
            meet_forms(reading.list_forms_asking(QUOTE)).meetings,
            "choosing the one who gets a request, and handing it over",
        ),
    ),
    Function(
        "F-18",
        "events: signing up, and who was there",
        GROUP,
        _events,
        lambda _: Built(lacks="events, with signing up and who was there"),
    ),
    Function("F-19", "ending a subscription or a request by mail", GROUP, _ended_by_mail, _end_by_mail),
    Function("F-20", "asking to be removed", GROUP, _removals, _remove),
    Function(
        "F-21",
        "telling that something is held of a child, and its removal",
        GROUP,
        _children,
        lambda _: Built((MAILBOX, CASES), "holding and removing what is known of a child; a report arrives as a case"),
    ),
    Function(
        "F-22",
        "taking in what comes by telephone, by post or over the counter",
        GROUP,
        _offline,
        lambda _: Built(lacks="a page for staff to type in what came by telephone, post or over the counter"),
    ),
)
