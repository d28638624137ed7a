"""nginx twice: the origin behind everybody, and a bare proxy as the mark for how fast forwarding can be."""

from __future__ import annotations

import re

from benchmarks.ask import CHAT_REPLY, REPLY
from benchmarks.contenders.base import Contender, first_line, require
from benchmarks.site import Site

# One process without a master: one pid to measure and to end. The data path is the same.
_COMMON = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
  access_log off; sendfile on; client_max_body_size 0;
  keepalive_timeout 300s; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {http}
}}
"""

# `/read` takes a whole body before it answers: `return` alone would answer while it is still coming. The loop to itself is
# what nginx offers for that.
_ORIGIN = """
  upstream itself {{ server 127.0.0.1:{port}; keepalive 64; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ return 200 '{reply}'; }}
    location = /v1/chat/completions {{ return 200 '{chat}'; }}
    location /files/ {{ root {folder}; }}
    location = /read {{
      client_body_buffer_size 16m; proxy_pass_request_body off; proxy_set_header Content-Length "";
      proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://itself/;
    }}
    location = /nginx_status {{ stub_status; }}
  }}
"""

_PROXY = """
  upstream origin {{ server 127.0.0.1:{origin}; keepalive 64; keepalive_requests 1000000000; keepalive_timeout 300s; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
"""


def _binary() -> str:
    return require("nginx", "apt-get install nginx-light")


def _version() -> str:
    line = first_line(_binary(), "-v")
    return re.sub(r"^nginx version: nginx/", "", line)


def _command(site: Site, http: str) -> tuple[str, ...]:
    file = site.folder / "nginx.conf"
    file.write_text(_COMMON.format(folder=site.folder, http=http))
    return (_binary(), "-e", str(site.folder / "error.log"), "-p", str(site.folder), "-c", str(file))


def _launch_origin(site: Site) -> tuple[str, ...]:
    return _command(site, _ORIGIN.format(folder=site.folder, port=site.port, reply=REPLY, chat=CHAT_REPLY))


def _launch_proxy(site: Site) -> tuple[str, ...]:
    return _command(site, _PROXY.format(port=site.port, origin=site.origin))


ORIGIN = Contender(
    name="origin",
    title="nginx origin, no proxy",
    does=("the cheap reply itself, on the load's core",),
    version=_version,
    launch=_launch_origin,
    proxies=False,
)

NGINX = Contender(
    name="nginx",
    title="nginx bare",
    does=("forwarding alone", "upstream keep-alive"),
    version=_version,
    launch=_launch_proxy,
)
