"""The error tree: every failure a person can cause, with a code, a hint and an exit name.

Libraries raise these; only `arena_cli.main` prints them, and it turns `exit_name` into a process exit code by the
table in `arena_cli.exits`. A plain `Exception` that reaches the top is a bug in Arena and is shown as one.
"""

from __future__ import annotations

from typing import ClassVar


class ArenaError(Exception):
    """A failure with a remedy: `message` says what and where, `hint` says what to do, `detail` quotes evidence.

    `code` is a stable kebab-case identifier for scripts; `exit_name` is one of the names in `arena_cli.exits`.
    """

    code: ClassVar[str] = "failed"
    exit_name: ClassVar[str] = "failure"

    def __init__(self, message: str, *, hint: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail

    def __str__(self) -> str:
        return self.message


class UsageError(ArenaError):
    """The command line does not make sense: a wrong option, an unknown service name."""

    code = "usage"
    exit_name = "usage"


class ConfigError(ArenaError):
    """arena.yaml (or a file beside it) cannot be used. `detail` holds every problem, located."""

    code = "config-invalid"
    exit_name = "config"


class AuthError(ArenaError):
    """A credential is missing, malformed, expired or not trusted."""

    code = "unauthenticated"
    exit_name = "auth"


class NothingRunning(ArenaError):
    """The command needs a running project and there is none."""

    code = "nothing-running"
    exit_name = "nothing_running"


class WaitTimeout(ArenaError):
    """Something did not become what was waited for in time; the message names it."""

    code = "timeout"
    exit_name = "timeout"


class PartFailed(ArenaError):
    """A service or component entered a failed state; `detail` holds its last output."""

    code = "part-failed"
    exit_name = "part_failed"


class PortTaken(PartFailed):
    """A port Arena needs is held by another process, which the message names."""

    code = "port-taken"


def from_code(code: str, message: str, *, hint: str = "", detail: str = "") -> ArenaError:
    """Rebuild an error that crossed the control socket as data; an unknown code becomes a plain `ArenaError`."""
    for kind in _all_kinds(ArenaError):
        if kind.code == code:
            return kind(message, hint=hint, detail=detail)
    return ArenaError(message, hint=hint, detail=detail)


def _all_kinds(root: type[ArenaError]) -> list[type[ArenaError]]:
    found = [root]
    for kind in root.__subclasses__():
        found += _all_kinds(kind)
    return found
