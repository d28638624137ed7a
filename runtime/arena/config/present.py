"""A Project as text in arena.yaml's own shape: what Arena understood, complete, and fit to be read again."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any, Literal

import yaml

from arena.config import cache, concurrency, cors, idempotency, match, mirror, resilience, transform
from arena.config.interpolate import CHILD_VARIABLES
from arena.config.jwt_key import is_safe
from arena.config.secrecy import MASK, conceal_credentials, is_secret
from arena.model.access import Role
from arena.model.project import GatewaySettings, Jwks, Jwt, Project, StateSettings
from arena.model.route import RateLimit, Route
from arena.model.service import Probe, Restart, Service
from arena.model.tls import ListenerTls, UpstreamTls
from arena.model.traffic import BreakerRule, OutlierRule, Traffic

_DOLLAR = re.compile(r"\$(?!\{(?:" + "|".join(sorted(CHILD_VARIABLES)) + r")\})")


def render(project: Project, fmt: Literal["yaml", "json"], *, show_secrets: bool = False) -> str:
    """The project as YAML or JSON text that ends with a newline. Loading the YAML in the project's directory gives an equal
    Project if `show_secrets`; otherwise the values of secret-like keys are masked."""
    shown = document(project if show_secrets else _masked(project))
    if fmt == "json":
        return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
    return yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=120)


def document(project: Project) -> dict[str, Any]:
    """The project as dicts, lists and scalars, with `$` doubled where it is only a dollar sign."""
    registry = project.registry
    return {
        "name": project.name,
        "gateway": _gateway(project.gateway),
        "registry": {"host": _literal(registry.host), "port": registry.port, "ttl": _seconds(registry.ttl)},
        **({"state": _state(project.state)} if project.state != StateSettings() else {}),
        "roles": {role.name: _role(role) for role in project.roles},
        "services": {service.name: _service(project, service) for service in project.services},
    }


def _masked(project: Project) -> Project:
    from dataclasses import replace

    issuers = tuple(
        replace(each, secret=MASK if each.secret else "", former_secrets=(MASK,) * len(each.former_secrets))
        for each in project.gateway.issuers
    )
    services = tuple(
        replace(
            service,
            command=_masked_words(service.command),
            environment=_masked_values(service.environment),
            metadata=_masked_values(service.metadata),
            probe=service.probe and replace(service.probe, command=_masked_words(service.probe.command)),
            routes=tuple(replace(route, transform=transform.masked(route.transform)) for route in service.routes),
        )
        for service in project.services
    )
    state, address = project.state, project.state.address
    if address and address.password:
        state = replace(state, address=replace(address, password=MASK))
    return replace(project, gateway=replace(project.gateway, issuers=issuers), state=state, services=services)


def _masked_values(values: dict[str, str]) -> dict[str, str]:
    """Secret-like names are masked whole; elsewhere the password in a URL is."""
    return {key: MASK if is_secret(key) and value else conceal_credentials(value) for key, value in values.items()}


def _masked_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """`--api-key=x` and `--api-key x`."""
    shown: list[str] = []
    for word in words:
        option, equals, _ = word.partition("=")
        if shown and shown[-1].startswith("-") and is_secret(shown[-1]) and not word.startswith(("-", "$")):
            shown.append(MASK)
        else:
            secret = equals and is_secret(option)
            shown.append(f"{option}={MASK}" if secret else conceal_credentials(word))
    return tuple(shown)


def _gateway(gateway: GatewaySettings) -> dict[str, Any]:
    issuers = [_issuer(each) for each in gateway.issuers]
    names = ("header", "body", "connect", "first_byte", "idle", "drain", "tunnel_drain")
    caps = {name: getattr(gateway, name) for name in ("max_connections", "max_connections_per_ip")}
    return {
        "host": _literal(gateway.host),
        "port": gateway.port,
        "workers": gateway.workers,
        "auth": {
            "jwt": issuers[0] if len(issuers) == 1 else issuers,
            "api_keys": gateway.api_keys,
            "mtls": gateway.mtls,
        },
        **({"tls": _listener_tls(gateway.tls)} if gateway.tls else {}),
        "rate_limits": [_limit(limit) for limit in gateway.rate_limits],
        "timeouts": {name: _seconds(getattr(gateway.timeouts, name)) for name in names},
        "max_header_bytes": gateway.max_header_bytes,
        "max_body_bytes": gateway.max_body_bytes,
        "auto_routes": gateway.auto_routes,
        "access_log": gateway.access_log,
        "concurrency": concurrency.shown(gateway.concurrency),
        **{name: most for name, most in caps.items() if most is not None},
        "cache": {"max_bytes": gateway.cache.max_bytes, "store": gateway.cache.store},
    }


def _issuer(jwt: Jwt) -> dict[str, Any]:
    audiences = [_literal(each) for each in (jwt.audience, *jwt.other_audiences)]
    shown: dict[str, Any] = {
        "issuer": _literal(jwt.issuer),
        "audience": audiences if jwt.other_audiences else audiences[0],
        "leeway": _seconds(jwt.leeway),
    }
    if jwt.roles_claim != "roles":
        shown["roles_claim"] = _literal(jwt.roles_claim)
    if jwt.algorithms:
        shown["algorithms"] = list(jwt.algorithms)
    if jwt.public_key:
        shown["public_key"] = _literal(jwt.public_key)
    if jwt.secret:
        secrets = [_literal(each) for each in (jwt.secret, *jwt.former_secrets)]
        shown["secret"] = secrets if jwt.former_secrets else secrets[0]
    return shown | (_jwks(jwt.jwks) if jwt.jwks is not None else {})


def _jwks(jwks: Jwks) -> dict[str, Any]:
    if jwks.file:
        return {"jwks_file": _literal(jwks.file)}
    return {
        **({"discovery": True} if jwks.discovered_by else {"jwks_url": _literal(jwks.url)}),
        "jwks_refresh": _seconds(jwks.refresh),
        "jwks_stale_if_error": _seconds(jwks.stale_if_error),
        **({} if is_safe(jwks.url) else {"jwks_insecure": True}),
    }


def _upstream_tls(tls: UpstreamTls) -> dict[str, Any]:
    named = {name: _literal(getattr(tls, name)) for name in ("ca", "cert", "key", "server_name") if getattr(tls, name)}
    return {**named, "verify": tls.verify}


def _listener_tls(tls: ListenerTls) -> dict[str, Any]:
    first, *more = [{"cert": _literal(pair.cert), "key": _literal(pair.key)} for pair in tls.pairs]
    shown: dict[str, Any] = {**first, "min_version": tls.min_version, "client_auth": tls.client_auth}
    if more:
        shown["certificates"] = more
    if tls.client_ca:
        shown["client_ca"] = _literal(tls.client_ca)
    return shown


def _state(state: StateSettings) -> dict[str, Any]:
    return {"valkey": _literal(state.address.url) if state.address else "embedded"}


def _service(project: Project, service: Service) -> dict[str, Any]:
    shown = _external(service) if service.external else _started(project, service)
    if service.depends_on:
        shown["depends_on"] = {each.service: {"condition": each.condition} for each in service.depends_on}
    shown["healthcheck"] = _probe(service.probe) if service.probe else {"disable": True}
    shown["routes"] = [_route(route) for route in service.routes]
    if replace(service.traffic, tls=UpstreamTls()) != Traffic():
        shown["traffic"] = _traffic(service.traffic)
    if service.traffic.tls != UpstreamTls():
        shown["tls"] = _upstream_tls(service.traffic.tls)
    if service.allow_from is not None:
        shown["allow_from"] = [_literal(name) for name in service.allow_from]
    if service.metadata:
        shown["metadata"] = {key: _literal(value) for key, value in service.metadata.items()}
    return shown


def _external(service: Service) -> dict[str, Any]:
    urls = [_literal(each.url) for each in service.urls]
    if not service.weights:
        return {"url": urls}
    return {"url": [{"url": url, "weight": weight} for url, weight in zip(urls, service.weights, strict=True)]}


def _started(project: Project, service: Service) -> dict[str, Any]:
    shown: dict[str, Any] = {"command": [_per_instance(word) for word in service.command]}
    if service.directory != project.directory:
        folder, root = Path(service.directory), Path(project.directory)
        shown["path"] = _literal(str(folder.relative_to(root) if folder.is_relative_to(root) else folder))
    if service.environment:
        shown["environment"] = {key: _per_instance(value) for key, value in service.environment.items()}
    shown["ports"] = ["0" if service.port is None else f"{service.port}:{service.port}"]
    shown["restart"] = _restart(service.restart)
    shown["stop_grace_period"] = _seconds(service.stop_grace_period)
    shown["deploy"] = {"replicas": service.replicas}
    return shown


def _probe(probe: Probe) -> dict[str, Any]:
    if probe.tcp is not None:
        asked: dict[str, Any] = {"tcp": probe.tcp or True}
    elif probe.command:
        asked = {"test": ["CMD", *map(_per_instance, probe.command)]}
    else:
        asked = {"http": _literal(probe.http)}
    return {
        **asked,
        "interval": _seconds(probe.interval),
        "timeout": _seconds(probe.timeout),
        "retries": probe.retries,
        "successes": probe.successes,
        "start_period": _seconds(probe.start_period),
    }


def _restart(restart: Restart) -> dict[str, Any]:
    return {
        "when": restart.when,
        "delay": _seconds(restart.delay),
        "max_delay": _seconds(restart.max_delay),
        "max_attempts": restart.max_attempts,
        "window": _seconds(restart.window),
    }


def _role(role: Role) -> dict[str, Any]:
    return {
        "inherits": [_literal(name) for name in role.inherits],
        "allow": [_literal(str(rule)) for rule in role.allow],
        "deny": [_literal(str(rule)) for rule in role.deny],
    }


def _route(route: Route) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": _literal(route.name), "path": _literal(route.path)}
    for key, values in (("hosts", route.hosts), ("methods", route.methods), ("roles", route.roles)):
        if values:
            shown[key] = [_literal(value) for value in values]
    shown |= {"strip_path": route.strip_path, "auth": route.auth, "permissions": route.permissions}
    shown |= match.shown(route)
    shown |= {"concurrency": concurrency.shown(route.concurrency)} if route.concurrency else {}
    shown |= {"mirror": mirror.shown(route.mirror)} if route.mirror is not None else {}
    shown |= transform.shown(route.transform)
    shown |= {"cors": cors.shown(route.cors)} if route.cors is not None else {}
    shown |= {"cache": cache.shown(route.cache)} if route.cache is not None else {}
    shown |= {"idempotency": idempotency.shown(route.idempotency)} if route.idempotency is not None else {}
    shown |= {"upgrade": route.upgrade} if route.upgrade else {}
    shown["rate_limits"] = [_limit(limit) for limit in route.rate_limits]
    if route.first_byte_timeout is not None:
        shown["first_byte_timeout"] = _seconds(route.first_byte_timeout)
    if route.timeout is not None:
        shown["timeout"] = _seconds(route.timeout)
    if route.retries is not None:
        shown["retries"] = resilience.shown(route.retries)
    if route.fallback is not None:
        shown["fallback"] = resilience.shown_fallback(route.fallback)
    if route.hedge is not None:
        shown["hedge"] = resilience.shown_hedge(route.hedge)
    shown |= {"breaker": _breaker(route.breaker)} if route.breaker is not None else {}
    if route.fault is not None:
        shown["fault"] = resilience.shown_fault(route.fault)
    if route.max_body_bytes is not None:
        shown["max_body_bytes"] = route.max_body_bytes
    return shown


def _traffic(traffic: Traffic) -> dict[str, Any]:
    told: dict[str, Any] = {"balance": traffic.balance, "breaker": _breaker(traffic.breaker)}
    told["retries"] = {**resilience.shown(traffic.retries), "budget": traffic.retry_budget}
    if traffic.balance == "consistent_hash":
        told["hash_by"] = _literal(traffic.hash_by)
    if traffic.slow_start:
        told["slow_start"] = _seconds(traffic.slow_start)
    if traffic.concurrency:
        told["concurrency"] = concurrency.shown(traffic.concurrency)
    if traffic.max_connections is not None:
        told["max_connections"] = traffic.max_connections
    if traffic.panic_threshold:
        told["panic_threshold"] = traffic.panic_threshold
    if traffic.outlier is not None:
        told["outlier"] = _outlier(traffic.outlier)
    return told


def _outlier(rule: OutlierRule) -> dict[str, Any]:
    times = ("interval", "base_ejection_time", "max_ejection_time")
    rest = ("success_rate_factor", "min_hosts", "min_requests", "max_ejected")
    return {name: _seconds(getattr(rule, name)) for name in times} | {name: getattr(rule, name) for name in rest}


def _breaker(rule: BreakerRule | None) -> dict[str, Any]:
    if rule is None:
        return {"disable": True}
    shown: dict[str, Any] = {
        name: getattr(rule, name) for name in ("failures", "error_rate", "slow_rate", "min_requests")
    }
    shown |= {name: _seconds(getattr(rule, name)) for name in ("window", "open_for", "max_open_for")}
    shown |= {"trials": rule.trials, "statuses": list(rule.statuses)}
    if rule.slow_after is not None:
        shown["slow_after"] = _seconds(rule.slow_after)
    return shown


def _limit(limit: RateLimit) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "algorithm": limit.algorithm,
        "rate": _rate(limit),
        "by": limit.by,
        "enforce": limit.enforce,
    }
    if limit.algorithm == "token_bucket":
        shown["burst"] = limit.burst
    if limit.name:
        shown["name"] = limit.name
    if limit.unit == "tokens":
        shown |= {"unit": "tokens", "default_max_tokens": limit.default_max_tokens}
    if limit.on_store_error != "allow":
        shown["on_store_error"] = limit.on_store_error
    return shown


def _rate(limit: RateLimit) -> str:
    """For a bucket the rate alone; for a window in the unit that reads back as the same window."""
    if limit.algorithm != "token_bucket":
        for unit, seconds in (("min", 60), ("h", 3600), ("d", 86400)):
            count = round(limit.rate * seconds, 9)
            if ceil(count) == limit.burst:
                return f"{_number(count)}/{unit}"
    return f"{_number(limit.rate)}/s"


def _seconds(value: float) -> str:
    return f"{_number(value)}s"


def _number(value: float) -> str:
    """The shortest text that reads back as the same number."""
    return repr(int(value)) if float(value).is_integer() else repr(float(value))


def _literal(text: str) -> str:
    return text.replace("$", "$$")


def _per_instance(text: str) -> str:
    return _DOLLAR.sub("$$", text)
