"""Brings in many people at once: the gate asked once for each question, keys and rows by the batch, a line for each part.

Knows nothing of where the rows come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from upheld.actions.facts import LAST_SIGN_IN, Facts, gather_facts
from upheld.actions.ids import draw_id
from upheld.actions.import_shipments import Sent, Shipments, number_shipments
from upheld.actions.keys import NamedKey, find_person_keys
from upheld.actions.ledger import Line, write_lines
from upheld.actions.people import digest_identifier
from upheld.actions.rows import insert_rows
from upheld.actions.standings import EMAIL, Combination, keep_combinations, place_person
from upheld.actions.vault import STARTS_AT_COLLECTION, Values, find_purposes, seal_values
from upheld.core.errors import GateError, RefusedError
from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.core.notices.classes import list_audience_addresses
from upheld.core.policy.choices import Answer as Answered
from upheld.core.policy.choices import settle_choice
from upheld.core.rights.keeping import Keeping, group_by_class
from upheld.core.seal.envelope import Label
from upheld.records.models import Answer, Identifier, Item, Membership, Outgoing, Person
from upheld.records.walls import enter_site

IN_A_BATCH = 500
Tell = Callable[[int], None]
Row = tuple[object, ...]

PERSON = ("id", "site", "kind", "version", "created_at", "signed_in_at", "facts", "standing")
IDENTIFIER = ("site", "person_id", "kind", "digest", "is_primary", "created_at", "verified_at")
ITEM = (
    "id",
    "site",
    "person_id",
    "touchpoint",
    "version",
    "categories",
    "purposes",
    "keep_class",
    "keep_until",
    "key",
    "sealed",
    "collected_at",
    "method",
)
MEMBERSHIP = ("site", "company_id", "person_id", "is_holder", "is_primary", "joined_at")
OUTGOING = (
    "id",
    "site",
    "person",
    "mail_class",
    "kind",
    "key",
    "sealed",
    "state",
    "attempts",
    "reason",
    "queued_at",
    "settled_at",
)
ANSWER = ("site", "person_id", "choice", "is_yes", "at", "version", "touchpoint", "entry")


@dataclass(frozen=True, slots=True)
class Part:
    """What was collected about somebody at one touchpoint at one moment, by category."""

    touchpoint: str
    values: Values
    collected_at: datetime
    method: str = "import"
    sent: Sent | None = None  # the shipment that was ordered by it
    told: Part | None = None  # what was recorded of how that ended


@dataclass(frozen=True, slots=True)
class Said:
    """One yes or no, with where and when it was given."""

    choice: str
    is_yes: bool
    touchpoint: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Mailed:
    """One message that was sent to them before, or was not (`state` sent or failed); its words are not kept."""

    mail_class: str
    kind: str
    at: datetime
    state: str = "sent"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who is brought in. Give `id` to be able to bring in the rest when it broke off: who is there is passed over.

    `identifiers` are pairs of kind (email, phone, username) and text; they count as verified when `is_verified`.
    `company` is the id of the company whose account they use; it comes in before them. Its first holder's address is
    the account's primary one. `facts` are those on record about them, such as that they are no minor; what is not there
    nobody knows, and the gate is asked so.
    """

    parts: tuple[Part, ...]
    created_at: datetime
    id: str = ""
    kind: str = "person"
    identifiers: tuple[tuple[str, str], ...] = ()
    is_verified: bool = True
    answers: tuple[Said, ...] = ()
    mails: tuple[Mailed, ...] = ()
    signed_in_at: datetime | None = None
    company: str = ""
    is_holder: bool = False
    facts: Mapping[str, bool] = field(default_factory=dict)


@dataclass(slots=True)
class Imported:
    """How many people and items came in; `known` were there already, by their id or by an identifier they share."""

    people: int = 0
    items: int = 0
    known: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """Categories of one part that one rule ends, and the purposes for which they may be collected."""

    keeping: Keeping
    leaves: tuple[str, ...]
    purposes: tuple[str, ...]


