"""The gateway and registry sections as settings, with the environment's defaults where the file does not say."""

from __future__ import annotations

from arena.config.context import Reading
from arena.config.document.gateway import JwtSection, TimeoutsSection
from arena.config.document.route import RateLimitSection
from arena.config.secrecy import conceal
from arena.model.address import Address
from arena.model.project import GatewaySettings, Jwt, RegistrySettings, Timeouts
from arena.model.route import RateLimit

SECRET_BYTES = 32  # HS256 asks for a key as long as its hash: RFC 7518 section 3.2


def gateway(reading: Reading) -> GatewaySettings:
    """ARENA_API_PORT and ARENA_JWT_SECRET fill what the file leaves out."""
    section = reading.document.gateway
    port = section.port if reading.says("gateway", "port") else _port_from_environment(reading, section.port)
    timeouts = {name: getattr(section.timeouts, name) for name in TimeoutsSection.model_fields}
    return GatewaySettings(
        host=section.host,
        port=port,
        jwt=_jwt(reading, section.auth.jwt),
        rate_limits=limits(section.rate_limits),
        timeouts=Timeouts(**timeouts),
        max_header_bytes=section.max_header_bytes,
        max_body_bytes=section.max_body_bytes,
        auto_routes=section.auto_routes,
        access_log=section.access_log,
        api_keys=section.auth.api_keys,
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
        RateLimit(each.rate[0], each.burst or each.rate[1], each.by, each.algorithm, each.name or "", each.enforce)
        for each in sections
    )  # fmt: skip


def _jwt(reading: Reading, section: JwtSection) -> Jwt:
    secret = section.secret or reading.env.get("ARENA_JWT_SECRET", "")
    if secret and len(secret.encode()) < SECRET_BYTES:
        message = f"should be at least {SECRET_BYTES} bytes long, this one has {len(secret.encode())}"
        hint = "leave it out and Arena makes one, or use the output of: openssl rand -hex 32"
        if section.secret:
            reading.problem(("gateway", "auth", "jwt", "secret"), message, hint)
        else:
            reading.report.problem(None, ("ARENA_JWT_SECRET",), message, hint)
    return Jwt(secret, section.issuer, section.audience, section.leeway)


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
