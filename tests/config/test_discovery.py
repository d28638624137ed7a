from __future__ import annotations

from pathlib import Path

import pytest

from arena.config import discovery
from arena.config.report import Report
from arena.errors import ConfigError


def test_the_search_goes_upward_and_takes_the_override_beside_the_file(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "arena.yml").touch()
    (tmp_path / "arena.override.yaml").touch()
    (deep / "arena.override.yaml").touch()  # not beside the file: not read
    assert discovery.find((), deep) == (tmp_path / "arena.yml", tmp_path / "arena.override.yaml")
    (tmp_path / "a" / "arena.yaml").touch()
    assert discovery.find((), deep) == (tmp_path / "a" / "arena.yaml",)


def test_named_files_are_taken_as_they_are(tmp_path: Path) -> None:
    assert discovery.find([Path("x.yaml"), Path("/y.yaml")], tmp_path) == (tmp_path / "x.yaml", Path("/y.yaml"))


def test_a_project_has_one_directory_however_it_is_reached(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (real / "arena.yaml").touch()
    (tmp_path / "link").symlink_to(real)
    assert discovery.find((), tmp_path / "link") == (real / "arena.yaml",)
    for file in ("real/arena.yaml", "link/arena.yaml", "real/../link/arena.yaml"):
        assert discovery.find([Path(file)], tmp_path) == (real / "arena.yaml",)


def test_a_folder_above_that_may_not_be_looked_into_is_passed_over(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No arena\.yaml"):
        discovery.find((), tmp_path / ("x" * 5000))


def test_no_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No arena\.yaml") as caught:
        discovery.find((), tmp_path)
    assert "arena init" in caught.value.hint


def test_labels_are_relative_inside_the_folder_only(tmp_path: Path) -> None:
    assert discovery.label(tmp_path / "s" / "x", tmp_path) == "s/x"
    assert discovery.label(Path("/elsewhere/x"), tmp_path) == "/elsewhere/x"


def test_unreadable_files_are_problems(tmp_path: Path) -> None:
    report = Report()
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    (tmp_path / "huge").write_bytes(b"#" * (discovery.MAX_BYTES + 1))
    for name in ("latin", "huge", "missing", "."):
        assert discovery.read(tmp_path / name, name, report) is None
    said = [each.message for each in report.problems]
    assert [
        part in text for part, text in zip(("UTF-8", "larger", "does not exist", "cannot be read"), said, strict=True)
    ] == [True] * 4


def test_an_endless_file_is_read_to_the_limit_only(tmp_path: Path) -> None:
    report = Report()
    assert discovery.read(Path("/dev/zero"), "/dev/zero", report) is None
    assert "larger" in report.problems[0].message


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "bom").write_bytes(b"\xef\xbb\xbfa: 1")
    assert discovery.read(tmp_path / "bom", "bom", Report()) == "a: 1"
