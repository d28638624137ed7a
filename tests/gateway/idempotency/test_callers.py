"""gateway.idempotency.guard: keys are each caller's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from arena.gateway.connection.certificate import ClientCertificate
from arena.gateway.exchange import Exchange
from arena.model.project import Jwt
from tests.gateway.idempotency.kit import ALICE, GUARDED, KEY, Counter, again
from tests.gateway.kit import SECRET, THEIRS, Start, Stub, bearer, connected, post, theirs


async def test_two_issuers_callers_of_one_name_have_keys_of_their_own(guarded: Any, service: Counter) -> None:
    gateway = await guarded(issuers=(Jwt(SECRET), THEIRS))
    async with connected(gateway) as client:
        for number, who in enumerate((ALICE, theirs("user", sub="alice"), bearer("user", sub="them alice")), start=1):
            first, second = [await again(client, post(b"pay", "/pay", who, KEY)) for _ in range(2)]
            assert (first.header("idempotent-replayed"), second.header("idempotent-replayed")) == (None, "true")
            assert first.body == second.body == b"done %d" % number
    assert service.count == 3


async def test_strangers_do_not_get_each_others_replies(start: Start, stub: Stub, service: Counter) -> None:
    gateway = await start(stub.endpoint(), routes=(replace(GUARDED, auth="none"),))
    async with connected(gateway) as client:
        for line in (b"", b"Cookie: a=1\r\n", b"Cookie: a=2\r\n", b"Authorization: x\r\n"):
            for replayed in (None, "true"):
                reply = await again(client, post(b"pay", "/", line, KEY))
                assert reply.header("idempotent-replayed") == replayed
    assert service.count == 4


async def test_on_a_public_route_client_certificates_tell_strangers_apart(
    start: Start, stub: Stub, service: Counter
) -> None:
    gateway = await start(stub.endpoint(), routes=(replace(GUARDED, auth="none"),))
    shown: list[ClientCertificate] = []

    def show(x: Exchange) -> None:
        x.client.certificate = shown[-1]

    route = gateway.plane.table.routes[0]
    route.filters = (show, *route.filters)
    async with connected(gateway) as client:
        for fingerprint in ("01", "02"):
            shown.append(ClientCertificate("CN=somebody", fingerprint))
            for replayed in (None, "true"):
                reply = await again(client, post(b"pay", "/", KEY))
                assert reply.header("idempotent-replayed") == replayed
    assert service.count == 2
