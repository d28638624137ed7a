from __future__ import annotations

from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from arena_cli.traffic import Traffic, between, parse, read
from tests.arena_cli.fake import ROWS

PAGE = """\
# HELP arena_gateway_requests_total Requests answered, by route and status class.
# TYPE arena_gateway_requests_total counter
arena_gateway_requests_total{route="web",service="web",status="2xx"} 40
arena_gateway_requests_total{route="web-2",service="web",status="5xx"} 3
arena_gateway_requests_total{route="other",service="other",status="2xx"} 900
arena_gateway_fallbacks_total{route="web",fallback="static"} 5
arena_gateway_fallbacks_total{route="other",fallback="static"} 50
arena_gateway_faults_injected_total{route="web",fault="delay"} 2
arena_gateway_faults_injected_total{route="web-2",fault="abort"} 1
arena_gateway_retries_total 7
arena_gateway_request_duration_seconds_bucket{route="web",service="web",le="+Inf"} 40
"""


def test_a_page_is_read_for_one_service() -> None:
    found = parse(PAGE, "web")
    assert found == Traffic({"2xx": 40, "5xx": 3}, faults=3, fallbacks=5, retries=7)
    assert (found.total, found.failed) == (43, 3)
    assert parse(PAGE, "nobody").total == 0


def test_what_came_in_between_over_all_workers() -> None:
    before = {"a": Traffic({"2xx": 10}, 1, 0, 2), "b": Traffic({"2xx": 100}, 0, 0, 9)}
    after = {"a": Traffic({"2xx": 15, "5xx": 1}, 4, 1, 3), "b": Traffic({"2xx": 7}, 0, 0, 1)}
    # b was restarted: what it counted before is lost, what it counts now came in between.
    assert between(before, after) == Traffic({"2xx": 12, "5xx": 1}, 3, 1, 2)
    assert between(before, before) == Traffic({})
    assert between({}, {"new": Traffic({"2xx": 3})}) == Traffic({"2xx": 3})


class Metrics(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, *_words: object) -> None:
        pass


async def test_workers_that_do_not_answer_are_left_out() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Metrics)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        gateway = next(row for row in ROWS if row.kind == "gateway")
        up = replace(gateway, instance="gateway-1", endpoint=f"127.0.0.1:{server.server_address[1]}")
        down = replace(gateway, instance="gateway-2", endpoint="127.0.0.1:1")
        found = await read((up, down, *(row for row in ROWS if row.kind == "service")), "web")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert list(found) == ["gateway-1"]
    assert found["gateway-1"].total == 43
