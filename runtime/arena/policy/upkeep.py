"""When the keys that an issuer publishes are fetched again, and how long they are good.

    fetched ────── refresh ──────► due ─ ─ ─(while it fails)─ ─ ─ stale_if_error ─ ─ ─► expired
    in use, fresh                  in use, and said to be stale                         out of use

* After a success they are due again after `refresh`, sooner if the issuer's Cache-Control says that they age sooner, but
  never within half a minute of the last time.
* After a failure they are tried again after 1 s, 2 s, 4 s … 1 min, less a random part, for as long as it takes.
* A token that names an unknown key is a reason to ask at once, because issuers sign with a new key as soon as they publish
  it. Anybody can write such a token, so this reason counts once in 5 s, whatever the last answer was.

Sources: RFC 9111 section 5.2.2.1 (max-age), RFC 5861 section 4 (stale-if-error), OpenID Connect Core 1.0 section 10.1.1
(rotation of keys, and fetching them again at an unfamiliar kid). Times are in seconds of one clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from arena.model.project import Jwks

ASK_SECONDS = 5.0
_SOONEST = 30.0
_LONGEST_DELAY = 60.0
_NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What is known about one set of keys: when it is `due`, when it was last tried and last had, when it goes out of use, and
    how many times in a row it could not be fetched."""

    due_at: float = _NEVER
    tried_at: float = _NEVER
    fetched_at: float = _NEVER
    expires_at: float = _NEVER
    failures: int = 0

    def begun(self, now: float) -> Upkeep:
        """A fetch is under way; if nothing is heard of it, another one is due in a minute."""
        return replace(self, tried_at=now, due_at=now + _LONGEST_DELAY)

    def succeeded(self, rule: Jwks, max_age: float | None, now: float) -> Upkeep:
        """Keys were had. `max_age` is what the issuer says about how long they may be kept, None for nothing."""
        lasts = rule.refresh
        if max_age is not None:
            lasts = min(rule.refresh, max(max_age, _SOONEST))
        return Upkeep(now + lasts, self.tried_at, now, now + lasts + rule.stale_if_error)

    def failed(self, now: float, draw: float) -> Upkeep:
        """They could not be had. `draw` is a random number in [0, 1), made by the caller."""
        longest = min(_LONGEST_DELAY, 2.0 ** min(self.failures, 10))
        return replace(self, due_at=now + longest * (1 - draw / 2), failures=self.failures + 1)

    def is_due(self, now: float) -> bool:
        """Whether it is time to fetch them."""
        return now >= self.due_at

    def may_ask(self, now: float) -> bool:
        """Whether an unknown key is a reason to fetch them now."""
        return now >= self.tried_at + ASK_SECONDS

    def is_expired(self, now: float) -> bool:
        """Whether they must not be used any more."""
        return now >= self.expires_at
