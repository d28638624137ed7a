"""The gateway as a process: `python -I -m arena.gateway GATEWAY_JSON`.

SIGHUP reads the file again; SIGTERM and SIGINT drain. The access log goes to stdout, everything else to stderr.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import resource
import signal
import sys
from pathlib import Path

from arena.errors import ArenaError, ConfigError
from arena.gateway.connection.listener import Door, bind, inherit, listen
from arena.gateway.lists.watch import Watch, load_snapshot
from arena.gateway.plane import Plane
from arena.gateway.view import View
from arena.model import codec
from arena.model.gateway import GatewaySpec
from arena.model.project import GatewaySettings
from arena.tasks import cancel, spawn
from arena.telemetry.accesslog import LineWriter, Stamp

_log = logging.getLogger("arena.gateway")
_RESERVED_FILES, _MOST_FILES = 64, 1_000_000
_EXIT_FAILURE, _EXIT_CONFIG = 1, 3


def main() -> None:
    """Run until told to stop. Exit code 0 after a clean drain, 1 when requests had to be cut or the port is taken, 3
    when the file cannot be used."""
    _log_to_stderr()
    if len(sys.argv) != 2:
        sys.exit("usage: python -m arena.gateway GATEWAY_JSON")
    path = Path(sys.argv[1])
    try:
        spec = load_spec(path)
        code = _run(path, spec)
    except ConfigError as error:
        _log.error("%s", _told(error))
        code = _EXIT_CONFIG
    except (OSError, ValueError, ArenaError) as error:
        _log.error("%s", error)
        code = _EXIT_FAILURE
    sys.exit(code)


def load_spec(path: Path) -> GatewaySpec:
    """Read a GatewaySpec from JSON. Raises ConfigError saying what is wrong with the file."""
    try:
        return codec.decode(GatewaySpec, json.loads(path.read_text()))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}", hint="this file is written by `arena up`; run it again") from error


async def serve(path: Path, spec: GatewaySpec) -> int:
    """Serve `spec` until a signal says stop; the exit code."""
    loop = asyncio.get_running_loop()
    log = LineWriter(sys.stdout.fileno())
    plane = Plane(spec.settings, log if spec.settings.access_log else None, max_connections())
    view = View(plane, spec, load_snapshot(spec.snapshot_file), os.environ.get("ARENA_INSTANCE_ID", ""))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    watch = Watch(view)
    door = _door(plane, spec.settings)
    loop.add_signal_handler(signal.SIGHUP, _reload, path, view, watch, door, log)
    if view.store is not None:
        await view.store.tried.wait()  # or its first requests would be those of a gateway whose store is down
    await door.open()
    own = await _open_own(view)
    background = [spawn(each.sweep(), name="sweep") for each in (plane, view.aside)]
    background.append(spawn(plane.write_log(), name="access log"))
    background.append(spawn(view.follow_access(), name="access"))
    background.append(spawn(view.tend(), name="tend"))
    background.append(spawn(view.follow_purges(), name="purges"))
    watch.start()
    # What was made until now stays for good: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    listening = "listening on %s port %d, %d routes, at most %d client connections"
    _log.info(listening, spec.settings.host, spec.settings.port, len(plane.table.routes), plane.max_connections)
    await stop.wait()
    _log.info("draining: %d requests in flight", plane.stats.in_flight)
    clean = await plane.drain(door.close)
    if own is not None:
        own.close()
    watch.stop()
    await cancel(*background)
    await view.access.note_uses()
    return 0 if clean else _EXIT_FAILURE


def _door(plane: Plane, settings: GatewaySettings) -> Door:
    """At the sockets that the supervisor opened; started by hand, at one of our own."""
    inherited = os.environ.get("ARENA_LISTEN_FDS", "")
    if inherited:
        return inherit(plane, [int(number) for number in inherited.split(",")])
    return bind(plane, settings.host, settings.port)


async def _open_own(view: View) -> Door | None:
    """Answer where this worker alone is asked: how it is, and what it counts. The last thing to open, because who gets
    an answer there takes the worker for ready. In plain HTTP whatever clients speak, and so with nothing but the
    gateway's own pages."""
    port = os.environ.get("PORT", "")
    return await listen(view.aside, "127.0.0.1", int(port)) if port else None


def max_connections() -> int:
    """How many clients may be connected: half of the files this process may open, because each may need an upstream
    connection too."""
    return max(16, (_raise_file_limit() - _RESERVED_FILES) // 2)


def _raise_file_limit() -> int:
    """Raise the soft limit of open files to the hard one, as every process may; what it is then, a million at most."""
    soft, hard = (
        _MOST_FILES if limit == resource.RLIM_INFINITY else min(limit, _MOST_FILES)
        for limit in resource.getrlimit(resource.RLIMIT_NOFILE)
    )
    if soft < hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        except (ValueError, OSError) as error:  # macOS names a hard limit that it does not grant
            _log.warning("open files stay at %d: %s", soft, error)
            return soft
    return hard


def _run(path: Path, spec: GatewaySpec) -> int:
    try:
        import uvloop  # not there on every system
    except ImportError:
        return asyncio.run(serve(path, spec))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serve(path, spec))


def _reload(path: Path, view: View, watch: Watch, door: Door, log: LineWriter) -> None:
    """Swap to the file's present content; a file that cannot be used changes nothing."""
    try:
        spec = load_spec(path)
        if (spec.settings.host, spec.settings.port) != (view.spec.settings.host, view.spec.settings.port):
            _log.warning("a change of address takes a restart; still listening on the old one")
        view.use_spec(spec)
    except (ArenaError, ValueError) as error:
        _log.error("not reloaded, serving on as before: %s", _told(error))
    else:
        view.plane.log = log if spec.settings.access_log else None
        log.flush()
        spawn(door.open(), name="door")  # plain or TLS
        watch.start()
        _log.info("reloaded: %d routes", len(view.plane.table.routes))


def _told(error: Exception) -> str:
    hint = getattr(error, "hint", "")
    return f"{error}; {hint}" if hint else str(error)


class _JsonLines(logging.Formatter):
    """Log records as JSON lines, in the shape of the access log."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": Stamp().at(record.created).decode(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
