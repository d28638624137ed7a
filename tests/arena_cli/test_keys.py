from __future__ import annotations

from pathlib import Path

import pytest

from arena.auth.api_key import KeyUse
from arena.auth.ledger import Ledger
from arena.errors import UsageError
from arena.model.layout import StateLayout
from arena.model.project import Project
from arena_cli import keys


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project("demo", str(tmp_path))


@pytest.fixture
def layout(project: Project) -> StateLayout:
    return StateLayout.of(project.directory, project.name)


def test_created_listed_and_revoked(project: Project, layout: StateLayout) -> None:
    assert keys.listing(layout) == ()
    one = keys.create(project, name="one", roles=("user",), ttl=60.0)
    two = keys.create(project, name="two", roles=(), ttl=None)
    Ledger(layout.api_keys_used, KeyUse).update(lambda _: [KeyUse(one.id, 5.0)])
    assert [(key.id, key.name, key.roles, key.last_used_at) for key in keys.listing(layout)] == [
        (one.id, "one", ("user",), 5.0),
        (two.id, "two", (), None),
    ]
    assert keys.revoke(layout, one.id).name == "one"
    assert keys.revoke(layout, "two").key_id == two.id
    assert keys.listing(layout) == ()


def test_the_key_itself_is_nowhere_on_disk(project: Project, layout: StateLayout) -> None:
    made = keys.create(project, name="one", roles=(), ttl=None)
    files = [path for path in layout.root.parent.rglob("*") if path.is_file()]
    assert layout.api_keys in files
    assert not any(made.key[6:].encode() in path.read_bytes() for path in files)


def test_one_name_may_have_several_keys_and_then_takes_an_id_to_revoke(project: Project, layout: StateLayout) -> None:
    made = [keys.create(project, name="one", roles=(), ttl=None) for _ in range(2)]
    with pytest.raises(UsageError, match="has 2 keys") as caught:
        keys.revoke(layout, "one")
    assert all(key.id in caught.value.hint for key in made)
    keys.revoke(layout, made[0].id)
    assert [key.id for key in keys.listing(layout)] == [made[1].id]


def test_an_unknown_key_cannot_be_revoked(layout: StateLayout) -> None:
    with pytest.raises(UsageError, match="there is no API key 'x'"):
        keys.revoke(layout, "x")
