"""The settings of the server, read from the environment once at the start; knows nothing of Django."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from upheld.core.errors import SettingError
from upheld.server.known_settings import SETTINGS, Setting

PREFIX = "UPHELD_"
FILE_SUFFIX = "_FILE"
SHORTEST_SECRET = 32
VISITOR = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")


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
    tls: bool
    tls_certificate: Path | None
    tls_key: Path | None
    proxy: tuple[str, ...]
    database: str = field(repr=False)
    keys_database: str = field(repr=False)
    top_key: str = field(repr=False)
    openbao_address: str
    openbao_token: str = field(repr=False)
    openbao_key: str
    second_factor: str
    draft: bool
    proofs: bool
    visitor: bool
    visitor_address: str
    visitor_maildir: Path | None
    visitor_browser: str
    mail: str
    mail_from: str
    smtp_host: str
    smtp_port: int
    smtp_user: str
    smtp_password: str = field(repr=False)
    smtp_tls: str
    smtp_authority: Path | None
    dkim_key: Path | None
    dkim_selector: str
    inbox: str
    inbox_folder: Path | None
    inbox_host: str
    inbox_port: int
    inbox_user: str
    inbox_password: str = field(repr=False)
    inbox_name: str
    inbox_done: str
    inbox_authority: Path | None
    inbox_checked_by: str
    inbox_site: str
    backups: Path | None
    log_level: str
    secret_key: str = field(repr=False)

    @property
    def is_https(self) -> bool:
        """Whether people reach the sites by https: by ours, or by that of a proxy."""
        return self.https or self.tls or bool(self.proxy)

    @property
    def mail_folder(self) -> Path:
        """Where mails lie when they go into a folder."""
        return self.state / "mail"

    @property
    def mailbox(self) -> Path | None:
        """The folder whose mails may be shown as pages: only where nobody but this machine can ask for a page."""
        is_for_here = self.mail == "folder" and is_loopback(self.address) and not (self.https or self.proxy)
        return self.mail_folder if is_for_here else None

    @property
    def inbox_place(self) -> Path | None:
        """The maildir in which messages arrive; none when they arrive elsewhere."""
        return (self.inbox_folder or self.state / "inbox") if self.inbox == "maildir" else None

    @property
    def scheme(self) -> str:
        """How an address that people open begins."""
        return "https" if self.is_https else "http"

    @property
    def shown_port(self) -> str:
        """The port in an address that people open; a proxy has one of its own, which for https is the usual one."""
        return "" if self.proxy else f":{self.port}"


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


def override_settings(
    environment: Environment,
    *,
    policies: Path | None = None,
    state: Path | None = None,
    address: str | None = None,
    port: int | None = None,
    prefix_mode: bool = False,
    tls: bool = False,
) -> Environment:
    """The settings with the options of a command in their place; an option that was not given leaves what was set.

    Folders are whole paths afterwards. Raises SettingError S703 when what is safe at one address is not at another.
    """
    changed = dataclasses.replace(
        environment,
        policies=(policies or environment.policies).resolve(),
        state=(state or environment.state).resolve(),
        address=address or environment.address,
        port=environment.port if port is None else port,
        prefix_mode=prefix_mode or environment.prefix_mode,
        tls=tls or environment.tls,
    )
    refuse_unsafe(changed)
    return changed


def refuse_unknown(variables: Mapping[str, str]) -> None:
    """Raise S701 when a variable starts with the prefix and names no setting; a typing error must not pass as a default."""
    known = {PREFIX + setting.name for setting in SETTINGS}
    # What already names a file is not named by a file once more.
    known |= {PREFIX + setting.name + FILE_SUFFIX for setting in SETTINGS if setting.kind != "file"}
    for name in sorted(variables):
        if name.startswith(PREFIX) and name not in known:
            whole = name.removesuffix(FILE_SUFFIX)
            near = [whole] if whole in known else get_close_matches(name, sorted(known), n=1)
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
    if setting.kind in ("file", "folder"):
        return Path(text) if text else None
    if setting.kind == "networks":
        return convert_networks(name, text)
    if setting.kind == "database":
        return convert_database(name, text)
    return text


def convert_networks(name: str, text: str) -> tuple[str, ...]:
    """Addresses and networks, each as it is written in full; raises S702 for what is neither."""
    networks = []
    for word in text.replace(",", " ").split():
        try:
            networks.append(str(ipaddress.ip_network(word)))
        except ValueError:
            raise SettingError(
                "S702", f"`{name}` cannot be `{word}`", "write addresses or networks such as 10.0.0.0/8"
            ) from None
    return tuple(networks)


def convert_database(name: str, text: str) -> str:
    """The address of a database; raises S702 for any but PostgreSQL with a name. It may hold a password and is not repeated."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in ("postgresql", "postgres") and parts.path.strip("/") and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole:
        raise SettingError(
            "S702", f"`{name}` is no address of a database", "write postgresql://user:password@host:port/name"
        )
    return text


