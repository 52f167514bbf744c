"""The invented visitor by the settings: where mails to them are read, who they are, how they are stopped, what a machine lacks."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import open_courier
from tests.courier import lay_out_courier
from tests.web.sites import set_up_django
from upheld.core.errors import SettingError
from upheld.server.environment import read_environment
from upheld.server.visitor import beside
from upheld.server.visitor.browser import NoBrowser, open_browser
from upheld.server.visitor.plan import invent_person, invent_values, make_plan
from upheld.server.visitor.post import open_post
from upheld.server.visitor.walk import skip_all

ADDRESS = "visitor+11@shop.example"
LINK = "https://shop.example/stop/abcdefgh"


def lay_down(folder: Path, name: str, to: str, text: str) -> Path:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = to, "a message"
    mail.set_content(text)
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / name
    place.write_bytes(mail.as_bytes())
    return place


def test_mails_are_read_in_the_folder_they_go_to_and_only_those_to_the_visitor_are_thrown_away(tmp_path: Path) -> None:
    post = open_post(replace(read_environment({}), state=tmp_path))
    assert post is not None
    own = lay_down(tmp_path / "mail", "m_1.eml", ADDRESS, f"Stop:\n{LINK}\n")
    other = lay_down(tmp_path / "mail", "m_2.eml", "ada@quill.example", f"Stop:\n{LINK}-of-ada\n")
    assert post.wait_for_link(ADDRESS, "/stop/", seconds=0) == LINK
    assert post.wait_for_link("visitor+12@shop.example", "/stop/", seconds=0) == ""
    assert post.wait_for_link(ADDRESS, "/account/verify/", seconds=0) == ""
    post.throw_away(ADDRESS)
    assert (own.exists(), other.exists()) == (False, True)


def test_a_maildir_is_read_in_both_of_its_folders(tmp_path: Path) -> None:
    variables = {"UPHELD_MAIL": "smtp", "UPHELD_VISITOR_MAILDIR": str(tmp_path)}
    post = open_post(read_environment(variables))
    assert post is not None
    assert post.wait_for_link(ADDRESS, "/stop/", seconds=0) == ""
    lay_down(tmp_path / "cur", "1.host:2,S", ADDRESS, LINK)
    assert post.wait_for_link(ADDRESS, "/stop/", seconds=0) == LINK


def test_a_mail_that_comes_later_is_waited_for(tmp_path: Path) -> None:
    post = open_post(replace(read_environment({}), state=tmp_path))
    assert post is not None
    timer = threading.Timer(0.3, lay_down, (tmp_path / "mail", "m_1.eml", ADDRESS, LINK))
    timer.start()
    assert post.wait_for_link(ADDRESS, "/stop/", seconds=5) == LINK
    timer.join()


def test_without_a_maildir_nobody_reads_what_leaves_for_a_mail_server() -> None:
    assert open_post(read_environment({"UPHELD_MAIL": "smtp"})) is None


@pytest.mark.parametrize("address", ["visitor", "a visitor@shop.example", "visitor+1@shop.example", "@shop.example"])
def test_an_address_that_could_not_be_added_to_is_refused(address: str) -> None:
    with pytest.raises(SettingError) as caught:
        read_environment({"UPHELD_VISITOR_ADDRESS": address})
    assert caught.value.code == "S702"


def test_each_invented_person_is_another_and_says_what_they_are() -> None:
    first, second = invent_person("visitor@shop.example"), invent_person("visitor@shop.example")
    assert first.address != second.address
    assert first.address.startswith("visitor+")
    assert first.address.endswith("@shop.example")
    entrance = make_plan(open_courier()).entrance
    assert entrance is not None
    values = invent_values(entrance.registration, first)
    assert values[entrance.address] == first.address
    assert set(values) >= {field.name for field in entrance.registration.fields if field.is_required}


def test_the_jobs_have_nobody_walk_where_proofs_or_the_visitor_are_off(tmp_path: Path) -> None:
    set_up_django()
    from upheld.server.working import open_work

    def is_walking(**variables: str) -> bool:
        environment = read_environment({f"UPHELD_{name}": text for name, text in variables.items()})
        return open_work(replace(environment, state=tmp_path, policies=lay_out_courier(tmp_path))).visit is not None

    assert is_walking()
    assert not is_walking(VISITOR="no")
    assert not is_walking(PROOFS="no")


def test_without_a_browser_the_evidence_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "playwright"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(NoBrowser, match="no browser here"), open_browser():
        pass
    walk = skip_all(make_plan(open_courier()), "no browser here")
    assert (walk.steps, walk.faults, walk.is_good) == ((), (), True)
    assert {one.why for one in walk.skipped} == {"no browser here"}
    assert all(one.rules for one in walk.skipped)


def test_a_walk_that_takes_too_long_is_ended_with_all_it_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    noted = tmp_path / "pid"
    sleeper = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    starter = (
        "import subprocess, sys, time, pathlib\n"
        f"child = subprocess.Popen([sys.executable, '-c', {sleeper!r}], start_new_session=True)\n"
        f"pathlib.Path({str(noted)!r}).write_text(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    started: list[Any] = []
    popen = subprocess.Popen

    def begin(_command: list[str]) -> Any:
        started.append(popen([sys.executable, "-c", starter]))
        return started[0]

    monkeypatch.setattr(beside.subprocess, "Popen", begin)
    monkeypatch.setattr(beside, "MOST_SECONDS", 1.5)
    ending = threading.Event()
    while_waiting = threading.Thread(target=beside.visit_beside, args=("lasership", ending))
    while_waiting.start()
    while_waiting.join(20)
    assert started[0].poll() is not None
    below = int(noted.read_text())
    ends = time.monotonic() + 5
    while find_state(below) not in ("", "Z") and time.monotonic() < ends:
        time.sleep(0.05)
    assert find_state(below) in ("", "Z")


def find_state(number: int) -> str:
    fields = beside.read_fields(Path(f"/proc/{number}/stat"))
    return fields[0] if fields else ""
