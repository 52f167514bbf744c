"""Whether the words of a message say no to offers and news, plainly enough to act on; knows no policy, sender or mail.

Three answers: a plain no, words that may be one (somebody reads them, soon), and no no at all. Nothing here is ever read
as a yes. The words begin with those that the FCC names for revoking (47 CFR 64.1200(a)(10), read 2025-11-22: stop, quit,
end, revoke, opt out, cancel, unsubscribe).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_WORDS = 60  # a longer message has more to say than a no: somebody reads it
MOST_CHARACTERS = 4000

# Alone these say no to whoever wrote before; the second kind only as an answer to a message of ours that can be stopped:
# to a courier, `cancel` may be about a parcel, and `remove me` about an account.
_STRONG = frozenset(
    {
        "stop",
        "stop all",
        "stopall",
        "unsubscribe",
        "unsubscribe me",
        "unsubscribe all",
        "opt out",
        "opt me out",
        "optout",
    }
    | {"stop mailing", "stop emailing", "stop mailing me", "stop emailing me", "stop writing to me", "stop spamming me"}
    | {"i opt out", "i want to opt out", "i wish to opt out", "i would like to opt out", "i want out of this list"}
    | {"i want to unsubscribe", "i wish to unsubscribe", "i would like to unsubscribe", "i'd like to unsubscribe"}
)
_WEAK = frozenset(
    {
        "quit",
        "end",
        "cancel",
        "revoke",
        "remove",
        "remove me",
        "take me off",
        "no",
        "no thanks",
        "no more",
        "not interested",
    }
    | {"stop this", "stop it", "stop these", "enough", "leave me alone", "delete me", "off", "don't write to me"}
)
_ADVERTS = (
    r"(?:offers?|newsletters?|news ?letters?|promotions?|promos?|marketing|adverts?|advertisements?|advertising|ads|spam"
    r"|junk ?mail|mailings?|(?:promotional|advertising|marketing|commercial) (?:e-?mails?|mails?|messages?))"
)
_THINGS = rf"(?:{_ADVERTS}|e-?mails?|mails?|messages?|news|mailing ?lists?|subscriptions?)"
_LISTS = rf"(?:{_THINGS}|lists?)"
_OF = r"(?:\s+[a-z'-]+){0,4}?\s+"  # `your promotional`, `any of these`, `sending me the`
_ME = r"(?:me|us|this address|my (?:e-?mail(?: address)?|address|name))"
_SAYS_NO = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:stop|quit|cease|end|discontinue|cancel|revoke){_OF}{_THINGS}\b",
        rf"\A(?:no more|no further|say no to|i say no to){_OF[:-3]}(?:\s+[a-z-]+)?\s*{_THINGS}\b",
        rf"\Ano(?:\s+[a-z-]+)?\s+{_ADVERTS}(?: (?:from you|to me|to this address|here|ever|any more|anymore))?\Z",
        rf"\b(?:do not|don't|never|no longer)\s+(?:ever\s+)?(?:send|mail|e-?mail|write)\b(?:{_OF}{_THINGS}|\s+{_ME}\Z)",
        rf"\b(?:do not|don't|no longer)\s+(?:want|wish|need|like to (?:get|receive)){_OF}{_THINGS}\b",
        rf"\b(?:take|get|remove|delete|strike)\s+{_ME}\s+(?:off|from|out of)\b{_OF}{_LISTS}\b",
        rf"\b(?:unsubscribe|opt\s?-?out|opt {_ME} out)\b(?:\s+{_ME})?(?:\s+(?:from|of){_OF}{_LISTS})?\Z",
    )
)
# What turns such a clause round, or leaves it open: then somebody reads it.
_TURNED = re.compile(
    r"\b(?:(?:do not|don't|didn't|did not|never|without|not|cannot|can't|rather than|instead of)\s+(?:\w+\s+){0,3}?"
    r"(?:stop|stopping|unsubscribe|unsubscribing|cancel|cancelling|quit|opt|end|remove|take me off)"
    r"|why|how|when|what|where|whether|who|which|unsubscribed|already|did|did you|have you)\b"
)
# What ties all of a message to a condition, or asks for messages: then somebody reads it.
_OPEN = re.compile(
    r"\b(?:if|unless|until|except|but keep|but not|only send|only keep|keep sending|keep the|continue"
    r"|resubscribe|subscribe me|sign me up|opt in|opt me in|start sending|(?:don't|do not|never) (?:\w+ )?(?:stop|unsubscribe)"
    r"|(?:i|we|i'd)(?: would)? (?:\w+ )?(?:like|love|enjoy|want) (?:the|your|to (?:get|receive|have|keep|see)))\b"
)
_MAY_BE = re.compile(
    rf"\b(?:unsubscrib\w*|opt(?:ed|ing)?[ -]?out|stop|quit|cease|revoke|take me off|remove me|no more|mailing ?list)\b"
    rf"|\b(?:don't|do not|no longer)\b.{{0,40}}\b{_ADVERTS}\b|\bspam(?:ming)?\b"
)
# Said around a no without changing it.
_POLITE = re.compile(
    r"\b(?:please|pls|plz|kindly|thanks|thank you|thx|many thanks|hello|hi|hey|dear \w+(?: \w+)?|good (?:morning|day|evening|afternoon)"
    r"|can you|could you|would you|will you|just|immediately|now|at once|asap|right away|from now on|with immediate effect"
    r"|to whom it may concern|all the best|kind regards|best regards|best wishes|regards|best|sincerely|yours|cheers)\b"
)
_REPLY = re.compile(r"(?i)^(?:(?:re|fwd?|aw|antw|wg|sv)\s*:\s*|\[[^\]]{0,40}\]\s*)+")
_BY_LINK = re.compile(r"(?i)\s*(?:unsubscribe|stop)(?:\s+(m_[a-z2-9]{20}))?\s*\Z")
# What mail programs write when their own button to unsubscribe was pressed.
_BY_PROGRAM = re.compile(r"(?i)automatically generated|sent this e-?mail to unsubscribe")
_MAKES_CLAUSES = re.compile(r"[.!?;\n,]+|\s+-+\s+|\s+–\s+")


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard: a plain no, words that may be one, and whether there is more in it that somebody should read.

    `message` is the id of the message of ours that its subject names, as the address in the header List-Unsubscribe does.
    """

    is_no: bool = False
    may_be_no: bool = False
    has_more: bool = False
    message: str = ""


