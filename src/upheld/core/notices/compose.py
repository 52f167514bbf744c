"""A notice's words put together: subject, plain text, HTML; knows no address and no gate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from textwrap import fill

from upheld.core.errors import NoticeError
from upheld.core.notices.classes import list_parts
from upheld.core.notices.instructions import say_instructions
from upheld.core.notices.kinds import NOTICES, Notice
from upheld.core.notices.stops import find_spared, is_stopped_by_message
from upheld.core.policy.model import Policy

WIDTH = 76
_UNSUBSCRIBE = "part:unsubscribe link"
_LINK_PARTS = {
    _UNSUBSCRIBE: ("unsubscribe-link", "Stop these messages"),
    "part:stop link": ("stop-link", "Stop these messages"),
}
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Written:
    """A notice ready to be sent: no address in it."""

    subject: str
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A paragraph, or a link with its words."""

    words: str
    address: str = ""


def write_notice(
    policy: Policy,
    *,
    service: str,
    kind: str,
    mail_class: str,
    because: tuple[str, ...],
    policy_address: str,
    values: Mapping[str, str],
) -> Written:
    """The notice of this kind as a message of this class.

    `because` are the sentences that permit it; the first is quoted at the end. `values` fill the kind's places; `link`,
    `unsubscribe-link` and `stop-link` are addresses. Raises NoticeError M911 for a kind that does not exist or a value
    that is missing or holds a line break, M912 when the policy puts something into this class that is not given.
    """
    notice = find_notice(kind)
    given = fill_values(notice, values, service=service)
    lines = [_Line(paragraph.format_map(given)) for paragraph in notice.paragraphs]
    if notice.link:
        lines.append(_Line(notice.link, given["link"]))
    lines += [_Line(paragraph.format_map(given)) for paragraph in notice.after]
    parts = [_make_part(policy, part, mail_class, given) for part in list_parts(policy, mail_class)]
    foot = [*parts, *_say_why(policy, mail_class, because, policy_address), _Line(_sign(policy, service))]
    subject = notice.subject.format_map(given)
    return Written(
        subject, _write_text(lines, foot), _write_html(subject, lines, foot), _list_headers(policy, mail_class, given)
    )


