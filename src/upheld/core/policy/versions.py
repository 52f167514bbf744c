"""The versions of one policy: which files there are, which of them read, which binds on a day; knows no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from upheld.core.errors import Finding, Place, PolicyError
from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.condition import FactNumbers
from upheld.core.policy.load import load_policy
from upheld.core.policy.model import Policy

SUFFIX = ".policy.md"


@dataclass(frozen=True, slots=True)
class Versions:
    """All versions of one policy that could be read, oldest first, with their tables.

    `broken` holds the files that could not be read, with what is wrong. Facts keep their bits over all versions.
    """

    slug: str
    policies: tuple[Policy, ...]
    tables: tuple[Table, ...]
    broken: tuple[tuple[str, tuple[Finding, ...]], ...] = ()

    @property
    def newest(self) -> Policy:
        """The version with the latest date, in force or not."""
        return self.policies[-1]

    def find_in_force(self, day: date) -> Policy | None:
        """The version that binds on this day by its date, or None before the first."""
        return next((p for p in reversed(self.policies) if (p.effective or p.version) <= day), None)

    def find_version(self, version: date) -> Policy | None:
        """The version of this date, or None."""
        return next((policy for policy in self.policies if policy.version == version), None)

    def table_of(self, policy: Policy) -> Table:
        """The compiled table of one of these versions. Raises ValueError for another's."""
        return self.tables[self.policies.index(policy)]

    def find_before(self, policy: Policy) -> Policy | None:
        """The version before this one, or None."""
        index = self.policies.index(policy)
        return self.policies[index - 1] if index else None


def list_version_files(folder: Path) -> tuple[Path, ...]:
    """The policy files of a folder, by name. Raises PolicyError when the folder cannot be read."""
    try:
        return tuple(sorted(path for path in folder.iterdir() if _is_version_file(path.name)))
    except OSError as error:
        text = f"the folder cannot be read: {error.strerror or error}"
        hint = "check the path and the permissions"
        raise PolicyError((Finding("P001", "error", text, Place(str(folder), 1, 1), hint),)) from None


def _is_version_file(name: str) -> bool:
    """Whether this is a version and no hidden file, such as an editor leaves beside what it has open."""
    return name.endswith(SUFFIX) and not name.startswith(".")


def load_versions(folder: Path) -> Versions:
    """All versions in a folder. Raises PolicyError when there are none, or none can be read."""
    files = list_version_files(folder)
    if not files:
        text = f"there is no `*{SUFFIX}` in this folder"
        raise PolicyError((Finding("P010", "error", text, Place(str(folder), 1, 1), "one file is one version"),))
    read: list[tuple[Path, Policy]] = []
    broken: list[tuple[str, tuple[Finding, ...]]] = []
    for path in files:
        try:
            read.append((path, load_policy(path)))
        except PolicyError as error:
            broken.append((str(path), error.findings))
    # the folder's name says whose versions these are; elsewhere the first file does
    named = [policy for _, policy in read if policy.slug == folder.resolve().name]
    standards = (named or [policy for _, policy in read])[:1]
    policies: list[Policy] = []
    for path, policy in read:
        try:
            check_fit(policy, path, standards)
            policies.append(policy)
        except PolicyError as error:
            broken.append((str(path), error.findings))
    if not policies:
        raise PolicyError(tuple(finding for _, findings in broken for finding in findings))
    return build_versions(tuple(policies), tuple(broken))


def build_versions(policies: tuple[Policy, ...], broken: tuple[tuple[str, tuple[Finding, ...]], ...] = ()) -> Versions:
    """Versions from policies already read, ordered and compiled with one numbering of facts."""
    ordered = tuple(sorted(policies, key=lambda policy: policy.version))
    tables: list[Table] = []
    numbers: FactNumbers | None = None
    for policy in ordered:
        tables.append(compile_policy(policy, numbers))
        numbers = tables[-1].facts
    return Versions(ordered[0].slug, ordered, tuple(tables), broken)


def check_fit(policy: Policy, path: Path, others: list[Policy]) -> None:
    """Raises PolicyError when a file's name, its version and the other versions do not fit together."""
    place = Place(str(path), 1, 1)
    if path.name != f"{policy.version.isoformat()}{SUFFIX}":
        text = f"the file is called `{path.name}`, its version is {policy.version.isoformat()}"
        hint = f"call it `{policy.version.isoformat()}{SUFFIX}`"
        raise PolicyError((Finding("P011", "error", text, place, hint),))
    for other in others:
        if other.slug != policy.slug:
            text = f"this is a version of `{policy.slug}`, beside it lies one of `{other.slug}`"
            hint = f"put it into a folder `{policy.slug}`, or write `policy: {other.slug}`"
            raise PolicyError((Finding("P011", "error", text, place, hint),))
    if policy.effective and policy.effective < policy.version:
        text = "the version binds before its own date"
        hint = "`effective` is the version's date or later; nothing is dated back"
        raise PolicyError((Finding("P011", "error", text, place, hint),))
