"""Where messages arrive, by the settings: a maildir of the state folder, a folder on a mail server, or nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.web.sites import set_up_django
from upheld.channels.mailbox.base import MailboxWrong
from upheld.channels.mailbox.imap import ImapMailbox
from upheld.channels.mailbox.maildir import MaildirMailbox
from upheld.core.errors import SettingError
from upheld.server.environment import list_variables, read_environment

IMAP = {
    "UPHELD_INBOX": "imap",
    "UPHELD_INBOX_HOST": "mail.example",
    "UPHELD_INBOX_USER": "desk",
    "UPHELD_INBOX_PASSWORD": "seven kites",
}


def open_inbox(variables: dict[str, str]) -> Any:
    set_up_django()
    from upheld.server.working import open_inbox

    return open_inbox(read_environment(variables))


def test_without_settings_it_is_a_maildir_of_the_state_folder() -> None:
    environment = read_environment({"UPHELD_STATE": "/srv/state"})
    assert environment.inbox_place == Path("/srv/state/inbox")
    assert isinstance(open_inbox({}).mailbox, MaildirMailbox)


def test_each_kind_is_opened_as_it_is_named() -> None:
    assert read_environment({"UPHELD_INBOX_FOLDER": "/var/mail/desk"}).inbox_place == Path("/var/mail/desk")
    made = open_inbox({**IMAP, "UPHELD_INBOX_CHECKED_BY": "mx.example", "UPHELD_INBOX_SITE": "lasership"})
    assert isinstance(made.mailbox, ImapMailbox)
    assert (made.checked_by, made.site) == ("mx.example", "lasership")
    assert open_inbox({"UPHELD_INBOX": "none"}) is None
    assert read_environment(IMAP).inbox_place is None


@pytest.mark.parametrize("missing", ["UPHELD_INBOX_HOST", "UPHELD_INBOX_USER"])
def test_a_mail_server_without_its_name_or_ours_is_refused(missing: str) -> None:
    with pytest.raises(SettingError) as caught:
        read_environment({name: value for name, value in IMAP.items() if name != missing})
    assert caught.value.code == "S702"


def test_a_mailbox_that_could_never_be_read_is_refused_at_the_start() -> None:
    with pytest.raises(MailboxWrong):
        open_inbox({**IMAP, "UPHELD_INBOX_DONE": "INBOX"})


def test_the_password_is_not_shown_and_reaches_the_processes() -> None:
    environment = read_environment(IMAP)
    assert "kites" not in repr(environment)
    assert list_variables(environment)["UPHELD_INBOX_PASSWORD"] == "seven kites"  # noqa: S105 - of nobody


def test_the_doctor_says_where_messages_arrive_and_what_is_wrong(tmp_path: Path) -> None:
    from upheld.server.doctor import look_at_inbox, take_look

    now = datetime(2026, 11, 20, tzinfo=UTC)
    environment = replace(read_environment({}), state=tmp_path)
    signs = list(take_look("mailbox", look_at_inbox, environment, now))
    assert [sign.level for sign in signs] == ["ok", "ok"]
    assert "no sender of a message is proved" in signs[1].text
    (tmp_path / "file").write_text("no folder")
    [bad] = take_look("mailbox", look_at_inbox, replace(environment, inbox_folder=tmp_path / "file"), now)
    assert (bad.level, bad.subject) == ("fail", "mailbox")
