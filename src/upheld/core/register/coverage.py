"""Which clauses a policy's rules uphold, which they miss, and where a rule does not fit; knows policies and clauses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from upheld.core.errors import Finding, Place, RegisterError
from upheld.core.policy.forms import FORMS, is_claim
from upheld.core.policy.model import Policy, Rule
from upheld.core.register.clauses import KINDS, MODALITIES, Clause
from upheld.core.register.kinds import FORMS_OF_KINDS

COVERED, MISSING, WRONG_FIT = "covered", "missing", "wrong fit"
STATES = (COVERED, MISSING, WRONG_FIT)
LAYERS = ("plain", "settled", "beyond")

# A permission limits only where what it names is a closed list: fields at a point, entries of a log, cookies.
LISTING_FORMS = frozenset({"collect", "record", "set_cookie"})
LISTED_KINDS = frozenset({"collect", "log-what", "cookie"})
# A banned technique is no act, so there is no cell of the table that a claim could be checked against.
BANS_WITHOUT_CELLS = frozenset({"never_employ"})

WANTED = {
    "MUST NOT": "a `never` or an `only`",
    "MUST": "a duty, a safeguard or a limit",
    "MAY": "a permission",
    "SHOW": "a `show`, `mark` or `put`",
    "CLAIM": "a `claim` or an `attest`",
    "STATE": "a `state`",
}


@dataclass(frozen=True, slots=True)
class ClauseCover:
    """One clause, the rules in force that cite it, and whether one of them fits.

    `layer` is the plainest layer of a rule that fits, None when none does; `needs` says what is missing.
    """

    clause: Clause
    state: str
    layer: str | None
    rules: tuple[Rule, ...]
    needs: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many clauses of one kind or modality are in which state, and the covered ones in which layer."""

    name: str
    clauses: int
    states: tuple[int, ...]
    layers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """One version of a policy held against the register."""

    slug: str
    version: str
    covers: tuple[ClauseCover, ...]
    findings: tuple[Finding, ...]

    @property
    def covered(self) -> tuple[ClauseCover, ...]:
        """The clauses that a fitting rule upholds."""
        return tuple(cover for cover in self.covers if cover.state == COVERED)

    @property
    def open(self) -> tuple[ClauseCover, ...]:
        """The clauses that are missing or have no rule that fits."""
        return tuple(cover for cover in self.covers if cover.state != COVERED)

    @property
    def is_complete(self) -> bool:
        """Whether every clause is covered and every clause that a rule cites exists."""
        return not self.open and not self.findings

    def count_by_modality(self) -> tuple[Tally, ...]:
        """One tally for each modality that occurs, in the register's order of modalities."""
        return self._count(MODALITIES, "modality")

    def count_by_kind(self) -> tuple[Tally, ...]:
        """One tally for each first kind that occurs, family by family."""
        return self._count(KINDS, "kind")

    def count_all(self) -> Tally:
        """The tally of all clauses."""
        return count_covers("all", self.covers)

    def _count(self, names: Sequence[str], attribute: str) -> tuple[Tally, ...]:
        groups = ((name, [c for c in self.covers if getattr(c.clause, attribute) == name]) for name in names)
        return tuple(count_covers(name, covers) for name, covers in groups if covers)


def measure_coverage(policy: Policy, clauses: Sequence[Clause]) -> Coverage:
    """The policy's rules in force against its clauses in the register.

    Raises RegisterError R505 when the register has no clause of this policy.
    """
    own = [clause for clause in clauses if clause.policy == policy.slug]
    if not own:
        names = ", ".join(sorted({clause.policy for clause in clauses}))
        raise RegisterError(
            "R505", f"the register has no clause of a policy `{policy.slug}`", f"it has those of: {names}"
        )
    citing: dict[str, list[Rule]] = defaultdict(list)
    for rule in policy.active_rules:
        for clause_id in dict.fromkeys(rule.refs):
            citing[clause_id].append(rule)
    return Coverage(
        slug=policy.slug,
        version=policy.version.isoformat(),
        covers=tuple(cover_clause(clause, tuple(citing[clause.id])) for clause in own),
        findings=tuple(_find_strangers(policy, clauses)),
    )


