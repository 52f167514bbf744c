"""What `upheld keys` does with the keyring, once the house is open; says nothing to anybody itself."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from upheld.actions.keys import LocalTopKey, check_top_key, find_top_key, list_destroyed, list_site_keys, place_top_key
from upheld.actions.rotation import (
    Rotated,
    count_behind,
    count_replaced,
    destroy_replaced_keys,
    reseal_site,
    rotate_site_key,
    rotate_top_key,
)
from upheld.core.errors import SettingError, UpheldError, VaultError
from upheld.core.seal.envelope import KEY_BYTES
from upheld.server.environment import Environment
from upheld.server.files import create_privately
from upheld.server.top_key import find_file, read_key

NEXT = ".next"

__all__ = ["count_behind", "count_replaced", "list_destroyed", "list_site_keys"]


@dataclass(frozen=True, slots=True)
class NewTop:
    """That the keyring is under another top key: what was done, and what the operator has to do now."""

    rotated: Rotated
    advice: tuple[str, ...]


def read_top_name() -> str:
    """The name of the top key of this process."""
    return find_top_key().name


def rotate_site(site: str, tell: Callable[[int], None]) -> Rotated:
    """The persons' keys of a site under a new site key."""
    return rotate_site_key(site, now=_now(), tell=tell)


def reseal(site: str, tell: Callable[[int], None]) -> int:
    """How many people's data is under new keys."""
    return reseal_site(site, now=_now(), tell=tell)


def destroy_replaced(site: str) -> int:
    """How many replaced keys are gone now."""
    return destroy_replaced_keys(site, now=_now())


def rotate_top(environment: Environment, to: Path | None) -> NewTop:
    """The keyring under a new top key: one drawn here, or the one in a file, or what OpenBao has rotated.

    Raises SettingError S702 for a file that holds no key, S707 when one is needed and none was given.
    """
    old = find_top_key()
    if environment.openbao_address:
        done = rotate_top_key(old, old=old, now=_now())
        return NewTop(done, ("every site key was wrapped anew by the newest version of the key in OpenBao",))
    if to is not None:
        new = LocalTopKey(read_key(_read(to), f"`{to}`"))
        done = rotate_top_key(new, old=old, now=_now())
        return NewTop(done, (f"start the server with the key of `{to}` from now on",))
    if environment.top_key:
        raise SettingError(
            "S707",
            "the top key comes from a setting, and a new one was not given",
            "make one (openssl rand -base64 32), and name its file with --to",
        )
    following = find_next(environment)
    create_privately(following, base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
    new = LocalTopKey(read_key(_read(following), f"`{following}`"))
    done = rotate_top_key(new, old=old, now=_now())
    return NewTop(done, swap_files(environment, old.name))


def finish_top(problem: UpheldError) -> NewTop:
    """What is left of a rotation that broke off between the keyring and the file. Raises the problem when it is none."""
    environment = settings.ENVIRONMENT
    following = find_next(environment)
    if problem.code != "V812" or environment.top_key or not following.is_file():
        raise problem
    old = LocalTopKey(read_key(_read(find_file(environment)), "the top key"))
    new = LocalTopKey(read_key(_read(following), f"`{following}`"))
    place_top_key(new)
    try:
        check_top_key(_now())
    except VaultError:
        raise problem from None
    return NewTop(Rotated(old.name, new.name, 0), swap_files(environment, old.name))


def swap_files(environment: Environment, old_name: str) -> tuple[str, ...]:
    """Put the new key's file in the place of the old one's, which stays beside it; what to do with both."""
    path = find_file(environment)
    kept = path.with_name(f"{path.name}.{old_name}")
    if not kept.exists():
        kept.hardlink_to(path)
    find_next(environment).replace(path)
    return (
        f"`{path}` is the new key: keep a copy of it apart from the databases",
        f"`{kept}` is the old one: backups of the keyring from before need it; destroy it with the last of them",
    )


def find_next(environment: Environment) -> Path:
    """Where the new top key lies until the keyring is under it."""
    path = find_file(environment)
    return path.with_name(path.name + NEXT)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise SettingError(
            "S707", f"the top key `{path}` cannot be read", "check the path and its permissions"
        ) from None


def _now() -> datetime:
    return datetime.now(UTC)
