"""A program that proves a house again with the rehearsals of an earlier proof: all the rest of it is looked at anew.

`python -m tests.server.prove_again PROOF WORDS…`: the words are those of `upheld`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from upheld.cli.coverage import open_proof
from upheld.cli.main import main
from upheld.core.proof.evidence import REHEARSED
from upheld.server import proof_desk
from upheld.server.rehearsal_desk import Rehearsed


def prove_again(proof: Path, words: list[str]) -> int:
    earlier = open_proof(proof)
    found = {rule.number: one for rule in earlier.rules for one in rule.evidence if one.kind == REHEARSED}

    def rehearse(*_given: Any, **_named: Any) -> Rehearsed:
        return Rehearsed(evidence=dict(found))

    proof_desk.rehearse_all = rehearse
    return main(words)


if __name__ == "__main__":
    sys.exit(prove_again(Path(sys.argv[1]), sys.argv[2:]))
