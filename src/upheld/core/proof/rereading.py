"""A policy read a second time, from the words of its rules, and held against one act that is said to have happened.

The reading of `gate/claims` says which acts each rule closes and opens; the gate's own table has to agree. An act is
permitted when, with what is known of it, nothing closes it and something may have opened it: what is not known could have
been as the rules ask for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from upheld.core.gate.claims import Assertion, ClaimReader, Conditions, Extent, know_condition
from upheld.core.gate.decide import Gate
from upheld.core.policy.cells import find_open_masks
from upheld.core.policy.compile import COUNTERPART_SORT
from upheld.core.policy.forms import is_claim
from upheld.core.policy.model import NO_COUNTERPART, OTHER, SELF

Known = tuple[tuple[str, bool], ...]
# action, data, purpose, counterpart, class of degree
Cell = tuple[str, str, str, str, int]
# They say what holds in all cases, or what stays open: an act can go against neither by itself.
_NOT_CLOSING = ("choice_spares",)


class Done(NamedTuple):
    """An act that happened, as the ledger tells it.

    `known` are the facts that the history knows, `degree` its class, `claims` the fact that the line rests on: the
    permission that asks for it is the one that was meant, even where it does not hold.
    """

    action: str
    data: tuple[str, ...]
    purposes: tuple[str, ...] = ()
    counterpart: str = NO_COUNTERPART
    degree: int = 0
    known: Known = ()
    claims: str = ""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the rules say to it, by their numbers: `broken` are those it goes against, `served` those that permit it.

    `is_unspoken` is an act that no rule permits, and that goes against none by name.
    """

    broken: tuple[int, ...] = ()
    served: tuple[int, ...] = ()
    is_unspoken: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether it may have been done."""
        return not (self.broken or self.is_unspoken)


class Rereading:
    """One version of a policy, for weighing acts; remembers what it was asked."""

    def __init__(self, gate: Gate) -> None:
        table = gate.table
        reader = ClaimReader(table)
        self.gate, self.table, self.policy = gate, table, table.policy
        self.rules = table.policy.active_rules
        self.said: tuple[Assertion, ...] = tuple(reader.read(rule) for rule in self.rules)
        self._speaking = tuple(n for n, rule in enumerate(self.rules) if not is_claim(rule.form))
        self._closing = tuple(n for n in self._speaking if self.rules[n].form not in _NOT_CLOSING)
        self._acts: dict[Done, Weighed] = {}
        self._mails: dict[tuple[str, Known], Weighed] = {}
        self._cells: dict[tuple[Cell, int, str], Weighed] = {}

    def weigh(self, act: Done) -> Weighed:
        """What the rules say to an act: all of it has to be permitted, for each of its purposes."""
        found = self._acts.get(act)
        if found is None:
            found = self._acts[act] = self._weigh_collecting(act) if act.action == "collect" else self._weigh_all(act)
        return found

    def weigh_mail(self, mail_class: str, known: Known) -> Weighed:
        """What the rules say to a message of this class: to one address of those that it may go to it has to be permitted."""
        key = (mail_class, known)
        found = self._mails.get(key)
        if found is None:
            found = self._mails[key] = self._weigh_sending(mail_class, known)
        return found

    def list_mail_purposes(self, mail_class: str) -> tuple[str, ...]:
        """The purposes of a class of message."""
        word = self.policy.words.of_sort("mail").get(mail_class)
        return () if word is None else self.policy.words.expand("purpose", word.members or (word.value,))

    def _weigh_sending(self, mail_class: str, known: Known) -> Weighed:
        purposes = self.list_mail_purposes(mail_class)
        sending = [n for n in self._speaking if mail_class in self.rules[n].part("mails") and self.said[n].opened]
        leaves = sorted({leaf for n in sending for extent in self.said[n].opened for leaf in extent.data})
        if not (purposes and leaves):
            return Weighed(is_unspoken=True)
        answers = [self._weigh_all(Done("use", (leaf,), purposes, known=known)) for leaf in leaves]
        kept = [one for one in answers if one.is_kept and set(one.served) & set(sending)]
        if kept:
            return Weighed((), tuple(sorted({n for one in kept for n in one.served})))
        return _join([*answers, Weighed(tuple(sending))])

    def _weigh_all(self, act: Done) -> Weighed:
        mask = self.mask(act.known)
        cells = [
            self._weigh_cell((act.action, leaf, purpose, self._name_counterpart(act), act.degree), mask, act.claims)
            for leaf in self._open("data", act.data)
            for purpose in self._open("purpose", act.purposes)
        ]
        return _join(cells)

    def _weigh_collecting(self, act: Done) -> Weighed:
        """Each category is taken for some of the purposes, and each purpose is one for some of the categories."""
        mask, at = self.mask(act.known), self._name_counterpart(act)
        purposes = self._open("purpose", act.purposes)
        by_leaf = {
            leaf: {p: self._weigh_cell(("collect", leaf, p, at, act.degree), mask) for p in purposes}
            for leaf in self._open("data", act.data)
        }
        wrong = [
            _join(list(answers.values()))
            for answers in by_leaf.values()
            if not any(one.is_kept for one in answers.values())
        ]
        wrong += [
            _join([answers[purpose] for answers in by_leaf.values()])
            for purpose in purposes
            if not any(answers[purpose].is_kept for answers in by_leaf.values())
        ]
        if wrong:
            return _join(wrong)
        served = {n for answers in by_leaf.values() for one in answers.values() if one.is_kept for n in one.served}
        return Weighed((), tuple(sorted(served)))

    def _open(self, sort: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """The leaves below these names; one that the policy does not have stands for all it does not name."""
        words = self.policy.words
        unknown = any(not words.has(sort, name) for name in names) or not names
        return (*words.expand(sort, names), *((OTHER,) if unknown else ()))

    def _name_counterpart(self, act: Done) -> str:
        sort = COUNTERPART_SORT.get(act.action)
        if sort is None or act.counterpart == SELF:
            return act.counterpart
        return act.counterpart if self.policy.words.has(sort, act.counterpart) else OTHER

    def mask(self, known: Known) -> int:
        """These facts as bits; those that the policy does not know are left out."""
        facts, mask = self.table.facts, 0
        for name, is_true in known:
            if name in facts.index:
                mask |= facts.true_bit(name) if is_true else facts.false_bit(name)
        return mask

    def _weigh_cell(self, cell: Cell, mask: int, claims: str = "") -> Weighed:
        found = self._cells.get((cell, mask, claims))
        if found is None:
            found = self._cells[cell, mask, claims] = self._read_cell(cell, mask, claims)
        return found

    def _read_cell(self, cell: Cell, mask: int, claims: str) -> Weighed:
        broken = [
            n
            for n in self._closing
            if _covers(self.said[n].closed, cell) and not self._may_touch(self.said[n].lifts, mask)
        ]
        openers = [n for n in self._speaking if _covers(self.said[n].opened, cell)]
        served = [n for n in openers if self._may_meet(self.said[n].needs, mask)]
        if not broken and served:
            bits = self.table.find_pieces(*cell)
            opposite = _turn(mask)
            is_open = any(not needed & opposite for needed in find_open_masks(self.table, bits))
            return Weighed((), tuple(served)) if is_open else Weighed(tuple(served))
        meant = [n for n in openers if claims in self.said[n].needs.list_facts()]
        nearest = () if served or (broken and not meant) else self._find_nearest(meant or openers, cell, mask)
        lists = () if broken or openers else self._find_lists(cell)
        found = tuple(sorted({*broken, *nearest, *lists}))
        return Weighed(found, is_unspoken=not found)

    def _may_meet(self, needs: Conditions, mask: int) -> bool:
        facts = self.table.facts
        return all(know_condition(c, facts, mask) is not False for c in needs.true) and all(
            know_condition(c, facts, mask) is not True for c in needs.false
        )

    def _may_touch(self, lifts: Conditions, mask: int) -> bool:
        facts = self.table.facts
        return any(know_condition(c, facts, mask) is not False for c in lifts.true) or any(
            know_condition(c, facts, mask) is not True for c in lifts.false
        )

    def _find_nearest(self, openers: Iterable[int], cell: Cell, mask: int) -> tuple[int, ...]:
        """Of the permissions whose conditions are known not to hold those that come nearest: the ones that were meant."""
        facts, action = self.table.facts, cell[0]

        def measure(number: int) -> tuple[int, int, int]:
            bits = {
                name: mask >> (2 * facts.index[name]) & 3
                for name in self.said[number].needs.list_facts()
                if name in facts.index
            }
            met, failing = sum(b == 1 for b in bits.values()), sum(b == 2 for b in bits.values())
            return -met, failing, self._size(number, action)

        ranked = {number: measure(number) for number in openers}
        best = min(ranked.values(), default=None)
        return tuple(number for number, rank in ranked.items() if rank == best)

    def _find_lists(self, cell: Cell) -> tuple[int, ...]:
        """The rules whose list of data (or else of places) this is not on: lists are closed without saying so."""
        action, data, purpose, counterpart, _ = cell
        own = [n for n in self._speaking if self._opens(n, action)]
        there = [n for n in own if self._is_there(n, action, purpose, counterpart)]
        if action == "collect" and there:
            return tuple(there)
        for found in (there, [n for n in own if any(data in e.data for e in self._list_opened(n, action))]):
            smallest = min((self._size(n, action) for n in found), default=0)
            if found:
                return tuple(n for n in found if self._size(n, action) == smallest)
        return ()

    def _opens(self, number: int, action: str) -> bool:
        """Whether the rule is about this action; that what is collected may be used is said by none about using."""
        first = next(iter(self.said[number].opened), None)
        return first is not None and first.action == action

    def _list_opened(self, number: int, action: str) -> list[Extent]:
        return [extent for extent in self.said[number].opened if extent.action == action]

    def _is_there(self, number: int, action: str, purpose: str, counterpart: str) -> bool:
        for extent in self._list_opened(number, action):
            if purpose in extent.purposes if action == "use" else counterpart in extent.counterparts:
                return True
        return False

    def _size(self, number: int, action: str) -> int:
        return sum(prod((len(e.data), len(e.purposes), len(e.counterparts))) for e in self._list_opened(number, action))


def _covers(extents: Iterable[Extent], cell: Cell) -> bool:
    action, data, purpose, counterpart, degree = cell
    return any(
        extent.action == action
        and data in extent.data
        and purpose in extent.purposes
        and counterpart in extent.counterparts
        and degree in extent.degrees
        for extent in extents
    )


def _join(answers: Iterable[Weighed]) -> Weighed:
    """All of these together: broken where one is, served by each."""
    found = list(answers)
    broken = tuple(sorted({n for one in found for n in one.broken}))
    served = tuple(sorted({n for one in found for n in one.served}))
    return Weighed(broken, served, is_unspoken=not broken and any(one.is_unspoken for one in found))


def _turn(mask: int) -> int:
    """The bits that say the opposite of these."""
    even = int("5" * ((mask.bit_length() + 3) // 4 or 1), 16)
    return (mask & even) << 1 | (mask >> 1) & even
