"""The shapes a rule can have: how each is written and which kind of promise it can uphold; read by words and coverage."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

MAY, MUST, MUST_NOT, SHOW, CLAIM, STATE = "MAY", "MUST", "MUST NOT", "SHOW", "CLAIM", "STATE"


@dataclass(frozen=True, slots=True)
class Form:
    """One shape of a rule line.

    `template` writes it: `{key}` is a part, `[...]` is left out when a part in it is empty, `~` is the condition.
    `fits` holds the modalities of clauses that a rule of this form upholds (semantics, section 8).
    `grants` and `cuts` say whether the form opens or closes acts at the gate.
    """

    name: str
    template: str
    fits: frozenset[str]
    grants: bool = False
    cuts: bool = False


def _form(name: str, template: str, *fits: str, grants: bool = False, cuts: bool = False) -> tuple[str, Form]:
    return name, Form(name, template, frozenset(fits), grants, cuts)


FORMS: MappingProxyType[str, Form] = MappingProxyType(
    dict(
        (
            _form("state", "state", STATE),
            _form("applies", "applies to {data} by {ways}[ at {at}]", MUST),
            _form("applies_not", "does not apply to {data} by {ways}", MUST),
            _form("covers", "covers {subjects}", MUST),
            _form("counts", "counts {parties} as us", MUST),
            _form("leave_out", "leave out {exclusions} with a recorded ground", MUST, MAY),
            _form("collect", "collect {data}[ {degree}] at {at}[ for {purposes}]~", MAY, MUST, grants=True),
            _form(
                "collect_only", "collect {data}[ {degree}] only at {at}[ for {purposes}]~", MAY, MUST, MUST_NOT,
                grants=True, cuts=True,
            ),
            _form(
                "at_collect_only", "at {at} collect only {data}[ for {purposes}]~", MAY, MUST, MUST_NOT,
                grants=True, cuts=True,
            ),
            _form("record", "record {data}[ {degree}] at {at}[ for {purposes}]~", MAY, MUST, grants=True),
            _form(
                "record_only", "record {data}[ {degree}] only at {at}[ for {purposes}]~", MAY, MUST, MUST_NOT,
                grants=True, cuts=True,
            ),
            _form(
                "at_record_only", "at {at} record only {data}[ {degree}][ for {purposes}]~", MAY, MUST, MUST_NOT,
                grants=True, cuts=True,
            ),
            _form(
                "mark", "mark {data} as {marking} at {at}[ because {because}][, stopping {activities}]",
                SHOW, MUST, MAY,
            ),
            _form(
                "set_cookie",
                "set cookie {cookie}[ holding {holding}] for {purposes}, up to {life}, {party}[, needed for {activities}]",
                MAY, MUST,
            ),
            _form("work", "work without {needs}[ except for {activities}]", MUST, MAY),
            _form("require_age", "require age {number} at {at}", MUST, MUST_NOT, SHOW, cuts=True),
            _form("honour", "honour {signals} as no to {choices}", MUST, MAY),
            _form("ignore", "ignore {signals}", MUST, MAY, SHOW),
            _form("use", "use {data}[ {degree}][ for {purposes}]~", MAY, grants=True),
            _form(
                "use_only", "use {data}[ {degree}] only for {purposes}~", MAY, MUST, MUST_NOT, grants=True, cuts=True
            ),
            _form(
                "for_use_only", "for {purposes} use only {data}[ {degree}]~", MAY, MUST, MUST_NOT,
                grants=True, cuts=True,
            ),
            _form("show", "show {data}[ {degree}] to {to}[ for {purposes}]~", MAY, grants=True),
            _form(
                "show_only", "show {data}[ {degree}] only to {to}[ for {purposes}]~", MAY, MUST, MUST_NOT,
                grants=True, cuts=True,
            ),
            _form(
                "for_show_only", "for {purposes} show only {data}[ {degree}][ to {to}]~", MAY, MUST, MUST_NOT,
                grants=True, cuts=True,
            ),
            _form("show_part", "show {things} at {at}~", SHOW, MUST),
            _form("allow", "allow {parts} at {at}[, up to {limit}]", MAY),
            _form("share", "share {data}[ {degree}] with {recipients}[ for {purposes}]~", MAY, grants=True),
            _form("share_one", "share {data}[ {degree}] with one of {recipients}[ for {purposes}]~", MAY, MUST, grants=True),
            _form(
                "share_only", "share {data}[ {degree}] only with {recipients}[ for {purposes}]~", MAY, MUST, MUST_NOT,
                grants=True, cuts=True,
            ),
            _form(
                "for_share_only", "for {purposes} share only {data}[ {degree}][ with {recipients}]~",
                MAY, MUST, MUST_NOT, grants=True, cuts=True,
            ),
            _form(
                "send", "send {mails} to {receivers}~[ when {events}]{timing}[, at most {most} in {per_time}]", MAY, MUST,
                grants=True,
            ),
            _form("keep", "keep {data} {duration}[ after {after}][ for {purposes}]~", MAY, MUST, grants=True, cuts=True),
            _form("keep_until", "keep {data} until {end}[ for {purposes}]~", MAY, MUST, grants=True, cuts=True),
            _form("keep_while", "keep {data} while {while}[ for {purposes}]", MAY, MUST, grants=True),
            _form("keep_apart", "keep {data} apart from {other}", MUST, MUST_NOT),
            _form("store", "store {data} in {places}", MAY, grants=True),
            _form("store_only", "store {data} only in {places}", MAY, MUST, MUST_NOT, grants=True, cuts=True),
            _form("never_collect", "never collect {data}[ {degree}][ at {at}][ for {purposes}]~", MUST, MUST_NOT, cuts=True),
            _form("never_use", "never use {data}[ {degree}][ for {purposes}]~", MUST, MUST_NOT, cuts=True),
            _form("never_show", "never show {data}[ {degree}][ to {to}][ for {purposes}]~", MUST, MUST_NOT, cuts=True),
            _form(
                "never_share", "never share {data}[ {degree}][ with {recipients}][ for {purposes}]~", MUST, MUST_NOT,
                cuts=True,
            ),
            _form("never_keep", "never keep {data}[ in {places}][ for {purposes}]~", MUST, MUST_NOT, cuts=True),
            _form("never_employ", "never employ {techniques}", MUST, MUST_NOT),
            _form("never_certificate", "never show {certificates} certificate once expired", MUST, MUST_NOT),
            _form("choice_is", "choice {choices} is {mode}[{per}], asked at {at}", MUST, MAY, SHOW),
            _form("choice_changed", "choice {choices} is changed {changes}[ within {within}]", MUST),
            _form("choice_stops", "choice {choices} stops {targets}", MUST, MUST_NOT, cuts=True),
            _form("choice_spares", "choice {choices} does not stop {targets}", MAY, MUST),
            _form("put", "put {putting} {position} {mails}", MUST, SHOW),
            _form("put_every", "put {putting} {position} every email", MUST, SHOW),
            _form("let", "let {people} {deed} {data}[ at {at}][ within {within}]", MUST, MAY),
            _form("erase", "erase {data}~ when {events}[ within {within}]", MUST, MAY),
            _form("answer", "answer {requests} requests[ about {about}][{routes}]~ within {within}", MUST),
            _form("tell", "tell {people}{routes}[, then by {then}]~ when {events}{timing}", MUST, MAY),
            _form("delay", "delay telling {people}~ when {events}, reviewed every {every}", MAY),
            _form("change", "[{change} ]change takes effect {effects}", MAY, MUST),
            _form("protect", "protect {data} by {measures}[ at {at}]", MUST, MAY),
            _form("bind", "bind {recipients} by contract[ for {purposes}][, renewed every {renewed}]", MUST, cuts=True),
            _form("attest", "attest {text} by {role} every {every}[, signed by {signed}]", MUST, CLAIM),
            _form("review", "review {reviewed} by {role} every {every}", MUST),
            _form("tag", "tag {data} with {tags}[ at {at}]", MUST),
            _form("claim_outside", "claim nobody outside gets {data}[ {degree}][ for {purposes}]~", CLAIM),
            _form("claim_gets", "claim {recipients} never get {data}[ {degree}][ for {purposes}]~", CLAIM),
            _form("claim_see", "claim only {roles} see {data}[ {degree}][ for {purposes}]~", CLAIM),
            _form("claim_used", "claim {data} is used only for {purposes}", CLAIM),
            _form("claim_for", "claim for {purposes} only {data}[ {degree}] is used", CLAIM),
            _form("claim_collected", "claim {data} is collected only at {at}", CLAIM),
            _form("claim_at", "claim at {at} only {data} is collected", CLAIM),
            _form("claim_stored", "claim {data} is stored only in {places}", CLAIM),
            _form("claim_leaves", "claim {data} leaves only {degree}[ for {purposes}]~", CLAIM),
            _form(
                "claim_nothing_collects", "claim nothing collects {data}[ {degree}][ at {at}][ for {purposes}]~", CLAIM
            ),
            _form("claim_nothing_uses", "claim nothing uses {data}[ {degree}][ for {purposes}]~", CLAIM),
            _form("claim_nothing_shows", "claim nothing shows {data}[ {degree}][ to {to}][ for {purposes}]~", CLAIM),
            _form("claim_nothing_keeps", "claim nothing keeps {data}[ in {places}][ for {purposes}]~", CLAIM),
            _form("claim_employs", "claim nothing employs {techniques}", CLAIM),
            _form("claim_certificate", "claim nothing shows {certificates} certificate once expired", CLAIM),
            _form("claim_cookies", "claim most cookies last {duration} to {longest}", CLAIM),
        )
    )
)  # fmt: skip


def is_claim(form: str) -> bool:
    """Whether a rule of this form asserts and makes nothing."""
    return form.startswith("claim_")
