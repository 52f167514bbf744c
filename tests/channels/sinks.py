"""A mail server on this machine that takes what it is given, or answers as a test tells it to."""

import asyncio
import base64
import datetime as dt
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

Answer = Callable[[str], str | None]


@dataclass(slots=True)
class Sink:
    """What arrived, and what to answer: `answers` maps a command to a line, or to None for hanging up.

    `pause_seconds` is how long it thinks over a mail that it has already taken, `think_seconds` how long over a recipient.
    """

    taken: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    options: list[list[str]] = field(default_factory=list)
    answers: dict[str, str | None] = field(default_factory=dict)
    pause_seconds: float = 0.0
    think_seconds: float = 0.0
    controller: Any = None
    connections: list[Any] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.controller.server.sockets[0].getsockname()[1])

    async def handle_MAIL(self, server: SMTP, _session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802 - aiosmtpd's name
        envelope.mail_from = address
        self.options.append(options)
        return await self._answer(server, "MAIL", "250 2.1.0 ok")

    async def handle_RCPT(self, server: SMTP, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:  # noqa: N802 - the same
        envelope.rcpt_tos.append(address)
        await asyncio.sleep(self.think_seconds)
        return await self._answer(server, "RCPT", "250 2.1.5 ok")

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802 - the same
        answer = self.answers.get("DATA", "250")
        if answer is None or answer.startswith("250"):  # one that hangs up may have kept it
            self.taken.append(bytes(envelope.content))
            self.recipients += envelope.rcpt_tos
        await asyncio.sleep(self.pause_seconds)
        return await self._answer(server, "DATA", "250 2.0.0 taken")

    async def _answer(self, server: SMTP, command: str, usual: str) -> str:
        answer = self.answers.get(command, usual)
        if answer is None:
            server.transport.abort()
            return "421 gone"
        return answer

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.login == b"post" and data.password == b"open sesame", handled=False)


class AnyPort(Controller):
    """aiosmtpd asks its own port whether it answers, and does not know which one port 0 has become."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def factory(self) -> SMTP:
        server = super().factory()
        self.handler.connections.append(server)
        return server

    def hang_up(self) -> None:
        """End what clients left open, so that nothing of a test outlives it."""
        for server in self.handler.connections:
            if server.transport is not None:
                server.transport.abort()


def open_sink(**settings: Any) -> Iterator[Sink]:
    """A sink on a free port of 127.0.0.1, closed afterwards."""
    sink = Sink()
    sink.controller = AnyPort(
        sink, hostname="127.0.0.1", port=0, ready_timeout=10, authenticator=sink.authenticate, **settings
    )
    sink.controller.start()
    try:
        yield sink
    finally:
        sink.controller.loop.call_soon_threadsafe(sink.controller.hang_up)
        sink.controller.stop(no_assert=True)


def write_certificate(folder: Path, name: str = "localhost") -> tuple[Path, ssl.SSLContext]:
    """A certificate for this machine, which is its own authority, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    place, key_place = folder / "authority.pem", folder / "key.pem"
    place.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_place.write_bytes(write_key(key))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(place, key_place)
    return place, context


def write_key(key: Any) -> bytes:
    encoded: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return encoded


def write_dkim_key(folder: Path) -> tuple[Path, bytes]:
    """An RSA key for signing and the line that the domain would publish."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    place = folder / "dkim.pem"
    place.write_bytes(write_key(key))
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return place, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
