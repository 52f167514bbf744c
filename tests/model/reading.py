"""The second reading of a policy, slow and plain: for each rule in turn, does it speak of this cell? The gate has to
give the same verdicts. Nothing here is shared with the product, and nothing here is meant to be fast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from tests.model.line import Condition, Said, read_line
from tests.model.names import HERE, NOT_NAMED, OWN_TOUCHPOINTS, Names
from tests.model.page import read_page
from tests.model.pieces import Piece, put_into_pieces, rank_degree


@dataclass(frozen=True)
class Act:
    """A question. `other` is the one touchpoint, role, recipient or place; `degree` a name and a size of group."""

    action: str
    data: tuple[str, ...]
    purpose: str | None = None
    other: str | None = None
    degree: tuple[str, int] = ("identified", 0)


@dataclass(frozen=True)
class Facts:
    """What is known: facts that are true or false, and what a person answered: yes, no or unasked."""

    known: Mapping[str, bool | None] = field(default_factory=lambda: MappingProxyType({}))
    choices: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


Cell = tuple[str, str, str, str, int]


class Reading:
    """One policy, read."""

    def __init__(self, text: str) -> None:
        declared, lines = read_page(text)
        self.names = Names(declared)
        everything = [(read_line(line.text, self.names), line.sentences) for line in lines]
        rules = [(said, sentences) for said, sentences in everything if self.is_active(said)]
        # of two rules that say otherwise the last one counts
        defaults = {choice: said.default for said, _ in rules if said.default is not None for choice in said.choices}
        self.opt_out = {choice for choice, default in defaults.items() if default}
        self.pieces: list[Piece] = []
        for place, (said, sentences) in enumerate(rules):
            self.pieces += put_into_pieces(said, self.names, sentences, place)
        # the narrower one is named first, and of two alike the one that stands first in the file
        self.pieces.sort(key=lambda piece: (piece.size, piece.place))
        actions = ("collect", "use", "show", "share", "keep")
        self.pieces_of = {action: [piece for piece in self.pieces if piece.action == action] for action in actions}

    def is_active(self, said: Said) -> bool:
        if said.settled is not None:
            return self.names.settled[said.settled] != "literal"
        if said.literal is not None:
            return self.names.settled[said.literal] == "literal"
        return True

    # --------------------------------------------------------------------------------------------------------- facts

    def know(self, condition: Condition, facts: Facts) -> bool | None:
        """True, false or, as None, unknown."""
        if condition.kind == "fact":
            return self.know_fact(condition.fact, facts)
        known = [self.know(one, facts) for one in condition.inside]
        decisive = condition.kind == "any"  # one true decides `any`, one false decides `all`
        if not known:
            return None  # `demanded` where no ground is declared: nobody can know it, and doubt never opens
        if any(one is decisive for one in known):
            return decisive
        return None if None in known else not decisive

    def know_fact(self, name: str, facts: Facts) -> bool | None:
        if name in self.names.facts:  # a declared name stands before what it might be read as
            return facts.known.get(name, False if name == "expired" else None)
        word, _, choice = name.partition(" ")
        if word == "chosen" and choice in self.names.choices:
            answers = {"yes": True, "no": False, "unasked": choice in self.opt_out}
            return answers.get(facts.choices.get(choice, ""))
        if word == "refused" and choice in self.names.choices:
            return {"yes": False, "no": True, "unasked": False}.get(facts.choices.get(choice, ""))
        return facts.known.get(name)

    # -------------------------------------------------------------------------------------------------------- verdict

    def cells(self, act: Act) -> list[Cell]:
        """Every cell the act is about, data in the order of their declaration, below each the purposes in theirs."""
        data: set[str] = set()
        for name in act.data:
            is_named = name in self.names.data or name == "anything"
            data.update(self.names.leaves_of_data(name) if is_named else [NOT_NAMED])
        purposes = [NOT_NAMED]
        if act.purpose == "any purpose":
            purposes = [*self.names.purpose_leaves, NOT_NAMED]
        elif act.purpose in self.names.purposes:
            purposes = self.names.leaves_of_purpose(str(act.purpose))
        other = self.other_of(act)
        return [
            (act.action, leaf, purpose, other, rank_degree(act.degree))
            for leaf in [*self.names.data_leaves, NOT_NAMED]
            if leaf in data
            for purpose in purposes
        ]

    def other_of(self, act: Act) -> str:
        if act.action == "use":
            return "-"
        if act.action == "keep" and act.other is None:
            return HERE
        known = {
            "collect": [*self.names.touchpoints, *OWN_TOUCHPOINTS],
            "show": [*self.names.roles, "self"],
            "share": self.names.recipients,
            "keep": [*self.names.places, HERE],
        }[act.action]
        return str(act.other) if act.other in known else NOT_NAMED

    def judge(self, cell: Cell, facts: Facts) -> tuple[str, tuple[str, ...]]:
        """The verdict of one cell and the sentences it rests on."""
        speaking = [piece for piece in self.pieces_of[cell[0]] if speaks_of(piece, cell)]
        for piece in speaking:
            if piece.is_cut and not self.is_lifted(piece, facts):
                return "refused", piece.sentences
        for piece in speaking:
            if not piece.is_cut and self.is_holding(piece, facts):
                return "permitted", piece.sentences
        grants = [piece for piece in speaking if not piece.is_cut]
        if grants:
            return "refused", once(sentence for piece in grants for sentence in piece.sentences)
        return "silent", ()

    def is_holding(self, piece: Piece, facts: Facts) -> bool:
        return all(self.know(one, facts) is True for one in piece.if_true) and all(
            self.know(one, facts) is False for one in piece.if_false
        )

    def is_lifted(self, piece: Piece, facts: Facts) -> bool:
        """One condition that is known to be the other way lifts a cut; without a condition it is never lifted."""
        return any(self.know(one, facts) is False for one in piece.if_true) or any(
            self.know(one, facts) is True for one in piece.if_false
        )

    def decide(self, act: Act, facts: Facts) -> tuple[str, tuple[str, ...]]:
        """All or nothing: the first refusal, else the first silence, else everything that permits."""
        verdicts = [self.judge(cell, facts) for cell in self.cells(act)]
        for outcome, because in verdicts:
            if outcome == "refused":
                return outcome, because
        if any(outcome == "silent" for outcome, _ in verdicts):
            return "silent", ()
        return "permitted", once(sentence for _, because in verdicts for sentence in because)

    def decide_each(self, act: Act, facts: Facts) -> dict[str, tuple[str, tuple[str, ...]]]:
        """One verdict for each data leaf, as `show` answers."""
        leaves = once(cell[1] for cell in self.cells(act))
        each = {}
        for leaf in leaves:
            name = leaf if leaf != NOT_NAMED else "what nobody named"
            each[leaf] = self.decide(Act(act.action, (name,), act.purpose, act.other, act.degree), facts)
        return each


def speaks_of(piece: Piece, cell: Cell) -> bool:
    action, data, purpose, other, degree = cell
    return (
        piece.action == action
        and data in piece.data
        and purpose in piece.purposes
        and other in piece.others
        and piece.degrees.first <= degree <= piece.degrees.last
    )


def once(sentences: Iterable[str]) -> tuple[str, ...]:
    """Each once, where it came first."""
    return tuple(dict.fromkeys(sentences))


@lru_cache(maxsize=16)
def read_policy(text: str) -> Reading:
    return Reading(text)


def decide(policy_text: str, act: Act, facts: Facts) -> tuple[str, tuple[str, ...]]:
    """The outcome and the references of the sentences it rests on."""
    return read_policy(policy_text).decide(act, facts)
