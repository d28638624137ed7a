"""The TLS side of the listener: contexts made of files, and made again when the files change.

TLS 1.2 and later, with forward secrecy and authenticated encryption only (RFC 9325); no compression, no renegotiation. Of
several certificates the one is shown that covers the name a client asks for (SNI, RFC 6066 section 3), else the first.
"""

from __future__ import annotations

import datetime
import logging
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from arena.errors import ConfigError
from arena.health.trust import explain, stamp
from arena.model.tls import KeyPair, ListenerTls

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all sane
_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_CLIENT_AUTH = {"none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}
_log = logging.getLogger("arena.gateway.connection.tls")

_Signature = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One certificate: the names it covers (lower case, "*.example.org" for any one label), and when it expires (UTC)."""

    context: ssl.SSLContext
    names: tuple[str, ...]
    expires: datetime.datetime


class Tls:
    """What the listener shows. Raises ConfigError when the files cannot be used. `context` is for the next handshake; `problem`
    says why the files as they are now are not in use, '' when they are."""

    def __init__(self, settings: ListenerTls) -> None:
        self.settings = settings
        self.problem = ""
        self._seen = _signature(settings)
        self.shown = _load(settings)

    @property
    def context(self) -> ssl.SSLContext:
        return self.shown[0].context

    @property
    def expires(self) -> datetime.datetime:
        """When the first of the certificates does."""
        return min(each.expires for each in self.shown)

    def refresh(self) -> bool:
        """Read the files again if they have changed; True when new ones are in use. Files that cannot be used, as in the
        middle of a renewal, leave the last good ones in force."""
        # Before reading: what changes while we read is read again.
        signature = _signature(self.settings)
        if signature == self._seen:
            return False
        self._seen = signature
        try:
            self.shown = _load(self.settings)
        except ConfigError as error:
            if error.message != self.problem:
                _log.error("going on with the last good certificate: %s", error.message)
            self.problem = error.message
            return False
        self.problem = ""
        _log.info("certificate loaded again; it expires %s", self.expires.isoformat())
        return True


def _load(settings: ListenerTls) -> tuple[Shown, ...]:
    shown = tuple(_show(pair, settings) for pair in settings.pairs)
    if len(shown) > 1:
        shown[0].context.sni_callback = _by_name(shown)
    return shown


def _show(pair: KeyPair, settings: ListenerTls) -> Shown:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[settings.min_version]
    context.set_ciphers(_CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    try:
        # An encrypted key is refused: nobody is there to be asked for its password.
        context.load_cert_chain(pair.cert, pair.key, password=_no_password)
        certificate = x509.load_pem_x509_certificate(Path(pair.cert).read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the certificate {pair.cert} and its key {pair.key} cannot be used: {explain(error)}",
            hint="both are PEM files, the certificate first and its chain behind it",
        ) from error
    if settings.client_auth != "none":
        try:
            context.load_verify_locations(settings.client_ca)
        except (OSError, ValueError) as error:
            raise ConfigError(f"the authorities in {settings.client_ca} cannot be used: {explain(error)}") from error
        context.verify_mode = _CLIENT_AUTH[settings.client_auth]
    return Shown(context, _names(certificate), certificate.not_valid_after_utc)


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(name.lower() for name in extension.value.get_values_for_type(x509.DNSName))


def _by_name(shown: tuple[Shown, ...]):  # type: ignore[no-untyped-def]  # ssl's own signature is too long to repeat
    by_name = {name: each.context for each in reversed(shown) for name in each.names}

    def choose(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        asked = (name or "").lower()
        found = by_name.get(asked) or by_name.get("*." + asked.partition(".")[2])
        if found is not None:
            connection.context = found

    return choose


def _signature(settings: ListenerTls) -> _Signature:
    """Changes when any of the files does; a file that is not there counts as nothing."""
    files = [file for pair in settings.pairs for file in (pair.cert, pair.key)]
    return tuple(stamp(file) for file in (*files, settings.client_ca) if file)