def hear_no(subject: str, own_words: str, *, answers_ours: bool = False) -> Heard:
    """What the subject and the sender's own words come to.

    `answers_ours`: it answers a message of ours that a no stops, so that one weak word is enough. What a form
    sends has no subject.
    """
    by_link = _BY_LINK.match(subject)
    body = own_words[:MOST_CHARACTERS]
    said = _read_clauses(_normalise(body))
    topic = "" if _REPLY.match(subject) else _normalise(subject)
    if by_link and not _is_open(body):
        return Heard(
            is_no=True, has_more=not _BY_PROGRAM.search(body) and _says_more(said), message=by_link.group(1) or ""
        )
    in_topic = bool(topic) and _is_plain(topic, answers_ours=False)
    plain = [clause for clause in said if _is_plain(clause, answers_ours=answers_ours and len(said) <= 2)]
    is_long = len(body.split()) > MOST_WORDS
    if _is_open(f"{topic}. {body}") or (is_long and not in_topic):
        return Heard(may_be_no=bool(plain or in_topic or _MAY_BE.search(_normalise(f"{topic}. {body}"))), has_more=True)
    if plain or in_topic:
        more = _says_more([clause for clause in said if clause not in plain])
        return Heard(is_no=True, has_more=more)
    return Heard(may_be_no=bool(_MAY_BE.search(_normalise(f"{topic}. {body}"))), has_more=True)


def _normalise(text: str) -> str:
    """Small letters, plain apostrophes and hyphens, single spaces."""
    plain = text.lower().replace("’", "'").replace("‘", "'").replace("\u2011", "-").replace("\u00a0", " ")
    plain = re.sub(r"[\"“”*_()<>\[\]{}|~]", " ", plain)
    return re.sub(r"[^\S\n]+", " ", plain).strip()


def _read_clauses(text: str) -> list[str]:
    """The clauses of a text without what is said out of politeness, and without the name at its end."""
    clauses = [" ".join(piece.split()) for piece in _MAKES_CLAUSES.split(text)]
    bare = [" ".join(_POLITE.sub(" ", clause).split()).strip(" -–:,") for clause in clauses]
    return [clause for clause in bare if re.search(r"\w", clause)]


def _is_plain(clause: str, *, answers_ours: bool) -> bool:
    """Whether this clause says no by itself."""
    bare = " ".join(_POLITE.sub(" ", clause).split()).strip(" .!?,-–:")
    if bare in _STRONG or (answers_ours and bare in _WEAK):
        return True
    if len(bare.split()) > 25:
        return False
    return any(pattern.search(bare) for pattern in _SAYS_NO) and not _TURNED.search(bare)


def _is_open(text: str) -> bool:
    """Whether anything in it ties a no to a condition, or asks for messages."""
    return bool(_OPEN.search(" ".join(_normalise(text).split())))


def _says_more(clauses: list[str]) -> bool:
    """Whether these clauses are more than a name: a question, or a line of several words."""
    return any(len(clause.split()) > 3 or re.search(r"\d{3}", clause) for clause in clauses)
