"""Every contender, in the order of a round. Arena and the peers it is judged against stand side by side."""

from __future__ import annotations

from benchmarks.contenders.arena import ARENA, ARENA_BARE
from benchmarks.contenders.base import Contender
from benchmarks.contenders.envoy import ENVOY
from benchmarks.contenders.haproxy import HAPROXY
from benchmarks.contenders.nginx import NGINX, ORIGIN

ROSTER: tuple[Contender, ...] = (ENVOY, ARENA, HAPROXY, ARENA_BARE, NGINX, ORIGIN)
