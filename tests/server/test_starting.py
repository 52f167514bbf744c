"""What stands before the first request: https, the right top key, databases up to date, and every process ends with the first."""

import base64
import dataclasses
import http.client
import os
import signal
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import COURIER, TOP_KEY
from tests.server.test_serving import find_port, start
from tests.web.sites import MADE_UP, set_up_django
from upheld.core.errors import SettingError, UpheldError
from upheld.core.seal.envelope import name_key
from upheld.server.environment import Environment, read_environment

NOW = datetime(2026, 5, 4, tzinfo=UTC)


def wait_for(is_so: Callable[[], bool], seconds: float = 40) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if is_so():
            return True
        time.sleep(0.1)
    return False


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def list_descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [int(child) for child in children] + [below for child in children for below in list_descendants(int(child))]


def is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return False


def test_it_works_with_https_and_no_process_outlives_a_killed_server(tmp_path: Path) -> None:
    port, state = find_port(), tmp_path / "var"
    process = start(MADE_UP, port, state, UPHELD_TLS="yes")
    try:
        assert wait_for(lambda: is_listening(port) or process.poll() is not None)
        trusted = ssl.create_default_context(cafile=state / "tls" / "authority.pem")
        asked = urllib.request.Request(f"https://127.0.0.1:{port}/privacy", headers={"Host": "lantern.localhost"})
        with urllib.request.urlopen(asked, context=trusted, timeout=20) as answer:  # noqa: S310 - our own address
            assert answer.status == 200
            assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
        with pytest.raises((OSError, http.client.HTTPException)):  # plain http is not spoken there
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20)
        below = list_descendants(process.pid)
        assert below
    finally:
        process.send_signal(signal.SIGKILL)
        said, told = process.communicate(timeout=30)
    assert f"authority  {state / 'tls' / 'authority.pem'} is made" in said, told
    assert f"https://lantern.localhost:{port}/" in said
    assert wait_for(lambda: not any(map(is_running, below)), 20)
    assert wait_for(lambda: not is_listening(port), 20)


@pytest.fixture
def opened() -> Any:
    """A shelf with the courier, who has people sign in, and one with the workshop, who has not."""
    set_up_django()
    from upheld.web.shelf import Shelf

    def open_one(policies: Path) -> Any:
        return Shelf(policies, Path(os.environ["UPHELD_STATE"]) / "shelf-of-a-test")

    return open_one


@pytest.mark.parametrize(
    ("variables", "is_let"),
    [
        ({}, True),
        ({"UPHELD_ADDRESS": "localhost"}, True),
        ({"UPHELD_ADDRESS": "0.0.0.0"}, False),  # noqa: S104 - it is refused
        ({"UPHELD_ADDRESS": "::"}, False),
        ({"UPHELD_ADDRESS": "192.0.2.1", "UPHELD_HTTPS": "yes"}, False),
        ({"UPHELD_ADDRESS": "192.0.2.1", "UPHELD_TLS": "yes"}, True),
        ({"UPHELD_ADDRESS": "192.0.2.1", "UPHELD_PROXY": "10.0.0.0/8"}, True),
    ],
)
def test_nobody_signs_in_over_a_line_that_others_can_read(opened: Any, variables: dict[str, str], is_let: bool) -> None:
    from upheld.server.run import refuse_plain_sign_in

    environment = read_environment(variables)
    refuse_plain_sign_in(environment, opened(MADE_UP))  # where nobody signs in, plain http may be
    if is_let:
        refuse_plain_sign_in(environment, opened(COURIER.parent))
        return
    with pytest.raises(SettingError) as caught:
        refuse_plain_sign_in(environment, opened(COURIER.parent))
    assert caught.value.code == "S703"
    assert "--tls" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({}, "http://lantern.localhost:8000/"),
        ({"UPHELD_TLS": "yes"}, "https://lantern.localhost:8000/"),
        ({"UPHELD_PROXY": "10.0.0.1"}, "https://lantern.localhost/"),
    ],
)
def test_the_addresses_told_are_those_that_open(opened: Any, variables: dict[str, str], address: str) -> None:
    from upheld.server.run import list_addresses

    assert list_addresses(opened(MADE_UP), read_environment(variables))[-1].split()[-1] == address


