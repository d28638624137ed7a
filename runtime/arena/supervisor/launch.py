"""From a workload to the launch of one instance: variables and placeholders filled in. Pure."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from arena.supervisor.backends.base import Launch
from arena.supervisor.instance import Instance

INHERITED = frozenset((
    "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TERM",
    "VIRTUAL_ENV", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "HF_HOME",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "LOG_LEVEL", "ARENA_DEBUG", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
))  # fmt: skip
"""What an instance inherits of the daemon's environment, with PATH, LC_* and XDG_*. All else must be in arena.yaml: which shell
happened to start the daemon shall not decide how a service runs."""

LISTEN_FDS = "ARENA_LISTEN_FDS"
"""Names the variable with the numbers of the inherited listening sockets, "7" or "7,8"."""

_PLACEHOLDER = re.compile(
    r"\$\{(PORT|ARENA_INSTANCE_ID|ARENA_SERVICE_NAME|ARENA_IDENTITY_FILE|SERVICE_DISCOVERY_URL)\}"
)


def prepare(
    instance: Instance, run: str, output: Path, base: Mapping[str, str], variables: Mapping[str, str]
) -> Launch:
    """The launch of `instance`. `base` is what it inherits, `variables` what the daemon adds (registry address, token);
    the workload's own environment wins over both, the identifying variables over all."""
    workload = instance.workload
    own = {
        "PORT": str(instance.address.port) if instance.address else "",
        "ARENA_SERVICE_NAME": workload.name,
        "ARENA_INSTANCE_ID": instance.name,
    }
    known = {**variables, **workload.environment, **own}
    given = {key: fill(value, known) for key, value in workload.environment.items()}
    return Launch(
        workload=workload.name,
        instance=instance.name,
        run=run,
        command=tuple(fill(word, known) for word in workload.command),
        directory=workload.directory,
        environment={**base, **variables, **given, **own},
        output=output,
    )


def bequeath(launch: Launch, sockets: tuple[int, ...]) -> Launch:
    """The launch that inherits these listening sockets, and is told so."""
    if not sockets:
        return launch
    told = {LISTEN_FDS: ",".join(map(str, sockets))}
    return replace(launch, environment={**launch.environment, **told}, inherit=sockets)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values of an instance's own variables where `${PORT}` and the like stand. Other `${...}` stay as they are."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """The base environment from the daemon's: what INHERITED names, PATH with this interpreter's folder first, and
    Python's output unbuffered, so that its log lines come when they are written."""
    base = {key: value for key, value in environ.items() if key in INHERITED or key.startswith(("LC_", "XDG_"))}
    path = environ.get("PATH", os.defpath)
    return {**base, "PATH": os.pathsep.join((str(Path(sys.executable).parent), path)), "PYTHONUNBUFFERED": "1"}
