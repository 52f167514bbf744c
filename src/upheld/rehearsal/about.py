"""Rehearsals of what the policy is about: what comes in is under it, whoever it is about; and what is left out, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from types import MappingProxyType

from upheld.actions.facts import gather_facts
from upheld.actions.grants import name_staff
from upheld.actions.imports import Importer, Newcomer, Part
from upheld.actions.scope import leave_out_item, read_source
from upheld.actions.seeking import find_row
from upheld.actions.vault import open_items
from upheld.core.errors import GateError
from upheld.core.fields.kinds import find_kind
from upheld.core.gate.act import Act
from upheld.core.policy.model import Rule
from upheld.core.policy.saying.names import capitalise
from upheld.core.proof.evidence import Step
from upheld.records.models import Item
from upheld.records.walls import read_site
from upheld.rehearsal.cast import HOST
from upheld.rehearsal.covering import rehearse_covers
from upheld.rehearsal.filling import PAGE, find_order, list_doors, list_form_places, say_place
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.taking import expand_data, list_asked
from upheld.rehearsal.traces import Traces, Watch
from upheld.rehearsal.trying import Rehearsal, missing, refused, works

FROM_THEM = frozenset({"collection", "site"})
FROM_OTHERS = frozenset({"receipt", "third parties"})
BY_MAIL, BY_SERVICE = "email", "products and services"
TEXT = "what an invented person told somebody"


def rehearse_applies(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Data come in by each way that the sentence names: what is kept carries the text in force, and is bound by it."""
    leaves, ways = expand_data(stage, rule), rule.part("ways")
    own, others = FROM_THEM & set(ways), FROM_OTHERS & set(ways)
    if own or others:
        yield from try_forms(stage, rule, leaves, is_theirs=bool(own))
    if others:
        yield from try_import(stage, leaves)
    if BY_MAIL in ways:
        yield from try_letter(stage, leaves)
    if BY_SERVICE in ways:
        order = find_order(stage)
        if order is not None:
            yield from try_forms(stage, rule, (order.order,), is_theirs=True)
    for way in ways:
        if way not in FROM_THEM | FROM_OTHERS | {BY_MAIL, BY_SERVICE}:
            said = stage.policy.words.label(way, "way")
            yield missing(f"nothing in the house takes data in by {said}")


def try_forms(stage: Stage, rule: Rule, leaves: tuple[str, ...], *, is_theirs: bool) -> Iterator[Step]:
    """Every form that asks for some of it is sent; for what others tell, the form by which customers name somebody."""
    at, order = rule.part("at"), find_order(stage)
    for place in list_form_places(stage):
        is_meant = is_theirs or (order is not None and place == order.touchpoint)
        if not is_meant or (at and place not in at) or not set(leaves) & list_asked(stage, place).keys():
            continue
        for door in list_doors(stage, place):
            if door.way != PAGE or all(one.shape.is_secret for one in door.plan.fields if one.data in leaves):
                continue
            watch = Watch(stage)
            door.send({})
            says = f"{capitalise(say_place(stage, place))}: the form is sent: what is kept carries the text in force, and is bound by it"
            yield look_at_items(stage, watch.look(), leaves, says)


def try_import(stage: Stage, leaves: tuple[str, ...]) -> Iterator[Step]:
    """Somebody is brought in from elsewhere, with the first of these that may come in by a form."""
    for place in list_form_places(stage):
        leaf = next((leaf for leaf in leaves if leaf in list_asked(stage, place)), "")
        if leaf and find_kind(stage.policy.words.of_sort("data")[leaf].value)[0].name != "password":
            watch = Watch(stage)
            part = Part(place, {leaf: TEXT}, stage.now)
            Importer(stage.binding, stage.now).store([Newcomer((part,), stage.now)])
            says = "Somebody is brought in from elsewhere by an import: what is kept carries the text in force, and is bound by it"
            yield look_at_items(stage, watch.look(), leaves, says)
            return


def try_letter(stage: Stage, leaves: tuple[str, ...]) -> Iterator[Step]:
    """Somebody writes an e-mail to the business."""
    letter = EmailMessage()
    letter["From"], letter["To"] = f"orlaith@{HOST}", stage.policy.contact.get("email") or f"desk@{HOST}"
    letter["Subject"], letter["Message-ID"] = "A question", f"<question@{HOST}>"
    letter.set_content("Where do you keep what you know about me?")
    watch = Watch(stage)
    stage.drop_mail(letter.as_bytes())
    stage.work_on()
    traces = watch.look()
    if not traces.items:
        yield missing("what comes in by e-mail is not kept by the house")
        return
    says = "An e-mail to the business arrives: what is kept of it carries the text in force, and is bound by it"
    yield look_at_items(stage, traces, leaves, says)


