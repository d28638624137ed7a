from pathlib import Path

from arena.sdk.environment import IDENTITY_FILE
from arena.sdk.identity import of_process


def test_the_process_has_one_file_or_none(tmp_path: Path) -> None:
    assert of_process({}) is None
    assert of_process({IDENTITY_FILE: ""}) is None
    path = str(tmp_path / "web.json")
    found = of_process({IDENTITY_FILE: path})
    assert found is not None and found is of_process({IDENTITY_FILE: path})
