"""llama.cpp by way of xllamacpp: how the server is set up, and how its private door is shut."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ai_service.backends.weights import Weights

# SmolLM2 could do 8192; a quarter of it keeps an instance at about 200 MB.
CONTEXT = 2048
# The longest path a socket address holds on macOS, the shorter of the two systems.
_LONGEST_SOCKET_PATH = 103


def installed() -> bool:
    """Whether xllamacpp can be imported."""
    return importlib.util.find_spec("xllamacpp") is not None


def load(weights: Weights) -> Any:
    """Start an `xllamacpp.Server` on the model. Blocks for about half a second. Raises RuntimeError if llama.cpp cannot.

    xllamacpp always opens an HTTP server with CORS for everybody. Here it gets a socket file in a private folder instead of
    a port, and a random key; the file is removed as soon as the server is up, so that nobody can ever connect.
    """
    xllamacpp = importlib.import_module("xllamacpp")
    folder = _private_folder()
    try:
        return xllamacpp.Server(_parameters(xllamacpp.CommonParams(), weights, folder / "llama.sock"))
    finally:
        shutil.rmtree(folder)


def _parameters(params: Any, weights: Weights, socket: Path) -> Any:
    params.model.path = str(weights.path)
    params.hostnames = [str(socket)]
    params.api_keys = [secrets.token_hex(32)]
    params.cors_origins = ""
    params.ui = False
    params.endpoint_slots = False
    params.n_threads_http = 1
    params.n_ctx = CONTEXT
    # A prompt is read in steps of this many tokens; whoever leaves meanwhile is noticed at the next.
    params.n_batch = params.n_ubatch = 64
    # One chat at a time and no reuse of an earlier one's prompt: a batch shared with strangers may round differently, and
    # the same prompt and seed must give the same text whatever else goes on.
    params.n_parallel = 1
    params.cache_prompt = False
    params.cache_ram_mib = 0
    params.cache_idle_slots = False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads()
    params.warmup = False
    # 2 is warnings and errors, 4 is all; see common/log.h.
    params.verbosity = 4 if logging.getLogger("llama.cpp").isEnabledFor(logging.DEBUG) else 2
    return params


def threads() -> int:
    """Half the cores this process may use: the demo runs two replicas, and threads that wait for each other burn time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
    return max(1, cores // 2)


def _private_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="arena-llama-")
    if len(folder) + len("/llama.sock") > _LONGEST_SOCKET_PATH:
        shutil.rmtree(folder)
        folder = tempfile.mkdtemp(prefix="arena-llama-", dir="/tmp")
    return Path(folder)
