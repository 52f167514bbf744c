"""Has a policy proven: gathers every kind of evidence, makes the proof of it, keeps it on record where that is wanted."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from upheld.core.gate import Gate
from upheld.core.gate.binding import Binding
from upheld.core.policy.model import Policy
from upheld.core.proof.demands import list_demanded
from upheld.core.proof.evidence import ATTESTED, AWAITED, FORMAL, KINDS, OBSERVED, REHEARSED, Evidence
from upheld.core.proof.formally import show_formally
from upheld.core.proof.runs import ASKED, Ledger, Proof, make_proof
from upheld.core.proof.walks import join_walked
from upheld.core.seal.entries import write_moment
from upheld.server.code import digest_code
from upheld.server.rehearsal_desk import Rehearsed, rehearse_all

LONG = ("tell", "change", "share", "show_only", "send", "let", "keep")
FOLDER = "rehearsals"
DOCUMENT = re.compile(r"(?!\d{4}-\d{2}-\d{2}\.policy\.md$)[a-z0-9][a-z0-9.-]{0,80}\.md")
MOST_BYTES = 1_000_000  # of a document
EDITED_CODE = "P015"  # what the shelf says of a file that is not what was announced
NO_HOUSE = "no house was looked at: name its folder with --state"
EDITED = "the file of the version of {} was changed without a new version; what was proven is the text that binds"

# How far a proof has come: what is being done, how much of it is done, of how much.
Tell = Callable[[str, int, int], None]


@dataclass(slots=True)
class Gathered:
    """All evidence of one proof so far, by the place of each rule among the rules in force."""

    policy: Policy
    began: datetime
    kinds: tuple[str, ...]
    evidence: dict[int, list[Evidence]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    seconds: dict[int, float] = field(default_factory=dict)

    def add(self, found: Mapping[int, Evidence]) -> None:
        """Evidence of one kind."""
        for number, one in found.items():
            self.evidence.setdefault(number, []).append(one)

    def finish(self, cause: str) -> Proof:
        """The proof that all of it makes, ended now."""
        return make_proof(
            self.policy,
            self.evidence,
            code=digest_code(),
            cause=cause,
            began=write_moment(self.began),
            ended=write_moment(datetime.now(UTC)),
            kinds=self.kinds,
            ledger=self.ledger,
            faults=self.faults,
        )


def prove_file(
    policy: Policy,
    gate: Gate,
    *,
    kinds: Iterable[str] = (FORMAL, REHEARSED),
    only: Iterable[int] | None = None,
    folder: Path | None = None,
    workers: int = 0,
    tell: Tell = lambda _what, _done, _of: None,
) -> Proof:
    """The proof of one version of a policy, without a house: nothing can be observed, and nobody has vouched.

    `only` are the places of the rules to look at, all by default.
    """
    gathered = Gathered(policy, datetime.now(UTC).replace(microsecond=0), tuple(kinds))
    _check_and_rehearse(gathered, gate, only=only, folder=folder, workers=workers, tell=tell)
    at = write_moment(gathered.began)
    for kind in (OBSERVED, ATTESTED):
        gathered.add(
            {
                number: Evidence(kind, AWAITED, NO_HOUSE, at=at)
                for number, rule in enumerate(policy.active_rules)
                if kind in list_demanded(rule)
            }
        )
    return gathered.finish(ASKED)


def prove_site(
    site: str,
    *,
    cause: str,
    is_kept: bool,
    workers: int = 0,
    tell: Tell = lambda _what, _done, _of: None,
) -> tuple[Proof, str]:
    """The proof of the version in force at a site of the house that is open in this process (`open_desk`).

    With `is_kept` it goes on record, with its lines in the ledger, and the id of the run comes with it; a run that falls
    over is on record as broken off.
    Raises StaffError W101 for a site that is not served.
    """
    # These rooms hold models, which are there only when the house is open.
    from upheld.actions.proving import begin_run, break_off, finish_run, tell_progress  # noqa: PLC0415
    from upheld.server.publications_desk import find_shelved  # noqa: PLC0415
    from upheld.web.binding import make_binding  # noqa: PLC0415

    shelved = find_shelved(site)
    began = datetime.now(UTC).replace(microsecond=0)
    binding = make_binding(shelved, began.date())
    gathered = Gathered(binding.policy, began, KINDS)
    gathered.faults += [EDITED.format(version) for version in list_edited(shelved)]
    run = begin_run(binding, cause=cause, code=digest_code(), now=began) if is_kept else ""

    def note(what: str, done: int, of: int) -> None:
        if run and what == REHEARSED:
            tell_progress(site, run, done)
        tell(what, done, of)

    try:
        state = _find_state()
        _check_and_rehearse(gathered, binding.gate, only=None, folder=state / FOLDER, workers=workers, tell=note)
        _observe(gathered, binding, tell=note)
        proof = gathered.finish(cause)
        if run:
            finish_run(binding, run, proof, datetime.now(UTC))
    except BaseException as problem:
        if run:
            break_off(site, run, reason=_name_reason(problem), now=datetime.now(UTC))
        raise
    return proof, run


def list_edited(shelved: object) -> tuple[str, ...]:
    """The versions in force or announced whose file in the folder has another text than was put before people."""
    faults = getattr(shelved, "faults", ())
    return tuple(fault.version for fault in faults if any(found.code == EDITED_CODE for found in fault.findings))


def list_files(policy: Policy) -> dict[str, bytes]:
    """What a throw-away house needs of a policy: the text of this version, and the documents beside it, by file name."""
    files = {f"{policy.version.isoformat()}.policy.md": policy.text.encode()}
    beside = Path(policy.file).parent
    for name in policy.documents.values():
        path = beside / name
        # a name is all a policy may give: what lies elsewhere is no document of its, and no other text of it either
        if DOCUMENT.fullmatch(name) and name not in files and path.is_file() and path.stat().st_size <= MOST_BYTES:
            files[name] = path.read_bytes()
    return files


def _check_and_rehearse(
    gathered: Gathered,
    gate: Gate,
    *,
    only: Iterable[int] | None,
    folder: Path | None,
    workers: int,
    tell: Tell,
) -> None:
    policy = gathered.policy
    chosen = set(range(len(policy.active_rules)) if only is None else only)
    at = write_moment(gathered.began)
    if FORMAL in gathered.kinds:
        tell(FORMAL, 0, 1)
        gathered.add({number: one for number, one in show_formally(gate, at).items() if number in chosen})
        tell(FORMAL, 1, 1)
    if REHEARSED in gathered.kinds:
        numbers = [
            number for number, rule in enumerate(policy.active_rules) if number in chosen and _is_tried(rule.form)
        ]
        # What takes longest comes first, so that no process is left with it at the end while the others wait.
        numbers.sort(
            key=lambda number: LONG.index(form) if (form := policy.active_rules[number].form) in LONG else len(LONG)
        )
        tell(REHEARSED, 0, len(numbers))
        found = rehearse_all(
            list_files(policy),
            policy.slug,
            numbers,
            moment=gathered.began,
            digest=policy.digest,
            workers=workers or max(2, len(os.sched_getaffinity(0))),
            folder=folder,
            tell=lambda done: tell(REHEARSED, done, len(numbers)),
        )
        gathered.add({number: _without_lines(one, at) for number, one in found.evidence.items()})
        gathered.faults += _list_faults(found)
        gathered.seconds = found.seconds


def _is_tried(form: str) -> bool:
    """Whether a rule of this form says anything that could be tried; a claim is checked, a statement is vouched for."""
    return not form.startswith("claim_") and form not in ("state", "attest")


def _without_lines(one: Evidence, at: str) -> Evidence:
    """The lines that a rehearsal leaves are thrown away with its house, so nobody could look them up."""
    steps = tuple(replace(step, lines=()) for step in one.steps)
    return replace(one, steps=steps, lines=(), at=at)


def _list_faults(found: Rehearsed) -> list[str]:
    return [f"rehearsing: {fault}" for fault in dict.fromkeys(found.faults)]


def _observe(gathered: Gathered, binding: Binding, *, tell: Tell) -> None:
    # The same as in prove_site.
    from upheld.actions.attesting import gather_attested  # noqa: PLC0415
    from upheld.actions.observing import observe  # noqa: PLC0415
    from upheld.actions.visiting import gather_walked, list_walk_faults  # noqa: PLC0415

    # by the version that the run began with: should another take effect meanwhile, its rules have other numbers
    now = datetime.now(UTC).replace(microsecond=0)
    seen = observe(binding, now, lambda done, of: tell(OBSERVED, done, of), state=_find_state())
    gathered.add(join_walked(seen.evidence, gather_walked(binding, now)))
    gathered.faults += [*seen.faults, *list_walk_faults(binding, now)]
    gathered.ledger = seen.ledger
    gathered.add(gather_attested(binding, now))


def _find_state() -> Path:
    # The settings are there only when the house is open.
    from django.conf import settings  # noqa: PLC0415

    state: Path = settings.ENVIRONMENT.state
    return state


def _name_reason(problem: BaseException) -> str:
    return "stopped" if isinstance(problem, KeyboardInterrupt | SystemExit) else "fell-over"
