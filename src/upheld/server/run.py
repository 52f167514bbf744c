"""Starts the server: settings and folders first, then the address, then the process that answers."""

from __future__ import annotations

import dataclasses
import os
import socket
from collections.abc import Callable
from pathlib import Path

from upheld.core.errors import SettingError
from upheld.server.environment import Environment, list_variables, read_environment
from upheld.web.shelf import Shelf

# Pages are rendered once and kept, so a worker seldom waits; more threads would only take turns on its one core.
THREADS_A_WORKER = 4


def serve(
    *,
    policies_folder: Path,
    host: str,
    port: int,
    prefix_mode: bool,
    state_folder: Path,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve the sites of a folder until the process is told to stop.

    Other settings come from the environment. Raises SettingError before anything is opened: S704 when no policy loads,
    S705 when the address is taken, S701 to S703 for settings.
    """
    environment = dataclasses.replace(
        read_environment(os.environ),
        policies=policies_folder.resolve(),
        state=state_folder.resolve(),
        address=host,
        port=port,
        prefix_mode=prefix_mode,
    )
    shelf = prepare(environment)
    for line in list_addresses(shelf, environment):
        announce(line)
    answer_requests(environment)


def prepare(environment: Environment) -> Shelf:
    """Everything that must work before a port opens: the state folder, Django, its checks, the styles, one loaded policy."""
    refuse_taken_address(environment.address, environment.port)
    try:
        environment.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise SettingError(
            "S703", f"the folder `{environment.state}` cannot be made: {problem.strerror}", "name another"
        ) from None
    os.environ.update(list_variables(environment))
    os.environ["DJANGO_SETTINGS_MODULE"] = "upheld.server.settings"
    set_up_django()
    # Both rooms read Django's settings when they are imported, and those exist only now.
    from upheld.server.opening import open_shelf  # noqa: PLC0415

    shelf = open_shelf(environment)
    if not shelf.policies:
        raise SettingError(
            "S704",
            f"no policy in `{environment.policies}` can be served",
            "`upheld check` says what is wrong with them",
        )
    return shelf


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


def list_addresses(shelf: Shelf, environment: Environment) -> tuple[str, ...]:
    """The addresses to open in a browser, the overview first."""
    scheme = "https" if environment.https else "http"
    lines = [
        f"overview   {scheme}://{environment.overview_hosts[0] if environment.overview_hosts else environment.address}:{environment.port}/"
    ]
    for shelved in shelf.policies:
        if environment.prefix_mode:
            address = f"{scheme}://{environment.address}:{environment.port}/at/{shelved.slug}/"
        else:
            address = f"{scheme}://{shelved.site.host}:{environment.port}/"
        lines.append(f"{shelved.slug:<10} {address}")
    return tuple(lines)


def answer_requests(environment: Environment) -> None:
    """Run granian until it is told to stop; its workers load the application by name and read the same environment."""
    from granian import Granian  # noqa: PLC0415  # not needed to prepare, and slow to load
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    Granian(
        "upheld.server.wsgi:application",
        address=environment.address,
        port=environment.port,
        interface=Interfaces.WSGI,
        workers=environment.workers,
        blocking_threads=THREADS_A_WORKER,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()
