import tempfile
from pathlib import Path

import pytest
from ai_service.backends import llama
from ai_service.backends.native_log import NativeLog
from ai_service.backends.weights import Weights


def test_half_the_cores_and_at_least_one() -> None:
    assert 1 <= llama.threads() <= 64


def test_a_file_that_is_no_model_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A path too long for a socket address, in which the folder is not made.
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    before = set(Path("/tmp").glob("arena-llama-*"))
    junk = tmp_path / "junk.Q4_1.gguf"
    junk.write_bytes(b"GGUF" + bytes(64))
    capture = NativeLog()
    capture.start()
    try:
        with pytest.raises(RuntimeError):
            llama.load(Weights(junk, "junk", "Q4_1", "none"))
    finally:
        capture.stop()
    assert list(deep.iterdir()) == []
    assert set(Path("/tmp").glob("arena-llama-*")) <= before
