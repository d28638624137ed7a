"""Who calls this service: the gateway for somebody, another service, or nobody knows who.

Theory, in the order it is looked at:

    the request has              and it is             the caller is
    x-arena-principal            sound                 whom the gateway let in, or a stranger it let in
                                 not sound             refused (401), whatever else the request has
    Bearer, a service token      sound, allowed        that service
                                 sound, not allowed    refused (403)
                                 not sound             refused (401)
    anything else                                      unknown

Where `allow_from` is set the unknown are refused too (401), but for the paths that stay open. A user's own token proves nothing
here: the gateway judges those.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING, Literal

from starlette.datastructures import Headers

from arena.auth.identity_file import IdentityFile, IdentityUnreadable
from arena.sdk.refusal import CallerRefused

if TYPE_CHECKING:
    from arena.auth.identity import Identity
    from arena.auth.signed import Kind, Statement

_KEEP = 4096
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, verified. `service`: another service of the project, which called directly; then the subject is its name.
    Otherwise the gateway let the caller in: a person or program with a token, or `key:<name>` with an API key.
    `issuer` is whose subject that is, '' for the project's own; two issuers may call different people the same, so tell callers
    apart by both. `token_id` tells which token or key it was, '' when it had no id."""

    subject: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    token_id: str = ""
    service: bool = False
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """`via` says who vouches for the caller, '' for nobody. `principal` is None for the unknown and for strangers that the
    gateway let in."""

    via: Literal["gateway", "service", ""] = ""
    principal: Principal | None = None


_UNKNOWN = Caller()
_STRANGER = Caller("gateway")


class Callers:
    """Judges requests by the service's identity file; without one (`file` None) every caller is unknown."""

    def __init__(self, file: IdentityFile | None) -> None:
        self._file = file
        self._heard: dict[str, Statement] = {}
        self._keys: object = None

    @property
    def known(self) -> bool:
        """Whether callers can be known at all."""
        return self._file is not None

    def prepare(self) -> None:
        """Load what judging takes, where every request will be judged: importing the cryptography is not for the first caller
        to wait for."""
        try:
            identity = self._identity()
        except CallerRefused:
            return  # every request will be told
        if identity is not None and identity.allow_from is not None:
            import arena.auth.signed  # noqa: F401  # to have it loaded

    def admit(self, path: str, method: str, headers: Headers) -> Caller | None:
        """Who calls, where only some may; None where everybody may. Raises CallerRefused."""
        identity = self._identity()
        if identity is None or identity.allow_from is None or (path in identity.open_paths and method in _SAFE):
            return None
        caller = self._judge(identity, headers)
        if not caller.via:
            raise CallerRefused(401, "unauthenticated", _closed(identity))
        return caller

    def judge(self, headers: Headers) -> Caller:
        """Who calls. Raises CallerRefused for one who claims to be somebody and cannot prove it."""
        identity = self._identity()
        return _UNKNOWN if identity is None else self._judge(identity, headers)

    def _identity(self) -> Identity | None:
        try:
            return None if self._file is None else self._file.current()
        except IdentityUnreadable as problem:
            raise CallerRefused(503, "identity-unreadable", f"nobody's identity can be checked: {problem}") from None

    def _judge(self, identity: Identity, headers: Headers) -> Caller:
        from arena.auth import signed

        introductions = headers.getlist("x-arena-principal")
        if len(introductions) > 1:
            raise CallerRefused(401, "unauthenticated", "the header x-arena-principal is there twice")
        if introductions:
            return self._introduced(self._hear(introductions[0], (signed.PRINCIPAL, signed.ANONYMOUS), identity))
        scheme, _, token = headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not self._is_service_token(token):
            return _UNKNOWN
        service = self._hear(token, (signed.SERVICE,), identity).principal.subject
        if identity.allow_from is not None and service not in identity.allow_from:
            raise CallerRefused(
                403, "forbidden", f"{service} may not call {identity.service}: allow_from does not name it"
            )
        return Caller("service", Principal(service, service=True))

    def _is_service_token(self, token: str) -> bool:
        """By its own word alone, which nobody trusts yet."""
        from arena.auth import compact, signed
        from arena.auth.errors import TokenRefused

        heard = self._heard.get(token)
        try:
            kind = heard.kind if heard is not None else compact.split(token).header.get("typ")
        except TokenRefused:
            return False
        return kind == signed.SERVICE

    def _introduced(self, statement: Statement) -> Caller:
        from arena.auth import signed

        if statement.kind == signed.ANONYMOUS:
            return _STRANGER
        who = statement.principal
        return Caller("gateway", Principal(who.subject, who.roles, who.scopes, who.token_id, issuer=who.issuer))

    def _hear(self, token: str, kinds: tuple[Kind, ...], identity: Identity) -> Statement:
        from arena.auth import signed
        from arena.auth.errors import TokenKeyUnknown, TokenRefused

        now = time()
        # Without the daemon service tokens are not renewed; the gateway goes on signing for itself.
        when = identity.judged_at(now) if kinds == (signed.SERVICE,) else now
        try:
            return self._verified(token, kinds, identity, when)
        except TokenKeyUnknown:
            pass  # a key may be so new that we have not looked since
        except TokenRefused as refusal:
            raise _refused(refusal) from None
        try:
            return self._verified(token, kinds, self._file.look() if self._file else identity, when)
        except TokenRefused as refusal:
            raise _refused(refusal) from None

    def _verified(self, token: str, kinds: tuple[Kind, ...], identity: Identity, when: float) -> Statement:
        """Verified now, or before under the same keys and not expired since."""
        from arena.auth import signed

        if identity.keys != self._keys:
            self._heard.clear()
            self._keys = identity.keys
        heard = self._heard.get(token)
        if heard is not None and heard.kind in kinds and when < (heard.principal.expires_at or 0) + signed.LEEWAY:
            return heard
        statement = signed.verify(token, identity.keys, kinds, identity.service, when)
        if len(self._heard) >= _KEEP:
            self._heard.clear()
        self._heard[token] = statement
        return statement


def _closed(identity: Identity) -> str:
    name = identity.service
    if not identity.allow_from:
        return f"{name} answers the gateway alone: allow_from names no service"
    how = f"send a service token, as arena.sdk.client({name!r}) does"
    return f"{name} answers the gateway and the services in its allow_from alone; {how}"


def _refused(refusal: Exception) -> CallerRefused:
    return CallerRefused(401, "unauthenticated", f"the caller is not who it says it is: {refusal}")
