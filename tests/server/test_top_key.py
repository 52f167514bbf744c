"""Where the top key comes from, that it is drawn only where nothing is held, and that OpenBao never gives its own out."""

import base64
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.server.bao import TOKEN, Bao, run_bao
from upheld.core.errors import SealError, SettingError
from upheld.core.seal.envelope import KEY_BYTES
from upheld.server.environment import Environment, read_environment
from upheld.server.openbao import OpenBaoTopKey
from upheld.server.top_key import draw_top_key, find_signing_key, find_top_key

KEY = bytes(range(32))
TEXT = base64.b64encode(KEY).decode()


def environment_at(state: Path, **variables: str) -> Environment:
    return read_environment({"UPHELD_STATE": str(state), **variables})


def refuse(environment: Environment) -> SettingError:
    with pytest.raises(SettingError) as caught:
        find_top_key(environment)
    return caught.value


@pytest.fixture(scope="module")
def running() -> Iterator[Bao]:
    with run_bao() as bao:
        yield bao


@pytest.fixture
def bao(running: Bao) -> Bao:
    running.asked.clear()
    running.is_sealed = False
    return running


def test_it_works(tmp_path: Path) -> None:
    environment = environment_at(tmp_path)
    assert find_top_key(environment) is None
    assert draw_top_key(environment, KEY)
    assert find_top_key(environment) == KEY
    assert (tmp_path / "top.key").stat().st_mode & 0o777 == 0o600


def test_a_key_from_a_setting_goes_before_the_file(tmp_path: Path) -> None:
    draw_top_key(environment_at(tmp_path), bytes(32))
    assert find_top_key(environment_at(tmp_path, UPHELD_TOP_KEY=TEXT)) == KEY
    (tmp_path / "given").write_text(f"{TEXT}\n", encoding="ascii")
    assert find_top_key(environment_at(tmp_path, UPHELD_TOP_KEY_FILE=str(tmp_path / "given"))) == KEY


def test_two_starts_at_once_end_with_one_key(tmp_path: Path) -> None:
    environment = environment_at(tmp_path)
    assert draw_top_key(environment, KEY)
    assert not draw_top_key(environment, bytes(32))
    assert find_top_key(environment) == KEY
    assert [entry.name for entry in tmp_path.iterdir()] == ["top.key"]


@pytest.mark.parametrize("text", ["short", "", "A" * 44, base64.b64encode(b"x" * 31).decode(), "*" * 44])
def test_a_key_that_is_none_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    (tmp_path / "top.key").write_text(text, encoding="ascii")
    problem = refuse(environment_at(tmp_path))
    assert problem.code == "S702"
    assert len(text) < 5 or text not in f"{problem.text} {problem.hint}"


def test_a_key_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "top.key").mkdir()
    assert refuse(environment_at(tmp_path)).code == "S707"


@pytest.mark.parametrize(("file", "table"), [("keys.sqlite3", "keyring_topkey"), ("upheld.sqlite3", "records_item")])
def test_no_key_is_drawn_where_data_is_held(tmp_path: Path, file: str, table: str) -> None:
    with closing(sqlite3.connect(tmp_path / file)) as connection:
        connection.execute(f"CREATE TABLE {table} (id)")
        connection.commit()
        assert draw_top_key(environment_at(tmp_path), KEY)  # tables alone hold nothing
        (tmp_path / "top.key").unlink()
        connection.execute(f"INSERT INTO {table} VALUES (1)")
        connection.commit()
    with pytest.raises(SettingError) as caught:
        draw_top_key(environment_at(tmp_path), KEY)
    assert caught.value.code == "S707"
    assert "top.key" in str(caught.value.hint)
    assert not (tmp_path / "top.key").exists()


