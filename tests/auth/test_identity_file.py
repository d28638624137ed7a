from __future__ import annotations

import time
from pathlib import Path

import pytest

from arena.auth.identity_file import LOOK_SECONDS, IdentityFile, IdentityUnreadable
from tests.sdk.kit import Daemon


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    daemon = Daemon(tmp_path / "web.json", "web")
    daemon.write()
    return daemon


def test_a_renewed_file_is_seen_soon_and_not_at_every_request(daemon: Daemon) -> None:
    file = IdentityFile(daemon.path)
    first = file.current()
    daemon.write(tokens={"db": "new"})
    assert file.current() is first
    deadline = time.monotonic() + 20 * LOOK_SECONDS
    while file.current() is first:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert file.current().tokens == {"db": "new"}


@pytest.mark.parametrize("text", ["", '{"service": "we', "[]", '{"service": 1}'])
def test_half_a_file_leaves_the_last_good_one(daemon: Daemon, text: str, caplog: pytest.LogCaptureFixture) -> None:
    file = IdentityFile(daemon.path)
    good = file.look()
    daemon.path.write_text(text)
    assert file.look() is good and file.look() is good
    assert len(caplog.records) == 1
    daemon.path.unlink()
    assert file.look() is good
    daemon.write(tokens={"db": "t"})
    assert file.look().tokens == {"db": "t"}


def test_one_that_was_never_readable_is_an_error_until_it_is(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path / "web.json", "web")
    file = IdentityFile(daemon.path)
    for _ in range(2):
        with pytest.raises(IdentityUnreadable, match=r"web\.json cannot be read"):
            file.current()
    daemon.write()
    assert file.current().service == "web"
