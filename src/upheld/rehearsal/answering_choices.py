"""Rehearsals of the ways in which a choice is changed: on a form, in the account, by the API, by a message to the business."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from upheld.actions.cases import list_cases
from upheld.actions.inbound import find_message_form
from upheld.channels.mailbox.writing import write_letter
from upheld.core.fields.entrance import find_entrance
from upheld.core.fields.form import CHOICE_MARK
from upheld.core.fields.plan import plan_form
from upheld.core.notices.stops import list_stopped_classes
from upheld.core.policy.model import Rule
from upheld.core.policy.saying.names import say_name
from upheld.core.proof.evidence import Step
from upheld.core.rights.answering import STOP_REQUEST, read_time
from upheld.rehearsal.campaigning import (
    find_clerk,
    goes_to_many,
    is_nobody,
    is_reached,
    list_waiting,
    open_account,
    open_console,
    queue_letters,
    release_letter,
    say_answer,
    say_class,
    send_letter,
)
from upheld.rehearsal.cast import NO, PASSWORD, YES, NotBuilt, fill_in, find_address, invent_values, register
from upheld.rehearsal.requesting import NO_MAIL, takes_mail
from upheld.rehearsal.stage import Line, Stage
from upheld.rehearsal.trying import done, missing, refused, works

ACCOUNT = "at:account"
MESSAGES = frozenset({"by:message", "by:email"})
RECORDED, SUPPRESSED = "choice.recorded", "address.suppressed"
REFUSING, UNDECIDED, UNKNOWN = 61, 62, 63  # the numbers of people who say no at once, neither, and whom nobody knows
PLAIN_NO = "Please unsubscribe me from all your messages."
VEILED_NO = "If it is no trouble, I would rather not hear about offers any more. Can you stop that?"
PLAIN_YES = "Please send me the offers and the newsletter again, I like to read them."
# When the mailbox is looked into after a message has come, as shares of the time that the rule gives.
LOOKS = (0.001, 0.25, 0.5, 0.99)


def rehearse_changed(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Each choice of the rule is changed in each way that it names."""
    for choice in rule.part("choices"):
        for change in rule.part("changes"):
            stage.begin_anew()
            sort, _, name = change.partition(":")
            if change == ACCOUNT:
                yield from try_account(stage, choice)
            elif change in MESSAGES:
                yield from try_message(stage, choice, read_time(stage.policy, rule.part("within")))
            elif sort == "at":
                yield from try_form(stage, choice, name)
            else:
                yield missing(f"nothing in the house takes in an answer to {choice} by {name}")


def list_answers(stage: Stage, choice: str, serial: int, person: str = "") -> tuple[Line, ...]:
    """The answers to this choice that came onto the ledger behind this serial."""
    found = stage.list_lines(RECORDED, after=serial, person=person)
    return tuple(line for line in found if line.body["choice"] == choice)


def find_letter(stage: Stage, choice: str) -> str:
    """The first class that goes to many and that a no to this choice stops; empty where none does."""
    found = list_stopped_classes(stage.policy, choice)
    return next((name for name in found if goes_to_many(stage, name)), "")


def try_form(stage: Stage, choice: str, touchpoint: str) -> Iterator[Step]:
    """The answer is given on a form, such as the one to register: it counts from the beginning."""
    table, said = stage.binding.gate.table, say_name(choice, "choice", stage.policy.words)
    plan, entrance = plan_form(table, touchpoint), find_entrance(table)
    if plan is None or entrance is None or entrance.registration.touchpoint != touchpoint:
        raise NotBuilt(f"nothing in the house takes an answer {say_name(touchpoint, 'touchpoint', table.words)}")
    serial = stage.last_serial
    newcomer = register(stage, REFUSING, answer=NO)
    lines = list_answers(stage, choice, serial, newcomer.id)
    is_kept = [(line.body["outcome"], line.body["touchpoint"]) for line in lines] == [(NO, touchpoint)]
    says = f"somebody says no to {said} on the form: the no is on the ledger, with where it was said"
    yield works(says, is_kept, "it is not", *(line.id for line in lines))
    mail_class = find_letter(stage, choice)
    if mail_class:
        mails, said = send_letter(stage, mail_class), say_class(mail_class)
        yield done(f"the first {said} does not go to them", is_nobody(mails, (newcomer.address,)), "it did")
        says = f"it goes to a customer who said yes on the same form: a {said} would have reached them"
        yield works(says, is_reached(mails, stage.cast.willing), "it did not")
    serial = stage.last_serial
    fill_in(stage, plan, UNDECIDED, **{CHOICE_MARK + choice: "perhaps"})
    stage.carry_mails()
    is_kept = not list_answers(stage, choice, serial)
    yield refused("an answer that is neither yes nor no is sent: none is recorded", is_kept, "one was recorded")


