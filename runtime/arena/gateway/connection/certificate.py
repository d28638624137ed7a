"""Who a client certificate says its bearer is, once TLS has verified it."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from arena.auth.wording import CERTIFICATE_SUBJECT
from arena.model.principal import Principal

# What may stand in a value of the header as it is, and what besides between quotation marks.
_PLAIN = "!#$&'()*+-./:<>?@[]^_`{|}~"
_QUOTED = " =,;\\"
_SHORT = {
    "commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU", "countryName": "C", "localityName": "L",
    "stateOrProvinceName": "ST", "domainComponent": "DC", "userId": "UID", "serialNumber": "serialNumber",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """`subject` as RFC 4514 writes it, most specific part first; `fingerprint` the SHA-256 of the certificate, in hex.
    Times are Unix seconds."""

    subject: str
    fingerprint: str
    common_name: str = ""
    organizations: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    issued_at: float = 0.0
    expires_at: float = float("inf")

    @classmethod
    def of(cls, connection: ssl.SSLObject) -> ClientCertificate | None:
        """The certificate that the client of a finished handshake has shown, None if it has shown none."""
        facts = connection.getpeercert()
        encoded = connection.getpeercert(binary_form=True)
        return cls.read(facts, encoded) if facts and encoded else None

    @classmethod
    def read(cls, facts: Mapping[str, Any], encoded: bytes) -> ClientCertificate:
        """From what `ssl` tells of a verified certificate, and the certificate itself (DER)."""
        parts = [(key, value) for part in facts.get("subject", ()) for key, value in part]
        others = facts.get("subjectAltName", ())
        return cls(
            subject=",".join(f"{_SHORT.get(key, key)}={_escaped(value)}" for key, value in reversed(parts)),
            fingerprint=hashlib.sha256(encoded).hexdigest(),
            common_name=next((value for key, value in parts if key == "commonName"), ""),
            organizations=tuple(value for key, value in parts if key == "organizationName"),
            uris=tuple(value for kind, value in others if kind == "URI"),
            dns=tuple(value for kind, value in others if kind == "DNS"),
            issued_at=_seconds(facts.get("notBefore"), 0.0),
            expires_at=_seconds(facts.get("notAfter"), float("inf")),
        )

    @property
    def name(self) -> str:
        """What its bearer is called: the common name, else the first URI (SPIFFE), else the first DNS name, else ''."""
        return next((name for name in (self.common_name, *self.uris, *self.dns) if name), "")

    @property
    def principal(self) -> Principal:
        """The bearer as a caller, by the convention of Kubernetes: organisations are roles."""
        return Principal(
            subject=CERTIFICATE_SUBJECT + self.name,
            roles=frozenset(self.organizations),
            expires_at=self.expires_at,
            issued_at=self.issued_at,
        )

    @property
    def header(self) -> bytes:
        """The line that tells a service, in Envoy's words: Hash, Subject, and what else it is called. Whatever could
        end a value or the line is percent-encoded."""
        facts = [f"Hash={self.fingerprint}", f'Subject="{quote(self.subject, safe=_PLAIN + _QUOTED)}"']
        facts += [f"URI={quote(each, safe=_PLAIN)}" for each in self.uris]
        facts += [f"DNS={quote(each, safe=_PLAIN)}" for each in self.dns]
        return f"x-forwarded-client-cert: {';'.join(facts)}".encode()


def _seconds(time: str | None, default: float) -> float:
    return float(ssl.cert_time_to_seconds(time)) if time else default


def _escaped(value: str) -> str:
    """RFC 4514 section 2.4."""
    return "".join(f"\\{c}" if c in '",+;<>\\=' else c for c in value)
