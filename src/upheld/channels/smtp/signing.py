"""The DKIM signature of a mail (RFC 6376); knows no connection."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import dkim  # type: ignore[import-untyped]  # dkimpy brings no types
from dkim.crypto import UnparsableKeyError  # type: ignore[import-untyped]  # the same

from upheld.channels.base import SettingsWrong

# RFC 6376, section 5.4.1 (read 2025-11-20): what a reader acts on. Named once more than it occurs (section 8.15),
# a header cannot be added behind the signature's back.
_SIGNED = (b"from", b"from", b"to", b"to", b"subject", b"subject", b"date", b"date", b"message-id", b"mime-version")
_SIGNED_IF_THERE = (b"content-type", b"reply-to", b"auto-submitted", b"list-unsubscribe", b"list-unsubscribe-post")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key and the selector under which the domain publishes its other half."""

    key: bytes
    selector: str

    def sign(self, mail: bytes, domain: str) -> bytes:
        """The mail with its signature in front. Raises SettingsWrong when the key cannot sign."""
        # A signature covers only what the mail has, apart from the names that are meant to be missing.
        present = {line.partition(b":")[0].lower() for line in mail.partition(b"\r\n\r\n")[0].split(b"\r\n")}
        names = [*_SIGNED, *(name for name in _SIGNED_IF_THERE if name in present)]
        try:
            signature: bytes = dkim.sign(
                mail,
                self.selector.encode("ascii"),
                domain.encode("ascii"),
                self.key,
                canonicalize=(b"relaxed", b"relaxed"),
                include_headers=names,
                logger=_log,
            )
        except (dkim.DKIMException, UnparsableKeyError, ValueError):
            raise SettingsWrong(
                "the key for signing mails cannot be used", "give an RSA key of 2048 bits in PEM, without a password"
            ) from None
        return signature + mail


def read_signer(key_file: Path, selector: str) -> Signer:
    """The signer of a key file; raises SettingsWrong when the file or the selector cannot be used."""
    labels = selector.split(".")
    if not all(label and label.isascii() and label.replace("-", "").replace("_", "").isalnum() for label in labels):
        raise SettingsWrong("the selector for signing mails is no name", "use letters, digits and hyphens")
    try:
        return Signer(key_file.read_bytes(), selector)
    except OSError as problem:
        raise SettingsWrong(
            f"the key for signing mails cannot be read: {problem.strerror}", "check the path and the permissions"
        ) from None
