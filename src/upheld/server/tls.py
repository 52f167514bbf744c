"""Certificates to listen with: your own, or one of a local authority made for this machine; knows nothing of Django."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from upheld.core.errors import SettingError
from upheld.server.environment import Environment
from upheld.server.files import write_privately

FOLDER = "tls"
AUTHORITY_DAYS = 3650
# Browsers take a certificate of a local authority for up to 825 days (Apple, HT210176, read 2025); we stay below.
CERTIFICATE_DAYS = 397
RENEW_BEFORE_DAYS = 30
# What our authority may vouch for: names that lead nowhere outside (RFC 2606, RFC 6761, RFC 8375, and `internal`, which
# ICANN reserved in 2024) and this machine. So whoever trusts it risks no other site, even when its key is stolen.
LOCAL_NAMES = ("localhost", "test", "example", "internal", "home.arpa")
LOCAL_NETWORKS = ("127.0.0.0/8", "::1/128")
ALWAYS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Listening:
    """What the server listens with: certificate and key, and the authority to trust when it is our own."""

    certificate: Path
    key: Path
    authority: Path | None
    is_new: bool
    names: tuple[str, ...]
    ends_at: datetime

    def covers(self, host: str) -> bool:
        """Whether a browser takes this certificate for the host; a star stands for one label."""
        return host in self.names or f"*.{host.partition('.')[2]}" in self.names


def find_certificate(environment: Environment, hosts: Iterable[str], now: datetime) -> Listening:
    """The certificate to listen with; without one of your own, the local authority's, made anew when hosts or time ask for it.

    Raises SettingError S706 for a certificate that cannot be used.
    """
    if environment.tls_certificate is not None and environment.tls_key is not None:
        return read_certificate(environment.tls_certificate, environment.tls_key, now)
    return make_local(environment.state / FOLDER, hosts, now)


def read_certificate(certificate: Path, key: Path, now: datetime) -> Listening:
    """Your own certificate, looked at before a port opens."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=refuse_password)
        leaf = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    except (OSError, ValueError) as problem:  # ssl.SSLError is an OSError
        told = "they do not belong together" if "MISMATCH" in str(problem) else "they cannot be read as PEM"
        raise SettingError(
            "S706",
            f"`{certificate}` and `{key}` cannot be used: {told}",
            "give a chain and its key, without a password",
        ) from None
    if leaf.not_valid_after_utc <= now:
        raise SettingError(
            "S706", f"`{certificate}` ended on {leaf.not_valid_after_utc:%Y-%m-%d}", "renew it and start again"
        )
    return Listening(certificate, key, None, is_new=False, names=list_names(leaf), ends_at=leaf.not_valid_after_utc)


def refuse_password() -> str:
    """Nobody is there to type one, and OpenSSL would wait for it."""
    raise ValueError("the key has a password")


def make_local(folder: Path, hosts: Iterable[str], now: datetime) -> Listening:
    """The local authority's certificate for these hosts; what is there is kept while it fits."""
    names = tuple(sorted({*ALWAYS, *filter(is_local_name, hosts)}))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority_file, authority_key_file = folder / "authority.pem", folder / "authority.key"
    authority, authority_key = read_pair(authority_file, authority_key_file)
    is_new = authority is None or authority_key is None or is_ending(authority, now)
    if authority is None or authority_key is None or is_new:
        authority_key = ec.generate_private_key(ec.SECP256R1())
        authority = make_authority(authority_key, now)
        write_pair(authority_file, authority_key_file, authority, authority_key)
    host_file, host_key_file = folder / "host.pem", folder / "host.key"
    leaf, leaf_key = read_pair(host_file, host_key_file)
    if (
        leaf is None
        or leaf_key is None
        or is_ending(leaf, now)
        or tuple(sorted(list_names(leaf))) != names
        or not is_issued_by(leaf, authority)
    ):
        leaf_key = ec.generate_private_key(ec.SECP256R1())
        leaf = make_leaf(leaf_key, names, authority, authority_key, now)
        write_pair(host_file, host_key_file, leaf, leaf_key)
    return Listening(host_file, host_key_file, authority_file, is_new, names, leaf.not_valid_after_utc)


def is_local_name(host: str) -> bool:
    """Whether our authority may vouch for this host."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return any(host == name or host.endswith(f".{name}") for name in LOCAL_NAMES)
    return any(address in ipaddress.ip_network(network) for network in LOCAL_NETWORKS)


def is_ending(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether it is time to make it anew; a clock that was set back counts too."""
    left = certificate.not_valid_after_utc - now
    return left < timedelta(days=RENEW_BEFORE_DAYS) or now < certificate.not_valid_before_utc


def is_issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether the authority that lies here signed it."""
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001 - each kind of disagreement has its own exception, and all mean no
        return False
    return True


def make_authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """A root certificate that can vouch for local names alone."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Upheld, local authority of this machine")])
    permitted: list[x509.GeneralName] = [x509.DNSName(local) for local in LOCAL_NAMES]
    permitted += [x509.IPAddress(ipaddress.ip_network(network)) for network in LOCAL_NETWORKS]
    return (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(name_uses(key_cert_sign=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def make_leaf(
    key: ec.EllipticCurvePrivateKey,
    names: tuple[str, ...],
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    """The certificate of the server for these names and addresses."""
    issuer = authority_key.public_key()
    return (
        x509.CertificateBuilder(
            authority.subject,
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Upheld on this machine")]),
            key.public_key(),
            x509.random_serial_number(),
        )
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=CERTIFICATE_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(name_uses(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(list(map(write_name, names))), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def name_uses(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    """The one use a key is for; an authority that signs certificates signs lists of revoked ones too."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def write_name(name: str) -> x509.GeneralName:
    """A host as it stands in a certificate: an address as an address, anything else as a name."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def list_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The hosts that a certificate is for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (
        *found.get_values_for_type(x509.DNSName),
        *(str(address) for address in found.get_values_for_type(x509.IPAddress)),
    )


def read_pair(certificate: Path, key: Path) -> tuple[x509.Certificate | None, ec.EllipticCurvePrivateKey | None]:
    """A certificate of ours and its key, or nothing where they are missing, broken or not a pair."""
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        secret = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        return None, None
    if not isinstance(secret, ec.EllipticCurvePrivateKey) or secret.public_key() != found.public_key():
        return None, None
    return found, secret


def write_pair(
    certificate_file: Path, key_file: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> None:
    """Both files, the key first and for this user alone; after a stop between the two they are no pair and made anew."""
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_privately(key_file, encoded)
    write_privately(certificate_file, certificate.public_bytes(serialization.Encoding.PEM))
    certificate_file.chmod(0o644)  # people copy it to where they trust it
