"""Where the top key comes from: a setting, a file in the state folder, or an OpenBao that never gives it out.

Knows nothing of Django, whose settings need a key before they are whole.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from upheld.core.errors import SettingError
from upheld.core.seal.envelope import KEY_BYTES, derive_key
from upheld.server.databases import find_databases, has_rows
from upheld.server.environment import Environment
from upheld.server.files import create_privately
from upheld.server.openbao import OpenBaoTopKey

FILE = "top.key"
SIGNING = "signing"
# The table of each database that shows whether it holds something.
HELD_IN = {"default": "records_item", "keys": "keyring_topkey"}
MAKE_ONE = "make one: openssl rand -base64 32"


def find_top_key(environment: Environment) -> bytes | OpenBaoTopKey | None:
    """The top key, or what asks OpenBao to use it, or None when there is none yet.

    Raises SettingError S702 for a key that is none, S707 for a file that cannot be read, S710 when OpenBao does not answer.
    """
    if environment.openbao_address:
        return OpenBaoTopKey.reach(environment.openbao_address, environment.openbao_token, environment.openbao_key)
    if environment.top_key:
        return read_key(environment.top_key, "`UPHELD_TOP_KEY`")
    path = find_file(environment)
    try:
        return read_key(path.read_text(encoding="ascii"), f"`{path}`")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise SettingError("S707", f"the top key `{path}` cannot be read", "check its permissions") from None


def find_file(environment: Environment) -> Path:
    """Where the top key lies when no setting says otherwise."""
    return environment.state / FILE


def read_key(text: str, where: str) -> bytes:
    """32 bytes from base64; the text is never repeated."""
    try:
        key = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingError("S702", f"{where} is not {KEY_BYTES} bytes in base64", MAKE_ONE)
    return key


def has_data(environment: Environment) -> bool:
    """Whether something is already held that only the top key of then can open."""
    databases = find_databases(environment)
    return any(has_rows(place, HELD_IN[alias]) for alias, place in databases.each())


def draw_top_key(environment: Environment, key: bytes) -> bool:
    """Put this new key where `find_top_key` looks for it; whether it was put there, or another start was first.

    Raises SettingError S707 when data is held already: a new key would open none of it.
    """
    path = find_file(environment)
    if has_data(environment):
        raise SettingError(
            "S707",
            "data is held already, and the top key that opens it was not given",
            f"put the key back at `{path}`, or name it in `UPHELD_TOP_KEY_FILE`",
        )
    return create_privately(path, base64.b64encode(key) + b"\n")


def find_signing_key(environment: Environment) -> str | None:
    """What signs links and forms: the same in all workers and after every start; None while there is no top key."""
    if environment.secret_key:
        return environment.secret_key
    key = find_top_key(environment)
    if isinstance(key, OpenBaoTopKey):
        return key.derive(SIGNING).hex()
    return derive_key(key, SIGNING).hex() if key else None
