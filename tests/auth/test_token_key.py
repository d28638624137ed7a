from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.auth import token_key
from arena.auth.errors import TokenKeyUnknown
from arena.auth.jwt import Verifier
from arena.auth.token import issue
from arena.auth.token_key import TokenKey
from arena.errors import ConfigError, UsageError
from arena.model.project import Jwt

NOW = 1_700_000_000.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "token-keys.json"


def accepts(path: Path, token: str, now: float) -> bool:
    verifier = Verifier(Jwt())
    verifier.keys = token_key.key_set((key.secret for key in token_key.load(path, now)), Jwt())
    try:
        return verifier.verify(token, now).subject == "ann"
    except TokenKeyUnknown:
        return False


def signed(key: TokenKey) -> str:
    return issue(key.secret, subject="ann", ttl=10 * 86400, now=NOW).token


def test_a_key_is_made_once_and_kept_private(path: Path) -> None:
    assert token_key.load(path) == ()
    first = token_key.load_or_create(path)
    assert token_key.load_or_create(path) == first and len(first.secret) >= 43
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700


def test_those_who_race_get_the_same_key(path: Path) -> None:
    found: list[TokenKey] = []
    threads = [threading.Thread(target=lambda: found.append(token_key.load_or_create(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1


def test_the_old_key_is_good_until_the_overlap_ends_and_not_a_moment_longer(path: Path) -> None:
    old = token_key.load_or_create(path)
    rotation = token_key.rotate(path, 60.0, NOW)
    assert rotation.present.secret != old.secret and [key.kid for key in rotation.former] == [old.kid]
    assert token_key.load_or_create(path) == rotation.present
    assert accepts(path, signed(rotation.present), NOW) and accepts(path, signed(old), NOW + 59.9)
    assert not accepts(path, signed(old), NOW + 60) and accepts(path, signed(rotation.present), NOW + 60)


@pytest.mark.parametrize("overlap", [-1.0, 4e8, 1e15, float("inf"), float("nan")])
def test_an_overlap_that_makes_no_sense_changes_nothing(path: Path, overlap: float) -> None:
    old = token_key.load_or_create(path)
    with pytest.raises(UsageError, match="10 years"):
        token_key.rotate(path, overlap, NOW)
    assert token_key.load_or_create(path) == old


def test_without_an_overlap_everything_older_ends_at_once(path: Path) -> None:
    old = token_key.load_or_create(path)
    middle = token_key.rotate(path, 3600.0, NOW).present
    rotation = token_key.rotate(path, 0.0, NOW + 1)
    assert rotation.former == ()
    assert not accepts(path, signed(old), NOW + 1) and not accepts(path, signed(middle), NOW + 1)
    assert old.secret not in path.read_text() and middle.secret not in path.read_text()


@settings(deadline=None)  # it writes files, which takes as long as the machine is busy
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 200)), min_size=1, max_size=6))
def test_however_often_it_is_rotated(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[float, float]]
) -> None:
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    known = [token_key.load_or_create(path)]
    now, ends = NOW, {known[0].kid: float("inf")}
    for wait, overlap in steps:
        now += wait
        known.append(token_key.rotate(path, overlap, now).present)
        ends = {kid: min(end, now + overlap) for kid, end in ends.items()} | {known[-1].kid: float("inf")}
        good = token_key.load(path, now)
        assert good[0] == known[-1]
        assert {key.kid for key in good} == {kid for kid, end in ends.items() if end > now}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[{"secret": "short", "created_at": 1}]', "shorter than 32 bytes"),
        (f'[{{"secret": "{"x" * 40}", "created_at": 1, "until": 2}}]', "none of the token keys"),
        ("[{]", "is damaged"),
        ("{}", "is damaged"),
    ],
)
def test_a_file_that_cannot_be_used(path: Path, text: str, why: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=why):
        token_key.load(path)
    with pytest.raises(ConfigError, match=why):
        token_key.load_or_create(path)


def test_an_id_says_which_secret_and_nothing_of_it() -> None:
    one, two = "a" * 40, "b" * 40
    assert token_key.kid_of(one) == token_key.kid_of(one) != token_key.kid_of(two)
    assert len(token_key.kid_of(one)) == 12


def test_secrets_that_are_shared_with_other_programs_may_have_any_id() -> None:
    keys = token_key.key_set(["a" * 40, "b" * 40], Jwt())
    assert len(keys.candidates("theirs", "HS256")) == len(keys.candidates(None, "HS256")) == 2
    assert len(keys.candidates(token_key.kid_of("b" * 40), "HS256")) == 1
