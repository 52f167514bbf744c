"""The page of mails: what was sent for the person, to which address, of which class, when and with what result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse

from upheld.actions.held import list_mail_leaves, open_held
from upheld.actions.outbox import QUEUED, SENDING, WAITING, Shipped, list_messages
from upheld.actions.proofs import NAMED_KIND
from upheld.core.policy.model import Words
from upheld.core.policy.saying.names import capitalise
from upheld.core.rights.copies import HeldValue
from upheld.pages.account.guards import Account, signed_in
from upheld.pages.account.mine import Moment, answer_mine, list_subjects, quote, say_moment, tells_trouble
from upheld.pages.account.sent import refuse_method
from upheld.web.hosts import SiteRequest

# what the log says -> what a person reads, and the mark beside it
_RESULTS = {
    "handed over": ("good", "handed to the mail server"),
    "not sent": ("broken", "not sent"),
    "not known": ("warning", "not known whether it arrived"),
    "came back": ("broken", "came back: not delivered"),
}
_ON_ITS_WAY = {
    QUEUED: ("silent", "waiting to be sent"),
    SENDING: ("silent", "being sent"),
    WAITING: ("warning", "not taken yet; we try again"),
}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a mail, as word and mark."""

    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One line of the log."""

    mail_class: str
    to: str
    at: Moment
    result: Result


@signed_in
@tells_trouble
def show_mails(request: SiteRequest, account: Account) -> HttpResponse:
    """The log of mails, those sent for the person's company with it, the newest first, and what is on its way."""
    refused = refuse_method(request, takes_posts=False)
    if refused is not None:
        return refused
    words = account.binding.policy.words
    leaves = list_mail_leaves(words)
    binding, company = account.binding, account.company
    held = open_held(binding, person=account.person, company=company, data=leaves, now=account.now) if leaves else None
    sent = [view_mail(words, value) for value in reversed(held.values)] if held else []
    sent.sort(key=lambda mail: mail.at.machine, reverse=True)
    refs = next((value.because for value in held.values), ()) if held else ()
    waiting = [
        message
        for state in _ON_ITS_WAY
        for subject in list_subjects(account)
        for message in list_messages(account.site, state=state, person=subject.id)
    ]
    return answer_mine(
        request,
        account,
        "mails",
        "mails",
        mails=[*(view_waiting(words, message) for message in waiting), *sent],
        has_log=bool(leaves),
        whys=quote(account, refs),
    )


def view_mail(words: Words, value: HeldValue) -> Mail:
    """One line of the log; what an older log did not note stays empty."""
    line: Mapping[str, str] = value.value if isinstance(value.value, Mapping) else {}
    kind, word = _RESULTS.get(line.get("result", ""), ("stated", line.get("result", "")))
    return Mail(
        mail_class=say_class(words, line.get("class", "")),
        to=line.get("to", ""),
        at=say_moment(read_moment(line.get("at", ""), value.collected_at)),
        result=Result(kind, word),
    )


def view_waiting(words: Words, message: Shipped) -> Mail:
    """A mail that has not left yet: it has no line in the log so far."""
    kind, word = _ON_ITS_WAY[message.state]
    to = "an address named for a shipment" if message.kind == NAMED_KIND else ""
    return Mail(say_class(words, message.mail_class), to, say_moment(message.queued_at), Result(kind, word))


def say_class(words: Words, name: str) -> str:
    """A class of message as people read it."""
    return capitalise(words.label(name, "mail")) if name else ""


def read_moment(text: str, otherwise: datetime) -> datetime:
    """The moment that a line of the log gives."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return otherwise
