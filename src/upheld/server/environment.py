"""The settings of the server, read from the environment once at the start; knows nothing of Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from upheld.core.errors import SettingError

PREFIX = "UPHELD_"
FILE_SUFFIX = "_FILE"
SHORTEST_SECRET = 32


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name without the prefix, what kind of value it takes and what it is for."""

    name: str
    kind: str
    default: str
    help: str
    secret: bool = False
    choices: tuple[str, ...] = ()


SETTINGS: tuple[Setting, ...] = (
    Setting("POLICIES", "path", "policies", "the folder with one folder a policy, one file a version"),
    Setting(
        "STATE",
        "path",
        "var",
        "where the server keeps its own files: the last good policies and the built styles; no personal data is held yet",
    ),
    Setting("ADDRESS", "text", "127.0.0.1", "the address to listen on"),
    Setting("PORT", "number", "8000", "the port to listen on"),
    Setting("WORKERS", "number", "1", "how many processes answer"),
    Setting(
        "PREFIX_MODE",
        "flag",
        "no",
        "serve the sites under /at/NAME/ too, for machines where their host names do not resolve",
    ),
    Setting(
        "OVERVIEW_HOSTS", "words", "localhost 127.0.0.1 [::1]", "the host names that show the overview of all sites"
    ),
    Setting("HTTPS", "flag", "no", "people reach the sites by https only: promise browsers that it stays so"),
    Setting("LOG_LEVEL", "choice", "info", "how much the log says", choices=("debug", "info", "warning", "error")),
    Setting(
        "SECRET_KEY",
        "text",
        "",
        "signs what the server hands out; drawn anew at each start when it is not given",
        secret=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Environment:
    """The values of all settings, each of its own type; one field for each entry of SETTINGS."""

    policies: Path
    state: Path
    address: str
    port: int
    workers: int
    prefix_mode: bool
    overview_hosts: tuple[str, ...]
    https: bool
    log_level: str
    secret_key: str


def read_environment(variables: Mapping[str, str]) -> Environment:
    """Read every setting from `UPHELD_NAME` or from the file that `UPHELD_NAME_FILE` names.

    Raises SettingError S701 for a setting that does not exist, S702 for a value of the wrong kind and S703 for an unsafe one.
    """
    refuse_unknown(variables)
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        values[setting.name.lower()] = convert_value(setting, fetch_text(setting, variables))
    environment = Environment(**values)
    refuse_unsafe(environment)
    return environment


def refuse_unknown(variables: Mapping[str, str]) -> None:
    """Raise S701 when a variable starts with the prefix and names no setting; a typing error must not pass as a default."""
    known = {PREFIX + setting.name for setting in SETTINGS}
    known |= {name + FILE_SUFFIX for name in known}
    for name in sorted(variables):
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, sorted(known), n=1)
            hint = f"did you mean `{near[0]}`" if near else "`upheld serve --help` lists the settings"
            raise SettingError("S701", f"there is no setting `{name}`", hint)


def fetch_text(setting: Setting, variables: Mapping[str, str]) -> str:
    """The text given for a setting, its file's text without the last line break, or its default."""
    name = PREFIX + setting.name
    file_name = name + FILE_SUFFIX
    if name in variables and file_name in variables:
        raise SettingError("S702", f"`{name}` and `{file_name}` are both given", "keep one of the two")
    if file_name in variables:
        try:
            return Path(variables[file_name]).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            raise SettingError(
                "S702", f"`{file_name}` names a file that cannot be read", "check the path and the permissions"
            ) from None
    return variables.get(name, setting.default)


def convert_value(setting: Setting, text: str) -> object:
    """The text as a value of the setting's kind; raises S702. A secret is never repeated in the error."""
    name = PREFIX + setting.name
    shown = "its value" if setting.secret else f"`{text}`"
    if setting.kind == "flag":
        flags = {"yes": True, "no": False}
        if text not in flags:
            raise SettingError("S702", f"`{name}` is yes or no, not {shown}", "write `yes` or `no`")
        return flags[text]
    if setting.kind == "number":
        if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
            raise SettingError("S702", f"`{name}` is a whole number, not {shown}", "write a number from 1 to 65535")
        return int(text)
    if setting.kind == "choice" and text not in setting.choices:
        raise SettingError("S702", f"`{name}` cannot be {shown}", "choose one of " + ", ".join(setting.choices))
    if setting.kind == "words":
        return tuple(text.replace(",", " ").split())
    if setting.kind == "path":
        if not text:
            raise SettingError("S702", f"`{name}` is empty", "name a folder")
        return Path(text)
    return text


def refuse_unsafe(environment: Environment) -> None:
    """Raise S703 for values that would start and be a danger."""
    if environment.secret_key and len(environment.secret_key) < SHORTEST_SECRET:
        raise SettingError(
            "S703",
            f"`{PREFIX}SECRET_KEY` has fewer than {SHORTEST_SECRET} characters",
            "draw a new one: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
        )


def list_variables(environment: Environment) -> dict[str, str]:
    """The environment variables that give a child process the same settings."""
    variables = {}
    for setting in SETTINGS:
        value = getattr(environment, setting.name.lower())
        if isinstance(value, bool):
            value = "yes" if value else "no"
        elif isinstance(value, tuple):
            value = " ".join(value)
        if value != "":
            variables[PREFIX + setting.name] = str(value)
    return variables
