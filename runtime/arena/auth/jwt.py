"""Bearer tokens, verified.

Source: RFC 7519 (JWT), RFC 7515 (JWS), RFC 8725 section 3.1: the algorithm is ours to choose, never the token's.
"""

from __future__ import annotations

import time

from jwt.api_jws import PyJWS
from jwt.exceptions import PyJWTError

from arena.auth import claim, compact, verify_key
from arena.auth.errors import TokenAlgorithmRefused, TokenBadSignature
from arena.model.principal import Principal
from arena.model.project import Jwt

_JWS = PyJWS()


class Verifier:
    """Verifies tokens against one key, issuer and audience.

    An empty issuer or audience in `jwt` is not compared. Raises ConfigError when the secret is missing or too short, or the
    public key cannot be used.
    """

    def __init__(self, jwt: Jwt) -> None:
        self._jwt = jwt
        self._key = verify_key.load(jwt)

    def verify(self, token: str, now: float | None = None) -> Principal:
        """Who the token speaks for. `now` is Unix seconds, None for the machine's clock. Raises a `TokenRefused`."""
        unverified = compact.split(token)
        self._check_header(unverified.header)
        self._check_signature(token, unverified.header["alg"])
        return claim.read_principal(unverified.claims, self._jwt, time.time() if now is None else now)

    def _check_header(self, header: dict[str, object]) -> None:
        allowed = self._key.algorithms
        if header.get("alg") not in allowed:
            names = f"{', '.join(allowed[:-1])} or {allowed[-1]}" if len(allowed) > 1 else allowed[0]
            raise TokenAlgorithmRefused(
                f"the token is not signed with {names}, which is all that is accepted here",
                hint="issue it with `arena token issue`, or tell your issuer to sign so; see gateway.auth.jwt.algorithms",
            )
        if "crit" in header:  # RFC 7515 section 4.1.11: what is critical and not understood is refused
            raise TokenAlgorithmRefused(
                "the token's header asks for extensions (crit) that Arena does not have", hint="issue it without `crit`"
            )

    def _check_signature(self, token: str, algorithm: str) -> None:
        try:
            _JWS.decode(token, self._key.material, algorithms=[algorithm])
        except PyJWTError:
            raise TokenBadSignature(
                "the token's signature does not match", hint="it was signed with another key, or changed on the way"
            ) from None
