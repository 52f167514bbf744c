"""Whether a policy's version files are in order, and what is served where one is not."""

from __future__ import annotations

from dataclasses import dataclass

from upheld.web.shelf import Fault, Shelved


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know, in lines; `kind` picks the colour, the title says it in words."""

    kind: str
    title: str
    lines: tuple[str, ...]


def view_health(shelved: Shelved) -> Notice:
    """Whether all version files are in order, and what is served where one is not."""
    if not shelved.faults:
        return Notice("good", "", ("Every version file is in order.",))
    kind, title = (
        ("warning", "Serving the last good version")
        if shelved.versions
        else ("bad", f"{shelved.slug}: nothing can be served")
    )
    return Notice(kind, title, tuple(say_fault(fault) for fault in shelved.faults))


def say_fault(fault: Fault) -> str:
    """One faulty file in a sentence, with its first error."""
    first = fault.findings[0]
    number = len(fault.findings)
    where = f", line {first.place.line}" if first.place else ""
    count = "1 error" if number == 1 else f"{number} errors"
    return f"{fault.file_name} has {count}. The first: {first.code} {first.text}{where}."
