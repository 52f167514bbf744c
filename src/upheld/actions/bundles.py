"""A proof on record as a bundle for an auditor: the file is made from the ledger and verified before it is given out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from upheld.actions.ledger import find_verifier_key, name_origin, read_tiles
from upheld.core.errors import VaultError
from upheld.core.policy.load import parse_policy
from upheld.core.proof.bundle import Anchored, PolicyText, list_cited, make_bundle
from upheld.core.proof.runs import Proof, read_proof
from upheld.core.proof.verifying import verify_bundle
from upheld.core.rights.changing import ACTIVE, FOUNDING
from upheld.core.seal.log import prove_consistency, prove_inclusion
from upheld.records.models import Checkpoint, Entry, ProofRun, Publication
from upheld.records.walls import read_site

_AT_ONCE = 500  # ids in one question to the database


def export_bundle(site: str, run_id: str, now: datetime, texts: Iterable[str] = ()) -> bytes | None:
    """The bundle of one finished run as a file; None while its line waits for its place in the tree, or there is no run.

    The texts of the policy's versions are those on record, and `texts` where one is not. Raises VaultError V826 when the
    proof was not kept, or rests on what is not there; SealError when what was made does not verify, so that no such file is
    ever given out.
    """
    with read_site(site):
        row = ProofRun.objects.filter(site=site, id=run_id).exclude(entry="").first()
        newest = Checkpoint.objects.filter(site=site).order_by("-size").first()
        if row is None or newest is None or not row.text_digest:
            return None
        if not row.text:
            raise VaultError("V826", "of this proof only its counts were kept", "ask for the bundle of a newer proof")
        proof = read_proof(row.text)
        lines = _read_lines(site, (row.entry, *list_cited(proof)), newest.size)
        if lines is None:
            return None
        raw = make_bundle(
            row.text.encode(),
            made=row.entry,
            policies=_find_texts(site, proof, texts),
            lines=lines,
            checkpoint=newest.note,
            key=find_verifier_key(site, now),
            consistency=_join_trees(site, proof, newest.size),
        )
    # The slow check of all cases was made in the run itself; everything else is gone through once more.
    verify_bundle(raw, find_verifier_key(site, now), checks_cases=False)
    return raw


def _read_lines(site: str, ids: tuple[str, ...], size: int) -> list[Anchored] | None:
    """These lines with the hashes that lead to the root over `size` lines; None while one waits for its place."""
    wanted = tuple(dict.fromkeys(ids))
    found = [
        row
        for start in range(0, len(wanted), _AT_ONCE)
        for row in Entry.objects.filter(site=site, id__in=wanted[start : start + _AT_ONCE]).values_list("place", "text")
    ]
    if len(found) != len(wanted):
        text = f"the proof rests on {len(wanted)} lines of the ledger, and {len(found)} are there"
        raise VaultError("V826", text, "`upheld ledger verify` says whether the ledger is whole")
    read_tile = read_tiles(site)
    lines = []
    for place, text in found:
        if place is None or place >= size:
            return None
        lines.append(Anchored(text, place, prove_inclusion(place, size, read_tile)))
    return lines


def _find_texts(site: str, proof: Proof, texts: Iterable[str]) -> list[PolicyText]:
    """The text that was proven and those of the versions that were in force before it, each once."""
    rows = Publication.objects.filter(site=site, state__in=(FOUNDING, ACTIVE)).exclude(text="")
    known = {row.digest: PolicyText(row.version.isoformat(), row.digest, row.text) for row in rows}
    for text in texts:
        policy = parse_policy(text)
        known.setdefault(policy.digest, PolicyText(policy.version.isoformat(), policy.digest, policy.text))
    if proof.digest not in known:
        text = "the text that was proven is not on record any more"
        raise VaultError("V826", text, "prove the policy that is in force, and take the bundle of that proof")
    kept = {one.version: one for one in known.values() if one.version < proof.version}
    return [*kept.values(), known[proof.digest]]


def _join_trees(site: str, proof: Proof, size: int) -> tuple[bytes, ...]:
    """The hashes that show that the ledger that was looked at is the beginning of the one that is signed now."""
    ledger = proof.ledger
    if ledger.origin != name_origin(site) or not 0 < ledger.size <= size:
        return ()
    return prove_consistency(ledger.size, size, read_tiles(site))
