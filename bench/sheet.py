"""The table of one run as text, and the page docs/bench.md around it."""

from __future__ import annotations

import os
import platform
from datetime import date
from itertools import groupby

from bench.clock import Row

COMMAND = "make bench"
HEAD = """\
# Figures, measured

This page is written by `{command}`, which runs everything below in one go and takes some minutes. Each figure is the median of several rounds; where one process works alone it is processor time of one core, elsewhere time by the clock. The machine was shared with other work, so absolute numbers vary from run to run by a factor of two or so; what was measured side by side in one run, the ratio, varies much less. No test fails because of a figure here.

- Written on {day}, Python {python}, {cores} cores, {system}.
- {questions}.
- {peers}.

"""
FOOT = """\
## What exactly was measured

**The questions.** Each asks about one cell of the courier's policy (one action, data, purpose, counterpart, degree), because the peers know nothing of groups that open into several cells. Cells of rare kinds are drawn as often as those that fill the table. The facts are true, false or unknown by chance; to half of the questions that something could open, what opens them is added. The draw is the same in every run.

**The gate.** An act is an object that is made once and asked about often, as in a program. The facts are a mask, as they are stored for a person. The answer is a verdict with the sentences it rests on. `gate.prepare` gives what `gate.ask` looks up each time.

**Equal answers.** Before anything is timed, each peer answers all questions, and every yes and no must be the gate's. The gate's answer names the sentence that decides; cedarpy's names the policies, casbin's `enforce` says yes or no.

**Cedar.** One policy for each grant (`permit`) and each cut (`forbid … when not lifted`) of the compiled table, in a `PolicySet` parsed once. Data is the resource and the counterpart the principal; for each policy the values that it covers are in a group, in `Entities` parsed once. Purpose, degree and facts stand in the context, and unknown facts are left out of it. The text of each context was written beforehand.

**casbin.** One line of policy for each grant (allow) and cut (deny), deny overrides, enforcer built once. What a line covers and whether its facts are there is tested by two functions of ours that the matcher calls; the facts come as the same mask that the gate takes, which spares casbin reading a context. `FastEnforcer` looks only at the lines of the request's action.

**The dict** is what one would write by hand: from the cell to its conditions, tried in order.

**Many at once.** Arrays of {rows:,} masks (`decide_rows`: {rows_of_acts:,}), every fact by chance; making the act ready is inside the time. The first {checked:,} rows are compared with single answers before.

**Loading.** Each in a fresh process. `upheld` keeps the tables of its rule language in the user's cache folder. Memory is what a process grows by for each further policy that it holds, with its text, table and gate, once the gate has answered all questions of above.

**The policy page** is made once for each version and kept, plain and packed; a visitor gets the kept one. "The application alone" is called in its process as a server would call it. Over the loopback, the server has one process on one core and the visitors, {connections} connections that stay open, are on the other; the yardstick is the same server with an application that does nothing but hand over as many bytes.

**Forms over HTTP.** {submissions:,} surveys, each fetched, left for two seconds and sent back by a network of its own, over {connections} connections that stay open. Each is read by the form's rules, asked of the gate, sealed under a new person's new key, put on the ledger, and committed to both databases before the answer. The yardstick is a bare Starlette on the same server program, which puts one line into one SQLite file; both sync every commit to the disk (`synchronous=FULL`). With all connections busy all the time, waiting is mostly waiting for one's turn: four divided by the rate.

**What is held, over HTTP.** People who are signed in look at what is held about them, over {connections} connections: whose session it is, whether they use a company's account, the gate for each value, one line of the ledger with a sync, and the answer as JSON or as the page of their account. Server and jobs share one core. "One after the other" is one connection, so that nobody waits for somebody else's turn.

**Events of shipments, over HTTP.** A program of a carrier reports, over {connections} connections: its key, whether the shipment is there for it, whether the report is known, the event, its line and the new state, committed with a sync. A delivery seals who received it, begins the clock of keeping, and queues proof for the customer and two addresses that they named, while the jobs send what was queued before on the same core.

**The vault and the ledger.** In one process, processor time of one core where it is a rate, time by the clock where it is a wait. A read opens four values of one person: choices, the gate for each value under both versions, the key, one line of the ledger, one commit with a sync. "Inside a request that writes" is what the gate and the line add to a transaction that is open anyway. People are imported in batches of 500, each with a key for each keeping class, an identifier, and a line for each item. The raw cipher is an AESGCM object made once; ours is made for each key, and bound to its label. `python -m bench.large` measures the same with a hundred thousand people and writes `docs/bench-large.md`; `python -m bench.proving` has a whole policy proven and writes `docs/bench-proof.md`; `python -m bench.leakage` measures what a copy of the identifiers gives away.

**The outbox.** Notices are queued to one person in the transaction of an act, then handed over to a folder by the process that does the jobs: durable jobs that begin some mails together, ask the gate again, look once more right before each file is written with its sync, and write the lines of the mail log and of the ledger. The yardsticks are a bare INSERT with its COMMIT, and writing the same files with a sync. The mail server is a small program that takes everything, in a process of its own on the same machine, without encryption and without a DKIM key; its mails are one text to 2,000 people, each with a link of their own.

**A message to many.** A million account holders of two versions, with every answer and some facts on record, share 18 combinations of version, answers and facts. One grouping query counts them, the gate is asked once for each combination, and one more query finds those whose address gets no more (10,000) and who had such a message lately (100,000). The same is asked beside it person by person, of a few thousand, and scaled.

**A bundle of proofs.** An invented policy of a thousand rules with all that each demands, and three lines of the ledger under each observed piece. Verified is everything that `upheld verify` goes through: canonical form, signature, the path of each line, the policy read from its text, every state made again from its evidence. The check of all cases is timed apart, on the courier's policy.
"""


