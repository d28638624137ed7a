"""Who asks: the bearer token or API key, verified once and remembered by its bytes until it expires.

Source: RFC 6750. There is no standard for API keys; X-API-Key is what most use.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import lru_cache

from arena.auth.api_key import PREFIX, KeyRing
from arena.auth.errors import KeyMissing, KeysUnavailable, TokenExpired
from arena.auth.issuers import Issuers
from arena.auth.revocation import Revocations
from arena.errors import AuthError
from arena.gateway.exchange import Exchange
from arena.gateway.issuer.source import Source
from arena.gateway.refusal import Refusal
from arena.model.principal import Principal
from arena.telemetry.accesslog import quote

_KEEP_TOKENS = 10_000
_KEEP_KEY_SECONDS = 5.0
_KEY_PREFIX = PREFIX.encode()
_LONGEST_KEPT = 4096
_NO_TOKEN = Refusal(
    401,
    "unauthenticated",
    "send `Authorization: Bearer <token>`; `arena token issue` makes a token",
    headers=(b'www-authenticate: Bearer realm="arena"',),
)
_NO_CREDENTIAL = replace(
    _NO_TOKEN,
    detail="send `Authorization: Bearer <token>` or `X-API-Key: <key>`; `arena token issue` makes a token, "
    "`arena key create` a key",
)
_Known = tuple[Principal, float, bytes]  # who, until when (Unix seconds), what the log says of them


class Authenticator:
    """Sets the exchange's principal: `check` is the filter. `now` is the wall clock in Unix seconds. API keys are refused until
    `accept` names a ring of them.

    A token whose key is not known makes its issuer's source look again (see `ask`), and the request waits for that one look.

    An X-API-Key goes before an Authorization header: a client's library may fill in the latter by itself.
    """

    def __init__(self, issuers: Issuers, now: Callable[[], float]) -> None:
        self._issuers = issuers
        self._now = now
        self._sources: Mapping[str, Source] = {}
        self._keys: KeyRing | None = None
        self._revoked = Revocations()
        self._no_credential = _NO_TOKEN
        self._certificates = False
        self._known: dict[bytes, _Known] = {}
        self._known_keys: dict[bytes, _Known] = {}
        self._known_certificates: dict[str, _Known] = {}

    def check(self, x: Exchange) -> Refusal | Awaitable[Refusal | None] | None:
        """The filter."""
        head = x.head
        if head.api_key is not None and self._keys is not None:
            return self._by_key(x, self._keys, head.api_key)
        credential = head.authorization
        if credential is None:
            return self._by_certificate(x) if self._certificates else self._no_credential
        known = self._known.get(credential)
        now = self._now()
        if known is not None and now < known[1]:
            x.principal, _, x.log_caller = known
            return None
        verdict = self._verify(x, credential, now)
        if isinstance(verdict, KeyMissing):
            source = self._sources.get(verdict.issuer)
            wait = None if source is None else source.renew()
            return _invalid(verdict) if wait is None else self._verify_later(x, credential, wait)
        return verdict

    def at_once(self, x: Exchange) -> Refusal | None:
        """The same for a page of the gateway's own, which waits for nobody."""
        head = x.head
        if head.api_key is not None and self._keys is not None:
            return self._by_key(x, self._keys, head.api_key)
        if head.authorization is None:
            return self._by_certificate(x) if self._certificates else self._no_credential
        return _settled(self._verify(x, head.authorization, self._now()))

    def ask(self, sources: Mapping[str, Source]) -> None:
        """Where the keys of issuers come from, by issuer."""
        self._sources = sources

    def accept(self, keys: KeyRing) -> None:
        """Let in whoever has one of these API keys as well."""
        self._keys = keys
        self._no_credential = _NO_CREDENTIAL

    def believe_certificates(self) -> None:
        """Take a client certificate for who asks, where a request carries no other credential."""
        self._certificates = True

    def refuse(self, revoked: Revocations) -> None:
        """Turn away tokens that were taken back. Whenever that list changes, `forget` must be called."""
        self._revoked = revoked

    def forget(self) -> None:
        """Verify everybody anew: something was withdrawn or granted."""
        self._known.clear()
        self._known_keys.clear()
        self._known_certificates.clear()

    async def _verify_later(self, x: Exchange, credential: bytes, wait: Awaitable[None]) -> Refusal | None:
        await wait
        return _settled(self._verify(x, credential, self._now()))

    def _verify(self, x: Exchange, credential: bytes, now: float) -> Refusal | KeyMissing | None:
        self._known.pop(credential, None)
        scheme, _, token = credential.partition(b" ")
        token = token.strip()
        if scheme.lower() != b"bearer":
            return self._no_credential
        if self._keys is not None and token.startswith(_KEY_PREFIX):
            return self._by_key(x, self._keys, token)
        try:
            principal, expires = self._issuers.verify(token.decode("latin-1"), now)
            self._revoked.check(principal)
        except KeyMissing as missing:
            return missing
        except AuthError as error:
            return _invalid(error)
        x.principal, x.log_caller = principal, _named(principal)
        if len(credential) <= _LONGEST_KEPT:
            if len(self._known) >= _KEEP_TOKENS:
                self._known.clear()
            self._known[credential] = (principal, expires, x.log_caller)
        return None

    def conceal(self, x: Exchange) -> None:
        """Pass on no API key: it opens this gateway and lives long, and is nothing for a service to see."""
        head = x.head
        scheme, _, token = (head.authorization or b"").partition(b" ")
        keyed = scheme.lower() == b"bearer" and token.lstrip(b" ").startswith(_KEY_PREFIX)
        if self._keys is not None and (keyed or head.api_key is not None):
            gone = (b"x-api-key:", b"authorization:") if keyed else (b"x-api-key:",)
            x.fields = tuple(field for field in x.fields if not field.lower().startswith(gone))

    def _by_key(self, x: Exchange, keys: KeyRing, key: bytes) -> Refusal | None:
        now = self._now()
        known = self._known_keys.get(key)
        if known is None or now >= known[1]:
            self._known_keys.pop(key, None)
            try:
                principal = keys.verify(key.decode("latin-1"), now)
            except AuthError as error:
                return _invalid(error)
            # Looked up again every few seconds, so that the ring learns of its use without a word on the way here.
            expires = min(now + _KEEP_KEY_SECONDS, principal.expires_at or float("inf"))
            known = self._known_keys[key] = (principal, expires, _named(principal))
        x.principal, _, x.log_caller = known
        self.conceal(x)
        return None

    def _by_certificate(self, x: Exchange) -> Refusal | None:
        certificate = x.client.certificate
        if certificate is None or not certificate.name:
            return self._no_credential
        now = self._now()
        known = self._known_certificates.get(certificate.fingerprint)
        if known is None:
            principal = certificate.principal
            try:
                self._revoked.check(principal)
            except AuthError as error:
                return _invalid(error)
            if len(self._known_certificates) >= _KEEP_TOKENS:
                self._known_certificates.clear()
            until = certificate.expires_at
            known = self._known_certificates[certificate.fingerprint] = (principal, until, _named(principal))
        if now >= known[1]:
            return _invalid(TokenExpired("the client certificate has expired"))
        x.principal, _, x.log_caller = known
        return None


