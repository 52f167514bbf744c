"""Faults: what a broken house would have left in the ledger, and the rules that it goes against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.actions.observed import ADA, CLERK, DESK, LATER_TEXT, OTHER, VERSION, Teller, draw


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: what it leaves, and the beginnings of the rules whose evidence fails with the line that comes last."""

    name: str
    leave: Callable[[Teller], object]
    rules: tuple[str, ...]


def chain(*steps: Callable[[Teller], object]) -> Callable[[Teller], object]:
    """One after the other."""

    def leave(teller: Teller) -> object:
        found: object = None
        for step in steps:
            found = step(teller)
        return found

    return leave


NEVER_MARKETING = "never use anything for marketing unless chosen"
STOPS = "choice marketing stops"
OFFERS = "send promotional offer, newsletter to account holders if"
TO_SUCCESSOR = "share customer information with successor"
UNTOLD = "never share customer information with successor for merger unless told"
TELLS_MERGER = "tell customers by email to primary address when merging"
BY_ORDER = "share customer information with authorities, claimants for legal if in scope"
UNDEMANDED = "never share anything with anyone for legal unless demanded"
SEEN = "show customer information, addressee identified only to"
ANY_OTHER = "never share anything with anyone for any purpose but"
AFFILIATES = "never share anything with affiliates"
PERMITTED = "share customer information with anyone for any purpose if permitted"
CARRIERS = "for fulfil share only"
UNREQUESTED = "never share anything with anyone for fulfil unless requested"
DELIVERY = "send proof of delivery"
BY_MESSAGE = "choice marketing is changed at account, by message"
TELLS_CHANGE = "tell account holders by email to primary address or site notice"
ANSWERS = "answer access, correction, removal requests"
REVIEW = "review grants by"


