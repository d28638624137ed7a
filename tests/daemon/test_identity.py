"""daemon.identity: the files that services read, over days, deaths and new keys."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest

from arena.auth import errors, identity, signed, signing_key
from arena.auth.identity import GRACE_BEGINS, RENEW, TTL, Identity
from arena.auth.signed import DAEMON, LEEWAY, SERVICE
from arena.auth.signing_key import LIFETIME, OVERLAP
from arena.daemon import launch
from arena.daemon.identity import LOOK_SECONDS, Identities
from arena.errors import ConfigError
from arena.model.address import Address
from arena.model.layout import StateLayout
from arena.model.project import Project
from arena.model.service import Probe, Service
from arena.tasks import cancel, spawn
from arena.testing.clock import ManualClock

WORKER = Service("worker", ("run",))
BILLING = Service("billing", ("run",), allow_from=("worker",), probe=Probe("/ready?deep=1"))
VAULT = Service("vault", ("run",), allow_from=())
FAR = Service("far", urls=(Address("127.0.0.1", 1),))
PROJECT = Project("demo", "/p", services=(WORKER, BILLING, VAULT, FAR))


@pytest.fixture
def layout(tmp_path: Path) -> StateLayout:
    layout = StateLayout.of(tmp_path, "demo")
    launch.prepare(layout)
    return layout


class Wall(ManualClock):
    """A clock that can be set, as people and NTP do."""

    def set(self, by: float) -> None:
        self._seconds += by


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def identities(layout: StateLayout, wall: Wall) -> Identities:
    made = Identities(layout, wall)
    made.follow(PROJECT)
    return made


def of(layout: StateLayout, service: str) -> Identity:
    return identity.read(layout.identity(service))


def shown(layout: StateLayout, caller: str, callee: str, at: float) -> str:
    """Who `callee` takes the bearer of `caller`'s token for."""
    token, judge = of(layout, caller).tokens[callee], of(layout, callee)
    return signed.verify(token, judge.keys, (SERVICE,), callee, judge.judged_at(at)).principal.subject


def test_exactly_the_pairs_that_were_named_get_tokens(identities: Identities, layout: StateLayout, wall: Wall) -> None:
    assert set(of(layout, "worker").tokens) == {"billing", "registry"}
    assert set(of(layout, "billing").tokens) == set(of(layout, "vault").tokens) == {"registry"}
    assert shown(layout, "worker", "billing", wall.now()) == "worker"
    with pytest.raises(errors.TokenWrongAudience):
        signed.verify(of(layout, "worker").tokens["billing"], of(layout, "vault").keys, (SERVICE,), "vault", wall.now())


def test_each_can_speak_for_itself_to_the_registry(identities: Identities, layout: StateLayout, wall: Wall) -> None:
    for name in ("worker", "billing", "vault"):
        assert shown(layout, name, "registry", wall.now()) == name
    assert of(layout, "registry").tokens == {}
    wall.set(RENEW)
    identities.refresh()
    assert shown(layout, "worker", "registry", wall.now() + TTL - 1) == "worker"


def test_the_daemon_shows_itself_for_a_minute_even_before_it_followed_anything(
    identities: Identities, layout: StateLayout, wall: Wall
) -> None:
    for daemon in (identities, Identities(layout, wall)):
        own = daemon.own("registry")
        told = signed.verify(own, of(layout, "registry").keys, (DAEMON,), "registry", wall.now())
        assert told.principal.subject == "arena-daemon"
        with pytest.raises(errors.TokenExpired):
            signed.verify(own, of(layout, "registry").keys, (DAEMON,), "registry", wall.now() + 60 + LEEWAY)
    wall.set(LIFETIME)
    identities.refresh()
    assert signed.verify(identities.own("gateway"), of(layout, "registry").keys[1:], (DAEMON,), "gateway", wall.now())


def test_without_a_key_the_daemon_has_nothing_to_show(layout: StateLayout, wall: Wall) -> None:
    with pytest.raises(ConfigError, match="no key to sign with"):
        Identities(layout, wall).own("registry")


def test_each_is_told_who_may_call_and_what_stays_open(identities: Identities, layout: StateLayout) -> None:
    assert of(layout, "worker").allow_from is None
    assert of(layout, "billing").allow_from == ("worker",)
    assert of(layout, "vault").allow_from == ()
    assert of(layout, "billing").open_paths == ("/health", "/metrics", "/ready")
    assert not layout.identity("far").exists()


def test_private_and_without_any_private_key(identities: Identities, layout: StateLayout) -> None:
    secret = json.loads(layout.signing_keys.read_text())[0]["private"]
    assert stat.S_IMODE(layout.identities.stat().st_mode) == 0o700
    for file in layout.identities.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert secret not in file.read_text()
    assert stat.S_IMODE(layout.signing_keys.stat().st_mode) == 0o600


