"""Requests over plain HTTP, each on a connection of its own.

httpx makes a TLS context for each of them and reads all certificate authorities for it, which takes 25 ms of a processor; not
so without `verify`.
"""

from __future__ import annotations

from functools import partial

import httpx

get = partial(httpx.get, verify=False, trust_env=False)
post = partial(httpx.post, verify=False, trust_env=False)
stream = partial(httpx.stream, verify=False, trust_env=False)
