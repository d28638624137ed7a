"""docs/how-to/serve-https.md, tried."""

from __future__ import annotations

import json
import ssl

import httpx

from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox
from tests.e2e.load import Load

SERVICES = """
  ai_service:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    routes: [{path: /ai_service, strip_path: true, roles: [user]}]
"""


def _trusting(sandbox: Sandbox) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(sandbox.directory / "certs" / "site.pem"))
    context.check_hostname = False
    return context


def test_the_page(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(SERVICES)
    page = how_to("serve-https", {"https://localhost:8000": f"https://localhost:{sandbox.port}"})
    page.configure(0)
    told = page.run(0)
    assert f"https://localhost:{sandbox.port}" in told, "and arena up names the address as it is now"
    assert "curl -sSk https://" in told
    assert '"status": "ok"' in told and '"expires"' in told
    assert sandbox.rows()["gateway-1"]["health"] == "healthy"
    pid = sandbox.rows()["gateway-1"]["pid"]
    assert '"status": "ok"' in page.run(1)
    page.configure(1)
    told = page.run(2)
    assert '"path": "/health"' in told, told
    (row,) = [row for row in sandbox.json("health") if row["instance"] == "gateway-1"]
    assert row["health"] == "healthy", "though whoever asks shows no certificate"
    assert sandbox.rows()["gateway-1"]["pid"] == pid, "none of this took a restart"


def test_tls_comes_and_goes_without_a_restart(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(SERVICES)
    sandbox.arena("up", "-d")
    url = f"http://127.0.0.1:{sandbox.port}/health"
    assert httpx.get(url).status_code == 200
    page = how_to("serve-https", {"https://localhost:8000": f"https://localhost:{sandbox.port}"})
    page.configure(0)
    page.run(0)
    with Load(sandbox.port, "/health", tls=_trusting(sandbox)) as load:
        sandbox.arena("restart", "gateway")
    assert load.outcomes["200"] > 50 and load.failed == 0, load.outcomes
    (sandbox.directory / "arena.override.yaml").unlink()
    sandbox.arena("up", "-d")
    assert json.loads(httpx.get(url).text)["status"] == "ok"
