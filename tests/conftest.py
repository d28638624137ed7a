"""For every test."""

from __future__ import annotations

from arena.supervisor.backends.spawn import hear_all_signals

hear_all_signals()  # nohup, or a shell's `&`, may have started us: what we start must not inherit that
