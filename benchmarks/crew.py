"""`python -m benchmarks.crew PORT COUNT COMMAND …`: COUNT workers of one gateway as the daemon starts them, each with a
listening socket of its own on the same port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys


def main(port: int, count: int, command: list[str]) -> int:
    """Run until every worker has ended, which SIGTERM tells them to do; the worst of their exit codes."""
    workers: list[subprocess.Popen[bytes]] = []
    signal.signal(signal.SIGTERM, lambda *_: [worker.terminate() for worker in workers])
    sockets = [_listening(port) for _ in range(count)]
    workers += [_start(command, one) for one in sockets]
    codes = [worker.wait() for worker in workers]
    return max(codes, key=abs)


def _listening(port: int) -> socket.socket:
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    one.bind(("127.0.0.1", port))
    one.listen(4096)
    return one


def _start(command: list[str], listening: socket.socket) -> subprocess.Popen[bytes]:
    number = listening.fileno()
    return subprocess.Popen(command, env={**os.environ, "ARENA_LISTEN_FDS": str(number)}, pass_fds=[number])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
