"""The keys of other issuers: read from where arena.yaml says, and looked at as far as that is possible now."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path as FilePath
from urllib.parse import urlsplit

from arena.config.context import Reading
from arena.config.document.jwt import JwtSection
from arena.config.tree import Path
from arena.model.project import Jwks
from arena.model.signature import SECRET_BYTES, USABLE, KeyUnusable, of_key

_LONGEST_FILE = 256 * 1024
_CONFIGURATION = "/.well-known/openid-configuration"  # OpenID Connect Discovery 1.0 section 4
_THIS_MACHINE = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")


def pem(reading: Reading, section: Path, given: str, algorithms: Sequence[str]) -> str:
    """The PEM block in the file, or the one that stands in arena.yaml itself, tried; '' when a problem was reported."""
    where = (*section, "public_key")
    text = given if "-----BEGIN" in given else _read_text(reading, where, given, "PEM")
    if text and "PRIVATE KEY-----" in text:
        reading.problem(where, "is a private key, which only the issuer should have", "openssl pkey -in it -pubout")
        return ""
    if text and "-----BEGIN PUBLIC KEY-----" not in text:
        reading.problem(where, "holds no PEM block that begins with -----BEGIN PUBLIC KEY-----")
        return ""
    if not text:
        return ""
    try:
        possible, kind = _examine(text)
    except KeyUnusable as error:
        reading.problem(where, f"cannot be used: {error}", USABLE)
        return ""
    for number, algorithm in enumerate(algorithms):
        if algorithm not in possible and algorithm not in SECRET_BYTES:  # which are refused beside any public key
            message = f"{algorithm} cannot be verified with {kind}, which public_key is"
            reading.problem((*section, "algorithms", number), message, f"it can be used with {', '.join(possible)}")
    return text.strip() + "\n"


def _examine(text: str) -> tuple[tuple[str, ...], str]:
    """What the key can be used with, and what to call it. Raises KeyUnusable."""
    # Late: it costs a twentieth of a second, which a project without such a key need not pay.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise KeyUnusable("the PEM block holds no public key that can be read") from None
    if isinstance(key, rsa.RSAPublicKey):
        return of_key("rsa", bits=key.key_size)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return of_key("ec", curve=key.curve.name)
    return of_key("edwards" if isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)) else "")


def published(reading: Reading, where: Path, section: JwtSection) -> Jwks | None:
    """Where the issuer's key set is; None when it publishes none."""
    if section.jwks_url:
        _check_url(reading, (*where, "jwks_url"), section.jwks_url, insecure=section.jwks_insecure)
        return Jwks(section.jwks_url, "", section.jwks_refresh, section.jwks_stale_if_error)
    if section.discovery:
        _check_url(reading, (*where, "issuer"), section.issuer, insecure=section.jwks_insecure)
        url = section.issuer.rstrip("/") + _CONFIGURATION
        return Jwks(url, "", section.jwks_refresh, section.jwks_stale_if_error, section.issuer)
    for key in ("jwks_refresh", "jwks_stale_if_error", "jwks_insecure"):
        if key in section.model_fields_set:
            reading.problem((*where, key), "has no meaning without jwks_url or discovery", "remove it", key=True)
    if not section.jwks_file:
        return None
    path = (reading.directory / FilePath(section.jwks_file).expanduser()).absolute()
    _check_file(reading, (*where, "jwks_file"), section.jwks_file)
    return Jwks("", str(path))


def is_safe(url: str) -> bool:
    """Whether nobody on the way can change what is fetched from there."""
    parts = urlsplit(url)
    return parts.scheme == "https" or _THIS_MACHINE.fullmatch(parts.hostname or "") is not None


def _check_url(reading: Reading, where: Path, url: str, *, insecure: bool) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or not re.fullmatch(r"[!-~]+", url) or "@" in parts.netloc or parts.fragment:
        hint = "such as https://login.example.org/.well-known/jwks.json"
        reading.problem(where, "should be a URL that begins with https://, without a user or a fragment", hint)
    elif not insecure and not is_safe(url):
        hint = "use https, or say jwks_insecure: true if you must"
        reading.problem(where, "would be fetched without encryption: whoever can change it can let anyone in", hint)


def _check_file(reading: Reading, where: Path, given: str) -> None:
    text = _read_text(reading, where, given, "JSON")
    if not text:
        return
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    rows = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(rows, list) or not rows:
        reading.problem(where, 'holds no key set: {"keys": [...]}')
    elif any(isinstance(row, dict) and ("d" in row or row.get("kty") == "oct") for row in rows):
        reading.problem(where, "holds a private or secret key, which only the issuer should have", "take it out")


def _read_text(reading: Reading, where: Path, given: str, kind: str) -> str:
    try:
        with (reading.directory / FilePath(given).expanduser()).open("rb") as file:
            return file.read(_LONGEST_FILE).decode("ascii" if kind == "PEM" else "utf-8")
    except OSError as error:
        reading.problem(where, f"cannot be read: {os.strerror(error.errno or 0).lower()}")
    except ValueError:
        reading.problem(where, f"is not a {kind} file")
    return ""
