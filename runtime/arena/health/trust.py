"""Whom to believe when a service is spoken to by TLS, and what to show it.

Without settings of its own, a service is believed when one of the system's authorities vouches for the name in its URL.
Files are read again when they have changed; those that cannot be used leave the last good ones in force.
"""

from __future__ import annotations

import json
import logging
import ssl
from functools import cache
from pathlib import Path

from arena.model import codec
from arena.model.tls import UpstreamTls

_VERSION = ssl.TLSVersion.TLSv1_2
_log = logging.getLogger("arena.trust")
_Stamp = tuple[int, int, int]


class Trust:
    """The client's side of TLS towards one service."""

    def __init__(self, settings: UpstreamTls) -> None:
        self.settings = settings
        self._context: ssl.SSLContext | None = None
        self._seen: tuple[_Stamp, ...] | None = None
        self._problem = ""

    @property
    def server_name(self) -> str | None:
        """The name the service's certificate must be for; None: that of its address."""
        return self.settings.server_name or None

    @property
    def context(self) -> ssl.SSLContext:
        """For the next connection. Raises OSError, saying why, when the files could never be used."""
        seen = tuple(stamp(file) for file in (self.settings.ca, self.settings.cert, self.settings.key) if file)
        if seen != self._seen:
            self._seen = seen
            self._renew()
        if self._context is None:
            raise ConnectionError(self._problem)
        return self._context

    def _renew(self) -> None:
        try:
            self._context = _context(self.settings)
        except (OSError, ValueError) as error:
            self._problem = f"its TLS files cannot be used: {explain(error)}"
            _log.error("%s (ca %r, cert %r, key %r)", self._problem, *_files(self.settings))


@cache
def trust(settings: UpstreamTls) -> Trust:
    """One for all who have the same settings, because each context holds its authorities in memory."""
    return Trust(settings)


class TrustFile:
    """The settings of a project's services, in a file that the daemon writes; one that is missing says nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: _Stamp | None = None
        self._known: dict[str, UpstreamTls] = {}

    def of(self, service: str) -> Trust:
        """What holds for `service` now."""
        if self._path is not None and (seen := stamp(str(self._path))) != self._seen:
            self._seen = seen
            self._read(self._path)
        return trust(self._known.get(service, UpstreamTls()))

    def _read(self, path: Path) -> None:
        try:
            self._known = codec.decode(dict[str, UpstreamTls], json.loads(path.read_text()))
        except FileNotFoundError:
            self._known = {}
        except (OSError, ValueError) as error:
            _log.error("%s cannot be read, going on with what it said before: %s", path, error)


def stamp(file: str) -> tuple[int, int, int]:
    """Changes when the file does; of one that is not there, nothing but noughts."""
    try:
        status = Path(file).stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_mtime_ns, status.st_size


def explain(error: Exception) -> str:
    """What OpenSSL, or the system, has to say, for people."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not believed: {error.verify_message.rstrip('.')}"
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "reason", None) or str(error)  # OpenSSL does not always give one
        if reason.startswith("[SSL] PEM lib"):
            return "one of them is no PEM file, or not a whole one"
        return _WORDS.get(reason, reason.lower().replace("_", " "))
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return str(error)


_WORDS = {
    "KEY_VALUES_MISMATCH": "the key does not belong to the certificate",
    "WRONG_VERSION_NUMBER": "it does not speak TLS; is its url http:// and not https://?",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it asks for a certificate (`tls: {cert: …, key: …}`)",
}


def _context(settings: UpstreamTls) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ca or None)
    context.minimum_version = _VERSION
    context.set_alpn_protocols(["http/1.1"])
    if settings.cert:
        context.load_cert_chain(settings.cert, settings.key, password=_no_password)
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def _files(settings: UpstreamTls) -> tuple[str, str, str]:
    return settings.ca, settings.cert, settings.key
