"""Rehearsals of taking in: what a form asks is kept as the sentence says, and nothing else comes in there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from upheld.actions.imports import Importer, Newcomer, Part
from upheld.actions.vault import find_purposes, put_items
from upheld.core.errors import RefusedError
from upheld.core.fields.plan import find_path
from upheld.core.gate.act import Act
from upheld.core.policy.model import ANYWHERE, EVERY_FORM, EVERY_PAGE, Rule
from upheld.core.policy.saying.names import capitalise, join_words, say_condition
from upheld.core.proof.evidence import Step
from upheld.records.models import Person
from upheld.records.walls import read_site
from upheld.rehearsal.asking import rehearse_mark
from upheld.rehearsal.filling import PAGE, Door, list_doors, list_form_places, say_place
from upheld.rehearsal.stage import Line, Stage
from upheld.rehearsal.traces import Traces, Watch, find_readable
from upheld.rehearsal.trying import Rehearsal, missing, refused, works

WIDE = frozenset({ANYWHERE, EVERY_FORM, EVERY_PAGE})
TAKING = frozenset({"collect", "collect_only", "at_collect_only"})
NOTING = frozenset({"record", "record_only", "at_record_only"})
MARK = "nobody asked for this"  # what is sent where nothing was asked
INVENTED = "shoe size"  # no policy has a name with a blank in it that is no group
LONG_ENOUGH = 10  # characters: a shorter text may stand in a file by chance


def rehearse_collect(stage: Stage, rule: Rule) -> Iterator[Step]:
    """The form is sent in full and kept as the sentence says; what it does not ask for comes in nowhere."""
    for touchpoint in list_places(stage, rule):
        for door in list_doors(stage, touchpoint):
            # what has to be refused comes first: whoever registers a second time leaves nothing behind in any case
            yield from try_more(stage, door)
            yield from try_elsewhere(stage, rule, door)
            yield from try_full(stage, rule, door)
        yield from try_inside(stage, touchpoint)
    yield from try_astray(stage, rule)


def rehearse_never_collect(stage: Stage, rule: Rule) -> Iterator[Step]:
    """No form asks for it, none takes it when it is sent all the same, and no program of ours can put it in."""
    banned, purposes = expand_data(stage, rule), stage.policy.words.expand("purpose", rule.purposes)
    if rule.degree is not None:
        yield missing("that it is not collected in this form alone cannot be told from what a form takes")
    if rule.holds is not None:  # whoever sends a form here is none of those whom the ban is about
        yield missing(f"it was not tried with somebody for whom this holds: {say_condition(rule.holds, stage.policy)}")
    at = rule.part("at")
    words = stage.policy.words.leaves("touchpoint")
    if set(at) == {EVERY_FORM}:  # not where a server notes by itself
        words = tuple(name for name in words if find_path(stage.policy.words, name))
    places = words if not at or not WIDE.isdisjoint(at) else tuple(name for name in at if name in words)
    for place in places:
        for door in list_doors(stage, place) if rule.holds is None else ():
            yield try_banned(stage, door, banned, purposes)
        for leaf in banned if rule.holds is None else ():
            yield try_put(stage, leaf, place, purposes)


# ------------------------------------------------------------------------------------------------ what a rule is about


def expand_data(stage: Stage, rule: Rule) -> tuple[str, ...]:
    """The categories of a rule."""
    return stage.policy.words.expand("data", rule.data)


def list_places(stage: Stage, rule: Rule) -> tuple[str, ...]:
    """The touchpoints of a rule that have a form; those at which the house notes by itself are no forms."""
    at = rule.part("at")
    forms = list_form_places(stage)
    return forms if not WIDE.isdisjoint(at) else tuple(name for name in at if find_path(stage.policy.words, name))


def list_asked(stage: Stage, touchpoint: str) -> dict[str, frozenset[str]]:
    """What the rules let come in at a touchpoint, by category, and for which purposes; read off their words, not the gate."""
    words = stage.policy.words
    found: dict[str, set[str]] = {}
    for rule in stage.policy.active_rules:
        at = set(rule.part("at"))
        if rule.form in TAKING | NOTING and (touchpoint in at or at & WIDE):
            purposes = words.expand("purpose", rule.purposes) if rule.purposes else words.leaves("purpose")
            for leaf in words.expand("data", rule.data):
                found.setdefault(leaf, set()).update(purposes)
    return {leaf: frozenset(purposes) for leaf, purposes in found.items()}


def list_foreign(stage: Stage, touchpoint: str) -> tuple[str, ...]:
    """The categories that no rule lets come in at this touchpoint."""
    asked = list_asked(stage, touchpoint)
    return tuple(leaf for leaf in stage.policy.words.leaves("data") if leaf not in asked)


def name_data(stage: Stage, leaves: tuple[str, ...]) -> str:
    """Categories as people read them."""
    return join_words(tuple(stage.policy.words.label(leaf, "data") for leaf in leaves))


# ------------------------------------------------------------------------------------------------ what has to work


def try_full(stage: Stage, rule: Rule, door: Door) -> Iterator[Step]:
    """The whole form is sent: what the rules list is kept, sealed, tagged, told of in the ledger; and nothing besides."""
    asked = tuple(leaf for leaf in expand_data(stage, rule) if leaf in door.plan.data)
    if not asked:
        return  # nobody is asked for it here, or only somebody of whom more is known
    secret = tuple(one.data for one in door.plan.fields if one.shape.is_secret)
    plain = tuple(leaf for leaf in asked if leaf not in secret)
    watch = Watch(stage)
    answer = door.send({})
    traces = watch.look()
    where = capitalise(say_place(stage, door.touchpoint))
    lines = [line.id for line in traces.list_takings(door.touchpoint)]
    if plain:
        fault = find_tag_fault(stage, rule, door, traces) or find_seal_fault(door, traces)
        yield works(
            f"{where}: the form is filled in {door.said} and sent: what it asks is kept, sealed, under the text in force "
            "and for the purposes of the sentence, and nothing besides",
            answer.is_good and not fault,
            fault or f"the site answered {answer.status}",
            *lines,
        )
    for leaf in asked:
        if leaf in secret:
            fault = find_secret_fault(stage, door, traces, leaf)
            lines = [line.id for line in traces.lines if line.kind == "person.created"]
            says = f"{where}: the form is sent {door.said} with {name_data(stage, (leaf,))}: it opens the account, and stands nowhere"
            yield works(says, answer.is_good and not fault, fault or f"the site answered {answer.status}", *lines)


def find_tag_fault(stage: Stage, rule: Rule, door: Door, traces: Traces) -> str:
    """What is wrong with the tags of what was kept, and with what the ledger says of it; empty for nothing."""
    items, takings = traces.list_items(door.touchpoint), traces.list_takings(door.touchpoint)
    secret = {one.data for one in door.plan.fields if one.shape.is_secret}
    allowed = list_asked(stage, door.touchpoint)
    wanted = {one.data for one in door.plan.fields if door.values.get(one.name)} & allowed.keys() - secret
    kept = {leaf for item in items for leaf in item.categories}
    held = {leaf for item in items for leaf in item.values}
    told = {leaf for line in takings for leaf in line.body["data"]}
    if kept != wanted or held != wanted:
        return say_difference(stage, "was not kept", wanted - (kept & held), "was kept besides", (kept | held) - wanted)
    if told != wanted:
        return say_difference(stage, "the ledger leaves out", wanted - told, "the ledger tells of", told - wanted)
    if any(item.version != stage.binding.current for item in items):
        return "it was kept under another version of the policy"
    if any(line.body.get("version") != stage.binding.current.isoformat() for line in takings):
        return "the ledger names another version of the policy"
    if door.way == PAGE and not all(item.shown for item in items):
        return "nobody can see later what the form said"
    return find_purpose_fault(stage, rule, door.touchpoint, traces)


def find_purpose_fault(stage: Stage, rule: Rule, touchpoint: str, traces: Traces) -> str:
    """What is wrong with the purposes for which it was kept: those that the rules name there, less what a ban takes."""
    words, allowed = stage.policy.words, list_asked(stage, touchpoint)
    for item in traces.list_items(touchpoint):
        purposes = {purpose for leaf in item.categories for purpose in allowed.get(leaf, ())}
        besides = set(item.purposes) - purposes
        if besides:
            return (
                f"it was kept for {join_words(tuple(words.label(one, 'purpose') for one in sorted(besides)))} as well"
            )
    own = words.expand("purpose", rule.purposes) if rule.purposes else ()
    for leaf in set(expand_data(stage, rule)):
        held = [set(item.purposes) for item in traces.list_items(touchpoint) if leaf in item.categories]
        lost = [
            purpose
            for purpose in own
            if held
            and not any(purpose in purposes for purposes in held)
            and stage.binding.ask(Act("collect", (leaf,), purpose, touchpoint), {}).is_permitted
        ]
        if lost:
            return f"it was not kept for {join_words(tuple(words.label(one, 'purpose') for one in lost))}"
    return ""


def find_seal_fault(door: Door, traces: Traces) -> str:
    """Whether what was typed came out as it was typed, and stands nowhere unsealed."""
    secret = {one.name for one in door.plan.fields if one.shape.is_secret}
    typed = [text for name, text in door.values.items() if name not in secret and len(text) >= LONG_ENOUGH]
    whole = json.dumps([item.values for item in traces.items], ensure_ascii=False, default=str)
    written = [json.dumps(text, ensure_ascii=False)[1:-1] for text in typed]
    if any(text not in whole for text in written):
        return "what was kept is not what was typed"
    if find_readable(typed):
        return "what was typed stands readable in the database"
    return ""


def find_secret_fault(stage: Stage, door: Door, traces: Traces, leaf: str) -> str:
    """What is wrong with how a password was taken: it is no item, stands nowhere, and the account is under the text in force."""
    names = [one.name for one in door.plan.fields if one.data == leaf]
    typed = [door.values[name] for name in names if name in door.values]
    created: list[Line] = [line for line in traces.lines if line.kind == "person.created"]
    if not traces.rows.get("SignIn") or not created:
        return "no account was made"
    if traces.has_kept(leaf) or any(text in str(item.values) for item in traces.items for text in typed):
        return "it was kept among what is held"
    if find_readable(typed):
        return "it stands readable in the database"
    if any(line.body.get("version") != stage.binding.current.isoformat() for line in created):
        return "the ledger names another version of the policy"
    return ""


def say_difference(stage: Stage, less: str, lacking: set[str], more: str, besides: set[str]) -> str:
    """Which categories are too few and too many."""
    said = [f"{name_data(stage, tuple(sorted(lacking)))} {less}"] if lacking else []
    said += [f"{name_data(stage, tuple(sorted(besides)))} {more}"] if besides else []
    return "; ".join(said)


# ------------------------------------------------------------------------------------------------ what must not come in


def try_more(stage: Stage, door: Door) -> Iterator[Step]:
    """One field more: of another category that the policy has, and of a name that nobody declared."""
    where = capitalise(say_place(stage, door.touchpoint))
    foreign = next((leaf for leaf in list_foreign(stage, door.touchpoint) if leaf not in door.plan.data), "")
    if foreign:
        name = name_data(stage, (foreign,))
        says = f"{where}: the form is sent {door.said} with one field more, {name}: that is not kept"
        yield try_extra(stage, door, foreign, says)
    says = f"{where}: the form is sent {door.said} with one field more, of an invented name: that is not kept"
    yield try_extra(stage, door, INVENTED, says)


def try_extra(stage: Stage, door: Door, name: str, says: str) -> Step:
    """The form with one field more: refused as a whole with nothing left behind, or taken without that field."""
    watch = Watch(stage)
    answer = door.send({name: MARK})
    traces = watch.look()
    is_kept = traces.has_kept(name, MARK) or find_readable((MARK,))
    # an answer that shows the form again, or a problem, has refused all of it
    is_taken = bool(traces.list_takings(door.touchpoint))
    saw = f"it was refused with {answer.status}, and there is {traces.said}"
    return refused(says, not is_kept and (is_taken or traces.is_nothing), "it was kept" if is_kept else saw)


def try_elsewhere(stage: Stage, rule: Rule, door: Door) -> Iterator[Step]:
    """The same data at the first form that does not ask for them."""
    for place in list_form_places(stage):
        asked = list_asked(stage, place)
        leaf = next((one for one in expand_data(stage, rule) if one not in asked), "")
        if place == door.touchpoint or not leaf:
            continue
        for other in list_doors(stage, place):
            if other.way == door.way and leaf not in other.plan.data:
                name, where = name_data(stage, (leaf,)), capitalise(say_place(stage, place))
                says = f"{where}: the form is sent {door.said} with what this sentence has collected, {name}: that is not kept there"
                yield try_extra(stage, other, leaf, says)
                return


def try_inside(stage: Stage, touchpoint: str) -> Iterator[Step]:
    """A program of ours that puts in what the touchpoint does not ask for, one category after the other, and many at once."""
    foreign = list_foreign(stage, touchpoint)
    where = say_place(stage, touchpoint)
    watch = Watch(stage)
    open_to = [leaf for leaf in foreign if not is_refused(stage, leaf, touchpoint)]
    if foreign:
        traces = watch.look()
        says = f"A program of the house puts in each of the {len(foreign)} other categories as if it came in {where}: refused"
        yield refused(
            says,
            not open_to and traces.is_nothing,
            f"{name_data(stage, tuple(open_to))} was taken" if open_to else traces.said,
        )
        watch = Watch(stage)
        is_shut = is_import_refused(stage, foreign[0], touchpoint)
        traces = watch.look()
        says = f"An import brings one of them, {name_data(stage, foreign[:1])}, as if it came in {where}: refused"
        yield refused(says, is_shut and traces.is_nothing, traces.said or "it was taken")


def try_astray(stage: Stage, rule: Rule) -> Iterator[Step]:
    """A program of ours puts in the data of the rule at every touchpoint where no rule lets them in."""
    open_to, tried = [], 0
    watch = Watch(stage)
    for place in stage.policy.words.leaves("touchpoint"):
        asked = list_asked(stage, place)
        for leaf in expand_data(stage, rule):
            if leaf not in asked:
                tried += 1
                open_to += [] if is_refused(stage, leaf, place) else [place]
    if tried:
        traces = watch.look()
        says = "A program of the house puts in the same at every other place where data come in: refused"
        saw = f"it was taken {say_place(stage, open_to[0])}" if open_to else traces.said
        yield refused(says, not open_to and traces.is_nothing, saw)


def try_banned(stage: Stage, door: Door, banned: tuple[str, ...], purposes: tuple[str, ...]) -> Step:
    """A form neither asks for what is banned nor keeps it; where only some purposes are banned it is kept for others alone."""
    where = capitalise(say_place(stage, door.touchpoint))
    what = name_data(stage, banned[:1]) if len(banned) == 1 else "what the sentence bans"
    watch = Watch(stage)
    door.send(dict.fromkeys(banned, MARK) if not purposes else {})
    traces = watch.look()
    if not purposes:
        kept = [leaf for leaf in banned if leaf in door.plan.data or traces.has_kept(leaf)]
        is_readable = find_readable((MARK,))
        says = f"{where}: {what} is sent {door.said}: it is neither asked for nor kept"
        return refused(says, not kept and not is_readable, f"{name_data(stage, tuple(kept))} was kept")
    items = [item for item in traces.items if set(item.categories) & set(banned)]
    besides = {purpose for item in items for purpose in item.purposes if purpose in purposes}
    says = f"{where}: the form is sent {door.said}: nothing of it is kept for what the sentence rules out"
    return refused(says, not besides, "it was kept for that as well")


def try_put(stage: Stage, leaf: str, place: str, purposes: tuple[str, ...]) -> Step:
    """A program of ours puts in what is banned."""
    where, what = say_place(stage, place), name_data(stage, (leaf,))
    if purposes:
        with read_site(stage.site):
            found = set(find_purposes(stage.binding, leaf, place, {})) & set(purposes)
        says = (
            f"A program of the house asks for what {what} may come in {where}: for nothing that the sentence rules out"
        )
        return refused(says, not found, "it may")
    watch = Watch(stage)
    is_shut = is_refused(stage, leaf, place)
    says = f"A program of the house puts in {what} as if it came in {where}: refused"
    return refused(says, is_shut and watch.look().is_nothing, "it was taken")


def is_refused(stage: Stage, leaf: str, touchpoint: str) -> bool:
    """Whether the house refuses to take this category in at this touchpoint, from whatever program of its own."""
    with read_site(stage.site):
        person = Person.objects.filter(site=stage.site).order_by("created_at", "id").first()
    if person is None:
        person = Person(site=stage.site, version=stage.binding.current, created_at=stage.now)
    try:
        put_items(stage.binding, person=person, touchpoint=touchpoint, values={leaf: MARK}, now=stage.now)
    except RefusedError:
        return True
    return False


def is_import_refused(stage: Stage, leaf: str, touchpoint: str) -> bool:
    """Whether an import of this category as from this touchpoint is refused."""
    part = Part(touchpoint, {leaf: MARK}, stage.now)
    try:
        Importer(stage.binding, stage.now).store([Newcomer((part,), stage.now)])
    except RefusedError:
        return True
    return False


REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType(
    {
        "collect": rehearse_collect,
        "collect_only": rehearse_collect,
        "at_collect_only": rehearse_collect,
        "never_collect": rehearse_never_collect,
        "mark": rehearse_mark,
    }
)
