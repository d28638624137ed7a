"""Certificates for tests, made when they are needed and good for a day."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


@dataclass
class Pair:
    """A certificate and its key, in files of their own."""

    cert: Path
    key: Path

    def context(self, ca: Path | None = None) -> ssl.SSLContext:
        """For a server that shows this certificate; with `ca`, one that asks its clients for theirs."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.cert, self.key)
        if ca is not None:
            context.load_verify_locations(ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


class Authority:
    """Signs certificates; `cert` is its own."""

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._made = 0
        own = self._builder(self._name, self._key, _DAY).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.cert = folder / f"{name.replace(' ', '-')}.pem"
        self.cert.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def issue(
        self, common_name: str = "", *names: str, organization: str = "", ends: datetime.timedelta = _DAY, uri: str = ""
    ) -> Pair:
        """A certificate for these names (DNS names or addresses); negative `ends`: it has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        parts = [(NameOID.COMMON_NAME, common_name), (NameOID.ORGANIZATION_NAME, organization)]
        subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])
        builder = self._builder(subject, key, ends)
        others: list[x509.GeneralName] = [_general_name(name) for name in names]
        others += [x509.UniformResourceIdentifier(uri)] if uri else []
        if others:
            builder = builder.add_extension(x509.SubjectAlternativeName(others), critical=False)
        self._made += 1
        base = self._folder / f"{self.cert.stem}-{self._made}"
        pair = Pair(base.with_suffix(".crt"), base.with_suffix(".key"))
        pair.cert.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        pair.key.write_bytes(key.private_bytes(*form))
        return pair

    def client(self, pair: Pair | None = None) -> ssl.SSLContext:
        """For a client that trusts this authority, and shows a certificate if it is given one."""
        context = ssl.create_default_context(cafile=str(self.cert))
        if pair is not None:
            context.load_cert_chain(pair.cert, pair.key)
        return context

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, ends: datetime.timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * _DAY)
            .not_valid_after(now + ends)
        )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
