"""How tokens are verified: the section as a value, with its key read from where it is kept."""

from __future__ import annotations

import os
from pathlib import Path as FilePath

from arena.config.context import Reading
from arena.config.document.gateway import JwtSection
from arena.config.tree import Path
from arena.model.project import Jwt

# RFC 7518 section 3.2: an HMAC key is at least as long as the hash.
SECRET_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
_LONGEST_FILE = 64 * 1024
_WHERE: Path = ("gateway", "auth", "jwt")


def jwt(reading: Reading, section: JwtSection) -> Jwt:
    """ARENA_JWT_SECRET fills in where the file names no key."""
    algorithms = tuple(dict.fromkeys(section.algorithms))
    if section.public_key:
        return _with_public_key(reading, section, algorithms)
    algorithms = algorithms or ("HS256",)
    strange = [each for each in algorithms if each not in SECRET_BYTES]
    if strange:
        hint = "name the file that holds it: public_key: issuer.pem"
        reading.problem((*_WHERE, "algorithms"), f"{strange[0]} needs a public_key", hint)
        algorithms = ("HS256",)
    secret = section.secret or reading.env.get("ARENA_JWT_SECRET", "")
    _check_length(reading, section, secret, algorithms)
    return Jwt(secret, section.issuer, section.audience, section.leeway, algorithms)


def _with_public_key(reading: Reading, section: JwtSection, algorithms: tuple[str, ...]) -> Jwt:
    if section.secret:
        reading.problem(
            (*_WHERE, "public_key"), "cannot stand beside a secret: one issuer, one key", "remove one", key=True
        )
    hmac = [each for each in algorithms if each in SECRET_BYTES]
    if hmac:
        hint = "a public key verifies RS, PS, ES and EdDSA; leave algorithms out to allow what fits the key"
        reading.problem((*_WHERE, "algorithms"), f"{hmac[0]} is for a secret, not for a public key", hint)
    pem = _read_pem(reading, section.public_key)
    return Jwt("", section.issuer, section.audience, section.leeway, algorithms, pem)


def _read_pem(reading: Reading, given: str) -> str:
    """The PEM block in the file, or the one that stands in arena.yaml itself; '' when a problem was reported."""
    where = (*_WHERE, "public_key")
    text = given if "-----BEGIN" in given else _read_file(reading, where, given)
    if text and "PRIVATE KEY-----" in text:
        reading.problem(where, "is a private key, which only the issuer should have", "openssl pkey -in it -pubout")
        return ""
    if text and "-----BEGIN PUBLIC KEY-----" not in text:
        reading.problem(where, "holds no PEM block that begins with -----BEGIN PUBLIC KEY-----")
        return ""
    return text.strip() + "\n" if text else ""


def _read_file(reading: Reading, where: Path, given: str) -> str:
    try:
        with (reading.directory / FilePath(given).expanduser()).open("rb") as file:
            return file.read(_LONGEST_FILE).decode("ascii")
    except OSError as error:
        reading.problem(where, f"cannot be read: {os.strerror(error.errno or 0).lower()}")
    except ValueError:
        reading.problem(where, "is not a PEM file")
    return ""


def _check_length(reading: Reading, section: JwtSection, secret: str, algorithms: tuple[str, ...]) -> None:
    needed = max(SECRET_BYTES[each] for each in algorithms)
    length = len(secret.encode())
    if not secret and needed > SECRET_BYTES["HS256"]:
        message = f"needs a secret of at least {needed} bytes, and the one that Arena makes has fewer"
        reading.problem((*_WHERE, "algorithms"), message, "set ARENA_JWT_SECRET to the output of: openssl rand -hex 64")
    if not secret or length >= needed:
        return
    message = f"should be at least {needed} bytes long, this one has {length}"
    if section.secret:
        hint = f"leave it out and Arena makes one, or use the output of: openssl rand -hex {needed}"
        reading.problem((*_WHERE, "secret"), message, hint)
    else:
        reading.report.problem(None, ("ARENA_JWT_SECRET",), message, f"use the output of: openssl rand -hex {needed}")
