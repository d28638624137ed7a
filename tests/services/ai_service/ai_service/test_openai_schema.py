import pytest
from ai_service.chat import Message, Sampling
from ai_service.openai_schema import ChatRequest
from pydantic import ValidationError

ASK = {"messages": [{"role": "user", "content": "hi"}]}


def test_everything_that_is_honoured_arrives() -> None:
    messages = [
        {"role": "developer", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "assistant", "content": "c"},
    ]
    sampling = {"temperature": 0, "top_p": 0.5, "seed": 3, "presence_penalty": 1, "frequency_penalty": -1.5}
    request = ChatRequest.model_validate(
        {"messages": messages, "max_completion_tokens": 9, "stop": ["x", "y"], "stream": True, **sampling}
    )
    chat = request.chat()
    assert chat.messages == (Message("system", "be brief"), Message("user", "ab"), Message("assistant", "c"))
    assert chat.sampling == Sampling(9, 0, 0.5, 3, ("x", "y"), 1, -1.5)
    assert chat.stream


def test_null_means_not_given() -> None:
    request = ChatRequest.model_validate({**ASK, "tools": None, "n": None, "stop": None, "stream": None})
    assert request.chat() == ChatRequest.model_validate(ASK).chat()


def test_the_end_user_may_be_named_and_changes_nothing() -> None:
    assert ChatRequest.model_validate({**ASK, "user": "ada"}).chat() == ChatRequest.model_validate(ASK).chat()


@pytest.mark.parametrize("kind", ["image_url", "input_audio", "file"])
def test_a_part_that_is_no_text_gets_one_sentence(kind: str) -> None:
    parts = [{"type": "text", "text": "what is this?"}, {"type": kind, kind: {"url": "x"}}]
    with pytest.raises(ValidationError) as caught:
        ChatRequest.model_validate({"messages": [{"role": "user", "content": parts}]})
    (error,) = caught.value.errors()
    assert error["loc"] == ("messages", 0, "content")
    assert f"a part of type '{kind}' cannot be read here; send text parts only" in error["msg"]


@pytest.mark.parametrize(
    "more",
    [
        {"tools": []},
        {"tool_choice": "auto"},
        {"functions": []},
        {"logprobs": True},
        {"logit_bias": {"1": 5}},
        {"n": 2},
        {"response_format": {"type": "json_object"}},
        {"messages": []},
        {"messages": [{"role": "tool", "content": "x"}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
        {"messages": [{"role": "user"}]},
        {"messages": "hi"},
        {"temperature": 2.1},
        {"temperature": "1"},
        {"temperature": float("nan")},
        {"top_p": 0},
        {"max_tokens": 0},
        {"max_tokens": 2.5},
        {"max_tokens": True},
        {"max_tokens": 3, "max_completion_tokens": 3},
        {"stop": ""},
        {"stop": ["a", "b", "c", "d", "e"]},
        {"stream": "yes"},
        {"stream_options": {"include_usage": True}},
        {"seed": 2**64},
        {"user": 5},
        {"messages": [{"role": "user", "content": [5]}]},
        {"messages": [{"role": "user", "content": [{"type": 5}]}]},
    ],
)
def test_what_is_not_served_is_refused(more: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ChatRequest.model_validate({**ASK, **more})
