from __future__ import annotations

from arena.model.project import Project, RegistrySettings
from arena.model.service import Service


def test_a_service_is_found_by_name() -> None:
    project = Project("demo", "/p", services=(Service("a"), Service("b")))
    assert project.service("b") == Service("b")
    assert project.service("c") is None


def test_the_registry_has_a_url() -> None:
    assert RegistrySettings(port=1).url == "http://127.0.0.1:1"
