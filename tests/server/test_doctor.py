"""The doctor: says of each thing a server stands on whether it is sound, and holds nothing up when one look breaks."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import TOP_KEY
from tests.web.sites import MADE_UP, Workshop
from upheld.server.environment import Environment, read_environment

NOW = datetime.now(UTC)


def environment_at(state: Path, **variables: str) -> Environment:
    return read_environment({"UPHELD_STATE": str(state), "UPHELD_POLICIES": str(MADE_UP), **variables})


def look(name: str, environment: Environment, now: datetime = NOW) -> list[tuple[str, str, str]]:
    from upheld.server import doctor

    signs = list(doctor.take_look(name, getattr(doctor, name), environment, now))
    assert all(sign.advice for sign in signs if sign.level != doctor.OK)
    return [(sign.level, sign.subject, sign.text) for sign in signs]


def run_doctor(state: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("UPHELD_", "DJANGO_"))}
    command = [sys.executable, "-m", "upheld.cli.main", "doctor", "--policies", str(MADE_UP), "--state", str(state)]
    return subprocess.run(
        [*command, *options], env=clean | variables, capture_output=True, text=True, timeout=60, check=False
    )


def test_it_works(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    done = run_doctor(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok    files" in done.stdout
    assert "nothing is held yet" in done.stdout
    assert "ok    policies  lantern: every version loads" in done.stdout
    assert [entry.name for entry in tmp_path.iterdir()] == ["last-good"]  # no key, no database


def test_what_is_broken_is_the_exit_code_and_a_bad_setting_another(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    done = run_doctor(tmp_path, UPHELD_DATABASE="postgresql://hunter2@127.0.0.1:9/nothing")
    assert done.returncode == 1
    assert "fail  files" in done.stdout
    assert "fail  database  the database `nothing` on 127.0.0.1:9 does not let us in" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr
    done = run_doctor(tmp_path, UPHELD_DATABASE="nothing")
    assert done.returncode == 2
    assert "S702" in done.stderr


def test_files_that_others_may_read_are_seen(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "tls").mkdir(0o700)
    assert look("look_at_files", environment_at(tmp_path))[0][0] == "ok"
    for name in ("top.key", "keys.sqlite3", "tls/host.key"):
        path = tmp_path / name
        path.touch(0o600)
        path.chmod(0o640)
        assert look("look_at_files", environment_at(tmp_path)) == [
            ("fail", "files", f"others on this machine may read `{path}`")
        ]
        path.chmod(0o600)
    assert look("look_at_files", environment_at(tmp_path / "nowhere"))[0][0] == "fail"


@pytest.mark.parametrize(("free", "level"), [(10**11, "ok"), (10**9, "warn"), (10**7, "fail")])
def test_a_full_disk_is_seen_before_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str
) -> None:
    from upheld.server import doctor

    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: type("Usage", (), {"free": free}))
    assert look("look_at_disk", environment_at(tmp_path))[0][0] == level


@pytest.mark.parametrize(("days", "level"), [(0, "ok"), (3, "warn"), (30, "fail")])
def test_the_age_of_the_newest_copy_counts(tmp_path: Path, days: int, level: str) -> None:
    copies = tmp_path / "copies"
    (copies / "weekly").mkdir(parents=True)
    environment = environment_at(tmp_path, UPHELD_BACKUPS=str(copies))
    assert look("look_at_backup", environment)[0][0] == "fail"  # an empty folder is no copy
    for name, age in (("old.sql", 400), ("weekly/new.sql", days)):
        (copies / name).touch()
        moment = (NOW - timedelta(days=age)).timestamp()
        os.utime(copies / name, (moment, moment))
    assert look("look_at_backup", environment)[0][0] == level
    assert look("look_at_backup", environment_at(tmp_path))[0][0] == "warn"
    assert look("look_at_backup", environment_at(tmp_path, UPHELD_BACKUPS=str(copies / "no")))[0][0] == "fail"


def test_https_is_looked_at(workshop: Workshop, tmp_path: Path) -> None:
    from upheld.server.tls import find_certificate

    def level(**variables: str) -> str:
        return look("look_at_https", environment_at(tmp_path, **variables))[0][0]

    assert level() == "warn"  # this machine alone
    assert level(UPHELD_ADDRESS="0.0.0.0") == "fail"  # noqa: S104 - it is refused
    assert level(UPHELD_HTTPS="yes") == "warn"
    assert level(UPHELD_PROXY="10.0.0.1") == "ok"
    assert level(UPHELD_TLS="yes") == "ok"
    made = find_certificate(environment_at(tmp_path), ["lantern.localhost"], NOW)
    assert level(UPHELD_TLS="yes") == "ok"
    own = {"UPHELD_TLS": "yes", "UPHELD_TLS_CERTIFICATE": str(made.certificate), "UPHELD_TLS_KEY": str(made.key)}
    environment = environment_at(tmp_path, **own)
    assert look("look_at_https", environment)[0][0] == "ok"
    assert look("look_at_https", environment, NOW + timedelta(days=380))[0][0] == "warn"
    assert look("look_at_https", environment, NOW + timedelta(days=500))[0][0] == "fail"
    find_certificate(environment_at(tmp_path), ["other.localhost"], NOW)
    assert look("look_at_https", environment)[0] == ("fail", "https", "the certificate is not for lantern.localhost")


@pytest.fixture
def held(databases: Any, workshop: Workshop, tmp_path: Path) -> Environment:
    """A server's settings over the databases of this test, with the top key given apart."""
    return environment_at(tmp_path, UPHELD_TOP_KEY=base64.b64encode(TOP_KEY).decode())


