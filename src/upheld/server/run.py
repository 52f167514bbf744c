"""Starts the server: settings, keys and databases first, then the address, then the processes that answer and do jobs."""

from __future__ import annotations

import dataclasses
import importlib.util
import logging
import os
import secrets
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from upheld.core.errors import SettingError
from upheld.core.fields.cookies import find_cookie
from upheld.core.seal.envelope import KEY_BYTES
from upheld.server.companion import Companion, name_command
from upheld.server.databases import find_databases, make_missing
from upheld.server.demo_state import Demo, is_demo, prepare_state
from upheld.server.environment import (
    PREFIX,
    Environment,
    is_loopback,
    list_variables,
    override_settings,
    read_environment,
)
from upheld.server.tls import Listening, find_certificate
from upheld.server.top_key import draw_top_key, find_file, find_top_key
from upheld.web.shelf import Shelf, Shelved

logger = logging.getLogger(__name__)

# Pages are rendered once and kept, so a worker seldom waits; more threads would only take turns on its one core.
THREADS_A_WORKER = 4
# A policy that names this cookie has people sign in.
SESSION_COOKIE = "session"
KEY_ADVICE = "keep a copy of it apart from the databases: without it nothing that is held can be read by anybody"

Announce = Callable[[str], None]


def serve(
    *,
    policies_folder: Path | None = None,
    host: str | None = None,
    port: int | None = None,
    prefix_mode: bool = False,
    state_folder: Path | None = None,
    tls: bool = False,
    demo: Demo | None = None,
    announce: Announce = print,
) -> None:
    """Serve the sites of a folder until the process is told to stop; with a demo, filled with invented people.

    What is not given, and all other settings, come from the environment. Raises SettingError before anything is opened: S704 when no policy loads,
    S705 when the address is taken, S706 for a certificate, S707 and S710 for the top key, S709 for a database, S701 to
    S703 for settings; VaultError V812 when the top key is not the one of the data.
    """
    environment = override_settings(
        read_environment(os.environ),
        policies=policies_folder,
        state=state_folder,
        address=host,
        port=port,
        prefix_mode=prefix_mode,
        tls=tls,
    )
    if demo is not None:
        refuse_taken_address(
            environment.address, environment.port
        )  # before anything is forgotten: an earlier demo may still be running
        environment = open_demo(environment, demo, announce)
    shelf = prepare(environment, announce)
    if demo is not None and is_demo(environment):
        fill(environment, shelf, demo, announce)
    listening = find_listening(environment, shelf, announce)
    for line in list_addresses(shelf, environment):
        announce(line)
    if environment.draft:
        announce("draft      every good version file counts at once: nothing is announced, and nobody is told")
    answer_requests(environment, listening)


def open_demo(environment: Environment, demo: Demo, announce: Announce) -> Environment:
    """The settings of a demo, and its state folder marked as one. Raises SettingError S712 for a folder with other data."""
    if not prepare_state(environment, is_fresh=demo.is_fresh):
        announce(f"demo       {environment.state} holds data that no demo made: nothing is filled in")
        return environment
    # Nobody but this machine reaches a demo, and its staff are invented like everybody else; a setting says otherwise.
    is_free = is_loopback(environment.address) and f"{PREFIX}SECOND_FACTOR" not in os.environ
    return dataclasses.replace(environment, second_factor="demo") if is_free else environment


def fill(environment: Environment, shelf: Shelf, demo: Demo, announce: Announce) -> None:
    """Fill the sites of a demo, and say who can sign in where."""
    # Both rooms hold models, and can be imported only now.
    from upheld.server.demo import fill_demo  # noqa: PLC0415
    from upheld.server.migrating import close_connections  # noqa: PLC0415

    fill_demo(environment, shelf, demo.people, announce)
    close_connections()


def prepare(environment: Environment, announce: Announce = print) -> Shelf:
    """Everything that must work before a port opens.

    The state folder, the top key, Django with its checks, the databases, the styles, one loaded policy, and that what
    people sign in with cannot be read on its way.
    """
    refuse_taken_address(environment.address, environment.port)
    os.umask(0o077)  # whatever is written from now on is for this user alone: databases, keys, visits, mail
    try:
        environment.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise SettingError(
            "S703", f"the folder `{environment.state}` cannot be made: {problem.strerror}", "name another"
        ) from None
    if not environment.policies.is_dir():
        raise SettingError(
            "S704", f"there is no folder `{environment.policies}`", "name the folder that holds the policies"
        )
    hand_over(environment)
    set_up_databases(environment, announce)
    set_up_django()
    # These rooms hold models or read Django's settings when they are imported, and both are there only now.
    from upheld.server.migrating import bring_up_to_date, close_connections  # noqa: PLC0415
    from upheld.server.opening import open_shelf, open_vault  # noqa: PLC0415
    from upheld.server.working import open_channel, open_inbox  # noqa: PLC0415

    # Only to see that there is one to serve: the databases come after that, and each worker loads its own.
    shelf = open_shelf(environment, has_records=False)
    if not shelf.policies:
        raise SettingError(
            "S704",
            f"no policy in `{environment.policies}` can be served",
            "`upheld check` says what is wrong with them",
        )
    refuse_plain_sign_in(environment, shelf)
    open_channel(environment)  # a channel that could never send is refused now, and not when the first mail waits
    open_inbox(environment)  # the same of a mailbox that could never be read
    # The keys first: with a wrong top key the server refuses before it has touched the data.
    bring_up_to_date(environment, announce, ("keys",))
    open_vault(environment, datetime.now(UTC))
    bring_up_to_date(environment, announce, ("default",))
    close_connections()
    return shelf


