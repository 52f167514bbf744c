"""Functions of accounts: F-23 to F-32."""

from __future__ import annotations

from upheld.core.functions.asking import CASES, MAILBOX
from upheld.core.functions.function import PAGE, Built, Function, Meeting
from upheld.core.functions.keys import COMMUNITY, CREDENTIALS, ORGANISATION, POST
from upheld.core.functions.reading import SHOWING, Reading, Rules, list_facts
from upheld.core.policy.model import SELF
from upheld.core.rights.answering import list_stopped_by_message
from upheld.core.rights.letting import CHANGE, DOWNLOAD, find_letting

GROUP = "Accounts"
NO_ACCOUNTS = "accounts; this policy has no form with an e-mail address and a password, or no cookie for the visit"
SIGN_IN = Meeting(PAGE, "signing in", "/account/sign-in")
CHOICES = Meeting(PAGE, "your choices in My account", "/account/choices")
RELEASES = Meeting(PAGE, "what you let others have, in My account", "/account/releases")


def _registering(reading: Reading) -> Rules:
    return reading.asking(CREDENTIALS) + reading.placing("registration")


def _register(reading: Reading) -> Built:
    if reading.entrance is None:
        return Built(lacks=NO_ACCOUNTS)
    form = reading.entrance.registration
    return Built((Meeting(PAGE, form.title, form.path),))


def _signing_in(reading: Reading) -> Rules:
    guarded = tuple(rule for rule in reading.having("protect") if {"password", "log out"} & set(rule.part("measures")))
    return reading.asking(CREDENTIALS) + reading.placing("sign-in", "log out") + guarded


def _with_account(reading: Reading, *meetings: Meeting) -> Built:
    return Built(meetings) if reading.entrance is not None else Built(lacks=NO_ACCOUNTS)


def _own_data(reading: Reading) -> Rules:
    shown = tuple(rule for rule in reading.having(*SHOWING) if SELF in rule.part("to"))
    let = tuple(rule for rule in reading.having("let") if rule.part("deed") != ("decline",))
    asked = tuple(
        rule
        for rule in reading.having("answer")
        if {"access", "correction", "portability"} & set(rule.part("requests"))
    )
    return shown + let + asked + reading.placing("account link")


def _see_own(reading: Reading) -> Built:
    if reading.entrance is None:
        lacks = "looking up and changing what somebody without an account sent; the wish arrives as a case"
        return Built((MAILBOX, CASES), lacks)
    found = [Meeting(PAGE, "what we hold, in My account", "/account/held")]
    if find_letting(reading.table, CHANGE).data:
        found.append(Meeting(PAGE, "correcting it", "/account/correct"))
    if find_letting(reading.table, DOWNLOAD).data:
        found.append(Meeting(PAGE, "taking a copy", "/account/copy"))
    return Built(tuple(found))


def _message_choices(reading: Reading) -> Rules:
    return reading.list_choices_about("mail", "purpose") + reading.placing("communication preferences")


def _choose_messages(reading: Reading) -> Built:
    if reading.entrance is not None:
        return Built((CHOICES,))
    if list_stopped_by_message(reading.policy):
        return Built((MAILBOX, CASES))
    return Built(lacks=NO_ACCOUNTS)


def _sharing_choices(reading: Reading) -> Rules:
    hanging = tuple(
        rule
        for rule in reading.asking_fact("", forms=("share", "share_only", "for_share_only", "never_share"))
        if any(fact.startswith(("chosen ", "refused ")) or fact == "permitted" for fact in list_facts(rule))
        and not (rule.form == "never_share" and "chosen" not in str(rule.unless))
    )
    return hanging + reading.list_choices_about("sharing") + reading.placing("sharing preferences")


def _choose_sharing(reading: Reading) -> Built:
    if reading.entrance is None:
        return Built(lacks=NO_ACCOUNTS)
    meetings = tuple(
        meeting
        for meeting, is_there in (
            (RELEASES, bool(reading.asking_fact("permitted"))),
            (CHOICES, bool(reading.words.of_sort("choice"))),
        )
        if is_there
    )
    apart = any(rule.part("per") for rule in reading.having("choice_is"))
    return Built(meetings, "a choice for each recipient apart" if apart else "")


def _post_settings(reading: Reading) -> Rules:
    return tuple(
        rule
        for rule in reading.having(*SHOWING)
        if reading.speaks_of(rule, (POST,)) and any(fact.startswith("chosen ") for fact in list_facts(rule))
    )


def _companies(reading: Reading) -> Built:
    if reading.entrance is None or reading.entrance.company is None:
        return Built(lacks="an account for a whole company: the policy has no form of its own for one")
    form = reading.entrance.company
    return Built((Meeting(PAGE, form.title, form.path), Meeting(PAGE, "its people, in My account", "/account/people")))


FUNCTIONS = (
    Function("F-23", "registering", GROUP, _registering, _register),
    Function("F-24", "signing in and out", GROUP, _signing_in, lambda reading: _with_account(reading, SIGN_IN)),
    Function(
        "F-25",
        "a new password",
        GROUP,
        lambda reading: reading.placing("password recovery") + reading.asking(CREDENTIALS),
        lambda reading: _with_account(
            reading,
            Meeting(PAGE, "asking for a new password", "/account/forgot"),
            Meeting(PAGE, "changing it", "/account/password"),
        ),
    ),
    Function(
        "F-26",
        "a forgotten user name",
        GROUP,
        lambda reading: reading.placing("username recovery"),
        lambda _: Built(
            lacks="user names to sign in with, and mailing a forgotten one; people sign in with their address"
        ),
    ),
    Function("F-27", "seeing and changing what is held about oneself", GROUP, _own_data, _see_own),
    Function("F-28", "choosing which messages one gets", GROUP, _message_choices, _choose_messages),
    Function("F-29", "choosing what goes to others", GROUP, _sharing_choices, _choose_sharing),
    Function(
        "F-30",
        "who may see what one posts",
        GROUP,
        _post_settings,
        lambda _: Built(lacks="posts, and a setting for who sees each"),
    ),
    Function(
        "F-31",
        "an account for a company, with several people",
        GROUP,
        lambda reading: reading.taking(ORGANISATION),
        _companies,
    ),
    Function(
        "F-32",
        "joining and leaving communities",
        GROUP,
        lambda reading: reading.taking(COMMUNITY),
        lambda _: Built(lacks="communities, with joining and leaving each"),
    ),
)
