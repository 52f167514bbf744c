"""What the tests of the formal proof share: a small world of words, spoiled tables, and the second reading asked the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache

from tests.model.reading import Act as SecondAct
from tests.model.reading import Facts, Reading
from upheld.core.gate import Gate, Verdict, parse_act, parse_facts
from upheld.core.gate.counterexample import Counterexample
from upheld.core.gate.formal import FormalProof, prove_formally
from upheld.core.policy.compile import ACTIONS, Piece, Table, _Compiler, compile_policy
from upheld.core.policy.load import parse_policy
from upheld.core.policy.model import Policy
from upheld.core.policy.words import print_body

FRONT = """---
policy: corner
business: Corner
title: What we do
version: 2026-01-01
surface: web
data:
  person: {name: user.name, email: user.contact.email}
  order: user.behavior.purchase_history
  visit: user.behavior.browsing_history
purposes:
  fulfil: essential.service
  reporting: analytics.reporting
  sale: third_party_sharing
  marketing: {offer: marketing.communications.email, newsletter: marketing.communications.email}
recipients: {carriers: processor, brokers: third-party}
roles: [desk, analysts]
touchpoints: {order: /order, survey: /survey, visit: every page}
places: {vault: eu, abroad: us}
choices: {news: news by e-mail}
mail: {offer mail: marketing.offer, newsletter mail: marketing.newsletter}
audiences: {customers: [person.email]}
events: {ordering: an order is placed}
grounds: {law: the law asks for it}
settle: {group-size: "10", reading: "the strict one"}
---

# What we do

We do as we say.

"""


def write_policy(*rules: str) -> str:
    """A policy of the corner shop with these rules."""
    return FRONT + "\n".join(["```rules", *rules, "```", ""])


@dataclass(frozen=True)
class Proved:
    """A text, the gate made from it, and the proofs of its rules."""

    text: str
    gate: Gate
    proofs: tuple[FormalProof, ...]

    def of(self, line: str) -> FormalProof:
        """The proof of the one rule whose line begins so."""
        (found,) = [proof for proof in self.proofs if print_body(proof.rule).startswith(line)]
        return found

    @property
    def failing(self) -> list[str]:
        return [print_body(proof.rule) for proof in self.proofs if proof.state == "fails"]

    def show(self, line: str) -> Counterexample:
        """The counterexample of a failing rule, after the gate was asked in its words and said the same."""
        proof = self.of(line)
        assert proof.state == "fails", proof
        example = proof.counterexample
        assert example is not None
        assert example.act is not None
        assert proof.failing
        act = parse_act(str(example.act), self.gate.table.words)
        assert act == example.act
        assert self.gate.ask(act, parse_facts(example.facts, self.gate.table)) == example.verdict
        return example


@cache
def read_first(text: str) -> Policy:
    return parse_policy(text)


@cache
def read_second(text: str) -> Reading:
    return Reading(text)


def prove(text: str, change: Callable[[Table], Table] = lambda table: table) -> Proved:
    """The proofs for this text; `change` may spoil the table before."""
    gate = Gate(change(compile_policy(read_first(text))))
    return Proved(text, gate, prove_formally(gate))


def ask_second(text: str, example: Counterexample) -> str:
    """What the second reading of this text says of the same act and facts."""
    act = example.act
    assert act is not None
    known: dict[str, bool | None] = {}
    choices: dict[str, str] = {}
    reading = read_second(text)
    for piece in filter(None, example.facts.split(", ")):
        name, _, answer = piece.rpartition(" ")
        if name in reading.names.choices:
            choices[name] = answer
        elif answer == "unknown":
            known[name] = None
        else:
            known[piece.removeprefix("not ")] = not piece.startswith("not ")
    other = None if act.action == "use" else act.counterpart
    degree = (act.degree.name, act.degree.k)
    outcome, _ = reading.decide(SecondAct(act.action, act.data, act.purpose, other, degree), Facts(known, choices))
    return outcome


def is_opened(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.is_permitted


def rebuild(table: Table, pieces: Iterable[Piece]) -> Table:
    """The table with other pieces, its cells made anew."""
    kept = sorted(pieces, key=lambda piece: (piece.size, piece.rule))
    compiler = _Compiler(table.policy, table.facts)
    cells = {action: compiler.index_cells(action, kept) for action in ACTIONS}
    return replace(table, pieces=tuple(kept), cells=cells)


def spoil(line: str, kind: str, change: Callable[[Piece, Table], Piece | None]) -> Callable[[Table], Table]:
    """A change to the pieces of one kind (`grant`, `cut`) that the one rule beginning so makes; None drops a piece."""

    def change_table(table: Table) -> Table:
        (number,) = [n for n, rule in enumerate(table.rules) if print_body(rule).startswith(line)]
        pieces: list[Piece] = []
        touched = 0
        for piece in table.pieces:
            spoiled = change(piece, table) if piece.rule == number and piece.kind == kind else piece
            touched += spoiled is not piece
            pieces += [spoiled] if spoiled is not None else []
        assert touched, "the fault changes nothing"
        return rebuild(table, pieces)

    return change_table


def drop(_piece: Piece, _table: Table) -> None:
    """Leaves the piece out."""


def add(dimension: str, name: str) -> Callable[[Piece, Table], Piece]:
    """The piece covers one name more; a use has no counterparts to add to."""
    return lambda piece, _table: (
        piece
        if piece.action == "use" and dimension == "counterparts"
        else replace(piece, **{dimension: getattr(piece, dimension) | {name}})
    )


def remove(dimension: str, name: str) -> Callable[[Piece, Table], Piece]:
    """The piece covers one name less."""
    return lambda piece, _table: replace(piece, **{dimension: getattr(piece, dimension) - {name}})


def forget(fact: str) -> Callable[[Piece, Table], Piece]:
    """The piece no longer asks for this fact."""

    def change(piece: Piece, table: Table) -> Piece:
        bits = table.facts.true_bit(fact) | table.facts.false_bit(fact)
        return replace(piece, masks=tuple(dict.fromkeys(mask & ~bits for mask in piece.masks)))

    return change


def heed(fact: str) -> Callable[[Piece, Table], Piece]:
    """The piece is opened, or lifted, by one fact more."""
    return lambda piece, table: replace(piece, masks=(*piece.masks, table.facts.true_bit(fact)))


def shift(first: int, last: int = 0) -> Callable[[Piece, Table], Piece]:
    """The degrees of the piece begin and end so many classes later."""
    return lambda piece, _table: replace(
        piece, degrees=range(max(0, piece.degrees.start + first), piece.degrees.stop + last)
    )
