"""Proofs on record: a run begins, says how far it is, ends with its proof and a line; what changed is noted sentence by sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max

from upheld.actions.ids import draw_id
from upheld.actions.ledger import write_line
from upheld.core.errors import VaultError
from upheld.core.gate.binding import Binding
from upheld.core.proof.bundle import COUNTED
from upheld.core.proof.runs import ASKED, CHANGE, DAILY, DEPLOY, Proof, digest_proof, read_proof, write_proof
from upheld.core.proof.states import BROKEN
from upheld.records.models import ProofMail, ProofRun, SentenceChange
from upheld.records.walls import enter_site, read_site

RUNNING, FINISHED, BROKEN_OFF = "running", "done", "broke-off"
EVERY, AGAIN_AFTER, LONGEST_RUN = timedelta(days=1), timedelta(hours=1), timedelta(minutes=30)
CLOCKS_APART = timedelta(minutes=5)  # of two machines that write to one ledger
ASKED_FOR = "asked"  # how the row is called that stands for a wish
TEXTS_KEPT = 40  # of the newest runs; of older ones the counts and the changes stay


@dataclass(frozen=True, slots=True)
class HeldRun:
    """One run as pages show it. `counts` is how many sentences are in which state, `digest` of the policy it was for."""

    id: str
    state: str
    cause: str
    version: str
    digest: str
    code: str
    began_at: datetime
    ended_at: datetime | None
    rules: int
    done_rules: int
    counts: Mapping[str, int]
    faults: tuple[str, ...]
    text_digest: str
    entry: str


@dataclass(frozen=True, slots=True)
class Change:
    """That a sentence's state became another: what it was (empty the first time), what it is, why, when, by which run."""

    sentence: str
    digest: str
    was: str
    state: str
    why: str
    at: datetime
    run: str


def begin_run(binding: Binding, *, cause: str, code: str, now: datetime) -> str:
    """The id of a run that is on record as running from now on; an earlier one that never ended has broken off.

    So has one of a later moment than now: it was made by a clock that was set back since, and would be taken for the newest
    until that moment comes, and again when it has come.
    """
    policy = binding.policy
    run = draw_id("pr")
    with enter_site(binding.site):
        for row in ProofRun.objects.filter(site=binding.site, state=RUNNING):
            _break_off(row, "left", now)
        for row in ProofRun.objects.filter(site=binding.site, state=FINISHED, began_at__gt=now + CLOCKS_APART):
            row.text = ""
            _break_off(row, "clock", now)
        ProofMail.objects.filter(site=binding.site, kind=ASKED_FOR).delete()
        newest = ProofRun.objects.filter(site=binding.site, began_at__lte=now + CLOCKS_APART).aggregate(
            at=Max("began_at")
        )
        # of two in one second the later one is the newer, and so it is where clocks differ a little
        began_at = max(now, newest["at"] + timedelta(microseconds=1)) if newest["at"] else now
        ProofRun.objects.create(
            id=run,
            site=binding.site,
            cause=cause,
            version=policy.version,
            digest=policy.digest,
            code=code,
            began_at=began_at,
            rules=len(policy.active_rules),
        )
    return run


def tell_progress(site: str, run: str, done: int) -> None:
    """How many rules are done so far."""
    with enter_site(site):
        ProofRun.objects.filter(site=site, id=run, state=RUNNING).update(done_rules=done)


def break_off(site: str, run: str, *, reason: str, now: datetime) -> None:
    """Note that a run could not be finished; `reason` is one word of ours, such as `killed`. One line in the ledger."""
    with enter_site(site):
        row = ProofRun.objects.filter(site=site, id=run, state=RUNNING).first()
        if row is not None:
            _break_off(row, reason, now)


def _break_off(row: ProofRun, reason: str, now: datetime) -> None:
    row.state, row.ended_at = BROKEN_OFF, now
    row.entry = write_line(row.site, "proof.broke-off", at=now, run=row.id, cause=row.cause, reason=reason)
    row.save(update_fields=["state", "ended_at", "entry", "text"])


def finish_run(binding: Binding, run: str, proof: Proof, now: datetime) -> tuple[Change, ...]:
    """Keep the proof; the sentences whose state is another than before. Lines: the proof, what broke, what was mended.

    Raises VaultError V827 for a run that counts as broken off, because another one was begun since: what it saw is older.
    """
    site, written = binding.site, write_proof(proof)
    digest = digest_proof(written)
    counts = proof.count_states()
    with enter_site(site):
        row = ProofRun.objects.select_for_update().get(site=site, id=run)
        if row.state != RUNNING:
            raise VaultError(
                "V827", "another proof was begun before this one ended", "wait for that one, or begin anew"
            )
        changes = _note_changes(row, proof, now)
        row.entry = write_line(
            site,
            "proof.made",
            at=now,
            run=run,
            digest=digest,
            policy=proof.digest,
            code=proof.code,
            cause=proof.cause,
            version=proof.version,
            outcome="failed" if proof.is_broken else "done",
            **dict[str, Any]({COUNTED[state]: count for state, count in counts.items()}),
        )
        row.state, row.ended_at, row.done_rules = FINISHED, now, len(proof.rules)
        row.counts, row.faults = dict(counts), list(proof.faults)
        row.text, row.text_digest = written.decode(), digest
        row.save()
        kept = ProofRun.objects.filter(site=site, state=FINISHED).order_by("-began_at").values("id")[:TEXTS_KEPT]
        ProofRun.objects.filter(site=site).exclude(text="").exclude(id__in=[one["id"] for one in kept]).update(text="")
    return changes


