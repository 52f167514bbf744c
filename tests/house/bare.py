"""An environment with the pure library and nothing else, as an auditor has it; made once in a run, for all who ask."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.house.files import ROOT

_made: list[Path] = []


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with the wheel and requirements/base.txt, and nothing else."""
    if not _made:  # a fixture that two files take is set up for each of them
        _made.append(make_bare(tmp_path_factory.mktemp("bare")))
    return _made[0]


def make_bare(folder: Path) -> Path:
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


def flip(programs: Path, file: Path, places: tuple[int, ...], *asked: str) -> None:
    """No file in which one bit at one of these places was turned round verifies; it is said so in words. Puts the file back."""
    written = file.read_bytes()
    for place in places:
        file.write_bytes(bytes([*written[:place], written[place] ^ 1, *written[place + 1 :]]))
        command = (str(programs / "upheld"), "verify", str(file), *asked)
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode in (1, 2), place
        assert "Traceback" not in done.stderr
    file.write_bytes(written)
