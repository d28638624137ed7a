import json
import stat
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from arena.auth.ledger import Ledger, signature
from arena.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    count: int = 0


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger[Row]:
    return Ledger(tmp_path / "secrets" / "rows.json", Row)


def test_no_file_is_an_empty_list(ledger: Ledger[Row]) -> None:
    assert ledger.read() == ()
    assert signature(ledger.path) is None
    assert not ledger.path.parent.exists()


def test_what_is_written_is_read_and_private(ledger: Ledger[Row]) -> None:
    assert ledger.update(lambda rows: (*rows, Row("a", 1))) == (Row("a", 1),)
    ledger.update(lambda rows: (*rows, Row("b")))
    assert ledger.read() == (Row("a", 1), Row("b"))
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (ledger.path, *ledger.path.parent.iterdir())]
    assert set(modes) == {0o600}
    assert stat.S_IMODE(ledger.path.parent.stat().st_mode) == 0o700


def test_every_change_shows_in_the_signature(ledger: Ledger[Row]) -> None:
    seen = {signature(ledger.path)}
    for name in "abcd":  # the same length each time, and likely within one tick of the file system's clock
        ledger.update(lambda rows, name=name: [Row(name)])  # type: ignore[misc]
        assert signature(ledger.path) not in seen
        seen = {signature(ledger.path)}


def test_a_change_that_fails_changes_nothing(ledger: Ledger[Row]) -> None:
    ledger.update(lambda rows: [Row("a")])

    def fail(rows: Iterable[Row]) -> list[Row]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ledger.update(fail)
    assert ledger.read() == (Row("a"),)
    ledger.update(lambda rows: rows)  # the lock is free again


@pytest.mark.parametrize(
    "content",
    ["", "{", "{}", "null", "[1]", '[{"name": 1}]', '[{"count": 1}]', "[" * 100_000, '"x"', "\x00"],
)
def test_a_damaged_file_is_neither_read_nor_overwritten(ledger: Ledger[Row], content: str) -> None:
    ledger.update(lambda rows: rows)
    ledger.path.write_text(content)
    for act in (ledger.read, lambda: ledger.update(lambda rows: rows)):
        with pytest.raises(ConfigError, match="is damaged"):
            act()
    assert ledger.path.read_text() == content


def test_a_file_that_others_can_read_is_refused(ledger: Ledger[Row]) -> None:
    ledger.update(lambda rows: rows)
    ledger.path.chmod(0o644)
    with pytest.raises(ConfigError, match="others can read"):
        ledger.read()


def test_a_folder_in_its_place_is_a_config_error(ledger: Ledger[Row]) -> None:
    ledger.path.mkdir(parents=True)
    with pytest.raises(ConfigError, match="cannot be read"):
        ledger.read()


def test_a_file_where_the_folder_should_be_is_a_config_error(ledger: Ledger[Row]) -> None:
    ledger.path.parent.write_text("")
    assert signature(ledger.path) is None
    with pytest.raises(ConfigError, match="cannot be written"):
        ledger.update(lambda rows: rows)


_ADD = """
import sys
from dataclasses import dataclass
from pathlib import Path
from arena.auth.ledger import Ledger, signature

@dataclass(frozen=True)
class Row:
    name: str
    count: int = 0

for n in range(20):
    Ledger(Path(sys.argv[1]), Row).update(lambda rows: (*rows, Row(sys.argv[2], n)))
"""


def test_processes_at_once_lose_nothing(ledger: Ledger[Row]) -> None:
    children = [subprocess.Popen([sys.executable, "-c", _ADD, str(ledger.path), name]) for name in "abc"]
    assert [child.wait() for child in children] == [0, 0, 0]
    rows = ledger.read()
    assert sorted((row.name, row.count) for row in rows) == [(name, n) for name in "abc" for n in range(20)]
    assert {each.name for each in ledger.path.parent.iterdir()} == {"rows.json", ".rows.json.lock"}
    assert json.loads(ledger.path.read_text())[0].keys() == {"name", "count"}
