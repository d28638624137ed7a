"""Bearer tokens, verified: HS256 and nothing else.

Source: RFC 7519 (JWT), RFC 7515 (JWS), RFC 8725 section 3.1: the algorithm is ours to choose, never the token's.
"""

from __future__ import annotations

import time

from jwt.api_jws import PyJWS
from jwt.exceptions import PyJWTError

from arena.auth import claim, compact
from arena.auth.errors import TokenAlgorithmRefused, TokenBadSignature
from arena.auth.secret import check_strength
from arena.model.principal import Principal
from arena.model.project import Jwt

ALGORITHM = "HS256"
_JWS = PyJWS(algorithms=[ALGORITHM])


class Verifier:
    """Verifies tokens against one secret, issuer and audience.

    An empty issuer or audience in `jwt` is not compared. Raises ConfigError when the secret is missing or shorter than 32
    bytes.
    """

    def __init__(self, jwt: Jwt) -> None:
        check_strength(jwt.secret, "the JWT secret")
        self._jwt = jwt
        self._key = jwt.secret.encode()

    def verify(self, token: str, now: float | None = None) -> Principal:
        """Who the token speaks for. `now` is Unix seconds, None for the machine's clock. Raises a `TokenRefused`."""
        unverified = compact.split(token)
        _check_header(unverified.header)
        self._check_signature(token)
        return claim.read_principal(unverified.claims, self._jwt, time.time() if now is None else now)

    def _check_signature(self, token: str) -> None:
        try:
            _JWS.decode(token, self._key, algorithms=[ALGORITHM])
        except PyJWTError:
            raise TokenBadSignature(
                "the token's signature does not match", hint="it was signed with another secret, or changed on the way"
            ) from None


def _check_header(header: dict[str, object]) -> None:
    if header.get("alg") != ALGORITHM:
        raise TokenAlgorithmRefused(
            f"the token is not signed with {ALGORITHM}, the only algorithm Arena accepts",
            hint="issue it with `arena token issue`, or tell your issuer to sign with HS256",
        )
    if "crit" in header:  # RFC 7515 section 4.1.11: what is critical and not understood is refused
        raise TokenAlgorithmRefused(
            "the token's header asks for extensions (crit) that Arena does not have", hint="issue it without `crit`"
        )
