"""What a function is: something a site can do, how a policy names it, and whether this program does it; knows no policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from upheld.core.functions.reading import Reading
from upheld.core.policy.model import Rule

WORKS, NOT_BUILT, NOT_NAMED, EXCLUDED = "works", "not built", "not named", "excluded"
STATES = (WORKS, NOT_BUILT, NOT_NAMED, EXCLUDED)
PAGE, CONSOLE, JOB, MAIL, PROGRAM = "page", "console", "job", "mail", "program"

GROUPS = (
    "Public site",
    "Forms and requests",
    "Accounts",
    "Messages",
    "Commerce",
    "Community",
    "Measurement",
    "Giving out",
    "Governance",
)


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where a function is met. `address` is a path of the site for a page, the name of a page of the console for one there,
    and empty for what runs by itself or stands in a message.
    """

    where: str
    words: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Built:
    """What this program has of a function under one policy: where it is met, and what is missing (empty: nothing is)."""

    meetings: tuple[Meeting, ...] = ()
    lacks: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it works to its end: it is met somewhere, and no part is missing."""
        return bool(self.meetings) and not self.lacks


@dataclass(frozen=True, slots=True)
class Function:
    """Something that sites like ours do. `id` is its number in the research (A.1), `words` say it in plain words.

    `names` finds the rules of a policy that name it, `excludes` the sentences that shut it out where none does, `builds`
    what this program has of it under that policy.
    """

    id: str
    words: str
    group: str
    names: Callable[[Reading], tuple[Rule, ...]]
    builds: Callable[[Reading], Built]
    excludes: Callable[[Reading], tuple[str, ...]] = lambda _: ()


@dataclass(frozen=True, slots=True)
class Listed:
    """How a function stands under one policy: a state of STATES, the rules and sentences that name it or shut it out."""

    function: Function
    state: str
    rules: tuple[Rule, ...]
    sentences: tuple[str, ...]
    built: Built

    @property
    def is_only_ours(self) -> bool:
        """Whether every rule that names it promises more than the source of the policy does."""
        return bool(self.rules) and all(rule.layer == "beyond" for rule in self.rules)
