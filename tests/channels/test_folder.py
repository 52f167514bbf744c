"""The folder: a file is whole or not there, and a full disk is no loss."""

import errno
import os
from pathlib import Path

import pytest

from upheld.channels.base import Message, SettingsWrong, TryLater
from upheld.channels.folder.channel import FolderChannel, FolderSettings


def open_folder(folder: Path) -> FolderChannel:
    return FolderChannel(FolderSettings(folder))


def test_nobody_else_on_the_machine_can_read_the_file(tmp_path: Path, finn: Message) -> None:
    open_folder(tmp_path / "mail").send(finn)
    [file] = (tmp_path / "mail").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("problem", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_waits_and_leaves_no_half_file(
    tmp_path: Path, finn: Message, monkeypatch: pytest.MonkeyPatch, problem: int
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(problem, os.strerror(problem))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(TryLater) as caught:
            open_folder(tmp_path).send(finn)
    assert caught.value.code == "M902"
    assert caught.value.after.total_seconds() >= 1
    assert list(tmp_path.iterdir()) == []
    open_folder(tmp_path).send(finn)
    assert [file.name for file in tmp_path.iterdir()] == [f"{finn.id}.eml"]


def test_a_folder_that_cannot_be_is_a_wrong_setting(tmp_path: Path, finn: Message) -> None:
    (tmp_path / "file").write_text("")
    channel = open_folder(tmp_path / "file" / "mail")
    with pytest.raises(SettingsWrong):
        channel.check()
    with pytest.raises(SettingsWrong):
        channel.send(finn)
