"""docs/how-to/accept-tokens-of-another-issuer.md, tried."""

from __future__ import annotations

import json

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests import plain
from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox, poll
from tests.issuer import issuing, jwk

SERVICES = """
  web:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    routes: [{path: /web, strip_path: true, roles: [user]}]
"""
REALM = "https://login.example.org/realms/main"


def test_keys_at_a_url(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(SERVICES)
    with issuing(jwk("RS256", "k1"), jwk("EdDSA", "k2"), name=REALM) as issuer:
        page = how_to("accept-tokens-of-another-issuer", {f"{REALM}/protocol/openid-connect/certs": issuer.url})
        page.configure(0)
        sandbox.environment["TOKEN"] = issuer.token("RS256", "k1", aud="mobile", realm_access={"roles": ["user"]})
        told = page.run(0)
        assert "verified" in told and "not verified" not in told and '"path": "/"' in told
        assert plain.get(f"http://127.0.0.1:{sandbox.port}/web/").status_code == 401
        with sandbox.client() as client:  # our own tokens stay good
            assert client.get("/web/").status_code == 200
        (row,) = json.loads(page.run(1))["issuers"]
        assert (row["issuer"], row["keys"], row["stale"]) == (REALM, 2, False)


def test_keys_in_files(sandbox: Sandbox, how_to: Try) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (sandbox.directory / "issuer-private.pem").write_bytes(pem)
    (sandbox.directory / "issuer-keys.json").write_text(json.dumps({"keys": [jwk("ES256", "k", private)]}))
    page = how_to("accept-tokens-of-another-issuer")
    page.run(2)
    with issuing(name="https://login.example.org") as issuer:
        for block in (1, 2):
            sandbox.write(SERVICES)
            page.configure(block)
            text = issuer.token("ES256", "k", private)
            assert sandbox.arena("token", "inspect", text).stdout.startswith("verified")
            sandbox.arena("up", "-d")
            headers = {"authorization": f"Bearer {text}"}
            reply = poll(
                lambda headers=headers: plain.get(f"http://127.0.0.1:{sandbox.port}/web/", headers=headers),
                lambda reply: reply.status_code == 200,
            )
            assert reply.status_code == 200, reply.text
