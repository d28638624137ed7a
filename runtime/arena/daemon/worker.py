"""The gateway's workers as the daemon sees them: asked for pages of their own, one by one, and waited for until they have
followed what was ordered in a file that all of them read."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arena.errors import ArenaError
from arena.model.address import Address

if TYPE_CHECKING:
    import httpx

_PATIENCE = 1.5  # seconds for one worker's answer
_LOOK_AGAIN = 0.05
_log = logging.getLogger("arena.daemon.worker")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the workers told: their pages by their names, and who did not answer. `obeyed` is the time of the newest order that
    all who answered have followed, in Unix seconds."""

    pages: dict[str, Any]
    silent: tuple[str, ...]

    @property
    def obeyed(self) -> float:
        return min((page["obeyed"] for page in self.pages.values()), default=0.0)


class Workers:
    """`addresses` tells where each worker answers, by its name; `token` makes the token that opens their pages."""

    def __init__(self, addresses: Callable[[], dict[str, Address]], token: Callable[[], str]) -> None:
        self._addresses = addresses
        self._token = token

    async def look(self, path: str) -> Seen:
        """Ask each for its page at `path`. Raises ArenaError when there is none."""
        async with _client() as client:
            return await self._look(client, path)

    async def follow(self, path: str, at: float, patience: float) -> Seen:
        """Wait until every worker says at `path` that it has followed the order of this time. Raises ArenaError when that takes
        longer than so many seconds: the order stands all the same."""
        async with _client() as client:
            end = time.monotonic() + patience
            while True:
                seen = await self._look(client, path)
                if not seen.silent and seen.obeyed >= at:
                    return seen
                if time.monotonic() >= end:
                    raise _late(seen, patience)
                await asyncio.sleep(_LOOK_AGAIN)

    async def _look(self, client: httpx.AsyncClient, path: str) -> Seen:
        workers = self._addresses()
        if not workers:
            raise ArenaError("no gateway runs", hint="`arena ps -a` shows what became of it")
        answers = await asyncio.gather(*(self._ask(client, name, at, path) for name, at in workers.items()))
        pages = {name: page for name, page in zip(workers, answers, strict=True) if page is not None}
        return Seen(pages, tuple(name for name in workers if name not in pages))

    async def _ask(self, client: httpx.AsyncClient, name: str, address: Address, path: str) -> Any:
        """What a worker tells; None when it does not answer."""
        import httpx

        try:
            credential = {"authorization": f"Bearer {self._token()}"}
            answer = await client.get(f"{address.url}{path}", headers=credential)
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            _log.warning("%s does not answer at %s: %r", name, path, error)
            return None


def no_answer(silent: tuple[str, ...]) -> ArenaError:
    """The failure to hear of these workers."""
    verb = "does" if len(silent) == 1 else "do"
    return ArenaError(
        f"{' and '.join(silent)} {verb} not answer", hint="`arena health` and `arena logs gateway` say more"
    )


def _late(seen: Seen, patience: float) -> ArenaError:
    problems = sorted({problem for page in seen.pages.values() if (problem := page.get("problem"))})
    late = f"{' and '.join(seen.silent)} did not answer" if seen.silent else "not every gateway worker has followed"
    return ArenaError(
        f"{late} within {patience:g} s" + "".join(f": {problem}" for problem in problems),
        hint="the order stands, and is followed as soon as they can; `arena logs gateway` says why not yet",
    )


def _client() -> httpx.AsyncClient:
    # Imported late because httpx costs its importer a tenth of a second, which the daemon's start has not got.
    import httpx

    return httpx.AsyncClient(trust_env=False, timeout=_PATIENCE)
