"""Peers as they are told: nothing that slows them for no reason, nothing that leaves this machine, and a word when absent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import install
from benchmarks.contenders import arena, caddy, litellm, traefik
from benchmarks.contenders.base import Missing
from benchmarks.contenders.roster import ROSTER
from benchmarks.site import NEVER_REACHED, Keys, Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, 8001, 8002, "s" * 32)


def test_every_contender_has_a_name_of_its_own_and_an_arena_to_stand_beside() -> None:
    names = [contender.name for contender in ROSTER]
    assert len(set(names)) == len(names)
    assert {contender.against for contender in ROSTER} <= set(names)


def test_the_row_of_new_paths_asks_as_arena_does_but_never_twice_for_one_path() -> None:
    assert arena.ARENA_NEW.asked.path == arena.ARENA.asked.path
    script = arena.ARENA_NEW.asked.script()
    assert 'n = n + 1; return wrk.format("GET", "/bench/item/" .. n)' in script
    assert (arena.ARENA_NEW.guarded, arena.ARENA_NEW.logged, arena.ARENA_NEW.launch) == (True, True, arena.ARENA.launch)


def test_traefik_limits_and_logs_in_blocks_and_calls_nobody(site: Site) -> None:
    static, routes = traefik._static(site, site.folder / "routes.yaml"), traefik._routes(site)
    assert routes["http"]["middlewares"]["limit"]["rateLimit"]["average"] == NEVER_REACHED
    assert routes["http"]["routers"]["all"]["middlewares"] == ["limit"]
    assert (static["accessLog"]["format"], static["accessLog"]["bufferingSize"]) == ("json", 100)
    assert static["global"] == {"checkNewVersion": False, "sendAnonymousUsage": False}


def test_caddy_only_forwards_and_keeps_its_connections(site: Site) -> None:
    config = caddy._config(site)
    server = config["apps"]["http"]["servers"]["edge"]
    assert server["listen"] == ["127.0.0.1:8001"]
    assert server["automatic_https"] == {"disable": True}
    (proxy,) = server["routes"][0]["handle"]
    assert proxy["transport"]["keep_alive"]["max_idle_conns_per_host"] >= 32


def test_litellm_is_loaded_with_the_key_it_was_given(site: Site) -> None:
    config = json.loads(json.dumps(litellm._config(site)))
    assert config["general_settings"]["master_key"] == litellm.LITELLM.credential(Keys(site.secret))
    assert config["model_list"][0]["litellm_params"]["api_base"] == "http://127.0.0.1:8002/v1"
    assert litellm._ENVIRONMENT["LITELLM_LOCAL_MODEL_COST_MAP"] == "True"


def test_litellm_that_is_not_installed_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(Missing, match=r"python -m benchmarks\.install"):
        litellm.LITELLM.version()


def test_what_is_installed_is_not_installed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    binary = litellm.folder() / "bin" / "litellm"
    binary.parent.mkdir(parents=True)
    binary.touch()
    assert install.main() == 0
    assert [file.name for file in binary.parent.iterdir()] == ["litellm"]
