"""What a demo invents for a site, read from the file `demo.yaml` beside its policy; invents nothing itself.

So no code names a site: who registers, what they do there and what they write stands beside the sentences they are under.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from upheld.core.errors import SettingError

FILE = "demo.yaml"
PRIVATE, COMPANY, USER = "private", "company", "user"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that people do or that is recorded about them: where, and by category who invents the value.

    `of` are the kinds of people, `most` how often each does it in a year, `often` how many of ten do it at all, `hours`
    how long after the step before; `mail_class` and `mail_kind` are those of the mail that it sends, `case` the kind of
    case that it opens. With `is_shipment` a parcel is booked by it, whose words the policy file's offers give.
    """

    touchpoint: str
    values: Mapping[str, str]
    of: tuple[str, ...] = ()
    most: Mapping[str, int] | None = None
    often: int = 10
    hours: tuple[int, int] = (0, 0)
    mail_class: str = ""
    mail_kind: str = ""
    case: str = ""
    then: tuple[Step, ...] = ()
    is_shipment: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One choice: where it was asked, and how many of ten said yes and said no."""

    choice: str
    touchpoint: str
    yes: int
    no: int


@dataclass(frozen=True, slots=True)
class Today:
    """What there is on the day of the demo besides: a carrier with its program, and a route for a driver; empty for none."""

    carrier: str = ""
    contact: str = ""
    route: str = ""


@dataclass(frozen=True, slots=True)
class Permit:
    """What one of the first people lets somebody outside have: `to` is an organisation of the register, or `named` is
    somebody they name. It went when `is_gone`, and was withdrawn when `is_withdrawn`.
    """

    to: str
    named: Mapping[str, str] | None
    data: tuple[str, ...]
    purpose: str
    is_once: bool
    is_gone: bool
    is_withdrawn: bool


@dataclass(frozen=True, slots=True)
class Giving:
    """Who is in the register of recipients (kind, title, e-mail address), and what people permit."""

    recipients: tuple[tuple[str, str, str], ...] = ()
    permits: tuple[Permit, ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenMail:
    """A mail that has just arrived for the business: from an address, or from one of the first people when it is empty."""

    sender: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class WrittenCampaign:
    """One text to many people; it went out when `is_sent`, else it is a draft."""

    name: str
    mail_class: str
    subject: str
    text: str
    is_sent: bool


@dataclass(frozen=True, slots=True)
class Looking:
    """How many people look at the pages on a working day, and which pages, each with how often it is chosen."""

    people: int
    pages: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class WrittenDemand:
    """A demand about one of the first people: who asks for what on which ground, and what its instrument names."""

    ground: str
    recipient: str
    wanted: tuple[str, ...]
    scope: tuple[str, ...]
    instrument: str
    citation: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """All of one file. `companies` of ten who register are companies, with up to three users each."""

    companies: int
    first: Mapping[str, Step]
    choices: tuple[Asked, ...]
    greeting: tuple[tuple[str, str], ...]
    events: tuple[Step, ...]
    texts: Mapping[str, tuple[str, ...]]
    today: Today = Today()
    giving: Giving = Giving()
    mails: tuple[WrittenMail, ...] = ()
    campaigns: tuple[WrittenCampaign, ...] = ()
    demand: WrittenDemand | None = None
    visits: Looking | None = None

    def list_steps(self) -> tuple[Step, ...]:
        """Every step, those that follow others among them."""
        return (*self.first.values(), *_walk(self.events))


def _walk(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(found for step in steps for found in (step, *_walk(step.then)))


def read_recipe(path: Path) -> Recipe | None:
    """The recipe of this file, or None without one. Raises SettingError S713 when it cannot be read."""
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        return _read_all(written)
    except FileNotFoundError:
        return None
    except (OSError, ArithmeticError, ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError) as problem:
        what = f"`{problem.args[0]}` is missing" if isinstance(problem, KeyError) else type(problem).__name__
        if isinstance(problem, yaml.MarkedYAMLError) and problem.problem_mark is not None:
            what = f"line {problem.problem_mark.line + 1} is no YAML"
        raise SettingError(
            "S713",
            f"what the demo invents cannot be read from `{path.name}` of `{path.parent.name}`: {what}",
            "compare it with the file of another policy, or take it away",
        ) from None


def _read_all(written: Mapping[str, Any]) -> Recipe:
    people = written["people"]
    whole = sum(people.values())
    kinds = (PRIVATE, *((COMPANY, USER) if people.get(COMPANY) else ()))
    return Recipe(
        companies=round(10 * people.get(COMPANY, 0) / whole),
        first={kind: _read_step(written[kind]) for kind in kinds},
        choices=tuple(_read_choice(name, how) for name, how in (written.get("choices") or {}).items()),
        greeting=tuple((str(mail["class"]), str(mail["kind"])) for mail in written.get("greeting") or ()),
        events=tuple(_read_step(step) for step in written.get("events") or ()),
        texts={name: tuple(str(text) for text in texts) for name, texts in (written.get("texts") or {}).items()},
        today=Today(**{name: str(text) for name, text in (written.get("today") or {}).items()}),
        giving=_read_giving(written.get("giving") or {}),
        mails=tuple(
            WrittenMail(str(one.get("from", "")), str(one["subject"]), str(one["text"]))
            for one in written.get("mails") or ()
        ),
        campaigns=tuple(
            WrittenCampaign(
                str(one["name"]), str(one["class"]), str(one["subject"]), str(one["text"]), bool(one.get("sent"))
            )
            for one in written.get("campaigns") or ()
        ),
        demand=_read_demand(written["demand"]) if written.get("demand") else None,
        visits=_read_visits(written["visits"]) if written.get("visits") else None,
    )


def _read_visits(written: Mapping[str, Any]) -> Looking:
    return Looking(int(written["people"]), {str(page): int(often) for page, often in written["pages"].items()})


def _read_demand(written: Mapping[str, Any]) -> WrittenDemand:
    return WrittenDemand(
        ground=str(written["ground"]),
        recipient=str(written["by"]),
        wanted=tuple(str(name) for name in written["asks for"]),
        scope=tuple(str(name) for name in written["names"]),
        instrument=str(written["instrument"]),
        citation=str(written.get("citation", "")),
    )


def _read_giving(written: Mapping[str, Any]) -> Giving:
    return Giving(
        tuple((str(one["kind"]), str(one["title"]), str(one["email"])) for one in written.get("recipients") or ()),
        tuple(
            Permit(
                to="" if isinstance(one["to"], Mapping) else str(one["to"]),
                named={k: str(v) for k, v in one["to"].items()} if isinstance(one["to"], Mapping) else None,
                data=tuple(str(name) for name in one["data"]),
                purpose=str(one["purpose"]),
                is_once=bool(one.get("once")),
                is_gone=bool(one.get("gone")),
                is_withdrawn=bool(one.get("withdrawn")),
            )
            for one in written.get("permits") or ()
        ),
    )


def _read_step(written: Mapping[str, Any]) -> Step:
    mail = written.get("mail") or {}
    first, last = written.get("hours") or (0, 0)
    return Step(
        touchpoint=str(written["at"]),
        values={str(data): str(maker) for data, maker in written["values"].items()},
        of=tuple(written.get("of") or ()),
        most={str(kind): int(count) for kind, count in (written.get("most") or {}).items()},
        often=int(written.get("often", 10)),
        hours=(int(first), int(last)),
        mail_class=str(mail.get("class", "")),
        mail_kind=str(mail.get("kind", "")),
        case=str(written.get("case", "")),
        then=tuple(_read_step(step) for step in written.get("then") or ()),
        is_shipment=bool(written.get("shipment")),
    )


def _read_choice(name: str, how: Mapping[Any, Any]) -> Asked:
    # YAML reads a bare `yes` as true and a bare `no` as false
    yes, no = how.get("yes", how.get(True, 0)), how.get("no", how.get(False, 0))
    return Asked(name, str(how["at"]), int(yes), int(no))
