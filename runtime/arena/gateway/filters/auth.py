"""Who asks: the bearer token, verified once and remembered by its bytes until it expires. Source: RFC 6750."""

from __future__ import annotations

from collections.abc import Callable

from arena.auth.jwt import Verifier
from arena.errors import AuthError
from arena.gateway.exchange import Exchange
from arena.gateway.refusal import Refusal
from arena.model.principal import Principal
from arena.telemetry.accesslog import quote

_KEEP_TOKENS = 10_000
_LONGEST_KEPT = 4096
_NO_TOKEN = Refusal(
    401,
    "unauthenticated",
    "send `Authorization: Bearer <token>`; `arena token issue` makes a token",
    headers=(b'www-authenticate: Bearer realm="arena"',),
)


class Authenticator:
    """A filter that sets the exchange's principal. `now` is the wall clock in Unix seconds; `leeway` in seconds is
    what the verifier allows after a token's expiry."""

    def __init__(self, verifier: Verifier, leeway: float, now: Callable[[], float]) -> None:
        self._verifier = verifier
        self._leeway = leeway
        self._now = now
        self._known: dict[bytes, tuple[Principal, float, str]] = {}

    def __call__(self, x: Exchange) -> Refusal | None:
        credential = x.head.authorization
        if credential is None:
            return _NO_TOKEN
        known = self._known.get(credential)
        now = self._now()
        if known is not None and now < known[1]:
            x.principal, _, x.log_caller = known
            return None
        return self._verify(x, credential, now)

    def _verify(self, x: Exchange, credential: bytes, now: float) -> Refusal | None:
        self._known.pop(credential, None)
        scheme, _, token = credential.partition(b" ")
        if scheme.lower() != b"bearer":
            return _NO_TOKEN
        try:
            principal = self._verifier.verify(token.strip().decode("latin-1"), now)
        except AuthError as error:
            return _invalid(error)
        expires = float("inf") if principal.expires_at is None else principal.expires_at + self._leeway
        x.principal, x.log_caller = principal, quote(principal.subject)
        if len(credential) <= _LONGEST_KEPT:
            if len(self._known) >= _KEEP_TOKENS:
                self._known.clear()
            self._known[credential] = (principal, expires, x.log_caller)
        return None


def require_roles(roles: tuple[str, ...]) -> Callable[[Exchange], Refusal | None]:
    """A filter for principals that have at least one of `roles`."""
    wanted = frozenset(roles)
    names = " or ".join(sorted(roles))
    refusal = Refusal(
        403,
        "forbidden",
        f"this route needs the role {names}; issue a token with `arena token issue --role {sorted(roles)[0]}`",
        headers=(b'www-authenticate: Bearer realm="arena", error="insufficient_scope"',),
    )

    def check(x: Exchange) -> Refusal | None:
        principal = x.principal
        return refusal if principal is None or wanted.isdisjoint(principal.roles) else None

    return check


def _invalid(error: AuthError) -> Refusal:
    detail = f"{error.message}; {error.hint}" if error.hint else error.message
    described = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "'" for c in error.message)
    challenge = f'www-authenticate: Bearer realm="arena", error="invalid_token", error_description="{described}"'
    return Refusal(401, "unauthenticated", detail, headers=(challenge.encode(),))
