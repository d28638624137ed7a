"""gateway.tls: what the listener shows, and what happens when its files change."""

from __future__ import annotations

import datetime
import json
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from arena.errors import ConfigError
from arena.gateway.connection.tls import Tls
from arena.model.tls import KeyPair, ListenerTls
from tests.gateway.connection.test_arrival import greeted
from tests.gateway.kit import Client, Gateway, Start, eventually, get
from tests.pki import Authority, Pair


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def site(authority: Authority) -> Pair:
    return authority.issue("site", "localhost")


def settings(pair: Pair, **more: object) -> ListenerTls:
    return ListenerTls((KeyPair(str(pair.cert), str(pair.key)),), **more)  # type: ignore[arg-type]  # passed through


def replace(old: Pair, new: Pair) -> None:
    """As a renewal does it: each file is replaced in one step, one after the other."""
    new.cert.replace(old.cert)
    new.key.replace(old.key)


def test_the_context_is_strict(site: Pair) -> None:
    context = Tls(settings(site)).context
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_NONE
    assert context.options & ssl.OP_NO_RENEGOTIATION and context.options & ssl.OP_NO_COMPRESSION
    older = [cipher["name"] for cipher in context.get_ciphers() if cipher["protocol"] != "TLSv1.3"]
    assert older and all(name.startswith("ECDHE-") and ("GCM" in name or "POLY1305" in name) for name in older)
    assert Tls(settings(site, min_version="1.3")).context.minimum_version == ssl.TLSVersion.TLSv1_3


def test_files_that_cannot_be_used_are_an_error_that_names_them(
    authority: Authority, site: Pair, tmp_path: Path
) -> None:
    other = authority.issue("other")
    with pytest.raises(ConfigError, match="the key does not belong to the certificate"):
        Tls(settings(Pair(site.cert, other.key)))
    with pytest.raises(ConfigError, match=r"nowhere\.pem.*no such file"):
        Tls(settings(Pair(tmp_path / "nowhere.pem", site.key)))
    with pytest.raises(ConfigError, match=r"nowhere\.pem.*no such file"):
        Tls(settings(site, client_ca=str(tmp_path / "nowhere.pem"), client_auth="required"))
    key = serialization.load_pem_private_key(site.key.read_bytes(), None)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    site.key.write_bytes(key.private_bytes(*form, serialization.BestAvailableEncryption(b"secret")))
    with pytest.raises(ConfigError, match="encrypted"):
        Tls(settings(site))


def test_new_files_are_used_and_bad_ones_leave_the_old_in_force(authority: Authority, site: Pair) -> None:
    tls = Tls(settings(site))
    before = tls.context
    assert not tls.refresh()
    longer = authority.issue("site", "localhost", ends=datetime.timedelta(days=9))
    was = tls.expires
    longer.cert.replace(site.cert)
    assert not tls.refresh(), "the key is still the old one's"
    assert tls.context is before and tls.expires == was
    assert "the key does not belong to the certificate" in tls.problem
    longer.key.replace(site.key)
    assert tls.refresh()
    assert tls.context is not before and tls.expires > was and tls.problem == ""
    site.key.unlink()
    assert not tls.refresh()
    assert "no such file" in tls.problem


async def test_the_next_client_sees_the_new_certificate_and_those_inside_stay(
    start: Start, authority: Authority, site: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = await start(tls=settings(site))
    async with greeted(gateway, authority.client()) as inside:
        first = serial(inside)
        site.key.write_text("half of a k")
        await refresh(gateway, changed=False)
        health = (await inside.ask(get("/health"))).json
        assert health["status"] == "degraded"
        assert "cannot be used" in json.dumps(health["tls"])
        assert "going on with the last good certificate" in caplog.text
        async with greeted(gateway, authority.client()) as client:
            assert serial(client) == first
        replace(site, authority.issue("site", "localhost"))
        await refresh(gateway, changed=True)
        async with greeted(gateway, authority.client()) as client:
            assert serial(client) != first
            page = (await client.ask(get("/metrics"))).body.decode()
            assert "arena_gateway_tls_certificate_stale 0" in page
        assert "problem" not in (await inside.ask(get("/health"))).json["tls"]  # type: ignore[operator]  # a table


async def refresh(gateway: Gateway, *, changed: bool) -> None:
    tls = gateway.plane.tls
    assert tls is not None
    assert tls.refresh() is changed


def serial(client: Client) -> str:
    return str(client.writer.get_extra_info("peercert")["serialNumber"])


async def test_the_gateway_looks_by_itself(start: Start, authority: Authority, site: Pair) -> None:
    from arena.tasks import cancel, spawn

    gateway = await start(tls=settings(site))
    follow = spawn(gateway.view.follow_access(), name="access")
    before = gateway.plane.tls.context if gateway.plane.tls else None
    replace(site, authority.issue("site", "localhost"))
    await eventually(lambda: gateway.plane.tls is not None and gateway.plane.tls.context is not before)
    await cancel(follow)
