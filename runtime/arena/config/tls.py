"""TLS sections as values: paths made absolute, and files tried, so that a mistake is told where it was made."""

from __future__ import annotations

import os
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from arena.config.context import Reading
from arena.config.document.tls import ListenerTlsSection, UpstreamTlsSection
from arena.config.tree import Path
from arena.model.tls import KeyPair, ListenerTls, UpstreamTls

if TYPE_CHECKING:
    import ssl

_WHERE: Path = ("gateway", "tls")
_CERTIFICATE, _KEY = b"CERTIFICATE-----", b"PRIVATE KEY-----"
_LONGEST_FILE = 4 * 1024 * 1024  # the authorities of a whole system have a quarter of a megabyte


def listener_tls(reading: Reading, section: ListenerTlsSection | None) -> ListenerTls | None:
    """What `gateway.tls` says, None for plain HTTP. A problem is reported for files that cannot be used."""
    if section is None:
        return None
    pairs = [key_pair(reading, _WHERE, section.cert, section.key)]
    for index, each in enumerate(section.certificates):
        pairs.append(key_pair(reading, (*_WHERE, "certificates", index), each.cert, each.key))
    auth = section.client_auth or ("required" if section.client_ca else "none")
    if auth != "none" and section.client_ca is None:
        hint = "name the authorities that sign the certificates of clients: client_ca: clients-ca.pem"
        reading.problem((*_WHERE, "client_auth"), "needs client_ca", hint)
    if auth == "none" and section.client_ca is not None:
        reading.problem((*_WHERE, "client_ca"), "has no meaning with client_auth: none", "remove one of them")
    return ListenerTls(
        pairs=tuple(pairs),
        min_version=section.min_version,
        client_ca=authorities(reading, (*_WHERE, "client_ca"), section.client_ca) if section.client_ca else "",
        client_auth=auth,
    )


def mtls(reading: Reading) -> bool:
    """Whether client certificates are credentials; a problem is reported when clients are not asked for any."""
    gateway = reading.document.gateway
    if gateway.auth.mtls and (gateway.tls is None or gateway.tls.client_ca is None):
        hint = "gateway: {tls: {client_ca: clients-ca.pem, …}}"
        reading.problem(("gateway", "auth", "mtls"), "needs clients that show a certificate", hint)
    return gateway.auth.mtls


def upstream_tls(reading: Reading, service: str, section: UpstreamTlsSection, *, https: bool) -> UpstreamTls:
    """What `services.NAME.tls` says. A problem is reported for files that cannot be used, and where there is no TLS."""
    where: Path = ("services", service, "tls")
    if section == UpstreamTlsSection():
        return UpstreamTls()
    if not https:
        reading.problem(where, "has no meaning without an https:// url", "write url: https://…", key=True)
    pair = KeyPair("", "")
    if section.cert and section.key:
        pair = key_pair(reading, where, section.cert, section.key)
    elif section.cert or section.key:
        given, missing = ("cert", "key") if section.cert else ("key", "cert")
        reading.problem((*where, given), f"needs a {missing}: a certificate is shown with its private key")
    if not section.verify and section.ca:
        reading.problem((*where, "ca"), "has no meaning with verify: false", "remove one of them", key=True)
    return UpstreamTls(
        ca=authorities(reading, (*where, "ca"), section.ca) if section.ca else "",
        cert=pair.cert,
        key=pair.key,
        server_name=section.server_name or "",
        verify=section.verify,
    )


def key_pair(reading: Reading, where: Path, cert: str, key: str) -> KeyPair:
    """The two files, tried together."""
    pair = KeyPair(_absolute(reading, cert), _absolute(reading, key))
    files = ((("cert",), pair.cert, _CERTIFICATE), (("key",), pair.key, _KEY))
    usable = [_is_pem(reading, (*where, *key), path, mark) for key, path, mark in files]  # both, to tell of both
    if all(usable):
        # Late: it costs a sixtieth of a second, which a project without TLS need not pay.
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(pair.cert, pair.key, password=_refuse_password)
        except ValueError:
            reading.problem((*where, "key"), "is encrypted, and nobody is there to give its password", "openssl pkey")
        except ssl.SSLError as error:
            reading.problem((*where, "key"), _words(error), "both are PEM files, the certificate first in its own")
    return pair


def authorities(reading: Reading, where: Path, file: str) -> str:
    """A file of certificates to believe in, tried."""
    path = _absolute(reading, file)
    if _is_pem(reading, where, path, _CERTIFICATE):
        import ssl

        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        except ssl.SSLError:
            reading.problem(where, "holds a certificate that cannot be read")
    return path


def _absolute(reading: Reading, file: str) -> str:
    return str(reading.directory / FilePath(file).expanduser())


def _is_pem(reading: Reading, where: Path, path: str, mark: bytes) -> bool:
    try:
        with FilePath(path).open("rb") as file:
            found = mark in file.read(_LONGEST_FILE)
    except OSError as error:
        reading.problem(where, f"cannot be read: {os.strerror(error.errno or 0).lower()}")
        return False
    if not found:
        reading.problem(where, f"is not a PEM file with a block of -----BEGIN …{mark.decode()}")
    return found


def _refuse_password() -> str:
    raise ValueError("encrypted")


def _words(error: ssl.SSLError) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return "does not belong to the certificate"
    return f"cannot be used: {error.reason or error}"
