from ai_service.chat import Chat, Message, Usage


def test_length_is_over_all_messages() -> None:
    assert Chat((Message("system", "abc"), Message("user", "é☃"))).length == 5


def test_usage_adds_up() -> None:
    assert Usage(3, 4).as_json() == {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