@dataclass(slots=True)
class _Batch:
    """The rows of one batch on their way into one transaction, each with its values in the order of its columns."""

    people: list[Row] = field(default_factory=list)
    identifiers: list[Row] = field(default_factory=list)
    items: list[Row] = field(default_factory=list)
    answers: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)
    mails: list[Row] = field(default_factory=list)
    shipments: Shipments = field(default_factory=Shipments)
    lines: list[Line] = field(default_factory=list)


class Importer:
    """Brings people into one site; remembers what the gate said, so that it is asked once for each question."""

    def __init__(self, binding: Binding, now: datetime, *, is_backdated: bool = False) -> None:
        self.binding = binding
        self.now = now
        self.is_backdated = is_backdated
        self.pieces: dict[tuple[str, tuple[str, ...], tuple[tuple[str, bool], ...]], tuple[Piece, ...]] = {}
        self.facts: Facts = gather_facts(binding, Person(site=binding.site, version=binding.current))

    def plan_part(self, touchpoint: str, leaves: tuple[str, ...], on_record: Mapping[str, bool]) -> tuple[Piece, ...]:
        """The items that these categories become at this touchpoint. Raises RefusedError for one that may not come in."""
        asked = (touchpoint, leaves, tuple(sorted(on_record.items())))
        known = self.pieces.get(asked)
        if known is not None:
            return known
        facts = {**self.facts, **on_record}
        purposes = {leaf: find_purposes(self.binding, leaf, touchpoint, facts) for leaf in leaves}
        for leaf, found in purposes.items():
            if not found:
                act = Act("collect", (leaf,), "", touchpoint)
                raise RefusedError(str(act), self.binding.ask(act, facts).because)
        made = tuple(
            Piece(keeping, members, tuple(dict.fromkeys(purpose for leaf in members for purpose in purposes[leaf])))
            for keeping, members in group_by_class(self.binding.gate.table, leaves).items()
        )
        self.pieces[asked] = made
        return made

    def store(self, newcomers: list[Newcomer]) -> Imported:
        """Bring in one batch, all of it or nothing. Keys are stored first; without their data they open nothing."""
        wanted = [self._give_id(newcomer) for newcomer in newcomers]
        digests = self._digest_all(wanted)
        fresh = self._pass_over_known(wanted, digests)
        keys = find_person_keys(self.binding.site, self._list_keys(fresh), self.now)
        batch = _Batch()
        for newcomer in fresh:
            self._add(batch, newcomer, digests, keys)
        with enter_site(self.binding.site):
            numbers = keep_combinations(
                self.binding.site, {number: combine(self.binding, one) for number, one in fresh}
            )
            batch.people = [(*row, numbers[str(row[0])]) for row in batch.people]
            insert_rows(Person, PERSON, batch.people)
            insert_rows(Identifier, IDENTIFIER, batch.identifiers)
            insert_rows(Item, ITEM, batch.items)
            batch.shipments.insert()
            if self.is_backdated:
                batch.lines.sort(key=lambda line: line.at)
            write_lines(self.binding.site, batch.lines, known=self.binding.names)
            insert_rows(Answer, ANSWER, batch.answers)
            insert_rows(Membership, MEMBERSHIP, batch.members)
            insert_rows(Outgoing, OUTGOING, batch.mails)
        return Imported(len(batch.people), len(batch.items), len(newcomers) - len(batch.people))

    def _give_id(self, newcomer: Newcomer) -> tuple[str, Newcomer]:
        return newcomer.id or draw_id("p"), newcomer

    def _digest_all(self, wanted: list[tuple[str, Newcomer]]) -> dict[tuple[str, str], bytes]:
        return {
            (kind, text): digest_identifier(self.binding.site, kind, text, self.now)
            for _, newcomer in wanted
            for kind, text in newcomer.identifiers
        }

    def _pass_over_known(
        self, wanted: list[tuple[str, Newcomer]], digests: dict[tuple[str, str], bytes]
    ) -> list[tuple[str, Newcomer]]:
        """Those who are new; who shares a verified identifier with somebody is not, whoever of the two came first."""
        site = self.binding.site
        with enter_site(site):
            ids = set(
                Person.objects.filter(site=site, id__in=[number for number, _ in wanted]).values_list("id", flat=True)
            )
            held = {
                (kind, bytes(digest))
                for kind, digest in Identifier.objects.filter(
                    site=site, digest__in=list(digests.values()), verified_at__isnull=False
                ).values_list("kind", "digest")
            }
        fresh = []
        for number, newcomer in wanted:
            own = {(kind, digests[kind, text]) for kind, text in newcomer.identifiers}
            if number in ids or (newcomer.is_verified and own & held):
                continue
            ids.add(number)
            if newcomer.is_verified:
                held |= own
            fresh.append((number, newcomer))
        return fresh

    def _list_keys(self, fresh: list[tuple[str, Newcomer]]) -> Iterator[tuple[str, str]]:
        for number, newcomer in fresh:
            for whole in newcomer.parts:
                for part in (whole, *((whole.told,) if whole.told else ())):
                    for piece in self.plan_part(part.touchpoint, tuple(part.values), newcomer.facts):
                        yield number, piece.keeping.keep_class

    def _add(
        self,
        batch: _Batch,
        found: tuple[str, Newcomer],
        digests: dict[tuple[str, str], bytes],
        keys: dict[tuple[str, str], NamedKey],
    ) -> None:
        number, newcomer = found
        site, version = self.binding.site, self.binding.current
        batch.people.append(
            (number, site, newcomer.kind, version, newcomer.created_at, newcomer.signed_in_at, dict(newcomer.facts)),
        )
        verified_at = newcomer.created_at if newcomer.is_verified else None
        for place, (kind, text) in enumerate(newcomer.identifiers):
            digest = digests[kind, text]
            batch.identifiers.append((site, number, kind, digest, place == 0, newcomer.created_at, verified_at))
        for part in newcomer.parts:
            self._add_whole(batch, (number, newcomer), part, keys)
        for said in newcomer.answers:
            self._add_answer(batch, number, said)
        for mailed in newcomer.mails:
            self._add_mail(batch, number, mailed)
        if newcomer.company:
            is_holder = newcomer.is_holder
            batch.members.append((site, newcomer.company, number, is_holder, is_holder, newcomer.created_at))

    def _add_whole(
        self, batch: _Batch, found: tuple[str, Newcomer], part: Part, keys: dict[tuple[str, str], NamedKey]
    ) -> None:
        """A part, with the shipment that was ordered by it."""
        sent, told = part.sent, part.told
        held = self._add_part(batch, found, part, keys, sent.ended_at if sent and told else None)
        if sent is None:
            return
        ends = self._add_part(batch, found, told, keys, sent.ended_at) if told else {}
        batch.lines += batch.shipments.add(
            self.binding,
            person=found[0],
            is_company=found[1].kind == "company",
            sent=sent,
            order=held,
            told=next(iter(ends.values()), ""),
            now=self.now,
        )

    def _add_part(
        self,
        batch: _Batch,
        found: tuple[str, Newcomer],
        part: Part,
        keys: dict[tuple[str, str], NamedKey],
        ended_at: datetime | None = None,
    ) -> dict[str, str]:
        """The items by the categories they hold; a clock of keeping that waits for an end begins at `ended_at`."""
        site, made = self.binding.site, []
        person, newcomer = found
        held: dict[str, str] = {}
        pieces = self.plan_part(part.touchpoint, tuple(part.values), newcomer.facts)
        for piece in pieces:
            key = keys[person, piece.keeping.keep_class]
            item = draw_id("i")
            made.append(item)
            values = {leaf: part.values[leaf] for leaf in piece.leaves}
            held |= dict.fromkeys(piece.leaves, item)
            begins = part.collected_at if piece.keeping.event in STARTS_AT_COLLECTION else ended_at
            if piece.keeping.event == LAST_SIGN_IN:
                begins = None
            batch.items.append(
                (
                    item,
                    site,
                    person,
                    part.touchpoint,
                    self.binding.current,
                    piece.leaves,
                    piece.purposes,
                    piece.keeping.keep_class,
                    piece.keeping.find_end(begins) if begins else None,
                    key.name,
                    seal_values(key.key, values, Label(site, person, item, part.touchpoint)),
                    part.collected_at,
                    part.method,
                )
            )
        batch.lines.append(
            self._make_line(
                "item.collected",
                person,
                part.collected_at,
                items=made,
                data=sorted(part.values),
                purposes=sorted({purpose for piece in pieces for purpose in piece.purposes}),
                touchpoint=part.touchpoint,
                version=self.binding.current.isoformat(),
                method=part.method,
            )
        )
        return held

    def _add_answer(self, batch: _Batch, person: str, said: Said) -> None:
        if said.choice not in self.binding.gate.table.choices:
            raise GateError("G406", f"the policy has no choice `{said.choice}`", "its choices stand under `choices:`")
        line = self._make_line(
            "choice.recorded",
            person,
            said.at,
            choice=said.choice,
            outcome="yes" if said.is_yes else "no",
            touchpoint=said.touchpoint,
            version=self.binding.current.isoformat(),
        )
        batch.lines.append(line)
        batch.answers.append(
            (
                self.binding.site,
                person,
                said.choice,
                said.is_yes,
                said.at,
                self.binding.current,
                said.touchpoint,
                line.id,
            )
        )

    def _add_mail(self, batch: _Batch, person: str, mailed: Mailed) -> None:
        message, settled = draw_id("m"), f"mail.{mailed.state}"
        batch.mails.append(
            (
                message,
                self.binding.site,
                person,
                mailed.mail_class,
                mailed.kind,
                "",
                b"",
                mailed.state,
                1,
                mailed.reason,
                mailed.at,
                mailed.at,
            )
        )
        told: dict[str, object] = {"mail": message, "class": mailed.mail_class}
        batch.lines.append(self._make_line("mail.queued", person, mailed.at, **told, template=mailed.kind))
        batch.lines.append(self._make_line(settled, person, mailed.at, **told, attempts=1))

    def _make_line(self, kind: str, person: str, moment: datetime, **fields: object) -> Line:
        return Line(draw_id("e"), kind, person, moment if self.is_backdated else self.now, fields)


