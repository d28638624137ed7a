"""Bearer tokens, verified.

Source: RFC 7519 (JWT), RFC 7515 (JWS), RFC 8725 section 3.1: the algorithm is ours to choose, never the token's.
"""

from __future__ import annotations

import time

from jwt.api_jws import PyJWS
from jwt.exceptions import PyJWTError

from arena.auth import claim, compact, token_key, verify_key
from arena.auth.compact import Unverified
from arena.auth.errors import KeysUnavailable, TokenAlgorithmRefused, TokenBadSignature, TokenKeyUnknown
from arena.auth.key_set import KeySet
from arena.model.principal import Principal
from arena.model.project import Jwt
from arena.model.signature import ASYMMETRIC

_JWS = PyJWS()


class Verifier:
    """Verifies the tokens of one issuer.

    `keys` are those the tokens may be signed with; they may be replaced at any time. None: they are kept or published
    elsewhere, and were not had yet, or are too old by now; `trouble` says why, and '' that nothing is wrong. An empty issuer
    or audience in `jwt` is not compared. `foreign`: it is not the issuer we sign for. Raises ConfigError when a secret in
    `jwt` is too short, or its public key cannot be used.
    """

    def __init__(self, jwt: Jwt, *, foreign: bool = False) -> None:
        self.jwt = jwt
        self.foreign = foreign
        self.keys = _own_keys(jwt)
        self.trouble = ""
        known = (algorithm for key in self.keys.keys for algorithm in key.algorithms) if self.keys else ()
        self._algorithms = tuple(dict.fromkeys(known)) or jwt.algorithms or ASYMMETRIC

    def verify(self, token: str, now: float | None = None) -> Principal:
        """Who the token speaks for. `now` is Unix seconds, None for the machine's clock. Raises a `TokenRefused`."""
        return self.judge(token, compact.split(token), time.time() if now is None else now)

    def judge(self, token: str, unverified: Unverified, now: float) -> Principal:
        """`verify` for a token that is decoded already."""
        self._check_header(unverified.header)
        self._check_signature(token, unverified.header)
        ahead = max(self.jwt.leeway, claim.AHEAD)
        return claim.read_principal(unverified.claims, self.jwt, now, ahead=ahead, foreign=self.foreign)

    def _check_header(self, header: dict[str, object]) -> None:
        allowed = self._algorithms
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

    def _check_signature(self, token: str, header: dict[str, object]) -> None:
        algorithm, kid = str(header["alg"]), header.get("kid")
        if self.keys is None:
            raise self._unavailable()
        for key in self.keys.candidates(kid, algorithm):
            try:
                _JWS.decode(token, key.material, algorithms=[algorithm])
            except PyJWTError:
                continue
            return
        if self.keys.knows(kid):
            raise TokenBadSignature(
                "the token's signature does not match", hint="it was signed with another key, or changed on the way"
            )
        if self.trouble:
            raise self._unavailable()
        raise TokenKeyUnknown(
            "the token's signature does not match, and it names a key that its issuer does not have, or no longer",
            issuer=self.jwt.issuer,
            hint="ask for a new token; the key may have been rotated",
        )

    def _unavailable(self) -> KeysUnavailable:
        why = f" ({self.trouble})" if self.trouble else ""
        return KeysUnavailable(
            f"the keys of the issuer {self.jwt.issuer!r} cannot be had{why}, so nobody can tell whether the token is good",
            issuer=self.jwt.issuer,
            hint="try again soon",
        )


def _own_keys(jwt: Jwt) -> KeySet | None:
    """Those that stand in the settings themselves."""
    if jwt.secret:
        return token_key.key_set((jwt.secret, *jwt.former_secrets), jwt)
    if jwt.public_key:
        # It has no id, so that it verifies whatever id a token names.
        return KeySet((verify_key.of_pem(jwt),))
    return None
