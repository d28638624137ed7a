"""gateway.issuer.remote: keys published at a URL, by a real server that rotates, fails and lies."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from arena.gateway.issuer import remote
from arena.gateway.issuer.remote import Remote
from arena.model.project import Jwks, Jwt
from arena.model.route import Route
from arena.policy import upkeep
from arena.tasks import cancel, spawn
from tests.gateway.kit import SECRET, Client, Gateway, Reply, Start, Stub, connected, eventually, get, token
from tests.issuer import KEYS, Issuer, issuing, jwk

ROUTES = (Route("any", "web", "/"), Route("ops", "web", "/ops", roles=("ops",)))


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing(jwk("RS256", "r"), jwk("ES256", "e"), jwk("EdDSA", "d")) as issuer:
        yield issuer


def theirs(issuer: Issuer, **rule: float) -> Jwt:
    return Jwt(issuer=issuer.name, algorithms=(), jwks=Jwks(issuer.url, **rule))


@pytest.fixture
async def gateway(start: Start, stub: Stub, issuer: Issuer) -> Gateway:
    """Accepts tokens of our own and of `issuer`, whose keys are fetched only when a request needs them."""
    return await start(stub.endpoint(), routes=ROUTES, issuers=(Jwt(SECRET), theirs(issuer)))


@pytest.fixture
async def follow(gateway: Gateway) -> AsyncIterator[None]:
    """The gateway does what is due, as it does in a process of its own."""
    task = spawn(gateway.view.follow_access(), name="access")
    yield
    await cancel(task)


def source(gateway: Gateway, issuer: Issuer) -> Remote:
    found = gateway.view.access.sources[issuer.name]
    assert isinstance(found, Remote)
    return found


async def ask(client: Client, text: str, path: str = "/") -> Reply:
    return await client.ask(get(path, f"Authorization: Bearer {text}\r\n".encode()))


def allow_another(gateway: Gateway, issuer: Issuer) -> None:
    """As if the time between two forced fetches had passed."""
    found = source(gateway, issuer)
    found._upkeep = replace(found._upkeep, tried_at=time.monotonic() - upkeep.ASK_SECONDS)


async def test_the_first_request_waits_for_the_keys_and_the_others_do_not(gateway: Gateway, issuer: Issuer) -> None:
    async with connected(gateway) as client:
        for algorithm, kid in (("RS256", "r"), ("ES256", "e"), ("EdDSA", "d"), ("ES256", None)):
            assert (await ask(client, issuer.token(algorithm, kid))).status == 200
        assert (await ask(client, issuer.token("RS256", "r"), "/ops")).status == 403
        assert (await ask(client, issuer.token("RS256", "r", roles=["ops"]), "/ops")).status == 200
        assert (await ask(client, token("user"))).status == 200
    assert issuer.asked == 1


@pytest.mark.usefixtures("follow")
async def test_keys_are_there_before_anybody_asks(gateway: Gateway, issuer: Issuer) -> None:
    await eventually(lambda: source(gateway, issuer).verifier.keys)
    assert issuer.asked == 1


async def test_a_rotation_at_the_issuer_costs_one_question_and_no_request(gateway: Gateway, issuer: Issuer) -> None:
    fresh = ec.generate_private_key(ec.SECP256R1())
    async with connected(gateway) as client:
        assert (await ask(client, issuer.token("ES256", "e"))).status == 200
        issuer.keys = [jwk("ES256", "new", fresh)]
        allow_another(gateway, issuer)
        assert (await ask(client, issuer.token("ES256", "new", fresh))).status == 200
        assert issuer.asked == 2
        # The key is gone, and with it what was verified with it.
        assert await gateway.view.access.refresh() is True
        gateway.view._authenticator.forget()
        reply = await ask(client, issuer.token("ES256", "e"))
        assert "or no longer" in str(reply.problem(401, "unauthenticated")["detail"])


@pytest.mark.usefixtures("follow")
async def test_what_was_verified_with_a_key_that_is_gone_is_verified_anew(gateway: Gateway, issuer: Issuer) -> None:
    text = issuer.token("ES256", "e")
    async with connected(gateway) as client:
        assert (await ask(client, text)).status == 200
        issuer.keys = [jwk("RS256", "r")]
        found = source(gateway, issuer)
        found._upkeep = replace(found._upkeep, due_at=0.0)
        await eventually(lambda: issuer.asked == 2)
        while (await ask(client, text)).status != 401:
            await asyncio.sleep(0.02)


async def test_a_flood_of_forged_ids_is_one_question(gateway: Gateway, issuer: Issuer) -> None:
    async with connected(gateway) as client:
        assert (await ask(client, issuer.token("RS256", "r"))).status == 200
        allow_another(gateway, issuer)
        for number in range(50):
            assert (await ask(client, issuer.token("RS256", f"forged-{number}"))).status == 401
        assert (await ask(client, issuer.token("RS256", "r"))).status == 200
    assert issuer.asked == 2


async def test_what_can_be_no_token_of_theirs_asks_nobody(gateway: Gateway, issuer: Issuer) -> None:
    public = KEYS["RS256"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    texts = [hmac_signed({"alg": name, "kid": "r"}, issuer, public) for name in ("HS256", "none", "None", "RS257", "")]
    texts += [hmac_signed({"alg": "HS256", "kid": "r", "jwk": jwk("RS256")}, issuer, SECRET.encode())]
    async with connected(gateway) as client:
        for text in texts:
            (await ask(client, text)).problem(401, "unauthenticated")
        assert issuer.asked == 0
        # And when the keys are there, the public key is still no secret of anybody's.
        assert (await ask(client, issuer.token("RS256", "r"))).status == 200
        for text in texts:
            (await ask(client, text)).problem(401, "unauthenticated")
    assert issuer.asked == 1


def hmac_signed(header: dict[str, object], issuer: Issuer, secret: bytes) -> str:
    claims = {"iss": issuer.name, "aud": "arena", "sub": "eve", "exp": 2**33, "roles": ["ops"]}
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    signed = b".".join(parts)
    return (signed + b"." + urlsafe_b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).rstrip(b"=")).decode()


async def test_an_issuer_that_is_down_costs_only_its_own_tokens(gateway: Gateway, issuer: Issuer) -> None:
    issuer.close()
    async with connected(gateway) as client:
        reply = await ask(client, issuer.token("RS256", "r"))
        told = str(reply.problem(503, "keys-unavailable")["detail"])
        assert issuer.name in told and "connect error" in told and reply.header("retry-after")
        assert (await ask(client, token("user"))).status == 200
        health = json.loads((await client.ask(get("/health"))).body)
        (row,) = health["issuers"]
        assert health["status"] == "degraded" and row["keys"] == 0 and row["error"] == "connect error"
        issuer.open()
        allow_another(gateway, issuer)
        assert (await ask(client, issuer.token("RS256", "r"))).status == 200
        health = json.loads((await client.ask(get("/health"))).body)
        assert health["status"] == "ok" and health["issuers"][0]["keys"] == 3 and health["issuers"][0]["error"] == ""


async def test_an_issuer_that_was_down_at_the_start_is_asked_again_by_itself(gateway: Gateway, issuer: Issuer) -> None:
    issuer.close()
    task = spawn(gateway.view.follow_access(), name="access")
    await eventually(lambda: "error" in source(gateway, issuer).verifier.trouble)
    issuer.open()
    await eventually(lambda: source(gateway, issuer).verifier.keys)
    await cancel(task)
    async with connected(gateway) as client:
        assert (await ask(client, issuer.token("RS256", "r"))).status == 200
    assert issuer.asked == 1


@pytest.mark.parametrize(
    "body", [b"<html>", b"{}", b'{"keys": []}', b'{"keys": [{"kty": "oct", "k": "AA"}]}', b" " * 300_000]
)
async def test_garbage_leaves_the_last_good_keys_in_use_and_is_told(
    gateway: Gateway, issuer: Issuer, body: bytes
) -> None:
    async with connected(gateway) as client:
        assert (await ask(client, issuer.token("RS256", "r"))).status == 200
        issuer.body = body
        allow_another(gateway, issuer)
        reply = await ask(client, issuer.token("RS256", "new"))
        reply.problem(503, "keys-unavailable")  # it may well be a new key: nobody can tell
        gateway.view._authenticator.forget()
        assert (await ask(client, issuer.token("RS256", "r"))).status == 200
        page = (await client.ask(get("/metrics"))).body.decode()
    assert f'arena_gateway_issuer_keys_stale{{issuer="{issuer.name}"}} 1' in page
    assert f'arena_gateway_issuer_fetches_total{{issuer="{issuer.name}",result="failed"}} 1' in page
    assert f'arena_gateway_issuer_keys{{issuer="{issuer.name}"}} 3' in page


async def test_stale_keys_go_out_of_use_in_the_end(start: Start, stub: Stub, issuer: Issuer) -> None:
    gateway = await start(stub.endpoint(), routes=ROUTES, issuers=(theirs(issuer, stale_if_error=100.0),))
    async with connected(gateway) as client:
        text = issuer.token("RS256", "r")
        assert (await ask(client, text)).status == 200
        issuer.close()
        found = source(gateway, issuer)
        found._upkeep = replace(found._upkeep, expires_at=time.monotonic())
        assert await gateway.view.access.refresh() is True
        gateway.view._authenticator.forget()
        (await ask(client, text)).problem(503, "keys-unavailable")


async def test_a_slow_issuer_holds_up_nobody_else_and_its_own_not_for_ever(
    gateway: Gateway, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer.gate.clear()
    async with connected(gateway) as waiting, connected(gateway) as client:
        await waiting.send(get("/", f"Authorization: Bearer {issuer.token('RS256', 'r')}\r\n".encode()))
        await eventually(lambda: issuer.asked == 1)
        assert (await ask(client, token("user"))).status == 200
        monkeypatch.setattr(remote, "MAX_WAITING", 1)
        (await ask(client, issuer.token("RS256", "r"))).problem(503, "keys-unavailable")
        issuer.gate.set()
        assert (await waiting.reply()).status == 200


async def test_a_page_waits_for_nobody(gateway: Gateway, issuer: Issuer) -> None:
    issuer.gate.clear()
    async with connected(gateway) as client:
        (await ask(client, issuer.token("RS256", "r"), "/services")).problem(503, "keys-unavailable")
    assert issuer.asked == 0


async def test_keys_of_the_same_id_are_all_tried(gateway: Gateway, issuer: Issuer) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    issuer.keys = [jwk("ES256", "same", other), jwk("ES256", "same"), jwk("RS256", "same")]
    async with connected(gateway) as client:
        for text in (
            issuer.token("ES256", "same"),
            issuer.token("ES256", "same", other),
            issuer.token("RS256", "same"),
        ):
            assert (await ask(client, text)).status == 200


async def test_a_reload_keeps_the_keys(gateway: Gateway, issuer: Issuer) -> None:
    async with connected(gateway) as client:
        assert (await ask(client, issuer.token("RS256", "r"))).status == 200
        issuer.close()
        settings = gateway.view.spec.settings
        narrowed = replace(theirs(issuer), algorithms=("RS256",), leeway=1.0)
        gateway.view.use_spec(replace(gateway.view.spec, settings=replace(settings, issuers=(Jwt(SECRET), narrowed))))
        assert (await ask(client, issuer.token("RS256", "r"))).status == 200
        (await ask(client, issuer.token("ES256", "e"))).problem(401, "unauthenticated")
        elsewhere = replace(narrowed, jwks=Jwks(issuer.url + "/else"))
        gateway.view.use_spec(replace(gateway.view.spec, settings=replace(settings, issuers=(elsewhere,))))
        (await ask(client, issuer.token("RS256", "r"))).problem(503, "keys-unavailable")


async def test_an_issuer_that_says_itself_where_its_keys_are(start: Start, stub: Stub) -> None:
    with issuing(jwk("ES256", "e")) as issuer:
        issuer.name = f"http://127.0.0.1:{issuer.port}"
        rule = Jwks(f"{issuer.name}/.well-known/openid-configuration", discovered_by=issuer.name)
        gateway = await start(
            stub.endpoint(), routes=ROUTES, issuers=(Jwt(issuer=issuer.name, algorithms=(), jwks=rule),)
        )
        async with connected(gateway) as client:
            assert (await ask(client, issuer.token("ES256", "e"))).status == 200
