"""What an instance sends when it registers, read strictly: anything that is not understood is refused by name.

Shape: `{"service_name", "url"}` and optionally `health_url` (http, https, or `tcp://host:port`), `metadata{version,
capabilities, ...}`, `instance_id`, `ttl_seconds` (null or 0: static), `check{interval_s, timeout_s, retries, successes,
start_period_s}`.
"""

from __future__ import annotations

import re
from typing import Any

from arena.model.address import Address
from arena.model.service import Probe
from arena.model.snapshot import MOST_WEIGHT, weight
from arena.registry import strict, url
from arena.registry.entry import Check, Registration
from arena.registry.refusal import Refused

MAX_BODY_BYTES = 64 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", re.ASCII)
_INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@\[\]-]{0,127}", re.ASCII)
_FIELDS = {"service_name", "url", "health_url", "metadata", "instance_id", "ttl_seconds", "check"}
_CHECK_FIELDS = {"interval_s", "timeout_s", "retries", "successes", "start_period_s"}
_MAX_CAPABILITIES = 64


def parse(body: bytes, default_ttl: float) -> Registration:
    """Read a registration. Raises Refused (400 for what is not JSON, 413 for too much, 422 naming the field at fault)."""
    if len(body) > MAX_BODY_BYTES:
        raise Refused(413, "payload-too-large", f"a registration may have {MAX_BODY_BYTES} bytes")
    data = strict.load_object(body)
    strict.only(data, _FIELDS, "")
    service = strict.matching(data, "service_name", _NAME, "1 to 63 letters, digits, '_', '.' or '-'")
    address = url.read_base(strict.text(data, "url"), "url")
    return Registration(
        service=service,
        instance=_instance(data, service, address),
        address=address,
        ttl=_ttl(data, default_ttl),
        check=_check(data, address),
        metadata=_metadata(data),
    )


def _instance(data: dict[str, Any], service: str, address: Address) -> str:
    """Without a name of its own, the instance is called after its address: whoever registers twice is one instance."""
    if data.get("instance_id") is None:
        return f"{service}@{address.authority}"[:128]
    return strict.matching(data, "instance_id", _INSTANCE, "1 to 128 letters, digits or '_.:@[]-'")


def _ttl(data: dict[str, Any], default: float) -> float | None:
    if "ttl_seconds" not in data:
        return default
    if data["ttl_seconds"] is None or (data["ttl_seconds"] == 0 and data["ttl_seconds"] is not False):
        return None
    return strict.number(data, "ttl_seconds", 1, 86400)


def _check(data: dict[str, Any], address: Address) -> Check | None:
    if data.get("health_url") is None:
        if data.get("check") is not None:
            raise Refused(422, "invalid-field", "needs a health_url to ask", "check")
        return None
    asked, path = url.read_full(strict.text(data, "health_url"), "health_url")
    if not url.same_host(asked.host, address.host):  # else the registry would ask other machines on anyone's behalf
        raise Refused(422, "invalid-field", "must have the same host as url", "health_url")
    terms = strict.optional_object(data, "check")
    strict.only(terms, _CHECK_FIELDS, "check.")
    return Check(asked, _probe(path, terms), explicit=bool(terms))


def _probe(path: str, terms: dict[str, Any]) -> Probe:
    default = Probe()
    return Probe(
        http=path,
        tcp=None if path else 0,
        interval=strict.number(terms, "interval_s", 0.1, 3600, default=default.interval, where="check."),
        timeout=strict.number(terms, "timeout_s", 0.1, 60, default=default.timeout, where="check."),
        retries=strict.whole(terms, "retries", 1, 100, default=default.retries, where="check."),
        successes=strict.whole(terms, "successes", 1, 100, default=default.successes, where="check."),
        start_period=strict.number(terms, "start_period_s", 0, 3600, default=default.start_period, where="check."),
    )


def _metadata(data: dict[str, Any]) -> dict[str, object]:
    metadata = strict.optional_object(data, "metadata")
    strict.bounded(metadata, "metadata")
    if metadata.get("weight") is not None:
        try:
            weight(metadata["weight"])
        except ValueError:
            raise Refused(
                422, "invalid-field", f"must be a number from 0 to {MOST_WEIGHT}", "metadata.weight"
            ) from None
    if metadata.get("version") is not None:
        strict.text(metadata, "version", "metadata.")
    capabilities = metadata.get("capabilities")
    if capabilities is not None and not (
        isinstance(capabilities, list)
        and len(capabilities) <= _MAX_CAPABILITIES
        and all(isinstance(item, str) for item in capabilities)
    ):
        raise Refused(422, "invalid-field", "must be a list of at most 64 strings", "metadata.capabilities")
    return metadata