def combine(binding: Binding, newcomer: Newcomer) -> Combination:
    """What the gate may know of a newcomer, as others share it."""
    said: dict[str, list[Answered]] = {}
    for one in newcomer.answers:
        said.setdefault(one.choice, []).append(Answered(one.at, one.is_yes))
    leaves = set(list_audience_addresses(binding.policy))
    has_address = newcomer.is_verified and any(kind == EMAIL for kind, _ in newcomer.identifiers)
    return Combination(
        place_person(newcomer.kind, is_visitor=False, is_closed=False, has_address=has_address),
        {choice: settle_choice(answers) for choice, answers in said.items()},
        dict(newcomer.facts),
        since=binding.current if any(leaves & set(part.values) for part in newcomer.parts) else None,
    )


def import_people(
    binding: Binding,
    newcomers: Iterable[Newcomer],
    *,
    now: datetime,
    tell: Tell | None = None,
    is_backdated: bool = False,
    in_a_batch: int = IN_A_BATCH,
) -> Imported:
    """What came in. After each batch `tell` is given how many newcomers are done; what is done stays when it breaks off.

    The gate is asked for every category at every touchpoint. Raises RefusedError when the policy does not let one in,
    GateError G406 for a choice that it does not have; the batch in which that happens is not stored. Lines of the
    ledger say that they were written now; only invented data may be `is_backdated` to when it is said to have happened.
    """
    importer = Importer(binding, now, is_backdated=is_backdated)
    whole, done, waiting = Imported(), 0, iter(newcomers)
    while batch := list(islice(waiting, in_a_batch)):
        stored = importer.store(batch)
        whole.people += stored.people
        whole.items += stored.items
        whole.known += stored.known
        done += len(batch)
        if tell is not None:
            tell(done)
    number_shipments(binding.site)
    return whole
