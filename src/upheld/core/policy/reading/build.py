"""A parse tree to a Rule: gives each part its name and its values; the grammar has checked the shape."""

from __future__ import annotations

from collections.abc import Iterator

from lark import Token, Tree

from upheld.core.errors import Place
from upheld.core.policy.model import Approval, Condition, Degree, Rule, Term, Words
from upheld.core.policy.reading.lexer import Line
from upheld.core.policy.reading.mistakes import CLAUSE

# part names in the grammar that Python or the grammar needs an underscore for
_KEYS = {
    "with_": "recipients", "with_one": "recipients", "in_": "places", "by_ways": "ways", "by_routes": "routes",
    "by_measures": "measures", "when_": "events", "except_": "activities", "needed": "activities",
    "stopping": "activities",
}  # fmt: skip
_VERBS = {
    "applies_not": "applies", "set_cookie": "set", "leave_out": "leave", "work": "work", "require_age": "require",
    "at_collect_only": "collect", "at_record_only": "record", "choice_is": "choice",
}  # fmt: skip
_FLAT = ("required", "optional", "inside", "at_end", "opt_in", "opt_out")


def build_rule(tree: Tree[Token], line: Line, source: str, place: Place, words: Words) -> Rule:
    """The rule of this tree. `sentences` are filled in later, when the passage is known."""
    body = next(_trees(tree))
    form = str(body.data)
    parts: list[tuple[str, tuple[str, ...]]] = []
    degree: Degree | None = None
    holds: Condition | None = None
    unless: Condition | None = None
    approval: Approval | None = None
    for child in _trees(body):
        key = str(child.data)
        if key in ("identified", "pseudonymous", "de_identified", "aggregate"):
            degree = _build_degree(child)
        elif key == "cond":
            for half in _trees(child):
                condition = _build_condition(next(_trees(half)), words)
                holds, unless = (condition, unless) if half.data == "if_" else (holds, condition)
        elif key in ("condition", "all_of", "any_of"):
            holds = _build_condition(child, words)
        elif key == "approval":
            count, role = (str(token) for token in _tokens(child))
            approval = Approval(int(count), role)
        else:
            parts.extend(_build_parts(child))
    layer, settled, is_literal = _read_layer(tree)
    refs, laws = _read_refs(tree)
    return Rule(
        verb=find_verb(form),
        form=form,
        numbers=(),
        parts=tuple(parts),
        degree=degree,
        holds=holds,
        unless=unless,
        approval=approval,
        layer=layer,
        settled=settled,
        is_literal=is_literal,
        refs=refs,
        laws=laws,
        comment=line.comment,
        place=place,
        source=source,
        spans=tuple(_spans(tree)),
    )


def find_verb(form: str) -> str:
    """The verb of a form: `share` for `share`, `share_only` and `for_share_only`."""
    if form in _VERBS:
        return _VERBS[form]
    for prefix in ("never", "claim", "choice"):
        if form.startswith(prefix):
            return prefix
    if form.startswith("for_"):
        return form.split("_")[1]
    return form.partition("_")[0]


def _build_parts(child: Tree[Token]) -> Iterator[tuple[str, tuple[str, ...]]]:
    key = str(child.data)
    if key in ("required", "optional"):
        yield "marking", (key,)
    elif key in ("opt_in", "opt_out"):
        yield "mode", (key.replace("_", "-"),)
    elif key in ("inside", "at_end"):
        yield "position", (key,)
    elif key in ("material", "small"):
        yield "change", (key,)
    elif key in ("visit", "first_party") or key.startswith("deed_"):
        yield ("life" if key == "visit" else "party" if key == "first_party" else "deed"), (key.removeprefix("deed_"),)
    elif key == "third_party":
        yield "party", ("third_party",)
        yield "recipients", tuple(_tokens(child))
    elif key in ("duration", "life", "every", "longest", "renewed", "within", "cap"):
        yield from _build_duration(key, child)
    elif key in ("before_by", "before"):
        yield from _build_before(child)
    elif key in ("per", "once"):
        yield key, ("yes",)
    elif key in ("data", "purposes"):
        yield key, tuple(str(t) for t in child.children if isinstance(t, Token))
        for but in _trees(child):
            yield str(but.data), tuple(str(t) for t in _tokens(but))
    elif key in ("things", "targets", "changes", "effects"):
        yield key, tuple(_build_tagged(tree) for tree in _trees(child))
    elif key == "putting":
        yield key, tuple(f"text:{t}" if t.type == "N_TEXT" else f"part:{t}" for t in _tokens(child))
    else:
        yield _KEYS.get(key, key), tuple(str(token) for token in _tokens(child))


