"""Every place that opens something sealed stands in a table with its reason; what is held is opened with a permit alone."""

from __future__ import annotations

import ast

from tests.house.files import PACKAGE, list_under, read_tree

OPENERS = {
    "open_sealed",
    "open_values",
    "open_permitted",
    "open_message",
    "open_messages",
    "read_link",
    "read_source",
    "read_visits",
}
PERMIT = "against permits that the gate made"
REASONS = {
    "actions/vault.py open_items": PERMIT,
    "actions/vault.py open_permitted": PERMIT,
    "actions/vault.py report_altered": "the same permits once more, to find out which item does not open",
    "actions/vault.py open_values": "the tool itself",
    "actions/corrections.py _rewrite_items": "sealed anew with what a person changed, after the rule that lets them; none comes out",
    "actions/mail_log.py rewrite_delivery": "sealed anew with a newer result beside it; none comes out",
    "actions/mail_log.py note_deliveries": "to whom the messages went, for the log that their person sees",
    "actions/letters.py open_addresses": PERMIT,
    "actions/outgoing.py open_message": "the tool itself, for words that the gate let be written",
    "actions/outgoing.py open_messages": "the same for many",
    "actions/sending.py begin_batch": "messages that go out now; the gate was asked again right before",
    "actions/permissions.py open_named": "whom a person named in a permission, for themselves and for whoever hands over what it permits",
    "actions/recipients.py read_contact": "the address of a registered organisation, for handing over and for telling it of a no",
    "actions/rotation.py _seal_anew": "sealed anew under another key; none comes out",
    "actions/passwords.py is_password": "a hash to hold a password against; yes or no comes out",
    "actions/passwords.py is_kept_slowly": "whether it is a slow hash; yes or no comes out",
    "actions/tokens.py read_link": "the tool itself, for what somebody typed to have a link sent",
    "actions/addresses.py move_address": "the new address that the person typed, once its link is opened",
    "actions/companies.py _describe_invitation": "the address that a holder typed, for them and for whoever opened its link",
    "actions/stopping.py open_stop_link": "the link at the end of a message: whose it was and of which class, sealed under a key of the site",
    "actions/approvals.py name_outside": "who outside was asked to agree, for the legal desk that asked them",
    "actions/demands.py open_details": "what the legal desk wrote down, for the desk; read as a whole it leaves a line",
    "actions/demand_bars.py _open": "why telling is to stay barred, for the desk that reads it and for its digest",
    "actions/demand_answers.py _ask": "what the desk wrote down, for the digest by which a change is seen; none comes out",
    "actions/demand_release.py fetch_package": "what the gate let go on a demand, for the desk; each time it leaves a line",
    "actions/merger_transfer.py fetch_batch": "what the gate let go in a merger, for the desk; each time it leaves a line",
    "actions/sealed_copies.py _open": "takes an erased person out of a copy for somebody outside; shows nobody anything",
    "actions/scope.py read_source": "the tool itself, for where it can be seen that an item is out of scope; nothing shows it yet",
    "actions/visits.py read_visits": "the log of one day, which belongs to nobody, for a report of groups",
    "actions/observing_records.py _read_some": "which categories stand in the log of visits, for the proof; their names come out",
    "actions/reports.py _count_visits": "only numbers of addresses in groups that are large enough leave it, once the gate let them be counted",
    "actions/counting.py _open": PERMIT + ", for that degree alone: what comes out is counted in groups",
    "actions/staff_sessions.py decode": "a session of staff",
    "rehearsal/guessing.py read_hash": "the hash of an invented person's password, in a house that is thrown away",
    "rehearsal/keeping.py keep_visits": "the log of visits of a browser that is none, in a house that is thrown away",
    "rehearsal/recording.py read_noted": "the log of visits of a browser that is none, in a house that is thrown away",
    "rehearsal/about.py try_ground": "what a rehearsal itself wrote down, in a house that is thrown away",
    "rehearsal/traces.py open_kept": "what invented people typed, in a house that is thrown away",
    "console/adapters.py decrypt": "a second factor of staff",
}


def list_openings() -> set[str]:
    """Each function that calls an opener, as `module function`."""
    found = set()
    for path in list_under("src/upheld", suffixes=(".py",)):
        for node in ast.walk(read_tree(path)):
            if isinstance(node, ast.FunctionDef) and has_opener(node):
                found.add(f"{path.relative_to(PACKAGE).as_posix()} {node.name}")
    return {place for place in found if not place.startswith("core/seal/")}


def has_opener(function: ast.FunctionDef) -> bool:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(isinstance(call, ast.Name) and call.id in OPENERS for call in calls)


def test_whoever_opens_something_sealed_has_a_reason() -> None:
    assert list_openings() == set(REASONS)
