"""Turns a launch into a process, or into an error that says what to do."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from arena.errors import PartFailed
from arena.supervisor.backends.base import Launch

_OFTEN_IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)  # by nohup, and by shells for what `&` starts


def spawn(launch: Launch) -> int:
    """Start the process, the leader of a new session, its output appended to `launch.output`; returns its pid.

    The caller has to reap it. Raises PartFailed.
    """
    _require_directory(launch)
    program = _find_program(launch)
    hear_all_signals()
    output = os.open(launch.output, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        child = (
            subprocess.Popen(  # not asyncio's: that one kills its children when the loop ends, and ours must survive
                launch.command,
                executable=program,
                cwd=launch.directory,
                env=launch.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=launch.inherit,
            )
        )
    except OSError as error:
        raise PartFailed(
            f"{launch.instance} cannot start: {program}: {error.strerror}",
            hint="a script needs a first line that names its interpreter, such as #!/bin/sh",
        ) from error
    finally:
        os.close(output)
    child.returncode = 0  # an untruth for Popen alone: it must neither reap the child nor warn that it still runs
    return child.pid


def hear_all_signals() -> None:
    """Ignore by a handler what we were started to ignore: a program inherits what is ignored, but no handlers, and a shell
    script cannot trap what it inherited as ignored."""
    for number in _OFTEN_IGNORED:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)


def _require_directory(launch: Launch) -> None:
    if not Path(launch.directory).is_dir():
        raise PartFailed(
            f"{launch.instance} cannot start: there is no folder {launch.directory}",
            hint=f"create it, or correct the path of {launch.workload} in arena.yaml",
        )


def _find_program(launch: Launch) -> str:
    name = launch.command[0]
    if "/" in name:
        return _require_executable(launch, Path(launch.directory, name))
    path = launch.environment.get("PATH", os.defpath)
    found = shutil.which(name, path=path)
    if found is None:
        places = ", ".join(path.split(os.pathsep))
        raise PartFailed(
            f"{launch.instance} cannot start: no program named {name!r}",
            hint=f"install it, or give its full path in the command of {launch.workload}; looked in {places}",
        )
    return found


def _require_executable(launch: Launch, program: Path) -> str:
    if not program.is_file():
        raise PartFailed(
            f"{launch.instance} cannot start: there is no program {program}",
            hint=f"correct the command of {launch.workload} in arena.yaml",
        )
    if not os.access(program, os.X_OK):
        raise PartFailed(f"{launch.instance} cannot start: {program} is not executable", hint=f"chmod +x {program}")
    return str(program)
