"""The part of OpenAI's chat completion request that is served here. What is not listed is refused, not ignored."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ai_service.chat import Chat, Message, Role, Sampling

Stop = Annotated[str, Field(min_length=1, max_length=200)]
Tokens = Annotated[int, Field(ge=1, le=2**31 - 1)]
Penalty = Annotated[float, Field(ge=-2, le=2)]

_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class TextPart(BaseModel):
    """The one kind of content part a text model reads."""

    model_config = _STRICT

    type: Literal["text"]
    text: str


def _text_only(content: Any) -> Any:
    """Refuse images and sounds in one sentence: the union's own would be one for each of its branches."""
    for part in content if isinstance(content, list) else ():
        kind = part.get("type") if isinstance(part, dict) else None
        if isinstance(kind, str) and kind != "text":
            raise ValueError(f"a part of type {kind!r:.40} cannot be read here; send text parts only")
    return content


class ChatMessage(BaseModel):
    """`developer` is OpenAI's newer word for `system`."""

    model_config = _STRICT

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[str | Annotated[list[TextPart], Field(min_length=1)], BeforeValidator(_text_only)]

    def message(self) -> Message:
        role: Role = "system" if self.role == "developer" else self.role
        text = self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)
        return Message(role, text)


class StreamOptions(BaseModel):
    model_config = _STRICT

    include_usage: bool = False


class ResponseFormat(BaseModel):
    """Plain text is what is made anyway; a JSON schema would need a grammar."""

    model_config = _STRICT

    type: Literal["text"]


class ChatRequest(BaseModel):
    """A null is a field that is not given, as OpenAI's clients mean it. `user` says who the client's own user is and changes
    nothing: it is neither logged nor passed on."""

    model_config = _STRICT

    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    model: str | None = None
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), le=2**63 - 1)] | None = None
    stop: Stop | Annotated[list[Stop], Field(max_length=4)] | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    n: Literal[1] = 1
    response_format: ResponseFormat | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None
    user: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:
        return {name: value for name, value in data.items() if value is not None} if isinstance(data, dict) else data

    @model_validator(mode="after")
    def _consistent(self) -> ChatRequest:
        if self.max_tokens and self.max_completion_tokens:
            raise ValueError("give max_completion_tokens or max_tokens, not both")
        if self.stream_options and not self.stream:
            raise ValueError("stream_options goes with stream: true")
        return self

    @property
    def include_usage(self) -> bool:
        return self.stream_options is not None and self.stream_options.include_usage

    def chat(self) -> Chat:
        sampling = Sampling(
            max_tokens=self.max_completion_tokens or self.max_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            seed=self.seed,
            stop=(self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ()),
            presence_penalty=self.presence_penalty,
            frequency_penalty=self.frequency_penalty,
        )
        return Chat(tuple(message.message() for message in self.messages), sampling, self.stream)
