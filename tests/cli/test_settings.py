"""Options and settings: what is given on the command line wins, what is not is left to the environment."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from upheld.cli import settings
from upheld.cli.main import main, make_parser
from upheld.server import run as running
from upheld.server.doctor import find_environment
from upheld.server.environment import SETTINGS, Environment

PLACES = {"UPHELD_STATE": "kept/here", "UPHELD_POLICIES": "kept/policies"}
LISTENING = {"UPHELD_ADDRESS": "::1", "UPHELD_PORT": "9123", "UPHELD_PREFIX_MODE": "yes", "UPHELD_TLS": "yes"}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting that a test before this one has left."""
    for name in [name for name in os.environ if name.startswith("UPHELD_")]:
        monkeypatch.delenv(name)


class Started(Exception):  # noqa: N818 - no error: it ends a start where the settings are known
    """A start that came as far as its settings."""


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Starts the server with these options and gives the settings that it would take."""
    monkeypatch.chdir(tmp_path)
    seen: list[Environment] = []

    def stop(environment: Environment, *_: object) -> None:
        seen.append(environment)
        raise Started

    monkeypatch.setattr(running, "prepare", stop)
    monkeypatch.setattr(running, "refuse_taken_address", lambda *_: None)

    def run(*words: str, **variables: str) -> Environment:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(Started):
            main(list(words))
        return seen[-1]

    return run


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_what_no_option_is_given_for_is_left_to_the_environment(start, command: str, tmp_path: Path) -> None:  # noqa: ANN001 - a function
    found = start(command, **PLACES, **LISTENING)
    assert (found.state, found.policies) == (tmp_path / "kept/here", tmp_path / "kept/policies")
    assert (found.address, found.port, found.prefix_mode, found.tls) == ("::1", 9123, True, True)


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_an_option_that_is_given_wins(start, command: str, tmp_path: Path) -> None:  # noqa: ANN001 - the same
    words = (command, "--state", "other", "--policies", "more", "--host", "127.0.0.2", "--port", "9124")
    found = start(*words, **PLACES, **LISTENING)
    assert (found.state, found.policies) == (tmp_path / "other", tmp_path / "more")
    assert (found.address, found.port) == ("127.0.0.2", 9124)


def test_with_neither_the_defaults_stand(start, tmp_path: Path) -> None:  # noqa: ANN001 - the same
    found = start("serve")
    assert (found.state, found.policies) == (tmp_path / "var", tmp_path / "policies")
    assert (found.address, found.port, found.prefix_mode, found.tls) == ("127.0.0.1", 8000, False, False)


@pytest.mark.parametrize(
    "words",
    [
        ("staff", "list"),
        ("keys", "show"),
        ("ledger", "verify"),
        ("ledger", "key", "shop"),
        ("ledger", "restored", "shop"),
        ("keys", "rotate", "shop"),
        ("jobs",),
    ],
)
def test_commands_beside_a_server_find_its_folders(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kept/policies/shop").mkdir(parents=True)
    (tmp_path / "kept/policies/shop/2026-01-01.policy.md").write_text("", encoding="utf-8")
    (tmp_path / "given").mkdir()
    for name, value in PLACES.items():
        monkeypatch.setenv(name, value)
    # nothing is held in either folder, and the error names the one that was looked into
    assert main(list(words)) == 2
    assert f"nothing is held in `{tmp_path / 'kept/here'}`" in capsys.readouterr().err
    assert main([*words, "--state", "given"]) == 2
    assert f"nothing is held in `{tmp_path / 'given'}`" in capsys.readouterr().err


def test_the_doctor_looks_at_what_the_server_would_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {**PLACES, **LISTENING}.items():
        monkeypatch.setenv(name, value)
    args = make_parser().parse_args(["doctor"])
    found = find_environment(policies=args.policies, state=args.state, host=args.host, tls=args.tls)
    assert (found.state, found.address, found.tls) == (tmp_path / "kept/here", "::1", True)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "eighty", "٨٠"])
def test_a_port_that_is_none_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", f"--port={port}"])
    assert ended.value.code == 2
    assert "from 1 to 65535" in capsys.readouterr().err


def test_the_help_tells_the_defaults_of_the_settings() -> None:
    told = re.findall(
        r"`UPHELD_(\w+)`, or (\S+)", f"{settings.ADDRESS} {settings.PORT} {settings.STATE} {settings.POLICIES}"
    )
    defaults = {setting.name: setting.default for setting in SETTINGS}
    assert dict(told) == {name: defaults[name] for name in ("ADDRESS", "PORT", "STATE", "POLICIES")}
