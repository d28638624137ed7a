"""docs/how-to as a whole: every page is tried, and the index leads to every page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.conftest import PAGES

INDEX = (PAGES / "README.md").read_text()
NAMES = sorted(page.stem for page in PAGES.glob("*.md") if page.stem != "README")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_tried_and_found(name: str) -> None:
    assert (Path(__file__).parent / f"test_{name.replace('-', '_')}.py").is_file()
    assert f"({name}.md)" in INDEX
