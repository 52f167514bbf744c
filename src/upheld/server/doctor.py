"""Looks at everything a running server stands on and says what is doubtful or broken; changes nothing.

Each look is a small function of one signature. Those that need what is held come last, and only where something is.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from upheld.core.errors import UpheldError
from upheld.server.environment import Environment, is_loopback, override_settings, read_environment
from upheld.server.run import hand_over
from upheld.server.tls import FOLDER as TLS_FOLDER
from upheld.server.tls import read_certificate
from upheld.server.top_key import find_file, find_top_key, has_data

OK, DOUBTFUL, BROKEN = "ok", "warn", "fail"
LEAST_FREE_BYTES, LITTLE_FREE_BYTES = 200_000_000, 2_000_000_000
CERTIFICATE_SOON_DAYS = 21
BACKUP_LATE, BACKUP_MISSING = timedelta(hours=36), timedelta(days=8)
CLOCK_MAY_DIFFER = timedelta(seconds=30)
MAIL_MAY_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Sign:
    """What one look found: `level` is ok, warn or fail, `advice` what to do about it."""

    level: str
    subject: str
    text: str
    advice: str = ""


Look = Callable[[Environment, datetime], Iterator[Sign]]


def find_environment(*, policies: Path | None, state: Path | None, host: str | None, tls: bool) -> Environment:
    """The settings as the server has them that was started with these options. Raises SettingError S701 to S703."""
    return override_settings(read_environment(os.environ), policies=policies, state=state, address=host, tls=tls)


def examine(environment: Environment) -> Iterator[Sign]:
    """One sign or more from each look, in the order of the lists below."""
    now = datetime.now(UTC)
    for subject, look in LOOKS_FROM_OUTSIDE:
        yield from take_look(subject, look, environment, now)
    held = tuple(take_look("database", look_for_data, environment, now))
    yield from held
    if any(sign.level == BROKEN for sign in held):
        return
    broken = tuple(take_look("settings", open_house, environment, now))
    yield from broken
    if not broken:
        for subject, look in LOOKS_AT_POLICIES + (() if held else LOOKS_INTO_DATA):
            yield from take_look(subject, look, environment, now)


def take_look(subject: str, look: Look, environment: Environment, now: datetime) -> Iterator[Sign]:
    """What the look finds; one that breaks is a sign itself, and holds up no other."""
    try:
        yield from look(environment, now)
    except UpheldError as problem:
        yield Sign(BROKEN, subject, problem.text, problem.hint or "")
    except Exception as problem:  # noqa: BLE001 - whatever it is, the other looks are wanted all the more
        # Its own words may hold a value and stay out.
        yield Sign(BROKEN, subject, f"it could not be looked at: {type(problem).__name__}", "look into the log")


def look_for_data(environment: Environment, _now: datetime) -> Iterator[Sign]:
    """Nothing when something is held; else a sign that says so, since there is nothing more to look at."""
    if not has_data(environment):
        yield Sign(OK, "database", "nothing is held yet; the server makes what it needs when it starts")


def open_house(environment: Environment, _now: datetime) -> Iterator[Sign]:
    """Set Django up and load the policies; finds nothing by itself."""
    hand_over(environment)
    # Django reads the environment when it is set up; the rooms below read its settings.
    import django  # noqa: PLC0415

    django.setup()
    # Both read its settings.
    from upheld.server.opening import open_shelf  # noqa: PLC0415
    from upheld.web.hosts import place_shelf  # noqa: PLC0415

    place_shelf(open_shelf(environment, has_records=False))  # it may be asked before the first start
    yield from ()


def look_at_files(environment: Environment, _now: datetime) -> Iterator[Sign]:
    """Nobody else may read what lies in the state folder, and we may write there."""
    state = environment.state
    if not state.is_dir():
        yield Sign(BROKEN, "files", f"there is no folder `{state}`", "start the server once: it makes the folder")
        return
    if not os.access(state, os.W_OK):
        yield Sign(BROKEN, "files", f"nothing can be written to `{state}`", "give the folder to the server's user")
    watched = [state, *sorted(state.glob("*.sqlite3*")), *sorted(state.glob("*.key")), *sorted(state.glob("tls/*.key"))]
    watched += [path for path in (environment.tls_key, environment.dkim_key) if path is not None]
    open_ones = [path for path in watched if path.exists() and path.stat().st_mode & 0o077]
    for path in open_ones:
        mode = "700" if path.is_dir() else "600"
        yield Sign(BROKEN, "files", f"others on this machine may read `{path}`", f"chmod {mode} {path}")
    if not open_ones:
        yield Sign(OK, "files", f"`{state}` is for this user alone")


def look_at_disk(environment: Environment, _now: datetime) -> Iterator[Sign]:
    """There is room for what comes in."""
    free = shutil.disk_usage(environment.state).free
    said = f"{free / 1e9:.1f} GB are free at `{environment.state}`"
    if free < LEAST_FREE_BYTES:
        yield Sign(BROKEN, "disk", said, "make room now: without it nothing can be taken in")
    elif free < LITTLE_FREE_BYTES:
        yield Sign(DOUBTFUL, "disk", said, "make room soon")
    else:
        yield Sign(OK, "disk", said)


def look_at_clock(environment: Environment, now: datetime) -> Iterator[Sign]:
    """Deadlines, versions and receipts go by the clock: it stands where the disk's, the database's and the ledger's do."""
    # Django has been set up only when the looks begin.
    from django.db import connection  # noqa: PLC0415

    # The same.
    from upheld.actions.watching import find_newest_moment  # noqa: PLC0415

    with tempfile.NamedTemporaryFile(dir=environment.state) as file:
        others = {"the disk": datetime.fromtimestamp(Path(file.name).stat().st_mtime, UTC)}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            others["the database"] = cursor.fetchone()[0]
    wrong = [name for name, moment in others.items() if abs(moment - datetime.now(UTC)) > CLOCK_MAY_DIFFER]
    newest = find_newest_moment(list_sites())
    if newest is not None and newest > now + CLOCK_MAY_DIFFER:
        wrong.append("the newest line of the ledger")
    for name in wrong:
        yield Sign(BROKEN, "clock", f"the clock and {name} disagree", "set the clock by a time server (NTP)")
    if not wrong:
        yield Sign(OK, "clock", f"it is {now:%Y-%m-%d %H:%M} UTC; asked for agreement: {', '.join(others)}")