def test_databases_key_clock_and_mail_are_looked_at(held: Environment) -> None:
    assert {level for level, _, _ in look("look_at_databases", held)} == {"ok"}
    assert look("look_at_key", held) == [("ok", "top key", "it opens the keyring and does not lie in the state folder")]
    assert look("look_at_clock", held)[0][0] == "ok"
    assert look("look_at_mail", held)[0][0] == "warn"  # into a folder
    assert look("look_at_policies", held) == [("ok", "policies", "lantern: every version loads")]


def test_what_waits_and_what_was_changed_after_it_was_announced_is_seen(held: Environment, workshop: Workshop) -> None:
    from upheld.actions.publications import read_posted
    from upheld.core.rights.changing import Candidate

    assert look("look_at_versions", held) == []  # nothing is on record before the first start
    old, new = (good.policy for good in workshop.shelf.find_slug("lantern").versions)
    read_posted("lantern", [Candidate(old.version, "0" * 64, old.version, old.text)], NOW)
    signs = look("look_at_versions", held)
    assert [level for level, _, _ in signs] == ["warn", "warn"]
    assert f"the text of {old.version} was changed after it was announced" in signs[0][2]
    assert f"the version of {new.version} waits to be announced" in signs[1][2]


def test_the_wrong_key_and_none_are_seen(held: Environment, tmp_path: Path) -> None:
    wrong = environment_at(tmp_path, UPHELD_TOP_KEY=base64.b64encode(bytes(32)).decode())
    assert look("look_at_key", wrong)[0][0] == "fail"
    assert look("look_at_key", environment_at(tmp_path))[0][0] == "fail"
    (tmp_path / "top.key").write_bytes(base64.b64encode(TOP_KEY))
    assert look("look_at_key", environment_at(tmp_path))[0][0] == "warn"  # it lies beside the keys


def test_a_clock_that_was_set_back_is_seen_by_the_ledger(held: Environment) -> None:
    from upheld.actions.ledger import write_line
    from upheld.records.walls import enter_site

    with enter_site("lantern"):
        write_line("lantern", "demo.filled", at=NOW + timedelta(hours=2), people=1, items=1, seed=1)
    assert ("fail", "clock", "the clock and the newest line of the ledger disagree") in look("look_at_clock", held)


def test_mail_that_nobody_sends_is_seen(held: Environment) -> None:
    from upheld.records.models import Outgoing
    from upheld.records.walls import enter_site

    with enter_site("lantern"):
        for name, state, age in (("m_1", "queued", 30), ("m_2", "in-doubt", 60), ("m_3", "queued", 1)):
            Outgoing.objects.create(
                id=name,
                site="lantern",
                person="",
                mail_class="service announcement",
                kind="test",
                key="",
                sealed=b"",
                state=state,
                queued_at=NOW - timedelta(minutes=age),
            )
    found = look("look_at_mail", held)
    assert ("warn", "mail", "lantern: 1 may have arrived or not") in found
    assert ("fail", "jobs", "lantern: one has been due for 30 minutes") in found


def test_a_look_that_breaks_is_a_sign_without_the_words_of_the_break(tmp_path: Path) -> None:
    from upheld.server.doctor import take_look

    def break_down(*_: Any) -> Iterator[Any]:
        raise RuntimeError("ada@quill.example")
        yield

    [sign] = take_look("mail", break_down, environment_at(tmp_path), NOW)
    assert sign.level == "fail"
    assert "ada" not in f"{sign.text}{sign.advice}"
