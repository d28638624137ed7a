"""A peer that is handicapped, or does not do its work, is found out."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import check
from benchmarks.check import OriginCount
from benchmarks.process import Broken

STATUS = "Active connections: 3 \nserver accepts handled requests\n 17 16 12345 \nReading: 0 Writing: 1 Waiting: 2 \n"


def test_the_origin_counts_connections_and_requests() -> None:
    assert check.parse_status(STATUS) == OriginCount(connections=17, requests=12345)


def test_a_page_that_is_not_the_status_page_is_refused() -> None:
    with pytest.raises(Broken, match="status page"):
        check.parse_status("<html>404</html>")


def test_kept_connections_pass() -> None:
    check.reuse(OriginCount(10, 100), OriginCount(42, 10_133), served=10_000)


def test_a_connection_for_each_request_is_a_handicap() -> None:
    with pytest.raises(Broken, match="opened 10000 connections"):
        check.reuse(OriginCount(0, 0), OriginCount(10_000, 10_000), served=10_000)


def test_replies_that_never_reached_the_origin_are_not_proxied() -> None:
    with pytest.raises(Broken, match="forwarded 12"):
        check.reuse(OriginCount(0, 0), OriginCount(1, 12), served=10_000)


@pytest.mark.parametrize("lines", [100, 132])
def test_a_log_may_hold_what_was_in_flight(tmp_path: Path, lines: int) -> None:
    check.log(_log(tmp_path, '{"status":200}\n' * lines), served=100, slack=32)


@pytest.mark.parametrize("lines", [0, 99, 133])
def test_a_log_that_lost_or_invented_lines_is_refused(tmp_path: Path, lines: int) -> None:
    with pytest.raises(Broken, match=f"{lines} access-log lines for 100"):
        check.log(_log(tmp_path, '{"status":200}\n' * lines), served=100, slack=32)


def test_other_output_is_not_counted(tmp_path: Path) -> None:
    check.log(_log(tmp_path, "[warning] something\n" + '{"status":200}\n' * 5), served=5, slack=0)


def test_a_log_that_is_not_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="not JSON"):
        check.log(_log(tmp_path, '{"status":200}\n{"status":\n'), served=2, slack=0)


def test_no_log_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="0 access-log lines"):
        check.log(tmp_path / "absent.log", served=2, slack=0)


def _log(folder: Path, text: str) -> Path:
    file = folder / "access.log"
    file.write_text(text)
    return file
