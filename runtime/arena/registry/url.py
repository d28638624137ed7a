"""URLs from strangers: http, https and, for health checks, tcp; a plain host, no credentials."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from arena.model.address import Address
from arena.registry.refusal import Refused

_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.ASCII)
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?", re.ASCII)  # RFC 3986 section 3.3
_QUERY = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*", re.ASCII)
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def read_base(text: str, field: str) -> Address:
    """An address with an optional base path. Raises Refused naming `field`."""
    parts = _split(text, field)
    if parts.query or "?" in text:
        raise _invalid(field, "may not have a query")
    return _address(parts, field, parts.path.rstrip("/"))


def read_full(text: str, field: str) -> tuple[Address, str]:
    """An address without a path, and the path with its query, "/" for none; "" where tcp:// is spoken, which has no paths.
    Raises Refused naming `field`."""
    parts = _split(text, field, ("http", "https", "tcp"))
    if parts.scheme == "tcp":
        if parts.path or "?" in text:
            raise _invalid(field, "may not have a path or a query after tcp://host:port")
        return _address(parts, field, ""), ""
    path = parts.path or "/"
    return _address(parts, field, ""), f"{path}?{parts.query}" if parts.query else path


def same_host(one: str, other: str) -> bool:
    """Whether two hosts are the same machine beyond doubt: the same name, or both its loopback."""
    return one == other or {one, other} <= _LOOPBACK


def _split(text: str, field: str, schemes: tuple[str, ...] = ("http", "https")) -> SplitResult:
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise _invalid(field, f"is not a URL: {str(error)[:100]}") from None
    if parts.scheme not in schemes:
        raise _invalid(field, f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if "@" in parts.netloc:
        raise _invalid(field, "may not hold a user name or password")
    if "#" in text:
        raise _invalid(field, "may not have a fragment")
    if not _PATH.fullmatch(parts.path) or not _QUERY.fullmatch(parts.query):
        raise _invalid(field, "holds characters that must be percent-encoded")
    if "/../" in f"{parts.path}/" or "/./" in f"{parts.path}/":
        raise _invalid(field, "may not hold '.' or '..' segments")
    return parts


def _address(parts: SplitResult, field: str, path: str) -> Address:
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _invalid(field, "has a port that is not a number from 1 to 65535") from None
    if port == 0 or parts.netloc.endswith(":") or (port is None and parts.scheme == "tcp"):
        raise _invalid(field, "has a port that is not a number from 1 to 65535")
    if not _is_host(host):
        raise _invalid(field, "names no usable host")
    return Address(host, port or (443 if parts.scheme == "https" else 80), parts.scheme, path)


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            return not ipaddress.IPv6Address(host).scope_id
        except ValueError:
            return False
    return bool(_HOST.fullmatch(host)) and len(host) <= 253


def _invalid(field: str, detail: str) -> Refused:
    return Refused(422, "invalid-field", detail, field)
