"""Upstreams that speak TLS: verified by the system's authorities, or not spoken to."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from arena.gateway import target
from arena.model.address import Address
from arena.model.snapshot import Endpoint
from tests.gateway.kit import Start, Stub, connected, get


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1, signed by itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stub")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "stub.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
async def secure(stub: Stub, certificate: Path) -> Stub:
    """The stub, started again behind TLS."""
    await stub.stop()
    stub.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    stub.tls.load_cert_chain(certificate)
    await stub.start()
    return stub


@pytest.fixture(autouse=True)
def forget_authorities() -> None:
    target._trusting.cache_clear()


def endpoint(stub: Stub) -> Endpoint:
    return Endpoint("web", "web-1", Address("127.0.0.1", stub.port, "https"), "passing")


async def test_a_trusted_server_is_spoken_to(
    start: Start, secure: Stub, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    gateway = await start(endpoint(secure))
    async with connected(gateway) as client:
        for _ in range(3):
            assert (await client.ask(get())).body == b"hello"
    assert secure.connections == 1


async def test_a_server_nobody_vouches_for_is_502(start: Start, secure: Stub) -> None:
    gateway = await start(endpoint(secure))
    async with connected(gateway) as client:
        problem = (await client.ask(get())).problem(502, "upstream-failed")
    assert "certificate verify failed" in str(problem["detail"])
    assert secure.asked == []
