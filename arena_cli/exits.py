"""The exit codes, by name: kubectl's and Aspire's where they have one, so that scripts can tell failures apart."""

from __future__ import annotations

from typing import Final

EXITS: Final[dict[str, int]] = {
    "ok": 0,
    "failure": 1,  # it did not work, or a check found something
    "usage": 2,  # the command line makes no sense
    "config": 3,  # arena.yaml cannot be used
    "auth": 4,  # a credential is missing or not trusted
    "nothing_running": 7,
    "timeout": 17,
    "part_failed": 18,  # a service or component entered a failed state
    "hung_up": 129,  # SIGHUP: the terminal was closed
    "interrupted": 130,  # SIGINT; also a foreground `up` that was ended with Ctrl-C and stopped cleanly
    "broken_pipe": 141,  # the reader of stdout went away, as when SIGPIPE ends a process
    "terminated": 143,  # SIGTERM
}

MEANINGS: Final[dict[str, str]] = {
    "ok": "It worked.",
    "failure": "It did not work, or a check found something (`health`, `doctor`).",
    "usage": "The command line does not make sense.",
    "config": "`arena.yaml` (or a file beside it) cannot be used; every problem is listed with its line.",
    "auth": "A credential is missing, malformed, expired or not trusted.",
    "nothing_running": "The command needs a running project, and nothing is running.",
    "timeout": "Something was not ready in time; the message names it.",
    "part_failed": "A service or component failed; the message shows its last lines and where its log is.",
    "hung_up": "The terminal was closed. A foreground `up` stops the project first.",
    "interrupted": "Ended by Ctrl-C. A foreground `up` stops the project first.",
    "broken_pipe": "The reader of the output went away (`arena logs | head`).",
    "terminated": "Ended by SIGTERM.",
}


def code_of(name: str) -> int:
    """The exit code of that name; an unknown name is a plain failure."""
    return EXITS.get(name, EXITS["failure"])
