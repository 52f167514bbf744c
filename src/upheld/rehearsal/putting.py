"""Rehearsals of what a policy puts into messages: it stands in each as it was sent, and its links do what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

from upheld.channels.folder.reading import Mail
from upheld.core.notices.audience import find_campaign_class
from upheld.core.notices.stops import find_stops, list_stopping_choices
from upheld.core.policy.administration import list_administrative_classes
from upheld.core.policy.model import Rule
from upheld.core.policy.saying.names import say_time
from upheld.core.proof.evidence import Step
from upheld.rehearsal.campaigning import is_nobody, is_reached, say_answer, say_class, send_letter
from upheld.rehearsal.cast import YES, NotBuilt, need_entrance
from upheld.rehearsal.delivering import book, deliver, find_event_mail, invent_named
from upheld.rehearsal.page import Page
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import done, missing, refused, works

UNSUBSCRIBE, STOP = "part:unsubscribe link", "part:stop link"
INSTRUCTIONS = "part:unsubscribe instructions"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}  # RFC 8058, section 3.2 (read 2026-11-22)
ANSWERS = ("choice.recorded", "address.suppressed")
_LINK = re.compile(r"https?://\S*/stop/\S+")
_FOOT = "\n-- \n"  # what parts the words of a message from its foot


class _Links(HTMLParser):
    """The links of a message's HTML that stand in its foot."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._is_foot = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_foot |= tag == "hr"
        if tag == "a" and self._is_foot:
            self.found += [value for name, value in attrs if name == "href" and value]