def _note_changes(row: ProofRun, proof: Proof, now: datetime) -> tuple[Change, ...]:
    before: dict[tuple[str, str], str] = {}
    for known in SentenceChange.objects.filter(site=row.site).order_by("id"):
        before[known.sentence, known.digest] = known.state
    made = []
    for sentence in proof.sentences:
        was = before.get((sentence.ref, sentence.digest), "")
        if was == sentence.state:
            continue
        change = Change(sentence.ref, sentence.digest, was, sentence.state, sentence.why, now, row.id)
        made.append(change)
        if BROKEN in (was, sentence.state):
            kind = "proof.broken" if sentence.state == BROKEN else "proof.mended"
            write_line(row.site, kind, at=now, run=row.id, because=(sentence.ref,))
    SentenceChange.objects.bulk_create(
        SentenceChange(
            site=row.site,
            run=row,
            sentence=one.sentence,
            digest=one.digest,
            was=one.was,
            state=one.state,
            why=one.why,
            at=now,
        )
        for one in made
    )
    return tuple(made)


def ask_for_run(binding: Binding, *, by: str, now: datetime) -> bool:
    """Whether a proof is asked for from now on; not while one is being made, or was asked for already. One line in the ledger."""
    if find_running(binding.site, now) is not None:
        return False
    if find_wish(binding.site) is not None:
        return False
    at = now.replace(microsecond=0)  # as a run notes when it began
    with enter_site(binding.site):
        ProofMail.objects.update_or_create(site=binding.site, kind=ASKED_FOR, subject="", defaults={"at": at})
        write_line(binding.site, "proof.asked", at=now, by=by)
    return True


def find_wish(site: str) -> datetime | None:
    """Since when a proof is asked for that no run has followed; None when none is. A run that begins takes it away."""
    with read_site(site):
        row = ProofMail.objects.filter(site=site, kind=ASKED_FOR, subject="").first()
    return row.at if row is not None else None


def find_cause(binding: Binding, *, code: str, now: datetime, is_begun: bool = False) -> str:
    """Why a proof is due now: `deploy` for a program that was never proven here, `change` for a text that was not, `asked`
    when somebody wants one, `daily` a day after the last one. Empty when none is; also while one runs, and, unless it is
    asked for, for a while after one broke off.

    `is_begun` says that the process that asks has had this site proven since it began: then another program on the disk than
    the one that runs is no cause by itself, or each proof would call for the next.
    """
    is_asked = find_wish(binding.site) is not None
    with read_site(binding.site):
        # what a clock that was set back has left in the future is no proof of yesterday
        known = ProofRun.objects.filter(site=binding.site, began_at__lte=now + CLOCKS_APART)
        rows = known.defer("text").order_by("-began_at", "-id")
        last = rows.first()
        if last is not None and last.state == RUNNING and now - last.began_at < LONGEST_RUN:
            return ""
        if last is not None and last.state != FINISHED and now - last.began_at < AGAIN_AFTER and not is_asked:
            return ""
        done = rows.filter(state=FINISHED).first()
    if done is None or (done.code != code and not is_begun):
        return DEPLOY
    if done.digest != binding.policy.digest:
        return CHANGE
    if is_asked:
        return ASKED
    return DAILY if now - done.began_at >= EVERY else ""


def find_run(site: str, run: str) -> HeldRun | None:
    """The run of this id, or None."""
    with read_site(site):
        row = ProofRun.objects.filter(site=site, id=run).first()
    return _describe(row) if row is not None else None


def find_running(site: str, now: datetime) -> HeldRun | None:
    """The run that is being made now, or None; one that should have ended long ago was left, and nobody makes it."""
    with read_site(site):
        rows = ProofRun.objects.filter(site=site, state=RUNNING, began_at__gt=now - LONGEST_RUN)
        row = rows.order_by("-began_at").first()
    return _describe(row) if row is not None else None


def read_newest(site: str, digest: str = "") -> tuple[HeldRun, Proof] | None:
    """The newest finished run with its proof, for this text of the policy where one is given; None when there is none.

    Evidence for another text does not count, so pages give the digest of the text that is in force.
    """
    with read_site(site):
        rows = ProofRun.objects.filter(site=site, state=FINISHED).exclude(text="")
        if digest:
            rows = rows.filter(digest=digest)
        row = rows.order_by("-began_at", "-id").first()
    return (_describe(row), read_proof(row.text)) if row is not None else None


def list_runs(site: str, most: int = 90) -> tuple[HeldRun, ...]:
    """The newest runs of any state, the latest first."""
    with read_site(site):
        rows = ProofRun.objects.filter(site=site).defer("text").order_by("-began_at", "-id")[:most]
        return tuple(_describe(row) for row in rows)


def list_changes(site: str, *, sentence: str = "", run: str = "", most: int = 100) -> tuple[Change, ...]:
    """When sentences changed their state, the latest first: of one sentence, or of one run."""
    with read_site(site):
        rows = SentenceChange.objects.filter(site=site)
        if sentence:
            rows = rows.filter(sentence=sentence)
        if run:
            rows = rows.filter(run_id=run)
        return tuple(
            Change(row.sentence, row.digest, row.was, row.state, row.why, row.at, row.run_id)
            for row in rows.order_by("-at", "-id")[:most]
        )


def _describe(row: ProofRun) -> HeldRun:
    return HeldRun(
        id=row.id,
        state=row.state,
        cause=row.cause,
        version=row.version.isoformat(),
        digest=row.digest,
        code=row.code,
        began_at=row.began_at,
        ended_at=row.ended_at,
        rules=row.rules,
        done_rules=row.done_rules,
        counts=row.counts,
        faults=tuple(row.faults),
        text_digest=row.text_digest,
        entry=row.entry,
    )
