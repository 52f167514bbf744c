"""The 87 vague wordings of the sources are known, each with what settles it, and no policy of ours leaves one open."""

import json
import re
from pathlib import Path

import pytest

from upheld.core.policy.lint import lint_policy
from upheld.core.policy.lint.vague import BY_WORD, VAGUE, find_vague, say_settling
from upheld.core.policy.load import load_policy

POLICIES = Path(__file__).parents[3] / "policies"


def test_all_87_are_there_and_each_is_settled_by_a_parameter() -> None:
    assert [one.id for one in VAGUE] == [f"V-{number:02}" for number in range(1, 88)]
    for one in VAGUE:
        assert one.settles, one.id
        assert one.default, one.id
        assert re.fullmatch(r"[a-z][a-z-]*", one.parameter), one.id
        assert all(1 <= len(word.split()) <= 6 for word in one.words), one.id


def test_each_wording_is_found_in_a_sentence_and_says_what_to_settle() -> None:
    for word, meant in BY_WORD.items():
        found = find_vague(f"We {word.upper()}, for you.").lower()
        assert found == word
        assert meant[0].id in say_settling(found)
    assert not find_vague("Uncertain etchings, immediate as sooty selection.")  # only whole words count


@pytest.mark.parametrize(
    "path", sorted(POLICIES.glob("*/*.policy.md")), ids=lambda path: f"{path.parent.name}-{path.name[:10]}"
)
def test_no_policy_of_ours_leaves_one_open(path: Path) -> None:
    assert [str(finding) for finding in lint_policy(load_policy(path)) if finding.code == "P307"] == []


def test_explain_says_what_settles_one(capsys: pytest.CaptureFixture[str]) -> None:
    from upheld.cli.main import main

    assert main(["explain", "v-27"]) == 0
    assert "“at any time”" in capsys.readouterr().out
    assert main(["explain", "V-27", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameter"] == "self-service"
    assert main(["explain", "V-88"]) == 2
    assert "V-87" in capsys.readouterr().err
