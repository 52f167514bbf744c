"""Whether the whole ledger gives again what a bundle says was observed; reads every line once more, and no record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from upheld.core.policy.model import Policy
from upheld.core.proof.bundle import refuse
from upheld.core.proof.evidence import AWAITED, BROKE_OFF, FAILS, OBSERVED, Evidence
from upheld.core.proof.history import replay
from upheld.core.proof.observing import observe_rules
from upheld.core.proof.runs import Proof, RuleProof
from upheld.core.proof.verifying import VerifiedBundle, name_rule
from upheld.core.seal.entries import Entry, read_entry

_ACTIVE = '"kind":"policy.active"'


def recount_ledger(found: VerifiedBundle, lines: Iterable[str]) -> int:
    """For how many rules the ledger gives again the count, the period and the lines that the bundle says.

    `lines` are those of the whole ledger in their order, out of an export that was verified; those beyond what the proof
    looked at are left. Raises SealError V805 for a rule that comes out otherwise.
    """
    proof = found.proof
    versions = {policy.version: policy for policy in (*found.earlier, found.policy)}
    moment = next((one.at for rule in proof.rules for one in rule.evidence if one.kind == OBSERVED and one.at), "")
    active: list[Entry] = []
    try:
        history = replay(versions, _see_active(islice(lines, proof.ledger.size), active))
        check_active(versions.values(), active)
        again = observe_rules(found.policy, history, at=moment or proof.ended)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise refuse("a line of the ledger cannot be read again") from None
    if history.size != proof.ledger.size:
        raise refuse(f"the proof looked at {proof.ledger.size:,} lines, and the export has {history.size:,}")
    for line, says in history.unspoken:
        if f"line {line}: {says}" in proof.faults:
            continue
        raise refuse(f"the bundle does not say what line `{line[:40]}` shows: {says}")
    return compare_observed(proof, again)


def compare_observed(proof: Proof, again: Mapping[int, Evidence]) -> int:
    """How many observed pieces of evidence are as in `again`, by the number of the rule. Raises SealError V805 for others.

    What broke off says nothing, so there is nothing to compare it with.
    """
    compared = 0
    for rule in proof.rules:
        told = next((one for one in rule.evidence if one.kind == OBSERVED), None)
        found = again.get(rule.number)
        if found is not None and found.outcome == FAILS and (told is None or told.outcome not in (FAILS, BROKE_OFF)):
            raise refuse(f"{name_rule(rule)}: the ledger has a line against it, and the bundle does not say so")
        if told is None or told.outcome in (AWAITED, BROKE_OFF):
            continue
        _compare(rule, told, found)
        compared += 1
    return compared


def check_active(policies: Iterable[Policy], lines: Iterable[Entry]) -> None:
    """Raise SealError V805 when a version in the bundle has another text than the one that the ledger says became active."""
    texts = {policy.version.isoformat(): policy.digest for policy in policies}
    for line in lines:
        version, digest = line.body.get("version"), line.body.get("digest")
        if version in texts and texts[version] != digest:
            raise refuse(f"the version of {version} in the bundle is not the one that the ledger says was in force")


def _see_active(lines: Iterable[str], active: list[Entry]) -> Iterator[str]:
    for line in lines:
        if _ACTIVE in line:
            active.append(read_entry(line))
        yield line


def _compare(rule: RuleProof, told: Evidence, found: Evidence | None) -> None:
    if found is None and told.count is None and not (told.lines or told.since or told.until):
        return  # seen from outside, by the invented visitor: it counts nothing, and its line is anchored like any other
    if found is None:
        raise refuse(f"{name_rule(rule)}: the ledger shows nothing of it, and the bundle says that it does")
    if told.count != found.count:
        raise refuse(
            f"{name_rule(rule)}: the bundle counts {told.count or 0:,} in the ledger, and there are {found.count or 0:,}"
        )
    if (told.since, told.until) != (found.since, found.until):
        raise refuse(f"{name_rule(rule)}: the bundle names another period than the ledger")
    if told.lines != found.lines:
        raise refuse(f"{name_rule(rule)}: the bundle rests on other lines than the ledger gives")