def look_at_items(stage: Stage, traces: Traces, leaves: tuple[str, ...], says: str) -> Step:
    """Whether what came in was kept, tagged with the text in force in the item and in the ledger, and the gate guards it."""
    items = [item for item in traces.items if set(item.categories) & set(leaves)]
    lines = [line for line in traces.lines if line.kind == "item.collected" and set(line.body["data"]) & set(leaves)]
    current, fault = stage.binding.current, ""
    if not items or not lines:
        fault = "nothing was kept"
    elif any(item.version != current for item in items):
        fault = "it carries another version of the policy, or none"
    elif any(line.body.get("version") != current.isoformat() for line in lines):
        fault = "the ledger names another version of the policy"
    elif any(opens_besides(stage, item.id, item.person) for item in items):
        fault = "it opens for something that the policy does not permit"
    return works(says, not fault, fault, *(line.id for line in lines))


def opens_besides(stage: Stage, item: str, person: str) -> bool:
    """Whether an item opens for a use that the gate refuses for all it holds."""
    with read_site(stage.site):
        row = Item.objects.get(site=stage.site, id=item)
    owner = find_row(stage.site, person)
    if owner is None:
        return True
    known = gather_facts(stage.binding, owner, stage.now)  # what was not asked counts as the policy says
    for purpose in stage.policy.words.leaves("purpose"):
        if not any(stage.binding.ask(Act("use", (leaf,), purpose), known).is_permitted for leaf in row.categories):
            opening = open_items(stage.binding, person=owner, action="use", purpose=purpose, now=stage.now, items=[row])
            return bool(opening.values) or not opening.withheld
    return False


# ------------------------------------------------------------------------------------------------ what is left out


def rehearse_leave_out(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Something is left out on a ground that is written down, and on nothing less; nothing opens wider by it."""
    item, declared = make_item(stage), set(rule.part("exclusions"))
    words = stage.policy.words
    undeclared = next((name for name in words.of_sort("exclusion") if name not in declared), "no ground at all")
    for source, said in (
        ("", "without saying where it can be seen"),
        ("  \n", "with nothing but blanks for where it can be seen"),
    ):
        for exclusion in sorted(declared):
            label = words.label(exclusion, "exclusion")
            says = f"Something is left out as “{label}” {said}: refused, and it stays under the policy"
            yield refused(says, is_kept_in(stage, item, exclusion, source), "it was left out")
    if undeclared not in words.of_sort("exclusion"):
        says = "Something is left out on a ground that the policy does not name: refused, and it stays under the policy"
        yield refused(says, is_kept_in(stage, item, undeclared, "a page of the town"), "it was left out")
    for exclusion in sorted(declared):
        yield from try_ground(stage, make_item(stage), exclusion)
    yield missing("staff have no page on which they could leave something out")


def make_item(stage: Stage) -> Item:
    """Something that is held about somebody who wrote or registered."""
    with read_site(stage.site):
        found = Item.objects.filter(site=stage.site, left_out="").order_by("collected_at", "id").first()
    if found is None:
        raise LookupError("nothing is held that could be left out")
    return found


def is_kept_in(stage: Stage, item: Item, exclusion: str, source: str) -> bool:
    """Whether leaving out is refused, with no line and nothing changed."""
    watch = Watch(stage)
    try:
        leave_out_item(
            stage.binding, item=item, exclusion=exclusion, source=source, by=name_clerk(stage), now=stage.now
        )
    except GateError:
        with read_site(stage.site):
            row = Item.objects.get(site=stage.site, id=item.id)
        return watch.look().is_nothing and not row.left_out and not bytes(row.left_out_source)
    return False


def try_ground(stage: Stage, item: Item, exclusion: str) -> Iterator[Step]:
    """Something is left out on a ground, with where it can be seen."""
    label = stage.policy.words.label(exclusion, "exclusion")
    before, watch = count_open(stage, item), Watch(stage)
    line = leave_out_item(
        stage.binding, item=item, exclusion=exclusion, source=TEXT, by=name_clerk(stage), now=stage.now
    )
    traces = watch.look()
    with read_site(stage.site):
        row = Item.objects.get(site=stage.site, id=item.id)
    told = [one for one in traces.lines if one.kind == "item.left-out" and one.body.get("ground") == exclusion]
    is_noted = (
        row.left_out == exclusion and read_source(row) == TEXT and TEXT.encode() not in bytes(row.left_out_source)
    )
    says = f"Something is left out as “{label}”, with where it can be seen: the ground is on record, and where it can be seen is sealed"
    yield works(says, is_noted and [one.id for one in told] == [line], "it is not, or the ledger does not say so", line)
    says = "What was left out is asked for again, for each purpose: it opens for none that was shut before"
    yield refused(says, count_open(stage, row) <= before, "it opens for more")


def name_clerk(stage: Stage) -> str:
    """Somebody of the staff, as the ledger names them."""
    return name_staff(stage.cast.owner.find().pk)


def count_open(stage: Stage, item: Item) -> set[str]:
    """The purposes for which something of an item opens to a use."""
    owner, found = find_row(stage.site, item.person_id), set()
    for purpose in stage.policy.words.leaves("purpose") if owner else ():
        if (
            owner
            and open_items(
                stage.binding, person=owner, action="use", purpose=purpose, now=stage.now, items=[item]
            ).values
        ):
            found.add(purpose)
    return found


REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType(
    {"applies": rehearse_applies, "covers": rehearse_covers, "leave_out": rehearse_leave_out}
)
