import stat
from pathlib import Path

from arena.auth import folder


def test_every_folder_made_is_private_and_the_others_stay_as_they_are(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for _ in range(2):
        folder.make(tmp_path / "a" / "b")
    assert [stat.S_IMODE(each.stat().st_mode) for each in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")] == [
        0o755, 0o700, 0o700,
    ]  # fmt: skip
