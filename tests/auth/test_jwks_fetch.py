from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.auth import jwks, jwks_fetch
from arena.auth.jwks_fetch import FetchFailed, fetch, fetch_keys
from arena.model.project import Jwks
from tests.issuer import issuing, jwk
from tests.pki import Authority
from tests.ports import free_port


async def test_the_document_and_how_long_it_may_be_kept() -> None:
    with issuing(jwk("ES256", "a")) as issuer:
        issuer.headers = {"cache-control": "public, max-age=600"}
        found = await fetch(issuer.url)
        assert json.loads(found.document)["keys"][0]["kid"] == "a" and found.max_age == 600


@pytest.mark.parametrize(
    ("status", "headers", "why"),
    [
        (500, {}, "it answers with HTTP 500"),
        (404, {}, "HTTP 404"),
        (302, {"location": "http://127.0.0.1:1/"}, "HTTP 302"),
        (204, {}, "HTTP 204"),
        (200, {"content-length": "999999"}, "remote protocol error"),
    ],
)
async def test_what_is_no_answer(status: int, headers: dict[str, str], why: str) -> None:
    with issuing() as issuer:
        issuer.status, issuer.headers = status, {"connection": "close", **headers}
        issuer.body = b"" if status == 204 else None
        with pytest.raises(FetchFailed, match=why):
            await fetch(issuer.url)


async def test_never_more_than_a_key_set_can_be() -> None:
    with issuing() as issuer:
        issuer.body = b" " * (jwks.MAX_DOCUMENT_BYTES + 1)
        with pytest.raises(FetchFailed, match="longer than 256 KiB"):
            await fetch(issuer.url)


async def test_a_slow_issuer_is_not_waited_for_for_ever() -> None:
    with issuing() as issuer:
        issuer.gate.clear()
        with pytest.raises(FetchFailed, match=r"no answer within 0\.3 s"):
            await fetch(issuer.url, 0.3)


async def test_nobody_there() -> None:
    with pytest.raises(FetchFailed, match="connect error") as caught:
        await fetch(f"http://127.0.0.1:{free_port()}/keys")
    assert "127.0.0.1" not in str(caught.value)


async def test_a_proxy_of_the_environment_does_not_hear_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with issuing(jwk("ES256")) as issuer:
        assert (await fetch(issuer.url)).document


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", None),
        ("public", None),
        ("max-age=60", 60.0),
        ('Public,Max-Age="7"', 7.0),
        ("s-maxage=5", None),
        ("no-store, max-age=60", 0.0),
        ("no-cache", 0.0),
        ("max-age=-5", None),
        ("max-age=soon", None),
        ("x-max-age=5", None),
    ],
)
def test_cache_control(header: str, seconds: float | None) -> None:
    assert jwks_fetch.max_age(header) == seconds


@given(st.text())
def test_no_header_breaks_it(header: str) -> None:
    found = jwks_fetch.max_age(header)
    assert found is None or found >= 0


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:1/x", True),
        ("http://localhost/x", True),
        ("http://[::1]:5/", True),
        ("https://127.0.0.1.example.org/", False),
        ("https://login.example.org/", False),
        ("http://10.0.0.1/", False),
    ],
)
def test_what_is_this_machine(url: str, own: bool) -> None:
    assert jwks_fetch.is_loopback(url) is own


async def test_the_issuer_says_where_its_keys_are() -> None:
    with issuing(jwk("ES256", "a")) as issuer:
        url = issuer.url.replace("/keys", "/.well-known/openid-configuration")
        found = await fetch_keys(Jwks(url, discovered_by=issuer.name))
        assert json.loads(found.document)["keys"][0]["kid"] == "a" and issuer.asked == 2
        with pytest.raises(FetchFailed, match="does not name it as the issuer"):
            await fetch_keys(Jwks(url, discovered_by="https://another.example.org"))


@pytest.mark.parametrize(
    ("found", "configured", "good"),
    [
        ({"issuer": "i", "jwks_uri": "https://keys.example.org/k"}, "https://i/", True),
        ({"issuer": "i", "jwks_uri": "http://127.0.0.1:1/k"}, "http://127.0.0.1/", True),
        ({"issuer": "i", "jwks_uri": "http://keys.example.org/k"}, "https://i/", False),
        ({"issuer": "i", "jwks_uri": "http://keys.example.org/k"}, "http://127.0.0.1/", False),
        ({"issuer": "i", "jwks_uri": "http://10.0.0.1/k"}, "http://10.0.0.1/", True),
        ({"issuer": "i", "jwks_uri": "file:///etc/passwd"}, "https://i/", False),
        ({"issuer": "i", "jwks_uri": "https://a b"}, "https://i/", False),
        ({"issuer": "i", "jwks_uri": ["https://a"]}, "https://i/", False),
        ({"issuer": "i"}, "https://i/", False),
        ({"issuer": "i/", "jwks_uri": "https://a/"}, "https://i/", False),
        ([], "https://i/", False),
        ("[" * 10_000, "https://i/", False),
    ],
)
def test_what_an_openid_configuration_may_say(found: object, configured: str, good: bool) -> None:
    text = found.encode() if isinstance(found, str) else json.dumps(found).encode()
    rule = Jwks(configured, discovered_by="i")
    if good:
        assert jwks_fetch.locate(text, rule).startswith("http")
    else:
        with pytest.raises(FetchFailed):
            jwks_fetch.locate(text, rule)


@pytest.fixture
def fresh_trust() -> Iterator[None]:
    jwks_fetch._trust.cache_clear()
    yield
    jwks_fetch._trust.cache_clear()


@pytest.mark.usefixtures("fresh_trust")
async def test_who_is_at_the_other_end_has_to_prove_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    with issuing(jwk("ES256", "a"), tls=authority.issue("issuer", "127.0.0.1").context()) as issuer:
        with pytest.raises(FetchFailed, match="certificate not trusted"):
            await fetch(issuer.url)
        jwks_fetch._trust.cache_clear()
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.cert))
        assert (await fetch(issuer.url)).document
    another = authority.issue("another", "other.example.org").context()
    with issuing(tls=another) as issuer, pytest.raises(FetchFailed, match="certificate not trusted"):
        await fetch(issuer.url)