def write_letter(
    policy: Policy,
    *,
    service: str,
    mail_class: str,
    because: tuple[str, ...],
    policy_address: str,
    subject: str,
    text: str,
    values: Mapping[str, str],
) -> Written:
    """Free text of the business as a message of this class, with the same foot and headers as a notice has.

    Paragraphs of `text` are parted by empty lines; a line break inside one stays. Nothing in it is filled in: `values`
    are for the parts that the policy puts at the end, such as `unsubscribe-link`. Raises NoticeError M911 for a subject
    with a line break, or without words in it or in the text; M912 when the policy puts in what is not given.
    """
    if _FORBIDDEN.search(subject) or not subject.strip() or not text.strip():
        raise NoticeError("M911", "a message needs words, and a subject on one line", "write both")
    blocks = (block.strip("\n") for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").strip()))
    lines = [_Line("\n".join(part.strip() for part in block.split("\n"))) for block in blocks if block.strip()]
    given = {**values, "service": service}
    parts = [_make_part(policy, part, mail_class, given) for part in list_parts(policy, mail_class)]
    foot = [*parts, *_say_why(policy, mail_class, because, policy_address), _Line(_sign(policy, service))]
    return Written(
        subject.strip(),
        _write_text(lines, foot),
        _write_html(subject.strip(), lines, foot),
        _list_headers(policy, mail_class, given),
    )


def find_notice(kind: str) -> Notice:
    """The kind of this name; raises NoticeError M911."""
    notice = NOTICES.get(kind)
    if notice is None:
        raise NoticeError("M911", f"there is no notice `{kind}`", "the kinds stand in core/notices/kinds.py")
    return notice


def fill_values(notice: Notice, values: Mapping[str, str], *, service: str) -> dict[str, str]:
    """The values by their places; raises NoticeError M911 for one that is missing or would break a line."""
    missing = sorted(notice.places - values.keys())
    if missing:
        text = f"the notice `{notice.name}` lacks {', '.join(missing)}"
        raise NoticeError("M911", text, "give a value for each of its places")
    given = {**values, "service": service}
    broken = sorted(name for name, value in given.items() if _FORBIDDEN.search(value))
    if broken:
        text = f"a value of the notice `{notice.name}` has a line break in it: {', '.join(broken)}"
        raise NoticeError("M911", text, "values of notices are short and on one line")
    return given


def _make_part(policy: Policy, part: str, mail_class: str, given: Mapping[str, str]) -> _Line:
    """What the policy puts into the message, as a line of it."""
    sort, _, name = part.partition(":")
    if sort != "part":  # a text in quotes is put as it stands
        return _Line(name or part)
    if part in _LINK_PARTS:
        key, words = _LINK_PARTS[part]
        if key in given:
            return _Line(words, given[key])
    elif name == "cannot-stop note":
        return _Line(
            f"This is of the kind “{policy.words.label(mail_class, 'mail')}”, which comes whatever you have said about"
            " other messages."
        )
    elif name == "unsubscribe instructions":
        return _Line(say_instructions(policy, mail_class))
    elif (key := name.replace(" ", "-")) in given:
        return _Line(given[key])
    text = f"the policy puts `{name}` into `{mail_class}`, and the notice has none"
    raise NoticeError("M912", text, "give it, or send the notice as another class")


def _say_why(policy: Policy, mail_class: str, because: tuple[str, ...], address: str) -> list[_Line]:
    """The sentence that permits the message and where it stands, and the one by which a no does not stop it."""
    sentence = next((found for ref in because if (found := policy.find_sentence(ref))), None)
    if sentence is None:
        return []
    anchor = sentence.ref.partition("#")[2]
    label = policy.words.label(mail_class, "mail")
    lines = [_Line(f"This is one of the messages we call “{label}”. Our policy says: “{sentence.text}”")]
    sparing = next(
        (found for ref in find_spared(policy).get(mail_class, ()) if (found := policy.find_sentence(ref))), None
    )
    if sparing is not None:
        lines.append(_Line(f"A no does not stop such messages. Our policy says: “{sparing.text}”"))
    return [*lines, _Line("Read the policy", f"{address}#{anchor}")]


def _sign(policy: Policy, service: str) -> str:
    """Who sends it, with the postal address that the policy gives."""
    return ", ".join(dict.fromkeys(filter(None, (service, policy.contact.get("post", "")))))


def _write_text(lines: list[_Line], foot: list[_Line]) -> str:
    blocks = [_write_line(line) for line in lines]
    return "\n\n".join([*blocks, "-- \n" + "\n\n".join(_write_line(line) for line in foot)]) + "\n"


def _write_line(line: _Line) -> str:
    # An address is never folded: many programs follow only what stands on one line.
    said = (line.words + (":" if line.address else "")).split("\n")
    words = "\n".join(fill(part, WIDTH, break_long_words=False, break_on_hyphens=False) for part in said)
    return f"{words}\n{line.address}" if line.address else words


def _write_html(subject: str, lines: list[_Line], foot: list[_Line]) -> str:
    """The same words as HTML without style, picture or script: it looks as the reader's program likes it."""
    body = "\n".join(_write_paragraph(line) for line in lines)
    end = "\n".join(_write_paragraph(line) for line in foot)
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>{escape(subject)}</title></head>\n<body>\n{body}\n<hr>\n{end}\n</body>\n</html>\n"
    )


def _write_paragraph(line: _Line) -> str:
    if not line.address:
        return "<p>" + "<br>\n".join(escape(part) for part in line.words.split("\n")) + "</p>"
    return f'<p><a href="{escape(line.address)}">{escape(line.words)}</a></p>'


def _list_headers(policy: Policy, mail_class: str, given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """That a program wrote it (RFC 3834), and how a mail program stops such messages: by a link, by a message.

    One click is enough (RFC 8058) where the link is ours for the class; the link of people whom a customer named opens a
    page. The message goes to the policy's own contact, where it lets a message stop the class, and names this one.
    """
    headers = [("Auto-Submitted", "auto-generated")]
    parts = list_parts(policy, mail_class)
    link = next((given[_LINK_PARTS[part][0]] for part in parts if part in _LINK_PARTS), "")
    if not link:
        return tuple(headers)
    ways = [f"<{link}>"]
    contact = policy.contact.get("email", "")
    if contact and given.get("message") and is_stopped_by_message(policy, mail_class):
        ways.append(f"<mailto:{contact}?subject=unsubscribe%20{given['message']}>")
    headers.append(("List-Unsubscribe", ", ".join(ways)))
    if _UNSUBSCRIBE in parts:
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return tuple(headers)
