"""What wrk prints, read."""

from __future__ import annotations

import pytest

from benchmarks.load import parse

OUTPUT = """Running 2s test @ http://127.0.0.1:47013/bench/item
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   834.15us  216.22us   6.31ms   94.22%
    Req/Sec    36.62k     1.24k   37.91k    90.00%
  Latency Distribution
     50%  812.00us
     75%    0.85ms
     90%    0.98ms
     99%    1.49ms
  72894 requests in 2.00s, 18.84MB read
Requests/sec:  36436.80
Transfer/sec:      9.42MB
"""


def test_a_clean_run() -> None:
    load = parse(OUTPUT)
    assert (load.requests, load.seconds, load.p50, load.p99) == (72894, 2.0, 0.812, 1.49)
    assert (load.failed, load.broken) == (0, 0)
    assert load.rate == 36447.0


@pytest.mark.parametrize(
    ("printed", "milliseconds"), [("950.00us", 0.95), ("17.20ms", 17.2), ("1.30s", 1300.0), ("0.50m", 30_000.0)]
)
def test_every_unit_becomes_milliseconds(printed: str, milliseconds: float) -> None:
    assert parse(OUTPUT.replace("1.49ms", printed)).p99 == pytest.approx(milliseconds)


def test_a_long_run_is_printed_in_minutes() -> None:
    assert parse(OUTPUT.replace("in 2.00s", "in 1.50m")).seconds == 90.0


def test_refused_replies_and_broken_connections_are_counted() -> None:
    bad = OUTPUT + "  Socket errors: connect 1, read 20, write 300, timeout 4000\n  Non-2xx or 3xx responses: 77\n"
    load = parse(bad)
    assert (load.failed, load.broken) == (77, 4321)


@pytest.mark.parametrize(
    "junk", ["", "unable to connect to 127.0.0.1:1 Connection refused\n", OUTPUT.split("Latency Dist", maxsplit=1)[0]]
)
def test_anything_else_is_refused(junk: str) -> None:
    with pytest.raises(ValueError, match="wrk"):
        parse(junk)


def test_a_run_without_percentiles_is_refused() -> None:
    with pytest.raises(ValueError, match="50th percentile"):
        parse("  5 requests in 2.00s, 1.00KB read\n")
