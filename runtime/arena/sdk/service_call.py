"""Calls to another service of the project: found in the registry by its name, with the token that names us.

Imported only when a service makes such calls: httpx takes as long to import as the rest of the sdk.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Generator
from time import monotonic
from typing import Any
from urllib.parse import quote

import httpx

from arena.auth.identity import REGISTRY
from arena.auth.identity_file import IdentityFile, IdentityUnreadable
from arena.model import registration
from arena.sdk.environment import DISCOVERY_URL, IDENTITY_FILE, Environment
from arena.sdk.identity import of_process

FRESH_SECONDS = 1.0
_PATIENCE = 3.0  # seconds for the registry

_log = logging.getLogger("arena.sdk.service_call")


class ServiceAuth(httpx.Auth):
    """Shows the service called, or the registry, who we are: with the token of the moment, at each call. Nothing is shown where
    its `allow_from` does not name us: there is no token then."""

    def __init__(self, service: str, file: IdentityFile | None) -> None:
        self._service = service
        self._file = file

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._token()
        if token:
            request.headers["authorization"] = f"Bearer {token}"
        yield request

    def _token(self) -> str:
        try:
            return "" if self._file is None else self._file.current().tokens.get(self._service, "")
        except IdentityUnreadable as problem:
            _log.warning("calling without a token", extra={"reason": str(problem)})
            return ""


def registry_auth(here: Environment) -> ServiceAuth:
    """Shows the registry who we are."""
    return ServiceAuth(REGISTRY, of_process({IDENTITY_FILE: here.identity_file}))


class ServiceTransport(httpx.AsyncBaseTransport):
    """Sends each request to one of the service's instances in turn, those that pass their checks before the others; when one
    refuses the connection, the next is asked. The registry is asked at most once a second, and while it is away what it said
    last holds."""

    def __init__(self, service: str, environment: Environment) -> None:
        self._service = service
        self._environment = environment
        self._inner = httpx.AsyncHTTPTransport()
        self._places: list[httpx.URL] = []
        self._fresh_until = 0.0
        self._turn = itertools.count()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        places = await self._find()
        if not places:
            why = "is registered" if self._environment.discovery_url else f"can be found: {DISCOVERY_URL} is not set"
            raise httpx.ConnectError(f"no instance of {self._service} {why}", request=request)
        start = next(self._turn)
        asked = request.url.raw_path
        for number in range(len(places)):
            place = places[(start + number) % len(places)]
            request.url = place.copy_with(raw_path=place.raw_path.rstrip(b"/") + asked)
            request.headers["host"] = place.netloc.decode("ascii")
            try:
                return await self._inner.handle_async_request(request)
            except httpx.ConnectError:
                if number == len(places) - 1:
                    raise
        raise AssertionError("there is at least one place")

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _find(self) -> list[httpx.URL]:
        if self._environment.discovery_url and monotonic() >= self._fresh_until:
            try:
                self._places = await self._ask()
            except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                _log.warning("the registry does not say where a service is", extra={"reason": repr(error)})
            self._fresh_until = monotonic() + FRESH_SECONDS
        return self._places

    async def _ask(self) -> list[httpx.URL]:
        here = self._environment
        url = f"{here.discovery_url}{registration.COLLECTION}/{quote(self._service, safe='')}"
        async with httpx.AsyncClient(auth=registry_auth(here), timeout=_PATIENCE, trust_env=False) as http:
            answer = await http.get(url)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return []
        instances: list[dict[str, Any]] = answer.raise_for_status().json()["instances"]
        for health in ("passing", "unknown"):
            if found := [httpx.URL(each["url"]) for each in instances if each["health"] == health]:
                return found
        return []
