"""What a message that arrived is: a report of a mail server, a program's, our own come back, a no, or one that somebody reads.

Pure reading of a letter; knows no policy, no person and no store. In doubt a message is one that somebody reads.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from upheld.core.notices.letters import Letter, read_addresses
from upheld.core.notices.plain import find_own_words
from upheld.core.notices.saying_no import Heard, hear_no

CHOICE, CASE, BOUNCE, AUTOMATIC, LOOP = "choice", "case", "bounce", "automatic", "loop"
TOO_LARGE, BROKEN = "too-large", "broken"
# RFC 5321, section 6.3 (read 2025-11-22): what has passed so many servers goes round in a circle.
MOST_RECEIVED = 100
OURS = re.compile(r"m_[a-z2-9]{20}")
_OUR_ID = re.compile(r"<?(m_[a-z2-9]{20})@")
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_AUTO_HEADERS = ("x-autoreply", "x-autorespond", "x-autoresponse", "x-auto-reply", "feedback-id")
_LIST_HEADERS = ("list-id", "list-unsubscribe", "list-post")
_SYSTEM = re.compile(r"(?i)(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(?:[+=.-].*)?@")
_OUT_OF_OFFICE = re.compile(
    r"(?i)^(?:automatic reply|auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|abwesenheit\w*|autosvar|risposta automatica"
    r"|réponse automatique|respuesta automática)\b"
)


@dataclass(frozen=True, slots=True)
class Sorted:
    """What a letter is. `sort` is one of this module's words; `reason` a term that says why it is that.

    `message` is the message of ours that it answers or returns; `heard` what was said about stopping; `is_hard` of a
    report: that the address takes nothing for good; `is_proved` that its sender was shown to be real; `may_answer` that
    a program may write back to whoever sent it.
    """

    sort: str
    reason: str = ""
    message: str = ""
    heard: Heard = field(default_factory=Heard)
    is_hard: bool = False
    is_proved: bool = False
    may_answer: bool = False


def sort_letter(letter: Letter, *, own: Collection[str], authority: str = "", answers_ours: bool = False) -> Sorted:
    """The letter, sorted. `own` are the addresses that the house receives and sends at, in small letters.

    `authority` is the name under which the house's own mail server says what it has checked (RFC 8601); without it no
    sender is proved. `answers_ours` says that a message of ours that a no stops is being answered.
    """
    message = find_answered(letter)
    returned = find_returned(letter)
    if returned is not None:
        return returned
    if is_from_us(letter, own):
        return Sorted(LOOP, "own", message)
    if len(letter.list("received")) > MOST_RECEIVED:
        return Sorted(LOOP, "round", message)
    heard = hear_no(letter.subject, find_own_words(letter.text), answers_ours=answers_ours)
    message = heard.message or message
    reason = find_program(letter, own)
    is_by_link = heard.is_no and (bool(heard.message) or letter.subject.strip().lower() == "unsubscribe")
    # The button of a mail program sends what is asked for in List-Unsubscribe; it may say that a program sent it.
    if reason and not (is_by_link and reason == "auto-generated"):
        return Sorted(AUTOMATIC, reason, message)
    is_proved = is_sender_proved(letter, authority)
    may_answer = not reason and bool(letter.sender) and not _SYSTEM.match(letter.sender)
    if heard.is_no:
        return Sorted(CHOICE, "", message, heard, is_proved=is_proved, may_answer=may_answer)
    sort = BROKEN if letter.is_broken else TOO_LARGE if letter.is_cut else CASE
    return Sorted(sort, "", message, heard, is_proved=is_proved, may_answer=may_answer)


def find_answered(letter: Letter) -> str:
    """The id of the message of ours that it answers, by In-Reply-To or References; empty when there is none."""
    for name in ("in-reply-to", "references"):
        found = _OUR_ID.findall(letter.find(name))
        if found:
            return str(found[-1])
    return ""


def find_returned(letter: Letter) -> Sorted | None:
    """What a report of a mail server (RFC 3464) comes to; None for what is none.

    A report that names no message of ours is a program's, and nothing follows from it. One about a delay is soft.
    """
    if not (letter.is_report and letter.returned):
        return None
    report = letter.returned[0]
    found = OURS.search(report.message_id)
    message = found.group(0) if found else find_answered(letter)
    if not message or report.action not in ("failed", "delayed"):
        return Sorted(AUTOMATIC, "report", message)
    return Sorted(
        BOUNCE, report.action, message, is_hard=report.action == "failed" and not report.status.startswith("4")
    )


def is_from_us(letter: Letter, own: Collection[str]) -> bool:
    """Whether a message of ours has come back: sent by one of our addresses, or under an id that we make."""
    senders = [address.lower() for address in read_addresses([*letter.list("from"), *letter.list("sender")])]
    return any(sender in own for sender in senders) or bool(_OUR_ID.match(f"{letter.message_id}"))


def find_program(letter: Letter, own: Collection[str]) -> str:
    """Why a program wrote it and no person, as a term; empty when nothing says so. (RFC 3834, sections 2 and 5.)"""
    automatic = letter.find("auto-submitted").partition(";")[0].strip().lower()
    if automatic and automatic != "no":
        return "auto-replied" if automatic.startswith("auto-replied") else "auto-generated"
    if "<>" in letter.list("return-path"):
        return "null-sender"
    if any(letter.find(name) for name in _AUTO_HEADERS) or _OUT_OF_OFFICE.match(letter.subject):
        return "auto-replied"
    # A list that our own address stands behind brings messages of people: its domain is ours.
    domains = {address.rpartition("@")[2] for address in own}
    lists = " ".join(letter.find(name).lower() for name in _LIST_HEADERS).strip()
    is_list = bool(lists) and not any(domain in lists for domain in domains)
    is_bulk = letter.find("precedence").strip().lower() in _BULK and not (lists and not is_list)
    return "list" if is_list or is_bulk else ""


def is_sender_proved(letter: Letter, authority: str) -> bool:
    """Whether our own mail server says that the domain in From stands behind the message: DMARC, or aligned DKIM or SPF.

    Only the topmost Authentication-Results counts, and only under our server's name: anybody can write one, and it is our
    server that takes out those in its name before it adds its own (RFC 8601, section 5, read 2025-11-22).
    """
    domain = letter.sender.rpartition("@")[2].lower()
    header = letter.find("authentication-results")
    if not authority or not domain or not header:
        return False
    name, _, rest = read_structure(header).partition(";")
    if name.lower().split()[:1] != [authority.lower()]:
        return False
    for result in rest.lower().split(";"):
        words = dict(pair.partition("=")[::2] for pair in result.split() if "=" in pair)
        behind = words.get("header.from") if words.get("dmarc") == "pass" else None
        if words.get("dkim") == "pass":
            behind = words.get("header.d") or words.get("header.i", "").rpartition("@")[2]
        if words.get("spf") == "pass":
            behind = words.get("smtp.mailfrom", "").rpartition("@")[2]
        if behind and is_aligned(domain, behind.strip('"')):
            return True
    return False


def read_structure(header: str) -> str:
    """A structured header without its comments, quoted strings left as empty ones; empty when either never ends.

    A sender picks what stands in both: the part of their address before the @ may be quoted, with anything in it.
    """
    kept: list[str] = []
    depth, is_quoted, is_escaped = 0, False, False
    for sign in header:
        if is_escaped:
            is_escaped = False
        elif sign == "\\" and (depth or is_quoted):
            is_escaped = True
        elif is_quoted:
            is_quoted = sign != '"'
        elif sign in "()":
            depth = max(0, depth + (1 if sign == "(" else -1))
            kept.append(" ")
        elif not depth:
            is_quoted = sign == '"'
            kept.append('""' if is_quoted else sign)
    return "" if depth or is_quoted else "".join(kept)


def is_aligned(domain: str, behind: str) -> bool:
    """Whether a domain is the one that was checked, or lies below it."""
    return "." in behind and (domain == behind or domain.endswith(f".{behind}"))
