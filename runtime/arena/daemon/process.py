"""The daemon's life: take the lock, adopt what runs, answer, and leave in order."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import logging
import os
import signal
import sys
from pathlib import Path

from arena import tasks
from arena.control.server import Server
from arena.control.socket import socket_path
from arena.daemon.launch import BUSY, READY
from arena.daemon.operator import DaemonOperator
from arena.errors import ArenaError
from arena.model.layout import StateLayout
from arena.telemetry import jsonlog

_GUARD_SECONDS = 1.0

_log = logging.getLogger("arena.daemon")


def main() -> int:
    """Run one daemon. Returns 0 after `down` or SIGTERM, 1 if it could not start."""
    options = _options()
    layout = StateLayout(options.root)
    os.chdir(options.directory)
    jsonlog.configure(os.environ.get("LOG_LEVEL", "INFO"), sys.stderr)
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)  # one line for each probe otherwise
    if not _lock(layout.daemon_lock):
        _tell(options.ready_fd, BUSY)
        return 1
    try:
        asyncio.run(_live(layout, options.directory, options.ready_fd))
    except ArenaError as error:
        _log.error("%s", error, extra={"hint": error.hint, "detail": error.detail})
        _tell(options.ready_fd, error.message)
        return 1
    return 0


async def _live(layout: StateLayout, directory: Path, ready_fd: int) -> None:
    operator = DaemonOperator(layout, directory)
    server = Server(operator, socket_path(layout))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, operator.leave)
    await operator.start()
    await server.start()
    _log.info("daemon started", extra={"pid": os.getpid(), "socket": str(socket_path(layout))})
    _tell(ready_fd, READY)
    guard = tasks.spawn(_guard(layout, server, operator), name="guard of the state folder")
    try:
        await operator.finished.wait()
    finally:
        await tasks.cancel(guard)
        await server.close()
        await operator.close()
    _log.info("daemon ended")


async def _guard(layout: StateLayout, server: Server, operator: DaemonOperator) -> None:
    """Mind what people delete. The socket is made again. Without the state folder nothing can be kept, so everything is
    stopped; and when another folder has taken its place, so has another daemon, to whom everything is left."""
    # Held open for as long as we live: no other folder can be given its number meanwhile.
    ours = os.fstat(os.open(layout.root, os.O_RDONLY | os.O_DIRECTORY))
    trouble = ""
    while True:
        await asyncio.sleep(_GUARD_SECONDS)
        try:
            if not os.path.samestat(layout.root.stat(), ours):
                _log.error("the state folder %s is another one now, which is another daemon's", layout.root)
                operator.finished.set()
                return
            if not server.reachable:
                _log.warning("the control socket was deleted, and is made again")
                await server.start()
            trouble = ""
        except (FileNotFoundError, NotADirectoryError):
            _log.error("the state folder %s was deleted, so everything is stopped", layout.root)
            operator.abandon()
            return
        except OSError as error:  # a disk that does not answer, a folder that may not be looked into: it may pass
            if str(error) != trouble:
                _log.error("the state folder %s cannot be looked at: %s", layout.root, error)
            trouble = str(error)


def _lock(path: Path) -> bool:
    """One daemon per project. The file is never closed: the kernel does that, and so frees the lock, when this process has
    ended, however it ends. Who waits for the lock waits for the end."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _tell(ready_fd: int, word: str) -> None:
    try:
        with os.fdopen(ready_fd, "w", encoding="utf-8") as pipe:
            pipe.write(word.replace("\n", " ") + "\n")
    except OSError as error:  # whoever started us has gone, which is no reason to stop
        _log.info("nobody waits for the daemon to be ready: %s", error)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m arena.daemon", description="Arena's daemon; started by `arena up`."
    )
    parser.add_argument("--root", type=Path, required=True, help="the project's state folder")
    parser.add_argument("--directory", type=Path, required=True, help="the project's folder")
    parser.add_argument("--ready-fd", type=int, required=True, help="where to write one line once it answers")
    return parser.parse_args()
