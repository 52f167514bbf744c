"""The form that composes a question from the policy's words, as frozen values: every field with its options."""

from __future__ import annotations

from dataclasses import dataclass, replace

from upheld.core.policy.compile import ACTIONS, COUNTERPART_SORT, DEGREES, Table
from upheld.core.policy.model import ANYTHING, HERE, NO_COUNTERPART, OTHER, SELF, Words
from upheld.core.policy.saying.rules import say_fact
from upheld.pages.question import (
    UNNAMED,
    UNNAMED_PURPOSE,
    Asked,
    list_counterparts,
    list_degrees,
    list_facts,
    list_purposes,
    write_query,
)

COUNTERPART_LABELS = {
    "touchpoint": ("Where", "somewhere the policy does not name"),
    "role": ("To whom", "somebody the policy does not name"),
    "recipient": ("To whom", "somebody the policy does not name"),
    "place": ("Where", "somewhere the policy does not name"),
}
DEGREE_WORDS = {
    "identified": "with the name, or what leads to it",
    "pseudonymous": "under a number instead of the name",
    "de-identified": "with nothing that leads to a person",
}
CHOICE_WORDS = (("yes", "Yes"), ("no", "No"), ("unasked", "Not asked"), ("unknown", "Not known"))
FACT_WORDS = (("yes", "Yes"), ("no", "No"), ("unknown", "Not known"))


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be chosen."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class OptionGroup:
    """Options below a heading; those without one stand by themselves."""

    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form: a list to choose from."""

    name: str
    label: str
    hint: str
    groups: tuple[OptionGroup, ...]


@dataclass(frozen=True, slots=True)
class Ways:
    """One question about what is known, answered in one of a few ways."""

    name: str
    number: int
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class ActionLink:
    """One action, as a link to the form that fits it."""

    action: str
    label: str
    query: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class AskForm:
    """The whole form for one action."""

    action: str
    actions: tuple[ActionLink, ...]
    fields: tuple[Field, ...]
    ways: tuple[Ways, ...]


def make_form(table: Table, action: str, asked: Asked | None, relevant: tuple[str, ...]) -> AskForm:
    """The form, with what was asked chosen; facts are asked for only where the answer can depend on them."""
    fields = [make_data_field(table.words, asked)]
    if action in COUNTERPART_SORT:
        fields.append(make_counterpart_field(table, action, asked))
    fields += [make_purpose_field(table, asked), make_degree_field(table, asked)]
    return AskForm(action, list_actions(action, asked), tuple(fields), list_ways(table, asked, relevant))


def list_actions(action: str, asked: Asked | None) -> tuple[ActionLink, ...]:
    """The five actions; each keeps what was chosen as far as it fits."""
    links = []
    for name in ACTIONS:
        query = f"do={name}"
        if asked is not None:
            counterpart = asked.act.counterpart if name == action else HERE if name == "keep" else OTHER
            kept = replace(
                asked.act, action=name, counterpart=counterpart if name in COUNTERPART_SORT else NO_COUNTERPART
            )
            query = write_query(Asked(kept, (), ()))
        links.append(ActionLink(name, f"{name.capitalize()}", query, name == action))
    return tuple(links)


def make_data_field(words: Words, asked: Asked | None) -> Field:
    """Which data: groups and whole branches first, then each branch with its leaves."""
    chosen = set(asked.act.data) if asked else set()
    wide, branches, single = [], [], []
    for name, word in words.of_sort("data").items():
        if name == ANYTHING:
            continue
        if word.value == "group":
            wide.append(Option(name, words.label(name, "data"), name in chosen))
        elif word.members and "." not in name:
            leaves = [Option(name, f"{words.label(name, 'data')}: all of it", name in chosen)]
            below = [leaf for leaf in words.of_sort("data") if leaf.startswith(f"{name}.")]
            leaves += [Option(leaf, words.label(leaf, "data"), leaf in chosen) for leaf in below]
            branches.append(OptionGroup(words.label(name, "data"), tuple(leaves)))
        elif "." not in name:
            single.append(Option(name, words.label(name, "data"), name in chosen))
    groups = [OptionGroup("Groups", tuple(wide))] if wide else []
    groups += branches
    groups += [OptionGroup("Others", tuple(single))] if single else []
    return Field("data", "Which data", "", tuple(groups))


def make_counterpart_field(table: Table, action: str, asked: Asked | None) -> Field:
    """The other side of the act, only what fits the action."""
    sort = COUNTERPART_SORT[action]
    label, unnamed = COUNTERPART_LABELS[sort]
    chosen = asked.act.counterpart if asked else ""
    special = {SELF: "the person it is about", HERE: "on our own servers"}
    options = [
        Option(n, special.get(n, table.words.label(n, sort)), n == chosen) for n in list_counterparts(action, table)
    ]
    options.append(Option(UNNAMED, unnamed, chosen == OTHER))
    return Field("with", label, "", (OptionGroup("", tuple(options)),))


def make_purpose_field(table: Table, asked: Asked | None) -> Field:
    """What for."""
    chosen = asked.act.purpose if asked else ""
    options = [Option(name, table.words.label(name, "purpose"), name == chosen) for name in list_purposes(table)]
    options.append(Option(UNNAMED, "something the policy does not name", chosen == UNNAMED_PURPOSE))
    return Field("for", "What for", "", (OptionGroup("", tuple(options)),))


def make_degree_field(table: Table, asked: Asked | None) -> Field:
    """How close to the person."""
    chosen = asked.act.degree if asked else None
    options = []
    for name, degree in list_degrees(table).items():
        label = DEGREE_WORDS.get(name, f"only as a count of at least {degree.k} people")
        options.append(Option(name, label, degree == chosen or (chosen is None and name == DEGREES[0])))
    return Field("degree", "How close to the person", "", (OptionGroup("", tuple(options)),))


def list_ways(table: Table, asked: Asked | None, relevant: tuple[str, ...]) -> tuple[Ways, ...]:
    """The questions about what is known: one for each choice and each fact that matters."""
    if asked is None:
        return ()
    given_choices, given_facts = dict(asked.choices), dict(asked.facts)
    ways: list[Ways] = []
    for choice in table.choices:
        if {f"chosen {choice}", f"refused {choice}"} & set(relevant):
            answer = given_choices.get(choice, "unknown")
            options = tuple(Option(value, word, value == answer) for value, word in CHOICE_WORDS)
            word = table.words.of_sort("choice").get(choice)
            label = f"Yes or no to {word.value if word and word.value else table.words.label(choice, 'choice')}"
            ways.append(Ways(f"choice.{choice}", len(ways), label, options))
    single = set(list_facts(table))
    for fact in sorted(relevant, key="expired".__eq__):  # hardly ever what a question turns on
        if fact in single:
            answer = given_facts.get(fact, "no" if fact == "expired" else "unknown")
            options = tuple(Option(value, word, value == answer) for value, word in FACT_WORDS)
            said = say_fact(fact, table.policy)
            ways.append(Ways(f"fact.{fact}", len(ways), said[:1].upper() + said[1:], options))
    return tuple(ways)


def merge_forms(forms: tuple[AskForm, ...]) -> AskForm:
    """One form for several policies that are asked together: every word that one of them knows can be chosen."""
    first = forms[0]
    names = dict.fromkeys(field.name for form in forms for field in form.fields)
    fields = [[field for form in forms for field in form.fields if field.name == name] for name in names]
    ways = {way.name: way for form in reversed(forms) for way in form.ways}
    ordered = dict.fromkeys(way.name for form in forms for way in form.ways)
    return replace(
        first,
        fields=tuple(merge_fields(same) for same in fields),
        ways=tuple(replace(ways[name], number=number) for number, name in enumerate(ordered)),
    )


def merge_fields(fields: list[Field]) -> Field:
    """One field with the options of all, each once, those below one heading together."""
    groups: dict[str, dict[str, Option]] = {}
    seen: set[str] = set()
    for group in (group for field in fields for group in field.groups):
        for option in group.options:
            if option.value not in seen:
                seen.add(option.value)
                groups.setdefault(group.label, {})[option.value] = option
    return replace(
        fields[0], groups=tuple(OptionGroup(label, tuple(options.values())) for label, options in groups.items())
    )
