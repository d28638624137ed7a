"""The records: whole or not at all."""

import os
from dataclasses import replace

import pytest

from arena.model.address import Address
from arena.model.service import Probe
from arena.supervisor.backends.base import Handle
from arena.supervisor.instance import Instance
from arena.supervisor.records import RecordFile

from .conftest import workload

WEB = Instance(
    workload("web", "db", environment={"KEY": "value"}, probe=Probe(http="/")),
    2,
    status="running",
    health="healthy",
    address=Address("127.0.0.1", 20001),
    handle=Handle(12, "tick", "run"),
    started_at=5.0,
    restarts=3,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "instances.json"


def test_what_was_saved_comes_back_but_for_the_health(path):
    RecordFile(path).save([WEB, Instance(workload("db"), 1)])
    web, db = RecordFile(path).load()
    assert web.instance() == replace(WEB, health="none")
    assert web.instance().workload.spec_hash == WEB.workload.spec_hash
    assert db.instance().status == "stopped"
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_file_no_records(path):
    assert RecordFile(path).load() == ()


def test_a_change_of_health_alone_writes_nothing(path):
    file = RecordFile(path)
    file.save([WEB])
    path.unlink()
    file.save([replace(WEB, health="unhealthy", health_detail="503")])
    assert not path.exists()


def test_a_full_disk_leaves_the_old_file_and_is_tried_again(path, monkeypatch, caplog):
    file = RecordFile(path)
    file.save([WEB])
    real = os.fdopen
    monkeypatch.setattr("os.fdopen", lambda file, mode: real(os.open("/dev/full", os.O_WRONLY), mode))
    file.save([])
    assert "No space left" in caplog.text
    assert len(file.load()) == 1
    monkeypatch.undo()
    file.save([])
    assert file.load() == ()


@pytest.mark.parametrize("junk", [b"", b"{", b"\xff\xfe", b"3", b'{"a":1}', b'[{"index":1}]', b"[[]]", b"null"])
def test_junk_is_set_aside_and_said(path, junk, caplog):
    path.write_bytes(junk)
    assert RecordFile(path).load() == ()
    assert not path.exists()
    assert path.with_suffix(".unreadable").read_bytes() == junk
    assert "cannot be read" in caplog.text
