"""The shelf: every policy the server has loaded, the last good one when a new file has errors; knows nothing of Django.

Files are looked at again at most once a second, by whoever asks next; there is no thread that watches.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from upheld.core.errors import Finding, PolicyError, UpheldError
from upheld.core.gate import Gate
from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.condition import FactNumbers
from upheld.core.policy.lint import lint_policy
from upheld.core.policy.load import load_policy, parse_policy
from upheld.core.policy.model import Policy
from upheld.core.policy.versions import check_fit
from upheld.core.rights.changing import Candidate, Posted
from upheld.web.shelved import Fault, Good, Shelved, join_policies, log_faults, stamp_versions
from upheld.web.site import read_site

__all__ = ["Fault", "Good", "Postings", "Shelf", "Shelved"]

logger = logging.getLogger(__name__)

SLUG = re.compile(r"[a-z][a-z0-9-]{0,62}")
FILE_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})\.policy\.md")
LOOK_EVERY_SECONDS = 1.0
SETTLED_AFTER_SECONDS = 1.0
POSTINGS_AGAIN_SECONDS = 10.0  # after the records could not be read; whoever asks for a page must not wait each time
GOOD_COPIES = "last-good"
FILE_END = ".policy.md"


@dataclass(frozen=True, slots=True)
class Kept:
    """A good version with what it was made from, so that a look which finds the same need not make it again."""

    digest: str
    numbers: FactNumbers | None
    good: Good


@dataclass(frozen=True, slots=True)
class Postings:
    """Where it stands which version was put before people.

    `read` takes a policy's slug and its versions as their files have them, and gives what the records say; `fetch` gives
    the text of one version as it was announced.
    """

    read: Callable[[str, tuple[Candidate, ...]], tuple[Posted, ...]]
    fetch: Callable[[str, date], str]


Number = Callable[[str, tuple[str, ...]], tuple[str, ...]]
Fingerprint = tuple[tuple[str, int, int, int], ...]


class Shelf:
    """All policies of one folder, loaded once and again when their files change.

    `check` is called with each version that loads and raises PolicyError when the pages could not show it. `number` is
    given a policy's slug and the facts of one version, and gives back all facts of that policy in the order of the
    numbers that they keep for good; without it the numbers follow from the files alone. `postings` says which versions
    were announced and have begun to bind; without it every good file counts from its day. The policy called `alone`
    is served by itself where it joins a site that is not in the folder.
    """

    def __init__(
        self,
        folder: Path,
        state: Path,
        check: Callable[[Good], None] | None = None,
        number: Number | None = None,
        postings: Postings | None = None,
        *,
        alone: str = "",
    ) -> None:
        self.folder = folder
        self.copies = state / GOOD_COPIES
        self.check = check
        self.number = number
        self.postings = postings
        self.alone = alone
        self.postings_from = 0.0
        self.read: dict[str, tuple[tuple[Good, ...], tuple[Fault, ...]]] = {}
        self.published: dict[tuple[str, str], Good] = {}
        self.lock = threading.Lock()
        self.looked_at = time.monotonic()
        self.seen: dict[str, Fingerprint] = {}
        self.loaded: dict[str, Fingerprint] = {}
        self.kept: dict[tuple[str, str], Kept] = {}
        # Replaced as a whole and never changed: other threads read it while this one loads. `arranged` has each policy
        # by itself, `shelved` those that are served, with the others of their site.
        self.arranged: dict[str, Shelved] = {}
        self.shelved: dict[str, Shelved] = {}
        self.by_host: dict[str, Shelved] = {}
        self.faulty: tuple[Shelved, ...] = ()
        self.unserved: tuple[Shelved, ...] = ()
        for slug, fingerprint in self.list_fingerprints():
            self.load_slug(slug, fingerprint)
        self.index_hosts()

    @property
    def policies(self) -> tuple[Shelved, ...]:
        """Every policy that can be served, by slug."""
        return tuple(shelved for _, shelved in sorted(self.shelved.items()))

    @property
    def sites(self) -> tuple[Shelved, ...]:
        """Every policy that has a site of its own, by slug; those that join one are its `beside`."""
        return tuple(shelved for shelved in self.policies if shelved.home is None)

    def find_host(self, host: str) -> Shelved | None:
        """The first policy of the site that answers to this host name, or None."""
        return self.by_host.get(host)

    def find_slug(self, slug: str) -> Shelved | None:
        """The policy of this slug, or None; the slug never becomes a path."""
        return self.shelved.get(slug)

    def list_files(self, slug: str) -> tuple[Good, ...]:
        """The versions of a policy as their files have them now, announced or not."""
        return self.read.get(slug, ((), ()))[0]

    def look_again(self) -> None:
        """Load what has changed on disk; does nothing when the last look is less than a second old.

        A file younger than a second may be half written and is left for the next look, unless it looked the same last time.
        """
        if time.monotonic() - self.looked_at < LOOK_EVERY_SECONDS or not self.lock.acquire(blocking=False):
            return
        try:
            self.looked_at = time.monotonic()
            self.reload_changed()
        finally:
            self.lock.release()

    def look_at_once(self) -> None:
        """What the records say of the versions, read again now: for whoever has just changed it and shows it next."""
        with self.lock:
            if self.look_at_postings():
                self.index_hosts()

    def reload_changed(self) -> None:
        """One look at the folder: load the policies whose files changed and are still now, drop those whose folder is gone."""
        found = dict(self.list_fingerprints())
        has_changed = False
        for slug, fingerprint in found.items():
            if fingerprint == self.loaded.get(slug):
                continue
            if self.seen.get(slug) == fingerprint or is_settled(fingerprint):
                try:
                    self.load_slug(slug, fingerprint)
                except Exception:  # the numbers of the facts could not be had; the next look tries again
                    logger.exception("policy %s could not be looked at again; it stays as it was", slug)
                    continue
                has_changed = True
        for slug in set(self.loaded) - set(found):
            del self.loaded[slug]
            self.read.pop(slug, None)
            self.arranged = {name: other for name, other in self.arranged.items() if name != slug}
            logger.warning("policy %s is gone from the folder and no longer served", slug)
            has_changed = True
        self.seen = found
        if self.look_at_postings() or has_changed:
            self.index_hosts()

    def look_at_postings(self) -> bool:
        """Whether what the records say of a version has changed; when they cannot be read all stays as it was."""
        if self.postings is None or time.monotonic() < self.postings_from:
            return False
        has_changed = False
        for slug in tuple(self.arranged):
            try:
                posted = self.read_posted(slug)
                if posted is not None and posted != self.arranged[slug].posted:
                    self.arrange(slug, posted)
                    has_changed = True
            except Exception as problem:  # noqa: BLE001 - the database is away: pages that need none go on
                logger.error("what is announced of %s cannot be read: %s", slug, type(problem).__name__)  # noqa: TRY400 - the kind says enough
                self.postings_from = time.monotonic() + POSTINGS_AGAIN_SECONDS
                break
        return has_changed

    def list_fingerprints(self) -> Iterator[tuple[str, Fingerprint]]:
        """Each policy folder's slug with names, sizes and times of its version files; what is not named like one is passed over."""
        try:
            folders = sorted(entry for entry in self.folder.iterdir() if SLUG.fullmatch(entry.name) and entry.is_dir())
        except OSError:
            folders = []
        for folder in folders:
            try:
                entries = [(path, path.stat()) for path in sorted(folder.iterdir()) if FILE_NAME.fullmatch(path.name)]
            except OSError:  # a file renamed while we looked; the next look sees it whole
                continue
            if entries:
                yield (
                    folder.name,
                    tuple((path.name, info.st_mtime_ns, info.st_size, info.st_ino) for path, info in entries),
                )

    def load_slug(self, slug: str, fingerprint: Fingerprint) -> None:
        """Load all version files of one policy; keeps what was there when not one of them is good."""
        numbers = FactNumbers.of(self.number(slug, ())) if self.number else None
        self.loaded[slug] = fingerprint
        versions: list[Good] = []
        faults: list[Fault] = []
        for name, *_ in fingerprint:  # in the order of their dates: each keeps the numbers of the facts of those before
            good, findings = self.load_file(slug, name, versions[-1].table.facts if versions else numbers)
            if findings:
                faults.append(Fault(name, name.removesuffix(FILE_END), findings, is_covered=good is not None))
            if good is not None:
                versions.append(good)
        if not versions and slug in self.arranged:
            versions = list(self.read[slug][0])
        versions.sort(key=lambda good: good.policy.version)
        self.read[slug] = tuple(versions), tuple(faults)
        self.arrange(slug, self.read_posted(slug))
        log_faults((self.arranged if slug in self.arranged else {other.slug: other for other in self.faulty})[slug])

    def read_posted(self, slug: str) -> dict[date, Posted] | None:
        """What the records say of each version of a policy; None where there are no records."""
        if self.postings is None:
            return None
        versions, _ = self.read[slug]
        candidates = tuple(
            Candidate(good.policy.version, good.policy.digest, good.since, good.policy.text) for good in versions
        )
        return {one.version: one for one in self.postings.read(slug, candidates)}

    def arrange(self, slug: str, posted: dict[date, Posted] | None) -> None:
        """Put the versions of one policy in their places: those that people may read, and those that wait."""
        versions, faults = self.read[slug]
        waiting: tuple[Good, ...] = ()
        if posted is not None:
            public = [one for _, one in sorted(posted.items()) if one.is_public]
            waiting = tuple(good for good in versions if good.policy.version not in {one.version for one in public})
            versions, faults = self.pick_announced(slug, public)
            posted = {
                one.version: one
                for one in posted.values()
                if one.version in {g.policy.version for g in (*versions, *waiting)}
            }
        stamp = stamp_versions(versions, faults, tuple(posted.values()) if posted else ())
        shelved = Shelved(slug, versions, faults, stamp, waiting, posted)
        if versions:
            self.arranged = {**self.arranged, slug: shelved}
        else:
            self.arranged = {name: other for name, other in self.arranged.items() if name != slug}
            self.faulty = (*(other for other in self.faulty if other.slug != slug), shelved)

    def pick_announced(self, slug: str, public: list[Posted]) -> tuple[tuple[Good, ...], tuple[Fault, ...]]:
        """Each version with the text that was announced: from its file, else from the records, with a fault that says so."""
        by_day = {good.policy.version: good for good in self.read[slug][0]}
        faults = {fault.version: fault for fault in self.read[slug][1]}
        versions = []
        for one in public:
            day, good = one.version.isoformat(), by_day.get(one.version)
            if good is None and one.is_drafted:  # it was written in the console: the records are its place
                good = self.fetch_announced(slug, one)
            if good is None or good.policy.digest != one.digest:
                text = "was changed after it was announced" if good is not None else "is not there any more"
                finding = Finding(
                    "P015",
                    "error",
                    f"the text of {day} {text}; what was announced is served",
                    None,
                    "put the announced text back, and write what is new into a file with a new date",
                )
                good = self.fetch_announced(slug, one)
                findings = faults[day].findings if day in faults else (finding,)
                faults[day] = Fault(day + FILE_END, day, findings, is_covered=good is not None)
            if good is not None:
                versions.append(good)
        return tuple(versions), tuple(fault for _, fault in sorted(faults.items()))

    def fetch_announced(self, slug: str, one: Posted) -> Good | None:
        """The version as it was announced, from the records; None when it cannot be read any more."""
        if self.postings is None:
            return None
        kept = self.published.get((slug, one.digest))
        if kept is not None:
            return kept
        text, path = self.postings.fetch(slug, one.version), self.folder / slug / (one.version.isoformat() + FILE_END)
        try:
            policy = parse_policy(text, str(path))
            numbers = FactNumbers.of(self.number(slug, ())) if self.number else None
            good = self.make_good(slug, policy, numbers)
        except UpheldError as problem:
            logger.error("policy %s: the announced text of %s cannot be used: %s", slug, one.version, problem)  # noqa: TRY400 - the text says it all
            return None
        self.published[slug, one.digest] = good
        return good

    def load_file(self, slug: str, name: str, numbers: FactNumbers | None) -> tuple[Good | None, tuple[Finding, ...]]:
        """One version file, or its last good copy with the findings that say why."""
        path = self.folder / slug / name
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            kept = self.kept.get((slug, name))
            if kept is not None and kept.digest == digest and kept.numbers == numbers:
                return kept.good, ()
            good = self.read_good(path, slug, numbers)
        except OSError as problem:
            findings: tuple[Finding, ...] = (Finding("P001", "error", f"`{name}` cannot be read: {problem.strerror}"),)
        except PolicyError as problem:
            findings = problem.findings
        except UpheldError as problem:
            findings = (problem.as_finding(),)
        except Exception:  # a fault of ours on an odd file must not take a running site down with it
            logger.exception("policy %s: %s could not be read to its end", slug, name)
            findings = (Finding("P001", "error", f"`{name}` could not be read to its end; the log has the cause"),)
        else:
            self.kept[slug, name] = Kept(digest, numbers, good)
            self.keep_copy(slug, name, good)
            return good, ()
        return self.find_last_good(slug, name, numbers), tuple(f for f in findings if f.level == "error")

    def read_good(self, path: Path, slug: str, numbers: FactNumbers | None) -> Good:
        """Load, lint and compile one file; raises PolicyError when anything in it is an error."""
        policy = load_policy(path)
        check_fit(policy, path, [])
        # a last good copy lies alone in the state folder: only beside the file itself can a document be missing
        files = frozenset(entry.name for entry in path.parent.iterdir()) if path.is_relative_to(self.folder) else None
        errors = tuple(finding for finding in lint_policy(policy, files=files) if finding.level == "error")
        if policy.slug != slug:
            errors += (
                Finding(
                    "P011",
                    "error",
                    f"the policy `{policy.slug}` lies in the folder `{slug}`",
                    None,
                    "give both one name",
                ),
            )
        if errors:
            raise PolicyError(errors)
        return self.make_good(slug, policy, numbers)

    def make_good(self, slug: str, policy: Policy, numbers: FactNumbers | None) -> Good:
        """Everything that is made from a sound policy once; raises PolicyError when the pages could not show it."""
        return self.furnish_good(policy, self.compile_numbered(slug, policy, numbers))

    def furnish_good(self, policy: Policy, table: Table) -> Good:
        """The same from a table that is there already, such as that of a draft, whose facts no records number."""
        good = Good(policy, table, Gate(table), read_site(policy))
        if self.check is not None:
            self.check(good)
        return good

    def compile_numbered(self, slug: str, policy: Policy, numbers: FactNumbers | None) -> Table:
        """The table, its facts under the numbers that they keep whatever becomes of this file or of those before it."""
        table = compile_policy(policy, numbers)
        if self.number is None:
            return table
        kept = self.number(slug, table.facts.names)
        if kept[: len(table.facts.names)] == table.facts.names:
            return table
        return compile_policy(policy, FactNumbers.of(kept))

    def keep_copy(self, slug: str, name: str, good: Good) -> None:
        """Put the good text into the state folder in one step, so that a restart finds the whole of it or the one before."""
        folder = self.copies / slug
        try:
            folder.mkdir(parents=True, exist_ok=True)
            target = folder / name
            text = good.policy.text.encode("utf-8")
            if target.is_file() and target.read_bytes() == text:
                return
            handle, draft = tempfile.mkstemp(prefix=".draft-", dir=folder)
            with os.fdopen(handle, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(target)
        except OSError as problem:
            logger.warning("no copy kept of policy %s version %s: %s", slug, name, problem.strerror)

    def find_last_good(self, slug: str, name: str, numbers: FactNumbers | None) -> Good | None:
        """The version as it last loaded: from this process, else from the copy that an earlier one left."""
        kept = self.kept.get((slug, name))
        if kept is not None:
            return kept.good
        try:
            return self.read_good(self.copies / slug / name, slug, numbers)
        except (OSError, UpheldError):
            return None
        except Exception:
            logger.exception("policy %s: the last good copy of %s could not be read to its end", slug, name)
            return None

    def index_hosts(self) -> None:
        """Bring the policies of one site together and map host names to sites.

        The first by slug has the host when two claim it.
        """
        self.faulty = tuple(
            shelved for shelved in self.faulty if shelved.slug not in self.arranged and shelved.slug in self.loaded
        )
        served, left = join_policies(self.arranged, self.alone)
        for shelved in left:
            if shelved.slug not in {other.slug for other in self.unserved}:
                log_faults(shelved)
        self.shelved, self.unserved = served, (*self.faulty, *left)
        by_host: dict[str, Shelved] = {}
        for shelved in self.sites:
            holder = by_host.setdefault(shelved.host, shelved)
            if holder is not shelved:
                logger.error(
                    "host %s is claimed by %s and %s; %s has it", shelved.host, holder.slug, shelved.slug, holder.slug
                )
        self.by_host = by_host


def is_settled(fingerprint: Fingerprint) -> bool:
    """Whether no file was written in the last second, as far as the clock of the disk tells."""
    newest_ns = max(entry[1] for entry in fingerprint)
    return time.time_ns() - newest_ns >= SETTLED_AFTER_SECONDS * 1e9
