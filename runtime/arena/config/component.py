"""The gateway and registry sections as settings, with the environment's defaults where the file does not say."""

from __future__ import annotations

from arena.config import cache
from arena.config.concurrency import concurrency
from arena.config.context import Reading
from arena.config.document.gateway import TimeoutsSection
from arena.config.document.route import RateLimitSection
from arena.config.jwt import issuers
from arena.config.secrecy import conceal
from arena.config.tls import listener_tls, mtls
from arena.model.address import Address
from arena.model.project import GatewaySettings, RegistrySettings, Timeouts
from arena.model.route import RateLimit


def gateway(reading: Reading) -> GatewaySettings:
    """ARENA_API_PORT and ARENA_JWT_SECRET fill what the file leaves out."""
    section = reading.document.gateway
    port = section.port if reading.says("gateway", "port") else _port_from_environment(reading, section.port)
    timeouts = {name: getattr(section.timeouts, name) for name in TimeoutsSection.model_fields}
    return GatewaySettings(
        host=section.host,
        port=port,
        workers=section.workers,
        issuers=issuers(reading, section.auth.jwt),
        rate_limits=limits(section.rate_limits),
        concurrency=concurrency(section.concurrency),
        max_connections=section.max_connections,
        max_connections_per_ip=section.max_connections_per_ip,
        timeouts=Timeouts(**timeouts),
        max_header_bytes=section.max_header_bytes,
        max_body_bytes=section.max_body_bytes,
        auto_routes=section.auto_routes,
        access_log=section.access_log,
        api_keys=section.auth.api_keys,
        cache=cache.settings(reading),
        tls=listener_tls(reading, section.tls),
        mtls=mtls(reading),
    )


def registry(reading: Reading) -> RegistrySettings:
    """SERVICE_DISCOVERY_URL fills what the file leaves out."""
    section = reading.document.registry
    host, port = section.host, section.port
    found = _discovery_url(reading)
    if found and not reading.says("registry", "host"):
        host = "127.0.0.1" if found.host == "localhost" else found.host
    if found and not reading.says("registry", "port"):
        port = found.port
    return RegistrySettings(host, port, section.ttl)


def limits(sections: list[RateLimitSection]) -> tuple[RateLimit, ...]:
    """Limits as values; the burst is the count of the rate unless it is given."""
    return tuple(
        RateLimit(
            each.rate[0], each.burst or each.rate[1], each.by, each.algorithm, each.name or "", each.enforce,
            each.on_store_error or "allow", each.unit, _answer_tokens(each),
        )
        for each in sections
    )  # fmt: skip


def _answer_tokens(section: RateLimitSection) -> int:
    if section.unit == "requests":
        return RateLimit(1, 1).default_max_tokens
    return section.default_max_tokens or RateLimit.answer_tokens(section.burst or section.rate[1])


def _port_from_environment(reading: Reading, default: int) -> int:
    text = reading.env.get("ARENA_API_PORT", "")
    if not text:
        return default
    if text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 65535:
        return int(text)
    reading.report.problem(None, ("ARENA_API_PORT",), f"should be a port from 1 to 65535, not {text!r:.60}")
    return default


def _discovery_url(reading: Reading) -> Address | None:
    text = reading.env.get("SERVICE_DISCOVERY_URL", "")
    if not text:
        return None
    try:
        address = Address.parse(text)
        if address.scheme != "http" or address.path:
            raise ValueError(f"{text!r} should be http:// with a host and a port: that is where the registry listens")
    except ValueError as error:
        reading.report.problem(None, ("SERVICE_DISCOVERY_URL",), conceal(str(error)), "such as http://127.0.0.1:8500")
        return None
    return address
