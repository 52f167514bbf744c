"""Conditions as sets of known bits: the one form that closures, numpy and SQL are made from; knows no rules.

Every fact has two bits: known true and known false; neither set means unknown. "Doubt never opens" makes every
condition monotone in these bits, so each is an `or` of masks that have to be set in full (a DNF).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from upheld.core.errors import Finding, PolicyError
from upheld.core.policy.builtin import ABSENT_IS_FALSE
from upheld.core.policy.model import Condition

Masks = tuple[int, ...]
ALWAYS: Masks = (0,)
NEVER: Masks = ()
# Conditions that meet in one act multiply. The courier's most crowded act has ten alternatives; beyond this many
# nobody could say any more when the act is permitted, and looking through them all would take minutes.
MOST_ALTERNATIVES = 1_000


def join_any(parts: Iterable[Masks]) -> Masks:
    """Masks of an `or`."""
    return _absorb(mask for part in parts for mask in part)


def join_all(parts: Iterable[Masks]) -> Masks:
    """Masks of an `and`. Raises PolicyError P014 when there are more alternatives than can be looked through."""
    result: Masks = ALWAYS
    for part in parts:
        if len(result) * len(part) > MOST_ALTERNATIVES * 4:
            raise _refuse_alternatives()
        result = _absorb(left | right for left in result for right in part)
        if len(result) > MOST_ALTERNATIVES:
            raise _refuse_alternatives()
    return result


def _refuse_alternatives() -> PolicyError:
    text = f"more than {MOST_ALTERNATIVES} combinations of conditions meet in one act"
    hint = "several bans speak of the same act with long lists after `unless`; write one ban for all of them"
    return PolicyError((Finding("P014", "error", text, None, hint),))


def _absorb(masks: Iterable[int]) -> Masks:
    """The masks without those that a smaller one makes needless."""
    kept: list[int] = []
    for mask in sorted(set(masks), key=lambda m: (m.bit_count(), m)):
        if not any(mask & small == small for small in kept):
            kept.append(mask)
    return tuple(kept)


def is_open(masks: Masks, facts: int) -> bool:
    """Whether one of the masks is wholly set in the facts."""
    return any(facts & mask == mask for mask in masks)


@dataclass(frozen=True, slots=True)
class FactNumbers:
    """Which bits stand for which fact. Numbers are only ever added, so masks stay true across versions."""

    names: tuple[str, ...]
    index: Mapping[str, int]

    @classmethod
    def of(cls, names: Iterable[str]) -> FactNumbers:
        """Numbers in this order."""
        ordered = tuple(dict.fromkeys(names))
        return cls(ordered, {name: number for number, name in enumerate(ordered)})

    def true_bit(self, name: str) -> int:
        """The bit that says this fact is known to be true. KeyError for a fact without number."""
        return 1 << (2 * self.index[name])

    def false_bit(self, name: str) -> int:
        """The bit that says this fact is known to be false. KeyError for a fact without number."""
        return 2 << (2 * self.index[name])

    def known_true(self, condition: Condition) -> Masks:
        """When the condition is known to hold."""
        terms = [join_any((self.true_bit(fact),) for fact in term.facts) for term in condition.terms]
        return join_all(terms) if condition.mode == "all" else join_any(terms)

    def known_false(self, condition: Condition) -> Masks:
        """When the condition is known not to hold."""
        # a term without facts (`demanded` where no ground is declared) is never known, and doubt never opens
        terms = [
            join_all((self.false_bit(fact),) for fact in term.facts) if term.facts else NEVER
            for term in condition.terms
        ]
        return join_any(terms) if condition.mode == "all" else join_all(terms)

    def mask(self, facts: Mapping[str, bool | None]) -> int:
        """The mask of these facts; None is unknown, and so is a fact not mentioned.

        `expired` alone is false when not mentioned: an act that names no item has none that could be expired.
        KeyError for a fact without number.
        """
        mask = 0
        for name, value in facts.items():
            if value is not None:
                mask |= self.true_bit(name) if value else self.false_bit(name)
        for name in ABSENT_IS_FALSE:
            if name not in facts and name in self.index:
                mask |= self.false_bit(name)
        return mask

    def read_mask(self, mask: int) -> dict[str, bool]:
        """The known facts of a mask, by name."""
        found = {}
        for name, number in self.index.items():
            bits = mask >> (2 * number) & 3
            if bits:
                found[name] = bits == 1
        return found

    def facts_in(self, masks: Iterable[int]) -> tuple[str, ...]:
        """The names of all facts that these masks ask about."""
        union = 0
        for mask in masks:
            union |= mask
        return tuple(name for name, number in self.index.items() if union >> (2 * number) & 3)


def answer_choice(choice: str, answer: str, mode: str) -> dict[str, bool | None]:
    """The two facts of a choice (`chosen X`, `refused X`) for the answer yes, no, unasked or unknown.

    Who was not asked has not refused; whether they count as having chosen is the declared default.
    """
    chosen, refused = f"chosen {choice}", f"refused {choice}"
    answers: dict[str, tuple[bool | None, bool | None]] = {
        "yes": (True, False),
        "no": (False, True),
        "unasked": (mode == "opt-out", False),
        "unknown": (None, None),
    }
    values = answers[answer]
    return {chosen: values[0], refused: values[1]}


def iter_cases(facts: Iterable[str], choices: Mapping[str, str]) -> Iterator[dict[str, bool | None]]:
    """Every consistent combination of what can be known about these facts.

    The two facts of one choice go together: yes, no, unasked (by its mode) and unknown are all there is.
    """
    wanted = tuple(facts)
    names = {fact.split(" ", 1)[1] for fact in wanted if fact.split(" ", 1)[0] in ("chosen", "refused")}
    asked = sorted(name for name in names if name in choices)
    single = [fact for fact in wanted if fact.split(" ", 1)[-1] not in asked or " " not in fact]
    single = [fact for fact in single if not fact.startswith(("chosen ", "refused "))]
    for answers in product(("yes", "no", "unasked", "unknown"), repeat=len(asked)):
        base: dict[str, bool | None] = {}
        for choice, answer in zip(asked, answers, strict=True):
            base |= answer_choice(choice, answer, choices[choice])
        for values in product((True, False, None), repeat=len(single)):
            yield base | dict(zip(single, values, strict=True))
