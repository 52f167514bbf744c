"""Invents people and a year of what they did, from a recipe and a seed; stores nothing, and nobody of them exists.

The same seed gives the same people; only their dates move with today.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from upheld.actions.ages import MINOR
from upheld.actions.ids import ALPHABET, LENGTH
from upheld.actions.imports import Mailed, Newcomer, Part, Said
from upheld.actions.people import list_identifier_leaves
from upheld.actions.vault import STARTS_AT_COLLECTION, Value
from upheld.core.fields.plan import find_path
from upheld.core.gate.binding import Binding
from upheld.core.notices.classes import MailLog, find_mail_log
from upheld.core.rights.keeping import list_keepings
from upheld.server.demo_parcels import open_parcels
from upheld.server.demo_recipe import COMPANY, PRIVATE, USER, Recipe, Step

DATA = Path(__file__).parent / "demo_data"
YEAR = timedelta(days=364)
POST_OFFICES = ("harbourpost.example", "tidewell.example", "quaymail.example", "letters.example")
FAILS_ONCE_IN = 25
MOST_USERS = 3
OTHER, MAYBE = "other ", "maybe "
QUESTIONS = "questions"


@cache
def list_words(name: str) -> tuple[str, ...]:
    """The words of one list of names."""
    return tuple((DATA / f"{name}.txt").read_text(encoding="utf-8").split("\n")[:-1])


@dataclass(slots=True)
class Persona:
    """Somebody who does not exist: the values that the makers give for them."""

    name: str
    email: str
    phone: str
    address: str
    zip: str
    company: str = ""
    domain: str = ""

    def make(self, maker: str) -> str:
        """The value of a maker that is about them, or an empty text."""
        made = {
            "name": self.name,
            "email": self.email,
            "username": self.email.removesuffix(".example").replace("@", "."),  # as unlike anybody's as the address is
            "phone": self.phone,
            "address": self.address,
            "zip": self.zip,
            "company": self.company,
            "contact": f"{self.name}, {self.phone}",
            "billing": f"Accounts, accounts@{self.domain}",
        }
        return made.get(maker, "")


@dataclass(slots=True)
class Life:
    """One newcomer in the making."""

    id: str
    kind: str
    persona: Persona
    since: datetime
    parts: list[Part] = field(default_factory=list)
    mails: list[Mailed] = field(default_factory=list)
    company: str = ""
    is_holder: bool = False


class Inventor:
    """Invents for one site. `now` ends the year; what the policy would have removed by then is not invented."""

    def __init__(self, binding: Binding, recipe: Recipe, *, seed: int, now: datetime) -> None:
        self.binding = binding
        self.recipe = recipe
        self.now = now
        self.words = binding.policy.words
        self.keepings = list_keepings(binding.gate.table)
        self.log: MailLog | None = find_mail_log(binding, {})
        self.identifiers = list_identifier_leaves(self.words)
        self.chance = random.Random(f"{seed} {binding.site}")  # noqa: S311 - invented data, and no secret
        self.grown_up = (
            {MINOR: False} if MINOR in binding.gate.table.facts.index else {}
        )  # nobody invented here is a child
        self.taken: set[str] = set()
        self.parcels = open_parcels(binding, dict(recipe.texts), self.chance, now)

    def invent_people(self, count: int) -> Iterator[Newcomer]:
        """So many people and companies, from those who came a year ago to those of today.

        The first ones are a company with two users and a private person, whom the demo gives a way in.
        """
        made = 0
        while made < count:
            since = self.now - YEAR * (1 - made / count) + timedelta(minutes=self.chance.randrange(600))
            is_company = self.chance.randrange(10) < self.recipe.companies
            left = count - made
            if left > 1 and (made == 0 or (made > MOST_USERS and is_company)):
                users = min(left - 1, 2 if made == 0 else self.chance.randint(1, MOST_USERS))
                lives = self.invent_company(min(since, self.now), users)
            else:
                lives = [self._begin(PRIVATE, self.invent_persona(), min(since, self.now))]
            self.live(lives)
            made += len(lives)
            yield from (self._finish(life) for life in lives)

    def invent_company(self, since: datetime, users: int) -> list[Life]:
        """A company and its users; the first user holds the account."""
        name = f"{self.pick('family')} {self.pick('trades')}"
        domain = self.make_unique(f"{write_plain(name)}.example")
        company = self._begin(COMPANY, self.invent_persona(name, domain), since)
        lives = [company]
        for number in range(users):
            joined = min(since + timedelta(days=number * self.chance.randint(1, 20)), self.now)
            user = self._begin(USER, self.invent_persona(name, domain), joined)
            user.company, user.is_holder = company.id, number == 0
            lives.append(user)
        return lives

    def invent_persona(self, company: str = "", domain: str = "") -> Persona:
        """Somebody with a name, an address and a telephone number of the kind that films use."""
        given, family = self.pick("given"), self.pick("family")
        town, _, code = self.pick("towns").rpartition(" ")
        place = domain or self.chance.choice(POST_OFFICES)
        return Persona(
            name=f"{given} {family}",
            email=self.make_unique(f"{write_plain(given)}.{write_plain(family)}@{place}"),
            phone=f"+1 {self.chance.randint(201, 989)} 555 01{self.chance.randrange(100):02d}",
            address=f"{self.chance.randint(1, 99)} {self.pick('streets')}, {town} {code}",
            zip=code,
            company=company,
            domain=place,
        )

    def pick(self, words: str) -> str:
        """One word of a list of names."""
        return self.chance.choice(list_words(words))

    def make_unique(self, text: str) -> str:
        """The text, with a number in it when it was taken."""
        local, at, domain = text.rpartition("@") if "@" in text else ("", "", text)
        number, made = 2, text
        while made in self.taken:
            made = f"{local}{number}@{domain}" if at else domain.replace(".example", f"-{number}.example")
            number += 1
        self.taken.add(made)
        return made

    def _begin(self, kind: str, persona: Persona, since: datetime) -> Life:
        number = "p_" + "".join(self.chance.choices(ALPHABET, k=LENGTH))
        life = Life(number, kind, persona, since)
        step = self.recipe.first.get(kind)
        if step is not None:
            self._take(life, step, since)
        return life

    def live(self, lives: list[Life]) -> None:
        """What one household did since it came; its mails go to its first person."""
        reader = next((life for life in lives if life.kind != COMPANY), lives[0])
        for life in lives:
            if life.kind != COMPANY:
                for mail_class, kind in self.recipe.greeting:
                    self._mail(life, mail_class, kind, life.since)
            for step in self.recipe.events:
                if life.kind not in step.of or self.chance.randrange(10) >= step.often:
                    continue
                share = (self.now - life.since) / YEAR
                most = (step.most or {}).get(life.kind, 1)
                for _ in range(round(self.chance.randint(0, most) * share) or int(life.is_holder)):
                    at = life.since + self.chance.random() * (self.now - life.since)
                    self._do(life, reader, step, at)

    def _do(self, life: Life, reader: Life, step: Step, at: datetime) -> None:
        if at > self.now:
            return
        if step.is_shipment and self.parcels is not None:
            self._send(life, reader, at)
            return
        self._take(life, step, at)
        if step.mail_class:
            self._mail(reader, step.mail_class, step.mail_kind, at)
        for later in step.then:
            self._do(life, reader, later, at + timedelta(minutes=self.chance.randint(*(60 * h for h in later.hours))))

    def _send(self, life: Life, reader: Life, at: datetime) -> None:
        """A parcel, with the mails that it sent: the customer's own and those to people whom they named."""
        if self.parcels is None:
            return
        others = [self.invent_persona() for _ in range(1 + self.chance.choice((0, 0, 0, 1, 1, 2)))]
        # By chances of its own: how much of a parcel has happened by now decides nothing about the people after it.
        whole, self.chance = self.chance, random.Random(self.chance.random())  # noqa: S311 - invented, and no secret
        made = self.parcels.invent(life.persona, others, reader.id, at, self.chance)
        if made.part.collected_at >= life.since and not self.is_over(tuple(made.part.values), at):
            life.parts.append(made.part)
            for mailed, address in made.mails:
                self._mail(reader, mailed.mail_class, mailed.kind, mailed.at, address)
        self.chance = whole

    def _take(self, life: Life, step: Step, at: datetime) -> None:
        values = self._make_values(life, step)
        if values and not self.is_over(tuple(values), at):
            method = "form" if find_path(self.words, step.touchpoint) else "automatic"
            life.parts.append(Part(step.touchpoint, values, at, method))

    def _make_values(self, life: Life, step: Step) -> dict[str, Value]:
        other = self.invent_persona() if any(OTHER in maker for maker in step.values.values()) else None
        values: dict[str, Value] = {}
        for leaf, written in step.values.items():
            maker = written.removeprefix(MAYBE)
            if maker != written and self.chance.random() < 0.5:
                continue
            value = self._make_value(life.persona, other, maker, step.touchpoint)
            if value:
                values[leaf] = value
        return values

    def _make_value(self, persona: Persona, other: Persona | None, maker: str, touchpoint: str) -> Value:
        if maker == QUESTIONS:
            return self._answer(touchpoint)
        if other is not None and maker.startswith(OTHER):
            return other.make(maker.removeprefix(OTHER))
        return persona.make(maker) or self.chance.choice(self.recipe.texts.get(maker, ("",)))

    def _answer(self, touchpoint: str) -> Mapping[str, str]:
        """Answers to the questions that the site asks there; some are left out."""
        forms: Any = self.binding.policy.site.get("forms") or {}
        answers = {}
        for question in (forms.get(touchpoint) or {}).get("questions", ()):
            given: Sequence[str] = question.get("answers") or self.recipe.texts.get(touchpoint, ())
            if given and self.chance.random() < 0.85:
                answers[str(question["words"])] = str(self.chance.choice(given))
        return answers

    def _mail(self, life: Life, mail_class: str, kind: str, at: datetime, to: str = "") -> None:
        """A mail with its line in the mail log; one in so many did not go out. `to` is somebody whom they named."""
        has_failed = self.chance.randrange(FAILS_ONCE_IN) == 0
        state, reason = ("failed", "the address was refused") if has_failed else ("sent", "")
        life.mails.append(Mailed(mail_class, kind, at, state, reason))
        if self.log is not None and not self.is_over((self.log.data,), at):
            result = "not sent" if has_failed else "handed over"
            line = {"to": to or life.persona.email, "class": mail_class, "kind": kind, "result": result}
            line["at"] = at.isoformat(timespec="seconds")
            life.parts.append(Part(self.log.touchpoint, {self.log.data: line}, at, "automatic"))

    def is_over(self, leaves: tuple[str, ...], at: datetime) -> bool:
        """Whether the policy would have had some of this removed by now."""
        found = [self.keepings[leaf] for leaf in leaves if leaf in self.keepings]
        ends = [keeping.find_end(at) for keeping in found if keeping.event in STARTS_AT_COLLECTION]
        return any(end is not None and end <= self.now for end in ends)

    def _finish(self, life: Life) -> Newcomer:
        own = self.recipe.first.get(life.kind)
        touchpoint = own.touchpoint if own else ""
        values = life.parts[0].values if life.parts else {}
        found = [(self.identifiers[leaf], str(value)) for leaf, value in values.items() if leaf in self.identifiers]
        return Newcomer(
            parts=tuple(life.parts),
            created_at=life.since,
            id=life.id,
            kind="company" if life.kind == COMPANY else "person",
            identifiers=tuple(found) if life.kind != COMPANY else (),
            answers=tuple(self._choose(life.since, touchpoint)) if life.kind != COMPANY else (),
            mails=tuple(life.mails),
            signed_in_at=None if life.kind == COMPANY else life.since + self.chance.random() * (self.now - life.since),
            company=life.company,
            is_holder=life.is_holder,
            facts=self.grown_up,
        )

    def _choose(self, at: datetime, touchpoint: str) -> Iterator[Said]:
        for asked in self.recipe.choices:
            drawn = self.chance.randrange(10)
            if asked.touchpoint == touchpoint and drawn < asked.yes + asked.no:
                yield Said(asked.choice, drawn < asked.yes, touchpoint, at)


def write_plain(text: str) -> str:
    """The text as it can stand in an address: small ASCII letters, everything else a hyphen or gone."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join("".join(sign if sign.isalnum() else " " for sign in plain).split())
