"""What is asked of a model, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen; None leaves it to the model's own default.

    `max_tokens` is exact in the model's tokens; None means until the model stops or its context is full. `temperature` 0
    takes the likeliest token each time. The same `seed` on the same chat gives the same text, where the backend can.
    Generation ends before any of the `stop` strings.
    """

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    presence_penalty: float | None = None
    frequency_penalty: float | None = None


@dataclass(frozen=True, slots=True)
class Chat:
    """One request. `stream` says that the pieces are wanted as they come."""

    messages: tuple[Message, ...]
    sampling: Sampling = Sampling()
    stream: bool = False

    @property
    def length(self) -> int:
        """Characters over all messages."""
        return sum(len(message.content) for message in self.messages)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the model itself counted them; the prompt's include the chat template's."""

    prompt_tokens: int
    completion_tokens: int

    def as_json(self) -> dict[str, int]:
        """The object both APIs carry."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of text, never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The end. `reason` is "stop" (the model or a stop string ended it), "length" (`max_tokens` or the context did), or
    another word of the model server's. `usage` is None when the model server did not say."""

    reason: str
    usage: Usage | None


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model truly is. `created` is Unix seconds; `facts` goes to `/v1/models` and to the registry as it is."""

    id: str
    owned_by: str
    created: int
    facts: dict[str, object]
