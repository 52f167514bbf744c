"""Settings: read once, refused when they are unknown, ill-typed or unsafe, and never repeated when they are secret."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from upheld.core.errors import SettingError
from upheld.server.environment import SETTINGS, Environment, is_loopback, list_variables, read_environment

SECRET = "x" * 40


def refuse(variables: dict[str, str]) -> SettingError:
    with pytest.raises(SettingError) as caught:
        read_environment(variables)
    return caught.value


def test_it_works() -> None:
    environment = read_environment({"UPHELD_PORT": "9000", "UPHELD_PREFIX_MODE": "yes", "PATH": "/bin"})
    assert environment.port == 9000
    assert environment.prefix_mode is True
    assert environment.policies == Path("policies")
    assert environment.overview_hosts == ("localhost", "127.0.0.1", "[::1]")


def test_defaults_are_safe() -> None:
    environment = read_environment({})
    assert environment.address == "127.0.0.1"
    assert environment.secret_key == ""


def test_every_setting_has_a_field_and_help() -> None:
    assert [setting.name.lower() for setting in SETTINGS] == list(Environment.__dataclass_fields__)
    assert all(setting.help for setting in SETTINGS)


def test_a_setting_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    assert read_environment({"UPHELD_SECRET_KEY_FILE": str(file)}).secret_key == SECRET


def test_a_setting_that_does_not_exist_is_refused_with_the_nearest() -> None:
    problem = refuse({"UPHELD_PROT": "9000"})
    assert problem.code == "S701"
    assert problem.hint == "did you mean `UPHELD_PORT`"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UPHELD_PORT", "eighty"),
        ("UPHELD_PORT", "0"),
        ("UPHELD_PORT", "65536"),
        ("UPHELD_PORT", "-1"),
        ("UPHELD_PORT", "٨٠"),
        ("UPHELD_PREFIX_MODE", "true"),
        ("UPHELD_PREFIX_MODE", ""),
        ("UPHELD_LOG_LEVEL", "loud"),
        ("UPHELD_POLICIES", ""),
        ("UPHELD_SECRET_KEY_FILE", "/nowhere/at/all"),
        ("UPHELD_PROXY", "everybody"),
        ("UPHELD_PROXY", "10.0.0.1/8"),
        ("UPHELD_DATABASE", "mysql://root@localhost/upheld"),
        ("UPHELD_DATABASE", "postgresql://host"),
        ("UPHELD_KEYS_DATABASE", "postgresql://host:port/name"),
        ("UPHELD_TLS_CERTIFICATE", "chain.pem"),
        ("UPHELD_TLS_KEY", "key.pem"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(name: str, value: str) -> None:
    problem = refuse({name: value})
    assert problem.code == "S702"
    assert problem.hint


def test_one_setting_cannot_be_given_twice(tmp_path: Path) -> None:
    assert refuse({"UPHELD_PORT": "1", "UPHELD_PORT_FILE": str(tmp_path)}).code == "S702"


def test_one_server_ends_https() -> None:
    assert refuse({"UPHELD_TLS": "yes", "UPHELD_PROXY": "10.0.0.1"}).code == "S702"


def test_drafting_is_for_this_machine_alone() -> None:
    assert read_environment({"UPHELD_DRAFT": "yes"}).draft
    assert not read_environment({}).draft
    problem = refuse({"UPHELD_DRAFT": "yes", "UPHELD_ADDRESS": "10.0.0.1"})
    assert problem.code == "S703"
    assert "UPHELD_DRAFT" in problem.text


def test_no_secret_is_repeated() -> None:
    database = "postgresql://upheld:hunter2@127.0.0.1/upheld"
    environment = read_environment({"UPHELD_DATABASE": database, "UPHELD_SECRET_KEY": SECRET})
    assert "hunter2" not in repr(environment)
    assert SECRET not in repr(environment)
    problem = refuse({"UPHELD_DATABASE": "mysql://upheld:hunter2@127.0.0.1/upheld"})
    assert "hunter2" not in f"{problem.text} {problem.hint} {problem}"
    assert all(
        setting.secret for setting in SETTINGS if re.search("DATABASE|TOKEN|PASSWORD|TOP_KEY|SECRET", setting.name)
    )


def test_a_certificate_is_named_once() -> None:
    problem = refuse({"UPHELD_TLS_KEY_FILE": "key.pem"})
    assert problem.code == "S701"
    assert problem.hint == "did you mean `UPHELD_TLS_KEY`"


def test_this_machines_own_addresses_are_told_apart() -> None:
    for host in ("127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "a.localhost"):
        assert is_loopback(host), host
    for host in ("0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", ""):  # noqa: S104 - nothing listens there
        assert not is_loopback(host), host


def test_a_short_secret_is_refused_and_not_repeated() -> None:
    problem = refuse({"UPHELD_SECRET_KEY": "hunter2"})
    assert problem.code == "S703"
    assert "hunter2" not in f"{problem.text} {problem.hint} {problem}"


def test_a_child_process_gets_the_same_settings() -> None:
    environment = read_environment({"UPHELD_SECRET_KEY": SECRET, "UPHELD_HTTPS": "yes", "UPHELD_WORKERS": "2"})
    assert read_environment(list_variables(environment)) == environment
    assert read_environment(list_variables(read_environment({}))) == read_environment({})


def test_a_secret_that_lies_in_a_file_stays_there(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    given = {"UPHELD_SECRET_KEY_FILE": str(file), "UPHELD_PORT": "9000"}
    variables = list_variables(read_environment(given), given)
    assert variables["UPHELD_SECRET_KEY_FILE"] == str(file)
    assert SECRET not in variables.values()
    assert read_environment(variables) == read_environment(given)


def test_django_is_set_up_safely() -> None:
    from tests.web.sites import set_up_django

    set_up_django()
    from django.conf import settings

    assert settings.DEBUG is False
    assert len(settings.SECRET_KEY) >= 50
    assert ThreadPoolExecutor(1).submit(read_pragmas).result() == ("wal", 1)
    assert settings.DATABASES["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def read_pragmas() -> tuple[str, int]:
    """How the database was opened; asked in a thread of its own, since a browser test may have left a loop in this one."""
    from django.db import connection

    with connection.cursor() as cursor:
        journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        keys = cursor.execute("PRAGMA foreign_keys").fetchone()[0]
    connection.close()
    return journal, keys
