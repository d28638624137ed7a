"""What a project comes to: Arena's own components and the user's services, as workloads, in one list."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Collection, Sequence

from arena.auth.identity import REGISTRY
from arena.daemon import store
from arena.model import codec
from arena.model.address import Address
from arena.model.gateway import GatewaySpec
from arena.model.layout import StateLayout
from arena.model.project import Project
from arena.model.service import Probe, Restart, Service
from arena.model.store import StoreAddress
from arena.model.workload import Workload

# Isolated mode, so that a folder named `arena` in the user's project cannot shadow ours.
PYTHON = (sys.executable, "-I", "-m")

_RESTART = Restart("always", delay=0.1, max_delay=5.0, max_attempts=20, window=60.0)
_PROBE = Probe(http="/health", interval=2.0, timeout=2.0, retries=3, start_period=15.0)


def workloads(project: Project, layout: StateLayout, spec: GatewaySpec) -> tuple[Workload, ...]:
    """Everything that should run: the registry, the state store if it is ours, the gateway, and each service that Arena
    starts."""
    started = [service for service in project.services if not service.external]
    return (
        _registry(project, layout),
        *([_store(project, layout)] if project.state.embedded else []),
        _gateway(project, layout, spec),
        *(_service(s, project) for s in started),
    )


def here(project: Project, workloads: Sequence[Workload], names: Collection[str]) -> tuple[str, ...]:
    """Which of `workloads` are meant where services are named: those that run here, or at least Arena's own. None named: ()."""
    elsewhere = {service.name for service in project.external}
    chosen = tuple(name for name in names if name not in elsewhere)
    if names and not chosen:
        return tuple(workload.name for workload in workloads if workload.kind != "service")
    return chosen


def gateway_spec(project: Project, layout: StateLayout, embedded: StoreAddress | None = None) -> GatewaySpec:
    """What the gateway is told. `embedded` is the store of our own, if there is one."""
    settings = project.gateway
    return GatewaySpec(
        project=project.name,
        settings=settings,
        routes=tuple(route for service in project.services for route in service.routes),
        services=tuple(service.name for service in project.services),
        registry_url=project.registry.url,
        snapshot_file=str(layout.gateway_snapshot),
        keys_file=str(layout.api_keys) if settings.api_keys else "",
        keys_used_file=str(layout.api_keys_used) if settings.api_keys else "",
        revoked_file=str(layout.tokens_revoked),
        signing_keys_file=str(layout.signing_keys),
        guarded=tuple(service.name for service in project.services if service.allow_from is not None),
        orders_file=str(layout.breaker_orders),
        chaos_file=str(layout.chaos),
        purges_file=str(layout.cache_purges),
        token_keys_file=str(layout.token_keys),
        roles=project.roles,
        store=embedded or project.state.address,
        traffic={service.name: service.traffic for service in project.services},
    )


def _registry(project: Project, layout: StateLayout) -> Workload:
    settings = project.registry
    options = {
        "--host": settings.host,
        "--port": settings.port,
        "--ttl": settings.ttl,
        "--state": layout.registry_state,
        "--identity-file": layout.identity(REGISTRY),
        "--trust-file": layout.trust,
    }
    words = (str(word) for option in options.items() for word in option)
    return Workload(
        name="registry",
        kind="registry",
        command=(*PYTHON, "arena.registry", *words),
        directory=project.directory,
        host=settings.host,
        port=settings.port,
        probe=_PROBE,
        restart=_RESTART,
        keys={
            "registry.host": settings.host,
            "registry.port": str(settings.port),
            "registry.ttl": f"{settings.ttl:g}s",
        },
    )


def _store(project: Project, layout: StateLayout) -> Workload:
    # It listens on a port too, for a person with a client; the gateway uses the socket, which stays where it is.
    return Workload(
        name="state",
        kind="state",
        command=(str(store.program()), str(layout.store_config), "--port", "${PORT}"),
        directory=project.directory,
        restart=_RESTART,
    )


def _gateway(project: Project, layout: StateLayout, spec: GatewaySpec) -> Workload:
    settings = spec.settings
    told = codec.encode(spec)
    return Workload(
        name="gateway",
        kind="gateway",
        command=(*PYTHON, "arena.gateway", str(layout.gateway_spec)),
        directory=project.directory,
        # Workers share the port; each is probed, and can be asked for its metrics, on one of its own.
        shared=Address(settings.host, settings.port),
        replicas=settings.workers,
        probe=_PROBE,
        restart=_RESTART,
        stop_grace_period=max(settings.timeouts.drain, settings.timeouts.tunnel_drain) + 5.0,
        keys={"gateway.host": settings.host, "gateway.port": str(settings.port)},
        reload_hash=hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16],
    )


def _service(service: Service, project: Project) -> Workload:
    return Workload(
        name=service.name,
        kind="service",
        command=service.command,
        directory=service.directory,
        environment={"SERVICE_DISCOVERY_URL": project.registry.url, **service.environment},
        port=service.port,
        replicas=service.replicas,
        depends_on=service.depends_on,
        probe=service.probe,
        restart=service.restart,
        stop_grace_period=service.stop_grace_period,
        registered=True,
        metadata=service.metadata,
    )
