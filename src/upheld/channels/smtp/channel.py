"""The channel `smtp`: one connection a message; knows when nothing was sent, when it was, and when nobody can say."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from upheld.channels.base import CannotDo, ChannelError, InDoubt, Message, Receipt, SettingsWrong, TryLater
from upheld.channels.mail import read_address, write_mail
from upheld.channels.smtp.signing import Signer, read_signer

TLS_MODES: Final = ("starttls", "tls", "none")
_SOON = timedelta(minutes=1)
_LATER = timedelta(minutes=5)  # a server that says 4xx is asked again at leisure; greylisting wants minutes
_ENHANCED = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_END_OF_DATA = b".\r\n"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The mail server and how to reach it; `authority` is a file with the certificate to trust instead of the machine's."""

    host: str
    port: int = 587
    user: str = ""
    password: str = field(default="", repr=False)
    tls: str = "starttls"
    authority: Path | None = None
    dkim_key: Path | None = None
    dkim_selector: str = ""
    timeout_seconds: float = 20.0


class SmtpChannel:
    """Hands messages to one mail server. Raises SettingsWrong at once for settings that would be a danger."""

    is_repeatable = False

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        if settings.tls not in TLS_MODES:
            raise SettingsWrong(
                "the kind of encryption to the mail server is unknown", "choose " + ", ".join(TLS_MODES)
            )
        if settings.tls == "none" and not is_this_machine(settings.host):
            raise SettingsWrong(
                "mails would travel unencrypted to another machine", "use `starttls` or `tls`; `none` is for loopback"
            )
        if settings.dkim_key is None:
            self._signer: Signer | None = None
        else:
            self._signer = read_signer(settings.dkim_key, settings.dkim_selector)
        self._context = self._open_context()

    def _open_context(self) -> ssl.SSLContext:
        """How the mail server's certificate is checked."""
        try:
            return ssl.create_default_context(cafile=self._settings.authority)
        except (OSError, ssl.SSLError):
            raise SettingsWrong(
                "the certificate of the mail server's authority cannot be read", "check the path"
            ) from None

    def check(self) -> None:
        """Connect, encrypt and sign in, then leave."""
        with self._connect():
            pass

    def send(self, message: Message) -> Receipt:
        """Hand over the message. Raises InDoubt only when the whole mail was sent and no answer came."""
        mail = write_mail(message)
        sender, to = read_address(message.sender), read_address(message.to)
        if self._signer is not None:
            mail = self._signer.sign(mail, sender.rpartition("@")[2])
        with self._connect() as connection:
            self._offer(connection, sender, to)
            answer = hand_over(connection, mail)
        return Receipt("smtp", answer)

    def _offer(self, connection: smtplib.SMTP, sender: str, to: str) -> None:
        """Who sends, to whom, and that a mail follows; nothing is sent if any of the three is refused."""
        options: tuple[str, ...] = ()
        if not (sender + to).isascii():
            if not connection.has_extn("smtputf8"):
                raise CannotDo("the mail server takes no address with such letters")
            options = ("SMTPUTF8", "BODY=8BITMIME")
        require(connection.mail(sender, options), 250)
        require(connection.rcpt(to), 250, 251)
        require(connection.docmd("DATA"), 354)

    @contextlib.contextmanager
    def _connect(self) -> Iterator[smtplib.SMTP]:
        """A connection, encrypted and signed in; every failure before the mail's last byte leaves as one of ours."""
        connection: smtplib.SMTP | None = None
        try:
            connection = self._open()
            self._sign_in(connection)
            yield connection
            say_goodbye(connection)
        except ChannelError:
            raise
        except smtplib.SMTPAuthenticationError as problem:
            raise explain_login(problem.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise SettingsWrong(
                "the mail server offers no encryption or no sign-in", "check its port and `UPHELD_SMTP_TLS`"
            ) from None
        except ssl.SSLError:
            raise SettingsWrong(
                "no trusted connection to the mail server", "check its name, its certificate and its port"
            ) from None
        except smtplib.SMTPResponseException as problem:
            # Before a message was offered, a refusal says nothing about the message: even a final one waits.
            raise TryLater(f"the mail server answered {problem.smtp_code} to the greeting", _LATER) from None
        except (smtplib.SMTPException, OSError, UnicodeError):
            raise TryLater("the mail server does not answer", _SOON) from None
        finally:
            if connection is not None:
                connection.close()

    def _open(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.tls == "tls":
            return smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=settings.timeout_seconds, context=self._context
            )
        return smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_seconds)

    def _sign_in(self, connection: smtplib.SMTP) -> None:
        """Encrypt where that comes after the first words, then sign in if there is a name to do it with."""
        settings = self._settings
        connection.ehlo_or_helo_if_needed()
        if settings.tls == "starttls":
            connection.starttls(context=self._context)
            connection.ehlo()
        if settings.user:
            connection.login(settings.user, settings.password)


def hand_over(connection: smtplib.SMTP, mail: bytes) -> str:
    """Send the mail's bytes, then the line that ends it, then read the answer.

    INVARIANT: a server takes a mail over only after its last line. So a failure before that line is safe to try again,
    and one after it is in doubt.
    """
    lines = mail.replace(b"\r\n.", b"\r\n..")
    if lines.startswith(b"."):
        lines = b"." + lines
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    connection.send(lines)
    try:
        connection.send(_END_OF_DATA)
        answer = connection.getreply()
    except (smtplib.SMTPException, OSError):
        raise InDoubt("no answer after the whole mail was sent") from None
    return require(answer, 250)


def require(answer: tuple[int, bytes], *wanted: int) -> str:
    """The codes of an answer that is one of those wanted; raises TryLater or CannotDo for another."""
    code, text = answer
    if code not in wanted:
        raise explain_answer(code, text)
    return read_codes(code, text)


def explain_answer(code: int, text: bytes) -> TryLater | CannotDo:
    """A refusal as one of ours, with its numbers and without its words, which repeat the address."""
    said = f"the mail server answered {read_codes(code, text)}"
    if 500 <= code < 600:
        return CannotDo(said)
    return TryLater(said, _LATER)


def explain_login(code: int) -> TryLater | SettingsWrong:
    """A refused sign-in; 4xx passes (RFC 4954, section 6: 454 is a temporary failure)."""
    if 400 <= code < 500:
        return TryLater(f"the mail server answered {code} to the sign-in", _LATER)
    return SettingsWrong(f"the mail server answered {code} to the sign-in", "check the user name and the password")


def read_codes(code: int, text: bytes) -> str:
    """The numbers of an answer: `550`, or `550 5.1.1` with the enhanced code of RFC 3463."""
    enhanced = _ENHANCED.match(text)
    return f"{code} {enhanced.group(1).decode('ascii')}" if enhanced else str(code)


def say_goodbye(connection: smtplib.SMTP) -> None:
    """End the session politely; what the server answers changes nothing any more."""
    with contextlib.suppress(smtplib.SMTPException, OSError):
        connection.docmd("QUIT")


def is_this_machine(host: str) -> bool:
    """Whether a host is a loopback address or `localhost`; a name is not asked for, as its answer could change."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
