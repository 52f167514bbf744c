"""Letters to many, on the stage: written, tested, confirmed and sent by staff in the console; and who was reached by one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from threading import Event
from weakref import WeakKeyDictionary

from upheld.actions.outbox import list_messages
from upheld.channels.folder.reading import Mail
from upheld.core.errors import NoticeError
from upheld.core.notices.audience import ask_carriers, find_campaign_class
from upheld.core.notices.classes import list_carriers
from upheld.core.notices.compose import write_letter
from upheld.core.policy.condition import answer_choice
from upheld.core.policy.model import Condition, Rule
from upheld.jobs.campaigns import carry_campaigns
from upheld.rehearsal.browser import Browser
from upheld.rehearsal.cast import PASSWORD, Clerk, Customer, NotBuilt, Undone, need_entrance
from upheld.rehearsal.page import Page
from upheld.rehearsal.stage import Stage

TEXT = "A few plain words, the same for everybody who gets them."
UNASKED = "unasked"
_REACHED = re.compile(r"Send to ([\d,]+) (?:people|person)")
_ABOUT_CHOICES = ("chosen ", "refused ")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to many: its campaign's page in the console, and the subject by which its mails are known."""

    page: str
    subject: str

    @property
    def campaign(self) -> str:
        """The id of its campaign."""
        return self.page.rstrip("/").rpartition("/")[2]


# Who opens which page: asked once on a stage, since its cast and their roles stay.
_clerks: WeakKeyDictionary[Stage, dict[str, Clerk]] = WeakKeyDictionary()


def say_class(mail_class: str) -> str:
    """A class of message in a sentence: behind `a`, `each` or `the next`."""
    return f"message “{mail_class}”"


def find_clerk(stage: Stage, place: str) -> Clerk:
    """Somebody of the staff for whom this page of the console opens. Raises NotBuilt when it opens for nobody."""
    known = _clerks.setdefault(stage, {})
    for clerk in [known[place]] if place in known else stage.cast.clerks.values():
        if place in known or clerk.browse(stage).open(stage.seat + place).is_good:
            known[place] = clerk
            return known[place]
    raise NotBuilt("no role of this policy opens the page of the console that is needed here")


def open_console(stage: Stage, clerk: Clerk, place: str) -> tuple[Browser, Page]:
    """A page of the console, for staff who sign in again when theirs is over: a rehearsal may take weeks."""
    browser = clerk.browse(stage)
    page = browser.open(stage.seat + place)
    if "/sign-in/" in page.address:
        browser.post("/console/sign-in/", {"login": clerk.name, "password": PASSWORD}, follows=False)
        page = browser.open(stage.seat + place)
    return browser, page


def open_account(stage: Stage, customer: Customer, place: str) -> tuple[Browser, Page]:
    """A page of a customer's account, for whom the same holds."""
    browser = customer.browse(stage)
    page = browser.open(place)
    if "/sign-in" in page.address:
        entrance = need_entrance(stage)
        browser.send(page, {entrance.address: customer.address, entrance.password: PASSWORD})
        page = browser.open(place)
    return browser, page


def goes_to_many(stage: Stage, mail_class: str) -> bool:
    """Whether a letter of this class can be written here, and can reach somebody of whom nothing but answers is known.

    A class that waits for more, such as that somebody owns a product, or into which the policy puts what no letter has,
    reaches nobody on this stage, whatever they answer.
    """
    binding = stage.binding
    if find_campaign_class(stage.policy, mail_class) is None:
        return False
    try:
        write_letter(
            stage.policy,
            service=mail_class,
            mail_class=mail_class,
            because=(),
            policy_address=stage.home,
            subject=mail_class,
            text=TEXT,
            values={"unsubscribe-link": stage.home},
        )
    except NoticeError:
        return False
    yes: dict[str, bool | None] = {}
    for choice, mode in binding.gate.table.choices.items():
        yes |= answer_choice(choice, "yes", mode)
    return ask_carriers(binding, list_carriers(stage.policy, mail_class), yes).is_permitted


def find_audience(stage: Stage, mail_class: str) -> str:
    """The first audience that the policy lets this class go to. Raises NotBuilt where it goes to many at no time."""
    found = find_campaign_class(stage.policy, mail_class)
    if found is None or not found.audiences:
        raise NotBuilt(f"nothing in the house sends {stage.policy.words.label(mail_class, 'mail')} to many people")
    return found.audiences[0]