@lru_cache(maxsize=256)  # many routes ask for the same: one filter for all stays in the processor's caches
def require_roles(roles: tuple[str, ...]) -> Callable[[Exchange], Refusal | None]:
    """A filter for principals that have at least one of `roles`."""
    wanted = frozenset(roles)
    names = " or ".join(sorted(roles))
    refusal = Refusal(
        403,
        "forbidden",
        f"this route needs the role {names}; `arena token issue --role {sorted(roles)[0]}` makes a token that has it",
        headers=(b'www-authenticate: Bearer realm="arena", error="insufficient_scope"',),
    )

    def check(x: Exchange) -> Refusal | None:
        principal = x.principal
        return refusal if principal is None or wanted.isdisjoint(principal.roles) else None

    return check


def _named(principal: Principal) -> bytes:
    """The value of "principal" in the access log as JSON, and whose subject that is where it is not ours."""
    of = b',"issuer":' + quote(principal.issuer) if principal.issuer else b""
    return quote(principal.subject) + of


def _settled(verdict: Refusal | KeyMissing | None) -> Refusal | None:
    return _invalid(verdict) if isinstance(verdict, KeyMissing) else verdict


def _invalid(error: AuthError) -> Refusal:
    detail = f"{error.message}; {error.hint}" if error.hint else error.message
    if isinstance(error, KeysUnavailable):
        return Refusal(503, "keys-unavailable", detail, headers=(b"retry-after: 5",))
    described = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "'" for c in error.message)
    challenge = f'www-authenticate: Bearer realm="arena", error="invalid_token", error_description="{described}"'
    return Refusal(401, "unauthenticated", detail, headers=(challenge.encode(),))
