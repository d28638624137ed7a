"""A JSON Web Key Set, read: the keys in it that tokens can be verified with, and why the others cannot be used.

Sources: RFC 7517 (JWK; section 5: unknown kinds of key are ignored, not an error), RFC 7518 section 6, RFC 8037 section 2.
Symmetric keys are never taken from a set: whoever may read it could sign. Neither are private ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import PyJWTError

from arena.auth.key_set import MAX_KEYS, KeySet
from arena.auth.verify_key import VerifyKey, algorithms_of
from arena.errors import ConfigError
from arena.model.signature import ASYMMETRIC, KeyUnusable

MAX_DOCUMENT_BYTES = 256 * 1024
_LONGEST_KID = 256  # characters
_READERS = {"RSA": RSAAlgorithm.from_jwk, "EC": ECAlgorithm.from_jwk, "OKP": OKPAlgorithm.from_jwk}


@dataclass(frozen=True, slots=True)
class Published:
    """`skipped` says of each key that cannot be used which one it is and why."""

    keys: KeySet
    skipped: tuple[str, ...] = ()


def read(document: bytes, algorithms: tuple[str, ...] = ()) -> Published:
    """The keys in a document. `algorithms` are those that may be used at all, none for all that fit. Raises ValueError for
    what is no key set, or has no key that can be used."""
    rows = _rows(document)
    keys: list[VerifyKey] = []
    skipped: list[str] = []
    for number, row in enumerate(rows, start=1):
        try:
            keys.append(_read_key(row, algorithms or ASYMMETRIC))
        except KeyUnusable as error:
            skipped.append(f"{_called(row, number)}: {error}")
    if not keys:
        raise ValueError(f"has no key that can be used ({'; '.join(skipped[:3]) or 'it is empty'})")
    if len(keys) > MAX_KEYS:
        skipped.append(f"{len(keys) - MAX_KEYS} keys beyond the first {MAX_KEYS}")
    return Published(KeySet(keys), tuple(skipped))


def read_file(path: Path, algorithms: tuple[str, ...] = ()) -> Published:
    """The same for a document in a file. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            return read(file.read(MAX_DOCUMENT_BYTES + 1), algorithms)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(
            f"{path} {error}", hint="it should hold a key set: public keys of the issuer, for signatures"
        ) from None


def _rows(document: bytes) -> list[Any]:
    if len(document) > MAX_DOCUMENT_BYTES:
        raise ValueError(f"is longer than {MAX_DOCUMENT_BYTES // 1024} KiB")
    try:
        found = json.loads(document)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
    rows = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise ValueError('is not a key set: {"keys": [...]}')
    return rows


def _read_key(row: Any, algorithms: tuple[str, ...]) -> VerifyKey:
    if not isinstance(row, dict):
        raise KeyUnusable("it is not an object")
    _check_purpose(row)
    material = _material(row)
    possible, kind = algorithms_of(material)
    usable = tuple(each for each in possible if each in algorithms and row.get("alg") in (None, each))
    if not usable:
        raise KeyUnusable(f"it is {kind} for {row.get('alg') or possible[0]!r:.40}, which is not accepted here")
    kid = row.get("kid")
    if kid is not None and not (isinstance(kid, str) and len(kid) <= _LONGEST_KID):
        raise KeyUnusable("its kid is not a short string")
    return VerifyKey(material, usable, kid or "")


def _check_purpose(row: dict[str, Any]) -> None:
    if row.get("use", "sig") != "sig":
        raise KeyUnusable(f"its use is {row['use']!r:.40}, not signatures")
    operations = row.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise KeyUnusable("its key_ops do not hold verify")
    if "d" in row:
        raise KeyUnusable("it is a private key, which only the issuer should have")


def _material(row: dict[str, Any]) -> Any:
    kind = row.get("kty")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise KeyUnusable(f"its kty is {kind!r:.40}, not RSA, EC or OKP")
    try:
        return reader(row)
    except (PyJWTError, ValueError, TypeError, KeyError, OverflowError):
        raise KeyUnusable("its numbers are not those of a key") from None


def _called(row: Any, number: int) -> str:
    kid = row.get("kid") if isinstance(row, dict) else None
    return f"key {number} ({kid!r:.60})" if isinstance(kid, str) else f"key {number}"
