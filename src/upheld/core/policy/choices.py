"""What a person's answers and their browser's signals come to for one choice; reads no policy and knows no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person, or their browser for them, said at a moment. A signal of a browser is always a no."""

    at: datetime
    is_yes: bool
    is_signal: bool = False


def settle_choice(answers: Iterable[Answer]) -> str:
    """The answer that counts, as the gate takes it: `yes`, `no` or `unasked`.

    The latest answer of the person wins. A signal beats the default and an older answer, not a newer one; of an
    answer and a signal at the same moment the answer counts (semantics, section 2). Who said nothing is unasked:
    not having been asked is not a no, and counts as the choice's declared default.
    Raises ValueError for a signal that says yes, since no browser signal does.
    """
    said = list(answers)
    if any(answer.is_signal and answer.is_yes for answer in said):
        raise ValueError("a signal of a browser is never a yes")
    if not said:
        return "unasked"
    latest = max(said, key=lambda answer: (answer.at, not answer.is_signal))
    return "yes" if latest.is_yes else "no"
