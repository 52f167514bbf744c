"""Rehearsals of telling people before something happens: of a merger, and (changing) of another version of the policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from upheld.actions.merger_transfer import transfer_batch
from upheld.actions.mergers import HeldMerger, list_mergers
from upheld.channels.folder.reading import Mail
from upheld.core.errors import UpheldError
from upheld.core.policy.model import Rule
from upheld.core.policy.saying.names import say_name
from upheld.core.proof.evidence import Step
from upheld.core.rights.demanding import list_desk_roles
from upheld.core.rights.merging import MERGING, THE_TRANSFER, find_transfer, read_lead
from upheld.rehearsal.campaigning import open_console
from upheld.rehearsal.cast import Clerk, Customer, NotBuilt, Undone, register
from upheld.rehearsal.changing import rehearse_change, try_notice
from upheld.rehearsal.doors import put_into_register
from upheld.rehearsal.page import Page
from upheld.rehearsal.returning import return_mail
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import Rehearsal, done, missing, refused, works

BY_MAIL = frozenset({"email", "email to primary address"})
CHANGES = frozenset({"material change", "small change", "any change"})
SUCCESSOR = "Two Quays Together"
THEIR_POLICY = "https://successor.example/privacy"
LATE = 70  # the number of somebody who comes when everybody was told
A_SECOND = timedelta(seconds=1)


def rehearse_tell(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Telling by the event that the rule names."""
    events = set(rule.part("events"))
    if MERGING in events:
        yield from try_merger(stage, rule)
    elif events & CHANGES:
        yield from try_notice(stage, rule)
    else:
        said = " or ".join(say_name(event, "event", stage.policy.words) for event in rule.part("events"))
        raise NotBuilt(f"nothing in the house tells people when {said}")
    if rule.part("then"):
        yield missing("nothing takes another way when a message does not arrive")


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who works on a merger, and where its pages are."""

    stage: Stage
    clerk: Clerk

    def do(self, what: str) -> Page:
        """One step of the merger, as its button in the console sends it; staff sign in again when theirs is over."""
        place = f"{self.stage.seat}mergers/{self.held.row.id}/do/{what}/"
        page = self.clerk.browse(self.stage).post(place, {})
        if "/sign-in/" in page.address:
            browser, _ = open_console(self.stage, self.clerk, "mergers/")
            page = browser.post(place, {})
        return page

    @property
    def held(self) -> HeldMerger:
        """The merger as it stands on record."""
        found = list_mergers(self.stage.site)
        if not found:
            raise Undone("no merger could be put on record")
        return found[0]


def open_merger(stage: Stage) -> _Desk:
    """A merger, put on record by whom it falls to. Raises NotBuilt where the policy lets nothing go in one, Undone."""
    transfer = find_transfer(stage.policy)
    if transfer is None or not transfer.kinds:
        raise NotBuilt("the policy lets nothing go in a merger, so nobody has to be told of one")
    recipient = put_into_register(stage, transfer.kinds[0], SUCCESSOR)
    first = [stage.cast.clerks[role] for role in list_desk_roles(stage.policy) if role in stage.cast.clerks]
    clerk = next((one for one in (*first, *stage.cast.clerks.values()) if _may_open(stage, one)), None)
    if clerk is None:
        raise NotBuilt("no role of this policy may put a merger on record")
    browser, page = open_console(stage, clerk, "mergers/")
    browser.send(page, {"recipient": recipient, "policy_address": THEIR_POLICY})
    desk = _Desk(stage, clerk)
    assert desk.held.stands  # noqa: S101 - the property raises where there is none
    return desk


def _may_open(stage: Stage, clerk: Clerk) -> bool:
    _, page = open_console(stage, clerk, "mergers/")
    return page.find_form("recipient", "policy_address") is not None


def try_merger(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Everybody is told at their primary address, the lead time is kept to the second, who was not told stays."""
    if not BY_MAIL & set(rule.part("routes")):
        raise NotBuilt("of a merger people are told by mail, and the rule names no such way")
    lead = timedelta(days=read_lead(stage.policy, " ".join(rule.part("lead"))))
    customer, other = stage.cast.willing, stage.cast.silent
    desk = open_merger(stage)
    stage.work_on()
    yield refused(
        "a merger is put on record: nobody is written to before staff say so", not stage.list_mails(), "it was"
    )
    yield from _try_transfer(desk, "nobody was told yet")
    desk.do("tell")
    stage.work_on()
    told_at = stage.now
    mails = {one.address: _list_notices(stage, one) for one in (customer, other)}
    lines = [line.id for line in stage.list_lines("mail.queued") if line.body["template"] == "merger"]
    says = "staff have everybody told: each customer gets one message at the primary address of their account"
    yield done(says, all(len(found) == 1 for found in mails.values()), "somebody got none, or more than one", *lines)
    is_said = all(_says_all(mail) for found in mails.values() for mail in found)
    yield done("the message says who takes over and where their policy stands", is_said, "it does not")
    stage.work_on()
    yield from _try_transfer(desk, "people were told this moment")
    if not mails[other.address]:
        return
    return_mail(stage, mails[other.address][0])
    stage.work_on()
    newcomer = _bring_late(stage)
    if THE_TRANSFER in rule.part("before") and lead:
        yield from _try_lead(desk, told_at, lead)
    stage.clock.move_to(told_at + lead, tick=False)
    desk.do("transfer")
    gone = {line.person for line in stage.list_lines("data.disclosed")}
    yield works("the time is over: what is held of who was told goes", customer.id in gone, "it did not go")
    yield refused("whose message came back was not told, and stays", other.id not in gone, "theirs went")
    if newcomer is not None and lead:
        yield refused("who was told later stays until their own time is over", newcomer.id not in gone, "theirs went")
        yield from _try_late(desk, newcomer, lead)


