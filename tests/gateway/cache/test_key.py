"""gateway.cache.key: nothing that tells two requests apart is missing, and no credential is there in the clear."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from arena.gateway.cache.key import credentials_of, mark_of
from arena.gateway.connection.certificate import ClientCertificate
from arena.gateway.exchange import Exchange
from arena.model.principal import Principal
from arena.model.route import Route
from arena.model.transform import Edit, Pair, Transform
from tests.gateway.kit import Client, Gateway, get

ALICE = Principal("alice", frozenset(("user", "admin")), frozenset(("read",)))


@pytest.fixture
async def exchanges(gateway: Gateway, client: Client) -> object:
    """`await exchanges(lines, principal)`: what the gateway made of a request with these header lines."""
    seen: list[bytes] = []
    principal: Principal | None = None

    def look(x: object) -> None:
        x.principal = principal  # type: ignore[attr-defined]  # an exchange
        headers: dict[bytes, list[bytes]] = {}
        for line in x.head.fields:  # type: ignore[attr-defined]
            name, _, value = line.partition(b": ")
            headers.setdefault(name.lower(), []).append(value)
        seen.append(credentials_of(x, headers))  # type: ignore[arg-type]

    gateway.filter(look)

    async def make(lines: bytes = b"", who: Principal | None = None) -> bytes:
        nonlocal principal
        principal = who
        await client.ask(get("/", lines))
        return seen[-1]

    return make


async def test_who_asks(exchanges: object) -> None:
    of = exchanges
    assert await of() == b""  # type: ignore[operator]  # a fixture's function
    digests = [
        await of(lines, who)  # type: ignore[operator]
        for lines in (b"", b"Cookie: a=1\r\n", b"Cookie: a=2\r\n", b"Authorization: x\r\n", b"X-API-Key: x\r\n",
                      b"Authorization: x\r\nX-API-Key: x\r\n", b"Authorization: Bearer x\r\n")
        for who in (None, ALICE)
    ]  # fmt: skip
    alike = [digests[1], digests[9], digests[13]]
    assert len(set(alike)) == 1, "a principal is the same whatever credential it came with"
    assert len(set(digests)) == len(digests) - 2
    assert all(digest != b"x" and b"alice" not in digest for digest in digests)


async def test_a_principal_is_more_than_a_name(exchanges: object) -> None:
    who = [
        ALICE,
        replace(ALICE, roles=frozenset(("user",))),
        replace(ALICE, scopes=frozenset()),
        replace(ALICE, subject="al\udcffice"),
        replace(ALICE, issuer="them"),
    ]
    digests = [await exchanges(b"", one) for one in who]  # type: ignore[operator]
    assert len(set(digests)) == len(who)
    again = replace(ALICE, roles=frozenset(("admin", "user")), expires_at=1.0, token_id="other", issued_at=2.0)
    assert await exchanges(b"", again) == digests[0]  # type: ignore[operator]
    assert {field.name for field in fields(Principal)} >= {"expires_at", "token_id", "issued_at"}


async def test_a_client_certificate_says_who_asks_where_nobody_is_asked(gateway: Gateway, client: Client) -> None:
    shown = [None, ClientCertificate("CN=ana", "01"), ClientCertificate("CN=bob", "02")]
    digests: list[bytes] = []

    def look(x: Exchange) -> None:
        x.principal = None
        for x.client.certificate in shown:
            digests.append(credentials_of(x, {}))
        x.principal = ALICE
        for x.client.certificate in shown:
            digests.append(credentials_of(x, {}))

    gateway.filter(look)
    await client.ask(get("/"))
    assert digests[0] == b""
    assert len(set(digests)) == len(digests) == 6


async def test_cookies_do_not_pass_for_a_certificate(gateway: Gateway, client: Client) -> None:
    """Whoever knows the fingerprint of somebody's certificate, which is no secret, gets nothing of what is kept for them."""
    digests: list[bytes] = []

    def look(x: Exchange) -> None:
        x.principal = None
        for certificate, cookies in ((ClientCertificate("CN=ana", "01"), []), (None, [b"certificate", b"01"])):
            x.client.certificate = certificate
            digests.append(credentials_of(x, {b"cookie": cookies} if cookies else {}))

    gateway.filter(look)
    await client.ask(get("/"))
    assert len(set(digests)) == 2


async def test_a_key_that_a_certificate_made_superfluous_is_for_the_service(exchanges: object) -> None:
    who = ClientCertificate("CN=ana", "01", common_name="ana").principal
    digests = [await exchanges(lines, who) for lines in (b"", b"X-API-Key: x\r\n", b"X-API-Key: y\r\n")]  # type: ignore[operator]
    assert len(set(digests)) == 3


def test_a_route_that_tells_the_service_something_else_is_another_one() -> None:
    route = Route("a", "a", "/a")
    other = replace(route, transform=Transform(request=Edit(set=(Pair("X", "y"),))))
    assert len({mark_of(each) for each in (route, other, replace(route, auth="none"), replace(route, name="b"))}) == 4
    assert mark_of(route) == mark_of(Route("a", "a", "/a"))
