from __future__ import annotations

import asyncio
import inspect
import os
import signal

import pytest

from arena_cli.invoke import Signalled, invocable, run


def test_the_signature_stays() -> None:
    async def command(word: str, *, number: int = 3) -> None:
        """Help."""

    wrapped = invocable(command)
    assert inspect.signature(wrapped) == inspect.signature(command) and wrapped.__doc__ == "Help."


def test_functions_and_coroutines_are_run() -> None:
    seen: list[str] = []

    def plain(word: str) -> None:
        seen.append(word)

    async def later(word: str) -> None:
        await asyncio.sleep(0)
        seen.append(word)

    invocable(plain)(word="plain")
    invocable(later)(word="later")
    assert seen == ["plain", "later"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_command_clean_up(number: signal.Signals) -> None:
    cleaned: list[bool] = []

    async def command() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.sleep(30)
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    with pytest.raises(Signalled) as caught:
        run(command())
    assert caught.value.number == number and cleaned == [True]


def test_an_error_comes_out_as_it_is() -> None:
    async def command() -> None:
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        run(command())
