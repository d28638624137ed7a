"""A how-to of docs/how-to, tried as a reader would: its YAML is used, its commands are run in a shell."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.e2e.conftest import Sandbox, sandbox

__all__ = ["HowTo", "Try", "sandbox"]

PAGES = Path(__file__).resolve().parents[2] / "docs" / "how-to"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass
class HowTo:
    """One page in a sandbox. `swap` says which words of the page stand for others here; the gateway's usual address is
    replaced by the sandbox's own. Blocks are counted by language from 0, in the order of the page."""

    page: str
    sandbox: Sandbox
    swap: dict[str, str] = field(default_factory=dict)

    def blocks(self, language: str) -> list[str]:
        """The page's fenced blocks of this language."""
        text = (PAGES / f"{self.page}.md").read_text()
        return [self._swapped(block) for kind, block in _BLOCK.findall(text) if kind == language]

    def configure(self, *numbers: int) -> None:
        """Lay the page's YAML blocks over the arena.yaml of the sandbox, as a second file."""
        blocks = self.blocks("yaml")
        (self.sandbox.directory / "arena.override.yaml").write_text("\n".join(blocks[number] for number in numbers))

    def run(self, number: int, code: int | None = 0) -> str:
        """Run a `sh` block from first to last line, stopping at the first command that fails; what it printed. Variables it
        sets are there for the next block."""
        return self.shell(self.blocks("sh")[number], code)

    def shell(self, text: str, code: int | None = 0) -> str:
        """Run `text` as a `sh` block of the page."""
        kept = shlex.quote(str(self.sandbox.directory / ".variables"))
        script = f"set -aeuo pipefail\n[ -e {kept} ] && . {kept}\n{text}\nexport -p > {kept}\n"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.sandbox.directory,
            env={**os.environ, **self.sandbox.environment, "NO_COLOR": "1", "COLUMNS": "120", "PATH": _path()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=90,
            check=False,
        )
        assert code is None or done.returncode == code, f"exit {done.returncode}\n{script}\n{done.stdout}"
        return done.stdout

    def _swapped(self, block: str) -> str:
        address = f"127.0.0.1:{self.sandbox.port}"
        for word, other in {"localhost:8000": address, "127.0.0.1:8000": address, **self.swap}.items():
            block = block.replace(word, other)
        return block


Try = Callable[..., HowTo]


@pytest.fixture
def how_to(sandbox: Sandbox) -> Try:
    """`how_to("take-back-a-token", {"on the page": "here"})`: write the sandbox's arena.yaml first."""
    return lambda page, swap=None: HowTo(page, sandbox, dict(swap or {}))


def _path() -> str:
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