def write_page(rows: list[Row], notes: dict[str, str], numbers: dict[str, int]) -> str:
    """The page: what it is, a table for each part, how it was measured."""
    head = HEAD.format(
        command=COMMAND,
        day=date.today().isoformat(),  # noqa: DTZ011 - the day where it was run
        python=platform.python_version(),
        cores=os.cpu_count(),
        system=f"{platform.system()} on {platform.machine()}",
        **notes,
    )
    return (
        head
        + "\n".join(write_part(part, list(group)) for part, group in groupby(rows, key=lambda row: row.part))
        + "\n"
        + FOOT.format(**numbers)
    )


def write_part(part: str, rows: list[Row]) -> str:
    """One table."""
    lines = [
        f"## {part[0].upper()}{part[1:]}",
        "",
        "| what | measured | beside | to reach | |",
        "| --- | ---: | --- | --- | --- |",
    ]
    for row in rows:
        state = {None: "", True: "reached", False: "**missed**"}[row.is_reached]
        lines.append(f"| {row.what} | {say_value(row)} | {say_ratio(row)} | {row.target} | {state} |")
    return "\n".join([*lines, ""])


def say_value(row: Row) -> str:
    """The value with its unit, three digits that mean something."""
    if row.unit == "s" and row.value >= 10:
        return f"{round_off(row.value)} s"
    if row.unit == "s":
        return f"{round_off(row.value * 1000)} ms"
    if row.unit == "B" and row.value < 1e5:
        return f"{round_off(row.value / 1e3)} kB"
    if row.unit == "B":
        return f"{round_off(row.value / 1e6)} MB"
    return f"{round_off(row.value)}{row.unit}"


def say_ratio(row: Row) -> str:
    return "" if row.ratio is None else row.beside.format(round_off(row.ratio))


def round_off(value: float) -> str:
    """Three digits: 4520000 as 4,520,000 and 0.13778 as 0.138."""
    if value >= 100:
        digits = len(str(int(value))) - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}"