def look_at_databases(_environment: Environment, _now: datetime) -> Iterator[Sign]:
    """Both are reached and up to date, and on PostgreSQL the walls between sites stand."""
    # Django has been set up only when the looks begin.
    from django.db import connection  # noqa: PLC0415

    # The same.
    from upheld.records.walls import has_open_role, list_open_tables  # noqa: PLC0415
    from upheld.server.migrating import CALLED, list_steps  # noqa: PLC0415

    for alias, called in CALLED.items():
        steps = list_steps(alias)
        if steps:
            yield Sign(BROKEN, "database", f"{called}: {len(steps)} steps behind", "start the server: it takes them")
        else:
            yield Sign(OK, "database", f"{called}: reached and up to date")
    if connection.vendor != "postgresql":
        return
    if has_open_role():
        yield Sign(
            BROKEN,
            "walls",
            "the server's user sees the rows of all sites: it is a superuser, or has BYPASSRLS",
            "connect as a user of its own: CREATE ROLE upheld LOGIN",
        )
    missing = list_open_tables()
    if missing:
        said = f"no wall between sites stands in {', '.join(missing)}"
        yield Sign(BROKEN, "walls", said, "start the server with the newest program: it raises them")
    elif not has_open_role():
        yield Sign(OK, "walls", "the database shows each site its own rows alone")


def look_at_key(environment: Environment, now: datetime) -> Iterator[Sign]:
    """The top key is there, opens the keyring, and does not lie where a thief of the databases would find it too."""
    # Its room holds models, which are there only once Django has been set up.
    from upheld.server.opening import open_vault  # noqa: PLC0415

    key = find_top_key(environment)
    if key is None:
        yield Sign(
            BROKEN, "top key", f"there is none at `{find_file(environment)}`", "put it back from where you keep it"
        )
        return
    open_vault(environment, now)
    if not isinstance(key, bytes):
        yield Sign(OK, "top key", f"`{key.name}` stays in OpenBao and opens the keyring")
    elif environment.top_key:
        yield Sign(OK, "top key", "it opens the keyring and does not lie in the state folder")
    else:
        said = "it opens the keyring, and lies in one folder with it: whoever copies the folder can read everything"
        yield Sign(DOUBTFUL, "top key", said, "keep it elsewhere and name it in `UPHELD_TOP_KEY_FILE`")


