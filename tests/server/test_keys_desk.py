"""`upheld keys`: the keyring without its keys, new keys in the place of old ones, and what a rotation that broke off leaves."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from tests.actions.stage import TOP_KEY, Cast, binding, cast, databases, now
from tests.courier import lay_out_courier
from tests.web.sites import set_up_django
from upheld.cli import keys as command
from upheld.cli.main import main, make_parser
from upheld.core.errors import SettingError, VaultError
from upheld.core.gate.binding import Binding
from upheld.core.seal.envelope import name_key
from upheld.server.environment import Environment, read_environment

__all__ = ["binding", "cast", "databases", "now"]


@pytest.fixture
def environment(databases: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """A state folder with the top key of these databases in its file."""
    set_up_django()
    from django.conf import settings

    made = replace(read_environment({}), state=tmp_path / "state", policies=lay_out_courier(tmp_path))
    made.state.mkdir()
    write_key(made.state / "top.key", TOP_KEY)
    monkeypatch.setattr(settings, "ENVIRONMENT", made)
    return made


@pytest.fixture
def ask(environment: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> object:
    """The command in this process, with the house already open."""
    from upheld.server import keys_desk

    monkeypatch.setattr(command, "_open_desk", lambda _args: (keys_desk, environment))

    def run(*words: str) -> tuple[int, str]:
        code = main(["keys", *words, "--policies", str(environment.policies)])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def write_key(path: Path, key: bytes) -> Path:
    path.write_text(base64.b64encode(key).decode() + "\n", encoding="ascii")
    return path


def read_file(path: Path) -> bytes:
    return base64.b64decode(path.read_text(encoding="ascii"))


def test_a_site_gets_new_keys_and_its_people_too(ask, cast: Cast, binding: Binding) -> None:  # noqa: ANN001 - a function
    code, told = ask("show")
    assert code == 0
    assert f"top                      {name_key(TOP_KEY)}" in told
    assert f"{binding.site} wrap" in told
    assert "wraps 3 keys of people" in told
    assert base64.b64encode(TOP_KEY).decode() not in told
    code, told = ask("rotate", binding.site)
    assert code == 0
    assert "3 keys of people are under the site key" in told
    assert "stay for an hour" in told
    code, told = ask("reseal", binding.site)
    assert code == 0
    assert "the data of 3 people is sealed with new keys" in told
    assert "4 replaced keys are not destroyed yet" in ask("show")[1]


def test_a_key_that_does_not_open_is_said_by_the_exit_code(ask, cast: Cast, binding: Binding) -> None:  # noqa: ANN001 - the same
    from upheld.records.keyring.models import PersonKey

    PersonKey.objects.filter(person=cast.bo.id).update(wrapped=b"altered")
    code, told = ask("rotate", binding.site)
    assert code == 1
    assert "1 keys do not open" in told


def test_destroyed_keys_are_listed_for_whoever_restores_a_backup(
    ask,  # noqa: ANN001 - the same
    cast: Cast,
    binding: Binding,
    now: datetime,
) -> None:
    from upheld.actions.keys import destroy_person_keys

    assert ask("destroyed", binding.site) == (0, "")
    destroy_person_keys(binding.site, cast.ada.id, now)
    code, told = ask("destroyed", binding.site)
    assert code == 0
    key, person, keep_class, at = told.strip().split("\t")
    assert key.startswith("k_")
    assert (person, at) == (cast.ada.id, "2026-11-20T09:00:00Z")
    assert keep_class == "1095 days after last sign-in"


def test_a_new_top_key_is_drawn_and_the_old_one_kept_beside_it(ask, cast: Cast, environment: Environment) -> None:  # noqa: ANN001 - the same
    from upheld.server.top_key import find_top_key

    code, told = ask("top")
    assert code == 0
    path = environment.state / "top.key"
    new = read_file(path)
    assert new != TOP_KEY
    assert f"{name_key(TOP_KEY)} is replaced by {name_key(new)}" in told
    assert read_file(environment.state / f"top.key.{name_key(TOP_KEY)}") == TOP_KEY
    assert path.stat().st_mode & 0o077 == 0
    assert find_top_key(environment) == new
    assert not (environment.state / "top.key.next").exists()


def test_a_key_of_your_own_may_be_the_new_one(ask, cast: Cast, environment: Environment, tmp_path: Path) -> None:  # noqa: ANN001 - the same
    mine = write_key(tmp_path / "mine.key", bytes(range(32, 64)))
    code, told = ask("top", "--to", str(mine))
    assert code == 0
    assert "start the server with the key of" in told
    assert read_file(environment.state / "top.key") == TOP_KEY  # where it comes from is the operator's to change
    mine.write_text("no key", encoding="ascii")
    assert ask("top", "--to", str(mine))[0] == 2
    assert ask("top", "--to", str(tmp_path / "nothing"))[0] == 2


def test_a_key_from_a_setting_needs_a_new_one_to_be_given(environment: Environment) -> None:
    from upheld.server.keys_desk import rotate_top

    given = replace(environment, top_key=base64.b64encode(TOP_KEY).decode())
    with pytest.raises(SettingError) as refused:
        rotate_top(given, None)
    assert refused.value.code == "S707"


def test_a_rotation_that_broke_off_before_the_file_is_finished(
    environment: Environment, cast: Cast, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    from upheld.actions.keys import LocalTopKey, check_top_key, place_top_key
    from upheld.server import keys_desk

    with monkeypatch.context() as patch:
        patch.setattr(keys_desk, "swap_files", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            keys_desk.rotate_top(environment, None)
    place_top_key(LocalTopKey(read_file(environment.state / "top.key")))
    with pytest.raises(VaultError) as problem:
        check_top_key(now)
    done = keys_desk.finish_top(problem.value)
    assert done.rotated.old == name_key(TOP_KEY)
    place_top_key(LocalTopKey(read_file(environment.state / "top.key")))
    assert check_top_key(now) is False


def test_a_wrong_top_key_is_not_taken_for_a_rotation_that_broke_off(environment: Environment, cast: Cast) -> None:
    from upheld.server.keys_desk import finish_top

    problem = VaultError("V812", "the keyring was made under another one")
    with pytest.raises(VaultError):
        finish_top(problem)
    write_key(environment.state / "top.key.next", bytes(32))
    with pytest.raises(VaultError) as refused:
        finish_top(problem)
    assert refused.value is problem
    assert read_file(environment.state / "top.key") == TOP_KEY


def test_what_broke_off_before_the_keyring_begins_with_the_same_key_again(environment: Environment, cast: Cast) -> None:
    from upheld.server.keys_desk import rotate_top

    drawn = bytes(range(64, 96))
    write_key(environment.state / "top.key.next", drawn)
    assert rotate_top(environment, None).rotated.new == name_key(drawn)


def test_every_deed_has_its_arguments() -> None:
    parser = make_parser()
    assert parser.parse_args(["keys", "rotate", "lasership"]).site == "lasership"
    with pytest.raises(SystemExit):
        parser.parse_args(["keys", "rotate"])
