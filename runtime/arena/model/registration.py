"""What an instance tells the registry of itself, or the daemon in its stead: the words of the wire, in one place.

Others read them strictly: see `registry.payload`.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

COLLECTION = "/v1/services"


def payload(service: str, instance: str, url: str, metadata: Mapping[str, object], **more: object) -> dict[str, object]:
    """The body of a registration: where `instance` of `service` is reached. `more` are further members, such as `health_url`,
    `check` and `ttl_seconds`."""
    return {"service_name": service, "instance_id": instance, "url": url, "metadata": dict(metadata), **more}


def path(service: str, instance: str) -> str:
    """Where the registry keeps it."""
    return f"{COLLECTION}/{quote(service, safe='')}/{quote(instance, safe='')}"
