"""A copy of what is held written as JSON and as CSV, of the structure in docs/copies.md."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime

from upheld.core.rights.copies import (
    AgreementGiven,
    AnswerGiven,
    Copy,
    DisclosureTold,
    HeldValue,
    LineAbout,
    PermissionGiven,
    ShipmentTold,
    VersionBound,
    WithheldValue,
    say_value,
)

FORMAT = "copy/1"
COLUMNS = (
    "what", "about", "category", "label", "value", "where", "at", "corrected", "version", "purposes", "until", "because",
)  # fmt: skip
# A spreadsheet takes a cell that opens with one of these for a formula and may run it.
# (OWASP, "CSV Injection", read 2025-11-20)
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_json(copy: Copy) -> str:
    """The copy as JSON, of the structure in docs/copies.md."""
    document = {
        "upheld": FORMAT,
        "site": copy.site,
        "business": copy.business,
        "person": copy.person,
        "version": copy.version.isoformat(),
        "made-at": _say(copy.made_at),
        "account": [{"name": fact.name, "label": fact.label, "value": fact.value} for fact in copy.account],
        "held": [_describe_value(value) for value in copy.values],
        "withheld": [_describe_withheld(part) for part in copy.withheld],
        "choices": [_describe_answer(answer) for answer in copy.answers],
        "permissions": [_describe_permission(given) for given in copy.permissions],
        "shipments": [_describe_shipment(shipment) for shipment in copy.shipments],
        "given-out": [_describe_disclosure(went) for went in copy.disclosures],
        "versions": [_describe_version(bound) for bound in copy.versions],
        "agreements": [_describe_agreement(given) for given in copy.agreements],
        "ledger": [_describe_line(line) for line in copy.lines],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _describe_value(value: HeldValue) -> dict[str, object]:
    return {
        "about": value.about,
        "item": value.item,
        "category": value.data,
        "label": value.label,
        "value": value.value,
        "from": {"touchpoint": value.touchpoint, "words": value.where},
        "collected-at": _say(value.collected_at),
        "corrected-at": _say(value.corrected_at) or None,
        "version": value.version.isoformat(),
        "purposes": [
            {"name": name, "label": words} for name, words in zip(value.purposes, value.purpose_words, strict=True)
        ],
        "kept": {"until": _say(value.kept.ends_at) or None, "words": value.kept.words, "because": value.kept.sentence},
        "because": list(value.because),
    }


def _describe_withheld(part: WithheldValue) -> dict[str, object]:
    return {
        "about": part.about,
        "item": part.item,
        "category": part.data,
        "label": part.label,
        "from": part.where,
        "collected-at": _say(part.collected_at),
        "version": part.version.isoformat(),
        "because": list(part.because),
    }


def _describe_answer(answer: AnswerGiven) -> dict[str, object]:
    return {
        "choice": answer.choice,
        "label": answer.label,
        "answer": answer.answer,
        "at": _say(answer.at),
        "version": answer.version.isoformat(),
        "from": answer.where,
        "by-browser-signal": answer.is_signal,
        "ledger-line": answer.entry or None,
    }


def _describe_permission(given: PermissionGiven) -> dict[str, object]:
    return {
        "permission": given.permission,
        "recipient": given.recipient,
        "data": [{"name": name, "label": words} for name, words in zip(given.data, given.labels, strict=True)],
        "purpose": {"name": given.purpose, "label": given.purpose_words},
        "given-at": _say(given.given_at),
        "until": _say(given.until) or None,
        "once": given.is_once,
        "ended-at": _say(given.ended_at) or None,
        "version": given.version.isoformat(),
        "from": given.where,
        "ledger-line": given.entry,
    }


def _describe_shipment(shipment: ShipmentTold) -> dict[str, object]:
    return {
        "number": shipment.number,
        "about": shipment.about,
        "state": shipment.state,
        "label": shipment.words,
        "what": shipment.what or None,
        "price": shipment.price or None,
        "booked-at": _say(shipment.booked_at),
        "due-at": _say(shipment.due_at) or None,
        "delivered-at": _say(shipment.delivered_at) or None,
        "version": shipment.version.isoformat(),
        "items": list(shipment.items),
        "events": [
            {
                "state": event.state,
                "label": event.words,
                "at": _say(event.at),
                "noted-at": _say(event.noted_at),
                "from": event.source,
                "late": event.is_late,
            }
            for event in shipment.events
        ],
    }


def _describe_disclosure(went: DisclosureTold) -> dict[str, object]:
    return {
        "reference": went.reference,
        "about": went.about,
        "recipient": went.recipient,
        "kind": went.kind,
        "data": [{"name": name, "label": words} for name, words in zip(went.data, went.labels, strict=True)],
        "purpose": {"name": went.purpose, "label": went.purpose_words},
        "ground": {"name": went.ground, "label": went.ground_words},
        "at": _say(went.at),
        "sha-256": went.digest,
        "ledger-line": went.entry or None,
    }


def _describe_version(bound: VersionBound) -> dict[str, object]:
    return {
        "about": bound.about,
        "version": bound.version.isoformat(),
        "since": _say(bound.since),
        "until": _say(bound.until) or None,
    }


def _describe_agreement(given: AgreementGiven) -> dict[str, object]:
    return {
        "about": given.about,
        "version": given.version.isoformat(),
        "answer": given.answer,
        "at": _say(given.at),
        "ledger-line": given.entry or None,
    }


def _describe_line(line: LineAbout) -> dict[str, object]:
    return {
        "line": line.entry,
        "about": line.about,
        "kind": line.kind,
        "meaning": line.meaning,
        "at": _say(line.at),
        "place": line.place,
        "by-staff": line.by if line.is_by_staff else None,
        "by-user": line.by if line.is_by_user else None,
        "details": {name: list(values) for name, values in line.details},
    }


def write_csv(copy: Copy) -> str:
    """The copy as CSV, one row a value, commas and quotes as in RFC 4180.

    A cell that a spreadsheet would take for a formula has an apostrophe before it; phone numbers that begin with + have.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in iter_rows(copy):
        writer.writerow([guard_cell(cell) for cell in row])
    return text.getvalue()


