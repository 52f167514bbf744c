"""The pure library installs without the server's parts, and its commands work there."""

import subprocess
from pathlib import Path

import pytest

from tests.core.proof.invented import COURIER, KEY, invent_bundle
from tests.house.bare import bare, flip, run
from tests.house.files import ROOT
from upheld.core.proof.oscal import write_oscal

POLICY = ROOT / "policies" / "lasership"
LISTS_WHAT_IS_LOADED = """
import sys
import upheld.core, upheld.core.errors, upheld.core.policy.load, upheld.core.policy.lint, upheld.core.policy.compile, upheld.core.gate
print(sorted(name for name in ("django", "granian", "whitenoise") if name in sys.modules))
"""

__all__ = ["bare"]

pytestmark = [pytest.mark.bare, pytest.mark.timeout(300)]


def test_django_is_absent(bare: Path) -> None:
    run(str(bare / "python"), "-c", "import django", code=1)


def test_the_core_is_imported_without_the_server(bare: Path) -> None:
    assert run(str(bare / "python"), "-c", LISTS_WHAT_IS_LOADED).strip() == "[]"


def test_the_types_are_shipped(bare: Path) -> None:
    shipped = "import upheld, pathlib; print((pathlib.Path(upheld.__file__).parent / 'py.typed').exists())"
    assert run(str(bare / "python"), "-c", shipped).strip() == "True"


def test_help_works(bare: Path) -> None:
    assert "check" in run(str(bare / "upheld"), "--help")


def test_a_policy_is_checked(bare: Path) -> None:
    run(str(bare / "upheld"), "check", str(POLICY))


def test_a_bundle_for_an_auditor_verifies_and_a_flipped_byte_fails_it(bare: Path, tmp_path: Path) -> None:
    raw, file = invent_bundle(COURIER.read_text(encoding="utf-8")), tmp_path / "bundle.json"
    asked = ("--key", KEY, "--policy", str(COURIER))
    for written in (raw, write_oscal(raw)):
        file.write_bytes(written)
        printed = run(str(bare / "upheld"), "verify", str(file), *asked)
        assert printed.startswith("verified: what each sentence of `lasership` 2016-10-03 came to")
        assert "with the same outcome" in printed
        flip(bare, file, (0, len(written) // 3, len(written) // 2, len(written) - 1), *asked)


def test_serving_says_what_is_missing(bare: Path) -> None:
    done = subprocess.run([str(bare / "upheld"), "serve"], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "upheld[server]" in done.stderr