def try_account(stage: Stage, choice: str) -> Iterator[Step]:
    """The answer is changed by whoever is signed in: on the page, by the API; it counts at once."""
    customer, other = stage.cast.willing, stage.cast.silent
    mail_class = find_letter(stage, choice)
    say_answer(stage, other, choice, YES)
    letter = release_letter(stage, mail_class) if mail_class else None
    queue_letters(stage)
    had = bool(letter and list_waiting(stage, letter, customer.id))
    serial = stage.last_serial
    page = say_answer(stage, customer, choice, NO)
    lines = list_answers(stage, choice, serial)
    is_kept = page.is_good and [(line.person, line.body["outcome"]) for line in lines] == [(customer.id, NO)]
    yield works(
        "a customer says no in their account: it is on the ledger", is_kept, "it is not", *(line.id for line in lines)
    )
    if letter is not None:
        left = list_waiting(stage, letter, customer.id)
        says = f"a {say_class(mail_class)} waited for them: it is taken out in the same moment"
        yield done(says, had and not left, "none had waited" if not had else "it still waits")
        stage.carry_mails()
        mails = send_letter(stage, mail_class, number=2)
        says = f"the next {say_class(mail_class)} does not go to them"
        yield done(says, is_nobody([*mails, *stage.list_mails(subject=letter.subject)], (customer.address,)), "it did")
        yield works("it goes to a customer who said yes there", is_reached(mails, other), "it did not")
    yield from _try_strangers(stage, choice)
    yield from _try_api(stage, choice)


def _try_strangers(stage: Stage, choice: str) -> Iterator[Step]:
    """Answers that are none, and of somebody who is not signed in."""
    serial, customer = stage.last_serial, stage.cast.willing
    page = say_answer(stage, customer, choice, "perhaps")
    is_kept = page.status == 422 and not list_answers(stage, choice, serial)
    yield refused("an answer that is neither yes nor no is sent there: refused", is_kept, f"it answered {page.status}")
    stage.browse().post("/account/choices", {"choice": choice, "answer": YES})
    is_kept = not list_answers(stage, choice, serial)
    yield refused("somebody who is not signed in sends an answer: none is recorded", is_kept, "one was recorded")


def _try_api(stage: Stage, choice: str) -> Iterator[Step]:
    """The same by a program that the customer signed in with."""
    customer, program = stage.cast.willing, stage.browse()
    opened = program.call("post", "/api/v1/sign-in", {"email": customer.address, "password": PASSWORD}).read_json()
    token, serial = str((opened or {}).get("token", "")), stage.last_serial
    place = f"/api/v1/me/choices/{choice}"
    wrong = program.call("put", place, {"is_yes": True}, token="a" * 40)
    is_kept = wrong.status == 401 and not list_answers(stage, choice, serial)
    yield refused("a program without a sign-in sends an answer: refused", is_kept, f"it answered {wrong.status}")
    for answer in (YES, NO):
        serial = stage.last_serial
        sent = program.call("put", place, {"is_yes": answer == YES}, token=token)
        lines = list_answers(stage, choice, serial)
        is_kept = sent.is_good and [(line.person, line.body["outcome"]) for line in lines] == [(customer.id, answer)]
        says = f"the customer's program says {answer}: it is on the ledger"
        yield works(says, is_kept, f"it answered {sent.status}", *(line.id for line in lines))
        told = program.call("get", "/api/v1/me/choices", token=token).read_json() or []
        now = next((one["answer"] for one in told if one["choice"] == choice), "")
        yield done(f"from then on the program is told that the answer is {answer}", now == answer, "it is told another")


def drop_message(stage: Stage, sender: str, text: str, subject: str = "Your messages") -> None:
    """A message to the business comes from this address."""
    to = stage.policy.contact.get("email", "")
    if not to or stage.work.inbox is None:
        raise NotBuilt("the policy names no address of the business, or nothing reads its mailbox")
    stage.drop_mail(write_letter(sender=sender, to=to, subject=subject, text=text, now=stage.now))


