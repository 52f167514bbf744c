"""Checks on permissions: each has a purpose, can be exercised, stands at the right touchpoint, inside the scope."""

from __future__ import annotations

from collections.abc import Iterator

from upheld.core.errors import Finding, PolicyError
from upheld.core.policy.cells import is_possible
from upheld.core.policy.compile import Piece, Table
from upheld.core.policy.condition import ALWAYS, Masks, join_all
from upheld.core.policy.forms import FORMS
from upheld.core.policy.lint.case import Case, Check, find_in_rule
from upheld.core.policy.model import ANY_PURPOSE, ANYTHING, BY_ITSELF, OTHER, SELF, Rule

# forms whose degree is what the sentence promises; what `collect` implies is used as the purpose allows
_AT_A_DEGREE = frozenset({"use", "show", "share"})
_NO_PURPOSE = ("send", "keep", "keep_until", "keep_while", "store", "store_only")


def check_purposes(case: Case) -> Iterator[Finding]:
    """P302: every permission names its purpose; only showing a person their own data needs none."""
    for rule in case.rules:
        if not FORMS[rule.form].grants or rule.form in _NO_PURPOSE or rule.purposes:
            continue
        if rule.part("to") != (SELF,):
            text = f"this permission to {rule.verb} has no purpose, and so permits nothing"
            yield find_in_rule(rule, "P302", text, hint="add `for …`; for every purpose write `for any purpose`")


def check_cut(case: Case) -> Iterator[Finding]:
    """P303: a permission that is cut in all cases collides with the sentence that cuts it. P014 when nobody can tell."""
    table = case.table
    by_rule: dict[int, list[Piece]] = {}
    for piece in table.pieces:
        if piece.kind == "grant":
            by_rule.setdefault(piece.rule, []).append(piece)
    for number, pieces in by_rule.items():
        rule = table.rules[number]
        for piece in pieces:
            try:
                dead, cutter = _find_dead(table, piece, piece.degrees)
                close = (
                    _find_dead(table, piece, piece.degrees[:1])
                    if not dead and rule.form in _AT_A_DEGREE
                    else (set(), -1)
                )
            except PolicyError as error:  # P014: too many conditions meet in an act of this rule
                yield find_in_rule(rule, error.code, error.text, hint=error.hint)
                return
            if dead:
                yield from _say_dead(case, rule, piece, dead, cutter)
                break
            if len(close[0]) == len(piece.data) * len(piece.purposes):
                other = table.rules[close[1]]
                text = "as close as it is written this permission can never be used, only further away from a person"
                hint = f"the rest is cut in {case.quote(other)}: {other.text}; write the degree, or settle by name"
                yield find_in_rule(rule, "P303", text, hint=hint, level="warning")
                break


def _find_dead(table: Table, grant: Piece, degrees: range) -> tuple[set[tuple[str, str]], int]:
    """Data and purposes of a grant that are closed at every counterpart and these degrees, and the rule that cuts the last."""
    dead: set[tuple[str, str]] = set()
    cutter = -1
    known: dict[int, tuple[bool, int]] = {}
    for data in grant.data:
        for purpose in grant.purposes:
            is_open = False
            for counterpart in grant.counterparts:
                for degree in degrees:
                    bits = table.find_pieces(grant.action, data, purpose, counterpart, degree)
                    if bits not in known:
                        known[bits] = _can_open(table, grant.masks, bits)
                    can_open, rule = known[bits]
                    is_open = is_open or can_open
                    cutter = rule if not can_open else cutter
            if not is_open:
                dead.add((data, purpose))
    return dead, cutter


def _can_open(table: Table, masks: Masks, bits: int) -> tuple[bool, int]:
    """Whether some facts open the grant and lift every cut of the cell; else the rule of the first cut that stands."""
    open_masks: Masks = masks or ALWAYS
    for piece in table.iter_pieces(bits):
        if piece.kind == "cut":
            joined = join_all((open_masks, piece.masks))
            open_masks = tuple(mask for mask in joined if is_possible(table, mask))
            if not open_masks:
                return False, piece.rule
    return True, -1


