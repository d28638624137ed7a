from __future__ import annotations

from collections.abc import Callable

import pytest

from arena.config import Loaded

TEXT = "services: {a: {command: x}, b: {command: x, profiles: [ml, gpu]}, c: {command: x, profiles: debug}}"


@pytest.mark.parametrize(
    ("profiles", "names"), [((), "a"), (("gpu",), "ab"), (("ml", "debug"), "abc"), (("*",), "abc"), (("nope",), "a")]
)
def test_active(load: Callable[..., Loaded], profiles: tuple[str, ...], names: str) -> None:
    loaded = load(TEXT, profiles=profiles)
    assert "".join(service.name for service in loaded.project.services) == names
    assert len(loaded.notes) == ("nope" in profiles)


def test_an_unknown_profile_is_noted_with_the_nearest(load: Callable[..., Loaded]) -> None:
    (note,) = load(TEXT, profiles=["debgu"]).notes
    assert (note.message, note.hint) == ("no service has the profile 'debgu'", "did you mean 'debug'?")
