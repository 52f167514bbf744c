"""Certificates: your own is looked at before a port opens; the local authority vouches for names of this machine alone."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from upheld.core.errors import SettingError
from upheld.server.environment import Environment, read_environment
from upheld.server.tls import LOCAL_NAMES, find_certificate, is_local_name, read_certificate

NOW = datetime(2026, 5, 4, tzinfo=UTC)
HOSTS = ("lantern.localhost", "localhost", "127.0.0.1")


def environment_at(state: Path, **variables: str) -> Environment:
    return read_environment({"UPHELD_STATE": str(state), "UPHELD_TLS": "yes", **variables})


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_it_works(tmp_path: Path) -> None:
    listening = find_certificate(environment_at(tmp_path), HOSTS, NOW)
    assert listening.is_new
    assert listening.authority is not None
    assert listening.covers("lantern.localhost")
    assert not listening.covers("other.localhost")
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(listening.certificate, listening.key)
    read(listening.certificate).verify_directly_issued_by(read(listening.authority))
    assert listening.ends_at - NOW <= timedelta(days=825)
    assert not find_certificate(environment_at(tmp_path), HOSTS, NOW).is_new


def test_a_second_reader_of_certificates_takes_them_as_browsers_do(tmp_path: Path) -> None:
    listening = find_certificate(environment_at(tmp_path), HOSTS, NOW)
    assert listening.authority is not None
    builder = PolicyBuilder().store(Store([read(listening.authority)])).time(NOW.replace(tzinfo=None))
    for host in ("lantern.localhost", "localhost"):
        builder.build_server_verifier(x509.DNSName(host)).verify(read(listening.certificate), [])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    builder.build_server_verifier(address).verify(read(listening.certificate), [])
    with pytest.raises(VerificationError):
        builder.build_server_verifier(x509.DNSName("other.localhost")).verify(read(listening.certificate), [])


def test_keys_are_for_this_user_alone(tmp_path: Path) -> None:
    find_certificate(environment_at(tmp_path), HOSTS, NOW)
    folder = tmp_path / "tls"
    assert folder.stat().st_mode & 0o077 == 0
    for name in ("authority.key", "host.key"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert sorted(entry.name for entry in folder.iterdir()) == [
        "authority.key",
        "authority.pem",
        "host.key",
        "host.pem",
    ]


def test_the_authority_can_vouch_for_nothing_outside(tmp_path: Path) -> None:
    listening = find_certificate(environment_at(tmp_path), [*HOSTS, "bank.com", "192.0.2.7"], NOW)
    assert listening.authority is not None
    limits = read(listening.authority).extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    named = [entry.value for entry in limits.value.permitted_subtrees or []]
    assert named[: len(LOCAL_NAMES)] == list(LOCAL_NAMES)
    assert all(network.is_loopback for network in named[len(LOCAL_NAMES) :])
    assert not listening.covers("bank.com")
    assert not listening.covers("192.0.2.7")


def test_local_names_are_told_apart() -> None:
    for host in ("localhost", "a.b.test", "127.9.9.9", "::1", "shop.internal"):
        assert is_local_name(host), host
    for host in ("notlocalhost", "localhost.evil.com", "10.0.0.1", "mytest", ""):
        assert not is_local_name(host), host


def test_it_is_made_anew_when_a_host_is_added_or_time_runs_out_and_the_authority_stays(tmp_path: Path) -> None:
    first = find_certificate(environment_at(tmp_path), HOSTS, NOW)
    assert first.authority is not None
    root, leaf = first.authority.read_bytes(), first.certificate.read_bytes()
    find_certificate(environment_at(tmp_path), [*HOSTS, "new.localhost"], NOW)
    again = first.certificate.read_bytes()
    assert again != leaf
    find_certificate(environment_at(tmp_path), [*HOSTS, "new.localhost"], NOW + timedelta(days=300))
    assert first.certificate.read_bytes() == again
    find_certificate(environment_at(tmp_path), [*HOSTS, "new.localhost"], NOW + timedelta(days=380))
    assert first.certificate.read_bytes() != again
    assert first.authority.read_bytes() == root


@pytest.mark.parametrize("lost", ["authority.key", "authority.pem", "host.key", "host.pem"])
@pytest.mark.parametrize("how", ["gone", "cut"])
def test_what_is_lost_or_broken_is_made_anew(tmp_path: Path, lost: str, how: str) -> None:
    find_certificate(environment_at(tmp_path), HOSTS, NOW)
    path = tmp_path / "tls" / lost
    path.unlink() if how == "gone" else path.write_bytes(path.read_bytes()[:90])
    listening = find_certificate(environment_at(tmp_path), HOSTS, NOW)
    assert listening.authority is not None
    read(listening.certificate).verify_directly_issued_by(read(listening.authority))
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(listening.certificate, listening.key)


def test_your_own_certificate_is_used_as_it_is(tmp_path: Path) -> None:
    made = find_certificate(environment_at(tmp_path), HOSTS, NOW)
    own = environment_at(tmp_path, UPHELD_TLS_CERTIFICATE=str(made.certificate), UPHELD_TLS_KEY=str(made.key))
    listening = find_certificate(own, ["other.localhost"], NOW)
    assert listening.authority is None
    assert listening.certificate == made.certificate
    assert not listening.covers("other.localhost")


def test_a_certificate_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    one = find_certificate(environment_at(tmp_path / "one"), HOSTS, NOW)
    other = find_certificate(environment_at(tmp_path / "other"), HOSTS, NOW)
    (tmp_path / "nothing.pem").write_text("nothing", encoding="utf-8")
    cases = [
        (one.certificate, other.key, NOW, "do not belong together"),
        (tmp_path / "nothing.pem", one.key, NOW, "cannot be read"),
        (tmp_path / "nowhere.pem", one.key, NOW, "cannot be read"),
        (one.certificate, one.key, NOW + timedelta(days=400), "ended on"),
    ]
    for certificate, key, now, told in cases:
        with pytest.raises(SettingError) as caught:
            read_certificate(certificate, key, now)
        assert caught.value.code == "S706"
        assert told in caught.value.text


def test_a_star_covers_one_label() -> None:
    from upheld.server.tls import Listening

    listening = Listening(Path("c"), Path("k"), None, is_new=False, names=("*.shop.example",), ends_at=NOW)
    assert listening.covers("one.shop.example")
    assert not listening.covers("a.one.shop.example")
    assert not listening.covers("shop.example")


def test_addresses_are_written_as_addresses(tmp_path: Path) -> None:
    listening = find_certificate(environment_at(tmp_path), HOSTS, NOW)
    names = read(listening.certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ipaddress.ip_address("127.0.0.1") in names.get_values_for_type(x509.IPAddress)
    assert "127.0.0.1" not in names.get_values_for_type(x509.DNSName)
