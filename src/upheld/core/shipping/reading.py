"""Reads the keys under `site: shipping` and collects what is wrong with them; what they come to stands in offers.py."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import time
from difflib import get_close_matches

from upheld.core.errors import Finding

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WORKING = (0, 1, 2, 3, 4)
MOST_OFFERS, MOST_STEPS, MOST_DAYS = 20, 20, 30
LONGEST = 80
LONGEST_STEP = 40  # as wide as the column in which a shipment keeps it
_PRICE = re.compile(r"(\d{1,5})\.(\d\d)", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


class ShippingReader:
    """Reads parts of the block; a part's path names it in the finding, since declarations carry no line numbers here."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def note(self, code: str, path: str, text: str, hint: str) -> None:
        """Keep one finding."""
        name = f"site: shipping: {path}".rstrip(": ")
        self.findings.append(Finding(code, "error", f"`{name}` {text}", None, hint))

    def open_mapping(self, path: str, value: object, known: tuple[str, ...]) -> Mapping[str, object]:
        """The mapping with its keys; those that are not known are noted with the nearest one."""
        if not isinstance(value, Mapping):
            self.note("P204", path, "is not a mapping", f"write `{known[0]}:` below it")
            return {}
        for key in value:
            if key not in known:
                near = get_close_matches(str(key), known, n=1)
                hint = f"did you mean `{near[0]}`" if near else "known: " + ", ".join(known)
                self.note("P202", path, f"has no key `{key}`", hint)
        return {str(key): entry for key, entry in value.items()}

    def list_offers(self, top: Mapping[str, object]) -> Sequence[object]:
        """The offers as they stand; noted when there are none."""
        value = top.get("offers")
        if not isinstance(value, list | tuple) or not 0 < len(value) <= MOST_OFFERS:
            self.note("P203", "offers", f"is not a list of 1 to {MOST_OFFERS} offers", "start each with a hyphen")
            return ()
        return value

    def note_twice(self, names: Sequence[str]) -> None:
        """Note an offer that stands there twice."""
        for name in sorted({name for name in names if name and names.count(name) > 1}):
            self.note("P205", "offers", f"has `{name}` twice", "keep one of the two")

    def read_steps(self, value: object) -> tuple[str, ...]:
        """The weight steps, the lightest first."""
        is_list = isinstance(value, list | tuple) and 0 < len(value) <= MOST_STEPS
        steps = (
            tuple(step.strip() for step in value if isinstance(step, str)) if isinstance(value, list | tuple) else ()
        )
        fits = len(set(steps)) == len(steps) and all(0 < len(step) <= LONGEST_STEP for step in steps)
        if not is_list or not isinstance(value, list | tuple) or len(steps) != len(value) or not fits:
            self.note("P204", "steps", f"is not a list of up to {MOST_STEPS} weights", "such as `[1 kg, 5 kg]`")
            return ()
        return steps

    def read_prices(self, path: str, value: object, steps: tuple[str, ...]) -> dict[str, int]:
        """Cents by step: one price for each step from the lightest on, fewer where the heavier ones are not carried."""
        if not isinstance(value, list | tuple) or not 0 < len(value) <= max(len(steps), 1):
            self.note(
                "P204", path, f"is not a list of 1 to {len(steps)} prices", "one for each of `steps`, in their order"
            )
            return {"": 0}
        return {step: self.read_cents(path, price) for step, price in zip(steps, value, strict=False)} or {"": 0}

    def read_cents(self, path: str, value: object) -> int:
        """A price such as `11.90`, in cents."""
        found = _PRICE.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            self.note("P204", path, "is no price", 'write it with two decimals and in quotes, such as "11.90"')
            return 0
        return int(found[1]) * 100 + int(found[2])

    def read_time(self, path: str, value: object) -> time:
        """A time of day such as `18:00`."""
        found = _TIME.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            self.note("P204", path, "is no time of day", 'write it in quotes, such as "18:00"')
            return time()
        return time(int(found[1]), int(found[2]))

    def read_number(self, path: str, value: object) -> int:
        """A small number of days."""
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_DAYS:
            self.note("P204", path, f"is no number from 0 to {MOST_DAYS}", "0 is the same day")
            return 0
        return value

    def read_days(self, value: object) -> tuple[int, ...]:
        """The working days as numbers, Monday is 0; Monday to Friday when nothing is said."""
        if value is None:
            return WORKING
        names = list(value) if isinstance(value, list | tuple) else []
        if not names or any(name not in DAYS for name in names):
            self.note("P204", "working-days", "is not a list of days", "such as `[monday, tuesday]`")
            return WORKING
        return tuple(sorted({DAYS.index(name) for name in names}))

    def read_states(self, value: object, states: tuple[str, ...]) -> dict[str, str]:
        """The words for the states, by state."""
        entries = self.open_mapping("states", value, states)
        return {state: self.read_text(f"states: {state}", text) for state, text in entries.items() if state in states}

    def read_name(self, path: str, value: object) -> str:
        """A text that has to be there."""
        text = self.read_text(path, value)
        if not text:
            self.note("P203", path, "is missing", "add it")
        return text

    def read_text(self, path: str, value: object) -> str:
        """A short text, empty when absent."""
        if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
            self.note("P204", path, f"is not a text of at most {LONGEST} characters", "put it in quotes")
            return ""
        return value.strip()
