"""Writes docs/ledger.md: every kind of line that the ledger takes, with its fields, from the table in the code."""

from __future__ import annotations

from collections.abc import Mapping

OPENING = """\
The ledger is the log of what was done: who registered, what was opened and why, which choice was made, what was sent.
It holds ids and names of categories, never a value: no kind of line has a field that a name, an address, a number of
somebody or free text fits into. Nothing is ever changed in it or taken out of it; when a person is erased, the lines
stay and say nothing more, because the ids lead nowhere."""
LINE = """\
A line is JSON with its keys in order and no spaces (RFC 8785), so that it has one way to be written. Beside `body`,
with the fields below, it has `at`, the moment in UTC; `kind`; `person`, an id, where it is about somebody; `serial`, an
id drawn at random; `site`; and `v`, the form of the line, 1 today."""
TREE = """\
The lines of a site are the leaves of a Merkle tree (RFC 6962, section 2.1), kept in tiles of 256 hashes (C2SP
tlog-tiles). Its root is signed from time to time: a checkpoint (C2SP tlog-checkpoint in a signed-note, Ed25519). A line
gets its place seconds after it was written; a receipt for it can be had from then on."""
FILES = """\
A **receipt** is one JSON object on one line: `entry` (the line, byte for byte), `index` and `size` (its place, and how
many lines there were), `proof` (hashes in base64, RFC 6962 2.1.1), `checkpoint` (the signed note), `origin`, `key`
(the key to check it with), and `upheld`, which is `receipt/1`. An **export** is JSON lines: a header with `origin`,
`size`, `checkpoints` (how many), `key` and `upheld` (`export/1`), then every line of the ledger as it is, and behind the last line that it covers
each checkpoint, as `{"checkpoint": …}`. Both are written in the one way, so a change of any byte is found.
[`upheld verify`](commands.md#upheld-verify) checks both without a server and without the network."""
KEEP = """\
How long the ledger of a site is, and its root, is remembered in two places outside of its database: with the keys, and
in the file `checkpoints/SITE.notes` of the state folder, which gets a checkpoint at most each ten minutes. So a ledger that was cut
back together with its checkpoints, or written anew from an earlier line, is found by
[`upheld ledger verify`](commands.md#upheld-ledger-verify), and nothing more is signed (V824). When the data was
restored from a backup, [`upheld ledger restored`](commands.md#upheld-ledger-restored) has it go on, with a line that
says how many lines are lost. Somebody who can write to both databases and the state folder can set all of it back;
then only a checkpoint that was kept elsewhere shows it, even against somebody who holds the signing key. Copy that file
away, or print a checkpoint with [`upheld ledger checkpoint`](commands.md#upheld-ledger-checkpoint) each week, and keep
it where nobody who can write here can write; publish the key that
[`upheld ledger key`](commands.md#upheld-ledger-key) prints. A line that still waits for its place is not yet under a
checkpoint: somebody who writes to the database in those seconds can change it or take it out, and nothing shows it."""


def write_ledger() -> str:
    """docs/ledger.md, from upheld.core.seal.entries."""
    from tests.house.pages import NOTE
    from upheld.core.seal.entries import COMMON, SORTS
    from upheld.core.seal.kinds import KINDS

    lines = ["# The ledger", "", NOTE, "", join_lines(OPENING), "", "## A line", "", join_lines(LINE), ""]
    lines += [
        "Every kind may have these fields; they are left out when there is nothing to say.",
        "",
        *write_fields(COMMON),
    ]
    lines += ["", "## What a field takes", "", "| sort | what it is |", "| --- | --- |"]
    lines += [f"| {sort.name} | {sort.meaning} |" for sort in SORTS.values()]
    lines += [
        "",
        "## The kinds",
        "",
        "| kind | what it says | its fields | personal fields |",
        "| --- | --- | --- | --- |",
    ]
    for kind in KINDS.values():
        fields = ", ".join(f"`{name}` ({sort})" for name, sort in kind.fields.items()) or "none of its own"
        lines.append(f"| `{kind.name}` | {kind.meaning} | {fields} | {', '.join(kind.personal) or 'none'} |")
    lines += ["", "## The tree", "", join_lines(TREE), "", "## Receipts and exports", "", join_lines(FILES)]
    lines += ["", "## What to keep", "", join_lines(KEEP)]
    return "\n".join(lines) + "\n"


def write_fields(fields: Mapping[str, str]) -> list[str]:
    meanings = {
        "because": "the sentences that it rests on",
        "by": "who did it when it was not the person: one of the staff, or for a company the user; absent for the server by itself",
        "version": "the version of the policy that held",
    }
    return [f"- `{name}` ({sort}): {meanings[name]}" for name, sort in fields.items()]


def join_lines(text: str) -> str:
    return " ".join(text.split("\n"))