def look_at_https(environment: Environment, now: datetime) -> Iterator[Sign]:
    """What people send cannot be read on its way, and the certificate lasts."""
    if environment.proxy:
        yield Sign(OK, "https", f"the proxies at {', '.join(environment.proxy)} end it")
    elif environment.https and not environment.tls:
        said = "a proxy ends it, and no setting says which: everybody seems to come from its address"
        yield Sign(DOUBTFUL, "https", said, "name it in `UPHELD_PROXY`")
    elif not environment.tls:
        if is_loopback(environment.address):
            said = "plain http, for this machine alone"
            yield Sign(DOUBTFUL, "https", said, "for others: listen with `--tls`, or name a proxy in `UPHELD_PROXY`")
        else:
            said = f"plain http at {environment.address}: what people send can be read on its way"
            yield Sign(BROKEN, "https", said, "listen with `--tls`, or name a proxy in `UPHELD_PROXY`")
    else:
        yield from look_at_certificate(environment, now)


def look_at_certificate(environment: Environment, now: datetime) -> Iterator[Sign]:
    """The certificate we listen with, without making one."""
    folder = environment.state / TLS_FOLDER
    certificate = environment.tls_certificate or folder / "host.pem"
    if environment.tls_certificate is None and not certificate.exists():
        yield Sign(OK, "https", "a certificate is made here at the next start")
        return
    listening = read_certificate(certificate, environment.tls_key or folder / "host.key", now)
    left = (listening.ends_at - now).days
    # Its room reads Django's settings.
    from upheld.web.hosts import find_shelf  # noqa: PLC0415

    missing = [shelved.host for shelved in find_shelf().sites if not listening.covers(shelved.host)]
    if missing:
        yield Sign(BROKEN, "https", f"the certificate is not for {', '.join(missing)}", "get one that names them all")
    if left < CERTIFICATE_SOON_DAYS and environment.tls_certificate is not None:
        yield Sign(DOUBTFUL, "https", f"the certificate ends in {left} days", "renew it, then start the server again")
    elif not missing:
        yield Sign(OK, "https", f"the certificate is for all sites and lasts {left} days")


def look_at_mail(environment: Environment, now: datetime) -> Iterator[Sign]:
    """Mails can be handed over, and none has been waiting for long."""
    # These rooms hold models, or reach rooms that do.
    from upheld.actions.outbox import IN_DOUBT, count_messages  # noqa: PLC0415
    from upheld.actions.watching import find_longest_wait  # noqa: PLC0415
    from upheld.server.working import open_channel  # noqa: PLC0415

    open_channel(environment).check()
    if environment.mail == "folder":
        said = f"mails go into a folder of `{environment.state}`, and to nobody"
        yield Sign(DOUBTFUL, "mail", said, "name a mail server: `UPHELD_MAIL=smtp`")
    else:
        yield Sign(OK, "mail", f"{environment.smtp_host} answers")
    for site in list_sites():
        doubtful = count_messages(site)[IN_DOUBT]
        if doubtful:
            said = f"{site}: {doubtful} may have arrived or not"
            yield Sign(DOUBTFUL, "mail", said, "settle them in the console, under outbox")
        waited = find_longest_wait(site, now)
        if waited is not None and waited > MAIL_MAY_WAIT:
            said = f"{site}: one has been due for {int(waited.total_seconds() // 60)} minutes"
            yield Sign(BROKEN, "jobs", said, "the jobs do not run: look whether the server does, then into its log")


def look_at_inbox(environment: Environment, _now: datetime) -> Iterator[Sign]:
    """The mailbox in which messages arrive can be read."""
    # It reaches rooms that hold models.
    from upheld.server.working import open_inbox  # noqa: PLC0415

    inbox = open_inbox(environment)
    if inbox is None:
        yield Sign(OK, "mailbox", "messages to the business arrive elsewhere: `UPHELD_INBOX` is none")
        return
    inbox.mailbox.check()
    inbox.mailbox.close()
    where = f"`{environment.inbox_place}`" if environment.inbox_place else environment.inbox_host
    yield Sign(OK, "mailbox", f"messages arrive in {where}")
    if not environment.inbox_checked_by:
        said = "no sender of a message is proved"
        yield Sign(OK, "mailbox", said, "name your mail server in `UPHELD_INBOX_CHECKED_BY` when it checks senders")


