"""An issuer of tokens that publishes its keys, as a real HTTP server of this machine."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

KEYS: dict[str, Any] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}
_WRITERS: dict[str, Any] = {"RS": RSAAlgorithm.to_jwk, "ES": ECAlgorithm.to_jwk, "Ed": OKPAlgorithm.to_jwk}


def jwk(algorithm: str, kid: str | None = None, private: Any = None, **more: object) -> dict[str, Any]:
    """The public half of a key as an issuer would publish it."""
    public = (private or KEYS[algorithm]).public_key()
    row = json.loads(_WRITERS[algorithm[:2]](public))
    return {**row, **({} if kid is None else {"kid": kid}), **more}


@dataclass
class Issuer:
    """`keys` is what it publishes. `body`, `status` and `headers` are there to be set to worse; a `gate` that is not set holds
    its answers back; `asked` counts the questions."""

    name: str = "https://login.example.org"
    keys: list[dict[str, Any]] = field(default_factory=list)
    body: bytes | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    gate: threading.Event = field(default_factory=threading.Event)
    asked: int = 0
    port: int = 0
    tls: ssl.SSLContext | None = None
    _server: ThreadingHTTPServer | None = None
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/keys"

    def token(self, algorithm: str = "RS256", kid: str | None = None, private: Any = None, **claims: object) -> str:
        told = {
            "iss": self.name,
            "aud": "arena",
            "sub": "ann",
            "exp": int(time.time()) + 60,
            "roles": ["user"],
            **claims,
        }
        headers = None if kid is None else {"kid": kid}
        return jwt.encode(told, private or KEYS[algorithm], algorithm, headers=headers)

    def answer(self, path: str) -> bytes:
        if path == "/.well-known/openid-configuration":
            return json.dumps({"issuer": self.name, "jwks_uri": self.url}).encode()
        return json.dumps({"keys": self.keys}).encode() if self.body is None else self.body

    def open(self) -> None:
        """Answer from now on, at the same port as before."""
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                issuer.asked += 1
                issuer.gate.wait(30)
                body = issuer.answer(self.path)
                self.send_response(issuer.status)
                for name, value in {"content-length": str(len(body)), **issuer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *about: object) -> None:
                pass  # a client that gave up

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        """Refuse connections from now on."""
        self.gate.set()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self._server = None


@contextmanager
def issuing(
    *keys: dict[str, Any], name: str = "https://login.example.org", tls: ssl.SSLContext | None = None
) -> Iterator[Issuer]:
    """An issuer that publishes `keys`."""
    issuer = Issuer(name, list(keys), tls=tls)
    issuer.open()
    try:
        yield issuer
    finally:
        issuer.close()
