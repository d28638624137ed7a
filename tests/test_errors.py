from __future__ import annotations

import pytest

from arena.errors import ArenaError, PartFailed, PortTaken, WaitTimeout, from_code


@pytest.mark.parametrize("kind", [ArenaError, PartFailed, PortTaken, WaitTimeout])
def test_an_error_is_rebuilt_from_its_code(kind: type[ArenaError]) -> None:
    again = from_code(kind.code, "what", hint="do", detail="seen")
    assert type(again) is kind
    assert (str(again), again.hint, again.detail) == ("what", "do", "seen")


def test_an_unknown_code_is_a_plain_failure() -> None:
    assert type(from_code("of-tomorrow", "what")) is ArenaError


def test_no_two_errors_share_a_code() -> None:
    kinds: list[type[ArenaError]] = [ArenaError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    codes = [
        kind.code for kind in kinds if "code" in vars(kind)
    ]  # a finer kind of the same failure may inherit its code
    assert len(codes) == len(set(codes))