FAULTS = (
    Fault(
        "a newsletter is queued after a no",
        chain(lambda s: s.answer(True, 9), lambda s: s.answer(False, 2), lambda s: s.mail("mail.queued", 1)),
        (NEVER_MARKETING, STOPS, OFFERS),
    ),
    Fault(
        "a newsletter is queued for somebody who was never asked",
        lambda s: s.mail("mail.queued", 1),
        (NEVER_MARKETING, OFFERS, "choice marketing is opt-in"),
    ),
    Fault(
        "a newsletter is queued an hour more than three days after a no in the account",
        chain(lambda s: s.answer(True, 9), lambda s: s.answer(False, 5), lambda s: s.mail("mail.queued", 5 - 73 / 24)),
        (NEVER_MARKETING, STOPS, OFFERS, BY_MESSAGE),
    ),
    Fault(
        "a newsletter that waited leaves an hour after a no",
        chain(
            lambda s: s.answer(True, 9),
            lambda s: s.mail("mail.queued", 3),
            lambda s: s.answer(False, 2),
            lambda s: s.mail("mail.sent", 2 - 1 / 24),
        ),
        (NEVER_MARKETING, STOPS, OFFERS),
    ),
    Fault(
        "an address is opened for offers after a no",
        chain(lambda s: s.answer(False, 2), lambda s: s.use(["person.email"], "marketing.offer")),
        (NEVER_MARKETING, STOPS),
    ),
    Fault(
        "data goes to the successor 29 days after telling",
        chain(lambda s: s.merge(29), Teller.transfer),
        (TO_SUCCESSOR, UNTOLD, TELLS_MERGER),
    ),
    Fault(
        "data of somebody untold goes to the successor",
        chain(lambda s: s.merge(None), Teller.transfer),
        (TO_SUCCESSOR, UNTOLD, TELLS_MERGER),
    ),
    Fault(
        "data goes to the successor of a merger that was called off",
        chain(
            lambda s: s.merge(30),
            lambda s: s.tell("merger.cancelled", 2, by=DESK, merger=draw("u", 0), version=VERSION),
            Teller.transfer,
        ),
        (TO_SUCCESSOR, "never share anything with anyone for merger unless merging"),
    ),
    Fault(
        "one person agrees twice", chain(Teller.demand, lambda s: s.agree(DESK), lambda s: s.agree(DESK)), (BY_ORDER,)
    ),
    Fault(
        "a demand is released with one approval",
        chain(Teller.demand, lambda s: s.agree(DESK), Teller.release),
        (BY_ORDER,),
    ),
    Fault(
        "a demand is released with an approval of its earlier text",
        chain(
            Teller.demand,
            lambda s: s.agree(DESK),
            lambda s: s.change(2.5),
            lambda s: s.ask(2.5, LATER_TEXT),
            lambda s: s.agree(OTHER, 2, LATER_TEXT),
            Teller.release,
        ),
        (BY_ORDER,),
    ),
    Fault(
        "a demand is released though one of the two said no",
        chain(Teller.demand, lambda s: s.agree(DESK), lambda s: s.agree(OTHER, outcome="no"), Teller.release),
        (BY_ORDER,),
    ),
    Fault(
        "a demand is released with the voice of somebody whose grant had ended",
        chain(
            Teller.demand,
            lambda s: s.agree(DESK),
            lambda s: s.tell(
                "grant.ended", 4, by="s_1", grant="g_6", staff=OTHER, role="privacy-desk", outcome="withdrawn"
            ),
            lambda s: s.agree(OTHER, 2),
            Teller.release,
        ),
        (BY_ORDER,),
    ),
    Fault(
        "more goes out than the demand may have",
        chain(Teller.demand, lambda s: s.agree(DESK), lambda s: s.agree(OTHER), lambda s: s.release("person.phone")),
        (BY_ORDER,),
    ),
    Fault("something goes to an authority without any demand", Teller.release, (UNDEMANDED, BY_ORDER)),
    Fault(
        "something goes out after the permission was withdrawn",
        chain(Teller.permit, lambda s: s.withdraw(2), Teller.hand_over),
        (ANY_OTHER, AFFILIATES, PERMITTED),
    ),
    Fault(
        "more goes out than was permitted",
        chain(Teller.permit, lambda s: s.hand_over("person.phone")),
        (ANY_OTHER, AFFILIATES, PERMITTED),
    ),
    Fault(
        "a carrier gets an address of a parcel that nobody booked",
        lambda s: s.disclose(["addressee.address"], "fulfil.service", "carriers", ("service", draw("sh", 0))),
        (CARRIERS, UNREQUESTED),
    ),
    Fault(
        "a carrier gets the order as well",
        chain(
            Teller.book,
            lambda s: s.disclose(
                ["addressee.name", "service.order"], "fulfil.service", "carriers", ("service", draw("sh", 0))
            ),
        ),
        (CARRIERS,),
    ),
    Fault(
        "a shop gets the address as well",
        chain(
            Teller.book,
            lambda s: s.disclose(["addressee.address"], "fulfil.service", "parcel shops", ("service", draw("sh", 0))),
        ),
        ("share addressee.name with parcel shops",),
    ),
    Fault(
        "a telephone number comes in with a survey",
        lambda s: s.collect("survey", ["answer.survey", "person.phone"], ["improve", "research"]),
        ("collect answer.survey at survey",),
    ),
    Fault(
        "survey answers are taken for sale",
        lambda s: s.collect("survey", ["answer.survey"], ["research", "sale"]),
        ("collect answer.survey at survey",),
    ),
    Fault(
        "data comes in without its version",
        lambda s: s.tell(
            "item.collected",
            3,
            person=ADA,
            items=[draw("i", 0)],
            touchpoint="survey",
            data=["answer.survey"],
            purposes=["research"],
            method="form",
        ),
        ("applies to customer information",),
    ),
    Fault(
        "data is used for sale", lambda s: s.use(["person.email"], "sale"), ("never use anything for any purpose but",)
    ),
    Fault(
        "a named address is used for the newsletter",
        chain(lambda s: s.answer(True, 3), lambda s: s.use(["addressee.email"], "marketing.newsletter")),
        ("use addressee.email only for",),
    ),
    Fault(
        "survey answers are used 400 days later",
        chain(
            lambda s: s.collect("survey", ["answer.survey"], ["improve", "research"], days=401),
            lambda s: s.use(["answer.survey"], "research"),
        ),
        ("keep answer 365 days",),
    ),
    Fault("a clerk without a grant looks", chain(Teller.case, Teller.show), (SEEN,)),
    Fault(
        "a clerk looks after the day of the review",
        chain(
            lambda s: s.grant(CLERK, "customer-service", days=95, review="2026-11-15"),
            Teller.case,
            lambda s: s.show(days=1),
        ),
        (SEEN, REVIEW),
    ),
    Fault(
        "a clerk looks after the case was closed",
        chain(
            lambda s: s.grant(CLERK, "customer-service"),
            Teller.case,
            lambda s: s.tell("case.closed", 3, by=CLERK, case=draw("c", 0), outcome="done"),
            Teller.show,
        ),
        (SEEN,),
    ),
    Fault(
        "an analyst sees somebody by name",
        chain(lambda s: s.grant(CLERK, "analysts"), Teller.case, lambda s: s.show("analysts")),
        (SEEN,),
    ),
    Fault(
        "a report shows groups of nine", lambda s: s.report(9), ("for reporting use only", "for reporting show only")
    ),
    Fault("proof is sent before the delivery", chain(Teller.book, Teller.prove), (DELIVERY,)),
    Fault("nobody is told of a delivery", chain(Teller.book, Teller.deliver), (DELIVERY,)),
    Fault(
        "a grant is not looked at again", lambda s: s.grant(CLERK, "dispatch", days=100, review="2026-11-10"), (REVIEW,)
    ),
    Fault(
        "a grant is put off for half a year",
        lambda s: s.grant(CLERK, "dispatch", days=1, review="2027-06-01"),
        (REVIEW,),
    ),
    Fault(
        "a grant is looked at late",
        chain(
            lambda s: s.grant(CLERK, "dispatch", days=100, review="2026-11-10"),
            lambda s: s.tell(
                "grant.reviewed", 2, by=DESK, grant="g_1", staff=CLERK, role="dispatch", review="2027-02-10"
            ),
        ),
        (REVIEW,),
    ),
    Fault(
        "a request is answered a day late",
        chain(
            lambda s: s.case("access", days=25, due=20),
            lambda s: s.tell("case.closed", 4, by=CLERK, case=draw("c", 0), outcome="done"),
        ),
        (ANSWERS,),
    ),
    Fault("a request lies unanswered", lambda s: s.case("removal", days=25, due=20), (ANSWERS,)),
    Fault("a request gets a later day than was promised", lambda s: s.case("access", days=2, due=30), (ANSWERS,)),
    Fault(
        "a message that may be a no is answered after four days",
        chain(
            lambda s: s.case("stop-request", days=6, due=3),
            lambda s: s.tell("case.closed", 2, by=CLERK, case=draw("c", 0), outcome="done"),
        ),
        (BY_MESSAGE,),
    ),
    Fault(
        "an item is left out on a ground that the policy does not have",
        lambda s: s.tell("item.left-out", 1, person=ADA, by=CLERK, item=draw("i", 0), ground="sale"),
        ("leave out public source",),
    ),
    Fault(
        "a version binds that nobody announced",
        chain(lambda s: s.begin("2016-06-13", 30), lambda s: s.begin(VERSION, 3)),
        (TELLS_CHANGE,),
    ),
    Fault(
        "a version binds before its day",
        chain(
            lambda s: s.begin("2016-06-13", 30),
            lambda s: s.announce(VERSION, 10, starts=1),
            lambda s: s.begin(VERSION, 3),
        ),
        (TELLS_CHANGE,),
    ),
    Fault(
        "a material change binds of which nobody was told",
        chain(
            lambda s: s.begin("2016-06-13", 30),
            lambda s: s.announce(VERSION, 10, starts=4, method=None),
            lambda s: s.begin(VERSION, 3),
        ),
        (TELLS_CHANGE,),
    ),
)
