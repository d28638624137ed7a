from __future__ import annotations

import json
from pathlib import Path

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.auth import identity, signing_key
from arena.auth.identity import GRACE, GRACE_BEGINS, RENEW, TTL, Identity

KEY = signing_key.make(1.0).public
WHOLE = Identity("web", (KEY,), 1000.0, ("worker",), ("/health",), {"db": "token"})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "web.json"
    for each in (WHOLE, Identity("web", (), 1.0), Identity("web", (), 1.0, ())):
        path.write_text(identity.write(each))
        assert identity.read(path) == each


def test_it_is_a_key_set_for_any_library() -> None:
    keys = jwt.PyJWKSet.from_dict(json.loads(identity.write(WHOLE)))
    assert [key.key_id for key in keys.keys] == [KEY.kid]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"service": "web"}', identity.write(WHOLE)[:-9], "null", "\0"])
def test_a_damaged_file_is_no_identity(tmp_path: Path, text: str) -> None:
    path = tmp_path / "web.json"
    path.write_text(text)
    with pytest.raises(ValueError):
        identity.read(path)


def test_while_the_daemon_lives_the_clock_is_the_clock() -> None:
    for after in (-5.0, 0.0, RENEW, GRACE_BEGINS):
        assert WHOLE.judged_at(1000.0 + after) == 1000.0 + after


def test_when_it_has_died_the_last_tokens_last_for_a_day_and_end() -> None:
    dead = 1000.0
    for after in (TTL, 3600.0, GRACE):
        assert WHOLE.judged_at(dead + after) < dead + TTL
    assert WHOLE.judged_at(dead + GRACE_BEGINS + GRACE + TTL) >= dead + TTL


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_judged_time_never_runs_backwards_nor_ahead(first: float, second: float) -> None:
    early, late = sorted((first, second))
    assert WHOLE.judged_at(early) <= WHOLE.judged_at(late) + 1e-6
    assert WHOLE.judged_at(late) <= late


def test_renewed_before_anything_expires_and_when_the_clock_was_set_back() -> None:
    assert not identity.due(1000.0, 1000.0)
    assert not identity.due(1000.0, 1000.0 + RENEW - 1)
    assert identity.due(1000.0, 1000.0 + RENEW)
    assert identity.due(1000.0, 900.0)
    assert RENEW < GRACE_BEGINS < TTL
