"""Waiting ends, one way or the other."""

import pytest

from arena.testing.eventually import eventually


async def test_it_asks_until_true():
    answers = iter([False, None, True])
    await eventually(lambda: next(answers))


async def test_it_fails_at_the_deadline():
    with pytest.raises(AssertionError, match=r"0\.02 s"):
        await eventually(lambda: False, within=0.02)
