"""What can be said of a text that is being written: everything wrong with it, each with its place, and what it would make."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from upheld.core.errors import Finding, PolicyError, UpheldError
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.drafting import find_key, place_finding
from upheld.core.policy.lint import lint_policy
from upheld.core.policy.load import parse_policy
from upheld.core.policy.model import Policy
from upheld.web.shelf import Good, Shelf, Shelved
from upheld.web.shelved import join_policies

MOST_KEPT = 16


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it was read: the findings by their place, the policy if it loads, what it makes if nothing is an error."""

    digest: str
    findings: tuple[Finding, ...]
    policy: Policy | None
    good: Good | None

    @property
    def errors(self) -> int:
        """How many findings keep it from being announced."""
        return sum(finding.level == "error" for finding in self.findings)


_lock = threading.Lock()
_kept: OrderedDict[tuple[object, ...], Reading] = OrderedDict()


def read_drafted(shelf: Shelf, shelved: Shelved, text: str, today: date) -> Reading:
    """The text read as a version of this policy would be; what was read last is remembered, as each page asks again.

    Nothing of it is kept anywhere: its facts get numbers that count only here.
    """
    digest = hashlib.sha256(text.encode()).hexdigest()
    # besides the text also what lies beside it and what the other policies have: any of that can change while it is written
    others = tuple((one.slug, one.host, one.surface) for one in shelf.policies)
    files = tuple((good.policy.version, good.policy.digest) for good in shelf.list_files(shelved.slug))
    key = (shelved.slug, digest, shelved.stamp, today, list_beside(shelf, shelved), files, others)
    with _lock:
        known = _kept.get(key)
        if known is not None:
            _kept.move_to_end(key)
            return known
    made = _read(shelf, shelved, text, digest, today)
    with _lock:
        _kept[key] = made
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return made


def _read(shelf: Shelf, shelved: Shelved, text: str, digest: str, today: date) -> Reading:
    policy, good = None, None
    findings: list[Finding] = []
    try:
        # it has no file; what lies beside it is looked for where its file would lie
        policy = parse_policy(text, str(shelf.folder / shelved.slug / "draft.policy.md"))
        findings += list_misfits(policy, shelf, shelved)
        table = compile_policy(policy, shelved.in_force(today).table.facts)
        findings += lint_policy(policy, table=table, today=today, files=list_beside(shelf, shelved))
        made = shelf.furnish_good(policy, table)
        findings += list_taken(made, shelf, shelved)
        good = made if all(finding.level != "error" for finding in findings) else None
    except PolicyError as problem:
        findings += problem.findings
    except UpheldError as problem:
        findings.append(problem.as_finding())
    placed = {_clear(place_finding(finding, text, "site")): None for finding in findings}
    return Reading(digest, tuple(sorted(placed, key=_position)), policy, good)


def _clear(finding: Finding) -> Finding:
    """Without the name of a file that is not there."""
    return replace(finding, place=replace(finding.place, file="")) if finding.place else finding


def _position(finding: Finding) -> tuple[int, int, str]:
    return (finding.place.line, finding.place.column, finding.code) if finding.place else (0, 0, finding.code)


def list_beside(shelf: Shelf, shelved: Shelved) -> frozenset[str]:
    """The names of the files beside the versions of a policy."""
    try:
        return frozenset(entry.name for entry in (shelf.folder / shelved.slug).iterdir())
    except OSError:
        return frozenset()


def list_misfits(policy: Policy, shelf: Shelf, shelved: Shelved) -> Iterator[Finding]:
    """What does not fit the site that it is written for: another policy's name, a day that goes back."""
    if policy.slug != shelved.slug:
        said = f"this is the policy `{policy.slug}`, and the draft is one of `{shelved.slug}`"
        hint = f"write `policy: {shelved.slug}`, or begin a draft at the other site"
        yield place_finding(Finding("P011", "error", said, None, hint), policy.text, "policy")
    if policy.effective and policy.effective < policy.version:
        hint = "`effective` is the version's date or later; nothing is dated back"
        said = "the version binds before its own date"
        yield place_finding(Finding("P011", "error", said, None, hint), policy.text, "effective")
    same = next((good for good in shelf.list_files(shelved.slug) if good.policy.version == policy.version), None)
    is_public = shelved.find_version(policy.version.isoformat()) is not None
    if same is not None and not is_public and same.policy.digest != policy.digest:
        said = f"a file of {policy.version.isoformat()} lies in the folder with another text"
        hint = "give this draft another day, or announce the file"
        yield Finding("P011", "warning", said, find_key(policy.text, "version"), hint, _line_of(policy, "version"))


def _line_of(policy: Policy, key: str) -> str:
    return policy.text.split("\n")[find_key(policy.text, key).line - 1]


def list_taken(good: Good, shelf: Shelf, shelved: Shelved) -> Iterator[Finding]:
    """A host name that another policy's site has already, and what would part the policies of a site from each other."""
    yield from list_parted(good, shelf, shelved)
    holder = shelf.find_host(good.site.host) if good.site.host else None
    if holder is not None and holder.slug != shelved.slug:
        said = f"the host `{good.site.host}` is that of `{holder.slug}`"
        yield Finding("P204", "error", said, None, "give each site a host of its own")


def list_parted(good: Good, shelf: Shelf, shelved: Shelved) -> Iterator[Finding]:
    """What keeps this policy, or one that stands on its site, from being served once the text is in force."""
    now = shelf.arranged
    if shelved.slug not in now:
        return
    changed = replace(now[shelved.slug], versions=(good,), faults=(), waiting=(), posted=None)
    _, left = join_policies({**now, shelved.slug: changed}, shelf.alone)
    known = {one.slug for one in shelf.unserved}
    for one in left:
        if one.slug in known and one.slug != shelved.slug:
            continue
        why = next((finding.text for fault in one.faults for finding in fault.findings if finding.code == "P016"), "")
        said = why if one.slug == shelved.slug else f"`{one.slug}` stands on this site and could not be served any more"
        hint = "leave `surface` and `site` as they are, or change both policies"
        yield Finding("P016", "error", said or "it could not be served on the site that it names", None, hint)
