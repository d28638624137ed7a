"""The gateway's own pages, which it answers before any route is looked at."""

from __future__ import annotations

OPERATOR = "operator"
"""The role of those who may see how a project is run."""

FOR_ALL = ("/health", "/services", "/metrics", "/.well-known/arena-keys.json")
FOR_OPERATORS = ("/breakers", "/.well-known/arena-cache.json")
PAGES = (*FOR_ALL, *FOR_OPERATORS)
METHODS = ("GET", "HEAD")
