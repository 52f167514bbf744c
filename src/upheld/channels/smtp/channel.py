"""The channel `smtp`: messages one after the other over a connection; knows what was sent, what not, and what nobody can say."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from upheld.channels.base import (
    CannotDo,
    ChannelError,
    InDoubt,
    Message,
    Receipt,
    SettingsWrong,
    TryLater,
    Withdrawn,
    let_go,
)
from upheld.channels.mail import read_address, write_mail
from upheld.channels.smtp.signing import Signer, read_signer

TLS_MODES: Final = ("starttls", "tls", "none")
_SOON = timedelta(minutes=1)
_LATER = timedelta(minutes=5)  # a server that says 4xx is asked again at leisure; greylisting wants minutes
_ENHANCED = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_END_OF_DATA = b".\r\n"
_GOING = 421  # RFC 5321, section 3.8 (read 2026-11-22): said before a server closes by itself
_SLOW_SECONDS = 0.05


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
        with self._explain():
            say_goodbye(self._connect())

    @contextlib.contextmanager
    def open(self) -> Iterator[SmtpLine]:
        """One connection for several messages, made when the first one is sent."""
        line = SmtpLine(self)
        try:
            yield line
        finally:
            line.close()

    def send(self, message: Message, may_go: Callable[[], bool] = let_go) -> Receipt:
        """Hand over one message on a connection of its own."""
        with self.open() as line:
            return line.send(message, may_go)

    def write(self, message: Message) -> tuple[str, str, bytes]:
        """Who sends, to whom, and the mail with its signature."""
        mail = write_mail(message)
        sender, to = read_address(message.sender), read_address(message.to)
        if self._signer is not None:
            mail = self._signer.sign(mail, sender.rpartition("@")[2])
        return sender, to, mail

    def connect(self) -> smtplib.SMTP:
        """A connection, encrypted and signed in. Raises SettingsWrong or TryLater."""
        with self._explain():
            return self._connect()

    def _connect(self) -> smtplib.SMTP:
        connection = self._open()
        try:
            # A mail and the line that ends it leave in two pieces; without this the second waits for the first one's receipt.
            if connection.sock is not None:
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sign_in(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    @contextlib.contextmanager
    def _explain() -> Iterator[None]:
        """Every failure before the mail's last byte leaves as one of ours."""
        try:
            yield
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


class SmtpLine:
    """One connection and the messages that go over it; a server that hangs up between two of them is called once more.

    A server that cannot be reached is not tried again by this line: its other messages wait as well.
    """

    def __init__(self, channel: SmtpChannel) -> None:
        self._channel = channel
        self._connection: smtplib.SMTP | None = None
        self._problem: ChannelError | None = None

    def send(self, message: Message, may_go: Callable[[], bool] = let_go) -> Receipt:
        """Hand over the message. Raises InDoubt only when the whole mail was sent and no answer came."""
        sender, to, mail = self._channel.write(message)
        if self._problem is not None:
            raise self._problem
        try:
            self._offer(sender, to)
            answer = self._speak(mail, may_go)
        except (CannotDo, TryLater, Withdrawn):
            self._begin_anew()
            raise
        except InDoubt:
            self._drop()
            raise
        except (smtplib.SMTPException, OSError, UnicodeError):
            self._drop()
            raise TryLater("the mail server does not answer", _SOON) from None
        return Receipt("smtp", answer)

    def close(self) -> None:
        """End the session politely, if there is one."""
        if self._connection is not None:
            say_goodbye(self._connection)
            self._connection = None

    def _offer(self, sender: str, to: str) -> None:
        """Who sends and to whom, on a connection that is there or a new one; nothing is sent if either is refused."""
        connection, is_used = self._find_connection()
        try:
            answer = connection.mail(sender, list_options(connection, sender, to))
        except (smtplib.SMTPException, OSError):
            if not is_used:
                raise
            answer = (_GOING, b"")
        if is_used and answer[0] == _GOING:  # it took enough messages, or waited long enough, and closes
            self._drop()
            connection, _ = self._find_connection()
            answer = connection.mail(sender, list_options(connection, sender, to))
        require(answer, 250)
        require(connection.rcpt(to), 250, 251)

    def _speak(self, mail: bytes, may_go: Callable[[], bool]) -> str:
        """Ask whether the message may go, then hand its words over; a server that is slow to take them is another chance."""
        connection, _ = self._find_connection()
        if not may_go():
            raise Withdrawn
        asked = time.monotonic()
        require(connection.docmd("DATA"), 354)
        if time.monotonic() - asked > _SLOW_SECONDS and not may_go():
            self._drop()  # the words were announced: only hanging up takes that back
            raise Withdrawn
        return hand_over(connection, mail)

    def _find_connection(self) -> tuple[smtplib.SMTP, bool]:
        """The connection, and whether a message has gone over it before."""
        if self._connection is not None:
            return self._connection, True
        try:
            self._connection = self._channel.connect()
        except ChannelError as problem:
            self._problem = problem
            raise
        return self._connection, False

    def _begin_anew(self) -> None:
        """Have the server forget what it was offered, so that the next message finds it as the first one did."""
        if self._connection is None:
            return
        try:
            is_well = self._connection.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            is_well = False
        if not is_well:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def list_options(connection: smtplib.SMTP, sender: str, to: str) -> tuple[str, ...]:
    """What is said of the mail beside its sender. Raises CannotDo for addresses that the server cannot read."""
    if (sender + to).isascii():
        return ()
    if not connection.has_extn("smtputf8"):
        raise CannotDo("the mail server takes no address with such letters")
    return ("SMTPUTF8", "BODY=8BITMIME")


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
    connection.close()


def is_this_machine(host: str) -> bool:
    """Whether a host is a loopback address or `localhost`; a name is not asked for, as its answer could change."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
