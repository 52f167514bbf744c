"""From a compiled policy to its forms: a field exists when the gate permits taking it there; knows no page and no request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain

from upheld.core.fields.form import BIRTHDAY, ChoicePlan, FieldPlan, FormPlan
from upheld.core.fields.kinds import CONTENT, CREDENTIALS, ORGANISATION, PROMOTION, SURVEY, find_kind
from upheld.core.gate.act import Act
from upheld.core.gate.decide import Gate
from upheld.core.policy.compile import Table
from upheld.core.policy.condition import answer_choice
from upheld.core.policy.model import ANYWHERE, BY_ITSELF, EVERY_FORM, EVERY_PAGE, Rule, Words
from upheld.core.policy.saying.answers import collapse_names
from upheld.core.policy.saying.names import capitalise, join_words, say_name

_TAKING = ("collect", "collect_only", "at_collect_only")
_NOTING = ("record", "record_only", "at_record_only")
_EVERYWHERE = frozenset({ANYWHERE, EVERY_FORM, EVERY_PAGE})
_FROM_THE_PERSON = frozenset({"collection", "site", "app", "email", "text message", "offline contact"})
# sort of form -> its title and the words on its button; where there is no title the touchpoint's label is taken
_TITLES = {
    "registration": ("Register", "Register"),
    "company": ("Open a company account", "Open the account"),
    "message": ("Write to us", "Send message"),
    "survey": ("Answer our survey", "Send answers"),
    "promotion": ("Join the promotion", "Send entry"),
    "other": ("", "Send"),
}
_NOT_BUILT = "not built"
# kinds of field of which at least one says what a form is about, where its sort does not
_TELLING = frozenset({"long text", "answers"})
# sort of form -> kind of field -> why the form cannot do without it, where the policy marks neither
_NEEDED: Mapping[str, Mapping[str, str]] = {
    "registration": {
        "email": "you sign in with it, and we send the link there that opens your account",
        "password": "you sign in with it",
    },
    "company": {"email": "we send the link there that opens the account"},
    "message": {"long text": "without it there is nothing to send"},
}


def list_forms(table: Table, facts: Mapping[str, bool | None] | None = None) -> tuple[FormPlan, ...]:
    """The forms of all touchpoints that have a page and ask for something, in the order of the declarations."""
    names = table.words.of_sort("touchpoint")
    return tuple(plan for name in names if (plan := plan_form(table, name, facts)) is not None)


def find_form(table: Table, sort: str) -> FormPlan | None:
    """The first form of this sort, such as `registration`, or None when the policy has none."""
    return next((plan for plan in list_forms(table) if plan.sort == sort), None)


def plan_form(table: Table, touchpoint: str, facts: Mapping[str, bool | None] | None = None) -> FormPlan | None:
    """The form of a touchpoint as a visitor gets it, or whoever `facts` are about; None when it has no page of its own, or the gate permits nothing there.

    With an age limit the plan is that of a person who is old enough: the form asks, and whoever writes what was posted asks
    the gate again with what is known of this person. What nothing in this program could work on is left out.
    """
    path = find_path(table.words, touchpoint)
    return None if path is None else _plan_at(table, touchpoint, path, facts, _TAKING)


def plan_mailbox(table: Table) -> FormPlan | None:
    """What a message that arrives by mail becomes, where the policy has a touchpoint of its own for that: one at which a text is recorded by itself, with no page and so no path. None when messages come in as by the form.

    Nobody can be asked there how old they are.
    """
    for name, word in table.words.of_sort("touchpoint").items():
        if not word.built_in and word.value in BY_ITSELF:
            plan = _plan_at(table, name, "", None, _NOTING)
            if plan is not None and plan.sort == "message":
                return plan
    return None


def _plan_at(
    table: Table, touchpoint: str, path: str, facts: Mapping[str, bool | None] | None, forms: tuple[str, ...]
) -> FormPlan | None:
    words, policy = table.words, table.policy
    least_age = find_least_age(table, touchpoint)
    known = {**assume_visitor(table), **(facts or {}), **({"known minor": False} if least_age else {})}
    gate = Gate(table)
    leaves = _list_leaves(table, touchpoint, forms)
    permitted = [field for leaf in leaves if (field := _plan_field(gate, leaf, touchpoint, known)) is not None]
    fields = [field for field in permitted if field.kind != _NOT_BUILT]
    if not fields:
        return None
    sort = _find_sort(words, fields)
    needed = tuple(_mark_field(table, field, touchpoint, sort) for field in fields)
    if least_age:
        needed = tuple(_need_birthday(field, least_age) for field in needed)
    choices = list_choices(table, touchpoint)
    refs = _unique(
        ref for found in ([f.sentences for f in needed], [c.sentences for c in choices]) for ref in chain(*found)
    )
    title, button = _TITLES[sort]
    return FormPlan(
        site=policy.slug,
        version=policy.version.isoformat(),
        policy_digest=policy.digest,
        touchpoint=touchpoint,
        path=path,
        sort=sort,
        title=title or capitalise(say_name(touchpoint, "touchpoint", words)),
        button=button,
        fields=needed,
        choices=choices,
        sentences=refs,
        least_age=least_age,
        age_sentences=_unique(ref for rule in _list_age_rules(table, touchpoint) for ref in rule.sentences),
        says_something=sort != "other" or any(field.kind in _TELLING for field in fields),
        notices=_list_notices(table, touchpoint),
    )


def assume_visitor(table: Table) -> dict[str, bool | None]:
    """What is known of somebody who has said nothing: each choice counts as its declared default."""
    known: dict[str, bool | None] = {}
    for choice, mode in table.choices.items():
        known |= answer_choice(choice, "unasked", mode)
    return known


def find_path(words: Words, touchpoint: str) -> str | None:
    """The address of a touchpoint's page, or None for one where a server notes by itself and for one nobody declared."""
    word = words.of_sort("touchpoint").get(touchpoint)
    if word is None or word.built_in or word.value in BY_ITSELF or not word.value.startswith("/"):
        return None
    return word.value


