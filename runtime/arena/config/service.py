"""A service section as a Service."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from arena.config import cache, cors, discovery, idempotency, match, mirror, resilience, transform
from arena.config.component import limits
from arena.config.concurrency import concurrency
from arena.config.context import Reading
from arena.config.document.health import HealthcheckSection, RestartSection
from arena.config.document.route import RouteSection
from arena.config.document.service import ServiceSection
from arena.config.environment import environment
from arena.config.own_file import OwnFile, own_file
from arena.config.secrecy import conceal
from arena.config.shell_words import shell_word
from arena.config.tls import upstream_tls
from arena.config.traffic import breaker, traffic
from arena.model.address import Address
from arena.model.route import Route
from arena.model.service import Dependency, Probe, Restart, Service
from arena.model.snapshot import MOST_WEIGHT, weight
from arena.model.traffic import Traffic

_STARTED_ONLY = (
    "path", "working_dir", "environment", "env_file", "ports", "restart", "stop_grace_period", "deploy", "depends_on",
    "allow_from",
)  # fmt: skip
_HEALTH_PATH = "/health"  # what a service with a service.yaml answers by contract


def service(reading: Reading, name: str, section: ServiceSection) -> Service:
    """Build it; mistakes are reported and leave a hole in the result."""
    if section.url is not None:
        return _external(reading, name, section)
    if section.command is None and reading.checked.is_sound(("services", name)):
        hint = "say how to start it (command: …), or where it runs (url: http://…)"
        reading.problem(("services", name), "has neither a command nor a url", hint, key=True)
    folder = _folder(reading, name, section)
    own = own_file(reading, name, folder) if section.path or section.working_dir else OwnFile()
    return Service(
        name=name,
        command=_command(reading, name, section),
        directory=str(folder),
        environment=environment(reading, name, section, dict(own.environment)),
        port=_port(reading, name, section, own),
        replicas=section.deploy.replicas,
        depends_on=_dependencies(section),
        probe=_probe(reading, name, section.healthcheck, own),
        restart=_restart(section.restart),
        stop_grace_period=section.stop_grace_period,
        routes=_routes(name, section, own),
        metadata=_metadata(reading, name, section),
        traffic=replace(traffic(section.traffic), tls=upstream_tls(reading, name, section.tls, https=False)),
        allow_from=None if section.allow_from is None else tuple(section.allow_from),
    )


def _external(reading: Reading, name: str, section: ServiceSection) -> Service:
    path = ("services", name)
    if section.command is not None:
        reading.problem((*path, "command"), "and url cannot both be given", "keep one of them", key=True)
    for key in _STARTED_ONLY:
        if key in section.model_fields_set:
            message = "has no meaning for a service that runs elsewhere (url)"
            reading.problem((*path, key), message, "remove it", key=True)
    check = section.healthcheck
    if check and check.test:
        reading.problem(
            (*path, "healthcheck", "test"),
            "cannot check a service that runs elsewhere",
            "use http: /health, or tcp: true",
        )
    urls = _addresses(reading, name, [each.url for each in section.url or []])
    tls = upstream_tls(reading, name, section.tls, https=any(url.scheme == "https" for url in urls))
    return Service(
        name=name,
        urls=urls,
        weights=_weights(section),
        directory=str(reading.directory),
        probe=_probe(reading, name, check, OwnFile()),
        routes=_routes(name, section, OwnFile()),
        metadata=_metadata(reading, name, section),
        traffic=replace(traffic(section.traffic), tls=tls),
    )


def _addresses(reading: Reading, name: str, urls: list[str]) -> tuple[Address, ...]:
    found = []
    for index, url in enumerate(urls):
        try:
            address = Address.parse(url)
        except ValueError as error:
            reading.problem(("services", name, "url", index), conceal(str(error)), "such as http://127.0.0.1:9101")
            continue
        if address in found:  # the registry knows one instance of a service at an address
            reading.problem(("services", name, "url", index), "is here twice", "a weight gives it more of the requests")
        found.append(address)
    if not urls:
        reading.problem(("services", name, "url"), "should not be empty")
    return tuple(found)


def _weights(section: ServiceSection) -> tuple[int, ...]:
    given = tuple(each.weight for each in section.url or [])
    return given if len(set(given)) > 1 else ()


def _command(reading: Reading, name: str, section: ServiceSection) -> tuple[str, ...]:
    words = tuple(section.command or ())
    if words and (not words[0].strip() or any("\0" in word for word in words)):
        reading.problem(("services", name, "command"), "cannot be run: its first word is empty, or it holds a NUL byte")
    if word := shell_word(reading.words("services", name, "command")):
        message = f"{word!r:.60} is given to the program as it is: no shell runs this"
        reading.note(("services", name, "command"), message, "if a shell is meant, write sh -c '…'")
    return words


def _folder(reading: Reading, name: str, section: ServiceSection) -> Path:
    if section.path and section.working_dir:
        path = ("services", name, "working_dir")
        reading.problem(path, "means the same as path; both are given", "keep one of them", key=True)
    key = "path" if section.path else "working_dir"
    text = section.path or section.working_dir or "."
    folder = discovery.place(reading.directory, text)
    if not discovery.is_folder(folder):
        what = "is not a folder" if discovery.is_file(folder) else "does not exist"
        reading.problem(
            ("services", name, key), f"{text} {what}", f"looked for {folder}" if text != str(folder) else ""
        )
    return folder


def _port(reading: Reading, name: str, section: ServiceSection, own: OwnFile) -> int | None:
    replicas = section.deploy.replicas
    if not section.ports:
        if own.port and replicas > 1:
            own.note("service.port", f"is not used: {name} has {replicas} replicas, so each gets a free port")
        return own.port if replicas <= 1 else None
    path = ("services", name, "ports")
    if len(section.ports) > 1:
        reading.problem(
            (*path, 1), "is a second port; a service has one in this version", "keep the port it serves HTTP on"
        )
    published = section.ports[0][0]
    if published and replicas > 1:
        hint = f'write ports: ["{section.ports[0][1]}"] for a free port each'
        reading.problem((*path, 0), f"is one fixed port, and {name} has {replicas} replicas", hint)
    return published


def _probe(reading: Reading, name: str, section: HealthcheckSection | None, own: OwnFile) -> Probe | None:
    if section is None:
        return Probe(http=_HEALTH_PATH, interval=own.interval) if own.interval else None
    path = ("services", name, "healthcheck")
    if section.disable or section.test == []:
        return None
    asked = {"http": bool(section.http), "tcp": section.tcp is not None, "test": bool(section.test)}
    first, *more = [key for key, given in asked.items() if given] or [""]
    for key in more:
        reading.problem((*path, key), f"and {first} cannot both be given", "keep one of them", key=True)
    if not first and reading.checked.is_sound(path):
        reading.problem(path, "does not say what to ask", "add http: /health, tcp: true, or test: a command", key=True)
    return Probe(
        http=section.http or "",
        tcp=section.tcp,
        command=tuple(section.test or ()),
        interval=section.interval or own.interval or Probe().interval,
        timeout=section.timeout,
        retries=section.retries,
        successes=section.successes,
        start_period=section.start_period,
    )


def _restart(section: RestartSection) -> Restart:
    when = "always" if section.when == "unless-stopped" else section.when
    return Restart(when, section.delay, section.max_delay, section.max_attempts, section.window)


def _dependencies(section: ServiceSection) -> tuple[Dependency, ...]:
    return tuple(Dependency(other, each.condition) for other, each in section.depends_on.items())


def _metadata(reading: Reading, name: str, section: ServiceSection) -> dict[str, str]:
    told = {key: value or "" for key, value in section.metadata.items()}
    try:
        weight(told.get("weight", "1"))
    except ValueError:
        path = ("services", name, "metadata", "weight")
        reading.problem(path, f"should be a number from 0 to {MOST_WEIGHT}, not {told['weight']!r:.60}")
    return told


def _routes(name: str, section: ServiceSection, own: OwnFile) -> tuple[Route, ...]:
    if own.rate_limits and not section.routes:
        for limit in own.rate_limits:
            own.note(f"service.rate_limits.{limit.unit}_per_minute", f"is not enforced: {name} has no routes")
    rules = traffic(section.traffic)
    return tuple(_route(name, number, route, own, rules) for number, route in enumerate(section.routes, start=1))


def _route(service_name: str, number: int, section: RouteSection, own: OwnFile, rules: Traffic) -> Route:
    said = "rate_limits" in section.model_fields_set
    return Route(
        name=section.name or (service_name if number == 1 else f"{service_name}-{number}"),
        service=service_name,
        path=section.path.rstrip("/") or "/",
        hosts=tuple(dict.fromkeys(section.hosts)),
        methods=tuple(dict.fromkeys(section.methods)),
        strip_path=section.strip_path,
        roles=tuple(section.roles),
        auth=section.auth,
        rate_limits=limits(section.rate_limits) if said else own.rate_limits,
        first_byte_timeout=section.first_byte_timeout,
        max_body_bytes=section.max_body_bytes,
        transform=transform.transform(section),
        cors=cors.cors(section.cors),
        upgrade=section.upgrade or "",
        permissions=section.permissions,
        retries=None if section.retries is None else resilience.retries(section.retries, rules.retries),
        timeout=section.timeout,
        match=match.conditions(section.match),
        split=match.split(section),
        mirror=mirror.mirror(section.mirror),
        fallback=resilience.fallback(section.fallback),
        fault=resilience.fault(section.fault),
        concurrency=concurrency(section.concurrency),
        breaker=breaker(section.breaker),
        hedge=resilience.hedge(section.hedge),
        cache=cache.rule(section.cache),
        idempotency=idempotency.rule(section.idempotency),
    )
