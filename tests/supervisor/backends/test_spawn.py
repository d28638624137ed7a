"""Starting, and the errors of not starting."""

import os
import signal
from dataclasses import replace

import pytest

from arena.errors import PartFailed
from arena.supervisor.backends.spawn import spawn

from .conftest import make_launch


def run(launch):
    pid = spawn(launch)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), launch.output.read_text()


def test_it_runs_in_its_folder_with_its_environment_alone(tmp_path):
    launch = make_launch(tmp_path, "web-1", "sh", "-c", "pwd; echo $COLOUR $HOME; echo loud >&2; cat", COLOUR="red")
    assert run(launch) == (0, f"{tmp_path}\nred\nloud\n")
    assert launch.output.stat().st_mode & 0o777 == 0o600


def test_output_is_appended(tmp_path):
    launch = make_launch(tmp_path, "web-1", "echo", "two")
    launch.output.write_text("one\n")
    assert run(launch)[1] == "one\ntwo\n"


def test_it_leads_a_session_of_its_own(tmp_path):
    pid = spawn(make_launch(tmp_path, "web-1", "sleep", "60"))
    assert os.getsid(pid) == os.getpgid(pid) == pid
    os.kill(pid, 9)
    os.waitpid(pid, 0)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_what_we_ignore_it_hears(tmp_path, number):
    before = signal.signal(number, signal.SIG_IGN)
    try:
        assert run(make_launch(tmp_path, "web-1", "sh", "-c", f"kill -{number.value} $$"))[0] == -number
        os.kill(os.getpid(), number)  # which we still ignore
    finally:
        signal.signal(number, before)


def test_a_program_may_lie_in_the_services_folder(tmp_path):
    script = tmp_path / "run.sh"
    script.write_text("#!/bin/sh\necho here\n")
    script.chmod(0o755)
    assert run(make_launch(tmp_path, "web-1", "./run.sh"))[1] == "here\n"


def refusal(launch):
    with pytest.raises(PartFailed) as caught:
        spawn(launch)
    return caught.value


def test_an_unknown_program_is_named_with_the_places_looked_in(tmp_path):
    error = refusal(make_launch(tmp_path, "web-1", "uvicron", PATH="/opt/a:/opt/b"))
    assert error.message == "web-1 cannot start: no program named 'uvicron'"
    assert "command of web" in error.hint
    assert "/opt/a, /opt/b" in error.hint


def test_a_missing_folder_is_named(tmp_path):
    error = refusal(replace(make_launch(tmp_path, "web-1", "true"), directory=str(tmp_path / "gone")))
    assert str(tmp_path / "gone") in error.message
    assert "arena.yaml" in error.hint


def test_a_missing_and_an_unexecutable_path(tmp_path):
    assert f"there is no program {tmp_path / 'run.sh'}" in refusal(make_launch(tmp_path, "web-1", "./run.sh")).message
    (tmp_path / "run.sh").touch(mode=0o600)
    error = refusal(make_launch(tmp_path, "web-1", "./run.sh"))
    assert "is not executable" in error.message
    assert error.hint == f"chmod +x {tmp_path / 'run.sh'}"


def test_a_script_without_interpreter(tmp_path):
    script = tmp_path / "run.sh"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    assert "#!/bin/sh" in refusal(make_launch(tmp_path, "web-1", "./run.sh")).hint


def test_nothing_is_left_open_or_running_after_a_refusal(tmp_path):
    before = os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd") else []  # noqa: PTH110, PTH208  # plain names
    refusal(make_launch(tmp_path, "web-1", "nothing"))
    after = os.listdir("/proc/self/fd") if before else []  # noqa: PTH208
    assert len(after) == len(before)
