"""Why a token was refused: one class per reason, each with a stable code and what to do about it."""

from __future__ import annotations

from arena.errors import AuthError


class TokenRefused(AuthError):
    """Base of every refusal of a token. The message never holds the token or parts of it."""

    code = "token-refused"


class TokenMalformed(TokenRefused):
    """Not a JWT, too long, or a claim of the wrong type."""

    code = "token-malformed"


class TokenExpired(TokenRefused):
    code = "token-expired"


class TokenNotYetValid(TokenRefused):
    code = "token-not-yet-valid"


class TokenWrongAudience(TokenRefused):
    code = "token-wrong-audience"


class TokenWrongIssuer(TokenRefused):
    code = "token-wrong-issuer"


class TokenBadSignature(TokenRefused):
    code = "token-bad-signature"


class KeyMissing(TokenRefused):
    """The key that the token was signed with is not at hand; newer keys of its `issuer` may hold it."""

    code = "key-missing"

    def __init__(self, message: str, *, issuer: str = "", hint: str = "", detail: str = "") -> None:
        super().__init__(message, hint=hint, detail=detail)
        self.issuer = issuer


class TokenKeyUnknown(KeyMissing):
    """Signed with a key that is not, or no longer, or not yet known here."""

    code = "token-key-unknown"


class KeysUnavailable(KeyMissing):
    """Nobody can tell whether the token is good: the issuer's keys cannot be had."""

    code = "keys-unavailable"


class TokenAlgorithmRefused(TokenRefused):
    code = "token-algorithm-refused"


class TokenMissingClaim(TokenRefused):
    code = "token-missing-claim"


class TokenWrongKind(TokenRefused):
    """Made for another purpose."""

    code = "token-wrong-kind"


class TokenRevoked(TokenRefused):
    """Taken back by `arena token revoke`, itself or with all of its subject."""

    code = "token-revoked"


class KeyRefused(AuthError):
    """Base of every refusal of an API key. The message never holds the key or parts of it."""

    code = "key-refused"


class KeyUnknown(KeyRefused):
    """Not an API key of this project, or one that was revoked: nobody can tell which from outside."""

    code = "key-unknown"


class KeyExpired(KeyRefused):
    code = "key-expired"
