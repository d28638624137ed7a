"""sdk.caller: every way to claim to be somebody."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import jwt
import pytest
from starlette.datastructures import Headers

from arena.auth import signed, signing_key
from arena.auth.identity import GRACE, TTL
from arena.auth.signed import LEEWAY
from arena.sdk.caller import Caller, Callers
from arena.sdk.identity import IdentityFile
from arena.sdk.refusal import CallerRefused
from tests.sdk.kit import Daemon


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    daemon = Daemon(tmp_path / "web.json", "web")
    daemon.write(allow_from=("worker",))
    return daemon


@pytest.fixture
def callers(daemon: Daemon) -> Callers:
    return Callers(IdentityFile(daemon.path))


def refused(callers: Callers, headers: Mapping[str, str] | list[tuple[bytes, bytes]]) -> tuple[int, str]:
    given = Headers(raw=headers) if isinstance(headers, list) else Headers(headers)
    with pytest.raises(CallerRefused) as caught:
        callers.judge(given)
    return caught.value.status_code, str(caught.value.detail)


def judge(callers: Callers, headers: Mapping[str, str]) -> Caller:
    return callers.judge(Headers(headers))


def test_the_gateways_word_goes_before_a_service_token(callers: Callers, daemon: Daemon) -> None:
    both = daemon.service("worker") | daemon.gateway("ana")
    caller = judge(callers, both)
    assert caller.via == "gateway" and caller.principal and caller.principal.subject == "ana"


def test_a_forged_word_of_the_gateway_is_not_made_good_by_a_sound_token(callers: Callers, daemon: Daemon) -> None:
    status, why = refused(callers, daemon.service("worker") | {"x-arena-principal": "root"})
    assert status == 401 and "not a JWT" in why


def test_the_word_of_a_gateway_for_another_service_is_no_word(callers: Callers, daemon: Daemon) -> None:
    """A service replays what it was told of a caller."""
    assert "not meant for 'web'" in refused(callers, daemon.gateway("ana", audience="db"))[1]
    assert "not meant for 'web'" in refused(callers, daemon.service("worker", audience="db"))[1]


def test_a_service_token_is_no_word_of_the_gateway_and_the_other_way_round(callers: Callers, daemon: Daemon) -> None:
    """Otherwise a service could be the user of its own name, and a leaked introduction a service."""
    assert "not of the kind" in refused(callers, {"x-arena-principal": daemon.token("worker")})[1]
    leaked = daemon.gateway("worker")["x-arena-principal"]
    assert judge(callers, {"authorization": f"Bearer {leaked}"}) == Caller()
    judge(callers, {"x-arena-principal": leaked})  # now it is remembered
    assert judge(callers, {"authorization": f"Bearer {leaked}"}) == Caller()


def test_two_words_are_none(callers: Callers, daemon: Daemon) -> None:
    one = daemon.gateway("ana")["x-arena-principal"].encode()
    assert "twice" in refused(callers, [(b"x-arena-principal", one), (b"x-arena-principal", one)])[1]


def test_what_another_project_signed(callers: Callers, daemon: Daemon, tmp_path: Path) -> None:
    other = Daemon(tmp_path / "other.json", "web")
    for headers in (other.gateway("ana"), other.service("worker")):
        assert "a key that is not known here" in refused(callers, headers)[1]


def test_a_service_cannot_sign_with_what_it_holds(callers: Callers, daemon: Daemon) -> None:
    """Its own identity file has public keys; taken as an HMAC secret or as somebody's private key they open nothing."""
    x = daemon.key.public.x
    header = {"typ": signed.SERVICE, "kid": daemon.key.public.kid}
    claims = {"iss": "arena-daemon", "aud": "web", "sub": "worker", "exp": time.time() + 60}
    by_hmac = jwt.encode(claims, base64.urlsafe_b64decode(x + "="), "HS256", headers=header)
    assert "not signed with EdDSA" in refused(callers, {"authorization": f"Bearer {by_hmac}"})[1]
    own = signing_key.SigningKey(daemon.key.public, signing_key.make().private, 0.0)
    by_own = signed.sign(own, signed.SERVICE, "worker", "web", ttl=60, now=time.time())
    assert "signature" in refused(callers, {"authorization": f"Bearer {by_own}"})[1]


def test_expired(callers: Callers, daemon: Daemon) -> None:
    assert "expired" in refused(callers, daemon.gateway("ana", ttl=-LEEWAY - 2))[1]
    assert "expired" in refused(callers, daemon.service("worker", now=time.time() - TTL - LEEWAY - 2))[1]


def test_clocks_may_differ_by_half_a_minute(callers: Callers, daemon: Daemon) -> None:
    assert judge(callers, daemon.gateway("ana", ttl=-LEEWAY + 5)).via == "gateway"
    assert judge(callers, daemon.service("worker", now=time.time() + 20)).via == "service"


