"""Host names of routes, and what a wildcard stands for.

As in the Gateway API, whose words are "interpreted as a suffix match": `*.example.org` stands for every name below
`example.org`, however deep, and not for `example.org` itself. (A Kubernetes Ingress takes one label alone.) A name that is
written out goes before a wildcard, a longer wildcard before a shorter one, and any of them before no host at all.
Source: https://gateway-api.sigs.k8s.io/reference/spec/#hostname.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def suffix(pattern: str) -> str:
    """What every name ends with that a wildcard stands for, with its dot; "" for a name that is written out."""
    return pattern[1:] if pattern.startswith("*.") else ""


def covers(pattern: str, host: str) -> bool:
    """Whether a route with this pattern answers to `host`, which may be a wildcard too: then to all it stands for."""
    end = suffix(pattern)
    return host == pattern or (bool(end) and host.endswith(end) and len(host) > len(end))


def meet(one: str, other: str) -> bool:
    """Whether some name fits both."""
    return covers(one, other) or covers(other, one)


def by_precedence(patterns: Iterable[str], host: str) -> Iterator[str]:
    """Those of the patterns that answer to `host`, the first to be asked first."""
    return iter(sorted({one for one in patterns if covers(one, host)}, key=lambda one: (bool(suffix(one)), -len(one))))
