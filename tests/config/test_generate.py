"""docs/generate.py is no package's module; its test lives with the models it reads."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_check_names_the_stale_files_and_writing_mends_them(
    generate: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main(["--check"], tmp_path) == 1
    assert "schemas/arena.schema.json is stale" in capsys.readouterr().out
    assert generate.main([], tmp_path) == 0
    assert generate.main(["--check"], tmp_path) == 0
    (tmp_path / "docs/reference/arena-yaml.md").write_text("old")
    capsys.readouterr()
    assert generate.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out.count("stale") == 1


def test_the_page_has_a_row_for_every_key(generate: ModuleType) -> None:
    page, schema = generate.arena_yaml_page(), generate.json_schema()
    for section in (schema, *schema["definitions"].values()):
        for key, value in section["properties"].items():
            assert f"| `{key}` |" in page
            assert value.get("description", "").replace("|", "\\|") in page


def test_every_link_of_a_policy_or_filter_leads_to_a_section(generate: ModuleType) -> None:
    titles = re.findall(r"^## (.+)$", generate.arena_yaml_page(), re.MULTILINE)
    linked = {section for sections in generate.theory.SECTIONS.values() for section in sections}
    assert linked <= set(titles)
    assert set(generate.theory.SECTIONS) <= {name for name, _ in generate.theory._modules()}


def test_a_page_has_the_theory_and_leads_back_to_the_code(generate: ModuleType) -> None:
    pages = dict(generate.FILES)
    page = pages["docs/reference/policy/breaker.md"]()
    assert "half-open   m trials at most" in page and "## Breaker" in page
    assert "[`services.<name>.routes[].breaker`](../arena-yaml.md#servicesnameroutesbreaker)" in page
    for name, make in generate.FILES:
        for target in re.findall(r"\]\(([\w./-]+\.(?:md|py))", make()) if "/reference/" in name else ():
            assert (ROOT / name).parent.joinpath(target).resolve().is_file(), (name, target)
