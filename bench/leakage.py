"""What a blind index gives away: a frequency attack on the table, with and without its key, by whoever has a copy of it.

`python -m bench.leakage` prints a table. The people are invented, the frequencies are of the kind that public lists have:
few providers hold most addresses, few zip codes most customers, few names most people (Zipf's law, exponent 1).
"""

from __future__ import annotations

import random
import secrets
from collections import Counter
from dataclasses import dataclass

from upheld.core.seal.index import index_identifier

PEOPLE = 20_000
SITE, OTHER_SITE = "courier", "lantern"
SEED = 2016
# What the attacker knows beforehand: the most likely values of each kind, the likeliest first, and nothing of anybody.
ZIPS, DOMAINS, NAMES, FIRMS = 400, 60, 2_000, 300
SHARE_AT_WORK = 0.1


@dataclass(frozen=True, slots=True)
class Attack:
    """How many of the people's values an attacker got right, and how many by answering the likeliest one for everybody."""

    what: str
    tried: int
    right: int
    blind: int


def invent_values(chance: random.Random, kinds: int, count: int, name: str) -> list[str]:
    """So many values out of so many kinds, the first the likeliest."""
    weights = [1 / (rank + 1) for rank in range(kinds)]
    return [f"{name}{number}" for number in chance.choices(range(kinds), weights, k=count)]


def attack_by_frequency(digests: list[bytes], values: list[str], known: list[str]) -> int:
    """How many values are right when the most frequent digest is taken for the likeliest value, and so on down."""
    guesses = dict(zip((digest for digest, _ in Counter(digests).most_common()), known, strict=False))
    return sum(guesses.get(digest) == value for digest, value in zip(digests, values, strict=True))


def attack_with_key(key: bytes, kind: str, digests: list[bytes], guesses: list[str]) -> int:
    """How many people are found by whoever has the key and guesses values: this is what the index is for."""
    table = set(digests)
    return sum(index_identifier(key, SITE, kind, guess) in table for guess in guesses)


def run_attacks(people: int = PEOPLE) -> tuple[Attack, ...]:
    """Each attack on a table of its own."""
    chance, key = random.Random(SEED), secrets.token_bytes(32)
    found = []
    names = invent_values(chance, NAMES, people, "name")
    domains = invent_values(chance, DOMAINS, people, "host")
    # Upheld indexes whole addresses and numbers, each of which belongs to one person.
    addresses = [f"{p}.{n}@{d}.example" for n, (p, d) in enumerate(zip(names, domains, strict=True))]
    chance.shuffle(addresses)  # the order of the rows says nothing about the numbers in them
    digests = [index_identifier(key, SITE, "email", address) for address in addresses]
    likely = [f"name0.{n}@host0.example" for n in range(people)]
    found.append(Attack("whole addresses, by frequency", people, attack_by_frequency(digests, addresses, likely), 1))
    guessed = attack_with_key(bytes(32), "email", digests, addresses)
    found.append(Attack("whole addresses, guessed with another key", people, guessed, 0))
    guessed = attack_with_key(key, "email", digests, addresses)
    found.append(Attack("whole addresses, guessed with the key", people, guessed, 0))
    other = {index_identifier(key, OTHER_SITE, "email", address) for address in addresses}
    found.append(Attack("the same person at two sites", people, len(other & set(digests)), 0))
    # A number that several people give, such as that of their place of work, is one digest in several rows.
    firms = invent_values(chance, FIRMS, people, "+1555020")
    numbers = [firm if chance.random() < SHARE_AT_WORK else f"+1555{n:07d}" for n, firm in enumerate(firms)]
    digests = [index_identifier(key, SITE, "phone", number) for number in numbers]
    known = [f"+1555020{number}" for number in range(FIRMS)]
    found.append(
        Attack("telephone numbers, one in ten of a firm", people, attack_by_frequency(digests, numbers, known), 1)
    )
    # What it does not index, and why: parts that many people share.
    for what, values, kinds, name in (
        ("zip codes, were they indexed", invent_values(chance, ZIPS, people, "zip"), ZIPS, "zip"),
        ("hosts of addresses, were they indexed", domains, DOMAINS, "host"),
        ("names, were they indexed", names, NAMES, "name"),
    ):
        digests = [index_identifier(key, SITE, "plain", value) for value in values]
        known = [f"{name}{number}" for number in range(kinds)]
        likeliest = Counter(values).most_common(1)[0][1]
        found.append(Attack(what, people, attack_by_frequency(digests, values, known), likeliest))
    return tuple(found)


def main() -> None:
    """Prints what each attack recovered."""
    print(f"{PEOPLE:,} invented people; the attacker has the table and a list of likely values, the likeliest first\n")
    print(f"{'':44}{'right':>12}{'by chance':>12}")
    for attack in run_attacks():
        share, blind = attack.right / attack.tried, attack.blind / attack.tried
        print(f"{attack.what:44}{share:>12.1%}{blind:>12.1%}")


if __name__ == "__main__":
    main()
