"""THREAT_MODEL.md keeps up with the code where a machine can see that it must."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from arena.model.layout import StateLayout

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "THREAT_MODEL.md").read_text()
LISTENS = re.compile(
    r"\b(start_server|start_unix_server|create_server|create_unix_server|socket\.socket)\(|uvicorn\.(run|Server)\b"
)
STARTS = re.compile(
    r"\b(subprocess\.(Popen|run|call|check_output)|create_subprocess_(exec|shell)|os\.(exec\w+|fork|posix_spawn))\("
)


def sources() -> Iterator[Path]:
    for folder in ("runtime/arena", "arena_cli", "services"):
        for path in (ROOT / folder).rglob("*.py"):
            if "testing" not in path.parts:
                yield path


def modules_with(pattern: re.Pattern[str]) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in sources() if pattern.search(path.read_text()))


@pytest.mark.parametrize("module", modules_with(LISTENS))
def test_every_module_that_listens_is_a_door(module: str) -> None:
    assert f"`{module}`" in PAGE


@pytest.mark.parametrize("module", modules_with(STARTS))
def test_every_module_that_starts_programs_is_named(module: str) -> None:
    assert f"`{module}`" in PAGE


def test_the_modules_are_found() -> None:
    assert "runtime/arena/gateway/connection/listener.py" in modules_with(LISTENS)
    assert "runtime/arena/supervisor/backends/spawn.py" in modules_with(STARTS)


def test_every_secret_file_is_named() -> None:
    layout = StateLayout(Path("/state"))
    values = [getattr(layout, name) for name, value in vars(StateLayout).items() if isinstance(value, property)]
    secrets = [str(value.relative_to("/state")) for value in values if value.parent == layout.secrets]
    assert len(secrets) >= 6
    assert [name for name in secrets if f"`{name}`" not in PAGE] == []


def test_every_file_it_names_is_there() -> None:
    named = re.findall(r"`([\w/]+\.py|tests/[\w/]+)`", PAGE)
    places = [ROOT, ROOT / "runtime/arena", ROOT / "runtime/arena/auth"]
    assert len(named) > 15
    assert [name for name in named if not any((place / name).exists() for place in places)] == []
