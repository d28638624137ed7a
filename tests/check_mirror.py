"""Fails when a module has no test file of its own: `runtime/arena/a/b.py` wants `tests/a/test_b.py`, and so on.

Left out: `__init__` and `__main__` (a package's door and a process's start are tested by what goes through them), and
modules that hold no function and no class of behaviour (`Protocol`s and frozen dataclasses without methods).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {
    ROOT / "runtime" / "arena": Path("tests"),
    ROOT / "arena_cli": Path("tests/arena_cli"),
    ROOT / "services": Path("tests/services"),
}


def main() -> int:
    """Print each module without a test file; 1 if there is one."""
    missing = [(module, test) for module, test in pairs() if not (ROOT / test).is_file()]
    for module, test in missing:
        print(f"{module.relative_to(ROOT)}: no test file {test}")
    return 1 if missing else 0


def pairs() -> Iterator[tuple[Path, Path]]:
    """Each module that does something, with the test file it should have."""
    for source, tests in SOURCES.items():
        for module in sorted(source.rglob("*.py")):
            if not module.stem.startswith("__") and behaves(ast.parse(module.read_text())):
                yield module, tests / module.relative_to(source).parent / f"test_{module.stem}.py"


def behaves(tree: ast.Module) -> bool:
    """True when the module has a function that is not a Protocol's outline."""
    return any(_functions(node) for node in tree.body)


def _functions(node: ast.stmt) -> bool:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return True
    if not isinstance(node, ast.ClassDef) or any(getattr(base, "id", "") == "Protocol" for base in node.bases):
        return False
    return any(isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)) for item in node.body)


if __name__ == "__main__":
    sys.exit(main())
