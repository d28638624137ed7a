"""The registry as seen by those who register: the daemon, and tests. Who only watches uses `registry.follow`: it is lighter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from arena.errors import ArenaError
from arena.model import registration
from arena.model.snapshot import Snapshot
from arena.registry.follow import read_snapshot

if TYPE_CHECKING:
    import httpx

_TIMEOUT = 3.0  # seconds; a registry on the same machine that is slower than this is treated as away


class RegistryAway(ArenaError):
    """The registry cannot be reached, or is in trouble itself: try again later."""

    code = "registry-away"


class RegistryRefused(ArenaError):
    """The registry understood and said no: trying again changes nothing."""

    code = "registry-refused"


class RegistryClient:
    """Talks to the registry at `url`. `token` makes the token that each call shows, a service's or the daemon's, which may
    speak for every service; an ArenaError of its own counts as a registry that is away.

    Every call raises RegistryAway or RegistryRefused. Use it as an async context manager, or `close` it.
    """

    def __init__(self, url: str, token: Callable[[], str]) -> None:
        self._url = url
        self._token = token
        self._http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def register(self, payload: Mapping[str, object]) -> float:
        """Register, or register again; `payload` is the registry's own shape (see `registry.payload`). Returns the seconds
        until the next heartbeat is due."""
        answer = await self._call("POST", registration.COLLECTION, payload)
        with self._understanding():
            return float(answer.json()["heartbeat_seconds"])

    async def heartbeat(self, service: str, instance: str) -> bool:
        """Say "still here"; False when the registry does not know the instance: register again."""
        answer = await self._call("PUT", f"{registration.path(service, instance)}/heartbeat", missing_ok=True)
        return answer.status_code != 404

    async def deregister(self, service: str, instance: str) -> bool:
        """Take an instance out; False when the registry did not know it."""
        answer = await self._call("DELETE", registration.path(service, instance), missing_ok=True)
        return answer.status_code != 404

    async def snapshot(self) -> Snapshot:
        """Who is registered now."""
        answer = await self._call("GET", "/v1/snapshot")
        with self._understanding():
            return read_snapshot(answer.json())

    @contextmanager
    def _understanding(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, KeyError, TypeError) as error:
            raise RegistryAway(f"what answers at {self._url} is no registry: {error!r:.200}") from error

    async def _call(
        self, method: str, path: str, payload: Mapping[str, object] | None = None, *, missing_ok: bool = False
    ) -> httpx.Response:
        import httpx

        if self._http is None:
            self._http = _open(self._url)
        headers = {"authorization": f"Bearer {self._shown()}"}
        try:
            answer = await self._http.request(method, path, json=payload, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RegistryAway(
                f"the registry at {self._url} does not answer: {error or type(error).__name__}"
            ) from error
        if answer.status_code >= 500:
            raise RegistryAway(f"the registry at {self._url} is in trouble: {_explain(answer)}")
        if answer.is_success or (missing_ok and answer.status_code == 404):
            return answer
        raise RegistryRefused(f"the registry at {self._url} refused: {_explain(answer)}")

    def _shown(self) -> str:
        try:
            return self._token()
        except ArenaError as error:
            raise RegistryAway(f"there is nothing to show to the registry: {error}") from error


def _open(url: str) -> httpx.AsyncClient:
    import httpx

    # The registry is near: no proxy from the environment may come between, and plain http needs no certificates loaded.
    return httpx.AsyncClient(
        base_url=url,
        timeout=_TIMEOUT,
        trust_env=False,
        verify=url.startswith("https:"),
    )


def _explain(answer: httpx.Response) -> str:
    try:
        problem: Any = answer.json()
        return f"{answer.status_code} {problem['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.text[:200]}"
