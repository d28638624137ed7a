"""A service in the plainest Python: says who it is and what it was asked. Knows nothing of Arena but its variables."""

import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece; in two, the second would wait for the first to be acknowledged

    def do_GET(self):
        if self.path.startswith("/slow"):
            time.sleep(float(self.path.partition("=")[2] or 1))
        if self.path.startswith("/exit"):
            os._exit(3)
        length = int(self.headers.get("content-length", 0))
        told = {
            "instance": os.environ["ARENA_INSTANCE_ID"],
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": self.rfile.read(length).decode(),
            "word": os.environ.get("WORD", ""),
        }
        healthy = not Path(f"unwell-{told['instance']}").exists()
        self.answer(200 if healthy or self.path != "/health" else 503, json.dumps(told).encode())
        if self.path != "/health":
            trace = self.headers.get("traceparent", "").split("-")
            print(
                json.dumps({"level": "info", "event": "echoed", "trace_id": trace[1] if len(trace) > 1 else ""}),
                flush=True,
            )

    do_POST = do_GET  # noqa: N815  # the name is the library's

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("echo starts", flush=True)
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Echo).serve_forever()
