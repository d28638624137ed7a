"""What the environment says of the model to use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from arena.errors import ConfigError

EMBEDDED_MODEL = "arena-gpt"
DEFAULT_MAX_INPUT_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class Settings:
    """`base_url` "" means the embedded model. `max_input_length` is in characters, over all messages of one request."""

    base_url: str = ""
    api_key: str = ""
    model: str = EMBEDDED_MODEL
    max_input_length: int = DEFAULT_MAX_INPUT_LENGTH

    @classmethod
    def read(cls, variables: Mapping[str, str] | None = None) -> Settings:
        """Read `variables` (the process environment if None). Raises ConfigError for what cannot be used."""
        given = os.environ if variables is None else variables
        base_url = given.get("ARENA_AI_BASE_URL", "").rstrip("/")
        model = given.get("ARENA_AI_MODEL", "") or EMBEDDED_MODEL
        if base_url and not base_url.startswith(("http://", "https://")):
            raise ConfigError(f"ARENA_AI_BASE_URL is {base_url!r}, not an http:// or https:// URL")
        if not base_url and model != EMBEDDED_MODEL:
            raise ConfigError(
                f"ARENA_AI_MODEL is {model!r}, and the only model in the box is {EMBEDDED_MODEL}",
                hint="set ARENA_AI_BASE_URL to the OpenAI-compatible server that has it",
            )
        length = _positive("ARENA_AI_MAX_INPUT_LENGTH", given.get("ARENA_AI_MAX_INPUT_LENGTH", ""))
        return cls(base_url, given.get("ARENA_AI_API_KEY", ""), model, length)


def _positive(name: str, text: str) -> int:
    if not text:
        return DEFAULT_MAX_INPUT_LENGTH
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise ConfigError(f"{name} is {text!r}, not a number of characters above zero")