def cover_clause(clause: Clause, rules: tuple[Rule, ...]) -> ClauseCover:
    """What these rules, which all cite the clause, make of it (semantics, section 8)."""
    if not rules:
        return ClauseCover(clause, MISSING, None, (), f"no rule cites it; it needs {WANTED[clause.modality]}")
    fitting = [rule for rule in rules if is_fitting(rule, clause)]
    if not fitting:
        return ClauseCover(clause, WRONG_FIT, None, rules, _say_misfit(clause, rules))
    if clause.modality == "MUST NOT" and not _is_ban_checked(clause, fitting, rules):
        return ClauseCover(clause, WRONG_FIT, None, rules, "a ban needs a `claim` that can be checked in all cases")
    layer = min((rule.layer for rule in fitting), key=LAYERS.index)
    return ClauseCover(clause, COVERED, layer, rules, "")


def is_fitting(rule: Rule, clause: Clause) -> bool:
    """Whether a rule of this form can uphold a clause of this modality and of one of its kinds."""
    return is_of_modality(rule.form, clause) and is_of_kind(rule.form, clause)


def is_of_modality(form: str, clause: Clause) -> bool:
    """Whether rules of this form oblige, permit, show or say as strongly as the clause does."""
    if clause.modality == "MUST" and form in LISTING_FORMS:
        return clause.kind in LISTED_KINDS
    return clause.modality in FORMS[form].fits


def is_of_kind(form: str, clause: Clause) -> bool:
    """Whether rules of this form speak of what the clause speaks of: its kind, or one that it also has."""
    if clause.modality == "CLAIM" and form == "attest":
        return True  # a person can vouch for a fact of any kind
    return any(form in FORMS_OF_KINDS[kind] for kind in (clause.kind, *clause.also))


def count_covers(name: str, covers: Iterable[ClauseCover]) -> Tally:
    """The tally of these clauses under this name."""
    covers = tuple(covers)
    return Tally(
        name=name,
        clauses=len(covers),
        states=tuple(sum(cover.state == state for cover in covers) for state in STATES),
        layers=tuple(sum(cover.layer == layer for cover in covers) for layer in LAYERS),
    )


def _is_ban_checked(clause: Clause, bans: Iterable[Rule], rules: Iterable[Rule]) -> bool:
    claims = (rule for rule in rules if is_claim(rule.form) and is_of_kind(rule.form, clause))
    return any(claims) or any(rule.form in BANS_WITHOUT_CELLS for rule in bans)


def _say_misfit(clause: Clause, rules: Iterable[Rule]) -> str:
    """What the clause needs and what the rules that cite it have instead."""
    rules = tuple(rules)
    verbs = ", ".join(dict.fromkeys(f"`{rule.verb}`" for rule in rules))
    wanted = _list_verbs(clause)
    if not wanted or not any(is_of_modality(rule.form, clause) for rule in rules):
        return f"{clause.modality} needs {WANTED[clause.modality]}, it has {verbs}"
    return f"{' and '.join((clause.kind, *clause.also))} needs {wanted}, it has {verbs}"


def _list_verbs(clause: Clause) -> str:
    """The verbs that can uphold the clause, as a person writes them."""
    forms = (form for form in FORMS if is_of_modality(form, clause) and is_of_kind(form, clause))
    verbs = [f"`{verb}`" for verb in dict.fromkeys(_name_verb(form) for form in forms)]
    return " or ".join(filter(None, (", ".join(verbs[:-1]), *verbs[-1:])))


def _name_verb(form: str) -> str:
    if is_claim(form):
        return "claim"
    if form.endswith("_only"):
        return f"{form.split('_')[-2]} \N{HORIZONTAL ELLIPSIS} only"
    return FORMS[form].template.partition(" {")[0].rpartition("]")[2]


def _find_strangers(policy: Policy, clauses: Sequence[Clause]) -> list[Finding]:
    """A finding for each reference to a clause that the register does not have, or has for another policy."""
    owners = {clause.id: clause.policy for clause in clauses}
    own = [clause.id for clause in clauses if clause.policy == policy.slug]
    findings = []
    for rule in policy.rules:
        for clause_id in rule.refs:
            if owners.get(clause_id) == policy.slug:
                continue
            owner = owners.get(clause_id)
            text = f"the register has no clause `{clause_id}`"
            if owner is not None:
                text = f"`{clause_id}` is a clause of the policy `{owner}`"
            near = get_close_matches(clause_id, own, n=1, cutoff=0.7)
            hint = f"did you mean `{near[0]}`?" if near else None
            findings.append(Finding("R503", "error", text, _find_reference(rule, clause_id), hint, rule.source))
    return findings


def _find_reference(rule: Rule, clause_id: str) -> Place | None:
    column = rule.source.find(clause_id)
    if rule.place is None or column < 0:
        return rule.place
    return Place(rule.place.file, rule.place.line, column + 1, len(clause_id))
