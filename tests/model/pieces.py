"""The second reading, part four: what each form of rule opens and cuts, one short function a form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from tests.model.line import Condition, Said, any_of
from tests.model.names import HERE, NOT_NAMED, OWN_TOUCHPOINTS, Names

EXPIRED = Condition("fact", "expired")
Set = frozenset[str]
MOST = 10**9


class Degrees(NamedTuple):
    """Every degree from one rank to another, both included."""

    first: int
    last: int


EVERY_DEGREE, NO_DEGREE = Degrees(0, MOST), Degrees(0, -1)
NOBODY: Set = frozenset()


@dataclass(frozen=True)
class Piece:
    """The cells that one part of a rule speaks of, and what it waits for.

    A grant holds when all of `if_true` is known true and all of `if_false` known false. A cut applies until one of
    `if_true` is known false or one of `if_false` known true.
    """

    is_cut: bool
    action: str
    data: Set
    purposes: Set
    others: Set
    degrees: Degrees
    if_true: tuple[Condition, ...]
    if_false: tuple[Condition, ...]
    sentences: tuple[str, ...] = ()
    place: int = 0  # which rule of the file

    @property
    def size(self) -> int:
        return len(self.data) * len(self.purposes) * len(self.others)


def rank_degree(degree: tuple[str, int]) -> int:
    """How little a degree tells: 0 identified, 1, 2, then groups, the larger the less."""
    name, size = degree
    return 3 + size if name == "aggregate" else ["identified", "pseudonymous", "de-identified"].index(name)


def put_into_pieces(said: Said, names: Names, sentences: tuple[str, ...], place: int) -> list[Piece]:
    """What this rule opens and what it cuts."""
    speaking = Speaking(said, names)
    if said.form != "nothing":
        getattr(speaking, "say_" + said.form.replace(" ", "_"))()
    return [replace(piece, sentences=sentences, place=place) for piece in speaking.pieces]


class Speaking:
    """One rule while it speaks."""

    def __init__(self, said: Said, names: Names) -> None:
        self.said, self.names = said, names
        self.pieces: list[Piece] = []
        rank = rank_degree(said.degree) if said.degree else None
        self.and_less = EVERY_DEGREE if rank is None else Degrees(rank, MOST)
        self.and_more = EVERY_DEGREE if rank is None else Degrees(0, rank)
        self.finer = NO_DEGREE if rank is None else Degrees(0, rank - 1)
        self.all_data = frozenset([*names.data_leaves, NOT_NAMED])
        self.all_purposes = frozenset([*names.purpose_leaves, NOT_NAMED])
        self.all_touchpoints = frozenset([*names.touchpoints, *OWN_TOUCHPOINTS, NOT_NAMED])
        self.all_roles = frozenset([*names.roles, NOT_NAMED])
        self.all_recipients = frozenset([*names.recipients, NOT_NAMED])
        self.all_places = frozenset([*names.places, HERE, NOT_NAMED])
        self.opened_data = self.open_data(said.data, said.data_but)
        self.cut_data = self.opened_data | ({NOT_NAMED} if "anything" in said.data else set())
        self.purposes = None if said.purposes is None else self.open_purposes(said.purposes, said.purposes_but)

    # ------------------------------------------------------------------------------------------------ opening of names

    def open_data(self, written: Iterable[str], but: Iterable[str] = ()) -> Set:
        leaves = {leaf for name in written for leaf in self.names.leaves_of_data(name)}
        return frozenset(leaves - {leaf for name in but for leaf in self.names.leaves_of_data(name)})

    def open_purposes(self, written: Iterable[str], but: Iterable[str] = ()) -> Set:
        leaves = {leaf for name in written for leaf in self.names.leaves_of_purpose(name)}
        return frozenset(leaves - {leaf for name in but for leaf in self.names.leaves_of_purpose(name)})

    def open_others(self, written: Iterable[str] | None, word: str, stands_for: Iterable[str]) -> Set:
        """The names as written; `anyone` or `anywhere` is what it stands for here."""
        return frozenset(one for name in written or () for one in (stands_for if name == word else [name]))

    def recipients(self) -> Set:
        return self.open_others(self.said.others, "anyone", self.all_recipients)

    def roles(self) -> Set:
        return self.open_others(self.said.others, "anyone", self.all_roles)

    def touchpoints(self) -> Set:
        return frozenset(one for name in self.said.others or () for one in self.cut_touchpoint(name))

    def cut_touchpoint(self, name: str) -> Set:
        """What a ban at this touchpoint reaches."""
        if name in ("anywhere", "every page", "every email address"):
            return self.all_touchpoints
        if name == "every form":
            return self.all_touchpoints - set(self.names.noting)
        return frozenset([name])

    def places(self) -> Set:
        return self.open_others(self.said.others, "anywhere", self.all_places)

    # ------------------------------------------------------------------------------------------------- grants and cuts

    def grant(
        self, action: str, data: Set, purposes: Set | None, others: Set,
        *, degrees: Degrees | None = None, also_false: tuple[Condition, ...] = (),
    ) -> None:  # fmt: skip
        """Opens cells under the rule's own conditions; without a purpose it opens nothing."""
        said = self.said
        if_true = [*([said.if_] if said.if_ else [])]
        if said.approval:
            if_true.append(Condition("fact", said.approval))
        if said.one_of:
            if_true.append(Condition("fact", "routed"))
        if_false = (*([said.unless] if said.unless else []), *also_false)
        degrees = self.and_less if degrees is None else degrees
        piece = Piece(False, action, data, purposes or NOBODY, others, degrees, tuple(if_true), if_false)
        self.add(piece)

    def cut(self, action: str, data: Set, purposes: Set, others: Set, *, degrees: Degrees | None = None) -> None:
        """What `only` cuts, for good: the condition of such a rule belongs to what it opens."""
        self.add(Piece(True, action, data, purposes, others, self.and_more if degrees is None else degrees, (), ()))

    def cut_while(self, condition: Condition, action: str, data: Set, purposes: Set, others: Set) -> None:
        """Cuts cells, every degree of them, until the condition is known false."""
        self.add(Piece(True, action, data, purposes, others, EVERY_DEGREE, (condition,), ()))

    def cut_until(self, condition: Condition, action: str, data: Set, purposes: Set, others: Set) -> None:
        """Cuts cells, every degree of them, until the condition is known true."""
        self.add(Piece(True, action, data, purposes, others, EVERY_DEGREE, (), (condition,)))

    def add(self, piece: Piece) -> None:
        if piece.size and piece.degrees.first <= piece.degrees.last:
            self.pieces.append(piece)

    # ------------------------------------------------------------------------------------------------------- collecting

    def opened_touchpoints(self) -> Set:
        opened: set[str] = set()
        for name in self.said.others or ():
            if name in ("anywhere", "every page"):
                opened.update(self.names.touchpoints)
            elif name == "every form":
                opened.update(one for one in self.names.touchpoints if one not in self.names.noting)
            elif name != "every email address":
                opened.add(name)
        return frozenset(opened)

    def say_collect(self) -> None:
        self.grant("collect", self.opened_data, self.purposes, self.opened_touchpoints())
        self.grant("use", self.opened_data, self.purposes, frozenset(["-"]))

    def say_collect_only(self) -> None:
        self.say_collect()
        self.cut("collect", self.cut_data, self.all_purposes, self.all_touchpoints - self.opened_touchpoints())

    def say_at_collect_only(self) -> None:
        self.say_collect()
        self.cut(
            "collect",
            self.all_data - self.opened_data,
            self.all_purposes,
            self.touchpoints(),
            degrees=EVERY_DEGREE,
        )
        self.cut("collect", self.opened_data, self.all_purposes, self.touchpoints(), degrees=self.finer)

    # ------------------------------------------------------------------------------------------------------------ using

    def say_use(self) -> None:
        self.grant("use", self.opened_data, self.purposes, frozenset(["-"]))

    def say_use_only(self) -> None:
        self.say_use()
        self.cut("use", self.cut_data, self.all_purposes - (self.purposes or set()), frozenset(["-"]))

    def say_for_use_only(self) -> None:
        self.say_use()
        purposes = self.purposes or frozenset()
        self.cut("use", self.all_data - self.opened_data, purposes, frozenset(["-"]), degrees=EVERY_DEGREE)
        self.cut("use", self.opened_data, purposes, frozenset(["-"]), degrees=self.finer)

    def say_send(self) -> None:
        audience_data = [name for audience in self.said.audiences for name in self.names.audiences[audience]]
        addresses = self.open_data([*audience_data, *self.said.data])
        purposes = self.open_purposes([self.names.mail[mail] for mail in self.said.mails])
        self.grant("use", addresses, purposes, frozenset(["-"]), degrees=EVERY_DEGREE)

    # ---------------------------------------------------------------------------------------------------------- showing

    def say_show(self) -> None:
        purposes = self.all_purposes if self.said.purposes is None and self.said.others == ["self"] else self.purposes
        self.grant("show", self.opened_data, purposes, self.roles())

    def say_show_only(self) -> None:
        self.say_show()
        self.cut("show", self.cut_data, self.all_purposes, self.all_roles - self.roles() - {"self"})

    def say_for_show_only(self) -> None:
        self.grant("show", self.opened_data, self.purposes, self.roles())
        roles = self.roles() if self.said.others else self.all_roles
        purposes = self.purposes or frozenset()
        self.cut("show", self.all_data - self.opened_data, purposes, roles, degrees=EVERY_DEGREE)
        self.cut("show", self.opened_data, purposes, roles, degrees=self.finer)

    # ---------------------------------------------------------------------------------------------------------- sharing

    def say_share(self) -> None:
        self.grant("share", self.opened_data, self.purposes, self.recipients())

    def say_share_only(self) -> None:
        self.say_share()
        self.cut("share", self.cut_data, self.all_purposes, self.all_recipients - self.recipients())

    def say_for_share_only(self) -> None:
        self.say_share()
        recipients = self.recipients() if self.said.others else self.all_recipients
        purposes = self.purposes or frozenset()
        self.cut("share", self.all_data - self.opened_data, purposes, recipients, degrees=EVERY_DEGREE)
        self.cut("share", self.opened_data, purposes, recipients, degrees=self.finer)

    # ---------------------------------------------------------------------------------------------------------- keeping

    def say_keep(self) -> None:
        purposes = self.all_purposes if self.purposes is None else self.purposes
        self.grant("keep", self.opened_data, purposes, frozenset([HERE]), also_false=(EXPIRED,))
        self.cut_while(EXPIRED, "use", self.cut_data, purposes, frozenset(["-"]))
        self.cut_while(EXPIRED, "show", self.cut_data, purposes, self.all_roles | {"self"})
        self.cut_while(EXPIRED, "share", self.cut_data, purposes, self.all_recipients)

    def say_keep_while(self) -> None:
        purposes = self.all_purposes if self.purposes is None else self.purposes
        self.grant("keep", self.opened_data, purposes, frozenset([HERE]))

    def opened_places(self) -> Set:
        return self.open_others(self.said.others, "anywhere", self.names.places)

    def say_store(self) -> None:
        self.grant("keep", self.opened_data, self.all_purposes, self.opened_places(), also_false=(EXPIRED,))

    def say_store_only(self) -> None:
        self.say_store()
        self.cut("keep", self.cut_data, self.all_purposes, self.all_places - self.opened_places() - {HERE})

    # ----------------------------------------------------------------------------------------------------- never and so

    def say_never(self, action: str, others: Set, everybody: Set) -> None:
        purposes = self.all_purposes if self.purposes is None else self.purposes
        if_true, if_false = [(one,) if one else () for one in (self.said.if_, self.said.unless)]
        others = everybody if self.said.others is None else others
        self.add(Piece(True, action, self.cut_data, purposes, others, self.and_more, if_true, if_false))

    def say_never_collect(self) -> None:
        self.say_never("collect", self.touchpoints(), self.all_touchpoints)

    def say_never_use(self) -> None:
        self.say_never("use", frozenset(), frozenset(["-"]))

    def say_never_show(self) -> None:
        self.say_never("show", self.roles(), self.all_roles | {"self"})

    def say_never_share(self) -> None:
        self.say_never("share", self.recipients(), self.all_recipients)

    def say_never_keep(self) -> None:
        self.say_never("keep", self.places(), self.all_places)

    def say_choice_stops(self) -> None:
        refused = any_of(self.said.choices, "refused")
        stopped = self.purposes or frozenset()
        for_mail = self.open_purposes([self.names.mail[mail] for mail in self.said.mails])
        self.cut_while(refused, "collect", self.all_data, stopped, self.all_touchpoints)
        self.cut_while(refused, "use", self.all_data, for_mail | stopped, frozenset(["-"]))
        self.cut_while(refused, "show", self.all_data, stopped, self.all_roles)
        self.cut_while(refused, "share", self.all_data, stopped, self.all_recipients)
        self.cut_while(refused, "keep", self.all_data, stopped, self.all_places)
        for one in self.said.stopped_recipients:
            partners = self.open_others([one], "anyone", self.all_recipients)
            self.cut_while(refused, "share", self.all_data, self.all_purposes, partners)

    def say_require_age(self) -> None:
        self.cut_while(
            Condition("fact", "known minor"), "collect", self.all_data, self.all_purposes, self.touchpoints()
        )

    def say_bind(self) -> None:
        purposes = self.all_purposes if self.purposes is None else self.purposes
        self.cut_until(Condition("fact", "bound"), "share", self.all_data, purposes, self.recipients())
