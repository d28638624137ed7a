"""LiteLLM's proxy, as its production page advises: one worker, a master key, no database, no debug logs.

It lives in a virtual environment of its own, outside this repository, made by `python -m benchmarks.install`. The
variables keep it from asking the internet for prices.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from benchmarks.ask import CHAT
from benchmarks.contenders.base import Contender, Missing, first_line
from benchmarks.site import Keys, Site

REQUIREMENT = "litellm[proxy]>=1.80"
_ENVIRONMENT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
    "NO_PROXY": "127.0.0.1",
}


def folder() -> Path:
    """Where its virtual environment is, or would be."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "arena-bench" / "litellm"


def _binary() -> str:
    binary = folder() / "bin" / "litellm"
    if not binary.exists():
        raise Missing("litellm is not installed: python -m benchmarks.install")
    return str(binary)


def _version() -> str:
    _binary()
    python = str(folder() / "bin" / "python")
    return first_line(python, "-c", "from importlib.metadata import version; print(version('litellm'))")


def _launch(site: Site) -> tuple[str, ...]:
    file = site.folder / "litellm.json"
    file.write_text(json.dumps(_config(site), indent=1))  # JSON is YAML
    environment = {**_ENVIRONMENT, "HOME": str(site.folder)}
    return (
        "env",
        *(f"{name}={value}" for name, value in environment.items()),
        _binary(),
        *("--config", str(file), "--host", "127.0.0.1", "--port", str(site.port)),
        *("--num_workers", "1", "--telemetry", "False"),
    )


def _config(site: Site) -> dict[str, object]:
    origin = {"model": "openai/bench", "api_base": f"http://127.0.0.1:{site.origin}/v1", "api_key": "none"}
    return {
        "model_list": [{"model_name": "bench", "litellm_params": origin}],
        "general_settings": {"master_key": Keys(site.secret).master()},
        "litellm_settings": {"request_timeout": 600, "set_verbose": False, "json_logs": True},
    }


LITELLM = Contender(
    name="litellm",
    title="LiteLLM proxy",
    does=("a chat completion (POST) passed on", "master key", "its router, cost and usage bookkeeping", "access log"),
    version=_version,
    launch=_launch,
    asked=CHAT,
    credential=Keys.master,
    against="arena-chat",
    patience=90.0,
)