def test_links_are_signed_the_same_after_every_start(tmp_path: Path) -> None:
    environment = environment_at(tmp_path)
    assert find_signing_key(environment) is None
    draw_top_key(environment, KEY)
    first = find_signing_key(environment)
    assert first == find_signing_key(environment)
    assert first is not None
    assert len(first) >= 50
    assert TEXT not in first
    assert KEY.hex() not in first
    given = environment_at(tmp_path, UPHELD_SECRET_KEY="g" * 40)
    assert find_signing_key(given) == "g" * 40


def reach(bao: Bao, state: Path, token: str = TOKEN, key: str = "upheld") -> object:
    return find_top_key(
        environment_at(state, UPHELD_OPENBAO_ADDRESS=bao.address, UPHELD_OPENBAO_TOKEN=token, UPHELD_OPENBAO_KEY=key)
    )


def test_openbao_wraps_and_opens(tmp_path: Path, bao: Bao) -> None:
    holder = reach(bao, tmp_path)
    assert isinstance(holder, OpenBaoTopKey)
    wrapped = holder.wrap(KEY, "lantern\nwrap")
    assert KEY not in wrapped
    assert holder.unwrap(wrapped, "lantern\nwrap") == KEY
    assert len(holder.name) == 16
    assert holder.derive("a") == holder.derive("a") != holder.derive("b")
    assert len(holder.derive("a")) == KEY_BYTES
    assert TOKEN not in repr(holder)
    assert list(tmp_path.iterdir()) == []  # nothing of it lies here


def test_openbao_does_not_open_what_was_bound_to_another_context_or_altered(tmp_path: Path, bao: Bao) -> None:
    holder = reach(bao, tmp_path)
    assert isinstance(holder, OpenBaoTopKey)
    wrapped = holder.wrap(KEY, "lantern\nwrap")
    for sealed, context in (
        (wrapped, "other\nwrap"),
        (wrapped[:-8] + b"AAAAAAA=", "lantern\nwrap"),
        (b"\x01 by a key of a file", "lantern\nwrap"),
        (b"vault:v1:\xff", "lantern\nwrap"),
    ):
        with pytest.raises(SealError) as caught:
            holder.unwrap(sealed, context)
        assert caught.value.code == "V802"


def test_another_transit_key_has_another_name_and_opens_nothing(tmp_path: Path, bao: Bao) -> None:
    bao.keys["other"] = os.urandom(32)
    one, other = reach(bao, tmp_path), reach(bao, tmp_path, key="other")
    assert isinstance(one, OpenBaoTopKey)
    assert isinstance(other, OpenBaoTopKey)
    assert one.name != other.name
    with pytest.raises(SealError):
        other.unwrap(one.wrap(KEY, "x"), "x")


def test_openbao_that_is_sealed_gone_or_refuses_the_token_stops_the_start(tmp_path: Path, bao: Bao) -> None:
    for token, is_sealed in (("wrong", False), (TOKEN, True)):
        bao.is_sealed = is_sealed
        with pytest.raises(SettingError) as caught:
            reach(bao, tmp_path, token=token)
        assert caught.value.code == "S710"
        assert TOKEN not in f"{caught.value.text} {caught.value.hint}"
    with pytest.raises(SettingError) as caught:
        reach(Bao(address="http://127.0.0.1:9"), tmp_path)
    assert caught.value.code == "S710"


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"UPHELD_OPENBAO_ADDRESS": "http://bao.example:8200", "UPHELD_OPENBAO_TOKEN": "t"}, "S703"),
        ({"UPHELD_OPENBAO_ADDRESS": "https://bao.example:8200"}, "S702"),
        ({"UPHELD_OPENBAO_ADDRESS": "https://b.example", "UPHELD_OPENBAO_TOKEN": "t", "UPHELD_TOP_KEY": TEXT}, "S702"),
    ],
)
def test_an_openbao_that_would_be_unsafe_is_refused(variables: dict[str, str], code: str) -> None:
    with pytest.raises(SettingError) as caught:
        read_environment(variables)
    assert caught.value.code == code