def list_choices(table: Table, touchpoint: str) -> tuple[ChoicePlan, ...]:
    """The choices that are asked at this touchpoint, in the order of the rules."""
    found: dict[str, list[str]] = {}
    changed = {
        choice
        for rule in table.rules
        if rule.form == "choice_changed" and "at:account" in rule.part("changes")
        for choice in rule.part("choices")
    }
    for rule in table.rules:
        if not _is_at(rule, touchpoint):
            continue
        if rule.form == "choice_is":
            names = rule.part("choices")
        elif rule.form == "show_part":
            things = (thing.partition(":") for thing in rule.part("things"))
            names = tuple(name for kind, _, name in things if kind == "question")
        else:
            continue
        for name in names:
            if name in table.choices:
                found.setdefault(name, []).extend(rule.sentences)
    return tuple(
        ChoicePlan(
            choice=name,
            label=capitalise(say_name(name, "choice", table.words)),
            mode=table.choices[name],
            can_change=name in changed,
            sentences=_unique(refs),
        )
        for name, refs in found.items()
    )


def find_least_age(table: Table, touchpoint: str) -> int:
    """The age below which nothing is taken at this touchpoint, 0 when there is none."""
    return max((int(rule.part("number")[0]) for rule in _list_age_rules(table, touchpoint)), default=0)


def _list_age_rules(table: Table, touchpoint: str) -> tuple[Rule, ...]:
    return tuple(
        rule
        for rule in table.rules
        if rule.form == "require_age" and _is_at(rule, touchpoint) and rule.part("number")[0].isdigit()
    )


def _list_notices(table: Table, touchpoint: str) -> tuple[str, ...]:
    """What the policy has said on this form, in the order of the rules."""
    shown = (rule for rule in table.rules if rule.form == "show_part" and _is_at(rule, touchpoint))
    things = (thing.partition(":") for rule in shown for thing in rule.part("things"))
    return _unique(text for kind, _, text in things if kind == "notice")


def _list_leaves(table: Table, touchpoint: str, forms: tuple[str, ...]) -> tuple[str, ...]:
    """The data that rules of these forms take here, in the order of the rules, and within a rule as they are written."""
    found: dict[str, None] = {}
    for rule in table.rules:
        if rule.form in forms and _is_at(rule, touchpoint):
            for name in rule.data:
                found.update(dict.fromkeys(table.words.expand("data", (name,))))
    return tuple(found)