def try_message(stage: Stage, choice: str, within: timedelta | None) -> Iterator[Step]:
    """A no comes by message: it is in force within the time, is acknowledged, and never turns into a yes."""
    customer, other = stage.cast.willing, stage.cast.silent
    limit = within or timedelta(hours=72)
    for one in (customer, other):
        say_answer(stage, one, choice, YES)
    mail_class = find_letter(stage, choice)
    letter = release_letter(stage, mail_class) if mail_class else None
    queue_letters(stage)
    had = bool(letter and list_waiting(stage, letter, customer.id))
    serial, arrived = stage.last_serial, stage.now
    before = {mail.id for mail in stage.list_mails()}
    drop_message(stage, customer.address, PLAIN_NO)
    lines: tuple[Line, ...] = ()
    for share in LOOKS:
        stage.clock.move_to(arrived + limit * share, tick=False)
        stage.work_on()
        lines = list_answers(stage, choice, serial)
        if lines:
            break
    is_kept = {(line.person, line.body["outcome"]) for line in lines} == {(customer.id, NO)}
    says = f"a customer writes to the business to stop: their no is in force within {say_hours(limit)}"
    yield done(says, is_kept, "it is not", *(line.id for line in lines))
    heard = [mail for mail in stage.list_mails(customer.address) if mail.id not in before]
    if letter is not None:
        is_kept = had and letter.subject not in {mail.subject for mail in heard}
        yield done(f"a {say_class(mail_class)} that waited for them does not go any more", is_kept, "it went")
    answered = [mail for mail in heard if letter is None or mail.subject != letter.subject]
    yield done("they are written to that it counts", len(answered) == 1, f"{len(answered)} messages came")
    if mail_class:
        mails = send_letter(stage, mail_class, number=2)
        says = f"the next {say_class(mail_class)} does not go to them, and to the others as before"
        is_kept = is_nobody(mails, (customer.address,)) and is_reached(mails, other)
        yield done(says, is_kept, "it went to them, or not to the others")
    yield from _try_yes_by_message(stage, choice)
    yield from _try_veiled(stage, limit)
    yield from _try_unknown(stage)
    yield from _try_message_form(stage, choice)


def say_hours(lasting: timedelta) -> str:
    """A time as people read it."""
    hours = lasting.total_seconds() / 3600
    return f"{hours:.0f} hours" if hours < 240 else f"{hours / 24:.0f} days"


def _try_yes_by_message(stage: Stage, choice: str) -> Iterator[Step]:
    serial = stage.last_serial
    drop_message(stage, stage.cast.willing.address, PLAIN_YES)
    stage.work_on()
    is_kept = not list_answers(stage, choice, serial)
    says = "a message in the name of who said no asks for more: a message never says yes for anybody"
    yield refused(says, is_kept, "an answer was recorded")


def _try_veiled(stage: Stage, limit: timedelta) -> Iterator[Step]:
    """Words that may be a no wait for a person, and no longer than the rule gives; that person records it."""
    customer, arrived = stage.cast.silent, stage.now
    if not takes_mail(stage):
        yield missing(NO_MAIL)
        return
    known = {case.id for case in list_cases(stage.site)}
    drop_message(stage, customer.address, VEILED_NO)
    stage.work_on()
    cases = [case for case in list_cases(stage.site) if case.id not in known]
    is_kept = len(cases) == 1 and cases[0].kind == STOP_REQUEST and cases[0].due_at is not None
    is_kept = is_kept and cases[0].due_at == arrived + limit
    says = f"a message says no in words that only a person can read: staff have it, due in {say_hours(limit)}"
    yield done(says, is_kept, "no such case is open, or it is due at another time")
    if not cases:
        return
    serial = stage.last_serial
    browser, page = open_console(stage, find_clerk(stage, "cases/"), f"cases/{cases[0].id}/")
    take = page.find_form(action="/take/")
    page = browser.send(page, {}, form=take) if take else page
    form = page.find_form(action="/stop/")
    if form is None:
        yield works("staff read it and record the no", is_kept=False, saw="the console has no way to")
        return
    role = next(iter(form.picks.get("role", ())), "") or next(iter(form.values.get("role", ())), "")
    browser.send(page, {"role": role, "address": customer.address}, form=form)
    lines = stage.list_lines(RECORDED, after=serial, person=customer.id)
    is_kept = bool(lines) and {line.body["outcome"] for line in lines} == {NO}
    yield works("staff read it and record the no", is_kept, "it is not on the ledger", *(line.id for line in lines))


def _try_unknown(stage: Stage) -> Iterator[Step]:
    serial = stage.last_serial
    drop_message(stage, find_address(UNKNOWN), PLAIN_NO)
    stage.work_on()
    lines = stage.list_lines(SUPPRESSED, after=serial)
    is_kept = len(lines) == 1 and not stage.list_lines(RECORDED, after=serial)
    says = "an address that nobody here has says no: it gets nothing that can be stopped, and nobody else is changed"
    yield done(says, is_kept, "it is not on record, or somebody's answer changed", *(line.id for line in lines))


def _try_message_form(stage: Stage, choice: str) -> Iterator[Step]:
    """The same words on the form by which people write to the business, from somebody who is signed in."""
    plan = find_message_form(stage.binding.gate.table)
    if plan is None:
        return
    customer, serial = stage.cast.willing, stage.last_serial
    say_answer(stage, customer, choice, YES)
    leaf = next(one.name for one in plan.fields if one.kind == "long text")
    browser, page = open_account(stage, customer, f"/{plan.path.lstrip('/')}")
    sent = browser.send(page, invent_values(plan, 0) | {leaf: PLAIN_NO})
    lines = [line for line in list_answers(stage, choice, serial, customer.id) if line.body["outcome"] == NO]
    says = "a customer writes the same on the site's own form: the no is recorded at once"
    yield works(says, sent.is_good and len(lines) == 1, "it is not", *(line.id for line in lines))
