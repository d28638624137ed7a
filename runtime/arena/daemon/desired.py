"""What was last asked for: written before it is carried out, read by the daemon that follows one that died."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from arena.auth import jwks, token_key
from arena.auth.issuers import Issuers
from arena.daemon import component, store
from arena.model import codec
from arena.model.gateway import GatewaySpec
from arena.model.layout import StateLayout
from arena.model.project import Jwt, Project, StateSettings
from arena.model.workload import Workload


@dataclass(frozen=True, slots=True)
class Desired:
    """A Project with everything that follows from it."""

    project: Project
    spec: GatewaySpec
    workloads: tuple[Workload, ...]

    @classmethod
    def of(cls, project: Project, layout: StateLayout) -> Desired:
        """Work it out; makes the project's secrets if there are none. Raises ConfigError for a weak or exposed
        secret, or a public key that cannot be used."""
        if project.state != StateSettings():
            store.require_client()
        embedded = store.address(layout) if project.state.embedded else None
        spec = component.gateway_spec(project, layout, embedded)
        # Better said here, to whoever asked, than in the log of a gateway that cannot start.
        _check_issuers(spec.settings.issuers, layout)
        return cls(project, spec, component.workloads(project, layout, spec))

    def save(self, layout: StateLayout) -> None:
        """Write what the gateway reads and what a later daemon reads."""
        if self.project.state.embedded:
            write_private(layout.store_config, store.config(layout))
        trusts = {service.name: codec.encode(service.traffic.tls) for service in self.project.services}
        write_private(layout.trust, json.dumps(trusts))
        write_private(layout.gateway_spec, json.dumps(codec.encode(self.spec)))
        write_private(layout.desired, json.dumps(codec.encode(self.project)))


def _check_issuers(issuers: tuple[Jwt, ...], layout: StateLayout) -> None:
    Issuers(issuers)
    if any(issuer.is_kept for issuer in issuers):
        token_key.load_or_create(layout.token_keys)
    for issuer in issuers:
        if issuer.jwks is not None and issuer.jwks.file:
            jwks.read_file(Path(issuer.jwks.file), issuer.algorithms)


def load(layout: StateLayout) -> Desired | None:
    """What an earlier daemon was asked for, None if nothing. Raises ValueError for a file that cannot be read as that."""
    try:
        text = layout.desired.read_text()
    except FileNotFoundError:
        return None
    return Desired.of(codec.decode(Project, json.loads(text)), layout)


def write_private(path: Path, text: str) -> None:
    """Replace `path` in one step by a file of mode 0600: readers see the old or the new, never half."""
    aside = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    aside.replace(path)
