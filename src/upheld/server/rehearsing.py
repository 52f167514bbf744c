"""The process in which rules are rehearsed: a throw-away house in a folder of its own, thrown away by whoever started it.

It is told numbers of rules on its input, a line each, and answers each with a line of JSON; see `rehearsal_desk`.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import shutil
import socket
import stat
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from upheld.server.code import digest_code
from upheld.server.databases import find_databases
from upheld.server.environment import Environment, read_environment
from upheld.server.run import hand_over, set_up_databases, set_up_django

if TYPE_CHECKING:
    from upheld.rehearsal.stage import Stage

SETTLED_SECONDS = 86_400
TEMPLATE = "upheld-template-"
INBOX, KEPT, POLICIES = "inbox", "kept", "policies"


def main(arguments: list[str], numbers: TextIO, answers: TextIO) -> int:
    """Rehearse the rules that are asked for until the input ends. Arguments: state folder, policies, site, moment."""
    state, given, site, moment = arguments
    policies = Path(state) / POLICIES  # a copy of this house alone: a rehearsal may lay a new version beside it
    shutil.copytree(given, policies)
    long_ago = datetime.fromisoformat(moment).timestamp() - SETTLED_SECONDS
    for file in policies.glob("*/*"):  # by the clock of the stage, too, nobody is writing them just now
        os.utime(file, (long_ago, long_ago))
    environment = read_environment(
        {
            "UPHELD_STATE": state,
            "UPHELD_POLICIES": str(policies),
            "UPHELD_PORT": str(find_port()),  # nobody listens; the settings want one
            "UPHELD_MAIL": "folder",
            "UPHELD_INBOX": "maildir",
            "UPHELD_INBOX_FOLDER": str(Path(state) / INBOX),
            "UPHELD_SECOND_FACTOR": "demo",
        }
    )
    logging.disable(logging.WARNING)  # refusals are what is tried here; each would be a line
    with ExitStack() as stack:
        stage = open_stage(environment, site, datetime.fromisoformat(moment), stack)
        if stage is None:
            print(json.dumps({"unserved": site}), file=answers, flush=True)
            return 0
        # It holds models, which are there only now.
        from upheld.rehearsal.rehearse import rehearse  # noqa: PLC0415

        rules = stage.policy.active_rules
        print(json.dumps({"ready": stage.policy.digest}), file=answers, flush=True)
        for line in numbers:
            began, number = time.monotonic(), int(line)
            found = rehearse(stage, rules[number])
            told = {"number": number, "evidence": dataclasses.asdict(found), "seconds": time.monotonic() - began}
            print(json.dumps(told), file=answers, flush=True)
    return 0


def find_port() -> int:
    """A port on which nobody listens at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def open_stage(environment: Environment, site: str, moment: datetime, stack: ExitStack) -> Stage | None:
    """The throw-away house, opened in this process with its cast and kept as it is then; the clock stands at the moment.

    None where the policy makes no site that could be served.
    """
    os.umask(0o077)
    environment.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    hand_over(environment)
    fetch_template(environment)
    set_up_databases(environment, lambda _line: None)
    set_up_django()
    # These rooms hold models, which are there only now; nobody else needs a clock that is moved.
    import time_machine  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    # The same.
    from upheld.jobs.work import place_work  # noqa: PLC0415
    from upheld.rehearsal.cast import gather_cast  # noqa: PLC0415
    from upheld.rehearsal.hashing import hash_quickly  # noqa: PLC0415
    from upheld.rehearsal.stage import Stage  # noqa: PLC0415
    from upheld.server.migrating import bring_up_to_date  # noqa: PLC0415
    from upheld.server.opening import open_shelf, open_vault  # noqa: PLC0415
    from upheld.server.working import open_work  # noqa: PLC0415
    from upheld.web.hosts import place_shelf  # noqa: PLC0415

    for alias in ("default", "keys"):  # no power is cut here: whatever is lost was to be thrown away
        options = connections.settings[alias]["OPTIONS"]
        options["init_command"] = options.get("init_command", "") + "PRAGMA synchronous=OFF;"
    if bring_up_to_date(environment, lambda _line: None):
        keep_template(environment)
    connections.close_all()
    clock = stack.enter_context(time_machine.travel(moment.astimezone(UTC), tick=False))
    shelf = open_shelf(environment, alone=site)  # a policy that joins a site is tried by itself
    place_shelf(shelf)
    if shelf.find_slug(site) is None:
        return None
    open_vault(environment, moment)
    place_work(open_work(environment))
    state = environment.state
    stage = Stage(
        site,
        clock,
        kept=state / KEPT,
        mails=environment.mail_folder,
        inbox=state / INBOX,
        policies=environment.policies,
    )
    stage.work.channel.check()
    if stage.work.inbox is not None:
        stage.work.inbox.mailbox.check()
    hash_quickly()
    stage.cast = gather_cast(stage)
    stage.keep()
    return stage


def find_template(environment: Environment) -> Path:
    """Where empty databases of this program lie beside the houses, so that the next house need not make them step by step."""
    return environment.state.parent.parent / f"{TEMPLATE}{digest_code()[:16]}"


def is_ours(folder: Path) -> bool:
    """Whether nobody but us can put anything into this folder: what lies there ends up in a house that vouches for rules."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022


def fetch_template(environment: Environment) -> None:
    """Lay empty databases into the house where an earlier one left some."""
    template = find_template(environment)
    if not is_ours(template.parent):
        return
    for alias, place in find_databases(environment).each():
        if isinstance(place, Path):
            try:
                shutil.copyfile(template / alias, place)
            except OSError:  # there is none, or it is just being taken away
                place.unlink(missing_ok=True)


def keep_template(environment: Environment) -> None:
    """Leave the empty databases for the next house; of an earlier program none is kept."""
    # Set up only when the house is opened.
    from django.db import connections  # noqa: PLC0415

    template = find_template(environment)
    if not is_ours(template.parent):
        return
    for old in template.parent.glob(f"{TEMPLATE}*"):
        shutil.rmtree(old, ignore_errors=True)
    made = Path(tempfile.mkdtemp(dir=template.parent))
    for alias, place in find_databases(environment).each():
        if isinstance(place, Path):
            with connections[alias].cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copyfile(place, made / alias)
    try:
        made.rename(template)
    except OSError:  # another house was first
        shutil.rmtree(made, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdin, sys.stdout))
