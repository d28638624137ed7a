"""A key set, fetched from whoever publishes it: over HTTP, within a few seconds, and never more than a set can be long.

Source of where it is, if the issuer is to say so: OpenID Connect Discovery 1.0 sections 3 and 4.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from arena.auth.jwks import MAX_DOCUMENT_BYTES
from arena.model.project import Jwks

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

PATIENCE_SECONDS = 5.0
# Not compressed: a few bytes could become as many as they like.
_HEADERS = {"accept": "application/jwk-set+json, application/json", "accept-encoding": "identity"}
_MAX_AGE = re.compile(r'(?:^|[,\s])max-age\s*=\s*"?(\d{1,9})', re.IGNORECASE)
_NEVER_KEEP = re.compile(r"(?:^|[,\s])(?:no-store|no-cache)(?:$|[,\s=])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fetched:
    """`max_age` is how long the issuer says that it may be kept, in seconds; None when it does not say."""

    document: bytes
    max_age: float | None = None


class FetchFailed(Exception):
    """The message says what happened, in words that may be shown to callers: it names no address."""


async def fetch_keys(rule: Jwks, patience: float = PATIENCE_SECONDS) -> Fetched:
    """The key set of an issuer that publishes it. Raises FetchFailed within twice `patience` seconds."""
    if not rule.discovered_by:
        return await fetch(rule.url, patience)
    configuration = await fetch(rule.url, patience)
    return await fetch(locate(configuration.document, rule), patience)


def locate(configuration: bytes, rule: Jwks) -> str:
    """Where the keys are, as the issuer's OpenID configuration says. Raises FetchFailed for one that is another issuer's, or
    that leads to where anybody could change them."""
    try:
        found = json.loads(configuration)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("issuer") != rule.discovered_by:
        raise FetchFailed("its OpenID configuration does not name it as the issuer")
    url = found.get("jwks_uri")
    consented = rule.url.startswith("http:") and not is_loopback(rule.url)
    if not isinstance(url, str) or not re.fullmatch(r"https?://[!-~]+", url):
        raise FetchFailed("its OpenID configuration names no jwks_uri")
    if not (url.startswith("https:") or is_loopback(url) or consented):
        raise FetchFailed("its OpenID configuration names a jwks_uri without encryption")
    return url


async def fetch(url: str, patience: float = PATIENCE_SECONDS) -> Fetched:
    """The document at `url`. Redirects are not followed: what is trusted is what stands in arena.yaml. Raises FetchFailed
    within `patience` seconds."""
    try:
        async with asyncio.timeout(patience):
            return await _fetch(url, patience, await asyncio.to_thread(_trust))
    except TimeoutError:
        raise FetchFailed(f"no answer within {patience:g} s") from None


def max_age(cache_control: str) -> float | None:
    """What a Cache-Control header says about how long the reply may be kept, in seconds (RFC 9111 section 5.2.2)."""
    if _NEVER_KEEP.search(cache_control):
        return 0.0
    found = _MAX_AGE.search(cache_control)
    return float(found[1]) if found else None


def is_loopback(url: str) -> bool:
    """Whether the URL leads to this machine, where nobody can listen in."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


async def _fetch(url: str, patience: float, trust: ssl.SSLContext) -> Fetched:
    import httpx  # only where keys are published at a URL; a thread has imported it by now

    # A proxy of the environment has no business between two programs of one machine.
    client = httpx.AsyncClient(verify=trust, timeout=patience, trust_env=not is_loopback(url))
    try:
        async with client, client.stream("GET", url, headers=_HEADERS) as reply:
            if reply.status_code != 200:
                raise FetchFailed(f"it answers with HTTP {reply.status_code}")
            return Fetched(await _body(reply.aiter_raw()), max_age(reply.headers.get("cache-control", "")))
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise FetchFailed(_told(error)) from None


async def _body(pieces: AsyncIterator[bytes]) -> bytes:
    document = b""
    async for piece in pieces:
        document += piece
        if len(document) > MAX_DOCUMENT_BYTES:
            raise FetchFailed(f"it is longer than {MAX_DOCUMENT_BYTES // 1024} KiB")
    return document


@cache
def _trust() -> ssl.SSLContext:
    """The authorities that are trusted: those of SSL_CERT_FILE or SSL_CERT_DIR where set. Read once, because it takes long."""
    import httpx

    return httpx.create_ssl_context()


def _told(error: Exception) -> str:
    """The kind of failure, without addresses: `ConnectError` as "connect error"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    return f"{words}: certificate not trusted" if "CERTIFICATE" in str(error) else words
