"""What is granted and withdrawn while the gateway runs: API keys, revocations, and the keys that tokens are signed with."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from arena.auth.api_key import ApiKey, KeyRing, KeyUse
from arena.auth.issuers import Issuers
from arena.auth.jwt import Verifier
from arena.auth.ledger import Ledger
from arena.auth.revocation import Revocation, Revocations
from arena.auth.signing_key import SigningKey
from arena.errors import ConfigError
from arena.gateway.issuer.file import KeyFile
from arena.gateway.issuer.kept import KeptKeys
from arena.gateway.issuer.remote import Remote
from arena.gateway.issuer.source import Source
from arena.gateway.lists.followed import Followed
from arena.gateway.table.introduction import Introductions
from arena.model.gateway import GatewaySpec

NOTE_SECONDS = 5.0
_log = logging.getLogger("arena.gateway.lists.access")


class Access:
    """What one spec says, with every file it names read: the `issuers` of tokens, the `sources` of those whose keys may change,
    by issuer, `revoked` tokens, `keys`, None where API keys are not accepted, and `introductions`, None where services are not
    told who asks.

    Raises ConfigError when a file cannot be read: a gateway must not start by guessing who may come in.
    """

    def __init__(self, spec: GatewaySpec) -> None:
        self.issuers = Issuers(spec.settings.issuers)
        self.sources = {source.verifier.jwt.issuer: source for source in _sources(self.issuers, spec)}
        self.keys: KeyRing | None = None
        self.revoked = Revocations(ours=self.issuers.ours)
        self.introductions: Introductions | None = None
        self._followed: list[Followed[Any]] = []
        self._uses = Ledger(Path(spec.keys_used_file), KeyUse)
        if spec.keys_file:
            self.keys = KeyRing()
            self._follow(Ledger(Path(spec.keys_file), ApiKey), self.keys.replace)
        if spec.signing_keys_file:
            self.introductions = Introductions()
            self._follow(Ledger(Path(spec.signing_keys_file), SigningKey), self.introductions.use)
        if spec.revoked_file:
            self._follow(Ledger(Path(spec.revoked_file), Revocation), self.revoked.replace)

    def take_over(self, before: Access) -> None:
        """Go on from an earlier spec's: what it fetched is known to us, and uses it has not noted yet are noted by us."""
        for issuer, source in self.sources.items():
            if issuer in before.sources:
                source.take_over(before.sources[issuer])
        if self.keys is not None and before.keys is not None:
            self.keys.used.update(before.keys.used)

    async def refresh(self) -> bool:
        """Read again what has changed, fetch what is due; True when something is other than it was."""
        lists = [await each.refresh() for each in self._followed]
        return any([*lists, *[await each.refresh() for each in self.sources.values()]])

    async def note_uses(self) -> None:
        """Write down which keys were used since the last time, and when."""
        if self.keys is None or not self.keys.used:
            return
        used, self.keys.used = self.keys.used, {}
        try:
            await asyncio.to_thread(self._uses.update, partial(_merged, used, self.keys.ids))
        except ConfigError as error:
            self.keys.used = used | self.keys.used
            _log.error("when API keys were last used is not noted: %s", error)

    def _follow(self, ledger: Ledger[Any], apply: Callable[[Iterable[Any]], None]) -> None:
        self._followed.append(Followed(ledger.path, ledger.read, apply))


def _sources(issuers: Issuers, spec: GatewaySpec) -> Iterator[Source]:
    for verifier in issuers:
        rule = verifier.jwt.jwks
        if rule is None:
            if verifier.jwt.is_kept:
                yield _kept(verifier, spec)
        elif rule.url:
            yield Remote(verifier, rule)
        else:
            yield KeyFile(verifier, Path(rule.file))


def _kept(verifier: Verifier, spec: GatewaySpec) -> KeptKeys:
    if not spec.token_keys_file:
        raise ConfigError("the JWT secret is missing", hint="this file is written by `arena up`; run it again")
    return KeptKeys(verifier, Path(spec.token_keys_file))


def _merged(used: dict[str, float], ids: frozenset[str], rows: tuple[KeyUse, ...]) -> list[KeyUse]:
    """The later of each key's times; keys that are gone are forgotten."""
    times = {row.key_id: row.at for row in rows}
    for key_id, at in used.items():
        times[key_id] = max(at, times.get(key_id, 0.0))
    return [KeyUse(key_id, at) for key_id, at in sorted(times.items()) if key_id in ids]