def _build_tagged(tree: Tree[Token]) -> str:
    """One value of a mixed list as `kind:value`."""
    key = str(tree.data)
    if key == "after_notice":
        return f"{key}:{_say_duration(next(_trees(tree)))}"
    value = next(iter(_tokens(tree)), "")
    kind = key.split("_", 1)[1] if key.startswith(("thing_", "target_", "change_")) else key
    return f"{kind}:{value}" if value else key


def _build_duration(key: str, child: Tree[Token]) -> Iterator[tuple[str, tuple[str, ...]]]:
    if key == "cap":
        yield "most", (next(iter(t for t in child.children if isinstance(t, Token))),)
        key = "per_time"
    inner = child if key == "duration" else next(_trees(child))
    if str(inner.data) == "visit":
        yield "life", ("visit",)
    else:
        yield key, (_say_duration(inner),)


def _build_before(child: Tree[Token]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for tree in _trees(child):
        yield "lead", (_say_duration(tree),)
    yield "before", tuple(t for t in child.children if isinstance(t, Token))


def _say_duration(tree: Tree[Token]) -> str:
    token = next(iter(t for t in tree.children if isinstance(t, Token)))
    unit = next(_trees(tree), None)
    return str(token) if unit is None else f"{token} {str(unit.data).replace('_', ' ')}"


def _build_degree(tree: Tree[Token]) -> Degree:
    name = str(tree.data).replace("_", "-")
    if name != "aggregate":
        return Degree(name)
    token = next(iter(_tokens(tree)))
    return Degree("aggregate", parameter=str(token)) if token.type == "N_PARAM" else Degree("aggregate", int(token))


def _build_condition(tree: Tree[Token], words: Words) -> Condition:
    mode = "any" if tree.data == "any_of" else "all"
    return Condition(mode, tuple(_build_term(term, words) for term in _trees(tree)))


def _build_term(tree: Tree[Token], words: Words) -> Term:
    key = str(tree.data)
    names = [str(token) for token in _tokens(tree)]
    if key == "fact":
        return Term(names[0], (names[0],))
    if key in ("chosen", "refused"):
        return Term(f"{key} {names[0]}", (f"{key} {names[0]}",))
    if key == "demanded":
        return Term("demanded", tuple(f"demanded by {ground}" for ground in words.of_sort("ground")))
    lead = "demanded by" if key == "demanded_by" else "living in"
    said = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]
    return Term(f"{lead} {said}", tuple(f"{lead} {name}" for name in names))


def _read_layer(tree: Tree[Token]) -> tuple[str, str | None, bool]:
    for child in _trees(tree):
        if child.data == "beyond":
            return "beyond", None, False
        if child.data in ("settled", "literal"):
            return "settled", str(next(iter(_tokens(child)))), child.data == "literal"
    return "plain", None, False


def _read_refs(tree: Tree[Token]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    for child in tree.children:
        if isinstance(child, Token) and child.type == "N_REFS":
            refs: list[str] = []
            laws: list[str] = []
            for piece in str(child).split(","):
                names = piece.split()
                if names and all(CLAUSE.fullmatch(name) for name in names):
                    refs.extend(names)
                elif names:
                    laws.append(" ".join(names))
            return tuple(refs), tuple(laws)
    return (), ()


def _trees(tree: Tree[Token]) -> Iterator[Tree[Token]]:
    return (child for child in tree.children if isinstance(child, Tree))


def _tokens(tree: Tree[Token]) -> Iterator[Token]:
    """All names below a node, in order."""
    for child in tree.children:
        if isinstance(child, Tree):
            yield from _tokens(child)
        elif child is not None:
            yield child


def _spans(tree: Tree[Token]) -> Iterator[tuple[str, int, int]]:
    """Each name with its columns. The end is counted, since lark's copies of a token lose theirs."""
    for token in _tokens(tree):
        if token.column is not None:
            quotes = 2 if token.type in ("N_TEXT", "N_REFS") else 0
            yield str(token), token.column, token.column + len(token) + quotes