def test_renewed_in_time_again_and_again(identities: Identities, layout: StateLayout, wall: Wall) -> None:
    first = of(layout, "worker").tokens["billing"]
    wall.set(RENEW - 1)
    identities.refresh()
    assert of(layout, "worker").tokens["billing"] == first
    for _ in range(10):
        wall.set(RENEW)
        identities.refresh()
        assert shown(layout, "worker", "billing", wall.now() + TTL - 1) == "worker"
    assert of(layout, "worker").tokens["billing"] != first
    with pytest.raises(errors.TokenExpired):
        signed.verify(first, of(layout, "billing").keys, (SERVICE,), "billing", wall.now())


def test_while_no_daemon_lives_the_last_tokens_hold_and_the_next_one_renews(
    identities: Identities, layout: StateLayout, wall: Wall
) -> None:
    wall.set(20 * TTL)
    assert shown(layout, "worker", "billing", wall.now()) == "worker"
    old = of(layout, "worker").tokens["billing"]
    after = Identities(layout, wall)
    after.follow(PROJECT)
    assert of(layout, "billing").judged_at(wall.now()) == wall.now()
    assert shown(layout, "worker", "billing", wall.now()) == "worker"
    with pytest.raises(errors.TokenExpired):
        signed.verify(old, of(layout, "billing").keys, (SERVICE,), "billing", wall.now() - GRACE_BEGINS)


def test_a_clock_set_back_renews_at_once(identities: Identities, layout: StateLayout, wall: Wall) -> None:
    wall.set(-86400.0)
    identities.refresh()
    assert of(layout, "worker").renewed_at == wall.now()


def test_keys_turn_with_an_overlap(identities: Identities, layout: StateLayout, wall: Wall) -> None:
    (first,) = of(layout, "billing").keys
    wall.set(LIFETIME)
    identities.refresh()
    assert of(layout, "billing").keys[0] == first
    assert len(of(layout, "billing").keys) == 2
    assert shown(layout, "worker", "billing", wall.now()) == "worker"
    assert json.loads(layout.signing_keys.read_text())[-1]["public"]["kid"] == of(layout, "billing").keys[-1].kid
    wall.set(OVERLAP)
    identities.refresh()
    assert first not in of(layout, "billing").keys


def test_deleting_the_keys_distrusts_them_at_the_second_look(
    identities: Identities, layout: StateLayout, wall: Wall
) -> None:
    (leaked,) = of(layout, "billing").keys
    layout.signing_keys.unlink()
    identities.refresh()
    assert leaked in of(layout, "billing").keys
    identities.refresh()
    assert leaked not in of(layout, "billing").keys
    assert shown(layout, "worker", "billing", wall.now()) == "worker"


def test_keys_that_others_can_read_are_refused(identities: Identities, layout: StateLayout) -> None:
    layout.signing_keys.chmod(0o644)
    with pytest.raises(ConfigError, match="others can read"):
        identities.follow(PROJECT)


def test_what_is_gone_from_the_project_loses_its_file(identities: Identities, layout: StateLayout) -> None:
    identities.follow(Project("demo", "/p", services=(BILLING,)))
    assert sorted(file.name for file in layout.identities.iterdir()) == ["billing.json", "registry.json"]
    identities.forget()
    assert not layout.identities.exists()
    identities.refresh()
    assert not layout.identities.exists()


def test_a_state_folder_that_was_deleted_stays_so(identities: Identities, layout: StateLayout) -> None:
    shutil.rmtree(layout.root)
    identities.refresh()
    with pytest.raises(FileNotFoundError):
        identities.refresh()
    assert not layout.root.exists()


def test_a_reader_never_sees_half_a_file(identities: Identities, layout: StateLayout, wall: Wall) -> None:
    """Written aside and renamed: whoever opened the old one goes on reading it whole."""
    with layout.identity("billing").open("rb") as early:
        wall.set(RENEW)
        identities.refresh()
        assert json.loads(early.read())["renewed_at"] == wall.now() - RENEW
    assert of(layout, "billing").renewed_at == wall.now()


async def test_the_daemon_renews_by_itself_and_outlives_a_mishap(
    identities: Identities, layout: StateLayout, wall: Wall, caplog: pytest.LogCaptureFixture
) -> None:
    began = wall.now()
    task = spawn(identities.keep(), name="identities")
    layout.signing_keys.chmod(0o644)  # stands for whatever can go wrong
    await wall.advance(RENEW + LOOK_SECONDS)
    assert of(layout, "billing").renewed_at == began
    assert "not renewed" in caplog.text
    layout.signing_keys.chmod(0o600)
    await wall.advance(LOOK_SECONDS)
    assert of(layout, "billing").renewed_at == wall.now()
    await cancel(task)


def test_the_first_keys_are_those_the_gateway_finds(identities: Identities, layout: StateLayout) -> None:
    kept = json.loads(layout.signing_keys.read_text())
    assert [row["public"]["kid"] for row in kept] == [key.kid for key in of(layout, "worker").keys]
    assert signing_key.thumbprint(kept[0]["public"]["x"]) == kept[0]["public"]["kid"]
