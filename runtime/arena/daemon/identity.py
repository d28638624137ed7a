"""Who each service is, and who may call it: one file per service, renewed long before anything in it expires.

What a service may show to another is minted here, by the daemon, for exactly those pairs that `allow_from` names; and so is
what each shows to the registry, which has a file as well, and what the daemon shows itself. The keys are turned here too:
services and registry hear of a new one before anything is signed with it.
"""

from __future__ import annotations

import logging
import secrets
import shutil
from collections.abc import Sequence

from arena.auth import identity, signed, signing_key
from arena.auth.identity import REGISTRY, TTL, Identity
from arena.auth.ledger import Ledger
from arena.auth.signing_key import SigningKey
from arena.clock import Clock, SystemClock
from arena.daemon.desired import write_private
from arena.errors import ArenaError, ConfigError
from arena.model.layout import StateLayout
from arena.model.project import Project
from arena.model.service import Service

LOOK_SECONDS = 2.0  # often, because a machine that slept wakes up with tokens that have expired
_OWN_TTL = 60.0  # seconds: the daemon signs anew each time
_DAEMON = "arena-daemon"
_OPEN = ("/health", "/metrics")

_log = logging.getLogger("arena.daemon.identity")


class Identities:
    """Writes the identity files of one project at a time."""

    def __init__(self, layout: StateLayout, clock: Clock | None = None) -> None:
        self._layout = layout
        self._clock = clock or SystemClock()
        self._keys = Ledger(layout.signing_keys, SigningKey)
        self._project: Project | None = None
        self._key: SigningKey | None = None
        self._renewed_at = 0.0
        self._seen = self._looked = self._keys.signature()

    def follow(self, project: Project) -> None:
        """Write the files of `project`'s services, and keep them fresh from now on. Raises ConfigError for keys that others can
        read or that are damaged, OSError when nothing can be written."""
        self._project = project
        self._renew(project)

    async def keep(self) -> None:
        """Renew what is due, for ever."""
        while True:
            await self._clock.sleep(LOOK_SECONDS)
            try:
                self.refresh()
            except (ArenaError, OSError) as error:
                _log.error("what services show each other is not renewed: %s", error)

    def refresh(self) -> None:
        """Renew if it is time, or if somebody replaced or deleted the keys. Raises as `follow` does."""
        if self._project is None:
            return
        seen, before = self._keys.signature(), self._looked
        self._looked = seen
        # What is gone must be gone twice: the whole state folder may be on its way out.
        replaced = seen != self._seen and (seen is not None or before is None)
        if replaced or identity.due(self._renewed_at, self._clock.now()):
            self._renew(self._project)

    def own(self, audience: str) -> str:
        """What the daemon shows to the registry or the gateway, now. Raises ConfigError as long as there is no key."""
        # Before anything was followed: what an earlier daemon left running knows the keys that it left as well.
        key = self._key or max(self._keys.read(), key=lambda each: each.created_at, default=None)
        if key is None:
            raise ConfigError("the daemon has no key to sign with", hint="`arena up` makes one")
        now = self._clock.now()
        return signed.sign(key, signed.DAEMON, _DAEMON, audience, ttl=_OWN_TTL, now=now, jti=_unique())

    def forget(self) -> None:
        """Nothing runs any more, so nothing needs to be shown."""
        self._project = None
        shutil.rmtree(self._layout.identities, ignore_errors=True)

    def _renew(self, project: Project) -> None:
        now = self._clock.now()
        known = self._keys.read()
        keys = signing_key.turn(known, now)
        # Never its parent: a state folder that was deleted must stay so, as it means that everything is to be stopped.
        self._layout.identities.mkdir(mode=0o700, exist_ok=True)
        services = [service for service in project.services if not service.external]
        registry = Identity(REGISTRY, tuple(key.public for key in keys), now)
        for each in (registry, *(_identity(service, services, keys, now) for service in services)):
            write_private(self._layout.identity(each.service), identity.write(each))
        self._drop_others({self._layout.identity(name).name for name in (REGISTRY, *(each.name for each in services))})
        if keys != known:
            self._keys.update(lambda _: keys)  # only now: whoever is shown the new key's work can find the key
        self._seen = self._looked = self._keys.signature()
        self._key, self._renewed_at = keys[-1], now

    def _drop_others(self, names: set[str]) -> None:
        for file in self._layout.identities.iterdir():
            if file.name not in names:
                file.unlink(missing_ok=True)


def _identity(service: Service, services: Sequence[Service], keys: Sequence[SigningKey], now: float) -> Identity:
    probed = (service.probe.http,) if service.probe is not None and service.probe.http else ()
    callees = [
        callee.name for callee in services if callee.allow_from is not None and service.name in callee.allow_from
    ]
    return Identity(
        service=service.name,
        keys=tuple(key.public for key in keys),
        renewed_at=now,
        allow_from=service.allow_from,
        open_paths=tuple(dict.fromkeys((*_OPEN, *(path.partition("?")[0] for path in probed)))),
        tokens={name: _service_token(keys[-1], service.name, name, now) for name in (REGISTRY, *callees)},
    )


def _service_token(key: SigningKey, caller: str, callee: str, now: float) -> str:
    return signed.sign(key, signed.SERVICE, caller, callee, ttl=TTL, now=now, jti=_unique())


def _unique() -> str:
    return secrets.token_hex(16)
