"""Requests of a route that another service gets as well."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from arena.config.document.base import Name, Percentage, Positive, Section, Size


class MirrorSection(Section):
    """A copy of requests for a service that is only watched: its replies are dropped, its failures and its slowness are nobody
    else's. It gets what the route's service gets, the caller's `Authorization` too, and `x-arena-mirror: true`, which no client
    can send. A copy does what the request does: a shadow that writes needs a store of its own."""

    later: ClassVar = ("methods", "match")

    service: Name = Field(description="A service of this file.")
    percent: Percentage = Field(default=100.0, description="How many of the requests, as 10% or 0.5%. Default: all.")
    max_body_bytes: Size = Field(
        default=256 * 1024, description="A request with a longer body is not copied; shorter ones are kept until whole."
    )
    max_in_flight: Positive = Field(
        default=100, description="Copies under way at once, in each worker; beyond it requests are not copied."
    )
