"""Whose tokens are accepted: the sections as values, with their keys read from where they are kept, and back."""

from __future__ import annotations

from arena.config import jwt_key
from arena.config.context import Reading
from arena.config.document.jwt import JwtSection
from arena.config.tree import Path
from arena.model.project import Jwt
from arena.model.signature import SECRET_BYTES, is_key_text

_WHERE: Path = ("gateway", "auth", "jwt")
_KEYS = ("secret", "public_key", "jwks_url", "jwks_file", "discovery")


def issuers(reading: Reading, given: JwtSection | list[JwtSection]) -> tuple[Jwt, ...]:
    """One for each section. ARENA_JWT_SECRET fills in where one names no key."""
    sections = [(_WHERE, given)] if isinstance(given, JwtSection) else [((*_WHERE, n), s) for n, s in enumerate(given)]
    _check_apart(reading, sections)
    return tuple(_issuer(reading, where, section) for where, section in sections)


def _check_apart(reading: Reading, sections: list[tuple[Path, JwtSection]]) -> None:
    seen: set[str] = set()
    keyless: list[Path] = []
    for where, section in sections:
        if not reading.checked.is_sound(where):
            continue
        if section.issuer in seen:
            hint = "give each section the iss of its tokens"
            reading.problem((*where, "issuer"), f"{section.issuer!r:.60} has a section already", hint)
        seen.add(section.issuer)
        if not any(getattr(section, key) for key in _KEYS):
            keyless.append(where)
    for where in keyless[1:]:
        hint = f"name one of {', '.join(_KEYS)}"
        reading.problem(where, "names no key; only one issuer can use ARENA_JWT_SECRET or the secret Arena makes", hint)


def _issuer(reading: Reading, where: Path, section: JwtSection) -> Jwt:
    algorithms = tuple(dict.fromkeys(section.algorithms))
    _check_one_key(reading, where, section)
    published = section.public_key or section.jwks_url or section.jwks_file or section.discovery
    secrets = () if published else _secrets(reading, where, section, algorithms)
    if published:
        _check_no_hmac(reading, where, algorithms)
    return Jwt(
        secret=secrets[0] if secrets else "",
        issuer=section.issuer,
        audience=section.audience[0],
        leeway=section.leeway,
        algorithms=algorithms if published else _only_hmac(algorithms),
        public_key=jwt_key.pem(reading, where, section.public_key, algorithms) if section.public_key else "",
        former_secrets=secrets[1:],
        other_audiences=tuple(section.audience[1:]),
        roles_claim=section.roles_claim,
        jwks=jwt_key.published(reading, where, section),
    )


def _check_one_key(reading: Reading, where: Path, section: JwtSection) -> None:
    named = [key for key in _KEYS if getattr(section, key)]
    for key in named[1:]:
        reading.problem(
            (*where, key), f"cannot stand beside {named[0]}: one issuer, one kind of key", "remove one", key=True
        )


def _check_no_hmac(reading: Reading, where: Path, algorithms: tuple[str, ...]) -> None:
    hmac = [each for each in algorithms if each in SECRET_BYTES]
    if hmac:
        hint = "a public key verifies RS, PS, ES and EdDSA; leave algorithms out to allow what fits the key"
        reading.problem((*where, "algorithms"), f"{hmac[0]} is for a secret, not for a public key", hint)


def _only_hmac(algorithms: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each for each in algorithms if each in SECRET_BYTES) or ("HS256",)


def _secrets(reading: Reading, where: Path, section: JwtSection, algorithms: tuple[str, ...]) -> tuple[str, ...]:
    strange = [each for each in algorithms if each not in SECRET_BYTES]
    if strange:
        hint = "name the file that holds it: public_key: issuer.pem"
        reading.problem((*where, "algorithms"), f"{strange[0]} needs a public_key", hint)
    given = tuple(dict.fromkeys(each for each in section.secret if each))
    secrets = given or tuple(filter(None, [reading.env.get("ARENA_JWT_SECRET", "")]))
    needed = max(SECRET_BYTES[each] for each in _only_hmac(algorithms))
    if not secrets and needed > SECRET_BYTES["HS256"]:
        message = f"needs a secret of at least {needed} bytes, and the one that Arena makes has fewer"
        hint = "set ARENA_JWT_SECRET to the output of: openssl rand -hex 64"
        reading.problem((*where, "algorithms"), message, hint)
    for number, secret in enumerate(secrets):
        _check_secret(reading, (*where, "secret", number) if given else None, secret, needed)
    return secrets


def _check_secret(reading: Reading, where: Path | None, secret: str, needed: int) -> None:
    """`where` None: it comes from the environment."""
    length = len(secret.encode())
    made = f"use the output of: openssl rand -hex {needed}"
    if is_key_text(secret):
        message = "is the text of a key, of which one half is public: who has that could sign"
        hint = f"name an issuer's public key as public_key; for a secret {made}"
    elif length < needed:
        message = f"should be at least {needed} bytes long, this one has {length}"
        hint = made if where is None else f"leave it out and Arena makes one, or {made}"
    else:
        return
    if where is None:
        reading.report.problem(None, ("ARENA_JWT_SECRET",), message, hint)
    else:
        reading.problem(where, message, hint)