def rehearse_put(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Each class that the rule names carries each part that it puts there."""
    for number, mail_class in enumerate(rule.part("mails")):
        yield from try_class(stage, rule, mail_class, is_first=not number)


def rehearse_put_every(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Each class of message that the house can be brought to send carries each part."""
    found = [name for name in stage.policy.words.of_sort("mail") if _is_sent(stage, name)]
    if not found:
        raise NotBuilt("the house sends no message under this policy")
    for number, mail_class in enumerate(found):
        yield from try_class(stage, rule, mail_class, is_first=not number)


def _is_sent(stage: Stage, mail_class: str) -> bool:
    if find_campaign_class(stage.policy, mail_class) is not None or mail_class in list_administrative_classes(
        stage.policy
    ):
        return True
    return find_event_mail(stage, mail_class) is not None


def try_class(stage: Stage, rule: Rule, mail_class: str, *, is_first: bool) -> Iterator[Step]:
    """Messages of one class are brought about and read as they were sent; of the first class also those that follow."""
    stage.begin_anew()
    named = invent_named(2)
    mails = _bring_about(stage, mail_class, named)
    said = say_class(mail_class)
    if not mails:
        yield works(f"a {said} is sent to a customer", is_kept=False, saw="none left")
        return
    for part in rule.part("putting"):
        if part in (UNSUBSCRIBE, STOP):
            yield from try_link(stage, mail_class, mails, part)
        elif part == INSTRUCTIONS:
            yield from try_instructions(stage, mail_class, mails)
        elif part.startswith("part:"):
            yield missing(f"nothing shows yet that {part.partition(':')[2]} in a {said} is right")
        else:
            words = part.partition(":")[2] or part
            is_there = all(words in " ".join(_read_foot(stage, mail).split()) for mail in mails)
            yield done(f"each {said} has the words of the rule at its end", is_there, "they are not there")
    if UNSUBSCRIBE in rule.part("putting"):
        yield from try_unsubscribing(stage, mails)
        if is_first:
            yield from try_next(stage, mail_class)
    if STOP in rule.part("putting") and find_event_mail(stage, mail_class) is not None:
        yield from try_stopping(stage, mail_class, mails, named)


def _bring_about(stage: Stage, mail_class: str, named: tuple[str, ...]) -> tuple[Mail, ...]:
    """Messages of this class that have left. Raises NotBuilt where the house sends none of it."""
    before = {mail.id for mail in stage.list_mails()}
    if find_event_mail(stage, mail_class) is not None:
        deliver(stage, book(stage, stage.cast.willing, named))
    elif find_campaign_class(stage.policy, mail_class) is not None:
        for choice in stage.binding.gate.table.choices:
            for customer in (stage.cast.silent, stage.cast.willing):
                say_answer(stage, customer, choice, YES)
        return send_letter(stage, mail_class)
    elif mail_class in list_administrative_classes(stage.policy):
        browser = stage.browse()
        browser.send(browser.open("/account/forgot"), {need_entrance(stage).address: stage.cast.silent.address})
        stage.carry_mails()
    else:
        raise NotBuilt(f"nothing in the house sends a {say_class(mail_class)}")
    return tuple(mail for mail in stage.list_mails() if mail.id not in before)


def _read_mail(stage: Stage, mail: Mail) -> EmailMessage:
    found = message_from_bytes(stage.read_raw(mail), policy=default)
    assert isinstance(found, EmailMessage)  # noqa: S101 - what this way of reading makes
    return found


def _read_body(stage: Stage, mail: Mail, kind: str) -> str:
    body = _read_mail(stage, mail).get_body((kind,))
    return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""


def _read_foot(stage: Stage, mail: Mail) -> str:
    """The end of a message's text, behind its words; empty where nothing parts them."""
    return _read_body(stage, mail, "plain").rpartition(_FOOT)[2] if _FOOT in _read_body(stage, mail, "plain") else ""


def try_instructions(stage: Stage, mail_class: str, mails: tuple[Mail, ...]) -> Iterator[Step]:
    """The end of each names what a no stops, of its own class or else of all that can be stopped, and by when it counts."""
    policy, said = stage.policy, say_class(mail_class)
    by_choice = find_stops(policy).by_choice
    choices = list_stopping_choices(policy, mail_class) or tuple(name for name, classes in by_choice.items() if classes)
    labels = {policy.words.label(name, "mail") for choice in choices for name in by_choice[choice]}
    ends = [" ".join(_read_foot(stage, mail).split()) for mail in mails]
    is_named = bool(labels) and all(label in end for label in labels for end in ends)
    yield done(f"each {said} says at its end which messages a no stops", is_named, "one does not name them all")
    changes = [rule for rule in policy.active_rules if rule.form == "choice_changed" and rule.part("within")]
    times = {
        policy.parameters[name].value if name in policy.parameters else name
        for rule in changes
        if set(choices) & set(rule.part("choices")) and set(rule.part("changes")) - {"by:link"}
        for name in rule.part("within")
    }
    is_timed = all(say_time(time) in end for time in times for end in ends)
    yield done(f"each {said} says how, and by when a no counts", is_timed, "one does not")


def find_stop_link(stage: Stage, mail: Mail) -> str:
    """The link in a message's foot that stops such messages; empty without one."""
    found = _LINK.search(_read_foot(stage, mail))
    return found.group() if found else ""


def try_link(stage: Stage, mail_class: str, mails: tuple[Mail, ...], part: str) -> Iterator[Step]:
    """The link stands at the end of each, as text and as HTML, in a header for mail programs, and is another for each."""
    said = say_class(mail_class)
    links = [find_stop_link(stage, mail) for mail in mails]
    yield done(f"each {said} has the link at the end of its text", all(links), "one has none")
    if not all(links):
        return
    same = [_has_link(_read_body(stage, mail, "html"), link) for mail, link in zip(mails, links, strict=True)]
    yield done(f"each {said} has the same link at the end of its HTML", all(same), "one has none, or another")
    heads = [_read_mail(stage, mail) for mail in mails]
    listed = [f"<{link}>" in str(head["List-Unsubscribe"] or "") for head, link in zip(heads, links, strict=True)]
    yield done(f"each {said} tells mail programs the link in its header", all(listed), "one does not")
    if part == UNSUBSCRIBE:
        clicks = [str(head["List-Unsubscribe-Post"] or "") == "List-Unsubscribe=One-Click" for head in heads]
        yield done(f"each {said} tells mail programs that one click is enough", all(clicks), "one does not")
    yield refused(
        f"no two of the class “{mail_class}” have one link", len(set(links)) == len(links), "two people have the same"
    )


def _has_link(html: str, link: str) -> bool:
    reader = _Links()
    reader.feed(html)
    return link in reader.found


def try_unsubscribing(stage: Stage, mails: tuple[Mail, ...]) -> Iterator[Step]:
    """Opening the link changes nothing, one press without signing in and without script stops such messages for good."""
    customer = stage.cast.willing
    own = next((mail for mail in mails if mail.to == customer.address), None)
    link = find_stop_link(stage, own) if own else ""
    if not link:
        return
    serial, browser = stage.last_serial, stage.browse()
    page = browser.open(link)
    stage.work_on()
    is_kept = page.is_good and not stage.list_lines(*ANSWERS, after=serial)
    yield refused(
        "the link is opened, as a mail server does that looks at links: nothing is changed", is_kept, "it was"
    )
    is_plain = any(form.method == "post" for form in page.forms)
    yield works("the page of the link has a button, without signing in and without script", is_plain, "it has none")
    broken = f"{link[:-8]}{'A' if link[-8] != 'A' else 'B'}{link[-7:]}"  # the last letter may stand for fewer bits
    wrong = stage.browse().post(broken, ONE_CLICK)
    is_kept = wrong.status in (404, 410) and not stage.list_lines(*ANSWERS, after=serial)
    yield refused("a link with one letter changed is pressed: it stops nothing", is_kept, f"it answered {wrong.status}")
    answer = stage.browse().post(link, ONE_CLICK)
    lines = stage.list_lines(*ANSWERS, after=serial)
    is_kept = answer.is_good and bool(lines) and {line.person for line in lines} == {customer.id}
    says = "a mail program presses the link by itself, with no cookie: the no is on record, for this customer alone"
    yield works(says, is_kept, f"it answered {answer.status}", *(line.id for line in lines))


def try_next(stage: Stage, mail_class: str) -> Iterator[Step]:
    """The next letter of the class reaches the others and not who pressed the link; the button of the page does the same."""
    said, customer, other = say_class(mail_class), stage.cast.willing, stage.cast.silent
    mails = send_letter(stage, mail_class, number=2)
    yield done(f"the next {said} does not go to who pressed the link", is_nobody(mails, (customer.address,)), "it did")
    yield works(f"the next {said} goes to the others as before", is_reached(mails, other), "somebody got none")
    mail = next((mail for mail in mails if mail.to == other.address), None)
    link = find_stop_link(stage, mail) if mail else ""
    if not link:
        return
    page = _press(stage, link)
    is_kept = page.is_good and is_nobody(send_letter(stage, mail_class, number=3), (other.address,))
    yield done(f"somebody presses the button of the page: the next {said} does not reach them", is_kept, "it did")


def _press(stage: Stage, link: str) -> Page:
    """The button behind a link, pressed; the page as it is where it has none."""
    browser = stage.browse()
    page = browser.open(link)
    form = next((form for form in page.forms if form.method == "post"), None)
    return browser.send(page, {}, form=form) if form else page


def try_stopping(stage: Stage, mail_class: str, mails: tuple[Mail, ...], named: tuple[str, ...]) -> Iterator[Step]:
    """Somebody whom a customer named stops such messages: for each later shipment, and for nobody else."""
    said = say_class(mail_class)
    first, *rest = named
    mail = next((mail for mail in mails if mail.to == first), None)
    link = find_stop_link(stage, mail) if mail else ""
    if not link:
        return
    serial = stage.last_serial
    page = stage.browse().open(link)
    stage.work_on()
    is_kept = page.is_good and not stage.list_lines(*ANSWERS, after=serial)
    yield refused("somebody who was named opens the link: nothing is changed by that alone", is_kept, "it was")
    pressed = _press(stage, link)
    lines = stage.list_lines("address.suppressed", after=serial)
    says = "they press the button, without an account and without script: their no is on record"
    yield works(says, pressed.is_good and len(lines) == 1, f"it answered {pressed.status}", *(one.id for one in lines))
    before = {one.id for one in stage.list_mails()}
    deliver(stage, book(stage, stage.cast.silent, named))
    later = [one for one in stage.list_mails() if one.id not in before]
    says = f"another customer names them again: no {said} goes to them any more"
    yield done(says, is_nobody(later, (first,)), "it went to them")
    heard = [one.to for one in later]
    says = f"the others who were named, and the customer, get the {said} as before"
    yield works(says, all(address in heard for address in (*rest, stage.cast.silent.address)), "somebody got none")
