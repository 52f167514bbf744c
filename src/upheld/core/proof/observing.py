"""From the history of a ledger, and a survey of the records, to observed evidence for each rule; reads neither itself.

Count, period and lines are the ledger's alone, so that whoever holds it can count again. What only records can show stands
as a step of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from upheld.core.policy.forms import is_claim
from upheld.core.policy.model import Policy, Rule
from upheld.core.proof.book import Broken, Key, Tally
from upheld.core.proof.demands import list_demanded
from upheld.core.proof.evidence import DONE, FAILS, HOLDS, IDLE, LACKS, MISSING, OBSERVED, Evidence, Step
from upheld.core.proof.happenings import add_time
from upheld.core.proof.history import History
from upheld.core.proof.replaying_desk import CHANGES, MERGING, find_answering, list_on_delivery
from upheld.core.proof.rereading import Done, Rereading
from upheld.core.proof.survey import Survey, is_log_of_visits, list_steps, needs_records

MOST_LINES = 6
A_DAY = timedelta(days=1)
_ACTIONS: Mapping[str, str] = MappingProxyType(
    {"collect": "collect", "record": "collect", "use": "use", "show": "show", "share": "share"}
)
_DID = {"collect": "taken in", "use": "used", "show": "shown", "share": "given out"}
_BUILT_BANS = ("collect", "use", "show", "share")
# Of these no line and no row tells yet.
_UNSEEN = ("keep_apart", "keep_while", "never_keep", "never_certificate", "erase")
NOTHING = "nothing on record shows this yet"


@dataclass(slots=True)
class Seen:
    """What the ledger shows of one rule: how often, when, by which lines, and what that is in words."""

    count: int = 0
    since: str = ""
    until: str = ""
    lines: list[str] = field(default_factory=list)

    def add(self, tally: Tally) -> None:
        """Put this to it."""
        self.count += tally.count
        self.since = min(filter(None, (self.since, tally.first)), default="")
        self.until = max(self.until, tally.last)
        self.lines += tally.lines[: max(0, MOST_LINES - len(self.lines))]


def observe_rules(policy: Policy, history: History, survey: Survey | None = None, *, at: str) -> dict[int, Evidence]:
    """The observed evidence of each rule in force that demands it, or that a line goes against, by its number.

    `at` is the moment of the look, as the ledger writes moments: what had to be done by then and was not goes against its
    rule as well.
    """
    observer = _Observer(policy, history, at)
    found = {}
    for number, rule in enumerate(policy.active_rules):
        broken = observer.find_broken(number, rule)
        if not is_claim(rule.form) and (broken is not None or OBSERVED in list_demanded(rule)):
            found[number] = observer.observe(number, rule, broken, list_steps(policy, rule, survey))
    return found


class _Observer:
    """One look at the history of one version."""

    def __init__(self, policy: Policy, history: History, at: str) -> None:
        self._policy, self._at, self._book = policy, at, history.book
        self._reading: Rereading = history.find_reading(policy)
        self._tallies: Mapping[Key, Tally] = history.list_tallies(policy.version)
        self._broken: Mapping[int, Broken] = history.list_broken(policy.version)
        self._read: Mapping[str, Callable[[int, Rule], tuple[Iterable[Tally], str]]] = {
            "applies": self._see_applying,
            "tag": self._see_applying,
            "leave": self._see_leaving_out,
            "send": self._see_sending,
            "keep": self._see_keeping,
            "never": self._see_banned,
            "answer": self._see_answering,
            "tell": self._see_telling,
            "protect": self._see_protecting,
            "review": self._see_reviewing,
        }
        self._read_choice = {
            "choice_is": self._see_asking,
            "choice_changed": self._see_changing,
            "choice_stops": self._see_stopping,
        }

    def observe(self, number: int, rule: Rule, broken: Broken | None, more: tuple[Step, ...]) -> Evidence:
        """The evidence of one rule."""
        seen, says = self._see(number, rule)
        more = more or ((Step(MISSING, NOTHING),) if says == NOTHING else ())
        steps = self._list_steps(seen, says, broken, more)
        failing = next((step for step in steps if not step.is_kept), None)
        missing = next((step for step in steps if step.sort == MISSING), None)
        if broken is not None:
            outcome, said, lines = FAILS, broken.says, broken.lines
        elif failing is not None:
            outcome, said, lines = FAILS, f"{failing.says}; {failing.saw}", seen.lines
        elif missing is not None:
            outcome, said, lines = LACKS, missing.says, seen.lines
        elif seen.count or (more and needs_records(self._policy, rule)):
            outcome, said, lines = HOLDS, says if seen.count else more[0].says, seen.lines
        else:
            outcome, said, lines = IDLE, "nothing of the kind has happened yet", []
        return Evidence(
            OBSERVED,
            outcome,
            said,
            steps if len(steps) > 1 or outcome == FAILS else (),
            seen.count,
            since=seen.since,
            until=seen.until,
            at=self._at,
            lines=tuple(lines),
        )

    def _list_steps(self, seen: Seen, says: str, broken: Broken | None, more: tuple[Step, ...]) -> tuple[Step, ...]:
        if broken is not None:
            saw = f"{broken.count:,} lines go against it" if broken.count > 1 else "one line goes against it"
            return (Step(DONE, broken.says, False, saw, tuple(broken.lines)), *more)  # noqa: FBT003 - by place, as all steps
        return (Step(DONE, says, lines=tuple(seen.lines)), *more) if seen.count else more

    def find_broken(self, number: int, rule: Rule) -> Broken | None:
        """What goes against a rule: lines, and what should have been done by now."""
        found = self._broken.get(number)
        late = list(self._list_late(number, rule))
        if not late:
            return found
        whole = Broken(found.says if found else late[0][0])
        for line in found.lines if found else ():
            whole.add("", line)
        for _, since, line in late:
            whole.add(since, line)
        whole.count = len(late) + (found.count if found else 0)
        return whole

    def _list_late(self, number: int, rule: Rule) -> Iterator[tuple[str, str, str]]:
        """What had to be done before this moment and was not: what it is, since when, by which line it shows."""
        if rule.form == "review":
            reviews = [review for _, _, review in self._book.grants.standing.values()]
            for review in [*reviews, *self._book.recipients.values()]:
                if review.what in rule.part("reviewed") and review.due < self._at[:10]:
                    yield f"one of the {review.what} was not looked at again by its day", review.since, review.line
        for case in self._book.cases.values() if rule.form in ("answer", "choice_changed") else ():
            is_late = bool(case.due) and case.due < self._at and not case.is_answered
            if is_late and number in find_answering(self._reading, case.sort):
                yield "a case was not answered by its day", case.opened, case.line
        if rule.form == "send" and number in list_on_delivery(self._reading):
            for at, line in self._book.delivered.values():
                if add_time(at, A_DAY) < self._at:
                    yield "something was delivered and nobody was told", at, line

    # ----------------------------------------------------------------------------------- what the ledger shows, by verb

    def _see(self, number: int, rule: Rule) -> tuple[Seen, str]:
        seen = Seen()
        action = _ACTIONS.get(rule.verb)
        if is_log_of_visits(self._policy, rule):
            return seen, "the log of visits was looked at"
        read = self._read_choice.get(rule.form) or self._read.get(rule.verb)
        tallies: Iterable[Tally] = ()
        says = NOTHING
        if action is not None:
            tallies = self._list_served(number, action)
            says = f"{{count}} times something was {_DID[action]} as it permits"
        elif read is not None and rule.form not in _UNSEEN:
            tallies, says = read(number, rule)
        for tally in tallies:
            seen.add(tally)
        said = says.replace("{count}", f"{seen.count:,}")
        return seen, said.replace("1 times", "once") if seen.count == 1 else said

    def _list_acts(self, *actions: str) -> Iterator[tuple[Done, Tally]]:
        for key, tally in self._tallies.items():
            if key[0] == "act" and key[1].action in actions:
                yield key[1], tally

    def _list_served(self, number: int, action: str) -> list[Tally]:
        return [tally for done, tally in self._list_acts(action) if number in self._reading.weigh(done).served]

    def _list(self, sort: str, *places: Iterable[object] | None) -> list[Tally]:
        """What was counted of this sort, with one of the given values in each place of its key."""
        wanted = [None if values is None else frozenset(values) for values in places]
        return [
            tally
            for key, tally in self._tallies.items()
            if key[0] == sort and all(w is None or key[n] in w for n, w in enumerate(wanted, 1))
        ]

    def _list_collected(self, rule: Rule) -> list[Tally]:
        leaves = set(self._policy.words.expand("data", rule.data))
        return [tally for key, tally in self._tallies.items() if key[0] == "collected" and leaves & set(key[1])]

    def _see_applying(self, _number: int, rule: Rule) -> tuple[Iterable[Tally], str]:
        return self._list_collected(rule), "{count} times such data came in, each time under a version of this policy"

    def _see_leaving_out(self, _number: int, rule: Rule) -> tuple[Iterable[Tally], str]:
        return self._list("left out", rule.part("exclusions")), "{count} items were left out, each on a recorded ground"

    def _see_sending(self, _number: int, rule: Rule) -> tuple[Iterable[Tally], str]:
        return self._list("mail", rule.part("mails")), "{count} messages of these classes were let go, each one weighed"

    def _see_keeping(self, _number: int, rule: Rule) -> tuple[Iterable[Tally], str]:
        return self._list_collected(rule), "{count} times such data came in, and none was opened after its time"

    def _see_banned(self, _number: int, rule: Rule) -> tuple[Iterable[Tally], str]:
        action = rule.form.removeprefix("never_")
        acts = [tally for _, tally in self._list_acts(action)] if action in _BUILT_BANS else []
        acts += self._list("mail") if action == "use" else []
        return acts, f"{{count}} times something was {_DID.get(action, action)}, and never what this rules out"

    def _see_asking(self, _number: int, rule: Rule) -> tuple[Iterable[Tally], str]:
        found = self._list("choice", rule.part("choices"), rule.part("at"))
        return found, "{count} answers were given there; who gave none counts as the sentence says"

    def _see_changing(self, _number: int, rule: Rule) -> tuple[Iterable[Tally], str]:
        places = [change.partition(":")[2] for change in rule.part("changes")]
        places += ["message"] if "email" in places else []
        return self._list(
            "choice", rule.part("choices"), places
        ), "{count} answers came this way, each in force in time"

    def _see_stopping(self, _number: int, rule: Rule) -> tuple[Iterable[Tally], str]:
        classes = [t.partition(":")[2] for t in rule.part("targets") if t.startswith("mail:")]
        acts = [tally for key, tally in self._tallies.items() if key[0] == "mail" and key[1] in classes]
        purposes = [t.partition(":")[2] for t in rule.part("targets") if t.startswith("purpose:")]
        named = set(self._policy.words.expand("purpose", tuple(purposes)))
        acts += [tally for done, tally in self._list_acts("use", "share", "show") if named & set(done.purposes)]
        says = "{count} acts that a no stops, and noes, were looked at: none came after a no"
        return [*acts, *self._list("choice", rule.part("choices"), None, (False,))], says

    def _see_answering(self, _number: int, rule: Rule) -> tuple[Iterable[Tally], str]:
        return self._list("answered", rule.part("requests")), "{count} requests were answered, each by its day"

    def _see_telling(self, _number: int, rule: Rule) -> tuple[Iterable[Tally], str]:
        if MERGING in rule.part("events"):
            return self._list("told"), "{count} people were told of a merger, and nothing went before its time"
        if set(CHANGES) & set(rule.part("events")):
            found = [*self._list("announced", ("yes",)), *self._list("noticed")]
            return found, "{count} announcements and notices of changes are on record, each before the change"
        return (), NOTHING

    def _see_reviewing(self, _number: int, rule: Rule) -> tuple[Iterable[Tally], str]:
        return self._list(
            "review", rule.part("reviewed")
        ), "{count} times one was given or looked at, none is past its day"

    def _see_protecting(self, _number: int, rule: Rule) -> tuple[Iterable[Tally], str]:
        found: list[Tally] = []
        if {"access control", "monitoring", "integrity hashes"} & set(rule.part("measures")):
            found += [tally for _, tally in self._list_acts("use", "show", "share")] + self._list("withheld")
        if "lockout" in rule.part("measures"):
            found += self._list("locked")
        if "password" in rule.part("measures"):
            found += self._list("account", ("person.signed-in",))
        return found, "{count} times something was opened, withheld, or signed in to, each with its line"
