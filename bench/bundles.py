"""A bundle of a thousand proofs, verified as an auditor does: `python -m bench.bundles` prints its part alone."""

from __future__ import annotations

from collections.abc import Iterator

from bench.clock import Row, time_rounds
from bench.sheet import say_ratio, say_value
from tests.core.proof.invented import COURIER, KEY, SMALL, House, invent_bundle
from upheld.core.gate import Gate
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.load import parse_policy
from upheld.core.proof.formally import show_formally
from upheld.core.proof.oscal import write_oscal
from upheld.core.proof.verifying import verify_bundle

PART = "a bundle of proofs"
RULES, LINES, STEPS = 1_000, 3, 5
MOST_SECONDS = 2.0


def measure_bundles() -> Iterator[Row]:
    """A bundle of a thousand rules without the check of all cases; that check apart, on the courier's policy."""
    house = House(parse_policy(write_policy(RULES)))
    raw = house.bundle(house.prove(house.invent_evidence(LINES, steps=STEPS, is_formal=False)))
    found = verify_bundle(raw, KEY, checks_cases=False)
    rules, lines = len(found.proof.rules), found.lines
    seconds = time_rounds(lambda: verify_bundle(raw, KEY, checks_cases=False))
    yield Row(
        PART,
        f"{rules:,} proofs with {lines:,} lines verified, all but the cases",
        seconds,
        "s",
        target=f"{MOST_SECONDS:.0f} s",
        is_reached=seconds <= MOST_SECONDS,
    )
    yield Row(PART, "the size of that file", float(len(raw)), "B")
    yield Row(PART, "written from it as OSCAL", time_rounds(lambda: write_oscal(raw)), "s")
    courier = parse_policy(COURIER.read_text(encoding="utf-8"))
    gate = Gate(compile_policy(courier))
    yield Row(PART, "all cases of the courier's rules checked again", time_rounds(lambda: show_formally(gate, "")), "s")
    own = invent_bundle(courier.text, LINES)
    yield Row(PART, "the courier's bundle verified whole", time_rounds(lambda: verify_bundle(own, KEY)), "s")


def write_policy(rules: int) -> str:
    """A policy of so many rules: the same ten under as many headings as that takes."""
    front, heading, body = SMALL.partition("# What we promise")
    count = len(parse_policy(SMALL).active_rules)
    return front + "\n\n".join(f"{heading} {number}{body.rstrip()}" for number in range(rules // count)) + "\n"


def main() -> None:
    """Prints every row as it comes."""
    for row in measure_bundles():
        print(f"{row.what}\n    {say_value(row)}  {say_ratio(row)}  {row.target}", flush=True)


if __name__ == "__main__":
    main()
