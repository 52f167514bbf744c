"""The pure library installs without the server's parts, and its commands work there."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.house.files import ROOT

POLICY = ROOT / "policies" / "lasership"
LISTS_WHAT_IS_LOADED = """
import sys
import upheld.core, upheld.core.errors, upheld.core.policy.load, upheld.core.policy.lint, upheld.core.policy.compile, upheld.core.gate
print(sorted(name for name in ("django", "granian", "whitenoise") if name in sys.modules))
"""

pytestmark = [pytest.mark.bare, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with the wheel and requirements/base.txt, and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder / "dist"), str(ROOT)]
    run(*build)
    (wheel,) = (folder / "dist").glob("*.whl")
    venv.create(folder / "environment", with_pip=True, symlinks=True)
    programs = folder / "environment" / "bin"
    pip = [str(programs / "pip"), "--disable-pip-version-check", "install", "--quiet"]
    run(*pip, "--require-hashes", "--requirement", str(ROOT / "requirements/base.txt"))
    run(*pip, "--no-deps", str(wheel))
    return programs


def run(*command: str, code: int = 0) -> str:
    """The output of a command that ends with the given code, run away from the source tree's imports."""
    done = subprocess.run(
        command, cwd=Path(command[0]).parent, check=False, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


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


def test_serving_says_what_is_missing(bare: Path) -> None:
    done = subprocess.run([str(bare / "upheld"), "serve"], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "upheld[server]" in done.stderr
