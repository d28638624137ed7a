import logging
import os
import subprocess
import sys

import pytest
from ai_service.backends.native_log import NativeLog, emit

from tests.services.ai_service.conftest import FOLDER

IN_A_PROCESS = """
import logging, os, sys
from ai_service.backends.native_log import NativeLog

logging.basicConfig(stream=sys.stdout, level="DEBUG", format="LOG %(levelname)s %(message)s")
before = os.fstat(2)
capture = NativeLog()
capture.start()
os.write(2, b"0.00.002.024 E srv  start: bad\\n")
print("python's own", file=sys.stderr)
capture.stop()
capture.stop()
assert os.fstat(2) == before
os.write(2, b"after\\n")
print("python's own, after", file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("line", "level", "said"),
    [
        ("0.00.002.024 W srv          init: no key\n", logging.WARNING, "srv init: no key"),
        ("0.00.002.024 I srv x", logging.INFO, "srv x"),
        ("0.00.002.024 E srv x", logging.ERROR, "srv x"),
        ("0.00.002.024 D srv x", logging.DEBUG, "srv x"),
        ("ggml.c:12: GGML_ASSERT(x) failed", logging.WARNING, "ggml.c:12: GGML_ASSERT(x) failed"),
        ("100% %s %d", logging.WARNING, "100% %s %d"),
    ],
)
def test_a_line_keeps_its_level(caplog: pytest.LogCaptureFixture, line: str, level: int, said: str) -> None:
    caplog.set_level(logging.DEBUG, logger="llama.cpp")
    emit(line)
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [(level, said)]


def test_blank_lines_are_nothing(caplog: pytest.LogCaptureFixture) -> None:
    emit("\n")
    emit("0.00.002.024 I \n")
    assert caplog.records == []


def test_all_that_was_written_is_logged_by_the_time_it_stops(caplog: pytest.LogCaptureFixture) -> None:
    capture = NativeLog()
    capture.start()
    for number in range(500):
        os.write(2, b"line %d \xff\n" % number)
    os.write(2, b"unfinished")
    capture.stop()
    assert len(caplog.records) == 501
    assert caplog.records[-1].getMessage() == "unfinished"


def test_pythons_own_stderr_is_spared_and_the_descriptor_given_back() -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", IN_A_PROCESS],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,  # the output says more than the exit code
    )
    assert run.stdout == "LOG ERROR srv start: bad\n"
    assert run.stderr == "python's own\nafter\npython's own, after\n"