def look_at_backup(environment: Environment, now: datetime) -> Iterator[Sign]:
    """There is a copy from lately; whether it can be read back, only a rehearsal shows."""
    if environment.backups is None:
        said = "no setting says where copies of the databases lie"
        yield Sign(DOUBTFUL, "backup", said, "make them, and name their folder in `UPHELD_BACKUPS`")
        return
    if not environment.backups.is_dir():
        yield Sign(BROKEN, "backup", f"there is no folder `{environment.backups}`", "check `UPHELD_BACKUPS`")
        return
    newest = 0.0
    for path in environment.backups.rglob("*"):
        with suppress(OSError):  # whoever makes copies may be tidying up old ones just now
            newest = max(newest, path.stat().st_mtime if path.is_file() else 0.0)
    if not newest:
        yield Sign(BROKEN, "backup", f"`{environment.backups}` is empty", "make a copy of the databases")
        return
    age = now - datetime.fromtimestamp(newest, UTC)
    said = f"the newest is {age.days} days and {age.seconds // 3600} hours old"
    if age > BACKUP_MISSING:
        yield Sign(BROKEN, "backup", said, "look why no new one came")
    elif age > BACKUP_LATE:
        yield Sign(DOUBTFUL, "backup", said, "look why no new one came")
    else:
        yield Sign(OK, "backup", said)


def look_at_policies(environment: Environment, _now: datetime) -> Iterator[Sign]:
    """Every version loads."""
    # Its room reads Django's settings.
    from upheld.web.hosts import find_shelf  # noqa: PLC0415

    policies = find_shelf().policies
    if not policies:
        said = f"none in `{environment.policies}` can be served"
        yield Sign(BROKEN, "policies", said, "`upheld check` says what is wrong with them")
    for shelved in policies:
        if shelved.faults:
            broken = ", ".join(fault.file_name for fault in shelved.faults)
            yield Sign(DOUBTFUL, "policies", f"{shelved.slug}: errors in {broken}", f"upheld check {shelved.slug}")
        else:
            yield Sign(OK, "policies", f"{shelved.slug}: every version loads")


def look_at_versions(environment: Environment, now: datetime) -> Iterator[Sign]:
    """What lies in the folder is what was announced."""
    # Both hold models or read Django's settings.
    from upheld.actions.publications import list_posted  # noqa: PLC0415
    from upheld.web.hosts import find_shelf  # noqa: PLC0415

    if environment.draft:
        yield Sign(
            DOUBTFUL, "versions", "every file counts at once: the server is for drafting", "leave out UPHELD_DRAFT"
        )
        return
    for shelved in find_shelf().policies:
        posted = {one.version: one for one in list_posted(shelved.slug, now) if one.is_public}
        for good in shelved.versions if posted else ():
            version, one = good.policy.version, posted.get(good.policy.version)
            if one is None:
                said = f"{shelved.slug}: the version of {version} waits to be announced"
                yield Sign(DOUBTFUL, "versions", said, f"`upheld publish {shelved.slug}` says whether it can be")
            elif one.digest != good.policy.digest:
                said = f"{shelved.slug}: the text of {version} was changed after it was announced, and is not served"
                yield Sign(DOUBTFUL, "versions", said, "put it back, and write what is new into a file with a new date")


def look_at_staff(environment: Environment, _now: datetime) -> Iterator[Sign]:
    """Staff prove twice who they are."""
    if environment.second_factor == "required":
        yield Sign(OK, "staff", "they sign in with a second factor")
    else:
        said = "they sign in without a second factor"
        yield Sign(DOUBTFUL, "staff", said, "leave `UPHELD_SECOND_FACTOR` out wherever real data is held")


def list_sites() -> list[str]:
    """The sites whose policies load."""
    # Its room reads Django's settings.
    from upheld.web.hosts import find_shelf  # noqa: PLC0415

    return [shelved.slug for shelved in find_shelf().policies]


LOOKS_FROM_OUTSIDE: tuple[tuple[str, Look], ...] = (
    ("files", look_at_files),
    ("disk", look_at_disk),
    ("staff", look_at_staff),
    ("backup", look_at_backup),
)
LOOKS_AT_POLICIES: tuple[tuple[str, Look], ...] = (("policies", look_at_policies), ("https", look_at_https))
LOOKS_INTO_DATA: tuple[tuple[str, Look], ...] = (
    ("database", look_at_databases),
    ("top key", look_at_key),
    ("clock", look_at_clock),
    ("mail", look_at_mail),
    ("mailbox", look_at_inbox),
    ("versions", look_at_versions),
)
