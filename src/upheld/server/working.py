"""What the jobs need of the settings: the channel that takes mails, and where jobs are remembered."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlencode

from upheld.channels.base import Channel
from upheld.channels.folder.channel import FolderChannel, FolderSettings
from upheld.channels.mailbox.base import Mailbox
from upheld.channels.mailbox.imap import ImapMailbox, ImapSettings
from upheld.channels.mailbox.maildir import MaildirMailbox, MaildirSettings
from upheld.channels.smtp.channel import SmtpChannel, SmtpSettings
from upheld.core.errors import SettingError
from upheld.jobs.work import Inbox, Work
from upheld.server.code import digest_code
from upheld.server.databases import Postgres, find_databases
from upheld.server.desk import open_desk
from upheld.server.environment import Environment
from upheld.server.proof_beside import prove_beside
from upheld.server.run import find_overview
from upheld.server.visitor.beside import visit_beside
from upheld.web.hosts import place_shelf

JOBS_FILE = "jobs.sqlite3"


def open_work(environment: Environment) -> Work:
    """Everything that `run_jobs` takes. Raises SettingsWrong for a channel that could never send."""
    return Work(
        channel=open_channel(environment),
        state=environment.state,
        database=find_jobs_database(environment),
        sender=environment.mail_from,
        home=partial(name_home, environment),
        inbox=open_inbox(environment),
        prove=prove_beside if environment.proofs else None,
        visit=visit_beside if environment.proofs and environment.visitor else None,
        code=digest_code(),
        console=f"{find_overview(environment)}console/",
    )


def name_home(environment: Environment, slug: str, host: str) -> str:
    """The address of a site's first page, with its slash, as people reach it."""
    if environment.prefix_mode:
        return f"{environment.scheme}://{environment.address}{environment.shown_port}/at/{slug}/"
    return f"{environment.scheme}://{host}{environment.shown_port}/"


def open_channel(environment: Environment) -> Channel:
    """The channel that the settings name. Raises SettingsWrong for settings that would be a danger or cannot be used."""
    if environment.mail == "folder":
        return FolderChannel(FolderSettings(environment.mail_folder))
    return SmtpChannel(
        SmtpSettings(
            host=environment.smtp_host,
            port=environment.smtp_port,
            user=environment.smtp_user,
            password=environment.smtp_password,
            tls=environment.smtp_tls,
            authority=environment.smtp_authority,
            dkim_key=environment.dkim_key,
            dkim_selector=environment.dkim_selector,
        )
    )


def open_inbox(environment: Environment) -> Inbox | None:
    """Where messages arrive; None when they do not. Raises MailboxWrong for settings that cannot be used."""
    mailbox: Mailbox
    if environment.inbox_place is not None:
        mailbox = MaildirMailbox(MaildirSettings(environment.inbox_place))
    elif environment.inbox == "imap":
        mailbox = ImapMailbox(
            ImapSettings(
                host=environment.inbox_host,
                port=environment.inbox_port,
                user=environment.inbox_user,
                password=environment.inbox_password,
                folder=environment.inbox_name,
                done=environment.inbox_done,
                authority=environment.inbox_authority,
            )
        )
    else:
        return None
    return Inbox(mailbox, environment.inbox_checked_by, environment.inbox_site)


def find_jobs_database(environment: Environment) -> str:
    """The address of the database that remembers jobs: a file, or tables of their own beside the data in PostgreSQL."""
    place = find_databases(environment).default
    if not isinstance(place, Postgres):
        return f"sqlite:///{environment.state / JOBS_FILE}"
    user = quote(place.user, safe="") + (f":{quote(place.password, safe='')}" if place.password else "")
    named, given = f"{user}@" if user else "", dict(place.options)
    where = f"{place.host}:{place.port}" if place.port else place.host
    if place.host.startswith("/"):  # a folder of sockets cannot stand where a host does
        where, given = "", given | {"host": place.host} | ({"port": place.port} if place.port else {})
    options = f"?{urlencode(given)}" if given else ""
    return f"postgresql://{named}{where}/{quote(place.name, safe='')}{options}"


def work_alone(*, state_folder: Path | None, policies_folder: Path | None, announce: Callable[[str], None]) -> None:
    """Do jobs in this process until it is told to stop.

    Raises SettingError S711 when nothing is held in the folder, S707 without the top key, S704 when no policy loads;
    VaultError V812 for another top key; SettingsWrong for a channel that could never send.
    """
    environment = open_desk(state_folder=state_folder, policies_folder=policies_folder)
    # These rooms hold models, which are there only now.
    from upheld.jobs.run import run_jobs  # noqa: PLC0415
    from upheld.server.opening import open_shelf  # noqa: PLC0415

    shelf = open_shelf(environment)
    if not shelf.policies:
        raise SettingError(
            "S704",
            f"no policy in `{environment.policies}` can be served",
            "`upheld check` says what is wrong with them",
        )
    place_shelf(shelf)
    work = open_work(environment)
    announce(f"jobs       for {', '.join(shelved.slug for shelved in shelf.policies)}; stop with Ctrl-C")
    run_jobs(work)
