import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from arena.auth import secret
from arena.errors import ConfigError


def test_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "state" / "secrets" / "jwt"
    first = secret.load_or_create(path)
    assert len(first) >= 43
    assert secret.load_or_create(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)] == [0o700, 0o700]
    assert list(path.parent.iterdir()) == [path]


def test_a_wide_umask_changes_nothing(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        secret.load_or_create(tmp_path / "a" / "jwt")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a" / "jwt").stat().st_mode) == 0o600


def test_processes_that_race_get_the_same_secret(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from arena.auth.secret import load_or_create; sys.stdin.readline();"
        "print(load_or_create(Path(sys.argv[1])))"
    )
    command = [sys.executable, "-I", "-c", code, str(tmp_path / "secrets" / "jwt")]
    racers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    answers = {racer.communicate(timeout=30)[0] for racer in racers}
    assert len(answers) == 1
    assert len(answers.pop().strip()) >= 43


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o622])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "jwt"
    path.write_text("x" * 64)
    path.chmod(mode)
    with pytest.raises(ConfigError) as error:
        secret.load_or_create(path)
    assert f"chmod 600 {path}" in error.value.hint


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b" " * 99, b"\xff" * 64])
def test_a_file_without_a_strong_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "jwt"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError) as error:
        secret.load_or_create(path)
    assert str(path) in error.value.message


def test_a_folder_in_its_place_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        secret.load_or_create(tmp_path)


@pytest.mark.parametrize("given", ["", "é" * 15, "x" * 31])
def test_length_is_counted_in_bytes(given: str) -> None:
    with pytest.raises(ConfigError, match="the key"):
        secret.check_strength(given, "the key")
    secret.check_strength("é" * 16, "the key")
