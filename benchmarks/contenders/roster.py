"""Every contender, in the order of a round. Arena and the peers it is judged against stand side by side."""

from __future__ import annotations

from benchmarks.contenders.arena import ARENA, ARENA_BARE, ARENA_CHAT, ARENA_NEW
from benchmarks.contenders.base import Contender
from benchmarks.contenders.caddy import CADDY
from benchmarks.contenders.envoy import ENVOY
from benchmarks.contenders.haproxy import HAPROXY
from benchmarks.contenders.litellm import LITELLM
from benchmarks.contenders.nginx import NGINX, ORIGIN
from benchmarks.contenders.traefik import TRAEFIK

ROSTER: tuple[Contender, ...] = (
    ENVOY, ARENA, HAPROXY, TRAEFIK, CADDY, ARENA_NEW, ARENA_BARE, NGINX, ORIGIN, ARENA_CHAT, LITELLM,
)  # fmt: skip