def environment_at(state: Path, **variables: str) -> Environment:
    return read_environment({"UPHELD_STATE": str(state), **variables})


def test_the_wrong_top_key_is_refused_and_both_are_named(databases: Any, tmp_path: Path) -> None:
    from upheld.server.opening import open_vault

    wrong = bytes(reversed(TOP_KEY))
    with pytest.raises(UpheldError) as caught:
        open_vault(environment_at(tmp_path, UPHELD_TOP_KEY=base64.b64encode(wrong).decode()), NOW)
    assert caught.value.code == "V812"
    assert name_key(TOP_KEY) in caught.value.text
    assert name_key(wrong) in caught.value.text
    assert wrong.hex() not in str(caught.value)
    assert not open_vault(environment_at(tmp_path, UPHELD_TOP_KEY=base64.b64encode(TOP_KEY).decode()), NOW)


def test_without_a_top_key_the_vault_stays_shut(databases: Any, tmp_path: Path) -> None:
    from upheld.server.opening import open_vault

    with pytest.raises(SettingError) as caught:
        open_vault(environment_at(tmp_path), NOW)
    assert caught.value.code == "S707"


def test_a_vault_under_openbao_opens_again_and_not_under_another_key(databases: Any, tmp_path: Path) -> None:
    from tests.server.bao import TOKEN, run_bao
    from upheld.actions.keys import find_site_key, place_top_key
    from upheld.records.keyring.models import TopKey
    from upheld.server.opening import open_vault

    TopKey.objects.all().delete()
    with run_bao() as bao:
        given = {"UPHELD_OPENBAO_ADDRESS": bao.address, "UPHELD_OPENBAO_TOKEN": TOKEN}
        assert open_vault(environment_at(tmp_path, **given), NOW)
        key = find_site_key("lasership", "wrap", NOW)
        place_top_key(None)
        assert not open_vault(environment_at(tmp_path, **given), NOW)
        assert find_site_key("lasership", "wrap", NOW) == key
        bao.keys["other"] = bytes(32)
        with pytest.raises(UpheldError) as caught:
            open_vault(environment_at(tmp_path, UPHELD_OPENBAO_KEY="other", **given), NOW)
        assert caught.value.code == "V812"


def test_databases_are_brought_up_to_date_once_and_told_of(databases: Any, tmp_path: Path) -> None:
    from upheld.server.migrating import bring_up_to_date

    told: list[str] = []
    assert bring_up_to_date(environment_at(tmp_path), told.append) == 0
    assert told == []


def test_the_settings_reach_every_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from upheld.server.run import hand_over

    secret = tmp_path / "secret"
    secret.write_text("x" * 40, encoding="ascii")
    before = {name: value for name, value in os.environ.items() if name.startswith(("UPHELD_", "DJANGO_"))}
    for name in before:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UPHELD_SECRET_KEY_FILE", str(secret))
    environment = dataclasses.replace(read_environment(os.environ), port=9999, tls=True)
    hand_over(environment)
    try:
        assert read_environment(os.environ) == environment
        assert "UPHELD_SECRET_KEY" not in os.environ
    finally:
        for name in [name for name in os.environ if name.startswith(("UPHELD_", "DJANGO_"))]:
            del os.environ[name]
        os.environ.update(before)


def test_the_companion_is_started_again_and_ends_when_told(tmp_path: Path) -> None:
    import sys

    from upheld.server.companion import Companion

    mark, told = tmp_path / "starts", []
    script = f"import time; open({str(mark)!r}, 'a').write('x'); time.sleep(0 if len(open({str(mark)!r}).read()) < 2 else 60)"
    companion = Companion((sys.executable, "-c", script), os.environ, told.append)
    assert wait_for(lambda: mark.is_file() and len(mark.read_text(encoding="ascii")) == 2)
    process = companion.process
    companion.stop()
    assert process.poll() is not None
    assert told == ["the jobs ended by themselves with code 0; they start again"]
