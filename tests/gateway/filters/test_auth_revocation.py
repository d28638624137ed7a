"""gateway.filters.auth: tokens that were taken back."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from arena.auth.ledger import Ledger
from arena.auth.revocation import Revocation
from arena.model.project import Jwt
from arena.model.route import Route
from arena.tasks import cancel, spawn
from tests.gateway.kit import PATIENCE, SECRET, THEIRS, Start, Stub, bearer, connected, get, theirs

ROUTES = (Route("any", "web", "/"),)


async def test_revoked_tokens_are_out_within_a_second_by_id_and_by_subject(
    start: Start, stub: Stub, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "revoked.json", Revocation)
    gateway = await start(stub.endpoint(), routes=ROUTES)
    gateway.view.use_spec(replace(gateway.view.spec, revoked_file=str(ledger.path)))
    follow = spawn(gateway.view.follow_access(), name="access")
    now = int(time.time())
    one, other = (bearer("user", sub="ann", jti=jti, iat=now - 5) for jti in "ab")
    bob = bearer("user", sub="bob", jti="c", iat=now - 5)
    async with connected(gateway) as client:

        async def status(credential: bytes) -> int:
            return (await client.ask(get("/x", credential))).status

        async def refused(credential: bytes) -> float:
            began = time.monotonic()
            while await status(credential) != 401:
                assert time.monotonic() < began + PATIENCE
                await asyncio.sleep(0.01)
            return time.monotonic() - began

        assert [await status(each) for each in (one, other, bob)] == [200, 200, 200]
        ledger.update(lambda rows: [Revocation("token", "a", now)])
        assert await refused(one) < 1.0
        assert [await status(each) for each in (other, bob)] == [200, 200]
        ledger.update(lambda rows: [*rows, Revocation("subject", "ann", now)])
        assert await refused(other) < 1.0
        assert [await status(each) for each in (one, bob)] == [401, 200]
        assert await status(bearer("user", sub="ann", iat=now + 1)) == 200
        detail = str((await client.ask(get("/x", one))).problem(401, "unauthenticated")["detail"])
        assert "revoked" in detail
    await cancel(follow)


async def test_a_reload_forgets_no_revocation(start: Start, stub: Stub, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "revoked.json", Revocation)
    ledger.update(lambda rows: [Revocation("token", "a", 1)])
    gateway = await start(stub.endpoint(), routes=ROUTES)
    async with connected(gateway) as client:
        for _ in range(2):
            gateway.view.use_spec(replace(gateway.view.spec, revoked_file=str(ledger.path)))
            assert (await client.ask(get("/x", bearer("user", jti="a")))).status == 401


async def test_a_token_that_claims_to_be_of_the_future_neither_gets_in_nor_outlives_a_revocation(
    start: Start, stub: Stub, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "revoked.json", Revocation)
    now = int(time.time())
    ledger.update(lambda rows: [Revocation("subject", "ann", now)])
    gateway = await start(stub.endpoint(), routes=ROUTES, issuers=(Jwt(SECRET), THEIRS))
    gateway.view.use_spec(replace(gateway.view.spec, revoked_file=str(ledger.path)))
    async with connected(gateway) as client:
        for make in (theirs, bearer):
            for ahead in (120, 86_400, 10**9):
                reply = await client.ask(get("/x", make("user", sub="ann", iat=now + ahead, ttl=10**10)))
                assert "from now" in str(reply.problem(401, "unauthenticated")["detail"])
        # Their clock may be ahead by a little, so that a token of now may be older than the revocation; ours may not.
        assert (await client.ask(get("/x", theirs("user", sub="ann", iat=now + 5)))).status == 401
        assert (await client.ask(get("/x", theirs("user", sub="bob", iat=now + 5)))).status == 200
        assert (await client.ask(get("/x", bearer("user", sub="ann", iat=now + 1)))).status == 200
    assert len(stub.asked) == 2