def write_draft(stage: Stage, mail_class: str, audience: str, subject: str) -> tuple[Browser, Page]:
    """What the console answers to a letter of this class to this audience: its page, or the refusal; and who asked."""
    browser, page = open_console(stage, find_clerk(stage, "campaigns/"), "campaigns/new/")
    values = {"name": subject, "mail_class": mail_class, "audience": audience, "subject": subject, "text": TEXT}
    return browser, browser.send(page, values)


def release_letter(stage: Stage, mail_class: str, *, audience: str = "", number: int = 1) -> Letter | None:
    """A letter of this class, written, tested and released by staff; None when the console counts nobody who would get it.

    Nothing has left yet: `queue_letters` lays its mails into the outbox, `Stage.work_on` sends them. `number` is which one
    of its kind it is in this rehearsal: where the house lets nobody have so many in a time, that time passes first. Raises
    Undone when the console does not let it through.
    """
    found = find_campaign_class(stage.policy, mail_class)
    if found is not None and found.cap.is_set and number > found.cap.count:
        stage.wait(days=found.cap.days, hours=1)
    subject = f"{mail_class} {number}".capitalize()
    browser, written = write_draft(stage, mail_class, audience or find_audience(stage, mail_class), subject)
    if not written.is_good or not written.find_form(action="/test/"):
        raise Undone(f"the console answered {written.status} to a letter to many")
    browser.send(written, {}, form=written.find_form(action="/test/"))
    second = browser.open(f"{written.address}send/")
    counted = _REACHED.search(second.text)
    if counted is None:
        return None
    sent = browser.send(second, {"people": counted.group(1), "when": "now"})
    if not sent.is_good:
        raise Undone(f"the console answered {sent.status} to the sending of a letter to many")
    return Letter(written.address, subject)


def queue_letters(stage: Stage) -> None:
    """The mails of every letter that was released lie in the outbox; none has left."""
    while carry_campaigns(stage.binding, Event()):
        pass


def send_letter(stage: Stage, mail_class: str, *, audience: str = "", number: int = 1) -> tuple[Mail, ...]:
    """The mails to people that came of a letter of this class; the test of it, to the business itself, is left out."""
    letter = release_letter(stage, mail_class, audience=audience, number=number)
    if letter is None:
        return ()
    queue_letters(stage)
    stage.carry_mails()
    return list_mails_of(stage, letter)


def list_mails_of(stage: Stage, letter: Letter) -> tuple[Mail, ...]:
    """The mails of a letter that have left."""
    return tuple(mail for mail in stage.list_mails() if mail.subject == letter.subject)


def list_waiting(stage: Stage, letter: Letter, person: str) -> tuple[str, ...]:
    """The mails of a letter to this person that wait in the outbox, by their ids."""
    found = list_messages(stage.site, state="queued", person=person, subject=letter.campaign)
    return tuple(one.message for one in found)


def is_reached(mails: Iterable[Mail], *people: Customer) -> bool:
    """Whether each of these people got exactly one of these mails."""
    listed = [mail.to for mail in mails]
    return all(listed.count(person.address) == 1 for person in people)


def is_nobody(mails: Iterable[Mail], addresses: Collection[str]) -> bool:
    """Whether none of these mails went to one of these addresses."""
    return not {mail.to for mail in mails} & set(addresses)


def holds_for(stage: Stage, rule: Rule, answers: dict[str, str]) -> bool:
    """Whether a rule's conditions hold for somebody who gave these answers to choices (`yes`, `no`; others are unasked).

    Raises NotBuilt where they ask for something that is no choice: the stage has nobody for whom that is known.
    """
    facts: dict[str, bool | None] = {}
    for choice, mode in stage.binding.gate.table.choices.items():
        facts |= answer_choice(choice, answers.get(choice, UNASKED), mode)
    return (rule.holds is None or _is_met(rule.holds, facts)) and not (
        rule.unless is not None and _is_met(rule.unless, facts)
    )


def _is_met(condition: Condition, facts: dict[str, bool | None]) -> bool:
    asked = {fact for term in condition.terms for fact in term.facts}
    if not all(fact.startswith(_ABOUT_CHOICES) for fact in asked):
        raise NotBuilt("nobody on this stage is one for whom the condition of the rule is known")
    met = [any(facts.get(fact) is True for fact in term.facts) for term in condition.terms]
    return all(met) if condition.mode == "all" else any(met)


def say_answer(stage: Stage, customer: Customer, choice: str, answer: str) -> Page:
    """Somebody who is signed in answers a choice on the page of their account."""
    browser, page = open_account(stage, customer, "/account/choices")
    form = next((form for form in page.forms if ("choice", choice) in form.buttons), None)
    if form is None:
        raise NotBuilt("the page of the account does not let this choice be answered")
    return browser.send(page, {"answer": answer, "choice": choice}, form=form)