def _say_dead(case: Case, rule: Rule, piece: Piece, dead: set[tuple[str, str]], cutter: int) -> Iterator[Finding]:
    pairs = len(piece.data) * len(piece.purposes)
    other = case.table.rules[cutter]
    hint = f"it is cut in {case.quote(other)}: {other.text}; settle by name which of the two holds"
    if len(dead) == pairs:
        what = "what is taken here may then not be used" if piece.is_implied else "this permission can never be used"
        text = f"{what}: another sentence rules it out in all cases"
        yield find_in_rule(rule, "P303", text, hint=hint)
        return
    words = case.policy.words
    for name in rule.data:
        opened = words.expand("data", (name,))
        if all((data, purpose) in dead for data in opened for purpose in piece.purposes):
            text = f"for `{name}` this permission can never be used: another sentence rules it out in all cases"
            yield find_in_rule(rule, "P303", text, word=name, hint=hint)
            return
    is_broad = ANYTHING in rule.data or ANY_PURPOSE in rule.purposes
    if not is_broad and not any(words.of_sort("data")[name].value == "group" for name in rule.data):
        data, purpose = min(dead)
        purpose = "other purposes" if purpose == OTHER else f"`{purpose}`"
        text = f"for `{data}` and {purpose} this permission is ruled out in all cases"
        yield find_in_rule(rule, "P303", text, hint=hint, level="warning")


def check_touchpoints(case: Case) -> Iterator[Finding]:
    """P305: people give at forms (`collect`), servers note by themselves (`record`)."""
    touchpoints = case.policy.words.of_sort("touchpoint")
    for rule in case.rules:
        if rule.verb not in ("collect", "record"):
            continue
        for name in rule.part("at"):
            word = touchpoints[name]
            is_automatic = word.value in BY_ITSELF
            if not word.built_in and is_automatic != (rule.verb == "record"):
                kind = "notes by itself" if is_automatic else "is where people give"
                verb = "record" if is_automatic else "collect"
                yield find_in_rule(rule, "P305", f"`{name}` {kind}", word=name, hint=f"write `{verb} …`")


def check_scope(case: Case) -> Iterator[Finding]:
    """P324: what is collected lies inside what the policy says it applies to, when it says so."""
    words = case.policy.words
    scoped = [rule for rule in case.rules if rule.form == "applies"]
    if not scoped:
        return
    inside = {leaf for rule in scoped for leaf in words.expand("data", rule.data)}
    said: set[str] = set()
    for rule in case.rules:
        if rule.verb in ("collect", "record") and rule.form in ("collect", "record"):
            for name in rule.data:
                outside = set(words.expand("data", (name,))) - inside
                if outside and name not in said:
                    said.add(name)
                    text = f"`{name}` is taken, but the policy does not say that it applies to it"
                    hint = f"add `applies to {name} by …`, and say whom it covers"
                    yield find_in_rule(rule, "P324", text, word=name, hint=hint)


def check_scope_twice(case: Case) -> Iterator[Finding]:
    """P317: the policy does not both apply and not apply to the same data taken in the same way."""
    words = case.policy.words
    scoped = [rule for rule in case.rules if rule.form == "applies"]
    for rule in case.rules:
        if rule.form != "applies_not":
            continue
        for other in scoped:
            both = set(words.expand("data", rule.data)) & set(words.expand("data", other.data))
            if both and set(rule.part("ways")) & set(other.part("ways")):
                text = f"the policy is said not to apply to data it applies to ({case.quote(other)})"
                hint = "leave something out only on a recorded ground: `leave out … with a recorded ground`"
                yield find_in_rule(rule, "P317", text, hint=hint)
                break


PERMISSION_CHECKS: tuple[Check, ...] = (check_purposes, check_cut, check_touchpoints, check_scope, check_scope_twice)