def iter_rows(copy: Copy) -> Iterator[tuple[str, ...]]:
    """The rows of the CSV, in the order of COLUMNS, not yet guarded."""
    for fact in copy.account:
        yield ("account", "you", fact.name, fact.label, fact.value, *[""] * 7)
    for value in copy.values:
        yield (
            "held", value.about, value.data, value.label, say_value(value.value), value.where,
            _say(value.collected_at), _say(value.corrected_at), value.version.isoformat(),
            "; ".join(value.purpose_words), _say(value.kept.ends_at) or value.kept.words, " ".join(value.because),
        )  # fmt: skip
    for part in copy.withheld:
        yield (
            "withheld", part.about, part.data, part.label, "", part.where, _say(part.collected_at), "",
            part.version.isoformat(), "", "", " ".join(part.because),
        )  # fmt: skip
    for answer in copy.answers:
        yield (
            "choice", "you", answer.choice, answer.label, answer.answer, answer.where, _say(answer.at), "",
            answer.version.isoformat(), "", "", answer.entry,
        )  # fmt: skip
    for given in copy.permissions:
        yield (
            "permission", "you", " ".join(given.data), given.recipient, "; ".join(given.labels), given.where,
            _say(given.given_at), "", given.version.isoformat(), given.purpose_words,
            _say(given.ended_at) or _say(given.until) or "until you withdraw it", given.entry,
        )  # fmt: skip
    yield from _iter_acts(copy)
    for line in copy.lines:
        yield ("ledger", line.about, line.kind, line.meaning, line.entry, "", _say(line.at), *[""] * 5)


def _iter_acts(copy: Copy) -> Iterator[tuple[str, ...]]:
    """What was done for the person and with what is held: shipments with their events, what went out, which versions."""
    for parcel in copy.shipments:
        price = f", {parcel.price}" if parcel.price else ""
        yield (
            "shipment", parcel.about, parcel.number, parcel.words, f"{parcel.what}{price}", "", _say(parcel.booked_at), "",
            parcel.version.isoformat(), "", _say(parcel.delivered_at), " ".join(parcel.items),
        )  # fmt: skip
        for event in parcel.events:
            yield (
                "event", parcel.about, parcel.number, event.words, event.state, event.source, _say(event.at), *[""] * 5
            )  # fmt: skip
    for went in copy.disclosures:
        yield (
            "given out", went.about, " ".join(went.data), went.recipient, "; ".join(went.labels), went.ground_words,
            _say(went.at), "", "", went.purpose_words, "", went.entry,
        )  # fmt: skip
    for bound in copy.versions:
        yield (
            "version", bound.about, "", "bound you" if bound.about == "you" else f"bound {bound.about}", "", "",
            _say(bound.since), "", bound.version.isoformat(), "", _say(bound.until), "",
        )  # fmt: skip
    for agreed in copy.agreements:
        yield (
            "agreement", agreed.about, "", "may it hold for what was taken before", agreed.answer, "", _say(agreed.at), "",
            agreed.version.isoformat(), "", "", agreed.entry,
        )  # fmt: skip


def guard_cell(text: str) -> str:
    """The cell such that no spreadsheet runs it."""
    return f"'{text}" if text.startswith(_STARTS_FORMULA) else text


def _say(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment is not None else ""
