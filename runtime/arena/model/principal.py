"""Who asks.

Theory. A subject is unique within its issuer only (RFC 7519 section 4.1.2), so a caller is the pair of both. Wherever a
caller is looked up by a text, that text is this:

    who vouches for the caller                              issuer        key
    our own tokens, our API keys, a client certificate      ''            the subject
    another issuer                                          its `iss`     US issuer US subject

US is the control character U+001F. No subject that another issuer may give has a control character in it (see
`auth.wording`), and none of ours begins with one, so two callers never have one key, whatever their subjects hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_SEPARATOR = "\x1f"


def key_of(issuer: str, subject: str) -> str:
    """The text that stands for one caller alone; `issuer` is '' for ours."""
    return f"{_SEPARATOR}{issuer}{_SEPARATOR}{subject}" if issuer else subject


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller. `expires_at` is Unix seconds, None for never; `token_id` is the `jti`, '' for none;
    `issued_at` is the earliest time by our clock at which the credential may have been issued, in Unix seconds, 0 when it does
    not say. `issuer` is whose word that is, '' for ours: tokens we sign, API keys, client certificates. `key` stands for the
    caller wherever callers are told apart."""

    subject: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    expires_at: float | None = None
    token_id: str = ""
    issued_at: float = 0.0
    issuer: str = ""
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", key_of(self.issuer, self.subject))
