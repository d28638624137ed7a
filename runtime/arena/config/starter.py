"""The arena.yaml that `arena init` writes."""

from __future__ import annotations

import re
import unicodedata

_TEXT = """\
# yaml-language-server: $schema=./.arena/schema.json
#
# One project. `arena up` starts it, `arena config` shows what Arena understood, `arena down` stops it.
name: {name}

gateway:
  port: ${{ARENA_API_PORT:-8000}}

services:
  hello:
    # Replace this with your own service. It finds its port in the variable PORT; ${{PORT}} works in the command, too.
    command:
      - python3
      - -uc
      - |
        import os
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        class Hello(BaseHTTPRequestHandler):
            def do_GET(self):
                body = b"hello from arena\\n"
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Hello).serve_forever()
    healthcheck: {{http: /health, interval: 5s}}
    routes:
      # curl http://localhost:8000/hello needs no token. Remove `auth: none` and callers need one: `arena token issue`.
      - {{path: /hello, strip_path: true, auth: none}}

  # What runs elsewhere is routed to and probed, never started:
  # search:
  #   url: http://127.0.0.1:9101
  #   healthcheck: {{http: /health}}
  #   routes: [{{path: /search, roles: [user]}}]
"""


def text(name: str) -> str:
    """A small commented project that loads and runs as it is. `name` is brought into the shape of a project's name."""
    return _TEXT.format(name=project_name(name))


def project_name(text: str) -> str:
    """Any text, such as a folder's name, as a project's name: lower-case letters without their accents, digits, `_` and `-`;
    at most 63. "project" when nothing is left."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9_-]+", "-", letters).strip("-_")[:63] or "project"
