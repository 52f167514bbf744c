"""Rehearsals of requests: each sort, by each way, becomes a case that is due to the second, and can be answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

from upheld.actions.cases import HeldCase, find_case
from upheld.core.fields import FormPlan
from upheld.core.fields.kinds import CONTENT
from upheld.core.fields.plan import find_form, list_forms, plan_mailbox
from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import Step
from upheld.rehearsal.cast import Clerk, Customer, NotBuilt, Undone, invent_values
from upheld.rehearsal.coming_in import come_back_to_work, come_in_again
from upheld.rehearsal.trying import done, missing, refused, works

if TYPE_CHECKING:
    from upheld.rehearsal.stage import Stage

NO_MAIL = "nothing under this policy by itself takes in the text of a mail"
FORM, EMAIL, MESSAGE = "form", "email", "message"
SECOND = timedelta(seconds=1)
HOURS = {"hour": 1, "day": 24, "week": 168}
ANSWER = "This is what we found when we looked into it, and what we have done about it."
BY_HAND = (
    "requests have no work of their own yet: a message waits with another date until staff say what it asks for, and "
    "what it asks for is done by hand"
)


def rehearse_answer(stage: Stage, rule: Rule) -> Iterator[Step]:
    """A request of each sort by each way becomes a case, due in time; late ones stand out, and an answer goes out."""
    within = read_within(stage, rule)
    ways = [way for way in (rule.part("routes") or (FORM, EMAIL)) if way != "or"]
    clerk = find_worker(stage)
    case = ""
    for way in ways:
        if way not in (FORM, EMAIL, MESSAGE):
            yield missing(f"no request can come by {way}")
            continue
        if way == EMAIL and not takes_mail(stage):
            yield missing(NO_MAIL)
            continue
        for sort in rule.part("requests"):
            stage.wait(minutes=2)
            came, case = send_form(stage, sort) if way == FORM else send_mail(stage, sort)
            held = find_case(stage.site, case) if case else None
            yield works(
                f"somebody asks for {sort} by {way}: it becomes a case",
                held is not None and held.is_open,
                "it does not",
            )
            if held is None:
                continue
            found = sort_case(stage, clerk, held, sort)
            yield done(
                f"staff say that it asks for {sort}: it is due {say(within)} after it came, to the second",
                found.kind == sort and found.due_at == came + within,
                "it is due at another moment",
            )
    if case:
        yield from watch_due(stage, clerk, case, within)
    yield missing(BY_HAND)


def read_within(stage: Stage, rule: Rule) -> timedelta:
    """The time in the rule, written out or as a parameter. Raises NotBuilt for one that is none of ours."""
    text = " ".join(rule.part("within"))
    parameter = stage.policy.parameters.get(text)
    count, _, unit = (parameter.value if parameter else text).partition(" ")
    if not count.isdigit() or unit.rstrip("s") not in HOURS:
        raise NotBuilt("nothing in the house counts a time like that of this rule")
    return timedelta(hours=int(count) * HOURS[unit.rstrip("s")])


def say(within: timedelta) -> str:
    """The time in words."""
    hours = int(within.total_seconds() // 3600)
    return f"{hours // 24} days" if hours % 24 == 0 else f"{hours} hours"


def find_worker(stage: Stage) -> Clerk:
    """Somebody of the staff who works on cases: any live role lets them, but one that sees messages can answer, too."""
    workers: list[Clerk] = [clerk for name, clerk in stage.cast.clerks.items() if name == clerk.role]
    seeing = {role for rule in stage.policy.active_rules if _shows_messages(stage, rule) for role in rule.part("to")}
    for clerk in sorted(workers, key=lambda one: one.role not in seeing):
        return clerk
    raise NotBuilt("this policy has no role in which staff could answer")


def _shows_messages(stage: Stage, rule: Rule) -> bool:
    words = stage.policy.words
    keys = {words.of_sort("data")[leaf].value for leaf in words.expand("data", rule.data)}
    return rule.form in ("show", "show_only") and CONTENT in keys


def find_writing(stage: Stage) -> FormPlan:
    """The form by which people write to the business. Raises NotBuilt where there is none."""
    for plan in list_forms(stage.binding.gate.table):
        if plan.sort in ("message", "other") and plan.can_be_typed:
            return plan
    raise NotBuilt("there is no form by which people write to the business")


def send_form(stage: Stage, sort: str) -> tuple[datetime, str]:
    """When a customer's message by the form came, and the id of its case."""
    plan, serial = find_writing(stage), stage.last_serial
    customer: Customer = stage.cast.silent
    browser = come_in_again(stage, customer).browse(stage) if customer.has_account else stage.browse()
    values = invent_values(plan, 0)
    values |= {one.name: write_words(sort) for one in plan.fields if one.kind == "long text"}
    browser.send(browser.open("/" + plan.path.lstrip("/")), values)
    return stage.now, find_opened(stage, serial)


