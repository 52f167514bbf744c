"""Invented policies as whole texts; knows how the lines of the language are written, not what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.model.names import OWN_TOUCHPOINTS, WIDE_TOUCHPOINTS
from tests.model.worlds import COMMON_FACTS, Draw, World, draw_one, draw_some, happens, invent_worlds, places

EVENTS = ["merging", "posting", "the visit ends", "use"]
SIZES = [2, 5, 10, 20]
PROSE = [
    "We say so.", "Is it so?", "It costs 3.50 at most, e.g. here.", 'They said "never." We did not.', "Yes! (Never.) Two of it.",
    "a small beginning, and no end",
    "The answer is no. It stays.",
]  # fmt: skip
TITLES = ["What we do", "Who's who & why", "What we do!", "Times"]


@dataclass(frozen=True)
class Invented:
    """A policy as text, and its names."""

    text: str
    world: World


@st.composite
def invent_policies(draw: Draw) -> Invented:
    """A whole policy; its rules speak mostly of acts."""
    world, front = draw(invent_worlds())
    sections = [f"# {draw_one(draw, TITLES)}\n\n{draw_prose(draw)}"]
    count = 1 + draw(places(20))
    while count > 0:
        size = 1 + draw(places(6))
        rules = [Writer(draw, world).write_rule() for _ in range(min(size, count))]
        count -= len(rules)
        sections.append("```rules\n" + "\n".join(rules) + "\n```")
        if count and happens(draw, 2):
            sections.append(f"## {draw_one(draw, TITLES)}")
        elif count and happens(draw, 4):
            continue  # two blocks with nothing between
        sections.append(draw_prose(draw))
    return Invented(f"---\n{front}---\n\n" + "\n\n".join(sections) + "\n", world)


@st.composite
def invent_additions(draw: Draw, invented: Invented, forms: Sequence[str]) -> str:
    """The same policy with one more rule, of one of these forms, at its end."""
    return f"{invented.text}\n```rules\n{Writer(draw, invented.world).write_rule(forms)}\n```\n"


def draw_prose(draw: Draw) -> str:
    """A paragraph or two, one of them perhaps a list; the first four sentences can be cited."""
    paragraphs = ["We have four. Two is this. Three. And four."]
    if happens(draw, 2):
        more = [draw_one(draw, PROSE) for _ in range(1 + draw(places(3)))]
        mark = draw_one(draw, ["", "- ", "\n"])
        paragraphs.append("\n".join(f"- {one}" for one in more) if mark == "- " else f"{mark or ' '}".join(more))
    return "\n\n".join(paragraphs)


# ------------------------------------------------------------------------------------------------------------ the rules

GRANTS = ["collect", "use", "show", "show self", "share", "share one", "send", "keep while", "store"]
BANS = [
    "never collect", "never use", "never show", "never share", "never keep", "choice stops", "require age", "bind",
]  # fmt: skip
CUTS = [
    *BANS, "keep", "collect only", "at collect only", "use only", "for use only", "show only", "for show only", "share only",
    "for share only", "store only",
]  # fmt: skip
OTHERS = ["choice is", "silent"]
FORMS = [*GRANTS, *GRANTS, *GRANTS, *GRANTS, *CUTS, *OTHERS]
SAY_NOTHING = [
    "state", "protect anything by access control, lockout", "show policy link at home", "tell customers by email when merging",
    "never employ enrichment", "claim nobody outside gets anything for any purpose unless permitted",
    "claim anyone never get anything", "let customers download anything at account", 'mark anything as optional at policy because "why, for use only"',
    "claim anything leaves only in aggregate of 5", "claim nothing uses anything in aggregate of 20 for any purpose",
    "change takes effect on posting", "answer access, removal requests by form or email within 30 days",
    "set cookie session for any purpose, up to 30 days, first-party", "honour gpc as no to marketing",
]  # fmt: skip


class Writer:
    """Writes one random rule."""

    def __init__(self, draw: Draw, world: World) -> None:
        self.draw, self.world = draw, world

    def write_rule(self, forms: Sequence[str] = FORMS) -> str:
        form = draw_one(self.draw, forms)
        body = self.write_body(form)
        numbers = draw_one(self.draw, ["", "(1) ", "(2) ", "(1 3) ", "(2-4) "])
        layers = ["", "", "", "beyond"]
        for parameter in self.world.settled:
            layers += [f"settled {parameter}", f"literal {parameter}"]
        layer = draw_one(self.draw, layers)
        end = draw_one(self.draw, ["", "", " [AB-1 AB-2]", "   # why, for use"])
        return f"{numbers}{body} {layer}".rstrip() + end

    def write_body(self, form: str) -> str:
        never = form.startswith("never ")
        verb = form.removeprefix("never ").removeprefix("for ").removeprefix("at ").split(" ")[0]
        if form == "silent":
            return self.write_silent()
        if form in ("choice is", "choice stops"):
            return self.write_choice(form)
        if form in ("require age", "bind"):
            return self.write_bond(form)
        if form == "send":
            return self.write_send()
        if form in ("keep", "keep while"):
            return self.write_keep(form)
        if verb in ("store", "keep"):
            return self.write_place(form)
        return self.write_act(form, verb, never=never)

    def write_act(self, form: str, verb: str, *, never: bool) -> str:
        """Rules about collecting, using, showing and sharing."""
        data, data_names = self.write_data()
        degree = self.write_degree()
        others, other_names = ("self", ["self"]) if form == "show self" else self.write_others(verb)
        purposes, purpose_names = self.write_purposes()
        if (never or form == "share only") and happens(self.draw, 3):
            purposes = ""
        if form == "show self" and happens(self.draw, 2):
            purposes = ""
        word = {"collect": " at ", "use": "", "show": " to ", "share": " with "}[verb]
        if form == "share one":
            word = " with one of "
        if (never or form in ("for show only", "for share only")) and happens(self.draw, 2):
            others = word = ""
        self.world.spoken_of.append((verb, data_names, purpose_names, other_names))
        verb = draw_one(self.draw, ["collect", "record"]) if verb == "collect" and not never else verb
        tail = self.write_conditions(approval=verb in ("show", "share") and not never)
        if form in ("for use only", "for show only", "for share only"):
            return f"{purposes} {verb} only {data}{degree}{word}{others}{tail}".strip()
        if form == "at collect only":
            degree = degree if verb == "record" else ""
            return f"at {others} {verb} only {data}{degree}{purposes}{tail}"
        if form == "use only":
            return f"use {data}{degree} only{purposes}{tail}"
        only = " only" if form.endswith(" only") else ""
        return f"{'never ' if never else ''}{verb} {data}{degree}{only}{word}{others}{purposes}{tail}"

    def write_silent(self) -> str:
        data, _ = self.write_data(but=False)
        lines = [*SAY_NOTHING, f"keep {data} apart from {self.write_data(but=False)[0]}"]
        if self.world.choices and self.world.mail:
            choice, mail = self.world.choices[0], next(iter(self.world.mail))
            lines.append(f"choice {choice} does not stop {mail}")
        if "marketing" not in self.world.choices:
            lines = [line for line in lines if "gpc" not in line]
        return draw_one(self.draw, lines)

    def write_choice(self, form: str) -> str:
        choices = draw_some(self.draw, self.world.choices, 1, 2)
        if not choices:
            return "state"
        if form == "choice is":
            mode = draw_one(self.draw, ["opt-in", "opt-out"])
            return f"choice {choices[0]} is {mode}, asked at policy"
        targets = [*self.world.mail, *self.world.purposes, "any purpose"]
        targets += [f"sharing with {name}" for name in [*self.world.recipients, "anyone"]]
        self.world.spoken_of.append(("use", self.world.data, self.world.purposes, []))
        return f"choice {', '.join(choices)} stops {', '.join(draw_some(self.draw, targets, 1, 3))}"

    def write_bond(self, form: str) -> str:
        if form == "require age":
            return f"require age 13 at {self.write_others('collect')[0]}"
        purposes = self.write_purposes()[0] if happens(self.draw, 2) else ""
        renewed = draw_one(self.draw, ["", ", renewed every 12 months"])
        return f"bind {self.write_others('share')[0]} by contract{purposes}{renewed}"

    def write_send(self) -> str:
        mails = draw_some(self.draw, list(self.world.mail), 1, 2)
        if not mails:
            return "state"
        receivers = draw_some(self.draw, [*self.world.audiences, "visitors", *self.world.data], 1, 2)
        self.world.spoken_of.append(("use", self.world.data, [self.world.mail[mail] for mail in mails], []))
        end = draw_one(self.draw, ["", " when merging", " when use and posting within 2 days", ", at most 3 in 7 days"])
        return f"send {', '.join(mails)} to {', '.join(receivers)}{self.write_conditions()}{end}"

    def write_keep(self, form: str) -> str:
        data, names = self.write_data()
        purposes, purpose_names = self.write_purposes()
        if happens(self.draw, 2):
            purposes, purpose_names = "", self.world.purposes
        for action in ("keep", "use", "show", "share"):
            self.world.spoken_of.append((action, names, purpose_names, []))
        if form == "keep while":
            return f"keep {data} while {self.write_condition()}{purposes}"
        times = ["30 days", "6 months", "24 hours after posting", "5 business days after use", "until the visit ends"]
        times += [name for name, value in self.world.settled.items() if value == "30 days"]
        return f"keep {data} {draw_one(self.draw, times)}{purposes}{self.write_conditions()}"

    def write_place(self, form: str) -> str:
        """`store D in L`, `store D only in L`, `never keep D in L`."""
        data, names = self.write_data()
        places = draw_some(self.draw, [*self.world.places, "anywhere"], 1, 2)
        self.world.spoken_of.append(("keep", names, self.world.purposes, places))
        if form == "never keep":
            where = f" in {', '.join(places)}" if happens(self.draw, 2) else ""
            purposes = self.write_purposes()[0] if happens(self.draw, 2) else ""
            return f"never keep {data}{where}{purposes}{self.write_conditions()}"
        return f"{form.replace(' only', '')} {data}{' only' if 'only' in form else ''} in {', '.join(places)}"

    # ------------------------------------------------------------------------------------------------- parts of a rule

    def write_data(self, *, but: bool = True) -> tuple[str, list[str]]:
        pool = [*self.world.data, *self.world.groups]
        names = ["anything"] if happens(self.draw, 4) else draw_some(self.draw, [*pool, "anything"], 1, 2)
        text = ", ".join(names)
        if but and happens(self.draw, 5):
            text += f" but {', '.join(draw_some(self.draw, pool, 1, 2))}"
        return text, [name for name in names if name != "anything"] or self.world.data

    def write_purposes(self) -> tuple[str, list[str]]:
        names = draw_some(self.draw, [*self.world.purposes, "any purpose"], 1, 2)
        text = f" for {', '.join(names)}"
        if happens(self.draw, 5):
            text += f" but {', '.join(draw_some(self.draw, self.world.purposes, 1, 2))}"
        return text, [name for name in names if name != "any purpose"] or self.world.purposes

    def write_others(self, verb: str) -> tuple[str, list[str]]:
        pool = {
            "collect": [*self.world.touchpoints, OWN_TOUCHPOINTS[0], *WIDE_TOUCHPOINTS],
            "use": [],
            "show": [*self.world.roles, "self", "anyone"],
            "share": [*self.world.recipients, "anyone"],
        }[verb]
        names = draw_some(self.draw, pool, 1, 2)
        return ", ".join(names), [name for name in names if name not in ("anyone", "anywhere")]

    def write_degree(self) -> str:
        degree = draw_one(self.draw, [*[""] * 7, "identified", "pseudonymous", "de-identified", "group", "group"])
        if degree == "group" and "group-size" in self.world.settled and happens(self.draw, 2):
            self.world.sizes.add(int(self.world.settled["group-size"]))
            return " in aggregate of group-size"
        if degree == "group":
            size = int(draw_one(self.draw, SIZES))
            self.world.sizes.add(size)
            return f" in aggregate of {size}"
        return degree and f" {degree}"

    def write_conditions(self, *, approval: bool = False) -> str:
        kind = draw_one(self.draw, ["", "", "if", "unless", "both"])
        text = f" if {self.write_condition()}" if kind in ("if", "both") else ""
        text += f" unless {self.write_condition()}" if kind in ("unless", "both") else ""
        if approval and self.world.roles and happens(self.draw, 5):
            said = f"approved by 2 of {self.world.roles[0]}"
            self.world.approvals.add(said)
            text += f", {said}"
        return text

    def write_condition(self) -> str:
        terms = [self.write_term()]
        while len(terms) < 3 and happens(self.draw, 3):
            # a list inside the list (`demanded by court or law`) stands last
            terms.insert(0, self.write_term(plain=True))
        if len(terms) == 1:
            return terms[0]
        word = draw_one(self.draw, ["and", "or"])
        return f"{', '.join(terms[:-1])} {word} {terms[-1]}"

    def write_term(self, *, plain: bool = False) -> str:
        terms = [*COMMON_FACTS, *self.world.facts, *self.world.facts]
        terms += [f"{word} {choice}" for choice in self.world.choices for word in ("chosen", "refused")]
        terms += ["demanded"]
        terms += ["demanded by", "demanded by"] if self.world.grounds and not plain else []
        terms += ["living in"] if self.world.regions and not plain else []
        term = draw_one(self.draw, terms)
        pool = {"demanded by": self.world.grounds, "living in": self.world.regions}.get(term)
        if pool is None:
            return term
        names = draw_some(self.draw, pool, 1, 3)
        return f"{term} {', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else f"{term} {names[0]}"