def refuse_unsafe(environment: Environment) -> None:
    """Raise S703 for values that would start and be a danger."""
    if environment.secret_key and len(environment.secret_key) < SHORTEST_SECRET:
        raise SettingError(
            "S703",
            f"`{PREFIX}SECRET_KEY` has fewer than {SHORTEST_SECRET} characters",
            "draw a new one: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
        )
    if (environment.tls_certificate is None) != (environment.tls_key is None):
        raise SettingError(
            "S702",
            f"`{PREFIX}TLS_CERTIFICATE` and `{PREFIX}TLS_KEY` belong together",
            "give both, or none for a certificate made here",
        )
    if environment.tls and environment.proxy:
        raise SettingError(
            "S702",
            f"`{PREFIX}TLS` and `{PREFIX}PROXY` are both given",
            "either this server ends https or the proxy in front of it does",
        )
    if environment.second_factor == "demo" and not is_loopback(environment.address):
        raise SettingError(
            "S703",
            f"`{PREFIX}SECOND_FACTOR` is demo, and the server listens beyond this machine",
            "leave it out: staff then need a second factor",
        )
    if environment.draft and not is_loopback(environment.address):
        raise SettingError(
            "S703",
            f"`{PREFIX}DRAFT` is yes, and the server listens beyond this machine",
            "leave it out: a version then binds once it is announced",
        )
    if (environment.dkim_key is None) != (not environment.dkim_selector):
        raise SettingError(
            "S702",
            f"`{PREFIX}DKIM_KEY` and `{PREFIX}DKIM_SELECTOR` belong together",
            "give both, or none for mails without a signature",
        )
    if environment.mail == "smtp" and environment.smtp_tls == "none" and not is_loopback(environment.smtp_host):
        raise SettingError(
            "S703",
            f"`{PREFIX}SMTP_TLS` is none, and the mail server is another machine",
            "use starttls or tls: mails hold links that open accounts",
        )
    if environment.visitor_address and not VISITOR.fullmatch(environment.visitor_address):
        raise SettingError(
            "S702",
            f"`{PREFIX}VISITOR_ADDRESS` is no plain address",
            "write one such as visitor@shop.example; what tells one walk from another is added before the @",
        )
    if environment.inbox == "imap" and not (environment.inbox_host and environment.inbox_user):
        raise SettingError(
            "S702",
            f"`{PREFIX}INBOX` is imap, and the server or the name to sign in with is missing",
            f"give `{PREFIX}INBOX_HOST` and `{PREFIX}INBOX_USER`, or `{PREFIX}INBOX` as maildir",
        )
    if environment.openbao_address:
        refuse_unsafe_store(environment)


def refuse_unsafe_store(environment: Environment) -> None:
    """Raise S703 when the key store would be spoken to in the clear, S702 when its token is missing or a top key is given too."""
    parts = urlsplit(environment.openbao_address)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise SettingError(
            "S703", f"`{PREFIX}OPENBAO_ADDRESS` is not https", "the top key must not travel in the clear"
        )
    if not environment.openbao_token:
        raise SettingError("S702", f"`{PREFIX}OPENBAO_TOKEN` is missing", "give a token that may use the transit key")
    if environment.top_key:
        raise SettingError(
            "S702", f"`{PREFIX}TOP_KEY` and `{PREFIX}OPENBAO_ADDRESS` are both given", "keep one of the two"
        )


def is_loopback(host: str) -> bool:
    """Whether an address or name can only be reached from this machine."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def list_variables(environment: Environment, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment variables that give a child process the same settings.

    What `given` names by file and still holds the same stays named by file, so that a secret is not copied out of it.
    """
    given = given or {}
    variables = {}
    for setting in SETTINGS:
        value = getattr(environment, setting.name.lower())
        name = PREFIX + setting.name
        if name + FILE_SUFFIX in given and convert_value(setting, fetch_text(setting, given)) == value:
            variables[name + FILE_SUFFIX] = given[name + FILE_SUFFIX]
            continue
        if isinstance(value, bool):
            value = "yes" if value else "no"
        elif isinstance(value, tuple):
            value = " ".join(value)
        if value not in ("", None):
            variables[name] = str(value)
    return variables
