"""HAProxy: a JWT checked as its manual shows, a stick table counting each subject, a JSON line for each request."""

from __future__ import annotations

import re

from benchmarks.contenders.base import Contender, first_line, require
from benchmarks.site import AUDIENCE, ISSUER, NEVER_REACHED, Site

# `log fd@1 format raw` writes each line straight to the output file: nothing is lost, and no other process spends time
# reading it. The algorithm is a constant, so that the token's own header decides nothing.
_CONFIG = """
global
  nbthread 1
  maxconn 8192
  log fd@1 len 2048 format raw local0 info
defaults
  mode http
  log global
  option http-keep-alive
  http-reuse always
  timeout connect 2s
  timeout client 300s
  timeout server 60s
  timeout http-keep-alive 300s
frontend edge
  bind 127.0.0.1:{port} backlog 4096
  http-request set-var(txn.sub) http_auth_bearer,jwt_payload_query('$.sub')
  http-request set-var(txn.iss) http_auth_bearer,jwt_payload_query('$.iss')
  http-request set-var(txn.aud) http_auth_bearer,jwt_payload_query('$.aud')
  http-request set-var(txn.exp) http_auth_bearer,jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless {{ http_auth_bearer,jwt_verify("HS256","{secret}") -m int 1 }}
  http-request deny deny_status 401 unless {{ var(txn.iss) -m str {issuer} }}
  http-request deny deny_status 401 unless {{ var(txn.aud) -m str {audience} }}
  http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) -m int lt 0 }}
  http-request track-sc0 var(txn.sub) table subjects
  http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt {limit} }}
  log-format {log_format}
  default_backend origin
backend subjects
  stick-table type string len 64 size 100k expire 1m store http_req_rate(1s)
backend origin
  server one 127.0.0.1:{origin}
"""

_LOG_FIELDS = {
    "at": '"%Ts.%ms"',
    "client": '"%ci"',
    "method": '"%HM"',
    "path": '"%HPO"',
    "status": "%ST",
    "bytes": "%B",
    "ms": "%Ta",
    "service": '"%b"',
    "endpoint": '"%si:%sp"',
    "principal": '"%[var(txn.sub)]"',
}


def _binary() -> str:
    return require("haproxy", "apt-get install haproxy")


def _version() -> str:
    return re.sub(r"^HAProxy version (\S+?)[-\s].*$", r"\1", first_line(_binary(), "-v"))


def _log_format() -> str:
    line = "{" + ",".join(f'"{name}":{value}' for name, value in _LOG_FIELDS.items()) + "}"
    return line.replace('"', '\\"').replace(" ", "\\ ")


def _launch(site: Site) -> tuple[str, ...]:
    file = site.folder / "haproxy.cfg"
    file.write_text(
        _CONFIG.format(
            port=site.port,
            origin=site.origin,
            secret=site.secret,
            issuer=ISSUER,
            audience=AUDIENCE,
            limit=NEVER_REACHED,
            log_format=_log_format(),
        )
    )
    return (_binary(), "-db", "-f", str(file))


HAPROXY = Contender(
    name="haproxy",
    title="HAProxy",
    does=("JWT HS256 with issuer, audience and expiry", "rate limit per subject (stick table)", "JSON access log"),
    version=_version,
    launch=_launch,
    guarded=True,
    logged=True,
    logs_to_output=True,
)