def send_mail(stage: Stage, sort: str) -> tuple[datetime, str]:
    """When a message in the mailbox of the business was read, and the id of its case."""
    desk, serial = stage.policy.contact.get("email", ""), stage.last_serial
    if not desk:
        raise NotBuilt("the policy names no address to which people could write")
    customer: Customer = stage.cast.silent
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = customer.address, desk, f"A request: {sort}"
    mail["Message-ID"] = f"<{sort.replace(' ', '-')}@rehearsal.example>"
    mail["Date"] = format_datetime(stage.now)
    mail.set_content(write_words(sort))
    stage.drop_mail(mail.as_bytes())
    stage.work_on()
    return stage.now, find_opened(stage, serial)


def takes_mail(stage: Stage) -> bool:
    """Whether the text of a mail can come in: by a touchpoint of its own, or as by the form."""
    table = stage.binding.gate.table
    return plan_mailbox(table) is not None or find_form(table, "message") is not None


def write_words(sort: str) -> str:
    """What somebody writes who asks for this."""
    return f"Good morning, I write about what you hold of me. I ask for {sort}. With kind regards"


def find_opened(stage: Stage, serial: int) -> str:
    """The id of the case that was opened since; empty where none was, or several."""
    lines = stage.list_lines("case.opened", after=serial)
    return str(lines[0].body["case"]) if len(lines) == 1 else ""


def sort_case(stage: Stage, clerk: Clerk, held: HeldCase, sort: str) -> HeldCase:
    """The case once somebody has taken it and said, some time later, what it asks for."""
    stage.wait(minutes=5)
    browser, path = come_back_to_work(stage, clerk).browse(stage), f"{stage.seat}cases/{held.id}/"
    browser.post(f"{path}take/", {}, follows=False)
    browser.post(f"{path}kind/", {"kind": sort}, follows=False)
    return _find(stage, held.id)


def watch_due(stage: Stage, clerk: Clerk, case: str, within: timedelta) -> Iterator[Step]:
    """At its last second a case is not late, a second after that it is; then it is answered, and stands out no more."""
    opened = _find(stage, case).opened_at
    for is_over, words in (
        (False, "at the last second of the time it does not stand among the late ones"),
        (True, "a second after the time is over it stands among the late ones"),
    ):
        stage.clock.move_to(opened + within + (SECOND if is_over else timedelta(0)), tick=False)
        page = come_back_to_work(stage, clerk).browse(stage).open(f"{stage.seat}cases/?view=late")
        yield done(
            words,
            (_find(stage, case).number in page.text) == is_over and page.is_good,
            "it does" if not is_over else "it does not",
        )
    browser, path = come_back_to_work(stage, clerk).browse(stage), f"{stage.seat}cases/{case}/"
    before = len(stage.list_mails(stage.cast.silent.address))
    browser.post(f"{path}answer/", {"role": clerk.role, "text": ANSWER}, follows=False)
    stage.carry_mails()
    came = stage.list_mails(stage.cast.silent.address)
    said = [mail for mail in came if ANSWER[:20] in " ".join(str(mail.paragraphs).split())]
    yield works(
        "staff answer it in the console: the answer is in the mailbox of whoever asked",
        len(came) == before + 1 and bool(said),
        "it is not",
    )
    page = browser.open(f"{stage.seat}cases/?view=late")
    yield refused(
        "it is answered: it stands among the late ones no more", _find(stage, case).number not in page.text, "it does"
    )


def _find(stage: Stage, case: str) -> HeldCase:
    found = find_case(stage.site, case)
    if found is None:
        raise Undone("a case is not there any more")
    return found
