"""Starting the server: refused with a reason before a port opens, and answered by a real process once it is open."""

import http.client
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.sites import MADE_UP

START = """
import sys
from pathlib import Path
from upheld.core.errors import SettingError
from upheld.server.run import serve
try:
    serve(policies_folder=Path(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), prefix_mode=sys.argv[4] == "yes",
          state_folder=Path(sys.argv[3]), announce=lambda line: print(line, flush=True))
except SettingError as error:
    sys.exit(f"{error.code} {error.text} | {error.hint}")
"""


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(policies: Path, port: int, state: Path, prefix: str = "no", **variables: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("UPHELD_", "DJANGO_"))}
    command = [sys.executable, "-c", START, str(policies), str(port), str(state), prefix]
    return subprocess.Popen(
        command,
        env=clean | {"UPHELD_PROOFS": "no"} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=state.parent,
    )


def refuse(policies: Path, port: int, state: Path, **variables: str) -> str:
    process = start(policies, port, state, **variables)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in said
    return said


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path, subprocess.Popen[str]]]:
    tmp_path = tmp_path_factory.mktemp("served")
    port = find_port()
    process = start(MADE_UP, port, tmp_path / "var", "yes")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield port, tmp_path, process
    process.terminate()
    process.communicate(timeout=30)


def fetch(port: int, path: str, host: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Host": host} | headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
            return answer.status, dict(answer.headers.items()), answer.read()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, dict(answer.headers.items()), answer.read()


def test_it_works(server: tuple[int, Path, subprocess.Popen[str]]) -> None:
    port, folder, process = server
    status, headers, body = fetch(port, "/privacy", f"lantern.localhost:{port}")
    assert status == 200
    assert b"for two years" in body
    assert int(headers["content-length"]) == len(body)
    names = {name.lower() for name in headers}
    assert "content-security-policy" in names
    assert "set-cookie" not in names
    assert "python" not in headers.get("server", "").lower()
    assert fetch(port, "/at/lantern/privacy", "127.0.0.1")[0] == 200
    assert fetch(port, "/", "stranger.example")[0] == 421
    assert fetch(port, "/privacy", "lantern.localhost", **{"If-None-Match": headers["etag"]})[0] == 304
    assert (folder / "var" / "last-good" / "lantern" / "2021-05-04.policy.md").is_file()
    state = {entry.name: entry for entry in (folder / "var").iterdir()}
    assert {"last-good", "static", "top.key", "upheld.sqlite3", "keys.sqlite3"} <= state.keys()
    assert all(entry.stat().st_mode & 0o077 == 0 for entry in state.values())
    assert process.stdout is not None
    announced = []
    while not announced or announced[-1][:1] != ["lantern"]:
        announced.append(process.stdout.readline().split())
    assert announced[0] == ["top", "key", "drawn", "into", str(state["top.key"])]
    assert [line[1] for line in announced if line[0] == "database"] == ["keys:", "data:"]
    assert announced[-2] == ["overview", f"http://localhost:{port}/"]
    assert announced[-1] == ["lantern", f"http://127.0.0.1:{port}/at/lantern/"]


def test_visitors_who_keep_their_connection_open_shut_nobody_out(
    server: tuple[int, Path, subprocess.Popen[str]],
) -> None:
    port = server[0]
    kept = []
    for _ in range(24):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/", headers={"Host": "localhost"})
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()
        kept.append(connection)
    for connection in kept:
        connection.close()


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refuse(tmp_path / "nowhere", find_port(), tmp_path / "var").startswith("S704 there is no folder")


def test_a_folder_without_a_policy_that_loads_is_refused(tmp_path: Path) -> None:
    (tmp_path / "policies" / "broken").mkdir(parents=True)
    (tmp_path / "policies" / "broken" / "2020-01-01.policy.md").write_text("nothing", encoding="utf-8")
    said = refuse(tmp_path / "policies", find_port(), tmp_path / "var")
    assert "S704" in said
    assert "`upheld check`" in said


def test_an_address_that_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert refuse(MADE_UP, taken.getsockname()[1], tmp_path / "var").startswith("S705 cannot listen on 127.0.0.1")


def test_a_state_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file", encoding="utf-8")
    assert refuse(MADE_UP, find_port(), tmp_path / "var").startswith("S703")


def test_an_unknown_setting_is_refused(tmp_path: Path) -> None:
    assert refuse(MADE_UP, find_port(), tmp_path / "var", UPHELD_PROT="1").startswith("S701")
