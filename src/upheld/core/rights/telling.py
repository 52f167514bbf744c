"""Said to the person: until when something is kept and where it came from, in plain words; knows no clock and no record."""

from __future__ import annotations

from datetime import date, datetime

from upheld.core.policy.model import Words
from upheld.core.policy.saying.names import say_name, say_time
from upheld.core.rights.copies import Kept
from upheld.core.rights.keeping import Keeping

LAST_SIGN_IN = "last sign-in"
# ways by which an answer comes in without a touchpoint
BESIDE_TOUCHPOINTS = {"message": "by a message to us", "link": "by the link in a message"}


def say_keeping(words: Words, keeping: Keeping, keep_until: datetime | None, signed_in_at: datetime) -> Kept:
    """Until when an item is kept under this rule.

    `keep_until` is the end that was set when the item came in, if its clock had started then. The clock of the last
    sign-in starts anew at each one, so its end is what it would be if nobody signed in again.
    """
    if keeping.days is None:
        return Kept(keep_until, f"until {say_day(keep_until)}" if keep_until else "no end in days", keeping.sentence)
    time = say_time(f"{keeping.days} days")
    after = f"{time} after {say_name(keeping.event, 'event', words)}" if keeping.event else time
    if keep_until is not None:
        return Kept(keep_until, f"until {say_day(keep_until)}, {after}", keeping.sentence)
    if keeping.event == LAST_SIGN_IN:
        end = keeping.find_end(signed_in_at)
        said = f"{after}; if nobody signs in again, until {say_day(end)}" if end else after
        return Kept(end, said, keeping.sentence)
    return Kept(None, f"{after}, which has not happened yet", keeping.sentence)


def say_where(words: Words, touchpoint: str) -> str:
    """Where data came in, as it stands in a sentence: `when you register`."""
    if touchpoint in BESIDE_TOUCHPOINTS and not words.has("touchpoint", touchpoint):
        return BESIDE_TOUCHPOINTS[touchpoint]
    return say_name(touchpoint, "touchpoint", words)


def say_day(moment: date | None) -> str:
    """A day as people read it; of a moment the day in UTC."""
    return f"{moment.day} {moment:%B %Y}" if moment is not None else ""
