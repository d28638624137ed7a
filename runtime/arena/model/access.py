"""Roles and what they may do: rules of the form `service:METHOD:/path`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SERVICE = re.compile(r"\*|[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@dataclass(frozen=True, slots=True)
class Rule:
    """Requests for `service` ("*": any) with `method` ("*": any; GET covers HEAD) on a path that fits `segments`, as the
    service sees it: without what the route strips. "*" is one segment, "**" at the end any number, none included."""

    service: str
    method: str
    segments: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Raises ValueError that says what is wrong."""
        service, colon, rest = text.partition(":")
        method, second, path = rest.partition(":")
        if not (colon and second):
            raise ValueError(f"should be service:METHOD:/path such as web:GET:/items/**, not {text!r:.60}")
        if not _SERVICE.fullmatch(service):
            raise ValueError(f"should begin with the name of a service or *, not {service!r:.60}")
        if method.upper() not in ("*", *_METHODS):
            raise ValueError(f"should name one HTTP method or *, not {method!r:.60}")
        if not path.startswith("/") or "%" in path or "?" in path or not path.isprintable():
            raise ValueError(f"should end with a plain path such as /items/**, not {path!r:.60}")
        segments = split(path)
        if "**" in segments[:-1] or any("*" in each and each not in ("*", "**") for each in segments):
            raise ValueError(f"takes * as a whole segment and ** as the last one, not {path!r:.60}")
        if any(each in (".", "..", "") for each in segments):
            raise ValueError(f"should have a path without dots and double slashes, not {path!r:.60}")
        return cls(service, method.upper(), segments)

    def __str__(self) -> str:
        return f"{self.service}:{self.method}:/{'/'.join(self.segments)}"


@dataclass(frozen=True, slots=True)
class Role:
    """What the bearers of a role may do, beside what the roles it `inherits` may. A `deny` wins over every `allow`."""

    name: str
    inherits: tuple[str, ...] = ()
    allow: tuple[Rule, ...] = ()
    deny: tuple[Rule, ...] = ()


def split(path: str) -> tuple[str, ...]:
    """The segments of a path; a slash at its end says nothing."""
    path = path.removeprefix("/").removesuffix("/")
    return tuple(path.split("/")) if path else ()
