"""The state folder of a demo: marked, so that invented data never mixes with real, and can be forgotten; knows no Django."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from upheld.core.errors import SettingError
from upheld.server.databases import Postgres, find_databases, has_rows
from upheld.server.environment import Environment
from upheld.server.files import write_privately
from upheld.server.top_key import HELD_IN, has_data

MARKER = "made-by-demo"
MARK = "What lies in this folder is invented, and so is what lies in the databases that are named below.\n"
ACCOUNTS = "demo-accounts.txt"
WORDS = Path(__file__).parent / "demo_data" / "trades.txt"


@dataclass(frozen=True, slots=True)
class Demo:
    """What is wanted of a demo: how many invented people a site gets, and whether an earlier demo is forgotten first."""

    people: int
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class WayIn:
    """An invented account that can be signed in to: its address and what it is."""

    address: str
    what: str


@dataclass(frozen=True, slots=True)
class Accounts:
    """The password of all invented accounts, and by site those of customers; `keep` writes them down for the next start."""

    path: Path
    password: str
    ways: dict[str, list[WayIn]]

    def keep(self) -> None:
        """Write them to the file, for this user alone."""
        lines = [self.password]
        lines += [f"{site}\t{way.address}\t{way.what}" for site, ways in self.ways.items() for way in ways]
        write_privately(self.path, ("\n".join(lines) + "\n").encode())


def prepare_state(environment: Environment, *, is_fresh: bool) -> bool:
    """Whether this state folder is a demo's: an empty one becomes it, one with data that no demo made does not.

    With `is_fresh` what an earlier demo left is forgotten first. Raises SettingError S712 when no demo made it.
    """
    marker = environment.state / MARKER
    if is_fresh:
        forget_state(environment)
    if marker.is_file():
        return True
    if has_data(environment):
        return False
    environment.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = "".join(f"{name_place(place)}\n" for _, place in list_elsewhere(environment))
    marker.write_text(MARK + told, encoding="utf-8")
    return True


def is_demo(environment: Environment) -> bool:
    """Whether a demo made this state folder."""
    return (environment.state / MARKER).is_file()


def forget_state(environment: Environment) -> None:
    """Remove everything in a demo's state folder. Raises SettingError S712 for any other, and while a PostgreSQL holds data."""
    folder = environment.state
    refuse_held_elsewhere(environment)
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / MARKER).is_file():
        raise SettingError(
            "S712", f"`{folder}` was not made by a demo, so nothing is removed from it", "name another with `--state`"
        )
    for entry in folder.iterdir():
        if entry.name == MARKER:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    (folder / MARKER).unlink()  # last: a removal that breaks off can be taken up again


def refuse_held_elsewhere(environment: Environment) -> None:
    """Raise SettingError S712 when a database beyond the state folder holds data: it is for its owner to remove.

    Otherwise the top key would go and what it seals would stay, and nothing could open that any more.
    """
    held = [place for alias, place in list_elsewhere(environment) if has_rows(place, HELD_IN[alias])]
    if not held:
        return
    told = " and ".join(f"`{place.name}`" for place in held)
    marker = environment.state / MARKER
    marked = marker.read_text(encoding="utf-8").splitlines() if marker.is_file() else []
    if all(name_place(place) in marked for place in held):
        drop = " && ".join(f"dropdb {place.name}" for place in held)
        text, hint = (
            f"what the demo invented lies in PostgreSQL, too, in {told}",
            f"drop that, then start again: {drop}",
        )
    else:
        text, hint = (
            f"what lies in PostgreSQL in {told} was made by no demo of this state folder",
            "name another, or leave out `--fresh`",
        )
    raise SettingError("S712", text, hint)


def list_elsewhere(environment: Environment) -> list[tuple[str, Postgres]]:
    """The databases that lie beyond the state folder, each with its alias."""
    return [(alias, place) for alias, place in find_databases(environment).each() if isinstance(place, Postgres)]


def name_place(place: Postgres) -> str:
    """A database as the marker names it: where it is, and no password."""
    return f"{place.host or 'this machine'}:{place.port or '5432'}/{place.name}"


def find_accounts(environment: Environment) -> Accounts:
    """The invented accounts of this folder; the password is drawn when there is none yet."""
    path = environment.state / ACCOUNTS
    if not path.is_file():
        words = WORDS.read_text(encoding="utf-8").lower().split()
        accounts = Accounts(path, "-".join(secrets.choice(words) for _ in range(4)), {})
        accounts.keep()  # at once: whoever gets this password now must still have it when the filling breaks off
        return accounts
    password, *lines = path.read_text(encoding="utf-8").splitlines()
    ways: dict[str, list[WayIn]] = {}
    for line in lines:
        site, address, what = line.split("\t")
        ways.setdefault(site, []).append(WayIn(address, what))
    return Accounts(path, password, ways)
