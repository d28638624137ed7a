import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from arena.health import command


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", "-c", code)


@pytest.mark.parametrize(
    ("words", "ok", "detail"),
    [
        (python("print('a'); print('all well'); print()"), True, "exit code 0: all well"),
        (python("pass"), True, "exit code 0"),
        (python("import sys; sys.exit('no database')"), False, "exit code 1: no database"),
        (python("print('\\x1b[31mred'); raise SystemExit(3)"), False, "exit code 3: [31mred"),
        (python("import sys; sys.stdout.buffer.write(b'\\xff\\xfe')"), True, "exit code 0: \ufffd\ufffd"),
        (python("print('x' * 3_000_000)"), True, "exit code 0: " + "x" * 200),
        (python("import os; os.kill(os.getpid(), 9)"), False, "killed by signal 9"),
        (("/no/such/program",), False, "cannot run /no/such/program: No such file or directory"),
        ((str(Path(__file__).parent),), False, f"cannot run {Path(__file__).parent}: Permission denied"),
    ],
    ids=lambda value: str(value)[-30:],
)
async def test_a_command_is_judged_by_its_exit_code(words: tuple[str, ...], ok: bool, detail: str) -> None:
    assert await command.run(words, None, "") == (ok, detail)


async def test_directory_and_environment_are_given(tmp_path: Path) -> None:
    code = "import os; print(os.getcwd(), sorted(os.environ.items() - {('LC_CTYPE', 'C.UTF-8')}))"
    _, detail = await command.run(python(code), {"PORT": "1"}, str(tmp_path))
    assert detail == f"exit code 0: {tmp_path} [('PORT', '1')]"


async def test_a_folder_that_is_gone() -> None:
    ok, detail = await command.run(python("pass"), None, "/no/such/folder")
    assert not ok
    assert "No such file or directory" in detail


async def test_cancelled_the_whole_group_dies(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    started = asyncio.create_task(command.run(("/bin/sh", "-c", f"sleep 60 & echo $! > {note}; wait"), None, ""))
    deadline = time.monotonic() + 10
    while not (note.exists() and note.read_text().strip()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    grandchild = int(note.read_text())
    started.cancel()
    with pytest.raises(asyncio.CancelledError):
        await started
    while _alive(grandchild):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_a_grandchild_that_holds_the_pipe_delays_nothing() -> None:
    began = time.monotonic()
    ok, detail = await command.run(("/bin/sh", "-c", "sleep 3 & echo quick"), None, "")
    assert (ok, detail) == (True, "exit code 0: quick")
    assert time.monotonic() - began < 2.5


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")  # an orphan may stay a zombie where nobody reaps it
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")