def hand_over(environment: Environment) -> None:
    """Put the settings where Django and every child process find them."""
    variables = list_variables(environment, os.environ)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    os.environ.update(variables)
    os.environ["DJANGO_SETTINGS_MODULE"] = "upheld.server.settings"


def set_up_databases(environment: Environment, announce: Announce) -> None:
    """Make the databases that are missing, and draw a top key when nothing is held yet that another one sealed."""
    for name in make_missing(find_databases(environment)):
        announce(f"database   {name} was missing and is made")
    if find_top_key(environment) is None and draw_top_key(environment, secrets.token_bytes(KEY_BYTES)):
        announce(f"top key    drawn into {find_file(environment)}")
        announce(f"           {KEY_ADVICE}")


def set_up_django() -> None:
    """Load Django, run its checks and ours, and write the styles with hashed names into the state folder."""
    # Imported here because Django reads the environment when it is set up, and `prepare` has just written it.
    import django  # noqa: PLC0415
    from django.core.checks import run_checks  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    errors = [message for message in run_checks() if message.is_serious()]
    if errors:
        raise SettingError(str(errors[0].id), str(errors[0].msg), errors[0].hint)
    # What an earlier start left stays: another server of the same state folder may still be handing it out.
    call_command("collectstatic", interactive=False, verbosity=0)


def refuse_taken_address(address: str, port: int) -> None:
    """Raise S705 when nobody could listen there; asked before granian, whose own error is a traceback."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.strip("[]"), port))
        except OSError as problem:
            raise SettingError(
                "S705", f"cannot listen on {address} port {port}: {problem.strerror}", "choose another port"
            ) from None


def refuse_plain_sign_in(environment: Environment, shelf: Shelf) -> None:
    """Raise S703 when people would sign in over a connection that others can read."""
    if environment.tls or environment.proxy or is_loopback(environment.address):
        return
    for shelved in shelf.policies:
        if any(find_cookie(good.table, SESSION_COOKIE) for good in shelved.versions):
            raise SettingError(
                "S703",
                f"people sign in at `{shelved.slug}`, and {environment.address} is reached over plain http",
                "listen with `--tls`, or name the proxy that ends https in `UPHELD_PROXY`, or listen on 127.0.0.1",
            )


def find_listening(environment: Environment, shelf: Shelf, announce: Announce) -> Listening | None:
    """The certificate to listen with, or None for plain http; says what people have to do about it."""
    if not environment.tls:
        return None
    hosts = [shelved.host for shelved in shelf.sites]
    overview = [host.strip("[]") for host in environment.overview_hosts]
    listening = find_certificate(environment, [*hosts, *overview, environment.address], datetime.now(UTC))
    for host in hosts:
        if not listening.covers(host):
            announce(f"no https   {host} is not in the certificate: give one in UPHELD_TLS_CERTIFICATE")
    if listening.authority is not None:
        state = "made" if listening.is_new else "there"
        announce(f"authority  {listening.authority} is {state}; browsers trust these sites when they trust it")
        announce("           it can vouch for local names alone; docs/operating.md says where to add it")
    return listening


def list_addresses(shelf: Shelf, environment: Environment) -> tuple[str, ...]:
    """The addresses to open in a browser, the overview first."""
    lines = [f"overview   {find_overview(environment)}"]
    for shelved in shelf.sites:
        home = find_home(environment, shelved)
        lines.append(f"{shelved.slug:<10} {home}")
        lines += [f"{other.slug:<10} {home}{other.page}" for other in shelved.beside]
    return tuple(lines)


def find_overview(environment: Environment) -> str:
    """The address of the overview of all sites, with its slash."""
    host = environment.overview_hosts[0] if environment.overview_hosts else environment.address
    return f"{environment.scheme}://{host}{environment.shown_port}/"


def find_home(environment: Environment, shelved: Shelved) -> str:
    """The address of the first page of a policy's site, with its slash."""
    if environment.prefix_mode:
        return f"{environment.scheme}://{environment.address}{environment.shown_port}/at/{shelved.policies[0].slug}/"
    return f"{environment.scheme}://{shelved.host}{environment.shown_port}/"


def start_jobs() -> Companion | None:
    """The process that sends mail and does what has a deadline."""
    if importlib.util.find_spec("upheld.jobs") is None or importlib.util.find_spec("upheld.jobs.run") is None:
        return None
    return Companion(name_command(), os.environ, logger.error)


def answer_requests(environment: Environment, listening: Listening | None = None) -> None:
    """Run granian until it is told to stop; its workers load the application by name and read the same environment."""
    from granian import Granian  # noqa: PLC0415  # not needed to prepare, and slow to load
    from granian.constants import Interfaces, SSLProtocols  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    jobs = start_jobs()
    try:
        Granian(
            "upheld.server.wsgi:application",
            address=environment.address,
            port=environment.port,
            interface=Interfaces.WSGI,
            workers=environment.workers,
            blocking_threads=THREADS_A_WORKER,
            websockets=False,
            log_level=LogLevels.warning,
            ssl_cert=listening.certificate if listening else None,
            ssl_key=listening.key if listening else None,
            # 1.2 for programs of the last decade; the library offers only ciphers with forward secrecy there too.
            ssl_protocol_min=SSLProtocols.tls12,
        ).serve()
    finally:
        if jobs is not None:
            jobs.stop()
