"""Rehearsals of choices: where they are asked, what silence counts as, what a no stops and what it does not stop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from upheld.actions.notices import queue_letter
from upheld.actions.outbox import list_messages
from upheld.actions.sending import begin_batch, may_still_go
from upheld.actions.suppression import STAFF, digest_address, suppress
from upheld.core.errors import RefusedError
from upheld.core.fields.entrance import find_entrance
from upheld.core.fields.form import CHOICE_MARK, FormPlan
from upheld.core.fields.plan import plan_form
from upheld.core.notices.stops import list_stopped_classes
from upheld.core.policy.model import Rule
from upheld.core.policy.saying.names import say_name
from upheld.core.proof.evidence import Step
from upheld.records.models import Person
from upheld.records.walls import read_site
from upheld.rehearsal.answering_choices import rehearse_changed
from upheld.rehearsal.campaigning import (
    TEXT,
    goes_to_many,
    is_nobody,
    is_reached,
    list_mails_of,
    list_waiting,
    queue_letters,
    release_letter,
    say_answer,
    say_class,
    send_letter,
)
from upheld.rehearsal.cast import NO, YES, Customer, NotBuilt, fill_in
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import Rehearsal, done, missing, refused, works

RECORDED = "choice.recorded"
UNDECIDED = 60  # the number of somebody who answers neither yes nor no


def rehearse_choice(stage: Stage, rule: Rule) -> Iterator[Step]:
    """The question stands where the rule says, nothing is preset, and silence counts as declared."""
    table = stage.binding.gate.table
    for touchpoint in rule.part("at"):
        plan = plan_form(table, touchpoint)
        if plan is None or not plan.can_be_typed:
            where = say_name(touchpoint, "touchpoint", table.words)
            raise NotBuilt(f"the house has no form {where}, so the choice is not asked there")
        for choice in rule.part("choices"):
            yield from try_question(stage, plan, choice)
    for choice in rule.part("choices"):
        yield from try_silence(stage, choice, "".join(rule.part("mode")))
    if rule.part("per"):
        yield missing("a choice for each recipient apart is not asked anywhere yet")


def try_question(stage: Stage, plan: FormPlan, choice: str) -> Iterator[Step]:
    """The question on the page of a form, as a visitor sees it, and an answer that is neither."""
    said, name = say_name(choice, "choice", stage.policy.words), CHOICE_MARK + choice
    page = stage.browse().open(f"/{plan.path.lstrip('/')}")
    form = page.find_form(name)
    is_kept = page.is_good and form is not None and set(form.picks.get(name, ())) == {YES, NO}
    yield works(f"the form asks about {said}, with a yes and a no", is_kept, "the question is not there")
    is_kept = form is not None and not form.values.get(name)
    yield refused("neither answer is preset", is_kept, "one of them is")
    serial = stage.last_serial
    fill_in(stage, plan, UNDECIDED, **{name: "perhaps"})
    stage.carry_mails()
    lines = stage.list_lines(RECORDED, after=serial)
    is_kept = not any(line.body["choice"] == choice for line in lines)
    yield refused("an answer that is neither yes nor no is sent: none is recorded", is_kept, "one was recorded")


def try_silence(stage: Stage, choice: str, mode: str) -> Iterator[Step]:
    """Who said nothing gets what the rule says silence counts as; who said yes has it on the ledger."""
    said, counts_as = say_name(choice, "choice", stage.policy.words), YES if mode == "opt-out" else NO
    silent, willing = stage.cast.silent, stage.cast.willing
    lines = [line for line in stage.list_lines(RECORDED, person=silent.id) if line.body["choice"] == choice]
    yield refused("somebody answers nothing: no answer of theirs is on record", not lines, "there is one")
    if not is_asked_at_the_door(stage, choice):
        yield missing("nobody of this stage has come to the form that asks it")
        return
    lines = [line for line in stage.list_lines(RECORDED, person=willing.id) if line.body["choice"] == choice]
    is_kept = [line.body["outcome"] for line in lines] == [YES] and bool(lines[0].body.get("evidence"))
    says = "somebody says yes: the yes is on the ledger, with the words that they saw"
    yield done(says, is_kept, "it is not", *(line.id for line in lines))
    for mail_class in list_letters(stage, choice)[:1]:
        mails = send_letter(stage, mail_class)
        yield works(f"a {say_class(mail_class)} reaches who said yes", is_reached(mails, willing), "it does not")
        expected = counts_as == YES
        is_kept = is_reached(mails, silent) if expected else is_nobody(mails, (silent.address,))
        says = f"somebody who answered nothing about {said} is taken to have said {counts_as}"
        yield done(says, is_kept, f"a {say_class(mail_class)} {'did not reach' if expected else 'reached'} them")


def is_asked_at_the_door(stage: Stage, choice: str) -> bool:
    """Whether whoever registers is asked; the cast has answered there, and at no other form."""
    entrance = find_entrance(stage.binding.gate.table)
    return entrance is not None and any(one.choice == choice for one in entrance.registration.choices)


def list_letters(stage: Stage, choice: str) -> tuple[str, ...]:
    """The classes that go to many and that a no to this choice stops."""
    found = list_stopped_classes(stage.policy, choice)
    return tuple(name for name in found if goes_to_many(stage, name))


def rehearse_stops(stage: Stage, rule: Rule) -> Iterator[Step]:
    """After a no none of what the rule names goes any more, wherever it had come to in that moment."""
    for choice in rule.part("choices"):
        for target in rule.part("targets"):
            sort, _, mail_class = target.partition(":")
            if sort != "mail":
                what = mail_class or sort
                yield missing(f"nothing rehearses yet that a no to {choice} stops {what}, which is no class of message")
            elif not goes_to_many(stage, mail_class):
                yield missing(f"nothing in the house sends a {say_class(mail_class)} to many")
            else:
                stage.begin_anew()
                yield from try_stopped(stage, choice, mail_class)


def try_stopped(stage: Stage, choice: str, mail_class: str) -> Iterator[Step]:
    """A no while a message waits, while one is being handed over, and before the next one is written."""
    said, customer, other = say_class(mail_class), stage.cast.willing, stage.cast.silent
    for one in (customer, other):
        say_answer(stage, one, choice, YES)
    letter = release_letter(stage, mail_class)
    queue_letters(stage)
    waiting = list_waiting(stage, letter, customer.id) if letter else ()
    yield works(f"a {said} is on its way to somebody who said yes", bool(waiting), "none waits for them")
    serial = stage.last_serial
    begun = begin_batch(stage.binding, messages=waiting, run="rehearsal", is_repeatable=True, now=stage.now)
    say_answer(stage, customer, choice, NO)
    may_go = [may_still_go(stage.binding, message=one.id, run="rehearsal") for one in begun]
    says = f"they say no while the {said} is being handed over: the last look keeps it back"
    yield refused(says, bool(begun) and not any(may_go), "it would have gone")
    say_answer(stage, other, choice, NO)
    left = list_waiting(stage, letter, other.id) if letter else ()
    lines = stage.list_lines("mail.stopped", after=serial, person=other.id)
    says = f"somebody says no while a {said} waits for them: it is taken out in the same moment"
    yield done(says, not left and bool(lines), "it is still there", *(line.id for line in lines))
    stage.wait(minutes=20)  # longer than a message that is being handed over is held
    stage.work_on()
    left_house = list_mails_of(stage, letter) if letter else ()
    is_kept = is_nobody(left_house, (customer.address, other.address))
    yield refused("twenty minutes later, with all jobs done: neither of them has got one", is_kept, "one of them has")
    say_answer(stage, other, choice, YES)
    mails = send_letter(stage, mail_class, number=2)
    yield refused(f"the next {said} does not go to who said no", is_nobody(mails, (customer.address,)), "it did")
    yield works(f"the next {said} goes to who said yes again", is_reached(mails, other), "it did not")
    yield from try_behind(stage, mail_class, customer)


def try_behind(stage: Stage, mail_class: str, customer: Customer) -> Iterator[Step]:
    """A program of the house wants to write to them past the console: refused, and nothing waits."""
    with read_site(stage.site):
        person = Person.objects.get(site=stage.site, id=customer.id)
    told: dict[str, Any] = {"home": stage.home, "values": {"unsubscribe-link": stage.home}, "to": customer.address}
    queued = queue_letter(
        stage.binding,
        now=stage.now,
        person=person,
        mail_class=mail_class,
        subject_line="Another one",
        text=TEXT,
        **told,
    )
    waits = list_messages(stage.site, state="queued", person=customer.id)
    says = f"a program wants to send them a {say_class(mail_class)} past the console: refused, and nothing waits"
    yield refused(says, not queued.is_queued and not waits, "it was queued")


def rehearse_spares(stage: Stage, rule: Rule) -> Iterator[Step]:
    """After a no what the rule names goes on as before, and nobody is given a way to stop it by mistake."""
    for choice in rule.part("choices"):
        for target in rule.part("targets"):
            sort, _, mail_class = target.partition(":")
            if sort != "mail" or not goes_to_many(stage, mail_class):
                what = say_class(mail_class) if sort == "mail" else mail_class or sort
                yield missing(f"nothing in the house shows yet that a no to {choice} leaves {what} alone")
                continue
            stage.begin_anew()
            yield from try_spared(stage, choice, mail_class)


def try_spared(stage: Stage, choice: str, mail_class: str) -> Iterator[Step]:
    """A no while a message of a spared class waits, one before the next, and somebody who has the address stopped."""
    said, customer = say_class(mail_class), stage.cast.willing
    say_answer(stage, customer, choice, YES)
    letter = release_letter(stage, mail_class)
    queue_letters(stage)
    waiting = list_waiting(stage, letter, customer.id) if letter else ()
    say_answer(stage, customer, choice, NO)
    stage.carry_mails()
    heard = [mail for mail in stage.list_mails(customer.address) if mail.id in waiting]
    says = f"somebody says no while a {said} waits for them: it comes all the same"
    yield works(says, bool(heard), "it did not come")
    mails = send_letter(stage, mail_class, number=2)
    yield works(f"the next {said} comes to them as well", is_reached(mails, customer), "it did not")
    digest, serial = digest_address(stage.site, customer.address, stage.now), stage.last_serial
    try:
        suppress(stage.binding, digest=digest, mail_class=mail_class, reason=STAFF, now=stage.now)
    except RefusedError:
        is_kept = not stage.list_lines("address.suppressed", after=serial)
    else:
        is_kept = False
    says = f"somebody wants the address stopped for a {said}: refused with the sentence, and nothing is noted"
    yield refused(says, is_kept, "it was stopped")


REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType(
    {
        "choice_is": rehearse_choice,
        "choice_changed": rehearse_changed,
        "choice_stops": rehearse_stops,
        "choice_spares": rehearse_spares,
    }
)
