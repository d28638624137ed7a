"""The reference of policies and filters, a page each, drawn from the docstrings above the code: the theory is written once."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

RUNTIME = Path(__file__).resolve().parent.parent / "runtime" / "arena"
_KINDS = {"policy": RUNTIME / "policy", "filter": RUNTIME / "gateway" / "filters"}
_BANNER = "<!-- Written by docs/generate.py from {source}. Do not edit. -->"

# Where arena.yaml speaks of it: sections of arena-yaml.md. What is not here has no key of its own.
SECTIONS = {
    "policy/access": ("roles.<name>",),
    "policy/path": ("roles.<name>", "services.<name>.routes[]"),
    "policy/rewrite": ("services.<name>.routes[].rewrite",),
    "policy/breaker": ("services.<name>.routes[].breaker",),
    "policy/balance": ("services.<name>.traffic",),
    "policy/latency": ("services.<name>.traffic",),
    "policy/rotation": ("services.<name>.traffic",),
    "policy/rendezvous": ("services.<name>.traffic",),
    "policy/weight": ("services.<name>.traffic", "services.<name>.url[]"),
    "policy/membership": ("services.<name>.traffic",),
    "policy/retry": ("services.<name>.traffic.retries", "services.<name>.routes[].retries"),
    "policy/backoff": ("services.<name>.restart",),
    "policy/threshold": ("services.<name>.healthcheck",),
    "policy/split": ("services.<name>.routes[].split[]",),
    "policy/bulkhead": ("gateway.concurrency[]",),
    "policy/concurrency": ("gateway.concurrency[].adaptive",),
    "policy/limit/booking": ("gateway.rate_limits[]",),
    "filter/tokens": ("gateway.rate_limits[]",),
    "filter/tokens_shared": ("state", "gateway.rate_limits[]"),
    "filter/body": ("services.<name>.routes[].request.body", "services.<name>.routes[].response.body"),
    "policy/deadline": ("services.<name>.routes[]",),
    "policy/limit/token_bucket": ("gateway.rate_limits[]",),
    "policy/limit/fixed_window": ("gateway.rate_limits[]",),
    "policy/limit/sliding_counter": ("gateway.rate_limits[]",),
    "policy/limit/sliding_log": ("gateway.rate_limits[]",),
    "policy/limit/limiter": ("gateway.rate_limits[]",),
    "filter/auth": ("gateway.auth", "gateway.auth.jwt", "services.<name>.routes[]"),
    "filter/permission": ("roles.<name>", "services.<name>.routes[]"),
    "filter/limit": ("gateway.rate_limits[]",),
    "filter/limit_shared": ("state", "gateway.rate_limits[]"),
    "filter/limit_key": ("gateway.rate_limits[]", "services.<name>.traffic"),
    "filter/transform": ("services.<name>.routes[].request", "services.<name>.routes[].response"),
    "filter/header": ("services.<name>.routes[].request.headers",),
    "filter/query": ("services.<name>.routes[].rewrite.query",),
    "filter/template": ("services.<name>.routes[].request.headers",),
    "filter/split": ("services.<name>.routes[].split[]",),
    "filter/mirror": ("services.<name>.routes[].mirror",),
}


def files() -> list[tuple[str, Callable[[], str]]]:
    """Every page, and the index, with what writes it."""
    pages = [(f"docs/reference/{name}.md", partial(_page, name, path)) for name, path in _modules()]
    return [("docs/reference/README.md", _index), *pages]


def _modules() -> Iterator[tuple[str, Path]]:
    for kind, folder in _KINDS.items():
        for path in sorted(folder.rglob("*.py")):
            if path.name != "__init__.py":
                yield f"{kind}/{path.relative_to(folder).with_suffix('')}", path


def _index() -> str:
    lines = [
        _BANNER.format(source="the pages beside it"),
        "# Reference",
        "",
        "* [arena.yaml](arena-yaml.md): every key",
    ]
    lines.append("* [The command line](cli.md): every command")
    for kind, title in (("policy", "Policies"), ("filter", "Filters")):
        about = {
            "policy": "what decides; each is pure, and time is an argument",
            "filter": "the steps of a route's chain",
        }
        lines += ["", f"## {title}: {about[kind]}", ""]
        lines += [
            f"* [{name.partition('/')[2]}]({name}.md): {_summary(path)}"
            for name, path in _modules()
            if name.startswith(kind)
        ]
    return "\n".join(lines) + "\n"


def _summary(path: Path) -> str:
    """The first sentence of the module's docstring."""
    first = " ".join(_docstring(ast.parse(path.read_text())).split("\n\n")[0].split())
    return first.partition(". ")[0].removesuffix(".").removesuffix(":")


def _page(name: str, path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    source = f"runtime/arena/{path.relative_to(RUNTIME)}"
    up = "../" * (name.count("/") + 2)
    parts = [_BANNER.format(source=source), f"# {name.rpartition('/')[2]}", _docstring(tree)]
    if sections := SECTIONS.get(name):
        links = ", ".join(f"[`{each}`]({up[:-6]}arena-yaml.md#{_anchor(each)})" for each in sections)
        parts.append(f"In arena.yaml: {links}.")
    parts += [part for node in tree.body for part in _public(node)]
    parts.append(f"Source: [{source}]({up}{source}).")
    return "\n\n".join(parts) + "\n"


def _docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> str:
    return inspect.cleandoc(ast.get_docstring(node, clean=False) or "")


def _anchor(title: str) -> str:
    """As GitHub makes it from a heading."""
    return "".join(char for char in title.lower().replace(" ", "-") if char.isalnum() or char in "-_")


def _public(node: ast.stmt) -> Iterator[str]:
    """The heading and docstring of a public class or function, and of a class's public methods."""
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
        yield f"## {_signature(node)}"
        yield _docstring(node)
        for inner in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_") and ast.get_docstring(inner):
                yield f"`{_signature(inner)}`: {_docstring(inner)}"


def _signature(node: ast.ClassDef | ast.FunctionDef) -> str:
    if isinstance(node, ast.ClassDef):
        return node.name
    result = f" → {ast.unparse(node.returns)}" if node.returns is not None else ""
    names = [
        each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs) if each.arg != "self"
    ]
    return f"{node.name}({', '.join(names)}){result}"