def _says_all(mail: Mail) -> bool:
    text = " ".join(line.text for paragraph in mail.paragraphs for line in paragraph)
    return SUCCESSOR in mail.subject and THEIR_POLICY in text


def _list_notices(stage: Stage, customer: Customer) -> tuple[Mail, ...]:
    return stage.list_mails(customer.address, SUCCESSOR)


def _bring_late(stage: Stage) -> Customer | None:
    """Somebody who registers a day after everybody was told; the jobs tell them, too."""
    stage.wait(days=1)
    newcomer = register(stage, LATE)
    for _ in range(2):  # the message leaves, and then is found to have left
        stage.work_on()
    return newcomer


def _try_lead(desk: _Desk, told_at: datetime, lead: timedelta) -> Iterator[Step]:
    stage = desk.stage
    for early, said in ((timedelta(days=1), "a day"), (A_SECOND, "a second")):
        stage.clock.move_to(told_at + lead - early, tick=False)
        yield from _try_transfer(desk, f"{said} of the {lead.days} days is left")


def _try_transfer(desk: _Desk, when: str) -> Iterator[Step]:
    """The transfer is asked for on its page and behind it: refused, and nothing goes."""
    stage, serial = desk.stage, desk.stage.last_serial
    page = desk.do("transfer")
    is_kept = page.status >= 400 and not stage.list_lines("data.disclosed", after=serial)
    says = f"{when}: staff want to hand over, the console refuses and nothing goes"
    yield refused(says, is_kept and not desk.held.transferred, f"it answered {page.status}")
    row = desk.held.row
    try:
        went = transfer_batch(stage.binding, row.id, staff=desk.clerk.find(), case=row.case, now=stage.now)
    except UpheldError:
        went = 0
    is_kept = not went and not stage.list_lines("data.disclosed", after=serial)
    yield refused(f"{when}: behind the console it is refused as well", is_kept, "something went")


def _try_late(desk: _Desk, newcomer: Customer, lead: timedelta) -> Iterator[Step]:
    """Who was told later goes once their own time is over, and not before."""
    stage = desk.stage
    sent = max((mail.at for mail in _list_notices(stage, newcomer)), default=None)
    if sent is None:
        yield done("who comes while a merger stands is told of it, too", is_kept=False, saw="they were not")
        return
    stage.clock.move_to(sent + lead - A_SECOND, tick=False)
    desk.do("transfer")
    stage.clock.move_to(sent + lead + A_SECOND, tick=False)
    early = newcomer.id in {line.person for line in stage.list_lines("data.disclosed")}
    desk.do("transfer")
    gone = {line.person for line in stage.list_lines("data.disclosed")}
    says = "who was told later goes when their own time is over, and not a second before"
    yield done(says, newcomer.id in gone and not early, "theirs went too early" if early else "theirs did not go")


REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType({"tell": rehearse_tell, "change": rehearse_change})
