"""Lines and rows that a broken house would have left, each written plainly, and the rules that they go against."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.actions.stage import NOW

SITE, VERSION = "lasership", "2016-10-03"
ADA, BO = "p_aaaaaaaaaaaaaaaaaaaa", "p_bbbbbbbbbbbbbbbbbbbb"
CLERK, DESK, OTHER = "s_2", "s_5", "s_6"
TEXT, LATER_TEXT = "a" * 64, "b" * 64
REGISTERED = ["contact.administration", "contact.announcement", "fulfil.proof-of-delivery", "fulfil.service"]
LEGAL = {"ground": "legal process", "recipient": "authorities", "version": VERSION}


def draw(letter: str, number: int) -> str:
    """An id of this kind, the same each time."""
    return f"{letter}_{'abcdefghijkmnpqrstuvwxyz'[number] * 20}"


class Teller:
    """Writes lines of a ledger by hand; `last` is the id of the newest one."""

    def __init__(self) -> None:
        self.last = ""

    def tell(self, kind: str, days: float = 0, **fields: Any) -> str:
        """A line of so many days before the moment of the tests; its id."""
        from upheld.actions.ledger import write_line
        from upheld.records.walls import enter_site

        with enter_site(SITE):
            self.last = write_line(SITE, kind, at=NOW - timedelta(days=days), **fields)
        return self.last

    # what a whole house leaves

    def register(self, person: str = ADA, days: float = 40) -> None:
        self.tell("person.created", days, person=person, touchpoint="registration", version=VERSION)
        self.collect("registration", ["person.email", "person.name"], REGISTERED, person=person, days=days)

    def collect(
        self, touchpoint: str, data: list[str], purposes: list[str], *, person: str = ADA, days: float = 20
    ) -> None:
        fields = {"touchpoint": touchpoint, "data": data, "purposes": purposes, "method": "form"}
        self.tell("item.collected", days, person=person, items=[draw("i", 0)], version=VERSION, **fields)

    def answer(self, is_yes: bool, days: float, touchpoint: str = "account") -> None:
        outcome = "yes" if is_yes else "no"
        fields = {"choice": "marketing", "outcome": outcome, "touchpoint": touchpoint, "version": VERSION}
        self.tell("choice.recorded", days, person=ADA, **fields)

    def mail(self, kind: str, days: float, mail_class: str = "newsletter", **fields: Any) -> str:
        more = {"template": "campaign", "version": VERSION} if kind == "mail.queued" else {"attempts": 1}
        return self.tell(kind, days, person=ADA, mail=draw("m", 0), **{"class": mail_class}, **more, **fields)

    def use(self, data: list[str], purpose: str, days: float = 1, **fields: Any) -> str:
        told = {"action": "use", "data": data, "purpose": purpose, "version": VERSION}
        return self.tell("item.opened", days, person=ADA, **{**told, **fields})

    def show(self, role: str = "customer-service", days: float = 1, case: str = "") -> str:
        return self.use(
            ["person.name"], "fulfil.service", days, action="show", role=role, by=CLERK, case=case or draw("c", 0)
        )

    def grant(self, staff: str, role: str, *, days: float = 30, review: str = "2027-01-19", number: int = 1) -> str:
        told = {"grant": f"g_{number}", "staff": staff, "role": role, "review": review}
        return self.tell("grant.given", days, by="s_1", **told)

    def case(self, sort: str = "feedback", *, days: float = 5, due: float = 25, person: str = ADA) -> str:
        due_at = NOW - timedelta(days=days) + timedelta(days=due)
        return self.tell("case.opened", days, person=person, case=draw("c", 0), sort=sort, due=due_at)

    def book(self, days: float = 10) -> None:
        told = {"shipment": draw("sh", 0), "order": draw("i", 1), "touchpoint": "order"}
        self.tell("shipment.booked", days, person=ADA, version=VERSION, **told)

    def deliver(self, days: float = 8) -> str:
        moment = NOW - timedelta(days=days)
        told = {"shipment": draw("sh", 0), "event": draw("ev", 0), "state": "delivered", "source": "driver"}
        return self.tell("shipment.event", days, person=ADA, moment=moment, **told)

    def prove(self, days: float = 8) -> str:
        counts = {"mails": 1, "refused": 0, "stopped": 0}
        return self.tell("shipment.proof-sent", days, person=ADA, shipment=draw("sh", 0), **counts)

    def disclose(self, data: list[str], purpose: str, recipient: str, ground: tuple[str, str], days: float = 1) -> str:
        told = {"data": data, "purpose": purpose, "recipient": recipient, "ground": ground[0], "subject": ground[1]}
        more = {"disclosure": draw("x", 0), "items": 1, "digest": TEXT, "version": VERSION, "outside": draw("o", 0)}
        return self.tell("data.disclosed", days, person=ADA, **told, **more)

    def demand(self, days: float = 6) -> None:
        self.grant(DESK, "privacy-desk", number=5)
        self.grant(OTHER, "privacy-desk", number=6)
        self.tell("demand.opened", days, by=DESK, demand=draw("d", 0), data=["person.name"], people=0, **LEGAL)
        self.change(days)
        self.ask(days)

    def change(self, days: float) -> None:
        fields = {"demand": draw("d", 0), "data": ["person.name"], "people": 1, "version": VERSION}
        self.tell("demand.changed", days, by=DESK, **fields)

    def ask(self, days: float, text: str = TEXT) -> None:
        fields = {"demand": draw("d", 0), "ground": "legal process", "digest": text, "version": VERSION}
        self.tell("demand.asked", days, by=DESK, **fields)

    def agree(self, by: str, days: float = 3, text: str = TEXT, outcome: str = "yes") -> str:
        told = {"subject": draw("d", 0), "role": "privacy-desk", "method": "staff", "digest": text}
        return self.tell("approval.given", days, by=by, outcome=outcome, version=VERSION, **told)

    def release(self, data: str = "person.name", days: float = 1) -> str:
        return self.disclose([data], "legal", "authorities", ("legal process", draw("d", 0)), days)

    def permit(self, days: float = 9) -> None:
        told = {"permission": draw("r", 0), "data": ["person.email"], "purpose": "research", "recipient": "affiliates"}
        self.tell("permission.given", days, person=ADA, touchpoint="account", version=VERSION, **told)

    def withdraw(self, days: float) -> None:
        told = {"permission": draw("r", 0), "data": ["person.email"], "purpose": "research", "recipient": "affiliates"}
        self.tell("permission.withdrawn", days, person=ADA, version=VERSION, **told)

    def hand_over(self, data: str = "person.email") -> str:
        return self.disclose([data], "research", "affiliates", ("permission", draw("r", 0)))

    def merge(self, told: float | None = 30.0, days: float = 35) -> None:
        self.tell("merger.opened", days, by=DESK, merger=draw("u", 0), outside=draw("o", 1), version=VERSION)
        if told is not None:
            self.tell("merger.told", told, person=ADA, merger=draw("u", 0), mail=draw("m", 1), version=VERSION)

    def transfer(self, days: float = 0) -> str:
        return self.disclose(["person.name"], "merger", "successor", ("merger", draw("u", 0)), days)

    def report(self, least: int) -> str:
        told = {"report": "orders", "role": "analysts", "groups": 3, "withheld": 0, "least": least}
        more = {"purpose": "reporting", "data": ["service.order"], "version": VERSION}
        return self.tell("report.made", 1, by=CLERK, **told, **more)

    def announce(self, version: str, days: float, *, starts: float, method: str | None = "mail") -> None:
        told = {"digest": TEXT, "material": "yes", "method": method, "changes": 2}
        starts_at = NOW - timedelta(days=starts)
        self.tell("policy.announced", days, by="s_1", version=version, starts=starts_at, **told)

    def begin(self, version: str, days: float) -> str:
        return self.tell("policy.active", days, version=version, digest=TEXT, people=1)