def _is_at(rule: Rule, touchpoint: str) -> bool:
    return touchpoint in rule.part("at") or not _EVERYWHERE.isdisjoint(rule.part("at"))


def _plan_field(gate: Gate, leaf: str, touchpoint: str, facts: Mapping[str, bool | None]) -> FieldPlan | None:
    """The field of one category, neither required nor optional yet; None when the gate permits it for no purpose."""
    table, words = gate.table, gate.table.words
    mask = gate.mask({name: value for name, value in facts.items() if name in table.facts.index})
    purposes: list[str] = []
    refs: list[str] = []
    for purpose in words.leaves("purpose"):
        verdict = gate.ask(Act("collect", (leaf,), purpose, touchpoint), mask)
        if verdict.is_permitted:
            purposes.append(purpose)
            refs.extend(verdict.because)
    if not purposes:
        return None
    kind, autofill = find_kind(words.of_sort("data")[leaf].value)
    said = (say_name(name, "purpose", words) for name in collapse_names(words, "purpose", purposes))
    return FieldPlan(
        name=leaf,
        data=leaf,
        label=capitalise(words.label(leaf, "data")),
        kind=kind.name,
        is_required=False,
        reason="",
        purposes=tuple(purposes),
        purpose_words=tuple(said),
        sentences=_unique(refs),
        autofill="off" if _is_about_others(table, leaf) else autofill,
    )


def _is_about_others(table: Table, leaf: str) -> bool:
    """Whether the policy says that these data reach us from somebody else: then the browser's owner is not whom they are about."""
    for rule in table.rules:
        is_theirs = rule.form == "applies" and _FROM_THE_PERSON.isdisjoint(rule.part("ways"))
        if is_theirs and leaf in table.words.expand("data", rule.data):
            return True
    return False


def _find_sort(words: Words, fields: Iterable[FieldPlan]) -> str:
    """What the form is for, told by what it asks: touchpoints bear the names their policy gives them."""
    keys = {words.of_sort("data")[field.data].value for field in fields}
    for key, sort in (
        (CREDENTIALS, "registration"),
        (ORGANISATION, "company"),
        (SURVEY, "survey"),
        (PROMOTION, "promotion"),
        (CONTENT, "message"),
    ):
        if key in keys:
            return sort
    return "other"


def _mark_field(table: Table, field: FieldPlan, touchpoint: str, sort: str) -> FieldPlan:
    """The field with whether it is required and why: as the policy marks it, else what the form cannot do without."""
    mark = _find_mark(table, field.data, touchpoint)
    if mark is None:
        reason = _NEEDED.get(sort, {}).get(field.kind, "")
        return replace(field, is_required=bool(reason), reason=reason)
    refs = _unique((*field.sentences, *mark.sentences))
    if mark.part("marking") == ("optional",):
        return replace(field, sentences=refs)
    reason = join_words(mark.part("because")) or f"we need it for {join_words(field.purpose_words)}"
    stops = join_words(tuple(say_name(name, "activity", table.words) for name in mark.part("activities")))
    return replace(field, is_required=True, reason=reason, sentences=refs, stops=stops)


def _need_birthday(field: FieldPlan, least_age: int) -> FieldPlan:
    """A date of birth where there is an age limit: it answers whether somebody is old enough."""
    if field.kind != BIRTHDAY:
        return field
    return replace(field, is_required=True, reason=field.reason or f"only people of {least_age} or older may send this")


def _find_mark(table: Table, leaf: str, touchpoint: str) -> Rule | None:
    """The narrowest mark of this category here; of two that are as narrow, the one that asks less."""
    marks = []
    for rule in table.rules:
        if rule.form == "mark" and _is_at(rule, touchpoint):
            leaves = table.words.expand("data", rule.data)
            if leaf in leaves:
                marks.append((len(leaves), rule.part("marking") != ("optional",), rule))
    return min(marks, key=lambda found: found[:2])[2] if marks else None


def _unique(refs: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(refs))