def test_once_verified_it_still_expires(daemon: Daemon, callers: Callers, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    headers = daemon.gateway("ana", ttl=60)
    assert judge(callers, headers).via == "gateway"
    monkeypatch.setattr("arena.sdk.caller.time", lambda: now + 60 + LEEWAY + 1)
    assert "expired" in refused(callers, headers)[1]


def test_while_the_daemon_is_dead_its_last_tokens_hold_for_a_day(daemon: Daemon, callers: Callers) -> None:
    died = time.time() - 5 * TTL
    daemon.write(allow_from=("worker",), renewed_at=died)
    last = daemon.service("worker", now=died)
    assert judge(callers, last).via == "service"
    assert "expired" in refused(callers, daemon.service("worker", now=died - TTL))[1]
    assert "expired" in refused(callers, daemon.gateway("ana", ttl=-TTL))[1]  # the gateway lives, and signs anew
    daemon.write(allow_from=("worker",), renewed_at=time.time() - GRACE - 2 * TTL)
    long_ago = daemon.service("worker", now=time.time() - GRACE - 2 * TTL)
    callers._file.look()  # type: ignore[union-attr]  # there is one
    assert "expired" in refused(callers, long_ago)[1]


def test_a_new_daemon_ends_that(daemon: Daemon, callers: Callers) -> None:
    died = time.time() - 5 * TTL
    daemon.write(allow_from=("worker",), renewed_at=died)
    last = daemon.service("worker", now=died)
    assert judge(callers, last).via == "service"
    daemon.write(allow_from=("worker",))
    callers._file.look()  # type: ignore[union-attr]  # there is one
    assert "expired" in refused(callers, last)[1]
    assert judge(callers, daemon.service("worker")).via == "service"


def test_a_new_key_is_known_at_its_first_use(daemon: Daemon, callers: Callers) -> None:
    old = daemon.key
    judge(callers, daemon.gateway("ana"))
    daemon.key = signing_key.make()
    daemon.write(keys=(old.public, daemon.key.public), allow_from=("worker",))
    assert judge(callers, daemon.gateway("ana")).via == "gateway"
    daemon.key = old
    assert judge(callers, daemon.gateway("ana")).via == "gateway"


def test_a_key_that_was_taken_away_is_not_remembered(daemon: Daemon, callers: Callers) -> None:
    headers = daemon.gateway("ana")
    assert judge(callers, headers).via == "gateway"
    leaked, daemon.key = daemon.key, signing_key.make()
    daemon.write(allow_from=("worker",))
    callers._file.look()  # type: ignore[union-attr]  # there is one
    assert leaked.public.kid != daemon.key.public.kid
    assert "not known here" in refused(callers, headers)[1]


def test_who_may_call_changes_without_a_restart(daemon: Daemon, callers: Callers) -> None:
    headers = daemon.service("worker")
    assert judge(callers, headers).via == "service"
    daemon.write(allow_from=())
    callers._file.look()  # type: ignore[union-attr]  # there is one
    assert refused(callers, headers)[0] == 403


def tokens_of_users() -> list[str]:
    part = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()).decode().rstrip("=")
    bearers = ["", "junk", f"{part}.{part}.x", "arena_abc", "x" * 9000]
    return ["", "Bearer", "Basic YTpi", *(f"Bearer {each}" for each in bearers)]


@pytest.mark.parametrize("value", tokens_of_users())
def test_a_users_own_token_proves_nothing_here(callers: Callers, value: str) -> None:
    assert judge(callers, {"authorization": value}) == Caller()


def test_memory_is_bounded(daemon: Daemon, callers: Callers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arena.sdk.caller._KEEP", 5)
    for n in range(20):
        judge(callers, daemon.gateway(f"user-{n}"))
    assert len(callers._heard) <= 5


@pytest.mark.parametrize(("told", "loaded"), [({"allow_from": ()}, True), ({}, False)])
def test_only_a_guarded_service_loads_the_cryptography_before_it_is_asked(
    daemon: Daemon, told: dict[str, object], loaded: bool
) -> None:
    daemon.write(**told)
    program = (
        "import sys; from pathlib import Path; from arena.sdk.caller import Callers; "
        "from arena.sdk.identity import IdentityFile; Callers(IdentityFile(Path(sys.argv[1]))).prepare(); "
        "print('cryptography' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(daemon.path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(loaded)


def test_what_cannot_be_read_is_not_said_before_somebody_asks(tmp_path: Path) -> None:
    Callers(IdentityFile(tmp_path / "none")).prepare()
    Callers(None).prepare()


def test_whose_subject_it_is(daemon: Daemon, callers: Callers) -> None:
    theirs = {"format": "iss_sub", "iss": "https://one", "sub": "ana"}
    ours, other = (judge(callers, daemon.gateway("ana", **claims)).principal for claims in ({}, {"sub_id": theirs}))
    assert ours is not None and other is not None
    assert (ours.issuer, other.issuer) == ("", "https://one") and ours != other
