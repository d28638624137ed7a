"""Variables and placeholders."""

import sys
from dataclasses import replace
from pathlib import Path

from arena.model.address import Address
from arena.supervisor.instance import Instance
from arena.supervisor.launch import fill, inherited, prepare

from .conftest import workload


def test_everything_is_filled_in():
    web = workload(
        "web",
        command=("serve", "--port=${PORT}", "${ARENA_SERVICE_NAME}", "${HOME}"),
        environment={"URL": "http://127.0.0.1:${PORT}/${ARENA_INSTANCE_ID}", "PORT": "no", "TOKEN": "mine"},
    )
    instance = Instance(web, 2, address=Address("127.0.0.1", 20001))
    launch = prepare(instance, "r1", Path("/spool"), {"PATH": "/bin", "TOKEN": "base"}, {"TOKEN": "given", "X": "1"})
    assert launch.command == ("serve", "--port=20001", "web", "${HOME}")
    assert launch.environment == {
        "PATH": "/bin",
        "X": "1",
        "TOKEN": "mine",
        "URL": "http://127.0.0.1:20001/web-2",
        "PORT": "20001",
        "ARENA_SERVICE_NAME": "web",
        "ARENA_INSTANCE_ID": "web-2",
    }
    assert (launch.workload, launch.instance, launch.run, launch.directory) == ("web", "web-2", "r1", "/")


def test_values_are_not_filled_twice():
    assert fill("${PORT}", {"PORT": "${ARENA_SERVICE_NAME}", "ARENA_SERVICE_NAME": "x"}) == "${ARENA_SERVICE_NAME}"


def test_what_an_instance_knows_of_itself_may_stand_in_its_command_and_other_names_may_not():
    web = workload("web", command=("run", "${SERVICE_DISCOVERY_URL}", "${ARENA_IDENTITY_FILE}", "${PATH}"))
    web = replace(web, environment={"SERVICE_DISCOVERY_URL": "http://registry"})
    launch = prepare(Instance(web, 1), "r1", Path("/spool"), {"PATH": "/bin"}, {"ARENA_IDENTITY_FILE": "t"})
    assert launch.command == ("run", "http://registry", "t", "${PATH}")


def test_little_is_inherited_and_this_interpreter_comes_first():
    base = inherited({"PATH": "/bin", "HOME": "/root", "AWS_SECRET_ACCESS_KEY": "x", "LC_ALL": "C", "PORT": "1"})
    assert base == {
        "PATH": f"{Path(sys.executable).parent}:/bin",
        "HOME": "/root",
        "LC_ALL": "C",
        "PYTHONUNBUFFERED": "1",
    }
    assert inherited({})["PATH"].startswith(str(Path(sys.executable).parent))
